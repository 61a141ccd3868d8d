"""How close `fathom prepare` comes to merely decoding the files: `python benchmarks/prepare.py [--data FOLDER]`.

For each data set: frames a second of prepare() into a fresh Store, beside those of opening and decoding the same
files (Pillow for pictures, a plain read for laser scans) from as many threads, interleaved in one process. What
prepare does besides: project or convert depth, resize, check, hash, write. Few real frames are laid out many times
under other names, so that files are really read and decoded each time.
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import PIL
from PIL import Image

from fathom import shelf
from fathom.datasets._base import Dataset
from fathom.preparation import prepare

RESULT = Path(__file__).parent / "results" / "prepare.json"
DATE, DRIVE = "2011_09_26", "2011_09_26_drive_0060_sync"


def decode(paths: Sequence[Path]) -> None:
    """All files of one frame, as far as their formats go."""
    for path in paths:
        if path.suffix in (".bin", ".pgm", ".ppm"):
            np.fromfile(path, np.uint8)
        else:
            with Image.open(path) as picture:
                picture.load()


def folder(data: Path, root: Path) -> tuple[Dataset, list[list[Path]]]:
    """The 795 half-resolution NYU pairs: JPEG and 16-bit PNG."""
    source = data / "nyu_train_half"
    depths = sorted((source / "depth").iterdir())
    files = [[source / "rgb" / f"{path.stem}.jpg", path] for path in depths]
    return shelf.look_up("datasets", "folder")(source, scenes="index.csv", focal_px=259.43), files


def kitti_raw(data: Path, root: Path, frames: int = 90) -> tuple[Dataset, list[list[Path]]]:
    """Three real frames with laser scans, each laid out under many numbers."""
    source, drive = data / "kitti_raw" / DATE, root / DATE / DRIVE
    for part in ("image_02", "velodyne_points"):
        (drive / part / "data").mkdir(parents=True)
    for calibration in source.glob("calib_*.txt"):
        shutil.copy(calibration, root / DATE)
    real, files = sorted((source / DRIVE / "velodyne_points" / "data").iterdir()), []
    for n in range(frames):
        scan = real[n % len(real)]
        picture = source / DRIVE / "image_02" / "data" / f"{scan.stem}.png"
        copies = [drive / f"image_02/data/{n:010d}.png", drive / f"velodyne_points/data/{n:010d}.bin"]
        shutil.copy(picture, copies[0])
        shutil.copy(scan, copies[1])
        files.append(copies)
    return shelf.look_up("datasets", "kitti_raw")(root, selection="all"), files


def nyu_raw(data: Path, root: Path, frames: int = 120) -> tuple[Dataset, list[list[Path]]]:
    """One real pair of the Kinect dump under many time stamps."""
    source, capture = data / "nyu_raw" / "basement_0001a", root / "basement_0001a"
    capture.mkdir(parents=True)
    files = []
    for n in range(frames):
        stamp = f"{1316653580.5 + n / 20:.6f}-{1316138413 + n}"
        pair = [capture / f"d-{stamp}.pgm", capture / f"r-{stamp}.ppm"]
        for copy in pair:
            shutil.copy(next(source.glob(f"{copy.name[0]}-*")), copy)
        files.append(pair)
    return shelf.look_up("datasets", "nyu_raw")(root), files


def rate(work: Callable[[], object], frames: int) -> float:
    """Frames a second of doing it once."""
    start = time.perf_counter()
    work()
    return frames / (time.perf_counter() - start)


def compare(dataset: Dataset, files: list[list[Path]], repeats: int) -> dict[str, object]:
    """Both rates, interleaved."""
    threads, rates = os.cpu_count() or 1, {"decode": [], "prepare": []}
    dataset.read(0)  # compiles what is compiled
    for _ in range(repeats):
        with ThreadPoolExecutor(threads) as pool:
            rates["decode"].append(rate(lambda pool=pool: list(pool.map(decode, files)), len(files)))
        with tempfile.TemporaryDirectory() as out:
            rates["prepare"].append(
                rate(lambda out=out: prepare(dataset, Path(out) / "store", holdout={"test": 0}), len(files))
            )
    return {
        "frames": len(files),
        "frame": list(dataset.frame),
        "decode_frames_per_second": [round(r, 1) for r in rates["decode"]],
        "prepare_frames_per_second": [round(r, 1) for r in rates["prepare"]],
        "prepare_over_decode_median": round(
            statistics.median(p / d for p, d in zip(rates["prepare"], rates["decode"], strict=True)), 2
        ),
    }


def processor_name() -> str:
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    if not options.data.is_dir():
        print(f"{options.data} is not there: the real samples are needed; nothing was measured")
        return
    results = {}
    for build in (folder, kitti_raw, nyu_raw):
        with tempfile.TemporaryDirectory() as root:
            results[build.__name__] = compare(*build(options.data, Path(root)), options.repeats)
    result = {
        "what": "fathom.prepare beside decoding the same files from as many threads",
        "data_sets": results,
        "load_average": round(os.getloadavg()[0], 1),
        "machine": f"{os.cpu_count()} cores, {processor_name()}",
        "versions": {"python": platform.python_version(), "numpy": np.__version__, "pillow": PIL.__version__},
    }
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=2) + "\n")
    print(RESULT.read_text(), end="")


if __name__ == "__main__":
    main()
