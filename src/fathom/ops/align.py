"""Bringing a prediction to the truth's scale before it is scored, which tells less of a model than no alignment.

An alignment is part of a protocol. It is fitted to the pixels that are scored, of one image or of all frames of a
video together, and takes the prediction to metres by a scale and a shift in its domain:

    depth      metres     = scale * prediction + shift
    disparity  1 / metres = scale * 1/prediction + shift
    log depth  ln metres  = scale * ln prediction + shift

>>> import numpy as np
>>> from fathom.ops.align import ALIGNMENTS
>>> line = ALIGNMENTS["least squares scale and shift"]
>>> line.apply(np.array([1.0, 2.0, 3.0]), np.array([3.0, 5.0, 7.0])).tolist()
[3.0, 5.0, 7.0]

Once for a video: ``gathering = line.gather()``, then ``gathering.add(prediction, truth_m)`` for every frame, then
``gathering.fit().metres(prediction)``.

Everything is float64; many programs fit in float32, which moves scores in the fifth digit.
"""

import math

import numpy as np

from fathom.errors import BadInput
from fathom.ops._alignment import Alignment, Domain, Fitted, Gathered, Gathering, Line, common_pixels
from fathom.ops._least_absolute import line_of_least_error, scale_of_least_error
from fathom.records import Quantity

__all__ = ["ALIGNMENTS", "Alignment", "Domain", "Fitted", "Gathering", "ratio_of_medians"]


def ratio_of_medians(prediction: np.ndarray, truth_m: np.ndarray) -> float:
    """median(truth) / median(prediction) over the pixels that have both, float64; nan if there are none.

    Not the median of the ratios, which is another number.
    Raises BadInput if the median of the prediction is not positive.
    """
    x, y = common_pixels(prediction, truth_m)
    return _to_the_median(Gathered(x, y)).scale if x.size else math.nan


def _unchanged(_: Gathered) -> Line:
    return Line(1.0)


def _by_the_stereo_baseline(_: Gathered) -> Line:
    return Line(5.4)


def _to_the_median(of: Gathered) -> Line:
    return Line(_ratio(_median(of.x), _median(of.y), "median"))


def _to_the_median_ratio(of: Gathered) -> Line:
    with np.errstate(divide="ignore"):
        ratio = _median(np.divide(of.y, of.x, dtype=np.float64))
    if not 0 < ratio < math.inf:
        raise BadInput(f"the median of truth / prediction is {ratio:g}; that is no scale")
    return Line(ratio)


def _to_the_mean(of: Gathered) -> Line:
    return Line(_ratio(of.moments.x, of.moments.y, "mean"))


def _least_squares_scale(of: Gathered) -> Line:
    n, x, y, xx, xy = of.moments
    square = xx + n * x * x
    if not square:
        raise BadInput("the prediction is zero everywhere; no scale can bring it to the truth")
    return _judged(Line((xy + n * x * y) / square))


def _least_squares_line(of: Gathered) -> Line:
    _, x, y, xx, xy = of.moments
    if not xx:
        return Line(0.0, y, _FLAT)
    return _judged(Line(xy / xx, y - xy / xx * x))


def _least_squares_line_or_medians(of: Gathered) -> Line:
    line = _least_squares_line(of)
    return line if line.scale >= 0 else _to_the_median(of)._replace(note=f"{_AGAINST}; ratio of medians instead")


def _least_squares_line_or_means(of: Gathered) -> Line:
    line = _least_squares_line(of)
    return line if line.scale > 0 else _to_the_mean(of)._replace(note=f"{_NOT_UP}; ratio of means instead")


def _mean_difference(of: Gathered) -> Line:
    return Line(1.0, of.moments.y - of.moments.x)


def _least_absolute_scale(of: Gathered) -> Line:
    if not of.x.any():
        raise BadInput("the prediction is zero everywhere; no scale can bring it to the truth")
    x, y = of.x.astype(np.float64), of.y.astype(np.float64)
    return _judged(Line(scale_of_least_error(x, y, 1 / y)))


def _least_absolute_line(of: Gathered) -> Line:
    x, y = of.x.astype(np.float64), of.y.astype(np.float64)
    scale, shift = line_of_least_error(x, y, 1 / y)
    flat = bool(np.all(x == x[0]))
    return Line(scale, shift, _FLAT) if flat else _judged(Line(scale, shift))


_FLAT = "the prediction is the same at every pixel: the best constant takes its place"
_AGAINST = "the fitted scale is negative: the prediction runs against the truth"
_NOT_UP = "the fitted scale is not positive: the prediction does not rise with the truth"


def _judged(line: Line) -> Line:
    return line if line.scale >= 0 else line._replace(note=_AGAINST)


def _ratio(prediction: float, truth: float, what: str) -> float:
    if not 0 < prediction < math.inf:
        raise BadInput(f"the {what} of the prediction is {prediction:g}; no scale can bring it to the truth's")
    return truth / prediction


def _median(values: np.ndarray) -> float:
    """As np.median of the values in float64, in a third of the time."""
    upper = values.size // 2
    parted = np.partition(values, upper)
    if values.size % 2:
        return float(parted[upper])
    return (float(np.max(parted[:upper])) + float(parted[upper])) / 2


