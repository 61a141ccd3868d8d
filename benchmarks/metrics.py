"""All metrics of an image beside the usual numpy code: `python benchmarks/metrics.py [--checkout FOLDER]`.

The rival is what papers' programs do, written here: clamp the prediction, a mask of valid truth, nine figures with
numpy in float32. ``--checkout`` takes the function compute_errors(gt, pred) of AdaBins, BTS or another instead.
Both run in one process on one thread, in turn, on real frames where they are (NYU's in-filled truth of 640x480,
KITTI's annotated truth and its single scan, 1242x375), else made-up ones; the predictions are made up. The figures
are equal to 1e-5, and ours to the slow twin of the tests to 1e-9.

"scoring" is crop, range of the truth, clamp and all figures; "places" does it for a list of the pixels with truth,
which is made once for each truth; "region" is the pass with a mask that was made before. "with_making_the_region"
makes the mask with numpy, as a program does that wants it for other things too.
"""

import argparse
import ast
import importlib
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numba
import numpy as np
from PIL import Image

from fathom.ops.metrics import EXTRA_METRICS, METRICS, measure, measure_at

HERE = Path(__file__).parent
RESULT = HERE / "results" / "metrics.json"
Errors = Callable[[np.ndarray, np.ndarray], object]
PLAIN = ("delta1", "delta2", "delta3", "abs_rel", "sqr_rel", "rmse", "rmse_log", "log10", "silog")
GARG = (slice(153, 371), slice(44, 1197))


def plain_errors(gt: np.ndarray, pred: np.ndarray) -> tuple[np.floating, ...]:
    """The nine figures in the usual way."""
    ratio = np.maximum(gt / pred, pred / gt)
    error = np.log(pred) - np.log(gt)
    return (
        *((ratio < 1.25**k).mean() for k in (1, 2, 3)),
        np.mean(np.abs(gt - pred) / gt),
        np.mean((gt - pred) ** 2 / gt),
        np.sqrt(np.mean((gt - pred) ** 2)),
        np.sqrt(np.mean((np.log(gt) - np.log(pred)) ** 2)),
        np.mean(np.abs(np.log10(gt) - np.log10(pred))),
        np.sqrt(np.mean(error**2) - np.mean(error) ** 2) * 100,
    )


