import math
import os
import signal
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from fathom import training
from fathom.errors import BadCheckpoint, BadInput, MissingData, TrainingFailed
from fathom.files.checkpoint import read_weights, write_weights
from fathom.files.runlog import read_log
from fathom.files.store import Split
from fathom.models import eigen2014
from fathom.ops import augment, devices
from fathom.ops.losses import scale_invariant_loss
from fathom.recipes._base import Stage
from fathom.training import batch_indices, gather, statistics, train
from reference.tiny import ADAM, RECIPE, SPEC, Tiny, put_on_shelf


@pytest.fixture(autouse=True)
def tiny(monkeypatch):
    put_on_shelf(monkeypatch)


def weights(run):
    return read_weights(run.weights)[0]


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def quietly(recipe, store, out, **options):
    return train(recipe, store, out, progress=False, precision="fp32", **options)


def test_a_run_learns_and_leaves_everything_behind(rooms_store, tmp_path):
    recipe = RECIPE.with_samples(coarse=400, fine=100)
    run = quietly(recipe, rooms_store, tmp_path / "run", seed=1)
    assert {p.name for p in run.out.iterdir()} == {
        "weights.safetensors",
        "log.jsonl",
        "curves.png",
        "samples.png",
    }
    for stage in ("coarse", "fine"):
        losses = [
            line["loss"] for line in read_log(run.out / "log.jsonl") if line["stage"] == stage and "loss" in line
        ]
        assert losses[-1] < 0.6 * losses[0]
    meta = read_weights(run.weights)[1]
    assert meta["model"] == "tiny"
    assert meta["seed"] == 1
    assert meta["samples"] == run.samples_seen == {"coarse": 400, "fine": 100}
    assert meta["data"] == f"rooms/train {rooms_store.split('train').fingerprint}"
    assert meta["recipe"]["departures"] == list(recipe.departures)
    stages = {line["stage"] for line in read_log(run.out / "log.jsonl") if "validation_abs_rel" in line}
    assert stages == {"coarse", "fine"}


def test_the_coarse_network_is_frozen_while_the_fine_one_trains(rooms_store, tmp_path, monkeypatch):
    at_stage_end = {}
    save = training._save

    def spy(out, meta, model, optimiser):
        at_stage_end[meta["stage"]] = {name: t.clone() for name, t in model.state_dict().items()}
        at_stage_end[f"dropout {meta['stage']}"] = model.coarse.training
        save(out, meta, model, optimiser)

    monkeypatch.setattr(training, "_save", spy)
    final = weights(quietly(RECIPE, rooms_store, tmp_path / "run"))
    first = at_stage_end[1]
    changed = {name for name in final if not torch.equal(final[name], first[name])}
    assert changed == {"fine.weight", "fine.bias"}
    model = eigen2014.Eigen2014.__new__(eigen2014.Eigen2014)  # freezing goes by names: no weights needed
    torch.nn.Module.__init__(model)
    model.coarse, model.fine = torch.nn.Linear(1, 1), torch.nn.Linear(1, 1)
    training._freeze_all_but(RECIPE.stages[1], model)
    assert [p.requires_grad for p in model.parameters()] == [False, False, True, True]
    assert (model.coarse.training, model.fine.training) == (False, True)


@pytest.mark.parametrize("recipe", [RECIPE, ADAM], ids=["sgd", "adamw"])
def test_the_seed_decides(rooms_store, tmp_path, recipe):
    a, b, c = (quietly(recipe, rooms_store, tmp_path / str(i), seed=seed) for i, seed in enumerate((1, 1, 2)))
    assert same(weights(a), weights(b))
    assert not same(weights(a), weights(c))


