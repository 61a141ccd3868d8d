"""A folder of three pictures with depth in millimetres, two scenes, a hole in each depth."""

from pathlib import Path

import numpy as np
from PIL import Image

from fathom import shelf


def write(root: Path) -> None:
    rng = np.random.default_rng(0)
    for part in ("rgb", "depth"):
        (root / part).mkdir()
    for i in range(3):
        Image.fromarray(rng.integers(0, 256, (12, 16, 3), np.uint8)).save(root / f"rgb/{i}.png")
        depth_mm = rng.integers(500, 9000, (12, 16)).astype(np.uint16)
        depth_mm[2:4, 5:9] = 0
        Image.fromarray(depth_mm).save(root / f"depth/{i}.png")
    (root / "scenes.csv").write_text("name,scene\n0,kitchen\n1,kitchen\n2,study\n")


def example(tmp_path: Path):
    write(tmp_path)
    return shelf.look_up("datasets", "folder")(tmp_path, scenes="scenes.csv", fov_deg=60)
