import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from fathom.errors import BadInput
from fathom.ops.losses import scale_invariant_loss
from reference import losses as reference

LAMBDAS = (0.0, 0.5, 1.0)


def batch(seed: int = 0, images: int = 3) -> tuple[torch.Tensor, torch.Tensor]:
    """Log predictions and truths with holes; the last image has no truth at all."""
    generator = torch.Generator().manual_seed(seed)
    log_prediction = torch.randn(images, 5, 7, generator=generator, dtype=torch.float64)
    truth_m = torch.rand(images, 5, 7, generator=generator, dtype=torch.float64) * 9 + 0.5
    truth_m[torch.rand(images, 5, 7, generator=generator) < 0.3] = math.nan
    truth_m[0, 0, :3] = torch.tensor([0.0, -1.0, math.inf])
    truth_m[-1] = math.nan
    return log_prediction, truth_m


def by_image(log_prediction, truth_m):
    return [
        reference.differences(p.flatten().tolist(), t.flatten().tolist())
        for p, t in zip(log_prediction, truth_m, strict=True)
    ]


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=12))
def test_the_three_forms_of_the_error_agree(d):
    assert reference.alpha_form(d) == pytest.approx(reference.variance_form(d), abs=1e-9)
    assert reference.pairwise_form(d) == pytest.approx(reference.variance_form(d), abs=1e-9)


@pytest.mark.parametrize("lam", LAMBDAS)
def test_each_image_has_the_loss_of_the_second_opinion(lam):
    log_prediction, truth_m = batch()
    expected = [reference.training_loss(d, lam) for d in by_image(log_prediction, truth_m)]
    assert scale_invariant_loss(log_prediction, truth_m, lam, "none").tolist() == pytest.approx(expected, abs=1e-12)
    mean = scale_invariant_loss(log_prediction, truth_m, lam)
    assert mean.item() == pytest.approx(sum(expected) / len(expected), abs=1e-12)


@pytest.mark.parametrize("lam", LAMBDAS)
def test_n_squared_weighs_images_by_their_truths(lam):
    log_prediction, truth_m = batch()
    expected = reference.n_squared_batch(by_image(log_prediction, truth_m), lam)
    loss = scale_invariant_loss(log_prediction, truth_m, lam, "n_squared")
    assert loss.item() == pytest.approx(expected, abs=1e-12)
    assert loss.item() != pytest.approx(scale_invariant_loss(log_prediction, truth_m, lam).item(), rel=1e-3)


def test_lambda_one_is_the_scale_invariant_error():
    log_prediction, truth_m = batch()
    d = by_image(log_prediction, truth_m)[0]
    loss = scale_invariant_loss(log_prediction, truth_m, 1.0, "none")[0].item()
    assert loss == pytest.approx(reference.alpha_form(d), abs=1e-12)
    shifted = scale_invariant_loss(log_prediction + 0.7, truth_m, 1.0, "none")[0].item()
    assert shifted == pytest.approx(loss, abs=1e-12)


@pytest.mark.parametrize("reduction", ["mean", "n_squared"])
@pytest.mark.parametrize("lam", LAMBDAS)
def test_gradients_are_right(lam, reduction):
    log_prediction, truth_m = batch(images=2)
    log_prediction.requires_grad_()
    assert torch.autograd.gradcheck(lambda p: scale_invariant_loss(p, truth_m, lam, reduction), log_prediction)


@pytest.mark.parametrize("reduction", ["mean", "n_squared"])
def test_no_gradient_where_there_is_no_truth(reduction):
    log_prediction, truth_m = batch()
    log_prediction.requires_grad_()
    scale_invariant_loss(log_prediction, truth_m, 0.5, reduction).backward()
    gradient = log_prediction.grad
    absent = ~(truth_m.isfinite() & (truth_m > 0))
    assert gradient.isfinite().all()
    assert (gradient[absent] == 0).all()
    assert (gradient[~absent] != 0).all()


@pytest.mark.parametrize("reduction", ["mean", "n_squared"])
def test_images_without_truth_contribute_exactly_zero(reduction):
    log_prediction = torch.randn(4, 5, 7, requires_grad=True)
    loss = scale_invariant_loss(log_prediction, torch.full((4, 5, 7), math.nan), 0.5, reduction)
    loss.backward()
    assert loss.item() == 0
    assert (log_prediction.grad == 0).all()


def test_half_precision_predictions_are_judged_in_float32():
    log_prediction, truth_m = batch()
    half = log_prediction.bfloat16()
    with torch.autocast("cpu", torch.bfloat16):
        loss = scale_invariant_loss(half, truth_m.float())
    assert loss.dtype == torch.float32
    assert loss.item() == pytest.approx(scale_invariant_loss(half.double(), truth_m).item(), rel=1e-5)


def test_shapes_and_reductions_are_checked():
    with pytest.raises(BadInput, match="differ in shape"):
        scale_invariant_loss(torch.zeros(2, 5, 7), torch.ones(2, 7, 5))
    with pytest.raises(BadInput, match="reduction"):
        scale_invariant_loss(torch.zeros(2, 5, 7), torch.ones(2, 5, 7), reduction="sum")