@pytest.mark.parametrize("recipe", [RECIPE, ADAM], ids=["sgd", "adamw"])
@pytest.mark.parametrize("stop_after", [1, 5, 12, 14])
def test_stopped_and_resumed_is_the_same_to_the_bit(rooms_store, tmp_path, monkeypatch, recipe, stop_after):
    whole = quietly(recipe, rooms_store, tmp_path / "whole")
    before = signal.getsignal(signal.SIGINT)
    gather_really, calls = training.gather, []

    def interrupted(*arguments):
        if len(arguments[1]) == recipe.batch:
            calls.append(1)
        if len(calls) == stop_after:
            os.kill(os.getpid(), signal.SIGINT)  # Ctrl-C in the middle of a step
        return gather_really(*arguments)

    monkeypatch.setattr(training, "gather", interrupted)
    with pytest.raises(KeyboardInterrupt):
        quietly(recipe, rooms_store, tmp_path / "cut")
    assert signal.getsignal(signal.SIGINT) is before
    monkeypatch.setattr(training, "gather", gather_really)
    assert not (tmp_path / "cut/weights.safetensors").exists()
    resumed = quietly(recipe, rooms_store, tmp_path / "cut", resume=True)
    assert same(weights(whole), weights(resumed))
    assert not (tmp_path / "cut/last.safetensors").exists()


def stopped(store, out, monkeypatch):
    """A run that was stopped after its first step."""
    gather_really, calls = training.gather, []

    def interrupted(*arguments):
        calls.append(1)
        if len(calls) == 1:
            os.kill(os.getpid(), signal.SIGTERM)
        return gather_really(*arguments)

    monkeypatch.setattr(training, "gather", interrupted)
    with pytest.raises(KeyboardInterrupt):
        quietly(RECIPE, store, out)
    monkeypatch.setattr(training, "gather", gather_really)
    return out / "last.safetensors"


def test_what_cannot_be_resumed(rooms_store, tmp_path, monkeypatch):
    with pytest.raises(MissingData, match="nothing to resume"):
        quietly(RECIPE, rooms_store, tmp_path / "run", resume=True)
    last = stopped(rooms_store, tmp_path / "run", monkeypatch)
    before = last.read_bytes(), (tmp_path / "run/log.jsonl").read_bytes()
    with pytest.raises(BadInput, match="unfinished run: --resume"):
        quietly(RECIPE, rooms_store, tmp_path / "run")
    assert (last.read_bytes(), (tmp_path / "run/log.jsonl").read_bytes()) == before
    with pytest.raises(BadCheckpoint, match="its seed differs"):
        quietly(RECIPE, rooms_store, tmp_path / "run", resume=True, seed=5)
    with pytest.raises(BadCheckpoint, match="its recipe differs"):
        quietly(replace(RECIPE, lam=0.0), rooms_store, tmp_path / "run", resume=True)
    last.write_bytes(last.read_bytes()[:-50])
    with pytest.raises(BadCheckpoint, match="damaged"):
        quietly(RECIPE, rooms_store, tmp_path / "run", resume=True)


def test_a_loss_that_is_no_number_names_the_samples(rooms_store, tmp_path):
    stages = (replace(RECIPE.stages[0], rates={"coarse": 1e30}),)
    with pytest.raises(TrainingFailed, match=r"step \d+ of stage coarse.*room_"):
        quietly(replace(RECIPE, stages=stages), rooms_store, tmp_path / "run")
    assert not (tmp_path / "run/weights.safetensors").exists()


def test_store_and_recipe_must_fit(rooms_store, tmp_path):
    with pytest.raises(BadInput, match=r"64x48.*320x240"):
        quietly("mean_depth/nyu", rooms_store, tmp_path / "run")
    with pytest.raises(BadInput, match="precision"):
        train(RECIPE, rooms_store, tmp_path / "run", progress=False, precision="fp16")
    with pytest.raises(BadInput, match="optimiser"):
        quietly(replace(RECIPE, optimiser="lion"), rooms_store, tmp_path / "run")
    stages = (replace(RECIPE.stages[0], schedule="step"),)
    with pytest.raises(BadInput, match="schedule"):
        quietly(replace(RECIPE, stages=stages), rooms_store, tmp_path / "run")


