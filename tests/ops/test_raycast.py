import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fathom.datasets._rooms_layout import furnish, look_at
from fathom.errors import BadInput
from fathom.ops import _solids, raycast
from fathom.ops._solids import BOX, CYLINDER, ELLIPSOID, Part
from fathom.ops._surfaces import MATERIAL
from fathom.records import Camera
from reference import raycast as reference

GREY = (0, 1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 1.0, 0.0, 0.0)
LAMP = (0.0, 2.3, 0.0, 3.0, 3.0, 3.0, 0.0, 0.0, 0.0, 0.0, 0.0)
SIZE_M = (4.0, 2.5, 5.0)


def scene_of(*parts, lights=(LAMP,)):
    return raycast.make_scene(SIZE_M, (0.2, 0.2, 0.2), parts, [GREY] * 7, lights)


def looking_at(target, position=(0.3, 1.4, -1.8)):
    position = np.array(position)
    return position, look_at(position, np.array(target), roll=0.1)


coordinate = st.floats(-3, 3)
vector = st.tuples(coordinate, coordinate, coordinate)


def is_inside(shape, point):
    """How far a point is within the unit shape: negative inside, positive outside."""
    x, y, z = point
    if shape == BOX:
        return max(abs(x), abs(y), abs(z)) - 1
    if shape == ELLIPSOID:
        return math.sqrt(x * x + y * y + z * z) - 1
    return max(math.hypot(x, z), abs(y)) - 1


MEET = {
    BOX: _solids.meet_unit_box,
    ELLIPSOID: _solids.meet_unit_ball,
    CYLINDER: _solids.meet_unit_cylinder,
}


@pytest.mark.parametrize("shape", MEET)
@given(origin=vector, direction=vector)
def test_a_ray_is_inside_exactly_between_enter_and_leave(shape, origin, direction):
    assume(all(abs(d) > 0.01 for d in direction))
    enter, leave = MEET[shape](origin, direction)
    if enter <= leave:
        for t in (enter, leave):
            assert abs(is_inside(shape, _solids.along(origin, direction, t))) < 1e-9 * (1 + abs(t))
        assert is_inside(shape, _solids.along(origin, direction, (enter + leave) / 2)) <= 1e-9
        assert is_inside(shape, _solids.along(origin, direction, enter - 0.01)) > 0
        assert is_inside(shape, _solids.along(origin, direction, leave + 0.01)) > 0
    else:
        points = [_solids.along(origin, direction, t) for t in np.linspace(-30, 30, 601)]
        assert all(is_inside(shape, point) > 0 for point in points)


@pytest.mark.parametrize("shape", MEET)
@given(target=vector, direction=vector)
def test_a_ray_towards_a_point_inside_meets_the_shape(shape, target, direction):
    target = tuple(t / 4 for t in target)  # within any of the unit shapes unless in a corner
    assume(is_inside(shape, target) < -1e-6 and any(abs(d) > 0.1 for d in direction))
    origin = _solids.along(target, direction, -40.0)
    enter, leave = MEET[shape](origin, direction)
    assert enter < 40.0 < leave


