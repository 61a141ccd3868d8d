"""Make3D: 534 outdoor photographs with a laser's coarse depth, 400 to train with and 134 to test."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np

from fathom.datasets._base import Dataset, Finding
from fathom.datasets._framed import header_size
from fathom.datasets._listing import walk
from fathom.errors import BadInput, MissingData
from fathom.files.matlab5 import read_matlab5
from fathom.files.photo import read_photo
from fathom.ops.resize import resize_colour, resize_depth
from fathom.records import Sample

PAGE = "http://make3d.cs.cornell.edu/data.html"
EXPECTED = {"train": 400, "test": 134}
GRID = (55, 305)  # rows, columns of the laser's grid; pictures are 2272 rows, 1704 columns
SKY_M = 80.0  # what is farther is the laser's limit of some 81 m: sky


class Make3d(Dataset):
    """Make3D: Train400Img or Test134 (img-NAME.jpg) and depth (depth_sph_corr-NAME.mat, 55 rows of 305).

    root     the folder that holds the unpacked archives; pictures and depth are matched by name wherever they lie
    depth    "distance": the fourth channel, which everybody scores with, or "projective": the third, which the
             data set's README calls the depth along the axis (title make3d_z)
    sky      "keep": some 81 m, the laser's limit, as in the archives, or "absent". C1 scores below 70 m, C2 all
    height   of the samples: 460 is FCRN's way, with the truth brought to it by nearest; 55 with a width of 305 is
             the truth's own grid, for which the picture is squeezed
    width    of the samples: 345

    The grid covers the whole picture, 41 picture rows to one of the grid's and 6 columns to one. The camera is the
    EXIF's or assumed. A scene is the name up to "-p-" [A].
    """

    depth_step_m = 0.002

    def __init__(
        self,
        root: Path | str,
        depth: Literal["distance", "projective"] = "distance",
        sky: Literal["keep", "absent"] = "keep",
        height: int = 460,
        width: int = 345,
    ):
        if depth not in ("distance", "projective") or sky not in ("keep", "absent"):
            raise BadInput(f"depth is distance or projective and sky keep or absent, not {depth} and {sky}")
        if height < 1 or width < 1:
            raise BadInput(f"width and height are at least 1, not {width} and {height}")
        self.root, self.frame = Path(root), (height, width)
        self._depth, self._sky = depth, sky
        self.title = "make3d" + ("_z" if depth == "projective" else "")
        pictures, depths = self._list()
        both = [name for name in pictures if name in depths]
        self._alone = (len(pictures) - len(both), len(depths) - len(both))
        if not both:
            raise MissingData(
                f"{self.root}: {len(pictures)} pictures (img-*.jpg) and {len(depths)} depth files "
                f"(depth_sph_corr-*.mat) are here and none belong together; see {PAGE}"
            )
        self._pairs = [(name, pictures[name], depths[name]) for name in both]

    def __len__(self) -> int:
        return len(self._pairs)

    def name_of(self, index: int) -> str:
        return self._pairs[index][0]

    def split_of(self, index: int) -> str:
        folder = self._pairs[index][1].rpartition("/")[0].lower()
        return "train" if "train" in folder else "test" if "test" in folder else ""

    def read(self, index: int) -> Sample:
        """Raises MissingData or BadInput if either file is absent, damaged or of another shape."""
        name, picture, depth = self._pairs[index]
        photo = read_photo(self.root / picture)
        grid = read_matlab5(self.root / depth, "Position3DGrid")["Position3DGrid"]
        if grid.ndim != 3 or grid.shape[2] != 4:
            raise BadInput(f"{self.root / depth}: Position3DGrid is {grid.shape}, not (55, 305, 4)")
        if photo.rgb.shape[0] < photo.rgb.shape[1]:
            raise BadInput(f"{self.root / picture} lies on its side; the pictures are portraits of 1704x2272")
        truth_m = grid[..., 3 if self._depth == "distance" else 2].astype(np.float32)
        there = np.isfinite(truth_m) & (truth_m > 0) & ((truth_m < SKY_M) | (self._sky == "keep"))
        truth_m = np.where(there, truth_m, np.float32(np.nan))
        if not there.any():
            raise BadInput(f"{self.root / depth}: not one pixel has depth")
        height, width = self.frame
        rgb, depth_m = resize_colour(photo.rgb, height, width), resize_depth(truth_m, height, width)
        return Sample(rgb, depth_m, photo.camera.resized(width, height), name, name.partition("-p-")[0])

    def provenance(self) -> dict[str, object]:
        return {
            "dataset": "make3d",
            "root": self.root.resolve().name,
            "depth": self._depth,
            "sky": self._sky,
            "resized_to": list(self.frame),
            "unit": "metres, by nearest from 55x305",
        }

    def examine(self) -> Iterator[Finding]:
        counts = Counter(self.split_of(i) for i in range(len(self)))
        for split, expected in EXPECTED.items():
            count = counts.pop(split, 0)
            if count == expected:
                yield Finding("good", f"{count} pairs to {split} with")
            elif count:
                yield Finding("incomplete", f"{count} pairs to {split} with, of {expected}", "", PAGE)
            else:
                yield Finding("note", f"none of the {expected} pairs to {split} with are here", "", PAGE)
        if alone := counts.pop("", 0):
            yield Finding("note", f"{alone} pairs in folders that say neither train nor test")
        if any(self._alone):
            yield Finding("note", f"{self._alone[0]} pictures and {self._alone[1]} depth files have no partner")
        name, picture, depth = self._pairs[0]
        try:
            size = header_size(self.root / picture)
            grid = read_matlab5(self.root / depth, "Position3DGrid")["Position3DGrid"].shape
        except (BadInput, MissingData) as error:
            yield Finding("incomplete", str(error), name)
            return
        said = f"pictures of {size[1]}x{size[0]}, depth of {grid[0]} rows and {grid[1]} columns"
        official = size == (2272, 1704) and grid[:2] == GRID
        yield Finding(
            "good" if official else "note", said + ("" if official else "; published are 1704x2272 and 55, 305")
        )

    def _list(self) -> tuple[dict[str, str], dict[str, str]]:
        """name → path below the root, of pictures and of depth files."""
        pictures: dict[str, str] = {}
        depths: dict[str, str] = {}
        for below, files, _ in walk(self.root, depth=3):
            for file in files:
                for prefix, ending, found in (("img-", ".jpg", pictures), ("depth_sph_corr-", ".mat", depths)):
                    if file.startswith(prefix) and file.endswith(ending):
                        name = file[len(prefix) : -len(ending)]
                        found[name] = f"{below}/{file}" if below else file
        return pictures, depths


ENTRIES = {"": Make3d}
