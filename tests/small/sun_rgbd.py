"""Four captures of three sensors in the layout of SUNRGBD.zip, of two sizes, and the toolbox's allsplit.mat."""

from pathlib import Path

import numpy as np
from PIL import Image
from scipy.io import savemat

from fathom import shelf

CAPTURES = {
    "kv1/NYUdata/NYU0001": ("kitchen", (12, 16)),
    "kv1/NYUdata/NYU0002": ("kitchen", (12, 16)),
    "kv2/kinect2data/000002_2014-05-26_rgbf000103-resize": ("office", (12, 18)),
    "xtion/sun3ddata/brown_bm/scan1/0001-1": ("lab", (12, 16)),
}
AUTHORS_DISK = "/n/fs/sun3d/data/SUNRGBD/"


def write(root: Path) -> None:
    for seed, (capture, (kind, (height, width))) in enumerate(CAPTURES.items()):
        write_capture(root / "SUNRGBD" / capture, kind, millimetres(seed, height, width), seed)


def write_capture(folder: Path, kind: str, depth_mm: np.ndarray, seed: int = 0) -> None:
    rng = np.random.default_rng(100 + seed)
    for part in ("image", "depth", "depth_bfx", "fullres", "annotation"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    height, width = depth_mm.shape
    Image.fromarray(rng.integers(0, 256, (height, width, 3), np.uint8)).save(folder / "image" / "0001.jpg")
    Image.fromarray(stored(depth_mm)).save(folder / "depth" / "0001-depth.png")
    filled_mm = np.where(depth_mm == 0, 1234, depth_mm).astype(np.uint16)
    Image.fromarray(stored(filled_mm)).save(folder / "depth_bfx" / "0001-depth.png")
    (folder / "intrinsics.txt").write_text(f"13.5 0 {width / 2} 0 13.25 {height / 2 - 0.75} 0 0 1 \n")
    (folder / "scene.txt").write_text(kind)


def stored(depth_mm: np.ndarray) -> np.ndarray:
    """Millimetres with their bits rotated left by three, as the archive has them."""
    wide = depth_mm.astype(np.uint32)
    return ((wide * 8) % 65536 + wide // 8192).astype(np.uint16)


def millimetres(seed: int, height: int, width: int) -> np.ndarray:
    depth_mm = np.random.default_rng(seed).integers(600, 9000, (height, width)).astype(np.uint16)
    depth_mm[2:4, 3:7] = 0
    return depth_mm


def write_splits(path: Path, train: list[str], test: list[str]) -> None:
    """Rows of cells with the captures' paths on the authors' disk."""
    cells = {}
    for name, captures in (("alltrain", train), ("alltest", test)):
        row = np.empty((1, len(captures)), object)
        row[0, :] = [AUTHORS_DISK + capture for capture in captures]
        cells[name] = row
    savemat(path, cells)


def example(tmp_path: Path):
    write(tmp_path)
    return shelf.look_up("datasets", "sun_rgbd")(tmp_path / "SUNRGBD", width=14, height=10)
