import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fathom.errors import BadInput, NotComparable
from fathom.records import Camera, Photo, Prediction, Quantity, Sample

CAMERA = Camera(40.0, 50.0, 14.0, 9.5, 32, 24)
POINT = np.array([0.3, -0.2, 2.0])


def project(camera: Camera) -> np.ndarray:
    u, v, w = camera.matrix @ POINT
    return np.array([u / w, v / w])


@given(st.integers(8, 90), st.integers(8, 90))
def test_resizing_keeps_edges_on_edges(width, height):
    """A picture begins at -0.5, not at 0."""
    expected = (project(CAMERA) + 0.5) * (width / 32, height / 24) - 0.5
    resized = CAMERA.resized(width, height)
    assert project(resized) == pytest.approx(expected)
    assert (resized.width, resized.height) == (width, height)


def test_cropping_and_mirroring_move_the_points():
    x, y = project(CAMERA)
    cropped = CAMERA.cropped(3, 5, 20, 10)
    assert project(cropped) == pytest.approx((x - 3, y - 5))
    assert (cropped.width, cropped.height) == (20, 10)
    mirrored = (CAMERA.flipped().matrix @ (POINT * (-1, 1, 1)))[:2] / POINT[2]
    assert mirrored == pytest.approx((31 - x, y))


@given(st.floats(5, 170))
def test_field_of_view_there_and_back(fov_deg):
    camera = Camera.from_fov(64, 48, fov_deg)
    assert camera.fov_deg == pytest.approx(fov_deg)
    assert (camera.cx, camera.cy, camera.fx) == (31.5, 23.5, camera.fy)
    # The right edge of the picture, at x = 63.5, lies at half the field of view.
    assert np.degrees(np.arctan((63.5 - camera.cx) / camera.fx)) == pytest.approx(fov_deg / 2)
    assert f"{fov_deg:g}" in camera.source


@pytest.mark.parametrize("fov_deg", [0, 180, -3, float("nan")])
def test_impossible_fields_of_view(fov_deg):
    with pytest.raises(BadInput, match="field of view"):
        Camera.from_fov(64, 48, fov_deg)


@pytest.mark.parametrize("numbers", [(0, 1, 8, 8), (1, -1, 8, 8), (1, 1, 0, 8), (float("nan"), 1, 8, 8)])
def test_impossible_cameras(numbers):
    fx, fy, width, height = numbers
    with pytest.raises(BadInput, match="positive"):
        Camera(fx, fy, 0, 0, width, height)


def test_quantities_that_are_metric():
    assert {q for q in Quantity if q.is_metric} == {"metres", "log_metres", "inverse_metres"}


def test_a_sample_is_of_one_size():
    with pytest.raises(BadInput, match=r"8x6.*8x5"):
        Sample(np.zeros((6, 8, 3), np.uint8), np.ones((5, 8), np.float32), CAMERA, "name", "scene")


def test_a_prediction_says_where_it_is_valid_and_is_metres_only_if_it_is():
    values = np.array([[1.0, np.nan, np.inf]], np.float32)
    prediction = Prediction(values, Quantity.METRES, CAMERA, "model")
    assert prediction.valid.tolist() == [[True, False, False]]
    assert prediction.depth_m is values
    with pytest.raises(NotComparable, match="log_metres"):
        _ = Prediction(values, Quantity.LOG_METRES, CAMERA, "model").depth_m


@pytest.mark.parametrize(
    "rgb",
    [
        np.zeros((24, 32, 3), np.float32),
        np.zeros((24, 32), np.uint8),
        np.zeros((24, 32, 4), np.uint8),
        np.zeros((0, 32, 3), np.uint8),
    ],
)
def test_a_photo_is_three_bytes_a_pixel(rgb):
    with pytest.raises(BadInput, match=r"uint8 \(H, W, 3\)"):
        Photo(rgb, CAMERA)


def test_a_photo_has_a_camera_of_its_size():
    with pytest.raises(BadInput, match=r"32x20 with a camera for 32x24; use camera\.resized\(32, 20\)"):
        Photo(np.zeros((20, 32, 3), np.uint8), CAMERA)
