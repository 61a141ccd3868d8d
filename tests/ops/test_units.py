import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from fathom.ops.units import UNITS_M, contradictions, signs

RNG = np.random.default_rng(0)
SENSED_MM = RNG.integers(500, 9000, (48, 64)).astype(np.uint16)


def lidar():
    """1/256 m at 20 % of the pixels, nothing in the upper third of a wide picture."""
    stored = RNG.integers(3 * 256, 80 * 256, (48, 160)).astype(np.uint16)
    stored[RNG.random(stored.shape) > 0.2] = 0
    stored[:16] = 0
    return stored


@pytest.mark.parametrize(
    ("stored", "unit", "word"),
    [
        (RNG.integers(1, 256, (48, 64)).astype(np.uint8), "", "above 255"),
        (RNG.integers(1, 256, (48, 64)).astype(np.uint16) * 257, "", "multiples of 257"),
        (RNG.integers(1, 256, (48, 64)).astype(np.uint16) * 256, "", "multiples of 256"),
        ((SENSED_MM % 8000 + 1) << 3, "", "sun_rgbd"),
        (SENSED_MM * 5, "1/5000", "multiples of 5"),
        (lidar(), "1/256", "laser"),
    ],
)
def test_traces_are_seen(stored, unit, word):
    first = signs(stored)[0]
    assert first.unit == unit
    assert word in first.reason
    for name, step_m in UNITS_M.items():
        assert bool(contradictions(stored, step_m)) == (name != unit or not unit)


def test_ordinary_millimetres_have_no_sign():
    assert signs(SENSED_MM) == []
    assert contradictions(SENSED_MM, 0.001) == []


def test_a_median_that_no_picture_has():
    (reason,) = contradictions(SENSED_MM, 1.0)
    assert reason.startswith(f"in steps of 1 m the median is {np.median(SENSED_MM):.3g} m")
    assert f"in mm {np.median(SENSED_MM) / 1000:.3g} m" in reason


def test_what_no_other_unit_would_explain_is_left_alone():
    """An odd step gives an odd median, and no usual unit gives a better one: nothing is claimed."""
    stored = RNG.integers(250, 280, (48, 64))
    assert contradictions(stored, 1e-9) != []
    assert contradictions(stored * 10**6 + 1, 1e-9) == []
    assert contradictions(np.zeros((48, 64), int), 1.0) == []


@given(st.integers(0, 999))
def test_few_values_say_nothing(count):
    stored = np.zeros((48, 64), np.uint16)
    stored.ravel()[:count] = 255
    assert signs(stored) == []


def test_the_order_of_pixels_does_not_matter_for_values():
    shuffled = (SENSED_MM * 5).ravel().copy()
    np.random.default_rng(1).shuffle(shuffled)
    assert signs(shuffled.reshape(48, 64)) == signs(SENSED_MM * 5)


@pytest.mark.parametrize(
    ("path", "unit"),
    [
        ("rgbd/TUM_depth.png", "1/5000"),
        ("rgbd/SUN_depth.png", ""),
        ("nyu_synced/basement_0001a/sync_depth_00000.png", "mm"),
        ("kitti_annotated/2011_09_26_drive_0001_sync/proj_depth/groundtruth/image_02/0000000005.png", "1/256"),
        ("kitti_annotated/2011_09_26_drive_0001_sync/proj_depth/velodyne_raw/image_03/0000000011.png", "1/256"),
    ],
)
def test_real_files(shared_data, path, unit):
    stored = np.asarray(Image.open(shared_data / path))
    for name in ("mm", "1/256", "1/5000"):
        # Plain millimetres carry no trace: other units of like size cannot be told from the values.
        expected = unit != "mm" and name != unit
        assert bool(contradictions(stored, UNITS_M[name])) == expected
