import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fathom.errors import BadInput
from fathom.ops.resample import halve_colour, halve_depth


def median_of_present(values):
    """The lower median of the numbers that are there, NaN if none is."""
    there = sorted(v for v in values if v == v)
    return there[(len(there) - 1) // 2] if there else float("nan")


@given(arrays(np.float32, (4, 6), elements=st.floats(0.5, 10, width=32) | st.just(float("nan"))))
def test_depth_is_the_lower_median_of_what_is_present(depth_m):
    halved = halve_depth(depth_m)
    assert halved.dtype == np.float32
    for i in range(2):
        for j in range(3):
            block = depth_m[2 * i : 2 * i + 2, 2 * j : 2 * j + 2].ravel().tolist()
            np.testing.assert_array_equal(halved[i, j], np.float32(median_of_present(block)))


@given(arrays(np.uint8, (4, 6, 3)))
def test_colour_is_the_mean(rgb):
    mean = rgb.reshape(2, 2, 3, 2, 3).astype(float).mean(axis=(1, 3))
    assert np.abs(halve_colour(rgb) - mean).max() <= 0.5


def test_odd_sizes_are_refused():
    with pytest.raises(BadInput, match="5x4 cannot be halved"):
        halve_depth(np.ones((4, 5), np.float32))
    with pytest.raises(BadInput, match="4x3 cannot be halved"):
        halve_colour(np.zeros((3, 4, 3), np.uint8))
