"""kitti_selection: the 1,000 validation pictures of KITTI's depth benchmark, 1216x352, with annotated depth."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from fathom.datasets._base import Dataset, Finding
from fathom.datasets._kitti_layout import DEPTH_PAGE
from fathom.datasets._splits import official
from fathom.errors import BadInput, MissingData
from fathom.files.depthmap import read_depth_m
from fathom.files.photo import read_photo
from fathom.records import Camera, Sample

EXPECTED = 1000
STEP_M = 1 / 256
_FOLDER = "val_selection_cropped"
_NAME = re.compile(r"(\d{4}_\d\d_\d\d_drive_\d{4})_sync_image_(\d{10})_image_(0[23])\.png")


class KittiSelection(Dataset):
    """val_selection_cropped of data_depth_selection: image/, groundtruth_depth/ and intrinsics/.

    root   the folder that holds these three, or one of those above it as the archive unpacks

    All are "val", the benchmark's own word. Some come from drives that the field trains on under the split of Eigen
    et al.; ``examine`` counts them.
    """

    title = "kitti_selection"
    frame = (352, 1216)
    depth_step_m = STEP_M

    def __init__(self, root: Path | str) -> None:
        self.root = _down_to(Path(root))
        self._pictures: list[tuple[str, str, str]] = []  # drive, frame, camera
        for path in sorted((self.root / "image").iterdir(), key=lambda p: p.name):
            if match := _NAME.fullmatch(path.name):
                self._pictures.append((match[1], match[2], match[3]))
        if not self._pictures:
            raise MissingData(
                f"{self.root / 'image'} holds no picture named like 2011_09_26_drive_0002_sync_image_0000000005_"
                f"image_02.png; unpack data_depth_selection.zip ({DEPTH_PAGE})"
            )

    def __len__(self) -> int:
        return len(self._pictures)

    def name_of(self, index: int) -> str:
        """E.g. "2011_09_26_drive_0002_sync/image_02/0000000005", as in kitti_raw."""
        drive, frame, camera = self._pictures[index]
        return f"{drive}_sync/image_{camera}/{frame}"

    def split_of(self, index: int) -> str:
        return "val"

    def read(self, index: int) -> Sample:
        """Raises MissingData or BadInput if one of the three files is missing or wrong."""
        picture, depth, matrix = self._paths(index)
        height, width = self.frame
        photo = read_photo(picture, camera=_camera(matrix, width, height))
        depth_m = read_depth_m(depth, STEP_M)
        if depth_m.shape != self.frame:
            raise BadInput(f"{depth} is {depth_m.shape[1]}x{depth_m.shape[0]}, not {width}x{height}")
        return Sample(photo.rgb, depth_m, photo.camera, self.name_of(index), self._pictures[index][0])

    def provenance(self) -> dict[str, object]:
        return {"dataset": "kitti_selection", "root": self.root.resolve().name, "pictures": len(self)}

    def examine(self) -> Iterator[Finding]:
        """Pictures, depths and intrinsics expected and found, and what overlaps the field's training drives."""
        advice = f"unpack data_depth_selection.zip again ({DEPTH_PAGE})"
        verdict = "good" if len(self) == EXPECTED else "incomplete"
        yield Finding(
            verdict, f"{len(self)} of {EXPECTED} pictures are there", "image", "" if verdict == "good" else advice
        )
        for place, what in ((1, "groundtruth_depth"), (2, "intrinsics")):
            there = {p.name for p in (self.root / what).iterdir()} if (self.root / what).is_dir() else set()
            missing = [path.name for i in range(len(self)) if (path := self._paths(i)[place]).name not in there]
            if missing:
                yield Finding(
                    "incomplete", f"{len(missing)} of {len(self)} are missing, first {missing[0]}", what, advice
                )
        trained_on = set(official("kitti_community_train_drives_33"))
        count = sum(drive in trained_on for drive, _, _ in self._pictures)
        if count:
            yield Finding(
                "note",
                f"{count} of {len(self)} pictures come from drives that are training drives under the split of "
                "Eigen et al.: do not score a model trained on those here",
            )

    def _paths(self, index: int) -> tuple[Path, Path, Path]:
        drive, frame, camera = self._pictures[index]
        stem = f"{drive}_sync_image_{frame}_image_{camera}"
        depth = f"{drive}_sync_groundtruth_depth_{frame}_image_{camera}.png"
        return (
            self.root / "image" / f"{stem}.png",
            self.root / "groundtruth_depth" / depth,
            self.root / "intrinsics" / f"{stem}.txt",
        )


def _down_to(root: Path) -> Path:
    for below in ("", _FOLDER, f"depth_selection/{_FOLDER}", f"data_depth_selection/depth_selection/{_FOLDER}"):
        if (root / below / "image").is_dir():
            return root / below
    raise MissingData(
        f"{root} holds neither image/ nor {_FOLDER}/image; unpack data_depth_selection.zip ({DEPTH_PAGE}) and name "
        "its folder"
    )


def _camera(path: Path, width: int, height: int) -> Camera:
    """Nine numbers: the matrix of the cut picture, row by row."""
    try:
        numbers = np.array([float(word) for word in path.read_text(encoding="ascii").split()])
    except FileNotFoundError as error:
        raise MissingData(f"there is no {path}; unpack data_depth_selection.zip again ({DEPTH_PAGE})") from error
    except (ValueError, OSError) as error:
        raise BadInput(f"{path} should hold nine numbers ({error})") from error
    if numbers.size != 9 or not np.isfinite(numbers).all() or numbers[6:].tolist() != [0, 0, 1]:
        raise BadInput(f"{path} holds {numbers.size} numbers that are no camera matrix; unpack it again")
    fx, _, cx, _, fy, cy = numbers[:6].tolist()
    if not (0 < cx < width and 0 < cy < height):
        raise BadInput(f"{path}: a principal point of {cx:g}, {cy:g} lies outside {width}x{height}")
    return Camera(fx, fy, cx, cy, width, height, "calibration")


ENTRIES = {"": KittiSelection}
