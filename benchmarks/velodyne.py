"""Laser scans to depth maps, beside monodepth2: `python benchmarks/velodyne.py [--monodepth2 DIR] [--kitti ROOT]`.

Both run in one process, in turn, on the same scans: real ones of KITTI drive 0060 where they are, else a made-up
64-beam scanner's. Without a checkout of monodepth2 (its kitti_utils.py) the rival is the slow twin of the tests,
which is the same thing written plainly in numpy. "computing" leaves out reading on both sides; "whole" is what one
frame costs: monodepth2 reads its calibration anew each time, we once a day of recording.
"""

import argparse
import importlib
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numba
import numpy as np

from fathom.files.kitti import Calibration, read_calibration, read_velodyne
from fathom.ops.splat import splat_velodyne

HERE = Path(__file__).parent
RESULT = HERE / "results" / "velodyne.json"
DAY, DRIVE = "2011_09_26", "2011_09_26_drive_0060_sync"
Rival = Callable[[Path, np.ndarray | None], np.ndarray]  # of a file; or of its points, given to leave reading out


def rival_of(checkout: Path | None, day: Path, calibration: Calibration) -> tuple[str, Rival]:
    """Its name and a function of (file, points or None)."""
    if checkout is None:
        sys.path.insert(0, str(HERE.parent / "tests"))
        twin = importlib.import_module("reference.splat")
        to_pixels, size = calibration.scanner_to_pixels("02"), calibration.sizes["02"]

        def plain(file: Path, points: np.ndarray | None) -> np.ndarray:
            return twin.monodepth2(read_velodyne(file) if points is None else points, to_pixels, size, "camera_z")

        return "the slow twin of the tests, in numpy", plain
    np.int = int  # noqa: NPY001  # it was written for a numpy that had this
    sys.path.insert(0, str(checkout))
    module = importlib.import_module("kitti_utils")
    load, parse = module.load_velodyne_points, module.read_calib_file
    parsed: dict[str, dict] = {}

    def original(file: Path, points: np.ndarray | None) -> np.ndarray:
        if points is None:
            module.load_velodyne_points, module.read_calib_file = load, parse
        else:
            homogeneous = points.copy()
            homogeneous[:, 3] = 1
            module.load_velodyne_points = lambda _: homogeneous
            module.read_calib_file = lambda path: parsed.get(path) or parsed.setdefault(path, parse(path))
        return module.generate_depth_map(str(day), str(file))

    return "monodepth2's kitti_utils.generate_depth_map", original


def made_up_scan(seed: int) -> np.ndarray:
    """A 64-beam scanner over a road between walls, float32 (N, 4)."""
    rng = np.random.default_rng(seed)
    up, around = np.meshgrid(np.radians(np.linspace(2, -24.8, 64)), np.linspace(-np.pi, np.pi, 1900), indexing="ij")
    direction = np.stack([np.cos(up) * np.cos(around), np.cos(up) * np.sin(around), np.sin(up)], -1).reshape(-1, 3)
    with np.errstate(divide="ignore"):
        reach = np.minimum(np.where(direction[:, 2] < 0, -1.73 / direction[:, 2], np.inf), 8 / abs(direction[:, 1]))
    reach = np.minimum(reach, rng.choice([15.0, 40.0, 70.0], len(reach))) + rng.normal(0, 0.02, len(reach))
    return np.concatenate([direction * reach[:, None], rng.uniform(0, 1, (len(reach), 1))], 1).astype(np.float32)


def turns(functions: dict[str, Callable[[], object]], repeats: int) -> dict[str, dict[str, float]]:
    """Milliseconds, least and median, of functions called in turn."""
    seconds: dict[str, list[float]] = {name: [] for name in functions}
    for _ in range(repeats):
        for name, function in functions.items():
            function()  # not timed: each is measured with its own data in the caches, not with the other's
            start = time.perf_counter()
            function()
            seconds[name].append(time.perf_counter() - start)
    return {
        name: {"min_ms": round(1e3 * min(s), 3), "median_ms": round(1e3 * statistics.median(s), 3)}
        for name, s in seconds.items()
    }


