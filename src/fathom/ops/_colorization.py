"""The linear system of Levin's colorization, as the NYU toolbox sets it up for depth, and two ways to solve it.

Pixels are numbered row by row in a picture with a rim of one pixel around it, so that every pixel has eight
neighbours at fixed steps; those in the rim have weight zero.
"""

import math

import numpy as np
from numba import njit

from fathom.errors import MissingData
from fathom.ops._dissection import solve_active

compiled = njit(cache=True, nogil=True, error_model="numpy")

SPREAD_PER_VARIANCE = 0.6
LEAST_LIKENESS = 0.01  # the most alike neighbour gets at least this weight, before the weights are made to sum to 1
LEAST_SPREAD = 2e-6  # of grey in 0..1, squared
CUT_OFF = 1e-4  # the share of the range of depth by which the cut around the holes may falsify them at most
SETTLED = 1e-6  # the share of the range of depth by which known pixels may be off beyond that
NEIGHBOURS = ((-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1))


def steps(width: int) -> np.ndarray:
    """How far away each of the eight neighbours is, in pixel numbers, for a picture of this width."""
    return np.array([down * (width + 2) + right for down, right in NEIGHBOURS])


def rimmed(picture: np.ndarray) -> np.ndarray:
    """A picture (H, W) with a rim of zeros, flat ((H + 2) * (W + 2),)."""
    return np.pad(picture, 1).ravel()


@compiled
def neighbour_weights(grey: np.ndarray) -> np.ndarray:
    """How much each pixel is to be like each of its neighbours: grey (H, W) in 0..1 → ((H + 2) * (W + 2), 8).

    Weights of a pixel sum to 1. However odd the picture, none lies below 1e-14: the difference to a neighbour,
    squared, is at most 18 times the variance of their window, so that no part of a picture is ever cut off.
    """
    height, width = grey.shape
    weights = np.zeros(((height + 2) * (width + 2), 8))
    for i in range(height):
        for j in range(width):
            row = weights[(i + 1) * (width + 2) + j + 1]
            centre = grey[i, j]
            spread = _spread(grey, i, j)
            total, k = 0.0, 0
            for y in range(i - 1, i + 2):
                for x in range(j - 1, j + 2):
                    if y == i and x == j:
                        continue
                    if 0 <= y < height and 0 <= x < width:
                        row[k] = math.exp(-((grey[y, x] - centre) ** 2) / spread)
                        total += row[k]
                    k += 1
            if total > 0:  # a picture of one pixel has no neighbours
                row /= total
    return weights


@compiled
def _spread(grey, i, j):
    """The variance that counts as alike around (i, j); the window is clipped at the picture's border."""
    height, width = grey.shape
    top, bottom, left, right = max(0, i - 1), min(height, i + 2), max(0, j - 1), min(width, j + 2)
    count, mean, nearest = (bottom - top) * (right - left), 0.0, np.inf
    for y in range(top, bottom):
        for x in range(left, right):
            mean += grey[y, x] / count
            if y != i or x != j:
                nearest = min(nearest, (grey[y, x] - grey[i, j]) ** 2)
    variance = 0.0
    for y in range(top, bottom):
        for x in range(left, right):
            variance += (grey[y, x] - mean) ** 2 / count
    if nearest == np.inf:
        nearest = 0.0
    return max(SPREAD_PER_VARIANCE * variance, -nearest / math.log(LEAST_LIKENESS), LEAST_SPREAD)


