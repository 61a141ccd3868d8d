"""SUN RGB-D: 10,335 captures of four sensors, depth in millimetres with its bits rotated."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np

from fathom.datasets._base import Finding
from fathom.datasets._framed import Framed, camera_of, header_size, numbers_in
from fathom.datasets._listing import entries, walk
from fathom.errors import BadInput, MissingData
from fathom.files.depthmap import MILLIMETRE, from_steps
from fathom.files.matlab5 import read_matlab5
from fathom.files.photo import read_photo
from fathom.files.png16 import read_uint16
from fathom.records import Sample

PAGE = "https://rgbd.cs.princeton.edu/"
CAPTURES, TRAIN, TEST = 10_335, 5285, 5050
SENSORS = ("kv1", "kv2", "realsense", "xtion")
NEAR_M, FAR_M = 0.2, 12.0  # the toolbox itself cuts at 8 or 10 m


class SunRgbd(Framed):
    """SUN RGB-D: pictures and depth of Kinect v1 and v2, RealSense and Xtion.

    root       the folder SUNRGBD, or one inside it
    depth      "depth": as the sensor gave it, with holes; "depth_bfx": holes filled in from neighbouring frames
               (title sun_rgbd_bfx)
    splits     the toolbox's traintestSUNRGBD/allsplit.mat: 5,285 training and 5,050 test captures
    width      with height: the size that every sample is brought to; the sensors' pictures differ in size
    height     with width

    The millimetres are the stored 16 bits rotated right by three (read3dPoints.m of the toolbox): v >> 3 | v << 13.
    A scene is the folder above the capture with the kind of room, so that no room is in two splits, as far as
    names tell [A].
    """

    depth_step_m = MILLIMETRE

    def __init__(
        self,
        root: Path | str,
        depth: Literal["depth", "depth_bfx"] = "depth",
        splits: Path | str | None = None,
        width: int | None = None,
        height: int | None = None,
    ):
        super().__init__(width, height)
        if depth not in ("depth", "depth_bfx"):
            raise BadInput(f"depth is depth or depth_bfx, not {depth}")
        self.root, self._depth = Path(root), depth
        self._above = self.root.resolve().as_posix()
        self.title = "sun_rgbd" + ("_bfx" if depth == "depth_bfx" else "")
        self._captures: list[str] = []
        self._incomplete: list[str] = []
        for below, files, folders in walk(self.root, depth=6):
            if "image" in folders and "intrinsics.txt" in files:
                (self._captures if depth in folders else self._incomplete).append(below)
                folders.clear()
        if not self._captures:
            raise MissingData(
                f"{self.root}: no folder here has both image/ and {depth}/; get SUNRGBD.zip from {PAGE}"
            )
        self._splits = Path(splits) if splits else None
        self._split_by_capture = _read_splits(self._splits) if self._splits else {}

    def __len__(self) -> int:
        return len(self._captures)

    def name_of(self, index: int) -> str:
        return self._captures[index] or self.root.resolve().name

    def split_of(self, index: int) -> str:
        return self._split_by_capture.get(_from_sensor(self._where(index)), "")

    def _size_of(self, index: int) -> tuple[int, int]:
        return header_size(self._only(index, "image"))

    def read(self, index: int) -> Sample:
        """Raises MissingData or BadInput if a file is absent, damaged, of 8 bits or of another size."""
        rgb = read_photo(self._only(index, "image")).rgb
        path = self._only(index, self._depth)
        depth_m = from_steps(to_millimetres(read_uint16(path)), MILLIMETRE)
        if rgb.shape[:2] != depth_m.shape:
            raise BadInput(
                f"{path} is {depth_m.shape[1]}x{depth_m.shape[0]} and its picture {rgb.shape[1]}x{rgb.shape[0]}"
            )
        matrix = numbers_in(self.root / self._captures[index] / "intrinsics.txt", (9,)).reshape(3, 3)
        camera = camera_of(matrix, depth_m.shape, "calibration")
        return self._fitted(rgb, depth_m, camera, self.name_of(index), self._scene(index))

    def provenance(self) -> dict[str, object]:
        return {
            "dataset": "sun_rgbd",
            "root": self.root.resolve().name,
            "depth": self._depth,
            "infilled": self._depth == "depth_bfx",
            "splits": self._splits.name if self._splits else None,
            **self._size_options(),
            "unit": "millimetres, bits rotated by 3",
        }

    def examine(self) -> Iterator[Finding]:
        sensors = Counter(_from_sensor(self._where(i)).partition("/")[0] for i in range(len(self)))
        listed = ", ".join(f"{count} {name}" for name, count in sorted(sensors.items()))
        what = f"{len(self)} captures ({listed}) of {CAPTURES:,}"
        yield Finding("good" if len(self) == CAPTURES else "note", what, "", "" if len(self) == CAPTURES else PAGE)
        for name in self._incomplete[:3]:
            yield Finding("incomplete", f"no folder {self._depth}/", name)
        if len(self._incomplete) > 3:
            yield Finding("incomplete", f"{len(self._incomplete) - 3} more captures without {self._depth}/")
        if self._splits:
            counts = Counter(self.split_of(i) for i in range(len(self)))
            alone = counts.pop("", 0)
            found = f"{counts['train']} training and {counts['test']} test captures of {TRAIN:,} and {TEST:,}"
            yield Finding("note" if alone else "good", found + (f"; {alone} in neither" if alone else ""))
        yield from self._examine_sizes()
        advice = (
            f"the bits may have been rotated by another program already; take the files of SUNRGBD.zip from {PAGE}"
        )
        yield from self._examine_depth(NEAR_M, FAR_M, None, advice)

    def _where(self, index: int) -> str:
        """The capture's path with its root, so that a root inside SUNRGBD tells the sensor too."""
        return f"{self._above}/{self._captures[index]}"

    def _scene(self, index: int) -> str:
        above = _from_sensor(self._where(index)).rpartition("/")[0]
        try:
            kind = (self.root / self._captures[index] / "scene.txt").read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            kind = ""
        return "/".join(part for part in (above, kind) if part) or self.name_of(index)

    def _only(self, index: int, part: str) -> Path:
        """The first file in a capture's folder; there should be one."""
        folder = self.root / self._captures[index] / part
        files, _ = entries(folder)
        if not files:
            raise MissingData(f"{folder} is empty; unpack SUNRGBD.zip again")
        return folder / files[0]


def to_millimetres(stored: np.ndarray) -> np.ndarray:
    """The stored 16 bits rotated right by three: uint16 millimetres, 0 for none."""
    return (stored >> 3) | (stored << 13)


def _from_sensor(path: str) -> str:
    """The part of a path that begins with the sensor's folder: "kv1/NYUdata/NYU0001"."""
    parts = [part for part in path.split("/") if part]
    first = next((i for i, part in reversed(list(enumerate(parts))) if part in SENSORS), len(parts) - 1)
    return "/".join(parts[first:])


def _read_splits(path: Path) -> dict[str, str]:
    """capture → "train" or "test". The lists hold the paths on the authors' disk."""
    found = read_matlab5(path, "alltrain", "alltest")
    lists = {
        name: {_from_sensor(str(np.ravel(cell)[0])) for cell in found[f"all{name}"].ravel()}
        for name in ("train", "test")
    }
    if both := lists["train"] & lists["test"]:
        raise BadInput(f"{path}: {len(both)} captures are in both splits, {min(both)} for one")
    return {capture: name for name, captures in lists.items() for capture in captures}


ENTRIES = {"": SunRgbd}
