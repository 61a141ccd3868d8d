import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fathom.ops.geometry import project, unproject
from fathom.ops.resize import colour_seen_by, resize_colour, resize_depth
from fathom.records import Camera

sides = st.integers(1, 9)


@given(sides, sides, sides, sides)
def test_depth_is_the_pixel_under_the_new_centre(height, width, new_height, new_width):
    depth_m = np.arange(height * width, dtype=np.float32).reshape(height, width)
    found = resize_depth(depth_m, new_height, new_width)
    for row in range(new_height):
        for column in range(new_width):
            under = (int((row + 0.5) * height / new_height), int((column + 0.5) * width / new_width))
            assert found[row, column] == depth_m[under]


def test_nothing_is_mixed_and_holes_stay():
    depth_m = np.array([[1, np.nan], [1, 9]], np.float32)
    np.testing.assert_array_equal(resize_depth(depth_m, 4, 4), np.kron(depth_m, np.ones((2, 2))))


def test_colour_is_averaged_where_it_becomes_smaller():
    checks = np.indices((40, 40)).sum(0) % 2 * 255
    rgb = np.repeat(checks[..., None], 3, 2).astype(np.uint8)
    assert np.abs(resize_colour(rgb, 10, 10).astype(int) - 127).max() <= 2
    assert resize_colour(rgb, 40, 40) is rgb


@given(
    st.floats(20, 60), st.floats(20, 60), st.floats(-6, 6), st.floats(-6, 6), st.integers(8, 30), st.integers(8, 30)
)
def test_a_ramp_is_seen_where_the_cameras_say(own_focal, focal, shift_x, shift_y, height, width):
    """Colour that grows with the column is, seen by the other camera, that of the column the point projects to."""
    own = Camera(own_focal, own_focal * 1.1, 31.5 + shift_x, 23.5 + shift_y, 64, 48)
    other = Camera(focal, focal, (width - 1) / 2, (height - 1) / 2, width, height)
    columns = np.broadcast_to(3.0 * np.arange(64), (48, 64))
    rows = np.broadcast_to(4.0 * np.arange(48)[:, None], (48, 64))
    rgb = np.stack([columns, rows, rows], axis=-1).astype(np.uint8)
    seen, inside = colour_seen_by(rgb, own, other)
    pixels, _ = project(unproject(np.ones((height, width)), other).reshape(-1, 3), own)
    u, v = np.asarray(pixels).reshape(height, width, 2).transpose(2, 0, 1)
    np.testing.assert_array_equal(inside, (u > -0.5) & (u < 63.5) & (v > -0.5) & (v < 47.5))
    # Away from the border, as the mean of a pixel beyond it is not on the ramp.
    far = own_focal * 1.1 / focal + 1.5
    calm = (u > far) & (u < 63 - far) & (v > far) & (v < 47 - far)
    assert np.abs(seen[calm][:, 0] - 3 * u[calm]).max(initial=0) <= 1.5
    assert np.abs(seen[calm][:, 1] - 4 * v[calm]).max(initial=0) <= 1.5


def test_the_same_camera_sees_the_same():
    rgb = np.random.default_rng(0).integers(0, 256, (6, 8, 3), np.uint8)
    camera = Camera(7, 7, 3.2, 2.1, 8, 6)
    seen, inside = colour_seen_by(rgb, camera, camera)
    np.testing.assert_array_equal(seen, rgb)
    assert inside.all()


@pytest.mark.parametrize(("left", "top"), [(2, 1), (-2, -1)])
def test_a_crop_is_seen_as_a_crop(left, top):
    rgb = np.random.default_rng(0).integers(0, 256, (6, 8, 3), np.uint8)
    own = Camera(7, 7, 3.2, 2.1, 8, 6)
    seen, inside = colour_seen_by(rgb, own, own.cropped(left, top, 8, 6))
    rows, columns = np.clip(np.arange(6) + top, 0, 5), np.clip(np.arange(8) + left, 0, 7)
    np.testing.assert_array_equal(seen, rgb[rows[:, None], columns])
    assert inside.sum() == (6 - abs(top)) * (8 - abs(left))
