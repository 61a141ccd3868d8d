"""DepthMetrics, with torchmetrics where it is installed and without it everywhere."""

import copy
import importlib.util
import json
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from fathom import shelf
from fathom.errors import BadInput
from fathom.ops.align import ALIGNMENTS
from fathom.ops.metrics import EXTRA_METRICS, METRICS, PixelSums, measure
from fathom.protocols._base import Crop, parse_signature
from fathom.records import Quantity

SOURCE = importlib.util.find_spec("fathom.metrics")


def loaded(kind, monkeypatch):
    """A fresh fathom.metrics that finds torchmetrics, or does not."""
    if kind == "torchmetrics":
        pytest.importorskip("torchmetrics")
    else:
        monkeypatch.setitem(sys.modules, "torchmetrics", None)
    module = importlib.util.module_from_spec(SOURCE)
    monkeypatch.setitem(sys.modules, "fathom.metrics", module)
    SOURCE.loader.exec_module(module)
    return module


@pytest.fixture(params=["alone", "torchmetrics"])
def kind(request):
    return request.param


@pytest.fixture
def DepthMetrics(kind, monkeypatch):
    return loaded(kind, monkeypatch).DepthMetrics


def images(count=5, seed=0, shape=(6, 8)):
    rng = np.random.default_rng(seed)
    truth = rng.uniform(0.5, 9, (count, *shape)).astype(np.float32)
    prediction = (truth * np.exp(rng.normal(0.1, 0.3, truth.shape))).astype(np.float32)
    truth[rng.random(truth.shape) < 0.3] = np.nan
    return prediction, truth


def floats(figures):
    return {name: float(value) for name, value in figures.items()}


def test_it_is_what_torchmetrics_wants(monkeypatch):
    metrics = loaded("torchmetrics", monkeypatch).DepthMetrics()
    import torchmetrics

    assert isinstance(metrics, torchmetrics.Metric)
    collection = torchmetrics.MetricCollection([metrics])
    prediction, truth = map(torch.tensor, images())
    now = floats(collection(prediction[:2], truth[:2]))  # forward: the figures of this batch alone
    collection.update(prediction[2:], truth[2:])
    whole, part = (loaded("alone", monkeypatch).DepthMetrics() for _ in range(2))
    whole.update(prediction, truth)
    part.update(prediction[:2], truth[:2])
    assert floats(collection.compute()) == pytest.approx(floats(whole.compute()), rel=1e-12)
    assert now == pytest.approx(floats(part.compute()), rel=1e-12)


def test_mean_over_images_and_over_pixels(DepthMetrics):
    prediction, truth = images()
    sums = [measure(p, g) for p, g in zip(prediction, truth, strict=True)]
    names = [*METRICS, *EXTRA_METRICS]
    for average in ("image", "pixel"):
        metrics = DepthMetrics(average=average, names=names)
        metrics.update(torch.tensor(prediction[:2]), torch.tensor(truth[:2]))
        metrics.update(torch.tensor(prediction[2:, None]), torch.tensor(truth[2:, None]))
        found = floats(metrics.compute())
        assert list(found) == names
        for name, metric in (METRICS | EXTRA_METRICS).items():
            values = [metric.value(s) for s in sums]
            expected = np.mean(values) if average == "image" else metric.value(sum(sums, PixelSums()))
            assert found[name] == pytest.approx(expected, rel=1e-12), name
        assert metrics.images == 5


def test_range_crop_and_clamp(DepthMetrics):
    prediction = torch.tensor([[9.0, 1.0, 20.0], [-5.0, 4.0, 4.0]])
    truth = torch.tensor([[9.0, 0.0, 8.0], [1.0, 10.0, 4.0]])
    metrics = DepthMetrics(min_m=0.5, max_m=10, clamp=True, names=["mae"])
    metrics.update(prediction, truth)  # scored: 9, 8, 1 and 4; 20 becomes 10 and -5 becomes 0.5
    assert float(metrics.compute()["mae"]) == (0 + 2 + 0.5 + 0) / 4
    metrics = DepthMetrics(min_m=0.5, max_m=10, clamp=True, crop=((0, 1), (1, 3)), names=["mae"])
    metrics.update(prediction, truth)
    assert float(metrics.compute()["mae"]) == 2


@pytest.mark.parametrize("name", ["ratio of medians", "least squares scale and shift in disparity"])
def test_alignment(DepthMetrics, name):
    prediction, truth = images(3)
    metrics = DepthMetrics(min_m=0.1, max_m=12, clamp=True, alignment=name, quantity=Quantity.METRES)
    metrics.update(torch.tensor(prediction), torch.tensor(truth))
    expected = []
    for p, g in zip(prediction, truth, strict=True):
        there = ~np.isnan(g)
        aligned = ALIGNMENTS[name].apply(p[there], g[there], Quantity.METRES)
        expected.append(METRICS["abs_rel"](np.clip(aligned, 0.1, 12), g[there]))
    assert float(metrics.compute()["abs_rel"]) == pytest.approx(np.mean(expected), rel=1e-12)


def test_the_order_of_clamp_and_alignment_is_the_protocols(DepthMetrics):
    rooms = replace(
        shelf.look_up("protocols", "rooms"), alignment="ratio of medians", clamp=True, min_m=0.5, max_m=10.0
    )
    prediction, truth = torch.tensor([[4.0, 30.0, 50.0]]), torch.tensor([[2.0, 5.0, 6.0]])
    figures = []
    for order in ("align, clamp", "clamp, align"):
        metrics = DepthMetrics(replace(rooms, order=order), names=["mae"])
        metrics.update(prediction, truth)
        figures.append(float(metrics.compute()["mae"]))
    # scale 5/30: 0.667, 5, 8.33; clamped first 4, 10, 10 and scale 5/10: 2, 5, 5
    assert figures == pytest.approx([(4 / 3 + 0 + 7 / 3) / 3, (0 + 0 + 1) / 3])


