import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from fathom.ops.augment import Draw, Ranges, draw, matrices, warp_cameras, warp_colour, warp_depth
from reference import augment as reference

FRAME, CROP = (24, 32), (20, 28)
NYU = Ranges(scale=(1.0, 1.5), rotation_deg=(-5.0, 5.0), translate=True, flip=0.5, gain=(0.8, 1.2))
KITTI = Ranges(scale=(1.0, 1.2), translate=True, flip=0.5, gain=(0.8, 1.2))

draws = st.builds(
    lambda scale, angle, row, column, flip: one(scale, math.radians(angle), (row, column), flip),
    st.floats(1.0, 1.5),
    st.floats(-5, 5),
    st.floats(0, 1),
    st.floats(0, 1),
    st.booleans(),
)


def one(scale=1.0, angle_rad=0.0, shift=(0.5, 0.5), flip=False, gain=(1.0, 1.0, 1.0)) -> Draw:
    f64 = torch.float64
    return Draw(
        torch.tensor([scale], dtype=f64),
        torch.tensor([angle_rad], dtype=f64),
        torch.tensor([shift], dtype=f64),
        torch.tensor([flip]),
        torch.tensor([gain], dtype=f64),
    )


def pictures(batch=1, seed=0):
    generator = torch.Generator().manual_seed(seed)
    rgb = torch.randint(0, 256, (batch, *FRAME, 3), generator=generator, dtype=torch.uint8)
    depth_m = torch.rand(batch, *FRAME, generator=generator) * 8 + 1
    depth_m[torch.rand(batch, *FRAME, generator=generator) < 0.2] = math.nan
    return rgb, depth_m


def grid(matrix, size):
    """(h, w, 2) frame points under the crop's pixels."""
    y, x = np.mgrid[: size[0], : size[1]].astype(float)
    return np.stack([x, y, np.ones_like(x)], -1) @ matrix.numpy().T


@given(draws)
def test_matrix_undoes_the_paper_s_steps(drawn):
    matrix = matrices(drawn, FRAME, CROP)[0]
    for point in ((0.0, 0.0), (31.0, 5.0), (12.5, 23.0)):
        x, y = reference.forward(
            point,
            FRAME,
            CROP,
            drawn.scale.item(),
            drawn.angle_rad.item(),
            drawn.shift[0].tolist(),
            drawn.flip.item(),
        )
        assert (matrix @ torch.tensor([x, y, 1.0], dtype=torch.float64)).tolist() == pytest.approx(point, abs=1e-9)


def test_nothing_drawn_is_the_centre_crop():
    rgb, depth_m = pictures(2)
    drawn = draw(Ranges(), 2, torch.Generator())
    matrix = matrices(drawn, FRAME, CROP)
    colour = warp_colour(rgb, matrix, CROP, drawn.gain)
    expected = rgb[:, 2:22, 2:30].permute(0, 3, 1, 2) / 255
    assert torch.allclose(colour, expected, atol=1e-5)
    depth = warp_depth(depth_m, matrix, (5, 7), drawn.scale, stride=4, offset=(1, 1))
    assert torch.equal(depth.nan_to_num(-1), depth_m[:, 3:23:4, 3:31:4].nan_to_num(-1))


def test_flip_twice_is_the_identity():
    rgb, depth_m = pictures()
    size = FRAME
    matrix = matrices(one(flip=True), FRAME, size)
    again = (warp_colour(rgb, matrix, size)[0].permute(1, 2, 0) * 255).round().to(torch.uint8)[None]
    assert torch.equal(again, rgb.flip(2))
    assert torch.allclose(warp_colour(again, matrix, size)[0].permute(1, 2, 0), rgb[0] / 255, atol=1e-5)
    flipped = warp_depth(depth_m, matrix, size, one().scale)
    assert torch.equal(warp_depth(flipped, matrix, size, one().scale).nan_to_num(-1), depth_m.nan_to_num(-1))


@given(draws)
def test_colour_is_sampled_as_scipy_samples_it(drawn):
    rgb, _ = pictures()
    matrix = matrices(drawn, FRAME, CROP)
    colour = warp_colour(rgb, matrix, CROP)[0]
    points = grid(matrix[0], CROP)
    for channel in range(3):
        expected = reference.sample_bilinear(rgb[0, ..., channel].numpy() / 255.0, points)
        assert np.abs(colour[channel].numpy() - expected).max() < 2e-5


