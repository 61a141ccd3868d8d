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
    best = _lowest(u, y, weights)
    return best.scale / spread, best.shift - best.scale * centre / spread


class _Cost(NamedTuple):
    """The cost at one scale, with its best shift, and the slope of the cost just left and just right of it."""

    scale: float
    shift: float
    cost: float
    left: float
    right: float


def _cost(scale: float, u: np.ndarray, y: np.ndarray, weights: np.ndarray) -> _Cost:
    shift = weighted_median(y - scale * u, weights)
    error = scale * u + shift - y
    at_zero = np.abs(error) <= _ROUNDING * (np.abs(scale * u) + abs(shift) + np.abs(y))
    sign = np.where(at_zero, 0.0, np.sign(error))
    # Pixels on the line may take any sign between -1 and 1 as long as the weighted signs of all pixels sum to 0,
    # for the shift is the best one. The extreme slopes give -1 and 1 to the ends of those pixels, sorted by u.
    order = np.flatnonzero(at_zero)[np.argsort(u[at_zero])]
    free, places = 2 * weights[order], u[order]
    budget = float(np.clip(np.sum(free) / 2 - np.sum(weights * sign), 0, np.sum(free)))
    fixed = float(np.sum(weights * u * sign)) - float(np.sum(free * places)) / 2
    left, right = (fixed + _spent(budget, free[::way], places[::way]) for way in (1, -1))
    return _Cost(scale, shift, float(np.sum(weights * np.abs(error))), left, right)


def _spent(budget: float, free: np.ndarray, places: np.ndarray) -> float:
    """sum of share * place, the budget shared out in the order given, each taking at most what it is free to."""
    before = np.cumsum(free) - free
    return float(np.sum(np.clip(budget - before, 0, free) * places))


def _lowest(u: np.ndarray, y: np.ndarray, weights: np.ndarray) -> _Cost:
    low = high = None
    now = _cost(0.0, u, y, weights)
    reach = max(now.cost / float(np.sum(weights)), np.finfo(np.float64).tiny)
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
            scale = _between(low, high, step)
            if not low.scale < scale < high.scale:  # nothing is left between them
                break
        now = _cost(scale, u, y, weights)
    return min((c for c in (low, high, now) if c), key=lambda c: c.cost)


def _between(low: _Cost, high: _Cost, step: int) -> float:
    """Where to look next: by turns where the two straight lines meet (which ends at the very corner), where a
    slope that changes evenly would be 0 (quick while there are many corners), and in the middle (never slow)."""
    if step % 3 == 0:
        meets = high.cost - low.cost - high.left * high.scale + low.right * low.scale
        return meets / (low.right - high.left)
    if step % 3 == 1:
        return low.scale + (high.scale - low.scale) * low.right / (low.right - high.left)
    return low.scale + (high.scale - low.scale) / 2
