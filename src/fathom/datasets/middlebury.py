"""Middlebury stereo, 2014 and later: disparity and calibration to depth along the axis."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np

from fathom.datasets._base import Finding
from fathom.datasets._framed import Framed, camera_of, header_size
from fathom.datasets._listing import entries
from fathom.errors import BadInput, MissingData
from fathom.files.pfm import read_pfm
from fathom.files.photo import read_photo
from fathom.records import Sample

PAGE = "https://vision.middlebury.edu/stereo/data/"
_DISPARITIES = ("disp{0}.pfm", "disp{0}GT.pfm", "disp{0}.npz", "disp{0}.npy")


class Middlebury(Framed):
    """Middlebury stereo with calib.txt (2014, the evaluation's third version, 2021): Z = baseline f / (d + doffs).

    root      a folder of scenes, or one scene: the folder with im0.png, disp0.pfm (or disp0GT.pfm, .npz, .npy)
              and calib.txt
    views     "left": im0 with disp0, or "both": im1 with disp1 too, where it is there
    width     with height: the size that every sample is brought to; the scenes' pictures differ in size
    height    with width

    Infinite disparity means none. The baseline is in millimetres. Perfect and imperfect rectification are two
    folders and would be two scenes: take one of them.
    """

    title = "middlebury"
    depth_step_m = 0.001

    def __init__(
        self,
        root: Path | str,
        views: Literal["left", "both"] = "left",
        width: int | None = None,
        height: int | None = None,
    ):
        super().__init__(width, height)
        if views not in ("left", "both"):
            raise BadInput(f"views is left or both, not {views}")
        self.root, self._views = Path(root), views
        files, folders = entries(self.root)
        self._views_of: list[tuple[str, int, str]] = []  # scene, view, file of the disparity
        self._incomplete: list[str] = []
        for scene in [""] if "im0.png" in files else folders:
            there = set(files if not scene else entries(self.root / scene)[0])
            if "im0.png" not in there:
                continue
            found = [self._view(scene, view, there) for view in ((0, 1) if views == "both" else (0,))]
            self._views_of += [view for view in found if view]
            if not found[0]:
                self._incomplete.append(scene or self.root.name)
        if not self._views_of:
            raise MissingData(f"{self.root}: no folder here has im0.png, disp0.pfm and calib.txt; see {PAGE}")

    def __len__(self) -> int:
        return len(self._views_of)

    def name_of(self, index: int) -> str:
        scene, view, _ = self._views_of[index]
        return f"{scene or self.root.resolve().name}/im{view}"

    def _size_of(self, index: int) -> tuple[int, int]:
        scene, view, _ = self._views_of[index]
        return header_size(self.root / scene / f"im{view}.png")

    def read(self, index: int) -> Sample:
        """Raises MissingData or BadInput if a file is absent or damaged, or the calibration is of another size."""
        scene, view, disparity_file = self._views_of[index]
        folder = self.root / scene
        rgb = read_photo(folder / f"im{view}.png").rgb
        disparity_px = _read_disparity(folder / disparity_file)
        calibration = read_calibration(folder / "calib.txt")
        matrix = calibration.matrices[view]
        size = calibration.size or rgb.shape[:2]
        if not rgb.shape[:2] == disparity_px.shape == size:
            raise BadInput(
                f"{folder}: im{view}.png is {rgb.shape[1]}x{rgb.shape[0]}, its disparity {disparity_px.shape[1]}x"
                f"{disparity_px.shape[0]} and calib.txt is for {size[1]}x{size[0]}; take the three of one size"
            )
        depth_m = to_metres(disparity_px, float(matrix[0, 0]), calibration.doffs_px, calibration.baseline_m)
        camera = camera_of(matrix, (size[0], size[1]), "calibration")
        return self._fitted(rgb, depth_m, camera, self.name_of(index), scene or self.root.resolve().name)

    def provenance(self) -> dict[str, object]:
        return {
            "dataset": "middlebury",
            "root": self.root.resolve().name,
            "views": self._views,
            **self._size_options(),
            "unit": "metres from disparity",
        }

    def examine(self) -> Iterator[Finding]:
        scenes = {scene for scene, _, _ in self._views_of}
        yield Finding("good", f"{len(scenes)} scenes, {len(self)} pictures with disparity")
        for name in self._incomplete:
            yield Finding("incomplete", "no disparity or no calib.txt beside im0.png", name, PAGE)
        for scene in sorted(scenes):
            try:
                baseline_m = read_calibration(self.root / scene / "calib.txt").baseline_m
            except (BadInput, MissingData) as error:
                yield Finding("incomplete", str(error), scene)
                continue
            if not 0.02 < baseline_m < 0.6:
                yield Finding(
                    "broken",
                    f"calib.txt: a baseline of {baseline_m * 1000:g} mm, not some 30 to 400: is it in metres?",
                    scene,
                )
        yield from self._examine_sizes()
        yield from self._examine_depth(0.2, 30.0, None)

    def _view(self, scene: str, view: int, there: set[str]) -> tuple[str, int, str] | None:
        names = (name.format(view) for name in _DISPARITIES)
        disparity = next((name for name in names if name in there), None)
        return (scene, view, disparity) if disparity and {f"im{view}.png", "calib.txt"} <= there else None


class Calibration:
    """What a calib.txt says: the 3x3 ``matrices`` of both cameras, ``doffs_px``, ``baseline_m``, and ``size``
    (height, width), None where the file leaves it out."""

    def __init__(self, values: dict[str, str]):
        self.matrices = tuple(
            np.array([[float(v) for v in row.split()] for row in values[f"cam{i}"].strip("[]").split(";")])
            for i in (0, 1)
        )
        self.doffs_px, self.baseline_m = float(values["doffs"]), float(values["baseline"]) / 1000
        self.size = (int(values["height"]), int(values["width"])) if "width" in values else None
        if (
            any(m.shape != (3, 3) for m in self.matrices)
            or not self.baseline_m > 0
            or not math.isfinite(self.doffs_px)
        ):
            raise ValueError("a matrix is not 3x3 or the baseline not positive")


def read_calibration(path: Path) -> Calibration:
    """calib.txt: lines "key=value", matrices in brackets with semicolons, the baseline in millimetres."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        return Calibration({k.strip(): v.strip() for k, _, v in (line.partition("=") for line in lines)})
    except FileNotFoundError as error:
        raise MissingData(f"there is no {path}; it comes with the scene, see {PAGE}") from error
    except (OSError, ValueError, KeyError) as error:
        raise BadInput(
            f"{path} is not a whole calibration: cam0, cam1, doffs and baseline are needed ({error})"
        ) from error


def to_metres(disparity_px: np.ndarray, focal_px: float, doffs_px: float, baseline_m: float) -> np.ndarray:
    """Z = baseline f / (d + doffs), float32 (H, W); NaN where the disparity is infinite, NaN or too small."""
    apart_px = disparity_px.astype(np.float64) + doffs_px
    seen = np.isfinite(apart_px) & (apart_px > 0)
    return np.where(seen, baseline_m * focal_px / np.where(seen, apart_px, 1), np.nan).astype(np.float32)


def _read_disparity(path: Path) -> np.ndarray:
    if path.suffix == ".pfm":
        return read_pfm(path)
    try:
        with np.load(path, allow_pickle=False) if path.suffix == ".npz" else _One(path) as arrays:
            values = arrays[arrays.files[0]]
    except (OSError, ValueError, EOFError, IndexError) as error:
        raise BadInput(f"{path} is not a whole numpy file ({error}); get it again") from error
    if values.ndim != 2 or values.dtype.kind not in "fui":
        raise BadInput(f"{path} holds {values.dtype} {values.shape}; a disparity map is (H, W) numbers")
    return values


class _One(dict):
    """The one array of an npy file, opened as an npz is."""

    files = ("disparity",)

    def __init__(self, path: Path):
        super().__init__(disparity=np.load(path, allow_pickle=False))

    def __enter__(self) -> "_One":
        return self

    def __exit__(self, *_: object) -> None:
        pass


ENTRIES = {"": Middlebury}