def test_rates_and_decay_reach_their_parameters(rooms_store):
    stage = replace(
        RECIPE.stages[0],
        rates={"coarse": 0.1, "coarse.0": 0.001},
        weight_decay={"coarse.3": 1e-4},
        schedule="cosine",
    )
    from reference.tiny import Tiny

    model = Tiny()
    optimiser = training._optimiser(RECIPE, stage, model)
    names = {id(p): name for name, p in model.named_parameters()}
    found = {names[id(p)]: (g["lr"], g["weight_decay"]) for g in optimiser.param_groups for p in g["params"]}
    assert found == {
        "coarse.0.weight": (0.001, 0.0),
        "coarse.0.bias": (0.001, 0.0),
        "coarse.3.weight": (0.1, 1e-4),
        "coarse.3.bias": (0.1, 0.0),
    }
    rates = []
    for done in (0.025, 0.05, 0.5, 1.0):
        training._set_rate(optimiser, stage, done)
        rates.append(max(g["lr"] for g in optimiser.param_groups))
    expected = [0.05 * (1 + math.cos(0.025 * math.pi)) / 2, 0.1 * (1 + math.cos(0.05 * math.pi)) / 2, 0.05, 0.0]
    assert rates == pytest.approx(expected)


@given(st.integers(1, 40), st.integers(1, 17), st.integers(0, 9))
def test_every_epoch_sees_every_sample_once(count, batch, seed):
    steps = math.ceil(2 * count / batch)
    seen = np.concatenate([batch_indices(count, batch, step, [seed, 0]) for step in range(steps)])
    for epoch in range(2):
        assert sorted(seen[epoch * count : (epoch + 1) * count]) == list(range(count))


def test_gather_of_the_centre_is_a_slice_of_the_store(rooms_store):
    split = rooms_store.split("train")
    indices = np.array([3, 0])
    rgb, truth_m = gather(
        split, indices, augment.draw(augment.Ranges(), 2, torch.Generator()), SPEC, torch.device("cpu")
    )
    sample = split.sample(3)
    assert np.abs(rgb[0].permute(1, 2, 0).numpy() - sample.rgb[2:46, 2:62] / 255).max() < 1e-5
    assert np.array_equal(truth_m[0].numpy(), sample.depth_m[7:43:4, 7:59:4], equal_nan=True)


def test_statistics_are_those_of_the_truth(rooms_store):
    split = rooms_store.split("train")
    depths_m = np.stack([s.depth_m for s in split]).astype(np.float64)
    found = statistics(split)
    assert found.mean_log_depth == pytest.approx(np.nanmean(np.log(depths_m)), abs=1e-6)
    assert np.allclose(found.mean_depth_m.numpy(), np.nanmean(depths_m, 0), atol=1e-5)


def test_validation_is_the_loss_of_the_centre_crops(rooms_store):
    from reference.tiny import Tiny

    model, split = Tiny(), rooms_store.split("test")
    loss, abs_rel = training.validate(model, "fine", split, RECIPE)
    rgb, truth_m = gather(
        split,
        np.arange(len(split)),
        augment.draw(augment.Ranges(), len(split), torch.Generator()),
        SPEC,
        torch.device("cpu"),
    )
    with torch.no_grad():
        prediction = model.eval()(rgb)
    assert loss == pytest.approx(scale_invariant_loss(prediction, truth_m).item(), rel=1e-5)
    expected = ((prediction.exp() - truth_m).abs() / truth_m).flatten(1).nanmean(1).mean().item()
    assert abs_rel == pytest.approx(expected, rel=1e-5)


def test_precision_is_measured_and_kept(rooms_store, tmp_path):
    assert devices.faster_precision(torch.device("cpu")) in ("fp32", "bf16")
    run = train(RECIPE, rooms_store, tmp_path / "run", progress=False, precision="bf16")
    assert read_weights(run.weights)[1]["precision"] == "bf16"
    assert all(t.dtype == torch.float32 for t in weights(run).values())


