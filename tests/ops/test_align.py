import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fathom.errors import BadInput
from fathom.ops.align import ALIGNMENTS, ratio_of_medians
from fathom.records import Quantity


def test_ratio_of_medians_is_not_the_median_of_ratios():
    prediction, truth = np.array([1.0, 2.0, 10.0]), np.array([2.0, 6.0, 5.0])
    assert ratio_of_medians(prediction, truth) == 5.0 / 2.0
    assert np.median(truth / prediction) == 2.0


def test_only_pixels_that_have_both_count():
    nan = np.nan
    assert ratio_of_medians(np.array([1.0, 100.0, nan, 3.0]), np.array([2.0, nan, 70.0, 6.0])) == 2.0


def test_medians_of_an_even_count_are_taken_in_float64():
    prediction = np.array([1, 1 + 2**-23], np.float32)  # their middle is no float32
    assert ratio_of_medians(prediction, np.ones(2, np.float32)) == 1 / (1 + 2**-24)


def test_no_common_pixel_no_scale():
    assert np.isnan(ratio_of_medians(np.array([np.nan, 1.0]), np.array([1.0, np.nan])))


@pytest.mark.parametrize("middle", [0.0, -2.0, np.inf])
def test_a_median_that_is_no_length_is_refused(middle):
    with pytest.raises(BadInput, match="median of the prediction"):
        ratio_of_medians(np.full(3, middle), np.ones(3))


@given(st.lists(st.floats(0.1, 50), min_size=1, max_size=30), st.floats(0.01, 100))
def test_a_scaled_truth_comes_back(values, scale):
    truth = np.array(values)
    aligned = ALIGNMENTS["ratio of medians"].apply(truth * scale, truth)
    np.testing.assert_allclose(aligned, truth, rtol=1e-12)


def test_none_changes_nothing_and_takes_metres_only():
    none = ALIGNMENTS["none"]
    prediction = np.array([1.0, np.nan, 7.0])
    np.testing.assert_array_equal(none.apply(prediction, np.ones(3)), prediction)
    assert none.accepts == (Quantity.METRES,)


def test_no_scale_alone_brings_an_inverse_depth_to_metres():
    assert Quantity.RELATIVE_INVERSE_DEPTH not in ALIGNMENTS["ratio of medians"].accepts
