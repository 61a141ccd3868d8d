"""Bringing a prediction to the truth's scale before it is scored, which tells less of a model than no alignment.

An alignment is part of a protocol. It is fitted to the pixels that are scored, image by image, before any clamp.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from fathom.errors import BadInput
from fathom.records import Quantity


@dataclass(frozen=True)
class Alignment:
    """How a prediction is brought to metres, and which quantities that makes sense for.

    ``apply(prediction, truth_m)`` takes the scored pixels of one image, any shape, and returns metres.
    """

    name: str
    accepts: tuple[Quantity, ...]
    source: str
    apply: Callable[[np.ndarray, np.ndarray], np.ndarray]


def ratio_of_medians(prediction: np.ndarray, truth_m: np.ndarray) -> float:
    """median(truth) / median(prediction) over the pixels that have both, float64; nan if there are none.

    Not the median of the ratios, which is another number.
    Raises BadInput if the median of the prediction is not positive.
    """
    both = ~(np.isnan(prediction) | np.isnan(truth_m))
    if not both.any():
        return float("nan")
    middle = float(np.median(prediction[both].astype(np.float64)))
    if not 0 < middle < np.inf:
        raise BadInput(f"the median of the prediction is {middle:g}; no scale can bring it to the truth's")
    return float(np.median(truth_m[both].astype(np.float64))) / middle


def _unchanged(prediction: np.ndarray, truth_m: np.ndarray) -> np.ndarray:
    return prediction


def _to_the_same_median(prediction: np.ndarray, truth_m: np.ndarray) -> np.ndarray:
    return prediction.astype(np.float64) * ratio_of_medians(prediction, truth_m)


ALIGNMENTS: dict[str, Alignment] = {
    a.name: a
    for a in (
        Alignment("none", (Quantity.METRES,), "metric evaluation", _unchanged),
        Alignment(
            "ratio of medians",
            (Quantity.METRES, Quantity.RELATIVE_DEPTH),
            "Zhou et al. 2017; monodepth2",
            _to_the_same_median,
        ),
    )
}
"""Every alignment by the name that a protocol gives it."""
