"""Pixels to points and back; cameras that move with their pictures."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fathom.errors import BadInput
from fathom.ops.geometry import interpolate, project, unproject
from fathom.records import Camera
from reference.geometry import bilinear, project_point, unproject_pixel


@st.composite
def cameras(draw):
    width, height = draw(st.integers(2, 12)), draw(st.integers(2, 12))
    focal = st.floats(1, 50)
    return Camera(draw(focal), draw(focal), draw(st.floats(-3, 15)), draw(st.floats(-3, 15)), width, height, "test")


def depth_of(camera, seed):
    depth_m = np.random.default_rng(seed).uniform(0.3, 20, (camera.height, camera.width))
    depth_m[0, 0] = np.nan
    return depth_m


def pixel_grid(camera):
    columns, rows = np.meshgrid(np.arange(camera.width), np.arange(camera.height))
    return np.stack([columns, rows], axis=-1).astype(float)


@given(cameras(), st.integers(0, 99))
def test_round_trip(camera, seed):
    depth_m = depth_of(camera, seed)
    pixels, z = project(unproject(depth_m, camera), camera)
    np.testing.assert_array_equal(z, depth_m)
    expected = pixel_grid(camera)
    expected[0, 0] = np.nan
    np.testing.assert_allclose(pixels, expected, atol=1e-9)


@given(cameras(), st.integers(0, 99))
def test_agrees_with_the_matrix_pixel_by_pixel(camera, seed):
    depth_m = depth_of(camera, seed)
    points = unproject(depth_m, camera)
    pixels, _ = project(points, camera)
    assert np.isnan(points[0, 0]).all()
    for row in range(camera.height):
        for column in range(camera.width):
            if (row, column) == (0, 0):
                continue
            point = unproject_pixel(column, row, depth_m[row, column], camera.matrix)
            np.testing.assert_allclose(points[row, column], point, rtol=1e-9, atol=1e-9)
            np.testing.assert_allclose(pixels[row, column], project_point(point, camera.matrix)[:2], atol=1e-7)


@given(cameras(), st.integers(1, 30), st.integers(1, 30), st.integers(0, 99))
def test_resized_camera_moves_pixels_as_resizing_does(camera, width, height, seed):
    points = unproject(depth_of(camera, seed), camera)
    pixels, _ = project(points, camera.resized(width, height))
    factor = np.array([width / camera.width, height / camera.height])
    expected = (pixel_grid(camera) + 0.5) * factor - 0.5
    np.testing.assert_allclose(pixels[1:], expected[1:], atol=1e-7)


@given(cameras(), st.integers(-2, 5), st.integers(-2, 5), st.integers(0, 99))
def test_cropped_camera_shifts_pixels(camera, left, top, seed):
    points = unproject(depth_of(camera, seed), camera)
    pixels, _ = project(points, camera.cropped(left, top, 3, 3))
    np.testing.assert_allclose(pixels[1:], pixel_grid(camera)[1:] - [left, top], atol=1e-7)


@given(cameras(), st.integers(0, 99))
def test_flipped_camera_sees_the_mirrored_scene(camera, seed):
    depth_m = depth_of(camera, seed)
    mirrored = unproject(depth_m[:, ::-1], camera.flipped())[:, ::-1]
    np.testing.assert_allclose(mirrored, unproject(depth_m, camera) * [-1, 1, 1], atol=1e-9)


def test_a_point_behind_the_camera_has_no_pixel():
    camera = Camera.from_fov(4, 4, 60)
    pixels, z = project(np.array([[0.0, 0.0, -1.0], [0.0, 0.0, 0.0], [0.0, 0.0, 2.0]]), camera)
    assert np.isnan(pixels[:2]).all()
    np.testing.assert_allclose(pixels[2], [1.5, 1.5])
    np.testing.assert_array_equal(z, [-1, 0, 2])


def test_depth_of_another_size_is_refused():
    with pytest.raises(BadInput, match="camera is for 4x4"):
        unproject(np.ones((3, 4)), Camera.from_fov(4, 4, 60))


def test_float32_stays_float32():
    camera = Camera.from_fov(4, 3, 60)
    assert unproject(np.ones((3, 4), np.float32), camera).dtype == np.float32


@given(
    st.integers(1, 6),
    st.integers(1, 6),
    st.lists(st.floats(-3, 9), min_size=1, max_size=5),
    st.lists(st.floats(-3, 9), min_size=1, max_size=5),
    st.integers(0, 99),
)
def test_interpolation_agrees_with_four_neighbours(height, width, rows, columns, seed):
    values = np.random.default_rng(seed).normal(size=(height, width))
    sampled = interpolate(values, np.array(rows), np.array(columns))
    expected = [[bilinear(values, r, c) for c in columns] for r in rows]
    np.testing.assert_allclose(sampled, expected, atol=1e-9)


def test_nan_spreads_only_where_it_has_a_weight():
    values = np.array([[1.0, np.nan, 3.0, 4.0]])
    sampled = interpolate(values, np.array([0.0]), np.array([0.0, 0.25, 1.75, 2.0, 2.5]))
    np.testing.assert_array_equal(np.isnan(sampled[0]), [False, True, True, False, False])
