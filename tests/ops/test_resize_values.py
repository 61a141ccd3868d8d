"""Predictions brought to the truth's size, against torch and by hand."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from fathom.errors import BadInput
from fathom.ops.resize import is_kb_crop, resize_values, uncropped

sides = st.integers(1, 9)
TORCH = {
    "bilinear": {"mode": "bilinear", "align_corners": False},
    "bilinear, corners": {"mode": "bilinear", "align_corners": True},
    "nearest": {"mode": "nearest-exact"},
    "nearest, floor": {"mode": "nearest"},
}


@pytest.mark.parametrize("method", TORCH)
@given(sides, sides, sides, sides, st.integers(0, 99))
def test_as_torch_does(method, height, width, new_height, new_width, seed):
    values = np.random.default_rng(seed).uniform(1, 9, (height, width)).astype(np.float32)
    expected = torch.nn.functional.interpolate(
        torch.from_numpy(values)[None, None], (new_height, new_width), **TORCH[method]
    )
    found = resize_values(values, new_height, new_width, method)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected[0, 0].numpy(), rtol=3e-6)


def test_by_hand():
    row = np.array([[1.0, 3.0]])
    np.testing.assert_allclose(resize_values(row, 1, 4), [[1, 1.5, 2.5, 3]])  # centres at -.25 .25 .75 1.25
    np.testing.assert_allclose(resize_values(row, 1, 3, "bilinear, corners"), [[1, 2, 3]])
    # Over the inverse: 1 and 1/3 have the mean 2/3, and the depth between is 1.5, not 2.
    np.testing.assert_allclose(
        resize_values(row, 1, 3, "bilinear, corners", over_inverse=True), [[1, 1.5, 3]], rtol=1e-6
    )
    np.testing.assert_array_equal(resize_values(np.arange(4.0)[None], 1, 3, "nearest, floor"), [[0, 1, 2]])


def test_absence_takes_its_neighbours_and_no_more():
    values = np.ones((1, 5), np.float32)
    values[0, 2] = np.nan
    np.testing.assert_array_equal(
        np.isnan(resize_values(values, 1, 9, "bilinear, corners"))[0].nonzero()[0], [3, 4, 5]
    )
    np.testing.assert_array_equal(np.isnan(resize_values(values, 1, 10, "nearest"))[0].nonzero()[0], [4, 5])
    zero = resize_values(np.array([[0.0, 1.0]]), 1, 3, "nearest", over_inverse=True)
    np.testing.assert_array_equal(zero, [[np.nan, 1, 1]])


def test_the_same_size_is_not_touched():
    values = np.random.default_rng(0).random((4, 5)).astype(np.float32)
    for method in TORCH:
        np.testing.assert_array_equal(resize_values(values, 4, 5, method, over_inverse=True), values)


@pytest.mark.parametrize(("size", "method"), [((0, 3), "bilinear"), ((3, 3), "cubic")])
def test_no_such_size_or_method(size, method):
    with pytest.raises(BadInput, match=method):
        resize_values(np.ones((2, 2)), *size, method)


def test_the_kb_crop_goes_back_to_its_place():
    """On 375x1242: rows from 23 and columns from 13 (KB crop: top = H - 352, left = int((W - 1216) / 2))."""
    whole = uncropped(np.ones((352, 1216)), 375, 1242)
    rows, columns = np.nonzero(~np.isnan(whole))
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (23, 374, 13, 1228)
    assert np.count_nonzero(~np.isnan(whole)) == 352 * 1216
    assert is_kb_crop((352, 1216), 375, 1242)
    assert not is_kb_crop((352, 1216), 352, 1216)
    assert not is_kb_crop((352, 1216), 480, 640)
    with pytest.raises(BadInput, match="no part"):
        uncropped(np.ones((352, 1216)), 350, 1242)
