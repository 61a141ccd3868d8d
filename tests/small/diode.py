"""Three samples of DIODE in its layout and at its size, which the data set insists on."""

from pathlib import Path

import numpy as np
from PIL import Image

from fathom import shelf

SAMPLES = (
    "val/indoors/scene_00019/scan_00183/00019_00183_indoors_000_010",
    "val/indoors/scene_00019/scan_00184/00019_00184_indoors_010_020",
    "val/outdoor/scene_00022/scan_00193/00022_00193_outdoor_000_000",
)


def write(root: Path, samples=SAMPLES) -> None:
    for seed, name in enumerate(samples):
        rgb, depth_m, mask = arrays(seed)
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rgb).save(root / f"{name}.png", compress_level=1)
        np.save(root / f"{name}_depth.npy", depth_m[..., None])
        np.save(root / f"{name}_depth_mask.npy", mask)


def arrays(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Picture, depth in metres, mask. Depth goes on where the mask is 0, and is 0 at one place where it is 1."""
    rows, columns = np.mgrid[:768, :1024].astype(np.float32)
    rgb = np.stack([(rows + 40 * seed) % 256, columns % 256, (rows + columns) % 256], axis=-1).astype(np.uint8)
    depth_m = 1 + rows / 100 + columns / 50 * (1 + 9 * (seed == 2))
    mask = np.ones((768, 1024), np.float32)
    mask[100:200, 300:400] = 0
    depth_m[0, 0] = 0
    return rgb, depth_m, mask


def example(tmp_path: Path):
    write(tmp_path)
    return shelf.look_up("datasets", "diode")(tmp_path)
