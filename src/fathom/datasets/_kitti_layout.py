"""What lies where in KITTI's archives, listed without opening a file.

ROOT/DATE/calib_cam_to_cam.txt, calib_velo_to_cam.txt
ROOT/DATE/DATE_drive_NNNN_sync/image_02/data/FRAME.png (or .jpg), image_02/timestamps.txt, image_03 likewise
                               velodyne_points/data/FRAME.bin, oxts/data/FRAME.txt
ANNOTATED/[train|val]/DATE_drive_NNNN_sync/proj_depth/groundtruth/image_02/FRAME.png
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from fathom.errors import BadInput, MissingData

CAMERAS = ("02", "03")  # the colour cameras: left, right
PAGE = "https://www.cvlibs.net/datasets/kitti/raw_data.php"
DEPTH_PAGE = "https://www.cvlibs.net/datasets/kitti/eval_depth.php?benchmark=depth_prediction"
_DATE = re.compile(r"\d{4}_\d\d_\d\d")
_DRIVE = re.compile(r"(\d{4}_\d\d_\d\d_drive_\d{4})_sync")
_PICTURES = (".png", ".jpg", ".jpeg")


class Shot(NamedTuple):
    """One picture: "2011_09_26_drive_0001", "02", "0000000005"."""

    drive: str
    camera: str
    frame: str

    @property
    def name(self) -> str:
        return f"{self.drive}_sync/image_{self.camera}/{self.frame}"

    @property
    def date(self) -> str:
        return self.drive[:10]


@dataclass(frozen=True)
class Drive:
    """One drive as it is on the disk.

    pictures  by camera: frame → ending of the file
    scans     frames with a laser scan; ``records``: frames with an oxts record
    """

    name: str
    pictures: dict[str, dict[str, str]]
    scans: frozenset[str]
    records: frozenset[str]

    @property
    def below_root(self) -> str:
        return f"{self.name[:10]}/{self.name}_sync"


def find_drives(root: Path) -> dict[str, Drive]:
    """Every drive below ROOT, by name, in order. Raises MissingData, saying what was expected, if there is none."""
    if not root.is_dir():
        raise MissingData(f"{root}: there is no such folder; name the one that holds 2011_09_26 and the other days")
    drives: dict[str, Drive] = {}
    for date in sorted(n for n in _names(root) if _DATE.fullmatch(n)):
        for folder in sorted(_names(root / date)):
            if match := _DRIVE.fullmatch(folder):
                drives[match[1]] = _drive(match[1], root / date / folder)
    if not drives:
        raise MissingData(f"{root} holds no DATE/DATE_drive_NNNN_sync; {_where_instead(root)}")
    return drives


def find_annotated(root: Path) -> dict[tuple[str, str], tuple[str, frozenset[str]]]:
    """(drive, camera) → (folder below ``root``, frames) of data_depth_annotated; MissingData if there is none."""
    found: dict[tuple[str, str], tuple[str, frozenset[str]]] = {}
    for part in ("train/", "val/", ""):
        for folder in _names(root / part):
            if match := _DRIVE.fullmatch(folder):
                for camera in CAMERAS:
                    below = f"{part}{folder}/proj_depth/groundtruth/image_{camera}"
                    if frames := _frames(root / below, (".png",)):
                        found[match[1], camera] = (below, frozenset(frames))
    if not found:
        raise MissingData(
            f"{root} holds no [train|val]/DRIVE_sync/proj_depth/groundtruth/image_02/*.png; unpack "
            f"data_depth_annotated.zip ({DEPTH_PAGE}) and name its folder"
        )
    return found


def sizes_in_bytes(folder: Path, ending: str) -> dict[str, int]:
    """frame → size of the files with this ending; empty if there is no such folder."""
    try:
        with os.scandir(folder) as entries:
            return {e.name[: -len(ending)]: e.stat().st_size for e in entries if e.name.endswith(ending)}
    except OSError:
        return {}


def _drive(name: str, folder: Path) -> Drive:
    pictures = {camera: _frames(folder / f"image_{camera}" / "data", _PICTURES) for camera in CAMERAS}
    scans = _frames(folder / "velodyne_points" / "data", (".bin",))
    records = _frames(folder / "oxts" / "data", (".txt",))
    return Drive(name, pictures, frozenset(scans), frozenset(records))


def _frames(folder: Path, endings: tuple[str, ...]) -> dict[str, str]:
    """frame → ending, in order; of two pictures of one frame the PNG. Hidden files do not count."""
    found: dict[str, str] = {}
    for name in sorted(_names(folder), reverse=True):
        stem, dot, ending = name.rpartition(".")
        if stem.isdigit() and f"{dot}{ending.lower()}" in endings and found.get(stem) != ".png":
            found[stem] = dot + ending
    return dict(sorted(found.items()))


def _names(folder: Path) -> list[str]:
    try:
        return [path.name for path in folder.iterdir()]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise BadInput(f"{folder} cannot be listed: {error.strerror}") from error


def _where_instead(root: Path) -> str:
    names = _names(root)
    if any(_DRIVE.fullmatch(n) for n in names):
        return f"it is the folder of one day: name the one above it, {root.resolve().parent.name}"
    if {"image_02", "velodyne_points"} & set(names):
        return "it is one drive: name the folder that holds the days, such as 2011_09_26"
    if any(re.fullmatch(r".*_drive_\d{4}_extract", n) for day in names for n in _names(root / day)):
        return "its drives are 'extract', pictures as the sensor gives them; the rectified ones are called 'sync'"
    return f"unpack the 'synced+rectified' archives of {PAGE} here, each into the day's folder"
