"""Two scans of one scene and one of another, as ScanNet's reader exports them; depth at half the colour's size."""

from pathlib import Path

import numpy as np
from PIL import Image

from fathom import shelf

COLOUR, DEPTH = (24, 32), (12, 16)  # height, width
COLOUR_K = (29.0, 29.2, 15.6, 11.4)  # fx, fy, cx, cy
DEPTH_K = (12.5, 14.1, 7.6, 5.4)  # a wider view than the colour camera's


def write(root: Path, frames: int = 2) -> None:
    for seed, scan in enumerate(("scene0000_00", "scene0000_01", "scene0001_00")):
        rng = np.random.default_rng(seed)
        for part in ("color", "depth", "pose", "intrinsic"):
            (root / scan / part).mkdir(parents=True, exist_ok=True)
        for i in range(frames):
            Image.fromarray(rng.integers(0, 256, (*COLOUR, 3), np.uint8)).save(root / scan / f"color/{i}.jpg")
            depth_mm = rng.integers(500, 7000, DEPTH).astype(np.uint16)
            depth_mm[2:4, 3:7] = 0
            Image.fromarray(depth_mm).save(root / scan / f"depth/{i}.png")
            np.savetxt(root / scan / f"pose/{i}.txt", np.eye(4))
        for part, (fx, fy, cx, cy) in (("color", COLOUR_K), ("depth", DEPTH_K)):
            matrix = np.array([[fx, 0, cx, 0], [0, fy, cy, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
            np.savetxt(root / scan / f"intrinsic/intrinsic_{part}.txt", matrix, "%.6f")


def example(tmp_path: Path):
    write(tmp_path)
    return shelf.look_up("datasets", "scannet")(tmp_path)