@given(draws)
def test_depth_is_one_stored_value_over_the_scale_or_absent(drawn):
    """Every value is a value of the frame within half a pixel of the point, divided by s; outside is absent."""
    _, depth_m = pictures()
    matrix = matrices(drawn, FRAME, CROP)
    warped = warp_depth(depth_m, matrix, CROP, drawn.scale)[0].numpy()
    points, stored = grid(matrix[0], CROP), depth_m[0].numpy()
    for (i, j), value in np.ndenumerate(warped):
        x, y = points[i, j]
        near = [
            stored[b, a]
            for b in range(math.floor(y), math.floor(y) + 2)
            for a in range(math.floor(x), math.floor(x) + 2)
            if abs(a - x) <= 0.5 + 1e-9 and abs(b - y) <= 0.5 + 1e-9 and 0 <= a < 32 and 0 <= b < 24
        ]
        expected = [depth / drawn.scale.item() for depth in near]
        if math.isnan(value):
            assert not near or any(math.isnan(depth) for depth in near)
        else:
            assert any(value == pytest.approx(depth, rel=1e-6) for depth in expected)


def test_corners_exposed_by_rotation_are_absent():
    depth_m = torch.full((1, *FRAME), 2.0)
    matrix = matrices(one(angle_rad=math.radians(5)), FRAME, FRAME)
    warped = warp_depth(depth_m, matrix, FRAME, one().scale)[0]
    assert warped[0, 0].isnan() or warped[0, -1].isnan()
    assert (warped[~warped.isnan()] == 2).all()
    assert warped[8:16, 8:24].isfinite().all()


@given(draws, st.floats(-0.3, 0.3), st.floats(-0.3, 0.3), st.floats(2, 5))
def test_a_plane_stays_a_plane_and_points_reproject(drawn, a, b, distance):
    """Z = distance + aX + bY. After the warp the depths, unprojected with the warped camera, lie on one plane, and
    a point of the frame moves to (X, Y, Z/s) but for the turn about the axis."""
    h, w = FRAME
    cameras = torch.tensor([[30.0, 30.0, (w - 1) / 2, (h - 1) / 2]], dtype=torch.float64)
    fx, fy, cx, cy = cameras[0].tolist()
    s = drawn.scale.item()
    matrix = matrices(drawn, FRAME, CROP)
    points = grid(matrix[0], CROP)
    # Exact depth of the plane at the very points that the warp looks at: no rounding to pixels here.
    rays = np.stack([(points[..., 0] - cx) / fx, (points[..., 1] - cy) / fy], -1)
    depth_m = distance / (1 - a * rays[..., 0] - b * rays[..., 1])
    warped = depth_m / s
    fx2, fy2, cx2, cy2 = warp_cameras(cameras, drawn, matrix)[0].tolist()
    y, x = np.mgrid[: CROP[0], : CROP[1]].astype(float)
    found = np.stack([(x - cx2) / fx2 * warped, (y - cy2) / fy2 * warped, warped], -1)
    design = np.concatenate([found[..., :2].reshape(-1, 2), np.ones((found[..., 0].size, 1))], 1)
    solution = np.linalg.lstsq(design, warped.ravel(), rcond=None)[0]
    assert np.abs(design @ solution - warped.ravel()).max() < 1e-9
    # The same points: distances from the axis are kept, Z is divided by s.
    original = np.stack([rays[..., 0] * depth_m, rays[..., 1] * depth_m], -1)
    assert np.allclose(np.hypot(*np.moveaxis(found[..., :2], -1, 0)), np.hypot(*np.moveaxis(original, -1, 0)))
    assert (fx2, fy2) == (fx, fy)


def test_camera_of_a_flipped_crop_is_the_record_s():
    from fathom.records import Camera

    camera = Camera(30, 31, 14.0, 9.5, 32, 24)
    matrix = matrices(one(flip=True), FRAME, CROP)
    moved = warp_cameras(torch.tensor([[30.0, 31.0, 14.0, 9.5]], dtype=torch.float64), one(flip=True), matrix)[
        0
    ].tolist()
    expected = camera.cropped(2, 2, 28, 20).flipped()
    assert moved == pytest.approx([expected.fx, expected.fy, expected.cx, expected.cy])