def test_the_signature_says_the_rules(DepthMetrics):
    metrics = DepthMetrics("rooms", data="my rooms")
    metrics.update(*map(torch.tensor, images(2)))
    facts = parse_signature(metrics.signature)
    assert facts["protocol"] == "rooms"
    assert facts["data"] == "my rooms"
    assert facts["images"] == "2"
    assert facts["frame"] == "8x6"
    assert int(facts["pixels"]) > 0
    facts = parse_signature(DepthMetrics(min_m=0.1, max_m=10, crop=((1, 3), (0, 4))).signature)
    assert facts["protocol"] == "own rules"
    assert facts["region"].startswith("rows 1:3 columns 0:4")
    assert facts["range"] == "0.1 m < depth < 10 m"


def test_no_pixel_is_nan_and_no_zero(DepthMetrics, kind):
    nothing = torch.full((2, 3), torch.nan)
    for average in ("image", "pixel"):
        metrics = DepthMetrics(average=average)
        metrics.update(torch.ones(2, 3), nothing)
        assert np.isnan(list(floats(metrics.compute()).values())).all()
        metrics.update(torch.ones(2, 3), 2 * torch.ones(2, 3))  # the empty image does not thin the mean
        assert float(metrics.compute()["abs_rel"]) == 0.5


def test_reset_and_copies(DepthMetrics):
    metrics, twos = DepthMetrics(names=["mae"]), 2 * torch.ones(2, 2)
    metrics.update(torch.ones(2, 2), twos)
    other = copy.deepcopy(metrics)
    metrics.reset()
    assert metrics.images == 0
    metrics.update(twos, twos)
    assert (float(metrics.compute()["mae"]), float(other.compute()["mae"])) == (0, 1)


def test_gradients_half_floats_and_numbers_of_images(DepthMetrics):
    metrics = DepthMetrics(names=["mae"])
    metrics.update(torch.ones(1, 2, 2, dtype=torch.bfloat16, requires_grad=True), torch.full((1, 1, 2, 2), 2.0))
    assert float(metrics.compute()["mae"]) == 1


def test_a_bad_batch_counts_for_nothing(DepthMetrics):
    metrics = DepthMetrics(names=["mae"])
    bad = torch.ones(2, 2, 2)
    bad[1, 0, 0] = -1
    with pytest.raises(BadInput, match=r"image 1 of the batch: the prediction is .* at 1 of the 4"):
        metrics.update(bad, torch.ones(2, 2, 2))
    with pytest.raises(BadInput, match="image 0 of the batch: the truth"):
        metrics.update(torch.ones(2, 2), torch.zeros(2, 2))
    with pytest.raises(BadInput, match="one shape"):
        metrics.update(torch.ones(2, 2), torch.ones(2, 3))
    with pytest.raises(BadInput, match=r"not \(1, 2, 2, 2\)"):
        metrics.update(torch.ones(1, 2, 2, 2), torch.ones(1, 2, 2, 2))
    assert metrics.images == 0
    framed = replace(shelf.look_up("protocols", "rooms"), frame=(4, 4), crop=Crop((1, 3), (1, 3)))
    with pytest.raises(BadInput, match="crops truths of"):
        DepthMetrics(framed).update(torch.ones(2, 2), torch.ones(2, 2))


def test_bad_rules(DepthMetrics):
    with pytest.raises(BadInput, match="no metric abs-rel"):
        DepthMetrics(names=["abs-rel"])
    with pytest.raises(BadInput, match="give it or these"):
        DepthMetrics("rooms", max_m=10)
    with pytest.raises(BadInput, match="whole videos"):
        DepthMetrics(replace(shelf.look_up("protocols", "rooms"), align_per="scene"))
    with pytest.raises(BadInput, match="a clamp needs"):
        DepthMetrics(clamp=True)


WORKER = """
import json, sys
kind, rank, store = sys.argv[1], int(sys.argv[2]), sys.argv[3]
if kind == "alone":
    sys.modules["torchmetrics"] = None
import torch
from torch import distributed
from fathom.metrics import DepthMetrics
distributed.init_process_group("gloo", init_method="file://" + store, rank=rank, world_size=2)
found = {}
for average in ("image", "pixel"):
    metrics = DepthMetrics(average=average)
    for prediction, truth in torch.load(store + ".images")[rank::2]:
        metrics.update(prediction, truth)
    found[average] = [{k: float(v) for k, v in metrics.compute().items()} for _ in range(2)]
    found[average + " images"] = metrics.images
print(json.dumps(found))
distributed.destroy_process_group()
"""


def test_two_processes_are_as_one(kind, tmp_path, DepthMetrics):
    """Five images, three and two of them; twice computed, for the joined states must not be joined again."""
    prediction, truth = map(torch.tensor, images(5))
    torch.save(list(zip(prediction, truth, strict=True)), tmp_path / "store.images")
    environment = os.environ | {"GLOO_SOCKET_IFNAME": "lo"}
    commands = [[sys.executable, "-c", WORKER, kind, str(rank), str(tmp_path / "store")] for rank in range(2)]
    workers = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) for command in commands
    ]
    answers = [json.loads(worker.communicate(timeout=120)[0]) for worker in workers]
    assert [answer["image images"] for answer in answers] == [3, 2]
    for average in ("image", "pixel"):
        one = DepthMetrics(average=average)
        one.update(prediction, truth)
        for answer in answers:
            for found in answer[average]:
                assert found == pytest.approx(floats(one.compute()), rel=1e-12)
