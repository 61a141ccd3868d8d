"""Fits that make a weighted sum of absolute errors least: they bend less to a few far pixels than least squares."""

from typing import NamedTuple

import numpy as np

_ROUNDING = 8 * np.finfo(np.float64).eps
_BINS = 4096
_STEPS = 200  # some 10 to 25 are needed


def weighted_median(values: np.ndarray, weights: np.ndarray) -> float:
    """The v that makes sum weights |v - values| least; the lowest of ``values`` that does, where several do.

    values, weights: float64 (N,), N > 0, weights not negative and not all zero.
    """
    half, below = float(np.sum(weights)) / 2, 0.0
    while values.size > 2 * _BINS:  # sorting all would be slow: find the bin that it is in, and look only there
        low, high = float(values.min()), float(values.max())
        if not 0 < high - low < np.inf:
            break
        bins = np.minimum(((values - low) * (_BINS / (high - low))).astype(np.int32), _BINS - 1)
        reached = below + np.cumsum(np.bincount(bins, weights, _BINS))
        place = min(int(np.searchsorted(reached, half)), int(bins.max()))
        below = float(reached[place - 1]) if place else below
        inside = bins == place
        values, weights = values[inside], weights[inside]
    order = np.argsort(values, kind="stable")
    reached = below + np.cumsum(weights[order])
    return float(values[order[min(int(np.searchsorted(reached, half)), values.size - 1)]])


def scale_of_least_error(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> float:
    """The scale that makes sum weights |scale x - y| least: a weighted median of the ratios y/x.

    x, y, weights: float64 (N,), not all x zero. A pixel with x = 0 costs the same at any scale and is left out.
    """
    some = x != 0
    return weighted_median(y[some] / x[some], (weights * np.abs(x))[some])


def line_of_least_error(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    """The (scale, shift) that make sum weights |scale x + shift - y| least.

    x, y, weights: float64 (N,), N > 0, weights positive. Where all x are equal the scale is 0 and the shift the
    weighted median of y. Where several lines are equally good it is one of them.

    With the best shift for every scale (a weighted median), the cost is a convex function of the scale alone, made
    of straight pieces. Its slope on both sides is known exactly (``_Cost``), so the lowest corner is found by
    closing in on the place where the slope changes its sign, and is known when it is reached: there the slope is
    not positive on the left and not negative on the right. O(N log N) a step; MoGe tries every pixel as a point of
    the line instead, O(N^2 log N) [C], with the same least cost.
    """
    centre = float(np.median(x))
    spread = float(np.max(np.abs(x - centre)))
    if not spread:
        return 0.0, weighted_median(y, weights)
    u = (x - centre) / spread
    start = 0.0
    if u.size > 4 * _BINS:  # few pixels first, evenly from all, to begin near
        few = slice(None, None, u.size // _BINS)
        start = _lowest(u[few], y[few], weights[few], 0.0, 1.0).scale
    best = _lowest(u, y, weights, start, 1 / 16 if start else 1.0)
    return best.scale / spread, best.shift - best.scale * centre / spread


class _Cost(NamedTuple):
    """The cost at one scale, with its best shift, and how it goes on to the left and to the right of it.

    left, right          the slope of the cost there
    left_hold, right_hold  the pixel that the best line keeps going through there
    """

    scale: float
    shift: float
    cost: float
    left: float
    right: float
    left_hold: int
    right_hold: int


def _cost(scale: float, u: np.ndarray, y: np.ndarray, weights: np.ndarray) -> _Cost:
    rest = y - scale * u
    shift = weighted_median(rest, weights)
    error = np.subtract(shift, rest, out=rest)
    size = np.abs(error)
    met = np.flatnonzero(size <= _ROUNDING * (abs(scale) + abs(shift) + float(y.max())))
    sign = np.sign(error, out=error)
    sign[met] = 0
    # Pixels on the line may take any sign between -1 and 1 as long as the weighted signs of all pixels sum to 0,
    # for the shift is the best one. The extreme slopes give -1 and 1 to the ends of those pixels, sorted by u; the
    # one in between, which takes what is left, is held.
    met = met[np.argsort(u[met])]
    budget = float(np.sum(weights[met]) - weights @ sign)
    fixed = float((weights * u) @ sign - weights[met] @ u[met])
    left, left_hold = _shared(budget, weights, u, met)
    right, right_hold = _shared(budget, weights, u, met[::-1])
    return _Cost(scale, shift, float(weights @ size), fixed + left, fixed + right, left_hold, right_hold)


def _shared(budget: float, weights: np.ndarray, u: np.ndarray, met: np.ndarray) -> tuple[float, int]:
    """sum of share * u, the budget shared out to the pixels in the order given, each taking at most twice its
    weight; and the last that takes some."""
    free = 2 * weights[met]
    reached = np.cumsum(free)
    last = min(int(np.searchsorted(reached, budget)), met.size - 1)
    share = np.clip(budget - (reached - free), 0, free)
    return float(share @ u[met]), int(met[last])


def _lowest(u: np.ndarray, y: np.ndarray, weights: np.ndarray, start: float, part: float) -> _Cost:
    """Searched from the scale ``start``, first as far away as this part of the mean error there."""
    low = high = None
    now = _cost(start, u, y, weights)
    reach = max(part * now.cost / float(np.sum(weights)), np.finfo(np.float64).tiny)
    for step in range(_STEPS):
        if now.left <= 0 <= now.right:
            return now
        if now.left > 0:
            high = now
        else:
            low = now
        if low is None or high is None:
            reach *= 2
            scale = now.scale + (reach if high is None else -reach)
        else:
            middle = low.scale + (high.scale - low.scale) / 2
            if not low.scale < middle < high.scale:  # nothing is left between them
                break
            scale = _corner(low, high, u, y, weights) if step % 2 else _even(low, high, step)
            scale = scale if low.scale < scale < high.scale else middle
        now = _cost(scale, u, y, weights)
    return min((c for c in (low, high, now) if c), key=lambda c: c.cost)


def _corner(low: _Cost, high: _Cost, u: np.ndarray, y: np.ndarray, weights: np.ndarray) -> float:
    """Where the straight pieces right of ``low`` and left of ``high`` meet: the line through both held pixels, or,
    if they are one, the best line through it. It is the lowest corner as soon as no other lies between."""
    i, j = low.right_hold, high.left_hold
    if u[i] == u[j]:
        return scale_of_least_error(u - u[i], y - y[i], weights)
    return float((y[j] - y[i]) / (u[j] - u[i]))


def _even(low: _Cost, high: _Cost, step: int) -> float:
    """Where a slope that changes evenly would be 0, quick while there are many corners; now and then the middle,
    which is never slow."""
    share = 0.5 if step % 8 == 0 else low.right / (low.right - high.left)
    return low.scale + (high.scale - low.scale) * share
