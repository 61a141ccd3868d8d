"""The scale-invariant error as a training loss (section 3.2)."""

import torch
from torch import Tensor

from fathom.errors import BadInput


def scale_invariant_loss(
    log_prediction: Tensor, truth_m: Tensor, lam: float = 0.5, reduction: str = "mean"
) -> Tensor:
    """Eqn 4 of the paper, over the pixels that have a truth.

        L = (1/n) sum d² - (lam/n²) (sum d)²,   d = log_prediction - log(truth_m)

    log_prediction  (B, H, W) natural log of metres
    truth_m         (B, H, W) metres; NaN, zero, negative or infinite means "no truth here"
    lam             0: plain squared log error; 1: the scale-invariant error; the paper trains with 0.5
    reduction       "mean": the mean of L over all B images; an image without truth counts as exactly zero.
                    "n_squared": the released code's sum of n² L over the sum of n²: images with more truth weigh
                    more. "none": L of each image, (B,)

    The printed Eqn 2 (pairwise) is twice Eqns 1 and 3; L with lam = 1 is Eqns 1 and 3, the variance of d.
    The mask comes before the logarithm, so gradients are finite everywhere and exactly zero where truth is absent.
    """
    if log_prediction.shape != truth_m.shape:
        raise BadInput(f"prediction {tuple(log_prediction.shape)} and truth {tuple(truth_m.shape)} differ in shape")
    with torch.autocast(log_prediction.device.type, enabled=False):
        if log_prediction.dtype in (torch.bfloat16, torch.float16):
            log_prediction = log_prediction.float()
        has_truth = truth_m.isfinite() & (truth_m > 0)
        log_truth = torch.where(has_truth, truth_m, 1).to(log_prediction.dtype).log()
        d = torch.where(has_truth, log_prediction - log_truth, 0).flatten(1)
        n = has_truth.flatten(1).sum(1).to(d.dtype)
        squares, sums = d.square().sum(1), d.sum(1)
        if reduction == "n_squared":
            return (n * squares - lam * sums.square()).sum() / n.square().sum().clamp(min=1)
        n = n.clamp(min=1)
        loss = squares / n - lam * (sums / n).square()
        if reduction == "none":
            return loss
        if reduction == "mean":
            return loss.mean()
    raise BadInput(f"reduction is 'mean', 'n_squared' or 'none', not '{reduction}'")
