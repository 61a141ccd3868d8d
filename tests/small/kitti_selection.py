"""Three pictures of the benchmark's selection, of two drives."""

from pathlib import Path

import numpy as np

from fathom import shelf
from small.kitti_raw import depth, picture

PICTURES = (
    ("2011_09_26_drive_0002", "0000000005", "02"),
    ("2011_09_26_drive_0002", "0000000008", "03"),
    ("2011_09_26_drive_0005", "0000000005", "02"),
)


def write(root: Path) -> None:
    rng = np.random.default_rng(0)
    for part in ("image", "groundtruth_depth", "intrinsics"):
        (root / "val_selection_cropped" / part).mkdir(parents=True)
    for drive, frame, camera in PICTURES:
        stem = f"{drive}_sync_image_{frame}_image_{camera}"
        picture(rng, (1216, 352)).save(root / "val_selection_cropped/image" / f"{stem}.png")
        truth = f"{drive}_sync_groundtruth_depth_{frame}_image_{camera}.png"
        depth(rng, (1216, 352)).save(root / "val_selection_cropped/groundtruth_depth" / truth)
        matrix = "721.537700 0.000000 596.559300 0.000000 721.537700 149.854000 0.000000 0.000000 1.000000"
        (root / "val_selection_cropped/intrinsics" / f"{stem}.txt").write_text(matrix + "\n")


def example(tmp_path: Path):
    write(tmp_path)
    return shelf.look_up("datasets", "kitti_selection")(tmp_path)
