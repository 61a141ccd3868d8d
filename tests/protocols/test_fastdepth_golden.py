"""FastDepth's published arrays under whole protocols: the figures that other programs gave after each alignment."""

import json
from pathlib import Path

import numpy as np
import pytest

from fathom.evaluation import evaluate, evaluate_all
from fathom.ops.metrics import METRICS
from fathom.records import Quantity
from reference.truths import FakeSplit, answering

CASES = json.loads((Path(__file__).parents[1] / "golden" / "metrics.json").read_text())["cases"]
# Protocols whose range and crop leave all of these pixels, 0.7 to 5.9 m.
PROTOCOLS = {
    "none": ("rooms/whole", "diode/devkit", "metric3d/kitti", "make3d/c2_fcrn"),
    "ratio of medians": ("rooms/median", "monodepth2/benchmark", "metric3d/kitti_median", "make3d/c1_monodepth"),
    "scale and shift of 1/depth, then at least 1/10": ("midas/nyu", "midas/tum"),
    "scale and shift of depth, then 1e-3..10 m": ("marigold/scannet",),
}


@pytest.fixture(scope="module")
def arrays(shared_data):
    folder = shared_data / "arrays"
    return np.load(folder / "fastdepth_depth.npy"), np.load(folder / "fastdepth_pred.npy")[0, 0]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["alignment"])
def test_under_whole_protocols(arrays, case):
    truth, prediction = arrays
    for name in PROTOCOLS[case["alignment"]]:
        table = evaluate({"m": answering(prediction)}, FakeSplit([truth]), name)
        found = table.values("m")
        assert table.pixels == truth.size == 224 * 224
        assert {metric: found[metric] for metric in case["figures"]} == pytest.approx(case["figures"], rel=1e-5)


def test_every_protocol_scores_them_or_says_why_not(arrays):
    truth, prediction = arrays
    tables, refused = evaluate_all({"m": answering(prediction)}, FakeSplit([truth]))
    # Those for a network that answers in units of 5.4 m score a metric one as what it then is.
    assert all(0.05 < tables[name].value("m", "abs_rel") < 0.2 for name in tables if "stereo" not in name)
    assert tables["monodepth2/benchmark_stereo"].value("m", "abs_rel") > 4
    assert {name for names in PROTOCOLS.values() for name in names} <= set(tables)
    wrong_frame = {
        "nyu_eigen/community",
        "bts/nyu",
        "bts/kitti_online",
        "marigold/nyu",
        "marigold/kitti",
        "video/nyu",
    }
    assert wrong_frame <= set(refused)
    assert all("224x224" in refused[name] for name in wrong_frame)


def test_only_an_aligned_protocol_takes_what_is_no_length(arrays):
    truth, prediction = arrays
    split, inverse = FakeSplit([truth]), {"m": answering(1 / prediction, Quantity.RELATIVE_INVERSE_DEPTH)}
    metric = evaluate({"m": answering(prediction)}, split, "midas/nyu")
    relative = evaluate(inverse, split, "midas/nyu")
    for name in METRICS:
        assert relative.value("m", name) == pytest.approx(metric.value("m", name), rel=1e-5)
    tables, _ = evaluate_all(
        inverse, split, ["midas/nyu", "rooms/whole", "rooms/median", "moge/disparity_invariant"]
    )
    assert set(tables) == {"midas/nyu", "moge/disparity_invariant"}
