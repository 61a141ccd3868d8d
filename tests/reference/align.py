"""Second opinions on alignments: general solvers of numpy and scipy, and every line through two pixels."""

import math
from itertools import combinations
from statistics import fmean, median

import numpy as np


def aligned(name, prediction, truth, max_m=math.inf):
    """Depths (given) after an alignment of this name, as a list; predictions are depths."""
    p, g = [float(v) for v in prediction], [float(v) for v in truth]
    disparity = [1 / v for v in p], [1 / v for v in g]
    logs = [math.log(v) for v in p], [math.log(v) for v in g]
    if name == "none":
        return p
    if name == "times 5.4":
        return [v * 5.4 for v in p]
    if name == "ratio of medians":
        return [v * median(g) / median(p) for v in p]
    if name == "median of ratios":
        return [v * median(b / a for a, b in zip(p, g, strict=True)) for v in p]
    if name == "ratio of means":
        return [v * fmean(g) / fmean(p) for v in p]
    if name == "least squares scale":
        return [v * lstsq_scale(p, g) for v in p]
    if name == "least squares scale and shift":
        return lstsq_line(p, g)
    if name == "least squares scale and shift, else ratio of medians":
        return lstsq_line(p, g) if rises(p, g) else aligned("ratio of medians", p, g)
    if name == "least squares scale and shift, else ratio of means":
        return lstsq_line(p, g) if rises(p, g) else aligned("ratio of means", p, g)
    if name == "least squares scale in disparity":
        scale = lstsq_scale(*disparity)
        return [inverted(v * scale, max_m) for v in disparity[0]]
    if name.startswith("least squares scale and shift in disparity"):
        if name.endswith("1000 m"):
            max_m = min(max_m, 1000)
        if name.endswith("truth"):
            max_m = min(max_m, max(g))
        return [inverted(v, max_m) for v in lstsq_line(*disparity)]
    if name == "least squares scale in log depth":
        factor = math.exp(fmean(logs[1]) - fmean(logs[0]))
        return [v * factor for v in p]
    if name == "least squares scale and shift in log depth":
        return [math.exp(v) for v in lstsq_line(*logs)]
    if name == "weighted L1 scale":
        scale = min((b / a for a, b in zip(p, g, strict=True)), key=lambda s: l1(p, g, s, 0))
        return [v * scale for v in p]
    if name == "weighted L1 scale and shift":
        scale, shift = l1_line(p, g)
        return [v * scale + shift for v in p]
    raise AssertionError(f"no second opinion on '{name}'")


def inverted(disparity, max_m):
    return min(1 / disparity, max_m) if disparity > 0 else max_m


def rises(x, y):
    return float(np.polyfit(x, y, 1)[0]) > 0


def lstsq_scale(x, y):
    return float(np.linalg.lstsq(np.array(x)[:, None], np.array(y), rcond=None)[0][0])


def lstsq_line(x, y):
    system = np.stack([x, np.ones(len(x))], axis=1)
    return (system @ np.linalg.lstsq(system, np.array(y), rcond=None)[0]).tolist()


def l1(p, g, scale, shift):
    """The cost that the weighted L1 alignments make least."""
    return sum(abs(scale * a + shift - b) / b for a, b in zip(p, g, strict=True))


def l1_line(p, g):
    """The best of all lines through two pixels and of all constants: one of them is a best line."""
    lines = [(0.0, b) for b in g]
    for (a, b), (c, d) in combinations(zip(p, g, strict=True), 2):
        if a != c:
            slope = (d - b) / (c - a)
            lines.append((slope, b - slope * a))
    return min(lines, key=lambda line: l1(p, g, *line))


def l1_least_cost_by_linear_program(p, g):
    """The least cost of any line, from scipy's linear program: p, g arrays."""
    from scipy.optimize import linprog

    n = len(p)
    system = np.stack([p, np.ones(n)], axis=1)
    ones = np.eye(n)
    limits = np.block([[system, -ones], [-system, -ones]])
    free = [(None, None)] * 2 + [(0, None)] * n
    found = linprog([0, 0, *(1 / g)], A_ub=limits, b_ub=[*g, *-g], bounds=free, method="highs")
    assert found.success
    return found.fun
