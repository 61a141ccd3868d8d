"""What depth is worth: the one conversion between its quantities."""

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from fathom.errors import NotComparable
from fathom.records import Quantity

if TYPE_CHECKING:
    from torch import Tensor

Array = TypeVar("Array", np.ndarray, "Tensor")


def to_metres(values: Array, quantity: Quantity) -> Array:
    """Values of a metric quantity → metres, NaN kept; numpy or torch, any shape.

    An inverse depth that is not positive has no depth and becomes NaN. Raises NotComparable for a relative
    quantity: no factor makes metres of it without a truth to align it to.
    """
    given: Any = values
    if quantity is Quantity.METRES:
        return given
    if quantity is Quantity.LOG_METRES:
        return np.exp(given) if isinstance(given, np.ndarray) else given.exp()
    if quantity is Quantity.INVERSE_METRES:
        if isinstance(given, np.ndarray):
            return np.divide(1, given, out=np.full_like(given, np.nan), where=given > 0)
        return given.reciprocal().masked_fill(given <= 0, float("nan"))
    raise NotComparable(
        f"{quantity} cannot become metres: its scale is unknown; score it under a protocol that aligns the "
        "prediction to the truth"
    )
