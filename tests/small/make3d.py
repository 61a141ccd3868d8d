"""Two training pairs and two test pairs of Make3D in the folders of its archives, pictures small."""

from pathlib import Path

import numpy as np
from PIL import Image
from scipy.io import savemat

from fathom import shelf

PAIRS = {
    "10.21op2-p-015t000": ("Train400Img", "Train400Depth"),
    "10.21op2-p-139t000": ("Train400Img", "Train400Depth"),
    "op1-p-015t000": ("Test134", "Gridlaserdata"),
    "manmade5-p-046t0": ("Test134", "Gridlaserdata"),
}


def write(root: Path) -> None:
    for seed, (name, (pictures, depths)) in enumerate(PAIRS.items()):
        rng = np.random.default_rng(seed)
        for folder in (pictures, depths):
            (root / folder).mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (80, 60, 3), np.uint8)).save(root / pictures / f"img-{name}.jpg")
        savemat(root / depths / f"depth_sph_corr-{name}.mat", {"Position3DGrid": grid(seed)})


def grid(seed: int) -> np.ndarray:
    """(55, 305, 4): Y, X, Z and distance in metres; the uppermost rows are sky."""
    rng = np.random.default_rng(seed)
    distance = rng.uniform(2, 69, (55, 305))
    distance[:5] = 81.0
    return np.stack([np.zeros((55, 305)), np.zeros((55, 305)), 0.9 * distance, distance], axis=-1)


def example(tmp_path: Path):
    write(tmp_path)
    return shelf.look_up("datasets", "make3d")(tmp_path)