@pytest.mark.parametrize("ranges", [NYU, KITTI], ids=["nyu", "kitti"])
def test_a_batch_equals_its_images_one_by_one(ranges):
    rgb, depth_m = pictures(5)
    drawn = draw(ranges, 5, torch.Generator().manual_seed(1))
    matrix = matrices(drawn, FRAME, CROP)
    colour = warp_colour(rgb, matrix, CROP, drawn.gain)
    depth = warp_depth(depth_m, matrix, CROP, drawn.scale)
    for i in range(5):
        row = slice(i, i + 1)
        single = Draw(drawn.scale[row], drawn.angle_rad[row], drawn.shift[row], drawn.flip[row], drawn.gain[row])
        alone = matrices(single, FRAME, CROP)
        assert torch.equal(alone[0], matrix[i])
        assert torch.allclose(warp_colour(rgb[row], alone, CROP, single.gain)[0], colour[i], atol=1e-6)
        assert torch.equal(
            warp_depth(depth_m[row], alone, CROP, single.scale)[0].nan_to_num(-1), depth[i].nan_to_num(-1)
        )


def test_gain_multiplies_each_channel_and_saturates():
    rgb = torch.full((1, *FRAME, 3), 200, dtype=torch.uint8)
    drawn = one(gain=(0.8, 1.0, 1.5))
    colour = warp_colour(rgb, matrices(drawn, FRAME, CROP), CROP, drawn.gain)[0]
    expected = torch.tensor([0.8 * 200 / 255, 200 / 255, 1.0])
    assert torch.allclose(colour, expected[:, None, None].expand_as(colour), atol=1e-6)


@pytest.mark.parametrize("ranges", [NYU, KITTI], ids=["nyu", "kitti"])
def test_draws_fill_their_ranges_and_repeat_by_seed(ranges):
    drawn = draw(ranges, 4000, torch.Generator().manual_seed(5))
    low, high = ranges.scale
    assert drawn.scale.min() >= low
    assert drawn.scale.max() <= high
    assert drawn.scale.mean().item() == pytest.approx((low + high) / 2, abs=0.01)
    limit = math.radians(ranges.rotation_deg[1])
    assert drawn.angle_rad.abs().max() <= limit
    assert drawn.angle_rad.std().item() == pytest.approx(limit / 3**0.5, rel=0.05, abs=1e-9)
    assert drawn.flip.float().mean().item() == pytest.approx(0.5, abs=0.03)
    assert drawn.gain.min() >= 0.8
    assert drawn.gain.max() <= 1.2
    assert np.corrcoef(drawn.gain.T)[0, 1] == pytest.approx(0, abs=0.06)
    again = draw(ranges, 4000, torch.Generator().manual_seed(5))
    assert torch.equal(drawn.scale, again.scale)
    assert torch.equal(drawn.gain, again.gain)


@given(draws)
def test_the_crop_stays_inside_the_enlarged_frame(drawn):
    upright = Draw(drawn.scale, torch.zeros_like(drawn.angle_rad), drawn.shift, drawn.flip, drawn.gain)
    depth_m = torch.ones(1, *FRAME)
    assert warp_depth(depth_m, matrices(upright, FRAME, CROP), CROP, upright.scale).isfinite().all()


def test_random_crops_fill_the_room_in_both_directions():
    shift = draw(NYU, 4000, torch.Generator().manual_seed(5)).shift
    for share in shift.T:
        assert share.min() < 0.01
        assert share.max() > 0.99
        assert share.mean().item() == pytest.approx(0.5, abs=0.02)
    assert np.corrcoef(shift.T)[0, 1] == pytest.approx(0, abs=0.06)


def test_depth_half_way_between_pixels_is_always_taken_from_the_same_side():
    """Rounding halves to even would repeat one pixel and leave out the next."""
    _, depth_m = pictures()
    matrix = torch.tensor([[[1.0, 0.0, 0.5], [0.0, 1.0, 0.5]]], dtype=torch.float64)
    warped = warp_depth(depth_m, matrix, (23, 31), one().scale)
    assert torch.equal(warped.nan_to_num(-1), depth_m[:, 1:, 1:].nan_to_num(-1))