def solve_exactly(weights: np.ndarray, value: np.ndarray, known: np.ndarray, alpha: float) -> np.ndarray:
    """The whole system by sparse LU (SuperLU): value and known (H, W) → (H, W), float64.

    Needs scipy, else MissingData. Seconds and about 0.5 GB for a picture of 640x480.
    """
    try:
        from scipy import sparse
        from scipy.sparse.linalg import splu
    except ImportError as error:
        raise MissingData(
            "solver 'exact' needs scipy: pip install 'fathom-depth[data]', or use the solver 'fast'"
        ) from error
    height, width = value.shape
    number = np.full((height + 2, width + 2), -1)
    number[1:-1, 1:-1] = np.arange(height * width).reshape(height, width)
    inside = np.flatnonzero(number.ravel() >= 0)
    columns = number.ravel()[inside[:, None] + steps(width)]
    rows = np.broadcast_to(np.arange(height * width)[:, None], columns.shape)
    there = columns >= 0
    matrix = sparse.diags(1 + alpha * known.ravel().astype(np.float64)) - sparse.coo_matrix(
        (weights[inside][there], (rows[there], columns[there])), (height * width,) * 2
    )
    # Diagonally dominant: no pivoting is needed, and a symmetric ordering fills in least.
    lu = splu(
        matrix.tocsc(),
        permc_spec="MMD_AT_PLUS_A",
        diag_pivot_thresh=0.0,
        options={"SymmetricMode": True},
    )
    return lu.solve(np.where(known, alpha * value, 0.0).ravel()).reshape(height, width)


def solve_fast(
    weights: np.ndarray, value: np.ndarray, known: np.ndarray, alpha: float, smooth_known: bool
) -> np.ndarray:
    """As solve_exactly, but directly only in the holes and a margin around them; no scipy.

    At a known pixel the diagonal is 1 + alpha and the weights sum to 1: errors of its neighbours reach it shrunk
    by q = 1/(1 + alpha). So where known depth is settled first with a guess in the holes, the margin's outer edge
    is off by less than range q^(margin + 1), and as much again for stopping the sweeps there; the holes feel that
    shrunk by q^margin. They are right to CUT_OFF of the range of depth at worst, in practice far better. For the
    same reason plain sweeps settle the known pixels. With ``smooth_known`` false the values at known pixels are of
    no use.
    """
    height, width = value.shape
    low, high = value[known].min(), value[known].max()
    if low == high:
        return np.full(value.shape, low)
    margin = max(0, math.ceil((math.log(2 / CUT_OFF) / math.log1p(alpha) - 1) / 2))
    active = rimmed(widened(~known, min(margin, max(height, width))))
    is_known, depth, around = rimmed(known), rimmed(value), steps(width)
    x, held = np.where(is_known, depth, (low + high) / 2), alpha * depth
    cut = (is_known & ~active).any()  # else the direct solution is that of the whole picture
    close = alpha * (high - low)  # a sweep that moves nothing by more than this leaves an error below the range
    least = 1e-14 * max(abs(low), abs(high))  # what rounding alone may move
    if cut:
        stop = max(close * (1 + alpha) ** -(margin + 1.0), least)
        settle(weights, around, held, is_known, x, alpha, width, stop)
    solve_active(weights, 1 + alpha * is_known, held, active, x, (height, width), around)
    if cut and smooth_known:
        settle(weights, around, held, is_known, x, alpha, width, max(close * SETTLED, least))
    return x.reshape(height + 2, width + 2)[1:-1, 1:-1]


def widened(mask: np.ndarray, by: int) -> np.ndarray:
    """A mask (H, W) and all that lies ``by`` pixels or less beside it, across, down or diagonally."""
    for _ in range(2):
        count = np.cumsum(np.pad(mask, ((0, 0), (by + 1, by))), axis=1, dtype=np.int64)
        mask = (count[:, 2 * by + 1 :] > count[:, : -2 * by - 1]).T
    return mask


@compiled
def settle(weights, steps, held, known, x, alpha, width, close):
    """Sweeps over the known pixels until none moves by more than ``close``.

    ``held`` is alpha times known depth.
    """
    height = len(known) // (width + 2) - 2
    backwards, moved = False, np.inf
    while moved > close:
        moved = 0.0
        for a in range(1, height + 1):
            row = (height + 1 - a if backwards else a) * (width + 2)
            for b in range(1, width + 1):
                p = row + (width + 1 - b if backwards else b)
                if not known[p]:
                    continue
                total = held[p]
                for k in range(8):
                    total += weights[p, k] * x[p + steps[k]]
                total /= 1 + alpha
                moved = max(moved, abs(total - x[p]))
                x[p] = total
        backwards = not backwards
