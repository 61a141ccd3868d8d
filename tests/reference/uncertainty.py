"""Second opinions on uncertainty: a mask for every threshold, pixel by pixel in plain Python."""

import math
from itertools import pairwise


def percentile(values, percent):
    """Interpolated between the two nearest ranks."""
    ranked = sorted(values)
    place = (len(ranked) - 1) * percent / 100
    low = math.floor(place)
    high = min(low + 1, len(ranked) - 1)
    return ranked[low] + (ranked[high] - ranked[low]) * (place - low)


def error_of(metric, pixels):
    if metric == "abs_rel":
        return sum(abs(p - g) / g for p, g in pixels) / len(pixels)
    if metric == "rmse":
        return math.sqrt(sum((p - g) ** 2 for p, g in pixels) / len(pixels))
    return sum(max(p / g, g / p) >= 1.25 for p, g in pixels) / len(pixels)


def worth(metric, p, g):
    """By what the oracle sorts."""
    return {"abs_rel": abs(p - g) / g, "rmse": (p - g) ** 2, "delta1": max(p / g, g / p)}[metric]


def curve(metric, pixels, by, intervals):
    """Errors of the pixels whose negative uncertainty reaches the 0th, 2nd, 4th ... percentile; 0 at the end."""
    sure = [-u for u in by]
    found = []
    for k in range(intervals):
        threshold = percentile(sure, 100 * k / intervals)
        found.append(error_of(metric, [pixel for pixel, s in zip(pixels, sure, strict=True) if s >= threshold]))
    return [*found, 0.0]


def area(values):
    return sum((a + b) / 2 for a, b in pairwise(values)) / (len(values) - 1)


def ause_and_aurg(metric, prediction, truth, uncertainty, intervals=50):
    pixels = list(zip(prediction, truth, strict=True))
    model = area(curve(metric, pixels, uncertainty, intervals))
    oracle = area(curve(metric, pixels, [worth(metric, p, g) for p, g in pixels], intervals))
    return model - oracle, error_of(metric, pixels) - model
