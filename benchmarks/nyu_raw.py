"""How many frames a second NYU's raw chain gives: `python benchmarks/nyu_raw.py [--threads 2] [--repeats 15]`.

One pair of files, the real one where ../shared/data has it and a made-up one elsewhere, is copied under many names
into a temporary folder; every read opens its own two files (from the page cache: the disk is not measured). Reading
from a pool of threads, the bare reading of the same files, and the slow numpy twin of the tests on one thread are
interleaved in one process. The fastest of each is the one least disturbed; the median says how much disturbance
there was. The stages are timed one after the other on one thread.
"""

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numba
import numpy as np

from fathom.datasets.nyu_raw import NyuRaw
from fathom.files.kinect import read_colour, read_disparity
from fathom.ops.kinect import mask_extremes, project_disparity, undistort_colour
from fathom.ops.resample import halve_colour, halve_depth

ROOT = Path(__file__).parents[1]
RESULT = Path(__file__).parent / "results" / "nyu_raw.json"
REAL = ROOT.parent / "shared" / "data" / "nyu_raw" / "basement_0001a"
CAPTURE = "basement_0001a"

sys.path.insert(0, str(ROOT / "tests"))
from reference import kinect as slow  # noqa: E402
from small import nyu_raw as small  # noqa: E402


def copy_frames(folder: Path, frames: int) -> str:
    """Writes so many pairs; says of what."""
    real = REAL.is_dir()
    depth = read_disparity(next(REAL.glob("d-*.pgm"))) if real else small.wall(900)
    colour = read_colour(next(REAL.glob("r-*.ppm"))) if real else small.picture(20)
    folder.mkdir()
    for i in range(frames):
        small.write_depth(folder, small.FIRST_S + i * 0.1, depth)
        small.write_colour(folder, small.FIRST_S + i * 0.1 + 0.013, colour)
    return "the real pair basement_0001a" if real else "a made-up pair"


def slow_frame(folder: Path, depth: str, colour: str) -> None:
    """The chain as whole-array numpy, halved by the same functions."""
    raw = np.frombuffer((folder / depth).read_bytes()[17:], "<u2").reshape(480, 640)
    rgb = np.frombuffer((folder / colour).read_bytes()[15:], np.uint8).reshape(480, 640, 3)
    depth_m = slow.project(raw).astype(np.float32)
    depth_m[depth_m == 0] = np.nan
    halve_colour(slow.colour(rgb))
    halve_depth(mask_extremes(depth_m))


def rate(read: Callable[[int], object], frames: int, threads: int) -> tuple[float, float]:
    """(frames a second, processor seconds a frame)."""
    with ThreadPoolExecutor(threads) as pool:
        wall, processor = time.perf_counter(), time.process_time()
        for _ in pool.map(read, range(frames)):
            pass
        wall, processor = time.perf_counter() - wall, time.process_time() - processor
    return frames / wall, processor / frames


def stages(folder: Path, depth: str, colour: str, repeats: int) -> dict[str, dict[str, float]]:
    """Milliseconds of each step on one thread."""
    disparity, rgb = read_disparity(folder / depth), read_colour(folder / colour)
    straight, depth_m = undistort_colour(rgb), project_disparity(disparity)
    steps: dict[str, Callable[[], object]] = {
        "read both files": lambda: (read_disparity(folder / depth), read_colour(folder / colour)),
        "undistort the colour": lambda: undistort_colour(rgb),
        "undistort and project the depth": lambda: project_disparity(disparity),
        "mask the extremes": lambda: mask_extremes(depth_m),
        "halve the colour": lambda: halve_colour(straight),
        "halve the depth": lambda: halve_depth(depth_m),
    }
    taken_ms: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(repeats):
        for name, step in steps.items():
            start = time.perf_counter()
            step()
            taken_ms[name].append(1000 * (time.perf_counter() - start))
    return {
        name: {"min_ms": round(min(t), 2), "median_ms": round(statistics.median(t), 2)}
        for name, t in taken_ms.items()
    }


def processor_name() -> str:
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if "model name" in line]
    return names[0] if names else platform.processor()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--frames", type=int, default=60)
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / CAPTURE
        what = copy_frames(folder, options.frames)
        dataset = NyuRaw(place)
        names = [sorted(p.name for p in folder.glob(pattern)) for pattern in ("d-*.pgm", "r-*.ppm")]
        dataset.read(0)  # compiles

        def read_only(i: int) -> None:
            read_disparity(folder / names[0][i])
            read_colour(folder / names[1][i])

        chain, bare, twin_s = [], [], []
        for repeat in range(options.repeats):
            chain.append(rate(dataset.read, options.frames, options.threads))
            bare.append(rate(read_only, options.frames, options.threads)[0])
            start = time.process_time()
            slow_frame(folder, names[0][repeat], names[1][repeat])
            twin_s.append(time.process_time() - start)
        times = stages(folder, names[0][0], names[1][0], 5 * options.repeats)

    processor_s = [seconds for _, seconds in chain]
    rates = [fast for fast, _ in chain]
    result = {
        "what": f"fathom.datasets.nyu_raw at half size, {what} under {options.frames} names",
        "frames_per_second": {"max": round(max(rates), 1), "median": round(statistics.median(rates), 1)},
        "target": 40,
        "threads": options.threads,
        "processor_ms_per_frame": {
            "min": round(1000 * min(processor_s), 1),
            "median": round(1000 * statistics.median(processor_s), 1),
        },
        "frames_per_second_if_undisturbed": round(options.threads / min(processor_s), 1),
        "bare_reading_of_the_files_per_second": round(max(bare), 1),
        "slow_twin_processor_ms_per_frame": {
            "min": round(1000 * min(twin_s), 1),
            "median": round(1000 * statistics.median(twin_s), 1),
        },
        "times_faster_than_the_twin": {
            "of_the_fastest": round(min(twin_s) / min(processor_s), 1),
            "of_the_medians": round(statistics.median(twin_s) / statistics.median(processor_s), 1),
        },
        "stages_on_one_thread": times,
        "repeats": options.repeats,
        "load_average": round(os.getloadavg()[0], 1),
        "machine": f"{os.cpu_count()} cores, {processor_name()}",
        "versions": {"python": platform.python_version(), "numpy": np.__version__, "numba": numba.__version__},
    }
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=2) + "\n")
    print(RESULT.read_text(), end="")


if __name__ == "__main__":
    main()
