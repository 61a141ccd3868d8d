"""How far a depth map is from the truth: the eight figures of Eigen et al. 2014, and log10 and SILog of later work.

``measure`` looks once at the pixels and returns their sums; sums of images can be added. Every metric is a small
function of such sums, so one pass gives all of them, averaged over images or pooled over pixels:

    mean over images    mean of metric.value(sums_i)
    pooled over pixels  metric.value(sum of sums_i)

The two scale-invariant figures differ only when several images are pooled: ``rmse_log_si`` keeps its own best
scale for every image (the paper's alpha), ``silog`` has one scale for all pixels.

>>> from fathom.ops import metrics
>>> metrics.abs_rel([2.0, 3.0], truth_m=[1.0, 3.0])
0.5
"""

import math
from collections.abc import Callable
from dataclasses import astuple, dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from fathom.errors import BadInput


@dataclass(frozen=True)
class PixelSums:
    """Sums over the pixels that have truth, of one image or (after adding) of many; float64.

    p is the prediction, g the truth in metres, d = ln p - ln g.

    pixels       how many pixels
    within_1..3  pixels with max(p/g, g/p) < 1.25, 1.25^2, 1.25^3
    rel          sum |p - g| / g
    square_rel   sum (p - g)^2 / g, metres
    square       sum (p - g)^2, square metres
    log          sum d
    log_square   sum d^2
    log_spread   sum over images of sum (d - the image's own mean of d)^2
    log10        sum |log10 p - log10 g|
    """

    pixels: int = 0
    within_1: int = 0
    within_2: int = 0
    within_3: int = 0
    rel: float = 0.0
    square_rel: float = 0.0
    square: float = 0.0
    log: float = 0.0
    log_square: float = 0.0
    log_spread: float = 0.0
    log10: float = 0.0

    def __add__(self, other: "PixelSums") -> "PixelSums":
        return PixelSums(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))


def measure(prediction_m: ArrayLike, truth_m: ArrayLike) -> PixelSums:
    """The sums of one image over its pixels with truth.

    prediction_m, truth_m: same shape, metres along the optical axis; truth NaN where absent. What the prediction
    says where truth is absent does not matter.
    Raises BadInput if the shapes differ, if a truth is not a positive finite length, or if the prediction is not
    one at a pixel that has truth.
    """
    prediction, truth = np.asarray(prediction_m), np.asarray(truth_m)
    if prediction.shape != truth.shape:
        raise BadInput(
            f"the prediction is {prediction.shape} and the truth {truth.shape}; bring the prediction to the size "
            "of the truth first"
        )
    has_truth = ~np.isnan(truth)
    p, g = prediction[has_truth].astype(np.float64), truth[has_truth].astype(np.float64)
    _must_be_lengths(g, "truth", "absent depth is NaN in fathom, never 0")
    _must_be_lengths(p, "prediction", "a depth is positive and finite; a protocol that clamps would mend it")
    if not g.size:
        return PixelSums()
    error, d = p - g, np.log(p) - np.log(g)
    ratio = np.maximum(p / g, g / p)
    return PixelSums(
        pixels=g.size,
        within_1=int(np.count_nonzero(ratio < 1.25)),
        within_2=int(np.count_nonzero(ratio < 1.25**2)),
        within_3=int(np.count_nonzero(ratio < 1.25**3)),
        rel=float(np.sum(np.abs(error) / g)),
        square_rel=float(np.sum(error**2 / g)),
        square=float(np.sum(error**2)),
        log=float(np.sum(d)),
        log_square=float(np.sum(d**2)),
        log_spread=float(np.sum((d - d.mean()) ** 2)),
        log10=float(np.sum(np.abs(d))) / math.log(10),
    )


def _must_be_lengths(values: np.ndarray, what: str, advice: str) -> None:
    bad = np.count_nonzero(~(np.isfinite(values) & (values > 0)))
    if bad:
        raise BadInput(
            f"the {what} is zero, negative or not finite at {bad} of the {values.size} pixels with truth; {advice}"
        )


@dataclass(frozen=True)
class Metric:
    """One figure: what it is called, what it is worth, and how it comes out of PixelSums.

    ``label`` is the paper's name for it, ``unit`` "" for a pure number, ``better`` says which way is good.
    Called with two depth maps it measures them: ``abs_rel(prediction_m, truth_m)``.
    """

    name: str
    label: str
    unit: str
    better: Literal["lower", "higher"]
    source: str
    of: Callable[[PixelSums], float]

    def value(self, sums: PixelSums) -> float | None:
        """The figure; None where there is no pixel to say anything about."""
        return self.of(sums) if sums.pixels else None

    def __call__(self, prediction_m: ArrayLike, truth_m: ArrayLike) -> float | None:
        """The figure for one depth map in metres; see ``measure`` for what is accepted."""
        return self.value(measure(prediction_m, truth_m))


def _spread(mean: float, mean_square: float) -> float:
    return math.sqrt(max(mean_square - mean**2, 0.0))  # rounding can leave -1e-17 where all are equal


_PAPER = "Eigen et al. 2014, section 4.1"

delta1 = Metric("delta1", "δ<1.25", "", "higher", _PAPER, lambda s: s.within_1 / s.pixels)
delta2 = Metric("delta2", "δ<1.25²", "", "higher", _PAPER, lambda s: s.within_2 / s.pixels)
delta3 = Metric("delta3", "δ<1.25³", "", "higher", _PAPER, lambda s: s.within_3 / s.pixels)
abs_rel = Metric("abs_rel", "abs rel", "", "lower", _PAPER, lambda s: s.rel / s.pixels)
sqr_rel = Metric("sqr_rel", "sqr rel", "m", "lower", _PAPER, lambda s: s.square_rel / s.pixels)
rmse = Metric("rmse", "RMSE", "m", "lower", _PAPER, lambda s: math.sqrt(s.square / s.pixels))
rmse_log = Metric("rmse_log", "RMSE log", "", "lower", _PAPER, lambda s: math.sqrt(s.log_square / s.pixels))
# The printed Eqn 2 is twice Eqns 1 and 3; Eqns 1 and 3 are the variance of d, and the table shows its root.
rmse_log_si = Metric(
    "rmse_log_si",
    "RMSE log s.i.",
    "",
    "lower",
    "Eigen et al. 2014, Eqn 1: sqrt(D) with alpha per image",
    lambda s: math.sqrt(s.log_spread / s.pixels),
)
log10 = Metric("log10", "log10", "", "lower", "Saxena et al. 2009 (Make3D)", lambda s: s.log10 / s.pixels)
silog = Metric(
    "silog",
    "SILog",
    "x100",
    "lower",
    "KITTI depth benchmark: 100 sqrt(variance of d)",
    lambda s: 100 * _spread(s.log / s.pixels, s.log_square / s.pixels),
)

METRICS: dict[str, Metric] = {
    m.name: m for m in (delta1, delta2, delta3, abs_rel, sqr_rel, rmse, rmse_log, rmse_log_si, log10, silog)
}
"""Every metric by name, in the order of the paper's tables, later ones after them."""
