"""NYU's raw dump as a Kinect's recorder writes it: captures of 640x480 frames, an INDEX.txt, the accelerometer.

The pictures are smooth and the disparities are walls, so that what comes out of a lens and a projection is known.
"""

import struct
from pathlib import Path

import numpy as np

from fathom import shelf

FIRST_S = 1316653580.471513
STEP_S = 0.1
LATE_S = 0.013  # the picture after its depth
HEIGHT, WIDTH = 480, 640


def write(root: Path) -> None:
    """Two captures of one training scene, the second in an unpacked part, and one of another."""
    write_capture(root / "basement_0001a", count=2, seed=1)
    write_capture(root / "basements" / "basement_0001b", count=1, seed=2)
    write_capture(root / "kitchen_0003", count=1, seed=3)


def write_capture(folder: Path, count: int, seed: int = 0) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    names = []
    for i in range(count):
        time_s = FIRST_S + i * STEP_S
        names += [
            write_depth(folder, time_s, wall(860 + 20 * seed + 5 * i)),
            write_colour(folder, time_s + LATE_S, picture(seed * 40 + 7 * i)),
            write_acceleration(folder, time_s + 0.02),
        ]
    (folder / "INDEX.txt").write_text("".join(f"{name}\n" for name in names))


def wall(disparity: int) -> np.ndarray:
    """A sloping wall, nothing seen to the left and in a hole: uint16 (480, 640)."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    raw = (disparity + columns // 16 + rows // 24).astype(np.uint16)
    raw[:, :10] = 2047
    raw[200:220, 300:330] = 2047
    return raw


def picture(level: int) -> np.ndarray:
    """uint8 (480, 640, 3), no two channels alike."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    return np.stack([columns // 4 + level // 2, rows // 3, (rows + columns) // 8], axis=-1).astype(np.uint8)


def name_of(kind: str, time_s: float) -> str:
    ending = {"r": "ppm", "d": "pgm", "a": "dump"}[kind]
    return f"{kind}-{time_s:.6f}-{int(time_s * 60e6) % 2**32}.{ending}"


def write_depth(folder: Path, time_s: float, raw: np.ndarray, order: str = "<") -> str:
    name = name_of("d", time_s)
    (folder / name).write_bytes(b"P5 640 480 65535\n" + raw.astype(f"{order}u2").tobytes())
    return name


def write_colour(folder: Path, time_s: float, rgb: np.ndarray) -> str:
    name = name_of("r", time_s)
    (folder / name).write_bytes(b"P6 640 480 255\n" + rgb.tobytes())
    return name


def write_acceleration(folder: Path, time_s: float) -> str:
    name = name_of("a", time_s)
    (folder / name).write_bytes(struct.pack("<hhhbxi", -12, 819, 40, -6, 0))
    return name


def example(tmp_path: Path):
    write(tmp_path)
    return shelf.look_up("datasets", "nyu_raw")(tmp_path)
