"""Two sequences as the TUM benchmark publishes them: lists of times and files, pictures, depth in 1/5000 m."""

from pathlib import Path

import numpy as np
from PIL import Image

from fathom import shelf

FIRST = 1305031102.175304
STEP_S = 1 / 30
LATE_S = 0.007  # the depth after its picture


def write(root: Path, height: int = 12, width: int = 16) -> None:
    for seed, (name, count) in enumerate(
        {"rgbd_dataset_freiburg1_xyz": 3, "rgbd_dataset_freiburg3_desk": 2}.items()
    ):
        write_sequence(root / name, count, seed, height, width)


def write_sequence(folder: Path, count: int, seed: int = 0, height: int = 12, width: int = 16) -> None:
    rng = np.random.default_rng(seed)
    for part, late_s in (("rgb", 0.0), ("depth", LATE_S)):
        (folder / part).mkdir(parents=True, exist_ok=True)
        rows = [f"{FIRST + i * STEP_S + late_s:.6f}" for i in range(count)]
        head = (
            f"# {'color' if part == 'rgb' else 'depth'} images\n# file: '{folder.name}.bag'\n# timestamp filename\n"
        )
        (folder / f"{part}.txt").write_text(head + "".join(f"{row} {part}/{row}.png\n" for row in rows))
        for row in rows:
            Image.fromarray(picture(rng, height, width) if part == "rgb" else steps(rng, height, width)).save(
                folder / part / f"{row}.png"
            )


def picture(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    return rng.integers(0, 256, (height, width, 3), np.uint8)


def steps(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """Depth of 0.6 to 6 m in 1/5000 m, with a hole."""
    stored = rng.integers(3000, 30000, (height, width)).astype(np.uint16)
    stored[2:4, 3:7] = 0
    return stored


def example(tmp_path: Path):
    write(tmp_path)
    return shelf.look_up("datasets", "tum")(tmp_path)