def test_gather_divides_depth_by_the_scale_and_multiplies_colour_by_the_gain(rooms_store):
    reverse = Split(rooms_store, "reverse", range(len(rooms_store))[::-1])  # places in a split are not a Store's
    plain = augment.draw(augment.Ranges(scale=(1.25, 1.25)), 1, torch.Generator())
    gain = torch.tensor([[0.8, 1.0, 0.5]])
    place, device = np.array([3]), torch.device("cpu")
    rgb, truth_m = gather(reverse, place, plain, SPEC, device)
    dyed, _ = gather(reverse, place, replace(plain, gain=gain), SPEC, device)
    assert torch.allclose(dyed, rgb * gain[:, :, None, None], atol=1e-6)
    # Crop pixel 5 + 4i of a 44 (60) wide crop of the enlarged frame, which begins at floor((60 - 44) / 2).
    rows = np.floor((np.arange(9) * 4 + 5 + 8 + 0.5) / 1.25).astype(int)
    columns = np.floor((np.arange(13) * 4 + 5 + 10 + 0.5) / 1.25).astype(int)
    stored = rooms_store.sample(len(rooms_store) - 4).depth_m[np.ix_(rows, columns)]
    assert np.allclose(truth_m[0].numpy() * 1.25, stored, rtol=1e-6, equal_nan=True)


def test_every_epoch_every_stage_and_every_seed_has_its_own_order():
    orders = [
        batch_indices(60, 60, step, seed) for step, seed in ((0, [1, 0]), (1, [1, 0]), (0, [1, 1]), (0, [2, 0]))
    ]
    assert len({tuple(order) for order in orders}) == 4


def test_steps_are_those_of_the_printed_rule(rooms_store, tmp_path, monkeypatch):
    """v = 0.9 v + gradient + decay * weight, weight -= rate * v, by hand; no decay of biases."""
    model = Tiny()
    model.coarse[2].p = 0.0
    monkeypatch.setattr(training.shelf, "look_up", lambda *_: lambda: model)
    monkeypatch.setattr(training, "validate", lambda *_: (0.0, 0.0))
    generator = torch.Generator().manual_seed(0)
    batches = [
        (torch.rand(4, 3, 44, 60, generator=generator), torch.rand(4, 9, 13, generator=generator) + 1)
        for _ in range(3)
    ]
    unused = iter(batches)
    monkeypatch.setattr(training, "gather", lambda *_: next(unused))
    stage = Stage("coarse", samples=12, rates={"coarse": 0.05}, weight_decay={"coarse": 0.2})
    run = quietly(replace(RECIPE, stages=(stage,)), rooms_store, tmp_path / "run")
    by_hand = Tiny()
    by_hand.coarse[2].p = 0.0
    by_hand.initialise("any", statistics(rooms_store.split("train")), torch.Generator().manual_seed(0))
    parameters = dict(by_hand.coarse.named_parameters())
    speed = {name: torch.zeros_like(p) for name, p in parameters.items()}
    for rgb, truth_m in batches:
        loss = scale_invariant_loss(by_hand(rgb, "coarse"), truth_m, 0.5)
        gradients = torch.autograd.grad(loss, list(parameters.values()))
        with torch.no_grad():
            for (name, p), gradient in zip(parameters.items(), gradients, strict=True):
                decay = 0.0 if name.endswith("bias") else 0.2
                speed[name] = 0.9 * speed[name] + gradient + decay * p
                p -= 0.05 * speed[name]
    found = weights(run)
    assert all(torch.allclose(found[f"coarse.{name}"], p, atol=1e-6) for name, p in parameters.items())


