"""The conversion between quantities, in numpy and torch."""

import numpy as np
import pytest
import torch

from fathom.errors import NotComparable
from fathom.ops.depth import to_metres
from fathom.records import Quantity


def test_metres_stay_as_they_are():
    depth_m = np.array([1.5, np.nan], np.float32)
    assert to_metres(depth_m, Quantity.METRES) is depth_m


@pytest.mark.parametrize("make", [lambda x: np.array(x, np.float32), lambda x: torch.tensor(x)])
@pytest.mark.parametrize(
    ("quantity", "given", "expected"),
    [
        (Quantity.LOG_METRES, [0.0, np.log(2.5), -1.0, np.nan], [1.0, 2.5, 1 / np.e, np.nan]),
        (Quantity.INVERSE_METRES, [0.5, 4.0, 0.0, -1.0, np.nan], [2.0, 0.25, np.nan, np.nan, np.nan]),
    ],
)
def test_conversion(make, quantity, given, expected):
    values = make(given)
    converted = to_metres(values, quantity)
    assert type(converted) is type(values)
    assert converted.dtype == values.dtype
    np.testing.assert_allclose(np.asarray(converted), expected, rtol=1e-6)


@pytest.mark.parametrize("quantity", [Quantity.RELATIVE_DEPTH, Quantity.RELATIVE_INVERSE_DEPTH])
def test_relative_depth_is_never_metres(quantity):
    with pytest.raises(NotComparable, match="aligns"):
        to_metres(np.ones(2), quantity)
