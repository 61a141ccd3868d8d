from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest

from fathom import shelf
from fathom.datasets._base import Dataset
from fathom.datasets._rooms_layout import furnish
from fathom.datasets.rooms import GENERATOR_VERSION, Rooms
from fathom.errors import BadInput
from fathom.ops._solids import bounds
from reference import raycast as reference

SMALL = {"width": 32, "height": 24}


@pytest.fixture(scope="module")
def samples():
    rooms = Rooms(frames=24, frames_per_room=2, **SMALL)
    return [rooms.read(i) for i in range(len(rooms))]


def same(a, b):
    return (
        a.rgb.tobytes() == b.rgb.tobytes() and a.depth_m.tobytes() == b.depth_m.tobytes() and a.camera == b.camera
    )


def test_it_is_the_data_set_that_the_shelf_calls_rooms():
    assert shelf.look_up("datasets", "rooms") is Rooms
    rooms = Rooms(frames=5, width=40, height=30)
    assert isinstance(rooms, Dataset)
    assert (rooms.title, rooms.frame, rooms.depth_step_m, len(rooms)) == ("rooms", (30, 40), 0.001, 5)
    assert rooms.split_of(4) == ""


def test_samples_have_the_promised_shapes_types_and_ranges(samples):
    for sample in samples:
        assert sample.rgb.shape == (24, 32, 3)
        assert sample.rgb.dtype == np.uint8
        assert sample.depth_m.shape == (24, 32)
        assert sample.depth_m.dtype == np.float32
        assert np.isfinite(sample.depth_m).all()
        assert sample.depth_m.min() > 0.05
        assert sample.depth_m.max() < 12
        assert (sample.camera.width, sample.camera.height) == (32, 24)
        assert sample.camera.source == "calibration"
        assert 50 <= sample.camera.fov_deg <= 75


def test_pictures_are_neither_black_nor_white_nor_flat(samples):
    means = np.array([sample.rgb.mean() for sample in samples])
    assert means.min() > 40
    assert means.max() < 230
    assert min(sample.rgb.std() for sample in samples) > 8


def test_cameras_stand_back_from_walls(samples):
    medians = np.array([np.median(sample.depth_m) for sample in samples])
    assert medians.min() > 0.9
    assert np.median(medians) > 1.6


def test_cameras_stand_in_free_air():
    rooms = Rooms(frames=24, frames_per_room=3, **SMALL)
    for index in range(24):
        view = rooms.view(index)
        low, high = bounds_of_parts(view.scene)
        assert not ((view.position_m > low) & (view.position_m < high)).all(axis=1).any()
        width, height, length = view.scene.size_m
        x, y, z = view.position_m
        assert abs(x) < width / 2 - 0.2
        assert 0.5 < y < height - 0.2
        assert abs(z) < length / 2 - 0.2
        np.testing.assert_allclose(view.rotation.T @ view.rotation, np.eye(3), atol=1e-12)
        assert np.linalg.det(view.rotation) == pytest.approx(1)
        assert view.rotation[1, 1] < -0.5, "the picture's down is down"


def bounds_of_parts(scene):
    leaves = scene.nodes[scene.nodes["part"] >= 0]
    corners = [np.stack([leaves[f"{end}_{axis}"] for axis in "xyz"], axis=1) for end in ("low", "high")]
    return corners[0], corners[1]


def test_depth_and_camera_of_a_sample_agree_with_the_second_opinion():
    rooms = Rooms(frames=6, frames_per_room=2, supersample=2, **SMALL)
    for index in (0, 3):
        sample, view = rooms.read(index), rooms.view(index)
        truth = reference.depth_m(view.scene, sample.camera, view.position_m, view.rotation)
        assert (np.abs(sample.depth_m - truth) > 1e-4).mean() < 2e-3


def test_views_of_a_room_share_scene_and_walls_and_nothing_else():
    rooms = Rooms(frames=9, frames_per_room=3, **SMALL)
    names = [rooms.name_of(i) for i in range(9)]
    assert names[0] == "room_00000_00"
    assert names[5] == "room_00001_02"
    assert len(set(names)) == 9
    for index in range(9):
        sample = rooms.read(index)
        assert sample.name == names[index]
        assert sample.scene == names[index][:10]
    assert rooms.view(3).scene is rooms.view(5).scene
    assert not np.array_equal(rooms.view(3).position_m, rooms.view(4).position_m)
    assert rooms.view(0).scene.size_m != rooms.view(3).scene.size_m