def test_the_loss_is_the_recipe_s_and_dropout_is_on_after_each_validation(rooms_store, tmp_path, monkeypatch):
    losses, modes = set(), []
    loss, forward = training.losses.scale_invariant_loss, Tiny.forward

    def spy_on_loss(prediction, truth_m, lam, reduction):
        losses.add((lam, reduction))
        return loss(prediction, truth_m, lam, reduction)

    def spy_on_forward(self, rgb, scale=None):
        if torch.is_grad_enabled():
            modes.append((scale, self.coarse.training, self.fine.training))
        return forward(self, rgb, scale)

    monkeypatch.setattr(training.losses, "scale_invariant_loss", spy_on_loss)
    monkeypatch.setattr(Tiny, "forward", spy_on_forward)
    monkeypatch.setattr(training, "_draw_samples", lambda *_: None)
    recipe = replace(RECIPE, lam=0.25, reduction="n_squared").with_samples(coarse=9, fine=9)
    run = quietly(recipe, rooms_store, tmp_path / "run")
    assert losses == {(0.25, "n_squared"), (0.25, "none")}
    assert modes == [("coarse", True, False)] * 3 + [("fine", False, True)] * 3
    assert run.samples_seen == {"coarse": 12, "fine": 12}  # whole batches, never fewer samples than the recipe says


def test_the_state_is_saved_as_time_goes_by(rooms_store, tmp_path, monkeypatch):
    saved, save = [], training._save
    monkeypatch.setattr(training, "SAVE_EVERY_S", -1)
    monkeypatch.setattr(training, "_save", lambda *a: (saved.append((a[1]["stage"], a[1]["step"])), save(*a)))
    quietly(RECIPE.with_samples(coarse=8, fine=4), rooms_store, tmp_path / "run")
    assert saved == [(0, 1), (0, 2), (1, 0), (1, 1), (2, 0)]


def test_a_resumed_run_goes_on_with_its_log_its_precision_and_its_clock(rooms_store, tmp_path, monkeypatch):
    last = stopped(rooms_store, tmp_path / "run", monkeypatch)
    tensors, meta = read_weights(last)
    write_weights(last, tensors, meta | {"data": "rooms/train 00000000"})
    with pytest.raises(BadCheckpoint, match="its data differs"):
        quietly(RECIPE, rooms_store, tmp_path / "run", resume=True)
    write_weights(last, tensors, meta | {"precision": "bf16", "seconds": 5000.0})
    run = quietly(RECIPE, rooms_store, tmp_path / "run", resume=True)
    assert read_weights(run.weights)[1]["precision"] == "bf16"
    assert 5000 < run.seconds < 6000
    lines = read_log(tmp_path / "run/log.jsonl")
    assert [li["samples"] for li in lines if li["stage"] == "coarse" and "loss" in li] == list(range(4, 49, 4))


def test_the_schedule_goes_over_the_whole_stage(rooms_store, tmp_path):
    stage = replace(RECIPE.stages[0], schedule="cosine")
    run = quietly(replace(RECIPE, stages=(stage,)), rooms_store, tmp_path / "run")
    done = (np.arange(12) + 0.5) / 12
    expected = 0.05 * np.minimum(1, 20 * done) * (1 + np.cos(math.pi * done)) / 2
    rates = [line["rate"] for line in read_log(run.out / "log.jsonl") if "rate" in line]
    assert rates == pytest.approx(list(expected))


def test_each_step_drops_out_others(rooms_store, tmp_path, monkeypatch):
    """The same pictures, weights that stand still: predictions differ by what is dropped alone."""
    batch = (torch.rand(4, 3, 44, 60), torch.full((4, 9, 13), 2.0))
    monkeypatch.setattr(training, "gather", lambda *_: batch)
    monkeypatch.setattr(training, "validate", lambda *_: (0.0, 0.0))
    stages = (replace(RECIPE.stages[0], rates={"coarse": 1e-30}, weight_decay={}, samples=12),)
    run = quietly(replace(RECIPE, stages=stages), rooms_store, tmp_path / "run")
    losses = [line["loss"] for line in read_log(run.out / "log.jsonl") if "loss" in line]
    assert len(losses) == len(set(losses)) == 3
