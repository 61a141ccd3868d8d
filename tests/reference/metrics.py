"""A second opinion on the metrics: one pixel at a time, with the math module only."""

import math


def figures(prediction, truth):
    """All figures of one list of (positive) predictions and truths; None where truth is NaN everywhere."""
    pairs = [(p, g) for p, g in zip(prediction, truth, strict=True) if g == g]
    if not pairs:
        return None
    n = len(pairs)
    found = {
        "abs_rel": sum(abs(p - g) / g for p, g in pairs) / n,
        "sqr_rel": sum((p - g) * (p - g) / g for p, g in pairs) / n,
        "rmse": math.hypot(*(p - g for p, g in pairs)) / n**0.5,
        "rmse_log": math.hypot(*(math.log(p) - math.log(g) for p, g in pairs)) / n**0.5,
        "rmse_log_si": math.sqrt(scale_invariant_with_alpha(pairs)),
        "log10": sum(abs(math.log10(p) - math.log10(g)) for p, g in pairs) / n,
        "mae": math.fsum(abs(p - g) for p, g in pairs) / n,
        "irmse": 1000 * math.hypot(*((g - p) / (p * g) for p, g in pairs)) / n**0.5,
        "imae": 1000 * math.fsum(abs(g - p) / (p * g) for p, g in pairs) / n,
        "sqr_rel_by_square": math.fsum((p / g - 1) ** 2 for p, g in pairs) / n,
        "tau": sum(max(pair) < 1.03 * min(pair) for pair in pairs) / n,
    }
    logs = [math.log(p / g) for p, g in pairs]
    mean = math.fsum(logs) / n
    spread = scale_invariant_of_pairs(pairs) if n < 100 else scale_invariant_with_alpha(pairs)  # the first is slow
    found["silog"] = 100 * math.sqrt(spread)
    found["silog_half"] = math.sqrt(math.fsum(d * d for d in logs) / n - mean * mean / 2)
    found["silog_unbiased"] = 100 * math.sqrt(spread * n / (n - 1)) if n > 1 else None
    for k in (1, 2, 3):
        close = [pair for pair in pairs if max(pair) / min(pair) < 1.25**k]
        found[f"delta{k}"] = len(close) / n
    return found


def scale_invariant_with_alpha(pairs):
    """The paper's Eqn 1: alpha is the shift of logs that fits best."""
    n = len(pairs)
    alpha = sum(math.log(g) - math.log(p) for p, g in pairs) / n
    return sum((math.log(p) - math.log(g) + alpha) ** 2 for p, g in pairs) / n


def scale_invariant_of_pairs(pairs):
    """The paper's Eqn 2 with the factor it should have: 1/(2 n^2), so that it agrees with Eqns 1 and 3."""
    logs = [(math.log(p), math.log(g)) for p, g in pairs]
    return sum(((a - b) - (c - d)) ** 2 for a, c in logs for b, d in logs) / (2 * len(pairs) ** 2)


def pooled_spread(images):
    """The scale-invariant error of several images as one: every image keeps its own alpha."""
    n = sum(len(pairs) for pairs in images)
    return math.sqrt(sum(len(pairs) * scale_invariant_with_alpha(pairs) for pairs in images) / n)
