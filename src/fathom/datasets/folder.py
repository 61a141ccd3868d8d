"""Anybody's pictures and depth maps: ROOT/rgb/NAME.jpg beside ROOT/depth/NAME.png, unit declared."""

import csv
from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from fathom.datasets._base import Dataset, Finding
from fathom.datasets._evening import evenly
from fathom.errors import BadInput, MissingData
from fathom.files.depthmap import UNITS_M, read_depth_m, read_stored
from fathom.files.photo import read_photo
from fathom.ops.units import contradictions
from fathom.records import Sample

PICTURES = {".jpg", ".jpeg", ".png", ".ppm", ".tif", ".tiff", ".webp", ".bmp"}
DEPTHS = {".png", ".npy", ".npz", ".tif", ".tiff", ".pgm"}
_TRIED = 8  # depth maps whose values are looked at by an examination


class Folder(Dataset):
    """A folder of pictures and a folder of depth maps, matched by file name without its ending.

    root         the folder that holds both; its name is the title in signatures
    rgb, depth   their names
    depth_unit   what one unit of the stored depth is: "m", "cm", "mm", or a number of metres such as 1/256
    scenes       a CSV file (path, or name inside root) with a column "scene" and one of "index", "name" or
                 "file"; without it every picture's own folder or, failing that, every picture is a scene
    focal_px     the focal length in pixels of these pictures, or ...
    fov_deg      ... their horizontal field of view; without either EXIF is asked, then a guess is made
    store_step   what the Store counts depth in, said like depth_unit; that is also what it is unless given, or
                 "mm" (up to 65 m) where one unit is more than 1/256 m (up to 255 m)
    infilled     whether holes in the depth were filled in by its makers; goes into the manifest
    """

    def __init__(
        self,
        root: Path | str,
        rgb: str = "rgb",
        depth: str = "depth",
        depth_unit: str | float = "mm",
        scenes: Path | str | None = None,
        focal_px: float | None = None,
        fov_deg: float | None = None,
        store_step: str | float | None = None,
        infilled: bool = False,
        title: str = "",
    ):
        self.root = Path(root)
        self.title = title or self.root.resolve().name
        self._unit_m = _unit_m(depth_unit)
        own_step_m = self._unit_m if self._unit_m <= 1 / 256 else UNITS_M["mm"]
        self.depth_step_m = own_step_m if store_step is None else _unit_m(store_step)
        self._options = {"rgb": rgb, "depth": depth, "depth_unit": depth_unit, "infilled": infilled}
        self._focal_px, self._fov_deg = focal_px, fov_deg
        pictures, depths = _by_stem(self.root / rgb, PICTURES), _by_stem(self.root / depth, DEPTHS)
        both = sorted(pictures.keys() & depths.keys())
        if not both:
            raise MissingData(
                f"{self.root}: no file name is in both {rgb}/ ({len(pictures)} pictures) "
                f"and {depth}/ ({len(depths)} depth maps)"
            )
        self.unmatched = sorted(pictures.keys() ^ depths.keys())
        self._pairs = [(name, pictures[name], depths[name]) for name in both]
        self._scene_of = _read_scenes(self._find(scenes)) if scenes else {}

    def __len__(self) -> int:
        return len(self._pairs)

    def name_of(self, index: int) -> str:
        return self._pairs[index][0]

    @cached_property
    def frame(self) -> tuple[int, int]:
        """The size of the first readable picture; every other one must have it too."""
        for index in range(len(self)):
            try:
                height, width = self.read(index).depth_m.shape
                return height, width
            except BadInput as error:
                reason = error
        raise BadInput(f"{self.root}: not one of {len(self)} samples can be read; the last one: {reason}")

    def read(self, index: int) -> Sample:
        """Raises BadInput if either file is damaged, they differ in size, or the depth cannot be right."""
        name, picture, depth = self._pairs[index]
        photo = read_photo(picture, focal_px=self._focal_px, fov_deg=self._fov_deg)
        # Stored floats are in the declared unit as they are; stored integers are counts of it. Both multiply.
        depth_m = read_depth_m(depth, self._unit_m)
        if photo.rgb.shape[:2] != depth_m.shape:
            raise BadInput(
                f"{picture} is {photo.rgb.shape[1]}x{photo.rgb.shape[0]} but {depth} is "
                f"{depth_m.shape[1]}x{depth_m.shape[0]}; both must be the same size"
            )
        return Sample(photo.rgb, depth_m, photo.camera, name, self._scene(name))

    def provenance(self) -> dict[str, object]:
        """The folder's name (not its place on somebody's disk) and the options."""
        return {"dataset": "folder", "root": self.root.resolve().name, **self._options, "unmatched": self.unmatched}

    def examine(self) -> Iterator[Finding]:
        yield Finding("good", f"{len(self)} pictures with a depth map of the same name")
        if self.unmatched:
            listed = ", ".join(self.unmatched[:5])
            yield Finding("incomplete", f"{len(self.unmatched)} files have no partner of the same name: {listed}")
        if self._scene_of and (without := [n for n, _, _ in self._pairs if n not in self._scene_of]):
            yield Finding(
                "incomplete", f"the list of scenes does not name {len(without)}: {', '.join(without[:5])}"
            )
        doubts = Counter(reason for path in self._some_depths() for reason in self._doubts(path))
        for reason, count in doubts.most_common(3):
            yield Finding(
                "doubtful",
                f"{count} of {min(len(self), _TRIED)} depth maps looked at do not look like "
                f"depth in {self._options['depth_unit']}: {reason}",
                str(self._options["depth"]),
                "say the unit with --depth-unit (mm, 1/256, 1/5000, ...), or get the depth as it was measured",
            )

    def _some_depths(self) -> list[Path]:
        return [self._pairs[i][2] for i in evenly(len(self), _TRIED)]

    def _doubts(self, path: Path) -> list[str]:
        try:
            stored = read_stored(path)
        except (BadInput, MissingData) as error:
            return [str(error)]
        return contradictions(stored, self._unit_m) if stored.dtype.kind in "ui" else []

    def _scene(self, name: str) -> str:
        if not self._scene_of:
            return name.rpartition("/")[0] or name
        if name not in self._scene_of:
            raise BadInput(f"{self.root}: the list of scenes does not name '{name}'")
        return self._scene_of[name]

    def _find(self, scenes: Path | str) -> Path:
        for path in (self.root / scenes, Path(scenes)):
            if path.is_file():
                return path
        raise MissingData(f"{scenes}: there is no such list of scenes, neither in {self.root} nor here")


