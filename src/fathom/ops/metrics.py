"""How far a depth map is from the truth: the eight figures of Eigen et al. 2014, and those of later work.

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
from dataclasses import astuple, dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from fathom.errors import BadInput


@dataclass(frozen=True)
class PixelSums:
    """Sums over the pixels that have truth, of one image or, after adding with +, of many; float64.

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

    Of other protocols than the paper's:

    within_tau      pixels with max(p/g, g/p) < 1.03
    absolute        sum |p - g|, metres
    rel_square      sum ((p - g) / g)^2
    inverse         sum |1/p - 1/g|, 1/metres
    inverse_square  sum (1/p - 1/g)^2, 1/square metres

    And the one that does not simply add up, so that a common offset of the logs cancels no digits:

    log_spread_pooled  sum (d - the mean of d over all pixels of all images)^2
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
    within_tau: int = 0
    absolute: float = 0.0
    rel_square: float = 0.0
    inverse: float = 0.0
    inverse_square: float = 0.0
    log_spread_pooled: float = 0.0

    def __add__(self, other: "PixelSums") -> "PixelSums":
        summed = PixelSums(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))
        if not (self.pixels and other.pixels):
            return summed
        apart = self.log / self.pixels - other.log / other.pixels  # Chan, Golub and LeVeque 1983
        between = apart**2 * (self.pixels * other.pixels / summed.pixels)
        return replace(summed, log_spread_pooled=summed.log_spread_pooled + between)


def measure(
    prediction_m: ArrayLike,
    truth_m: ArrayLike,
    region: np.ndarray | None = None,
    *,
    scale: float = 1.0,
    shift: float = 0.0,
    min_m: float | None = None,
    max_m: float | None = None,
    above_m: float | None = None,
    below_m: float | None = None,
) -> PixelSums:
    """The sums of one image over its pixels with truth.

    prediction_m, truth_m: same shape, metres along the optical axis; truth NaN where absent. What the prediction
    says where truth is absent does not matter.
    region            bool of the same shape: only these pixels count
    above_m, below_m  only pixels with a truth above and below count; neither a truth exactly there
    scale, shift      the prediction is taken as scale * prediction + shift, in float64
    min_m, max_m      and then clamped to these

    One pass over the arrays, float32 or float64, also parts of larger arrays, without copies (other types are made
    float64 first). The sums are float64, the counts exact. It holds no lock: threads can score images side by side.
    Raises BadInput if the shapes differ, or if the truth or the prediction is not a positive finite length at a
    pixel that counts.
    """
    from fathom.ops import _fused  # here, for numba takes half a second

    prediction, truth = _floats(prediction_m), _floats(truth_m)
    if prediction.shape != truth.shape:
        raise BadInput(
            f"the prediction is {prediction.shape} and the truth {truth.shape}; bring the prediction to the size "
            "of the truth first"
        )
    if region is not None and (region.shape != truth.shape or region.dtype != np.bool_):
        raise BadInput(f"the region is {region.dtype} {region.shape}; it must be bool {truth.shape} as the truth")
    limits = [truth.dtype.type(math.nan if m is None else m) for m in (above_m, below_m)]
    line = _line(scale, shift, min_m, max_m)
    found = _fused.sum_rows(*_rows(prediction, truth, region), *limits, line)
    if found[0] == found[1]:
        return _sums(found)
    counted = ~(np.isnan(truth) | (truth <= limits[0]) | (truth >= limits[1]))
    counted = counted if region is None else counted & region
    return _measure_slowly(_metres(prediction[counted], *line), truth[counted])


def measure_at(
    prediction_m: ArrayLike,
    places: np.ndarray,
    truth_m: ArrayLike,
    *,
    scale: float = 1.0,
    shift: float = 0.0,
    min_m: float | None = None,
    max_m: float | None = None,
) -> PixelSums:
    """``measure`` for a truth at few pixels, as a laser gives it: the time is that of these pixels only.

    places   integers (N,): where they are in the prediction, counted row by row; of a depth map
             ``np.flatnonzero(~np.isnan(depth_m))``
    truth_m  (N,): the truth there; NaN counts as absent
    The rest as in ``measure``. Raises BadInput also if a place is outside the prediction.
    """
    from fathom.ops import _fused

    prediction, truth, places = _floats(prediction_m), _floats(truth_m), np.asarray(places)
    if places.ndim != 1 or truth.shape != places.shape or (places.size and places.dtype.kind not in "iu"):
        raise BadInput(
            f"the places are {places.dtype} {places.shape} and the truth {truth.shape}; both are one line, the "
            "places integers"
        )
    flat = _read_only(np.ascontiguousarray(prediction).reshape(-1))
    places, truth = (_read_only(np.ascontiguousarray(a)) for a in (places.astype(np.int64, copy=False), truth))
    line = _line(scale, shift, min_m, max_m)
    found = _fused.sum_places(flat, places, truth, line)
    if found[-1]:
        raise BadInput(
            f"{found[-1]:.0f} of the {places.size} places are outside a prediction of {flat.size} pixels"
        )
    if found[0] == found[1]:
        return _sums(found)
    counted = ~np.isnan(truth)
    return _measure_slowly(_metres(flat[places[counted]], *line), truth[counted])


def _floats(values: ArrayLike) -> np.ndarray:
    array = np.asarray(values)
    as_it_is = array.dtype in (np.float32, np.float64) and array.dtype.isnative and array.flags.aligned
    return array if as_it_is else array.astype(np.float64)


def _line(scale: float, shift: float, min_m: float | None, max_m: float | None) -> tuple[float, ...]:
    ends = -math.inf if min_m is None else float(min_m), math.inf if max_m is None else float(max_m)
    return float(scale), float(shift), *ends


