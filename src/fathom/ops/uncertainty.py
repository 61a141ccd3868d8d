"""Whether a model knows where it is wrong: sparsification (AUSE, AURG) and the calibration of its spread.

Sparsification takes away the pixels that the model is least sure of, a fiftieth at a time, and looks at the error
of those that are left. A good uncertainty lowers it as fast as the oracle, which takes the worst pixels first:

    AUSE   area between the two curves: 0 is perfect, lower is better
    AURG   area between the error of all pixels and the model's curve: above 0 is better than taking them at random

It judges the order of the pixels only. ``coverage`` judges the size: of the true depths, how many lie within what
a normal or Laplace distribution of the model's spread promises.
"""

from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from fathom.errors import BadInput

INTERVALS = 50
LEVELS = tuple(k / 20 for k in range(1, 20))


@dataclass(frozen=True)
class Sparsification:
    """The curves of one metric for one image.

    removed  (intervals + 1,): share of the pixels taken away, 0 to 1
    model    error of the rest, the least sure taken first; 0 at the end, where nothing is left
    oracle   error of the rest, the worst taken first
    error    of all pixels
    """

    removed: np.ndarray
    model: np.ndarray
    oracle: np.ndarray
    error: float

    @property
    def ause(self) -> float:
        """Area between the model's curve and the oracle's.

        It can fall a little below 0 where many errors are equal: the oracle keeps them together.
        """
        return _area(self.model) - _area(self.oracle)

    @property
    def aurg(self) -> float:
        """Area between the error of all pixels and the model's curve.

        At random it is not quite 0 but error / (2 intervals), for the curve ends at 0 as in the authors' code.
        """
        return self.error - _area(self.model)


def sparsify(
    prediction_m: ArrayLike, truth_m: ArrayLike, uncertainty: ArrayLike, intervals: int = INTERVALS
) -> dict[str, Sparsification]:
    """The curves of "abs_rel", "rmse" and "delta1" of one image, as Poggi et al. 2020 draw them.

    prediction_m, truth_m: same shape, metres; truth NaN where absent, the prediction clamped as its protocol says.
    uncertainty: same shape, any measure that grows with the expected error, as in a std or a variance.

    As in the authors' code (mono-uncertainty, evaluate.py) [C]: "delta1" is the share of pixels with
    max(p/g, g/p) >= 1.25, an error; thresholds are percentiles of the uncertainty, interpolated, and pixels as
    uncertain as the threshold stay, so that a constant uncertainty takes nothing away; the oracle sorts by the
    error of each metric; areas are not divided by the error of all pixels, as others do. Their table is the mean
    over images of AUSE and AURG.

    Returns {} for an image without truth. Raises BadInput if shapes differ, or if where there is truth a depth is
    not a positive length or the uncertainty not finite.
    """
    p, g, spread = _with_truth(prediction_m, truth_m, uncertainty)
    if intervals < 1:
        raise BadInput(f"{intervals} intervals; take at least 1, and 50 to compare with others")
    if not g.size:
        return {}
    ratio = np.maximum(p / g, g / p)
    errors = {"abs_rel": np.abs(p - g) / g, "rmse": (p - g) ** 2, "delta1": ratio}
    least_sure_last = np.argsort(spread, kind="stable")
    kept = _kept(spread[least_sure_last], intervals)
    found = {}
    for metric, error in errors.items():
        order = np.argsort(error, kind="stable")
        counted = error >= 1.25 if metric == "delta1" else error
        model = _means_of_first(counted[least_sure_last], kept)
        oracle = _means_of_first(counted[order], _kept(error[order], intervals))
        if metric == "rmse":
            model, oracle = np.sqrt(model), np.sqrt(oracle)
        found[metric] = Sparsification(
            np.linspace(0, 1, intervals + 1), np.append(model, 0), np.append(oracle, 0), float(model[0])
        )
    return found


