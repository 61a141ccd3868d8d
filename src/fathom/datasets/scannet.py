"""ScanNet as its reader exports it: color/*.jpg, depth/*.png in millimetres, intrinsic/*.txt for each scan."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np

from fathom.datasets._base import Finding
from fathom.datasets._framed import Framed, camera_of, header_size, numbers_in
from fathom.datasets._listing import entries
from fathom.errors import BadInput, MissingData
from fathom.files.depthmap import MILLIMETRE, read_depth_m
from fathom.files.photo import read_photo
from fathom.ops.resize import colour_seen_by, resize_colour
from fathom.records import Camera, Sample

PAGE = "http://www.scan-net.org"
NEAR_M, FAR_M = 0.2, 12.0  # the Structure sensor


class Scannet(Framed):
    """ScanNet and data in its layout: colour brought to the smaller grid of the depth.

    root       a folder of scans (scene0000_00, ...), or one scan: the folder with color/, depth/ and intrinsic/
    grid       "cameras": the colour that the depth's own camera would have seen, by both matrices; depth where the
               colour camera did not see (a rim of some pixels) is left out. "resize": the whole colour picture at
               the depth's size, as most programs do it, which is off by up to some pixels (title scannet_resized)
    every      one frame in so many is taken; neighbours at 30 frames a second are nearly alike
    width      with height: the size that every sample is then brought to
    height     with width

    The scans scene0000_00 and scene0000_01 are of one scene, scene0000. The two cameras are taken to stand in one
    place, which is off by some centimetres in ScanNet [from memory].
    """

    depth_step_m = MILLIMETRE

    def __init__(
        self,
        root: Path | str,
        grid: Literal["cameras", "resize"] = "cameras",
        every: int = 1,
        width: int | None = None,
        height: int | None = None,
    ):
        super().__init__(width, height)
        if grid not in ("cameras", "resize") or every < 1:
            raise BadInput(f"grid is cameras or resize and every at least 1, not {grid} and {every}")
        self.root, self._grid, self._every = Path(root), grid, every
        self.title = "scannet" + ("_resized" if grid == "resize" else "")
        _, folders = entries(self.root)
        scans = [""] if {"color", "depth"} <= set(folders) else folders
        self._frames: list[tuple[str, str, str]] = []  # scan, picture, depth
        self._alone: dict[str, int] = {}
        for scan in scans:
            if not (self.root / scan / "color").is_dir() or not (self.root / scan / "depth").is_dir():
                continue
            colour = {Path(name).stem: name for name in entries(self.root / scan / "color")[0]}
            depth = {Path(name).stem: name for name in entries(self.root / scan / "depth")[0]}
            both = [name for name in colour if name in depth]
            self._alone[scan] = len(colour) + len(depth) - 2 * len(both)
            self._frames += [(scan, colour[name], depth[name]) for name in both[::every]]
        if not self._frames:
            raise MissingData(
                f"{self.root}: no scan here has frames in color/ and depth/; export the .sens files with "
                f"--export_color_images --export_depth_images --export_intrinsics of its reader.py, see {PAGE}"
            )

    def __len__(self) -> int:
        return len(self._frames)

    def name_of(self, index: int) -> str:
        scan, picture, _ = self._frames[index]
        return f"{scan or self.root.resolve().name}/{Path(picture).stem}"

    def _size_of(self, index: int) -> tuple[int, int]:
        scan, _, depth = self._frames[index]
        return header_size(self.root / scan / "depth" / depth)

    def read(self, index: int) -> Sample:
        """Raises MissingData or BadInput if a file is absent, damaged or of 8 bits, or a matrix is."""
        scan, picture, depth = self._frames[index]
        rgb = read_photo(self.root / scan / "color" / picture).rgb
        depth_m = read_depth_m(self.root / scan / "depth" / depth, MILLIMETRE)
        camera = self._camera(scan, "depth", depth_m.shape)
        if self._grid == "cameras":
            own = self._camera(scan, "color", rgb.shape[:2])
            rgb, seen = colour_seen_by(rgb, own, camera)
            depth_m = np.where(seen, depth_m, np.float32(np.nan))
        else:
            rgb = resize_colour(rgb, *depth_m.shape)
        return self._fitted(rgb, depth_m, camera, self.name_of(index), self._scene(scan))

    def provenance(self) -> dict[str, object]:
        return {
            "dataset": "scannet",
            "root": self.root.resolve().name,
            "grid": self._grid,
            "every": self._every,
            **self._size_options(),
            "unit": "millimetres",
        }

    def examine(self) -> Iterator[Finding]:
        yield Finding("good", f"{len(self._alone)} scans, {len(self)} frames")
        for scan, count in self._alone.items():
            if count:
                yield Finding("note", f"{count} files in color/ and depth/ have no partner", scan)
            for part in ("depth", "color") if self._grid == "cameras" else ("depth",):
                try:
                    self._matrix(scan, part)
                except (BadInput, MissingData) as error:
                    yield Finding("incomplete", str(error), scan, "export them: --export_intrinsics of reader.py")
        yield from self._examine_sizes()
        yield from self._examine_depth(NEAR_M, FAR_M, MILLIMETRE)

    def _camera(self, scan: str, part: str, size: tuple[int, ...]) -> Camera:
        return camera_of(self._matrix(scan, part), (size[0], size[1]), "calibration")

    def _matrix(self, scan: str, part: str) -> np.ndarray:
        """The matrix of "color" or "depth", 4x4 or 3x3: read again for each frame, it is a hundred bytes."""
        values = numbers_in(self.root / scan / "intrinsic" / f"intrinsic_{part}.txt", (16, 9))
        return values.reshape(4, 4) if values.size == 16 else values.reshape(3, 3)

    def _scene(self, scan: str) -> str:
        return re.sub(r"^(scene\d{4})_\d\d$", r"\1", scan or self.root.resolve().name)


ENTRIES = {"": Scannet}
