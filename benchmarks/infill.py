"""In-fill of a 640x480 frame, each way in turn: `python benchmarks/infill.py [--densedepth CHECKOUT] [--turns 3]`.

The classic way is DenseDepth's fill_depth_colorization.py if a folder that holds it is given, else the slow twin
of our tests: the system set up in Python loops, solved by scipy's spsolve. Both get our grey, so that all solve
the same system; errors are against ``solver="exact"``. Frames are the real ones beside the checkout
(../shared/data/nyu_synced) if they are there, else a rendered room with holes. Everything runs on one core, for a
ratio of like to like, but for the last figure.
"""

# ruff: noqa: E402 (threads are chosen before numpy is imported)
import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import argparse
import importlib.util
import json
import multiprocessing
import platform
import resource
import statistics
import sys
import time
import types
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numba
import numpy as np
import scipy
from PIL import Image

from fathom.datasets.rooms import Rooms
from fathom.ops.infill import colorize, cross_bilateral, grey

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "benchmarks" / "results" / "infill.json"
REAL = ROOT.parent / "shared" / "data" / "nyu_synced" / "basement_0001a"


def frames() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Depth with holes and picture by name, 640x480."""
    found = {}
    for path in sorted(REAL.glob("sync_depth_*.png")):
        number = path.stem.removeprefix("sync_depth_")
        steps = np.asarray(Image.open(path))
        picture = np.asarray(Image.open(path.with_name(f"rgb_{number}.jpg")))
        found[f"nyu_synced {number}"] = np.where(steps > 0, steps / 1000, np.nan), picture
    if not found:
        sample = Rooms(frames=1, width=640, height=480).read(0)
        depth_m, (i, j) = sample.depth_m.astype(np.float64), np.indices((480, 640))
        depth_m[(np.hypot(i - 200, (j - 420) / 1.5) < 110) | (i < 25) | (j < 30) | (j > 600)] = np.nan
        found["rooms 0 with holes"] = depth_m, sample.photo.rgb
    return found


DENSEDEPTH = (
    "DenseDepth fill_depth_colorization.py, its grey conversion replaced by ours so that both solve the same system"
)


def densedepth(folder: Path, depth_m: np.ndarray, rgb: np.ndarray) -> np.ndarray:
    stand_in = types.ModuleType("skimage")
    stand_in.color = types.SimpleNamespace(rgb2gray=lambda picture: grey(np.rint(picture * 255).astype(np.uint8)))
    sys.modules["skimage"] = stand_in
    where = importlib.util.spec_from_file_location("densedepth", folder / "fill_depth_colorization.py")
    module = importlib.util.module_from_spec(where)
    where.loader.exec_module(module)
    return module.fill_depth_colorization(rgb / 255, np.nan_to_num(depth_m))


def slow_twin(depth_m: np.ndarray, rgb: np.ndarray) -> np.ndarray:
    sys.path.insert(0, str(ROOT / "tests"))
    from scipy.sparse import csr_matrix
    from scipy.sparse.linalg import spsolve

    from reference.infill import colorization_row

    (height, width), shades, known = depth_m.shape, grey(rgb).tolist(), ~np.isnan(depth_m)
    rows, columns, values = [], [], []
    for i in range(height):
        for j in range(width):
            rows.append(i * width + j)
            columns.append(i * width + j)
            values.append(2.0 if known[i, j] else 1.0)
            for (y, x), weight in colorization_row(shades, i, j).items():
                rows.append(i * width + j)
                columns.append(y * width + x)
                values.append(-weight)
    answer = spsolve(csr_matrix((values, (rows, columns))), np.nan_to_num(depth_m).ravel()).reshape(height, width)
    return np.where(known, depth_m, answer)


def ways(checkout: Path | None) -> dict:
    """Each takes depth and picture and keeps known depth, as DenseDepth does."""
    return {
        "classic": partial(densedepth, checkout) if checkout else slow_twin,
        "exact": partial(colorize, solver="exact", known="kept"),
        "fast": partial(colorize, known="kept"),
        "fast_smoothed": colorize,
        "cross_bilateral": cross_bilateral,
    }


def peak_mb(way: str, checkout: Path | None) -> float:
    """How far one call raises the peak of a fresh process."""
    fill, (depth_m, rgb) = ways(checkout)[way], next(iter(frames().values()))
    fill(depth_m[100:150, 100:150], rgb[100:150, 100:150])  # compiles, loads libraries
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    fill(depth_m, rgb)
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


def both_cores(repeats: int = 6) -> float:
    """Frames a second of the fast way with two threads."""
    work = [*frames().values()] * repeats
    with ThreadPoolExecutor(2) as pool:
        start = time.perf_counter()
        list(pool.map(lambda frame: colorize(*frame), work))
    return len(work) / (time.perf_counter() - start)


def errors_m(
    answers: dict[str, np.ndarray], depth_m: np.ndarray, rgb: np.ndarray
) -> dict[str, tuple[float, float]]:
    """(worst, mean) in the holes; of fast_smoothed everywhere."""
    holes, truth = np.isnan(depth_m), answers["exact"]
    found = {}
    for way, answer in answers.items():
        other, where = (colorize(depth_m, rgb, "exact"), holes >= 0) if way == "fast_smoothed" else (truth, holes)
        error = abs(answer.astype(np.float64) - other)[where]
        found[way] = float(error.max()), float(error.mean())
    return found


def processor_name() -> str:
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if "model name" in line]
    return names[0] if names else platform.processor()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--densedepth", type=Path, help="a folder that holds fill_depth_colorization.py")
    parser.add_argument("--turns", type=int, default=3)
    options = parser.parse_args()

    all_ways = ways(options.densedepth)
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:  # first: a child inherits a peak
        peaks = {way: pool.apply(peak_mb, (way, options.densedepth)) for way in all_ways}
    data = frames()
    for fill in list(all_ways.values())[1:]:
        fill(*(a[100:150, 100:150] for a in next(iter(data.values()))))  # compiles
    seconds, errors = {way: [] for way in all_ways}, {way: [] for way in all_ways}
    for turn in range(options.turns):
        name = list(data)[turn % len(data)]
        answers = {}
        for way, fill in all_ways.items():
            start = time.perf_counter()
            answers[way] = fill(*data[name])
            seconds[way].append(time.perf_counter() - start)
        for way, pair in errors_m(answers, *data[name]).items():
            errors[way].append(pair)
        print(name, {way: round(times[-1], 3) for way, times in seconds.items()}, flush=True)
    result = {
        "what": "one 640x480 frame filled in, on one core; times faster is classic / way, turn by turn",
        "the_classic_way": DENSEDEPTH if options.densedepth else "tests/reference, spsolve",
        "frames": {name: f"{np.isnan(depth_m).mean():.1%} holes" for name, (depth_m, _) in data.items()},
        "turns": options.turns,
    }
    for way, times in seconds.items():
        ratios = [classic / mine for classic, mine in zip(seconds["classic"], times, strict=True)]
        result[way] = {
            "seconds_min": round(min(times), 3),
            "seconds_median": round(statistics.median(times), 3),
            "times_faster_min": round(min(ratios), 1),
            "times_faster_median": round(statistics.median(ratios), 1),
            "worst_error_m": float(f"{max(worst for worst, _ in errors[way]):.2g}"),
            "mean_error_m": float(f"{max(mean for _, mean in errors[way]):.2g}"),
            "peak_mb": round(peaks[way]),
        }
    result |= {
        "fast_smoothed_frames_per_second_two_threads": round(both_cores(), 2),
        "load_average": round(os.getloadavg()[0], 1),
        "machine": f"{os.cpu_count()} cores, {processor_name()}",
        "versions": {"python": platform.python_version()}
        | {module.__name__: module.__version__ for module in (np, scipy, numba)},
    }
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=2) + "\n")
    print(RESULT.read_text(), end="")


if __name__ == "__main__":
    main()
