"""Mistakes that evaluation programs have made, each with a case that would notice it here.

Beside those below: an empty mask (ops/test_metrics, protocols/test_table, test_metrics), official counts and
overlap of the NYU split (datasets/test_nyu_labeled), ends of the range (protocols/test_families, test_protocol),
align and clamp and crop (test_evaluation), damaged files (test_cli_scores), lost images (test_evaluation).
"""

import csv
import io
import json
import math

import numpy as np
import pytest
import torch
from PIL import Image

from fathom.evaluation import evaluate
from fathom.metrics import DepthMetrics
from fathom.ops.metrics import METRICS
from fathom.predictions import FolderPredictor
from fathom.protocols._base import Protocol
from fathom.records import Quantity
from reference.truths import FakeSplit, answering

RULES = Protocol("rules", 1, "official/test", "exact", "whole", "image", "made up")
# Ratios 3, 1.25, 1.1 and 1.9, so that every figure is another number.
TRUTH_M, PREDICTED_M = np.array([[1, 5, 10, 10]], np.float32), np.array([[3, 4, 11, 19]], np.float32)
LOGS = [math.log(3), math.log(0.8), math.log(1.1), math.log(1.9)]
MEAN = sum(LOGS) / 4
FIGURES = {
    "delta1": 1 / 4,
    "delta2": 2 / 4,
    "delta3": 3 / 4,
    "abs_rel": (2 + 0.2 + 0.1 + 0.9) / 4,
    "sqr_rel": (4 + 0.2 + 0.1 + 8.1) / 4,
    "rmse": math.sqrt((4 + 1 + 1 + 81) / 4),
    "rmse_log": math.sqrt(sum(d * d for d in LOGS) / 4),
    "rmse_log_si": math.sqrt(sum((d - MEAN) ** 2 for d in LOGS) / 4),
    "log10": sum(abs(d) for d in LOGS) / 4 / math.log(10),
    "silog": 100 * math.sqrt(sum((d - MEAN) ** 2 for d in LOGS) / 4),
}


@pytest.fixture(scope="module")
def table():
    return evaluate({"m": answering(PREDICTED_M)}, FakeSplit([TRUTH_M]), RULES)


def test_no_figure_stands_under_the_name_of_another(table):
    """As in Metric3D's meter. In every form of the table."""
    rows = next(csv.DictReader(io.StringIO(table.csv())))
    model = json.loads(table.json())["models"]["m"]
    image = table.per_image("m")[0]
    assert set(METRICS) == set(FIGURES) == set(model["values"])
    assert len(set(FIGURES.values())) == len(FIGURES)
    for name, figure in FIGURES.items():
        found = table.value("m", name), float(rows[name]), model["values"][name], image[name]
        assert found == pytest.approx((figure,) * 4, rel=1e-6), name


def test_truth_and_prediction_in_each_others_place():
    """As in DenseDepth's evaluation. abs rel by the prediction: 2/3, 1/4, 1/11, 9/19."""
    swapped = evaluate({"m": answering(TRUTH_M)}, FakeSplit([PREDICTED_M]), RULES).values("m")
    assert swapped["abs_rel"] == pytest.approx((2 / 3 + 1 / 4 + 1 / 11 + 9 / 19) / 4, rel=1e-6)
    differing = {name for name in METRICS if swapped[name] != pytest.approx(FIGURES[name], rel=1e-6)}
    assert differing == {"abs_rel", "sqr_rel"}, "deltas, RMSE and logs cannot tell"


@pytest.mark.parametrize(("store", "stored_mm"), [(np.trunc, 1999), (np.rint, 2000)])
def test_cut_off_and_rounded_pictures_are_read_as_they_are(tmp_path, store, stored_mm):
    """1.9997 m: BTS stores 1999, others 2000. Nothing is added to the one, and half a step to neither."""
    Image.fromarray(store(np.full((2, 3), 1999.7)).astype(np.uint16)).save(tmp_path / "image_0.png")
    split = FakeSplit([np.full((2, 3), 2, np.float32)])
    predictor = FolderPredictor(tmp_path, ["image_0"], quantity=Quantity.METRES, step=0.001, resize=None)
    found = evaluate({"m": predictor}, split, RULES).value("m", "rmse")
    assert found == pytest.approx((2000 - stored_mm) / 1000, abs=1e-6)


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_the_last_batch_counts_if_it_is_small(size):
    """As it did not in Depth Anything V2's, with drop_last. Errors 0, 1, 2, 3, 4 of five images: 2."""
    truths = [np.ones((2, 2), np.float32)] * 5
    predicted = [np.full((2, 2), 1 + i, np.float32) for i in range(5)]
    metrics = DepthMetrics(RULES)
    for first in range(0, 5, size):
        batch = slice(first, first + size)
        metrics.update(torch.tensor(np.stack(predicted[batch])), torch.tensor(np.stack(truths[batch])))
    assert float(metrics.compute()["abs_rel"]) == pytest.approx(2)
    table = evaluate({"m": answering(predicted)}, FakeSplit(truths), RULES)
    assert (len(table.images), table.value("m", "abs_rel")) == (5, 2)


def test_an_image_without_truth_does_not_divide_the_sum():
    """As in PackNet's, which divides by all images of a batch, and unlike 0 or NaN for the missing one."""
    nothing = np.full_like(TRUTH_M, np.nan)
    table = evaluate({"m": answering(PREDICTED_M)}, FakeSplit([nothing, TRUTH_M]), RULES)
    assert table.values("m") == pytest.approx(FIGURES, rel=1e-6)
    assert set(table.per_image("m")[0].values()) == {"image_0", "scene", 0, None}


def test_one_pixel_has_a_spread_of_exactly_0_and_no_not_a_number():
    """Where sqrt(mean of squares - square of mean) rounds to the root of a negative number."""
    one = np.array([[3.3]], np.float32)
    values = evaluate({"m": answering(1.7 * one)}, FakeSplit([one]), RULES).values("m")
    assert (values["silog"], values["rmse_log_si"]) == (0, 0)
