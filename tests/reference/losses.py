"""Second opinions on the scale-invariant error and its training loss, one image at a time, in plain Python."""

import math


def differences(log_prediction, truth_m):
    """d over the pixels with a truth."""
    pairs = zip(log_prediction, truth_m, strict=True)
    return [p - math.log(t) for p, t in pairs if not math.isnan(t) and t > 0 and not math.isinf(t)]


def alpha_form(d):
    """Eqn 1: the mean squared error after the best shift alpha."""
    alpha = -sum(d) / len(d)
    return sum((x + alpha) ** 2 for x in d) / len(d)


def pairwise_form(d):
    """Eqn 2 with 1/(2n²): with the printed 1/n² it would be twice the other two."""
    return sum((a - b) ** 2 for a in d for b in d) / (2 * len(d) ** 2)


def variance_form(d):
    """Eqn 3."""
    return sum(x * x for x in d) / len(d) - sum(d) ** 2 / len(d) ** 2


def training_loss(d, lam):
    """Eqn 4 of one image; no pixel, no loss."""
    if not d:
        return 0.0
    return sum(x * x for x in d) / len(d) - lam * sum(d) ** 2 / len(d) ** 2


def n_squared_batch(images, lam):
    """The released code: losses of the images weighted by n²."""
    weights = [len(d) ** 2 for d in images]
    return sum(w * training_loss(d, lam) for w, d in zip(weights, images, strict=True)) / max(sum(weights), 1)