@dataclass(frozen=True)
class Coverage:
    """How many true depths lie within central intervals; of one image or, added with +, of many.

    levels   shares that the distribution promises, as 0.9
    within   how many pixels are within each interval
    pixels   of how many
    """

    levels: tuple[float, ...]
    within: tuple[int, ...]
    pixels: int

    def __add__(self, other: "Coverage") -> "Coverage":
        if self.levels != other.levels:
            raise BadInput("coverage of different levels does not add up; take the same levels for all images")
        within = tuple(a + b for a, b in zip(self.within, other.within, strict=True))
        return Coverage(self.levels, within, self.pixels + other.pixels)

    @property
    def observed(self) -> tuple[float, ...] | None:
        """The shares found; below ``levels`` the model is too sure, above not sure enough. None without pixels."""
        return tuple(n / self.pixels for n in self.within) if self.pixels else None

    @property
    def error(self) -> float | None:
        """Mean |observed - promised| of the levels: 0 is calibrated, 0.5 as wrong as can be; None without any."""
        if self.observed is None:
            return None
        return float(np.mean([abs(o - level) for o, level in zip(self.observed, self.levels, strict=True)]))


def coverage(
    prediction_m: ArrayLike,
    truth_m: ArrayLike,
    std_m: ArrayLike,
    distribution: Literal["normal", "laplace"] = "normal",
    levels: tuple[float, ...] = LEVELS,
) -> Coverage:
    """How many true depths lie within the central intervals of the given distribution about the prediction.

    prediction_m, truth_m: as in ``sparsify``; std_m: same shape, the standard deviation in metres, 0 allowed.
    A Laplace distribution of scale b has the standard deviation b sqrt(2).
    levels: shares between 0 and 1, both excluded.
    Raises BadInput as ``sparsify``, and if a standard deviation is negative or a level is none.
    """
    p, g, spread = _with_truth(prediction_m, truth_m, std_m)
    if spread.size and spread.min() < 0:
        raise BadInput("a standard deviation is negative; give std_m in metres, not its logarithm")
    if not all(0 < level < 1 for level in levels):
        raise BadInput(f"levels lie between 0 and 1, as 0.9 for 90 %, not {levels}")
    within = [int(np.count_nonzero(np.abs(p - g) <= _reach(level, distribution) * spread)) for level in levels]
    return Coverage(tuple(levels), tuple(within), g.size)


def _reach(level: float, distribution: str) -> float:
    """How many standard deviations the central interval of this share goes to each side."""
    if distribution == "normal":
        return NormalDist().inv_cdf((1 + level) / 2)
    if distribution == "laplace":
        return -float(np.log1p(-level)) / 2**0.5
    raise BadInput(f"no distribution '{distribution}'; there is normal and laplace")


def _with_truth(*maps: ArrayLike) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Prediction, truth and uncertainty where there is truth, float64 lines."""
    prediction, truth, spread = (np.asarray(m) for m in maps)
    if not prediction.shape == truth.shape == spread.shape:
        raise BadInput(
            f"the prediction is {prediction.shape}, the truth {truth.shape} and the uncertainty {spread.shape}; "
            "bring all to the size of the truth first"
        )
    there = ~np.isnan(truth)
    p, g, s = (m[there].astype(np.float64) for m in (prediction, truth, spread))
    for values, what in ((g, "truth"), (p, "prediction")):
        bad = int(np.count_nonzero(~((values > 0) & (values < np.inf))))
        if bad:
            raise BadInput(f"the {what} is no positive length at {bad} of {g.size} pixels with truth")
    bad = s.size - int(np.count_nonzero(np.isfinite(s)))
    if bad:
        raise BadInput(f"the uncertainty is not finite at {bad} of {g.size} pixels with truth")
    return p, g, s


def _kept(ascending: np.ndarray, intervals: int) -> np.ndarray:
    """How many of the lowest values are left when 0, 1, ... intervals - 1 parts of the highest are taken away."""
    thresholds = np.percentile(ascending, 100 - np.arange(intervals) * (100 / intervals))
    return np.searchsorted(ascending, thresholds, side="right")


def _means_of_first(values: np.ndarray, counts: np.ndarray) -> np.ndarray:
    return np.cumsum(values, dtype=np.float64)[counts - 1] / counts


def _area(curve: np.ndarray) -> float:
    """By trapezoids, of width 1 in all."""
    return float(np.sum(curve[1:] + curve[:-1])) / 2 / (curve.size - 1)
