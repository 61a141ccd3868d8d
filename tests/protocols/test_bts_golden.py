"""BTS's own evaluation of two folders of predictions, reproduced from the files on: Store, folder, protocol.

To 1e-5 of each figure, which is what its float32 is good for."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fathom import shelf
from fathom.datasets.folder import Folder
from fathom.datasets.kitti_raw import KittiRaw
from fathom.evaluation import evaluate, evaluate_all
from fathom.ops.metrics import METRICS
from fathom.ops.resize import KB_FRAME
from fathom.predictions import FolderPredictor
from fathom.preparation import prepare
from fathom.records import Photo

RUNS = {
    run["run"]: run
    for run in json.loads((Path(__file__).parents[1] / "golden" / "bts_evaluation.json").read_text())["runs"]
}
ON_KITTI = [name for name, run in RUNS.items() if run["protocol"].startswith("bts/kitti")]
EIGEN, WHOLE = "nyu_synced, eigen crop, 1e-3..10 m", "nyu_synced, no crop, 1e-3..10 m"


@pytest.fixture(scope="module")
def golden(shared_data):
    path = shared_data.parent / "reference" / "golden" / "predictions"
    if not path.is_dir():
        pytest.skip("the golden predictions are not beside this checkout")
    return path


@pytest.fixture(scope="module")
def nyu(shared_data, golden, tmp_path_factory):
    """(split, predictions) of the three frames of basement_0001a; their depth files get their pictures' names."""
    root = tmp_path_factory.mktemp("nyu_synced")
    source = shared_data / "nyu_synced" / "basement_0001a"
    for folder, prefix in (("rgb", "rgb"), ("depth", "sync_depth")):
        (root / folder / "basement_0001a").mkdir(parents=True)
        for path in source.glob(f"{prefix}_*"):
            link = path.name.replace(prefix, "rgb")
            (root / folder / "basement_0001a" / link).symlink_to(path.resolve())
    store = prepare(Folder(root, depth_unit="mm"), root / "store", holdout={"test": 0})
    return predicted(store.split("all"), golden / "nyu_synced")


@pytest.fixture(scope="module")
def kitti(shared_data, tmp_path_factory):
    """The two left frames of drive 0001 with their annotated truth, at their own size."""
    data = KittiRaw(
        shared_data / "kitti_raw",
        truth="annotated",
        annotated=shared_data / "kitti_annotated",
        selection="all",
        size="original",
        cameras="left",
    )
    return prepare(data, tmp_path_factory.mktemp("kitti") / "store", holdout={"test": 0}).split("all")


def predicted(split, path):
    return split, FolderPredictor(path, split.names, lambda i: split.sample(i).depth_m, resize=None)


def assert_as_bts(table, run, at_limit=None):
    """Every figure of every image and of their mean. The images of the run are in another order than the Store's.

    ``at_limit(image, k)``: how many pixels have a ratio of exactly 1.25^k. There float32 decides otherwise than
    float64 whether it is below, so that deltas may differ by these pixels, and by no others.
    """
    short = len(run["images"][0])
    assert sorted(run["images"]) == sorted(name[-short:] for name in table.images)
    found = {row["image"][-short:]: row for row in table.per_image("bts")}
    for metric in (m for m in METRICS if m in run["mean"]):
        slack = [0.0] * len(found)
        if at_limit and metric.startswith("delta"):
            slack = [at_limit(image, int(metric[-1])) / found[image]["pixels"] for image in run["images"]]
        for image, expected, more in zip(run["images"], run["per_image"][metric], slack, strict=True):
            assert found[image][metric] == pytest.approx(expected, rel=1e-5, abs=more), (metric, image)
        mean = pytest.approx(run["mean"][metric], rel=1e-5, abs=sum(slack) / len(slack))
        assert table.value("bts", metric) == mean, metric
    assert set(run["mean"]) == set(METRICS) - {"rmse_log_si"}


def millimetres_at_limit(split, predictor):
    """In whole numbers, which no rounding blurs: 5^k times the smaller is 4^k times the larger."""
    stored = {}
    for sample in split:
        values = predictor(Photo(sample.rgb, sample.camera, sample.name)).values
        there = ~np.isnan(sample.depth_m)
        pair = [np.rint(1000 * m[there].astype(float)).astype(int) for m in (values, sample.depth_m)]
        stored[sample.name[-5:]] = np.sort(np.clip(pair, 1, 10_000), axis=0)
    return lambda image, k: int(np.sum(5**k * stored[image][0] == 4**k * stored[image][1]))


@pytest.mark.parametrize("name", ["bts/nyu", "nyu_eigen/community"])
def test_nyu(nyu, name):
    split, predictor = nyu
    table = evaluate({"bts": predictor}, split, name)
    assert_as_bts(table, RUNS[EIGEN], millimetres_at_limit(split, predictor))


def test_nyu_without_the_crop(nyu):
    split, predictor = nyu
    rules = replace(shelf.look_up("protocols", "bts/nyu"), crop=None)
    table = evaluate({"bts": predictor}, split, rules)
    assert_as_bts(table, RUNS[WHOLE], millimetres_at_limit(split, predictor))


@pytest.mark.parametrize("run", ON_KITTI)
def test_kitti(kitti, golden, tmp_path, run):
    """The run on predictions for the 1216x352 window has the figures of that on whole ones: Garg's crop, rows
    153:371 and columns 44:1197, lies in the window, rows 23:375 and columns 13:1229."""
    path = golden / "kitti_annotated"
    if "window" in RUNS[run]["predictions"]:
        path = in_the_window(path, tmp_path)
    split, predictor = predicted(kitti, path)
    assert_as_bts(evaluate({"bts": predictor}, split, RUNS[run]["protocol"]), RUNS[run])


def test_all_in_one_pass(kitti, golden):
    split, predictor = predicted(kitti, golden / "kitti_annotated")
    names = [RUNS[run]["protocol"] for run in ON_KITTI if "window" not in RUNS[run]["predictions"]]
    tables, refused = evaluate_all({"bts": predictor}, split, names)
    assert not refused
    for run in ON_KITTI:
        assert_as_bts(tables[RUNS[run]["protocol"]], RUNS[run])


def in_the_window(path, out):
    """The predictions cut to the window that BTS predicts."""
    height, width = KB_FRAME
    for file in path.iterdir():
        stored = np.asarray(Image.open(file))
        left = (stored.shape[1] - width) // 2
        Image.fromarray(stored[-height:, left : left + width]).save(out / file.name)
    return out