def errors_of(checkout: Path) -> Errors:
    """compute_errors out of a program, without running the rest of it."""
    for path in sorted(checkout.rglob("*.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef) and node.name == "compute_errors" and len(node.args.args) == 2:
                found: dict = {"np": np}
                exec(compile(ast.Module([node], []), str(path), "exec"), found)
                return found["compute_errors"]
    raise SystemExit(f"no compute_errors(gt, pred) in {checkout}")


def rival_scoring(
    errors: Errors, pred: np.ndarray, gt: np.ndarray, ends: tuple[float, float], crop: tuple
) -> object:
    """As the evaluation loops have it; truth is 0 where absent."""
    pred = pred.copy()
    pred[pred < ends[0]] = ends[0]
    pred[pred > ends[1]] = ends[1]
    pred[np.isinf(pred)] = ends[1]
    pred[np.isnan(pred)] = ends[0]
    valid = np.logical_and(gt > ends[0], gt < ends[1])
    window = np.zeros(gt.shape)
    window[crop] = 1
    valid = np.logical_and(valid, window)
    return errors(gt[valid], pred[valid])


def region_of(truth: np.ndarray, ends: tuple[float, float], crop: tuple) -> np.ndarray:
    """As fathom.protocols has it; truth is NaN where absent."""
    inside = ~np.isnan(truth)
    window = np.zeros_like(inside)
    window[crop] = True
    return inside & window & (truth > ends[0]) & (truth < ends[1])


def turns(functions: dict[str, Callable[[], object]], repeats: int) -> dict[str, dict[str, float]]:
    """Milliseconds, least and median, of functions called in turn."""
    seconds: dict[str, list[float]] = {name: [] for name in functions}
    for function in functions.values():
        function()
    for _ in range(repeats):
        for name, function in functions.items():
            start = time.perf_counter()
            function()
            seconds[name].append(time.perf_counter() - start)
    return {
        name: {"min_ms": round(1e3 * min(s), 4), "median_ms": round(1e3 * statistics.median(s), 4)}
        for name, s in seconds.items()
    }


def frames(data: Path) -> dict[str, tuple[str, np.ndarray, tuple[float, float], tuple]]:
    """Case → where from, truth (NaN where absent), range, crop."""
    everything = (slice(None), slice(None))
    patterns = ("nyu_train_full/depth/*.png", "**/groundtruth/image_02/*.png", "**/velodyne_raw/image_02/*.png")
    real = [sorted(data.glob(pattern)) for pattern in patterns]
    if all(real):
        truths = [np.asarray(Image.open(p[0]), np.float32) / k for p, k in zip(real, (1000, 256, 256), strict=True)]
    else:
        rng, across = np.random.default_rng(0), np.linspace(0, 3, 640)
        truths = [4 + 3 * np.sin(across + across[:480, None])]
        for share in (0.25, 0.065):
            road = np.where(rng.random((375, 1242)) < share, rng.uniform(3, 75, (375, 1242)), 0)
            road[:110] = 0
            truths.append(road)
    truths = [np.where(truth > 0, truth, np.nan).astype(np.float32) for truth in truths]
    kind = "real" if all(real) else "made up"
    return {
        "dense_640x480": (f"{kind}, in-filled indoor truth", truths[0], (1e-3, 10.0), everything),
        "sparse_1242x375": (f"{kind}, one laser scan, no crop", truths[2], (1e-3, 80.0), everything),
        "annotated_1242x375": (f"{kind}, annotated road truth, Garg's crop", truths[1], (1e-3, 80.0), GARG),
    }


def compare(
    errors: Errors, truth: np.ndarray, ends: tuple[float, float], crop: tuple, repeats: int
) -> dict[str, object]:
    """One frame, scored in every way."""
    rng = np.random.default_rng(1)
    anything = np.float32(np.nanmean(truth))
    prediction = np.where(np.isnan(truth), anything, truth) * np.exp(rng.normal(0, 0.2, truth.shape))
    prediction, zeros = prediction.astype(np.float32), np.nan_to_num(truth)
    region, clamp = region_of(truth, ends, crop), {"min_m": ends[0], "max_m": ends[1]}
    limits = {"above_m": ends[0], "below_m": ends[1]}
    places = np.flatnonzero(region)
    few = truth.reshape(-1)[places]
    agree(errors, prediction, truth, region, ends, crop)
    ways: dict[str, Callable[[], object]] = {
        "rival": lambda: rival_scoring(errors, prediction, zeros, ends, crop),
        "ours_scoring": lambda: measure(prediction[crop], truth[crop], **limits, **clamp),
        "ours_places": lambda: measure_at(prediction, places, few, **clamp),
        "ours_region": lambda: measure(prediction, truth, region, **clamp),
        "ours_with_making_the_region": lambda: measure(prediction, truth, region_of(truth, ends, crop), **clamp),
    }
    times = turns(ways, repeats)
    for workers in (1, 2):
        with ThreadPoolExecutor(workers) as pool:
            start = time.perf_counter()
            list(pool.map(lambda p: measure(p[crop], truth[crop], **limits, **clamp), [prediction] * 100))
            times[f"ours_scoring_{workers}_threads"] = {"mean_ms": round(10 * (time.perf_counter() - start), 4)}
    return {
        "pixels_scored": int(few.size),
        "times": times,
        "times_faster": {
            name: {kind: round(times["rival"][kind] / took[kind], 1) for kind in ("min_ms", "median_ms")}
            for name, took in times.items()
            if name != "rival" and "min_ms" in took
        },
    }


def agree(
    errors: Errors, prediction: np.ndarray, truth: np.ndarray, region: np.ndarray, ends: tuple, crop: tuple
) -> None:
    """Stops the program if the figures are not those of the rival and of the slow twin."""
    sums = measure(prediction[crop], truth[crop], above_m=ends[0], below_m=ends[1], min_m=ends[0], max_m=ends[1])
    if errors is plain_errors:
        theirs = dict(zip(PLAIN, plain_errors(truth[region], np.clip(prediction, *ends)[region]), strict=True))
        for name, value in theirs.items():
            assert abs(METRICS[name].value(sums) - value) < 1e-5 * abs(value), name
    sys.path.insert(0, str(HERE.parent / "tests"))
    twin = importlib.import_module("reference.metrics")
    pairs = (a[region].astype(float).tolist() for a in (np.clip(prediction, *ends), truth))
    for name, value in twin.figures(*pairs).items():
        assert abs((METRICS | EXTRA_METRICS)[name].value(sums) - value) < 1e-9 * abs(value), name


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--checkout", type=Path, help="AdaBins, BTS or another program with compute_errors(gt, pred)"
    )
    parser.add_argument("--data", type=Path, default=HERE.parents[1] / "shared" / "data")
    parser.add_argument("--repeats", type=int, default=100)
    options = parser.parse_args()

    errors = errors_of(options.checkout) if options.checkout else plain_errors
    result: dict[str, object] = {
        "what": "clamp, mask and figures of one image: nine of the rival, seventeen of ours",
        "rival": f"compute_errors of {options.checkout.name}"
        if options.checkout
        else "the usual numpy code, float32",
    }
    for name, (source, truth, ends, crop) in frames(options.data).items():
        result[name] = {"truth": source, **compare(errors, truth, ends, crop, options.repeats)}
    result |= {
        "load_average": round(os.getloadavg()[0], 1),
        "machine": f"{os.cpu_count()} cores, {processor_name()}, one thread",
        "versions": {"python": platform.python_version(), "numpy": np.__version__, "numba": numba.__version__},
    }
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=2) + "\n")
    print(RESULT.read_text(), end="")


def processor_name() -> str:
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    names = [line for line in lines if "model name" in line]
    return names[0].partition(":")[2].strip() if names else platform.processor() or platform.machine()


if __name__ == "__main__":
    main()