def _unit_m(unit: str | float) -> float:
    if isinstance(unit, str) and unit in UNITS_M:
        return UNITS_M[unit]
    try:
        numerator, _, denominator = str(unit).partition("/")
        step_m = float(numerator) / float(denominator or 1)
    except (ValueError, ZeroDivisionError):
        step_m = 0.0
    if not 0 < step_m < 1e3:
        raise BadInput(
            f"depth_unit and store_step are one of {', '.join(UNITS_M)} or metres such as 1/256, not '{unit}'"
        )
    return step_m


def _by_stem(folder: Path, endings: set[str]) -> dict[str, Path]:
    """Path relative to the folder without its ending → path; files in sub-folders count."""
    if not folder.is_dir():
        raise MissingData(f"{folder}: there is no such folder")
    found: dict[str, Path] = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in endings and path.is_file():
            stem = path.relative_to(folder).with_suffix("").as_posix()
            if stem in found:
                raise BadInput(f"{path} and {found[stem].name} have the same name; which one is meant?")
            found[stem] = path
    return found


def _read_scenes(path: Path) -> dict[str, str]:
    """name → scene. A numeric "index" also matches names padded with zeros, up to six digits."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadInput(f"{path} is not a CSV file ({error}); name the list of scenes") from error
    key = next((k for k in ("name", "file", "index") if rows and k in rows[0]), None)
    if key is None or "scene" not in rows[0]:
        raise BadInput(f"{path}: needs a header with 'scene' and one of 'name', 'file', 'index'")
    scenes: dict[str, str] = {}
    for row in rows:
        name = Path(row[key]).with_suffix("").as_posix() if key == "file" else row[key]
        names = [name.zfill(n) for n in range(1, 7)] if key == "index" else [name]
        scenes.update(dict.fromkeys(names, row["scene"]))
    return scenes


ENTRIES = {"": Folder}