def _read_only(array: np.ndarray) -> np.ndarray:
    """The same, so marked: numba compiles for arrays that can be written and for others apart."""
    view = array.view()
    view.flags.writeable = False
    return view


def _rows(prediction: np.ndarray, truth: np.ndarray, region: np.ndarray | None) -> tuple:
    """Of each array a flat view and how far its rows are apart; then rows and columns.

    Part of a larger map is seen through its rows, uncopied.
    """
    given = [a for a in (prediction, truth, region) if a is not None]
    whole = truth.ndim != 2 or all(a.flags.c_contiguous for a in given)
    rows, columns = (1, truth.size) if whole else truth.shape
    views = [part for a in given for part in _flat(a, whole)]
    return *views, *([None, 0] if region is None else []), rows, columns


def _flat(array: np.ndarray, whole: bool) -> tuple[np.ndarray, int]:
    if not whole and array.size and array.strides[1] == array.itemsize and array.strides[0] >= 0:
        rows, columns = array.shape
        step, rest = divmod(array.strides[0], array.itemsize)
        if not rest:
            line = (rows - 1) * step + columns
            return np.lib.stride_tricks.as_strided(array, (line,), (array.itemsize,), writeable=False), step
    return _read_only(np.ascontiguousarray(array).reshape(-1)), array.shape[-1] if array.ndim else 1


def _sums(found: np.ndarray) -> PixelSums:
    from fathom.ops._fused import FIELDS

    by_name = dict(zip(FIELDS, found.tolist(), strict=True))
    by_name["log_spread_pooled"] = by_name["log_spread"]
    by_name["log10"] = by_name.pop("log_absolute") / math.log(10)
    del by_name["usual"], by_name["log_mean"], by_name["outside"]
    for name in ("pixels", "within_1", "within_2", "within_3", "within_tau"):
        by_name[name] = int(by_name[name])
    return PixelSums(**by_name)


def _metres(values: np.ndarray, scale: float, shift: float, low: float, high: float) -> np.ndarray:
    return np.clip(values.astype(np.float64) * scale + shift, low, high)


@np.errstate(over="ignore", under="ignore")
def _measure_slowly(p: np.ndarray, g: np.ndarray) -> PixelSums:
    """For what the fast way will not judge: it refuses what is no length, and takes lengths of any size."""
    g = g.astype(np.float64)
    _must_be_lengths(g, "truth", "absent depth is NaN in fathom, never 0")
    _must_be_lengths(p, "prediction", "a depth is positive and finite; a protocol that clamps would mend it")
    error, d = p - g, np.log(p) - np.log(g)
    spread = float(np.sum((d - d.mean()) ** 2))
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
        log_spread=spread,
        log_spread_pooled=spread,
        log10=float(np.sum(np.abs(d))) / math.log(10),
        within_tau=int(np.count_nonzero(ratio < 1.03)),
        absolute=float(np.sum(np.abs(error))),
        rel_square=float(np.sum((error / g) ** 2)),
        inverse=float(np.sum(np.abs(1 / p - 1 / g))),
        inverse_square=float(np.sum((1 / p - 1 / g) ** 2)),
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
    of: Callable[[PixelSums], float | None]

    def value(self, sums: PixelSums) -> float | None:
        """The figure; None where there is no pixel to say anything about."""
        return self.of(sums) if sums.pixels else None

    def __call__(self, prediction_m: ArrayLike, truth_m: ArrayLike) -> float | None:
        """The figure for one depth map in metres; see ``measure`` for what is accepted."""
        return self.value(measure(prediction_m, truth_m))


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
    lambda s: 100 * math.sqrt(s.log_spread_pooled / s.pixels),
)

METRICS: dict[str, Metric] = {
    m.name: m for m in (delta1, delta2, delta3, abs_rel, sqr_rel, rmse, rmse_log, rmse_log_si, log10, silog)
}
"""Every metric by name, in the order of the paper's tables, later ones after them."""

mae = Metric("mae", "MAE", "m", "lower", "DIODE devkit [C]", lambda s: s.absolute / s.pixels)
tau = Metric("tau", "τ<1.03", "", "higher", "UniDepth [C]", lambda s: s.within_tau / s.pixels)
irmse = Metric(
    "irmse",
    "iRMSE",
    "1/km",
    "lower",
    "KITTI depth benchmark",
    lambda s: 1000 * math.sqrt(s.inverse_square / s.pixels),
)
imae = Metric("imae", "iMAE", "1/km", "lower", "KITTI depth benchmark", lambda s: 1000 * s.inverse / s.pixels)
sqr_rel_by_square = Metric(
    "sqr_rel_by_square",
    "sqr rel /g²",
    "",
    "lower",
    "LeReS and the KITTI benchmark: the mean of (p - g)²/g², not of (p - g)²/g [C]",
    lambda s: s.rel_square / s.pixels,
)
silog_half = Metric(
    "silog_half",
    "SILog ½",
    "",
    "lower",
    "Depth Anything V2, metric_depth/util/metric.py: sqrt(mean d² - mean(d)²/2), not times 100 [C]",
    lambda s: math.sqrt(s.log_square / s.pixels - 0.5 * (s.log / s.pixels) ** 2),
)
silog_unbiased = Metric(
    "silog_unbiased",
    "SILog n-1",
    "x100",
    "lower",
    "UniDepth: 100 torch.std(d), which divides by pixels - 1; for one image [C]",
    lambda s: 100 * math.sqrt(s.log_spread / (s.pixels - 1)) if s.pixels > 1 else None,
)

EXTRA_METRICS: dict[str, Metric] = {
    m.name: m for m in (mae, tau, irmse, imae, sqr_rel_by_square, silog_half, silog_unbiased)
}
"""Figures that other protocols print, by name; not part of the tables, from the same sums."""