def compare(files: list[Path], calibration: Calibration, rival: Rival, repeats: int) -> dict[str, object]:
    """One file after the other in each call."""
    to_pixels, size = calibration.scanner_to_pixels("02"), calibration.sizes["02"]
    points = [read_velodyne(file) for file in files]
    ours = [splat_velodyne(p, to_pixels, size, "monodepth2") for p in points]
    theirs = [np.asarray(rival(f, p), np.float64) for f, p in zip(files, points, strict=True)]
    for our, their in zip(ours, theirs, strict=True):
        their[their == 0] = np.nan
        assert (np.isnan(our) == np.isnan(their)).all()
        assert np.nanmax(abs(our - their)) < 1e-5
    inside = sum(int((~np.isnan(m)).sum()) for m in ours) / len(files)
    rules = ("monodepth2", "nearest", "capture_time")

    def each(function: Callable[[Path, np.ndarray], object]) -> Callable[[], None]:
        def run() -> None:
            for file, scan in zip(files, points, strict=True):
                function(file, scan)

        return run

    functions = {
        "rival_whole": each(lambda file, scan: rival(file, None)),
        "ours_whole": each(lambda file, scan: splat_velodyne(read_velodyne(file), to_pixels, size, "monodepth2")),
        "rival_computing": each(rival),
        **{
            f"ours_computing_{rule}": each(
                lambda file, scan, rule=rule: splat_velodyne(scan, to_pixels, size, rule)
            )
            for rule in rules
        },
        "reading_the_file": each(lambda file, scan: read_velodyne(file)),
    }
    times = turns(functions, repeats)
    for entry in times.values():
        entry.update({key: round(value / len(files), 3) for key, value in entry.items()})

    def ratio(slow: str, fast: str) -> dict[str, float]:
        return {kind: round(times[slow][f"{kind}_ms"] / times[fast][f"{kind}_ms"], 1) for kind in ("min", "median")}

    return {
        "points": round(sum(map(len, points)) / len(files)),
        "pixels_with_depth": round(inside),
        "per_frame": times,
        "times_faster_computing": {rule: ratio("rival_computing", f"ours_computing_{rule}") for rule in rules},
        "times_faster_whole": ratio("rival_whole", "ours_whole"),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--monodepth2", type=Path, help="a folder with its kitti_utils.py")
    parser.add_argument("--kitti", type=Path, default=HERE.parents[1] / "shared" / "data" / "kitti_raw")
    parser.add_argument("--repeats", type=int, default=15)
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        day, scans = (
            options.kitti / DAY,
            sorted((options.kitti / DAY / DRIVE / "velodyne_points" / "data").glob("*.bin")),
        )
        real = len(scans) >= 3
        if not real:
            sys.path.insert(0, str(HERE.parent / "tests"))
            importlib.import_module("small.kitti_raw").write(Path(folder), {"2011_09_26_drive_0060": (0,)})
            day = Path(folder) / DAY
            scans = [Path(folder) / f"{i}.bin" for i in range(3)]
            for i, scan in enumerate(scans):
                made_up_scan(i).tofile(scan)
        together = Path(folder) / "together.bin"
        np.concatenate([read_velodyne(scan) for scan in scans[:3]]).tofile(together)
        calibration = read_calibration(day)
        name, rival = rival_of(options.monodepth2, day, calibration)
        result = {
            "what": "one scan as a 1242x375 depth map; the results are equal (mask exactly, depth to 1e-5 m)",
            "rival": name,
            "scans": f"real, KITTI {DRIVE}" if real else "made up, 64 beams",
            "single": compare(scans[:3], calibration, rival, options.repeats),
            "three_scans_on_one_picture": compare([together], calibration, rival, options.repeats),
            "load_average": round(os.getloadavg()[0], 1),
            "machine": f"{os.cpu_count()} cores, {platform.processor() or platform.machine()}, one thread",
            "versions": {"python": platform.python_version(), "numpy": np.__version__, "numba": numba.__version__},
        }
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=2) + "\n")
    print(RESULT.read_text(), end="")


if __name__ == "__main__":
    main()
