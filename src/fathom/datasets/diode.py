"""DIODE: indoor and outdoor scenes of one laser scanner, 1024x768."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np

from fathom.datasets._base import Dataset, Finding
from fathom.datasets._framed import header_size
from fathom.datasets._listing import walk
from fathom.errors import BadInput, MissingData
from fathom.files.photo import read_photo
from fathom.records import Camera, Sample

PAGE = "https://diode-dataset.org"
# Counts from memory but for the 771; the archives' hashes from the README of diode-dataset/diode-devkit.
EXPECTED = {"train/indoors": 8574, "train/outdoor": 16884, "val/indoors": 325, "val/outdoor": 446}
ARCHIVES = (
    "train.tar.gz (81 GB, MD5 3a94632398fe1d002d89f11743f748b1) and "
    "val.tar.gz (2.6 GB, MD5 5c895d09201b88973c8fe4552a67dd85)"
)
# As UniDepth has it: 60 degrees across and 45 degrees down, which with 4:3 makes the pixels not quite square.
CAMERA = Camera(886.81, 927.06, 512.0, 384.0, 1024, 768, "DIODE, 60 x 45 degrees")
FRAME = (768, 1024)


class Diode(Dataset):
    """DIODE: pictures with depth in metres (NAME_depth.npy) and the mask of what is valid (NAME_depth_mask.npy).

    root     the folder that holds train/ and val/, or one of these, or one inside
    where    "all", "indoors" or "outdoor" (title diode, diode_indoors, diode_outdoor)

    The devkit's rule: depth counts where the mask is 1 and it is more than 0. A scene is the folder scene_NNNNN,
    the split "train" or "val", where the folders say so. Depth outdoors reaches 350 m; the Store then counts in
    1/128 m, and in millimetres where only indoors is taken.
    """

    frame = FRAME

    def __init__(self, root: Path | str, where: Literal["all", "indoors", "outdoor"] = "all"):
        if where not in ("all", "indoors", "outdoor"):
            raise BadInput(f"where is all, indoors or outdoor, not {where}")
        self.root, self._where = Path(root), where
        self._above = self.root.resolve().as_posix()  # a root inside val/ or indoors/ tells the part too
        self.title = "diode" + ("" if where == "all" else f"_{where}")
        self.depth_step_m = 0.001 if where == "indoors" else 1 / 128
        self._names: list[str] = []
        self._incomplete: list[str] = []
        for below, files, _ in walk(self.root, depth=5):
            there = set(files)
            for file in files:
                name = file.removesuffix(".png")
                if name == file or where not in ("all", self._kind(below)):
                    continue
                whole = {f"{name}_depth.npy", f"{name}_depth_mask.npy"} <= there
                (self._names if whole else self._incomplete).append(f"{below}/{name}" if below else name)
        if not self._names:
            raise MissingData(
                f"{self.root}: no NAME.png with NAME_depth.npy and NAME_depth_mask.npy is here; see {PAGE}"
            )

    def __len__(self) -> int:
        return len(self._names)

    def name_of(self, index: int) -> str:
        return self._names[index]

    def split_of(self, index: int) -> str:
        return self._part(index, ("train", "val"))

    def read(self, index: int) -> Sample:
        """Raises MissingData or BadInput if a file is absent, damaged or of another size."""
        name = self._names[index]
        rgb = read_photo(self.root / f"{name}.png").rgb
        depth_m = _load(self.root / f"{name}_depth.npy").astype(np.float32)
        mask = _load(self.root / f"{name}_depth_mask.npy")
        if not rgb.shape[:2] == depth_m.shape == mask.shape == FRAME:
            raise BadInput(f"{self.root / name}: picture, depth and mask are {rgb.shape[:2]}, {depth_m.shape} and "
                           f"{mask.shape}, not all {FRAME}")  # fmt: skip
        valid = (mask > 0.5) & (depth_m > 0) & np.isfinite(depth_m)
        if not valid.any():
            raise BadInput(f"{self.root / name}: not one pixel has depth")
        scene = self._part(index, None, "scene_") or name.rpartition("/")[0] or name
        return Sample(rgb, np.where(valid, depth_m, np.float32(np.nan)), CAMERA, name, scene)

    def provenance(self) -> dict[str, object]:
        return {
            "dataset": "diode",
            "root": self.root.resolve().name,
            "where": self._where,
            "unit": "metres, where the mask is 1",
            "camera": CAMERA.source,
        }

    def examine(self) -> Iterator[Finding]:
        counts = Counter(f"{self.split_of(i)}/{self._kind(self._names[i])}" for i in range(len(self)))
        for part, count in sorted(counts.items()):
            expected = EXPECTED.get(part)
            if expected is None:
                yield Finding("note", f"{count} samples of which the folders do not say the part", part)
            elif count == expected:
                yield Finding("good", f"{count} samples, as there should be", part)
            else:
                yield Finding("incomplete", f"{count} samples of {expected}", part, f"{PAGE}: {ARCHIVES}")
        for name in self._incomplete[:3]:
            yield Finding("incomplete", "its depth or its mask is absent", name, f"{PAGE}: {ARCHIVES}")
        if len(self._incomplete) > 3:
            yield Finding("incomplete", f"{len(self._incomplete) - 3} more pictures without depth or mask")
        try:
            size = header_size(self.root / f"{self._names[0]}.png")
        except (BadInput, MissingData) as error:
            yield Finding("incomplete", str(error), self._names[0])
        else:
            if size != FRAME:
                yield Finding("broken", f"pictures are {size[1]}x{size[0]}, not 1024x768: they were resized")

    def _part(self, index: int, names: tuple[str, ...] | None, prefix: str = "") -> str:
        """The folder on a sample's path that has one of these names, or that begins so."""
        parts = f"{self._above}/{self._names[index]}".split("/")[:-1]
        return next((p for p in reversed(parts) if (p in names if names else p.startswith(prefix))), "")

    def _kind(self, below: str) -> str:
        parts = f"{self._above}/{below}".split("/")
        return next((p for p in reversed(parts) if p in ("indoors", "outdoor")), "")


def _load(path: Path) -> np.ndarray:
    """The (H, W) array of a file, without its third axis of one."""
    try:
        values = np.load(path, allow_pickle=False)
    except FileNotFoundError as error:
        raise MissingData(f"there is no {path}; see {PAGE}") from error
    except (OSError, ValueError, EOFError) as error:
        raise BadInput(f"{path} is not a whole numpy file ({error}); unpack it again") from error
    return values[..., 0] if values.ndim == 3 and values.shape[2] == 1 else values


ENTRIES = {"": Diode}
