"""How many frames a second the procedural rooms give: `python benchmarks/rooms.py [--threads 2] [--repeats 5]`.

Reads 320x240 frames, one ray a pixel, from a pool of threads; writes the fastest of several repeats, for that is
the one least disturbed by whatever else the machine did, and the processor time a frame. On a
busy machine the processor time says more than the rate: threads / processor time is the rate of a calm one.
"""

import argparse
import json
import os
import platform
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numba
import numpy as np

from fathom.datasets._rooms_layout import furnish
from fathom.datasets.rooms import GENERATOR_VERSION, Rooms

RESULT = Path(__file__).parent / "results" / "rooms.json"


def measure(read: Callable[[int], object], frames: range, threads: int) -> tuple[float, float]:
    """(frames a second, processor seconds a frame)."""
    with ThreadPoolExecutor(threads) as pool:
        wall, processor = time.perf_counter(), time.process_time()
        for _ in pool.map(read, frames):
            pass
        wall, processor = time.perf_counter() - wall, time.process_time() - processor
    return len(frames) / wall, processor / len(frames)


def processor_name() -> str:
    information = Path("/proc/cpuinfo")
    names = (
        [line for line in information.read_text().splitlines() if "model name" in line]
        if information.exists()
        else []
    )
    return names[0].partition(":")[2].strip() if names else platform.processor()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--frames", type=int, default=120)
    options = parser.parse_args()

    rooms = Rooms(frames=(options.repeats + 1) * options.frames)
    rooms.read(0)  # compiles
    runs = []
    for repeat in range(options.repeats):
        frames = range((repeat + 1) * options.frames, (repeat + 2) * options.frames)
        runs.append(measure(rooms.read, frames, options.threads))
    start = time.process_time()
    for number in range(20):
        furnish(np.random.default_rng([1, number]))
    result = {
        "what": "fathom.datasets.rooms, 320x240, one ray a pixel, four views a room, furnishing included",
        "frames_per_second": round(max(rate for rate, _ in runs), 1),
        "frames_per_second_of_each_repeat": [round(rate, 1) for rate, _ in runs],
        "processor_ms_per_frame": round(1000 * min(seconds for _, seconds in runs), 1),
        "frames_per_second_if_undisturbed": round(options.threads / min(seconds for _, seconds in runs), 1),
        "processor_ms_to_furnish_a_room": round(1000 * (time.process_time() - start) / 20, 1),
        "threads": options.threads,
        "frames_per_repeat": options.frames,
        "load_average": round(os.getloadavg()[0], 1),
        "generator_version": GENERATOR_VERSION,
        "machine": f"{os.cpu_count()} cores, {processor_name()}",
        "versions": {"python": platform.python_version(), "numpy": np.__version__, "numba": numba.__version__},
    }
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=2) + "\n")
    print(RESULT.read_text(), end="")


if __name__ == "__main__":
    main()