def test_the_same_bytes_in_any_order_and_any_thread(samples):
    again = Rooms(frames=24, frames_per_room=2, **SMALL)
    np.random.seed(1)  # noqa: NPY002 the global generator must not matter
    order = [17, 3, 22, 4, 16]
    for index in order:
        assert same(again.read(index), samples[index])
    with ThreadPoolExecutor(4) as threads:
        for index, sample in zip(reversed(range(24)), threads.map(again.read, reversed(range(24))), strict=True):
            assert same(sample, samples[index])


def test_more_frames_do_not_change_the_first_ones(samples):
    assert same(Rooms(frames=1000, frames_per_room=2, **SMALL).read(7), samples[7])


def test_every_sample_and_every_seed_is_another_picture(samples):
    for a, b in pairwise(samples):
        assert not np.array_equal(a.rgb, b.rgb)
        assert not np.array_equal(a.depth_m, b.depth_m)
    other = Rooms(frames=24, frames_per_room=2, seed=1, **SMALL)
    assert other.view(0).scene.size_m != Rooms(frames=24, frames_per_room=2, **SMALL).view(0).scene.size_m
    assert not np.array_equal(other.read(0).depth_m, samples[0].depth_m)


def test_options_of_size_and_field_of_view():
    sample = Rooms(frames=1, width=17, height=40, fov_min_deg=90, fov_max_deg=90).read(0)
    assert sample.rgb.shape == (40, 17, 3)
    assert sample.camera.fov_deg == pytest.approx(90)
    assert sample.camera.cx == 8


def test_provenance_holds_every_option_and_the_generators_version():
    options = {
        "frames": 3,
        "width": 20,
        "height": 10,
        "seed": 4,
        "frames_per_room": 2,
        "fov_min_deg": 55.0,
        "fov_max_deg": 60.0,
        "supersample": 2,
    }
    provenance = Rooms(**options).provenance()
    assert {key: provenance[key] for key in options} == options
    assert provenance["generator_version"] == GENERATOR_VERSION


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({"frames": 0}, "frames"),
        ({"width": 0}, "width"),
        ({"height": -3}, "height"),
        ({"frames_per_room": 0}, "frames_per_room"),
        ({"supersample": 0}, "supersample"),
        ({"seed": -1}, "seed"),
        ({"fov_min_deg": 80}, "fov_min_deg"),
        ({"fov_max_deg": 170}, "fov_max_deg"),
    ],
)
def test_options_that_cannot_be_are_refused_by_name(options, names):
    with pytest.raises(BadInput, match=names):
        Rooms(**options)


@pytest.mark.parametrize("index", [-1, 5])
def test_a_sample_beyond_the_last_is_an_index_error(index):
    with pytest.raises(IndexError, match="0 to 4"):
        Rooms(frames=5, **SMALL).read(index)


@pytest.mark.parametrize("seed", range(6))
def test_nothing_stands_in_a_wall_or_in_something_else(seed):
    room = furnish(np.random.default_rng([seed, 99]))
    low, high = bounds_of_parts(room.scene)
    width, height, length = room.scene.size_m
    assert (np.abs(low[:, 0]) <= width / 2 + 1e-6).all()
    assert (high[:, 0] <= width / 2 + 1e-6).all()
    assert (low[:, 1] >= -1e-9).all()
    assert (high[:, 1] <= height + 1e-9).all()
    assert (np.abs(low[:, 2]) <= length / 2 + 1e-6).all()
    assert (high[:, 2] <= length / 2 + 1e-6).all()
    assert len(room.filled_low) >= 4, "a room has a door and furniture"


def test_every_piece_of_furniture_stands_on_the_floor():
    from fathom.datasets import _furniture
    from fathom.datasets._workshop import Workshop

    for make in {**_furniture.AGAINST_WALL, **_furniture.ANYWHERE}:
        for seed in range(5):
            low, high = bounds(make(Workshop(np.random.default_rng(seed))))
            assert low[:, 1].min() == pytest.approx(0, abs=0.025), str(make)
            assert 0.1 < high[:, 1].max() < 2.3, str(make)
            assert (high > low).all(), str(make)
