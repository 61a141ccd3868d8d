"""Where errors lie: by the depth of the truth and by the place in the picture, over any number of images.

Both keep counts of one size, however many images are added.
"""

import math
from typing import NamedTuple

import numpy as np

NEAREST_M = 0.125
PER_OCTAVE = 4  # depth bins that double the depth
OCTAVES = 12  # up to 512 m
_STEP = 0.0025  # of ln(prediction / truth): quartiles are good to about 0.001
_WIDEST = 3.0  # a prediction off by more than 20 times counts as 20 times
_RATIOS = round(2 * _WIDEST / _STEP)


class DepthBin(NamedTuple):
    """Pixels whose truth lies in near_m..far_m: how many, and quartiles of (prediction - truth) / truth."""

    near_m: float
    far_m: float
    pixels: int
    lower: float
    median: float
    upper: float


class ErrorByDepth:
    """Median and quartiles of the signed relative error, in bins of a quarter octave of true depth."""

    def __init__(self) -> None:
        self._counts = np.zeros((PER_OCTAVE * OCTAVES, _RATIOS), np.int64)

    def add(self, prediction_m: np.ndarray, truth_m: np.ndarray) -> None:
        """Adds pixels, both positive metres of one shape. Truths beyond the bins go to the last of them."""
        shape = self._counts.shape
        octaves = np.log2(truth_m / np.float32(NEAREST_M))
        rows = np.clip(np.floor(octaves * PER_OCTAVE), 0, shape[0] - 1).astype(np.int64)
        logs = np.log(prediction_m / truth_m)
        columns = np.clip(np.floor((logs + _WIDEST) / _STEP), 0, shape[1] - 1).astype(np.int64)
        self._counts += np.bincount((rows * shape[1] + columns).ravel(), minlength=self._counts.size).reshape(shape)

    def bins(self, least_share: float = 0.0) -> list[DepthBin]:
        """The bins with more than this share of all pixels, near to far."""
        total = int(self._counts.sum())
        found = []
        for number, row in enumerate(self._counts):
            pixels = int(row.sum())
            if pixels and pixels >= least_share * total:
                near_m, far_m = (NEAREST_M * 2 ** ((number + end) / PER_OCTAVE) for end in (0, 1))
                found.append(DepthBin(near_m, far_m, pixels, *(_quantile(row, q) for q in (0.25, 0.5, 0.75))))
        return found


class ErrorByPlace:
    """Mean of an error on a grid laid over all images, each stretched to it whatever its size."""

    def __init__(self, height: int, width: int) -> None:
        self._sums, self._counts = np.zeros(height * width), np.zeros(height * width, np.int64)
        self._shape = height, width

    def add(self, error: np.ndarray, region: np.ndarray) -> None:
        """Adds an image's error (H, W) at the pixels of region, bool (H, W)."""
        rows, columns = (np.arange(own) * cells // own for own, cells in zip(error.shape, self._shape, strict=True))
        cells = (rows[:, None] * self._shape[1] + columns)[region]
        self._sums += np.bincount(cells, error[region], self._sums.size)
        self._counts += np.bincount(cells, minlength=self._counts.size)

    def mean(self) -> np.ndarray:
        """The mean error of every cell, float64 (height, width), NaN where no pixel fell."""
        counts = np.where(self._counts > 0, self._counts, np.nan)
        return (self._sums / counts).reshape(self._shape)


def _quantile(counts: np.ndarray, share: float) -> float:
    """The quantile of prediction / truth - 1 from a histogram of its logarithm, even within a bin."""
    sums = np.cumsum(counts)
    wanted = share * sums[-1]
    at = int(np.searchsorted(sums, wanted))
    before = sums[at - 1] if at else 0
    return math.expm1((at + (wanted - before) / counts[at]) * _STEP - _WIDEST)
