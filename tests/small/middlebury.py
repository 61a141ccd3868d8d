"""Two stereo scenes of one size with disparity as PFM and calibration, both views."""

import struct
from pathlib import Path

import numpy as np
from PIL import Image

from fathom import shelf

FOCAL_PX, DOFFS_PX, BASELINE_MM = 20.0, 2.5, 193.001


def write(
    root: Path, scenes=("Adirondack-perfect", "Motorcycle-perfect"), height: int = 12, width: int = 18
) -> None:
    for seed, scene in enumerate(scenes):
        rng = np.random.default_rng(seed)
        (root / scene).mkdir(parents=True, exist_ok=True)
        for view in (0, 1):
            Image.fromarray(rng.integers(0, 256, (height, width, 3), np.uint8)).save(root / scene / f"im{view}.png")
            write_pfm(root / scene / f"disp{view}.pfm", disparity(seed, view, height, width))
        write_calibration(root / scene / "calib.txt", height, width)


def disparity(seed: int, view: int, height: int, width: int) -> np.ndarray:
    values = np.random.default_rng((seed, view)).uniform(-1, 4, (height, width)).astype(np.float32)
    values[2:4, 3:7] = np.inf
    return values


def write_calibration(path: Path, height: int, width: int, baseline: float = BASELINE_MM, **changed: str) -> None:
    lines = {
        "cam0": f"[{FOCAL_PX} 0 8.25; 0 {FOCAL_PX} 5.5; 0 0 1]",
        "cam1": f"[{FOCAL_PX} 0 10.75; 0 {FOCAL_PX} 5.5; 0 0 1]",
        "doffs": f"{DOFFS_PX}",
        "baseline": f"{baseline}",
        "width": f"{width}",
        "height": f"{height}",
        "ndisp": "290",
        "isint": "0",
    } | changed
    path.write_text("".join(f"{key}={value}\n" for key, value in lines.items()))


def write_pfm(path: Path, values: np.ndarray, big: bool = False) -> None:
    """Number by number, from the lowest row up."""
    height, width = values.shape
    order = ">" if big else "<"
    body = b"".join(struct.pack(f"{order}f", v) for row in range(height - 1, -1, -1) for v in values[row])
    path.write_bytes(f"Pf\n{width} {height}\n{'1.0' if big else '-1.0'}\n".encode() + body)


def example(tmp_path: Path):
    write(tmp_path)
    return shelf.look_up("datasets", "middlebury")(tmp_path, views="both")