@pytest.mark.parametrize("shape", MEET)
def test_rays_along_the_axes_meet_the_unit_shapes_at_one(shape):
    for axis in range(3):
        origin, direction = [0.0] * 3, [0.0] * 3
        origin[axis], direction[axis] = -3.0, 1.0
        assert MEET[shape](tuple(origin), tuple(direction)) == pytest.approx((2.0, 4.0), abs=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_depth_agrees_with_the_second_opinion(seed):
    room = furnish(np.random.default_rng(seed))
    camera = Camera.from_fov(48, 36, 65)
    position_m = np.array([0.1, 1.3, 0.2])
    for angle in (0.3, 2.1, 4.4):
        target = position_m + np.array([math.sin(angle), -0.25, math.cos(angle)])
        rotation = look_at(position_m, target, roll=0.05)
        ours = raycast.cast_depth(room.scene, camera, position_m, rotation)
        truth = reference.depth_m(room.scene, camera, position_m, rotation)
        off = np.abs(ours - truth) > 1e-4
        assert off.mean() < 1e-3, "only rays that graze an edge may differ"
        assert len(np.unique(truth.round(3))) > 200, "the pictures must have something in them"


def test_all_shapes_turned_agree_with_the_second_opinion():
    parts = [
        Part(BOX, 6, (-0.8, 0.5, 0.5), (0.4, 0.5, 0.2), yaw=0.6),
        Part(ELLIPSOID, 6, (0.2, 0.6, 0.4), (0.3, 0.6, 0.15), yaw=-0.9),
        Part(CYLINDER, 6, (1.1, 0.4, 0.9), (0.3, 0.4, 0.5), yaw=0.4),
    ]
    camera = Camera.from_fov(96, 72, 60)
    pose = looking_at((0.1, 0.5, 0.5))
    ours = raycast.cast_depth(scene_of(*parts), camera, *pose)
    truth = reference.depth_m(scene_of(*parts), camera, *pose)
    empty = reference.depth_m(scene_of(), camera, *pose)
    for part in parts:
        alone = reference.depth_m(scene_of(part), camera, *pose)
        assert (alone < empty).mean() > 0.02, "each part must be seen"
    assert (np.abs(ours - truth) > 1e-5).mean() < 1e-3


def test_the_wall_of_an_empty_room_is_a_plane():
    camera = Camera.from_fov(40, 30, 50)
    position_m, rotation = looking_at((0.0, 1.3, 2.5), position=(0.0, 1.2, -1.0))
    depth_m = raycast.cast_depth(scene_of(), camera, position_m, rotation)
    rows, columns = np.mgrid[:30, :40]
    rays = np.stack([(columns - camera.cx) / camera.fx, (rows - camera.cy) / camera.fy, np.ones((30, 40))], axis=-1)
    world = position_m + (rays * depth_m[..., None]) @ rotation.T
    on_south_wall = np.abs(world[..., 0]) < 1.9
    on_south_wall &= (world[..., 1] > 0.1) & (world[..., 1] < 2.4)
    assert on_south_wall.mean() > 0.5
    np.testing.assert_allclose(world[on_south_wall][:, 2], SIZE_M[2] / 2, atol=2e-6)


def test_a_known_corner_of_a_box_reprojects_onto_its_depth_edge():
    part = Part(BOX, 6, (0.0, 0.5, 1.0), (0.5, 0.5, 0.5))
    camera = Camera.from_fov(200, 150, 60)
    position_m, rotation = looking_at((0.0, 0.9, 1.0), position=(0.2, 1.7, -1.5))
    corner = rotation.T @ (np.array([0.5, 1.0, 0.5]) - position_m)  # near, top, to the world's +x
    column = camera.fx * corner[0] / corner[2] + camera.cx
    row = camera.fy * corner[1] / corner[2] + camera.cy
    with_box = raycast.cast_depth(scene_of(part), camera, position_m, rotation)
    changed = with_box < raycast.cast_depth(scene_of(), camera, position_m, rotation) - 1e-3
    assert changed[round(row) - 3 : round(row) + 4, round(column) - 3 : round(column) + 4].any()
    near = with_box[round(row) - 2 : round(row) + 3, round(column) - 2 : round(column) + 3]
    assert np.abs(near - corner[2]).min() < 0.02


def test_depth_is_z_and_not_the_length_of_the_ray():
    camera = Camera.from_fov(41, 31, 70)
    straight = np.array([[1, 0, 0], [0, -1, 0], [0, 0, -1.0]])  # towards -z, upright
    depth_m = raycast.cast_depth(scene_of(), camera, np.array([0, 1.25, 0.5]), straight)
    assert depth_m[15, 20] == pytest.approx(3.0, abs=1e-6)
    wall = depth_m[13:18, 15:26]
    np.testing.assert_allclose(wall, 3.0, atol=1e-6)


def test_render_gives_the_depth_of_cast_depth_whatever_the_supersampling():
    scene = scene_of(Part(ELLIPSOID, 6, (0, 0.8, 0.5), (0.4, 0.3, 0.4)))
    camera = Camera.from_fov(32, 24, 60)
    pose = looking_at((0, 0.8, 0.5))
    expected = raycast.cast_depth(scene, camera, *pose)
    for supersample in (1, 2, 3):
        radiance, depth_m = raycast.render(scene, camera, *pose, supersample=supersample, seed=5)
        np.testing.assert_array_equal(depth_m, expected)
        assert radiance.shape == (24, 32, 3)
        assert radiance.dtype == depth_m.dtype == np.float32
        assert np.isfinite(radiance).all()
        assert (radiance >= 0).all()


def test_a_thing_under_the_lamp_casts_a_shadow_on_the_floor():
    camera = Camera.from_fov(41, 31, 60)
    pose = looking_at((0, 0, 0), position=(0.0, 1.6, -2.0))
    plate = Part(BOX, 6, (0, 1.9, 0), (0.3, 0.01, 0.3))  # above the camera's view
    lit, _ = raycast.render(scene_of(), camera, *pose)
    shaded, depth_m = raycast.render(scene_of(plate), camera, *pose)
    np.testing.assert_array_equal(depth_m, raycast.cast_depth(scene_of(), camera, *pose))
    assert shaded[15, 20].max() < 0.5 * lit[15, 20].min()


def test_a_light_with_a_facing_leaves_what_is_behind_it_dark():
    camera = Camera.from_fov(21, 15, 40)
    pose = looking_at((0, 1.25, 2.5), position=(0.0, 1.25, -1.0))
    ahead = (*LAMP[:9], 0.0, 1.0)
    away = (*LAMP[:9], 0.0, -1.0)
    none, lit, dark = (
        raycast.render(scene_of(lights=lights), camera, *pose)[0] for lights in ((), (ahead,), (away,))
    )
    np.testing.assert_array_equal(dark[7, 10], none[7, 10])
    assert (lit[7, 10] > 1.2 * none[7, 10]).all()


@given(st.lists(st.tuples(vector, st.tuples(*[st.floats(0.01, 1)] * 3)), min_size=1, max_size=12))
def test_the_tree_holds_every_part_once_within_its_ancestors(boxes):
    low = np.array([centre for centre, _ in boxes]) - np.array([half for _, half in boxes])
    high = np.array([centre for centre, _ in boxes]) + np.array([half for _, half in boxes])
    nodes = raycast.box_tree(low, high)
    assert len(nodes) == 2 * len(boxes) - 1
    assert sorted(nodes["part"][nodes["part"] >= 0]) == list(range(len(boxes)))
    for at, node in enumerate(nodes):
        assert at < node["skip"] <= len(nodes)
        held = nodes["part"][at : node["skip"]]
        held = held[held >= 0]
        np.testing.assert_array_equal([node[f"low_{axis}"] for axis in "xyz"], low[held].min(axis=0))
        np.testing.assert_array_equal([node[f"high_{axis}"] for axis in "xyz"], high[held].max(axis=0))


def test_fewer_than_one_ray_a_pixel_is_refused():
    with pytest.raises(BadInput, match="supersample"):
        raycast.render(scene_of(), Camera.from_fov(8, 6, 60), *looking_at((0, 1, 1)), supersample=0)


def test_materials_have_as_many_fields_as_the_tests_grey():
    assert len(MATERIAL.fields or ()) == len(GREY)
