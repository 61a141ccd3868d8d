"""How alike two rows of numbers are, whatever their unit: what ``detection`` is built of."""

import math

import numpy as np


def left_by_a_shift(values: np.ndarray, truth: np.ndarray) -> float:
    """Error of scale and shift over error of scale alone, least squares: near 1 where a shift adds nothing."""
    scale = float(values @ truth) / float(truth @ truth)
    alone = float(np.mean((values - scale * truth) ** 2))
    both = float(np.var(values)) * (1 - correlation(values, truth) ** 2)
    return math.sqrt(max(both, 0.0) / alone) if alone > 1e-12 * float(np.mean(values**2)) else 1.0


def ranks(values: np.ndarray) -> np.ndarray:
    """Places in order, equal values at the mean of theirs."""
    _, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[which]


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Pearson's coefficient, 0 if one of them is constant."""
    a, b = a - a.mean(), b - b.mean()
    size = math.sqrt(float(a @ a) * float(b @ b))
    return float(a @ b) / size if size > 0 else 0.0


def width(values: np.ndarray) -> float:
    """From the tenth to the ninetieth hundredth."""
    low, high = np.percentile(values, (10, 90))
    return float(high - low)