_METRES = (Quantity.METRES,)
_DEPTH = (Quantity.METRES, Quantity.RELATIVE_DEPTH)
_DISPARITY = (Quantity.RELATIVE_INVERSE_DEPTH, Quantity.INVERSE_METRES, *_DEPTH)
_LOG = (Quantity.LOG_METRES, *_DEPTH)

_LINE_IN_DISPARITY = "least squares scale and shift in disparity"

ALIGNMENTS: dict[str, Alignment] = {
    a.name: a
    for a in (
        Alignment("none", "depth", _METRES, 0, "nothing", "metric evaluation", _unchanged),
        Alignment(
            "times 5.4",
            "depth",
            _DEPTH,
            0,
            "nothing",
            "monodepth2, models trained on stereo [C]",
            _by_the_stereo_baseline,
        ),
        Alignment(
            "ratio of medians",
            "depth",
            _DEPTH,
            1,
            "pixels",
            "Zhou et al. 2017; monodepth2",
            _to_the_median,
            infinite=True,
        ),
        Alignment(
            "median of ratios",
            "depth",
            _DEPTH,
            1,
            "pixels",
            "CUT3R and plumbline [C]",
            _to_the_median_ratio,
            infinite=True,
        ),
        Alignment("ratio of means", "depth", _DEPTH, 1, "sums", "LeReS, as its second choice [C]", _to_the_mean),
        Alignment(
            "least squares scale", "depth", _DEPTH, 1, "sums", "argmin sum (a p - g)^2 [A]", _least_squares_scale
        ),
        Alignment(
            "least squares scale and shift",
            "depth",
            _DEPTH,
            2,
            "sums",
            "Marigold, np.linalg.lstsq [C]",
            _least_squares_line,
        ),
        Alignment(
            "least squares scale and shift, else ratio of medians",
            "depth",
            _DEPTH,
            2,
            "both",
            "Metric3D, np.polyfit, medians where the scale is negative [C]",
            _least_squares_line_or_medians,
        ),
        Alignment(
            "least squares scale and shift, else ratio of means",
            "depth",
            _DEPTH,
            2,
            "sums",
            "LeReS, np.polyfit, means where the scale is not positive [C]",
            _least_squares_line_or_means,
        ),
        Alignment(
            "least squares scale in disparity",
            "disparity",
            _DISPARITY,
            1,
            "sums",
            "argmin sum (a / p - 1 / g)^2 [A]",
            _least_squares_scale,
        ),
        Alignment(
            _LINE_IN_DISPARITY,
            "disparity",
            _DISPARITY,
            2,
            "sums",
            "Ranftl et al. 2020 (MiDaS) [C]",
            _least_squares_line,
        ),
        Alignment(
            f"{_LINE_IN_DISPARITY}, at most 1000 m",
            "disparity",
            _DISPARITY,
            2,
            "sums",
            "Marigold: fitted where the prediction is above 0, then disparity at least 1e-3 [C]",
            _least_squares_line,
            limit=1000.0,
            positive=True,
        ),
        Alignment(
            f"{_LINE_IN_DISPARITY}, at most the farthest truth",
            "disparity",
            _DISPARITY,
            2,
            "sums",
            "MoGe, disparity-invariant: then disparity at least the truth's least [C]",
            _least_squares_line,
            limit="truth",
        ),
        Alignment(
            "least squares scale in log depth",
            "log depth",
            _LOG,
            1,
            "sums",
            "Eigen et al. 2014, Eqn 1: alpha, the mean of ln g - ln p [P]",
            _mean_difference,
        ),
        Alignment(
            "least squares scale and shift in log depth",
            "log depth",
            _LOG,
            2,
            "sums",
            "argmin sum (a ln p + b - ln g)^2, a power of the depth [A]",
            _least_squares_line,
        ),
        Alignment(
            "weighted L1 scale",
            "depth",
            _DEPTH,
            1,
            "pixels",
            "MoGe, scale-invariant: argmin sum |a p - g| / g [C]",
            _least_absolute_scale,
        ),
        Alignment(
            "weighted L1 scale and shift",
            "depth",
            _DEPTH,
            2,
            "pixels",
            "MoGe, affine-invariant: argmin sum |a p + b - g| / g [C]",
            _least_absolute_line,
        ),
    )
}
"""Every alignment by the name that a protocol gives it.

Where they differ from the programs they come from:

* Those that fit a scale and a shift answer a prediction that is the same everywhere, and a single pixel, with the
  best constant. MiDaS leaves scale and shift at 0 there (its determinant is not above 0), and so puts every pixel
  at the limit; np.linalg.lstsq gives the same constant as here.
* Metric3D aligns nothing where an image has 10 pixels or fewer with truth; here it is fitted. [C]
* MoGe's two weighted L1 fits look at the nearest valid pixels of a 64x64 grid only, Marigold's at a map of at most
  1024 pixels a side. Which pixels are fitted to is the caller's choice: ``fit`` those, then ``metres`` of all.
"""
