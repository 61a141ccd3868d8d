"""Anybody's predictions on the disk: a folder tree with one file for each photo, or one file with all of them.

What a file says of itself, if fathom wrote it, is believed. Of all other files only the numbers are given, as they
are stored: what they are has to be found out (``fathom.ops.detection``) or said.
"""

import math
import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from fathom.errors import BadInput, MissingData
from fathom.files.depthmap import describes_itself, read_depth
from fathom.files.numbers import CONTAINERS, FORMATS, Arrays, as_map, open_arrays
from fathom.records import Prediction

_USUAL_NAMES = (
    *("depth", "depths", "pred", "preds", "prediction", "predictions", "predicted_depth"),
    *("pred_depth", "pred_depths", "depth_pred", "depths_pred", "disp", "disparity", "disparities", "inv_depth"),
)  # of the array with the predictions, where a file holds several
_SHOWN = 5


@dataclass(frozen=True)
class Stored:
    """One prediction as it lies on the disk.

    values  (H, W), any numeric type, whatever the numbers mean
    own     the prediction as its file describes it, None for files that do not describe themselves
    path    the file; ``name`` of the entry in the folder
    """

    values: np.ndarray
    own: Prediction | None
    path: Path
    name: str


class _File(NamedTuple):
    """A file with numbers: its path below the root without its ending, its format, where it is."""

    name: str
    kind: str
    path: str


class PredictionFolder:
    """The predictions under a path: ``names`` lists them in order, ``read`` gives one.

    path      a folder, searched with its sub-folders, or one file (npy, npz, hdf5, mat) that holds them all:
              a pile (N, H, W) or (H, W, N), or one array (H, W) for each name
    format    "npy", "npz", "png", "tiff", "pfm", "exr", "hdf5" or "mat": the others are left out
    key       the name of the array in files that hold several
    count     how many predictions there should be: a pile of another number is refused, and its axis found

    names     path in the folder without its ending, name of the array, or for a pile "0", "1", ...
    is_pile   whether the only order of the predictions is their place in one array
    formats   how many files of each format, ``others`` how many of endings that are no numbers

    The files are listed, none but a single one is opened. Raises MissingData if there is nothing to read, BadInput
    if one name is there in several formats or a pile has another number than ``count``.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        format: str | None = None,
        key: str | None = None,
        count: int | None = None,
    ):
        self.path, self.key = Path(path), key
        if format is not None and format not in FORMATS.values():
            raise BadInput(f"no format is called '{format}'; there are {', '.join(sorted(set(FORMATS.values())))}")
        files, self.others = _files(self.path)
        self.formats = dict(Counter(file.kind for file in files))
        files = [file for file in files if format in (None, file.kind)]
        if not files:
            raise MissingData(_nothing(self.path, self.formats, self.others, format))
        self._files = _one_format_a_name(self.path, files)
        self._whole: Arrays | None = None
        self._axis: int | None = None
        self._names = sorted(self._files, key=natural)
        if len(files) == 1 and files[0].kind in CONTAINERS and not describes_itself(files[0].path):
            self._look_into(Path(files[0].path), count)

    def __len__(self) -> int:
        return len(self._names)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._names)

    @property
    def is_pile(self) -> bool:
        return self._axis is not None

    def path_of(self, name: str) -> Path:
        """The file that an entry is in."""
        return self._whole.path if self._whole else Path(self._files[name])

    def read(self, name: str) -> Stored:
        """One prediction. BadInput or MissingData, naming its file, if it cannot be had; the others still can.

        May be called from several threads.
        """
        path = self.path_of(name)
        if describes_itself(path):
            own = read_depth(path)
            return Stored(own.values, own, path, name)
        if self._axis is not None and self._whole:
            values = self._whole.read(self.key or "", self._axis, int(name))
            return Stored(as_map(f"{path}, map {name}", values), None, path, name)
        if self._whole:
            return Stored(as_map(f"{path}, array {name}", self._whole.read(name)), None, path, name)
        arrays = open_arrays(path)
        return Stored(as_map(str(path), arrays.read(_chosen(path, arrays.shapes, self.key))), None, path, name)

    def _look_into(self, path: Path, count: int | None) -> None:
        """Finds out whether a single file holds one map, a pile, or an array for each name."""
        arrays = open_arrays(path)
        maps = {n: s for n, s in arrays.shapes.items() if math.prod(s) > 1 and len(_own_axes(s)) >= 2}
        usual = [name for name in maps if name.rpartition("/")[2].lower() in _USUAL_NAMES]
        if self.key is None and len(maps) > 1 and len(usual) != 1 and all(len(s) == 2 for s in maps.values()):
            if count is not None and len(maps) < count:
                listed = ", ".join(sorted(maps)[:_SHOWN])
                raise BadInput(f"{path} holds {len(maps)} arrays ({listed}) and there are {count} photos")
            self._whole, self._names = arrays, sorted(maps, key=natural)
            return
        self.key = _chosen(path, arrays.shapes, self.key)
        shape = arrays.shapes[self.key]
        of_one = count == 1 and len(shape) > 2 and shape[0] == 1
        if not of_one and (len(_own_axes(shape)) < 3 or (_is_colour(shape) and shape[-1] != count)):
            return
        self._axis = _pile_axis(path, shape, count)
        self._whole, self._names = arrays, [str(i) for i in range(shape[self._axis])]


def natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """For sorting: numbers in names count as numbers, so that 10 comes after 9."""
    parts = re.split(r"(\d+)", name)
    return tuple((0, int(part), part) if part.isdigit() else (1, 0, part) for part in parts if part)


def _files(root: Path) -> tuple[list[_File], dict[str, int]]:
    """The files with numbers below root, and how many there are of each other ending."""
    if root.is_file():
        if root.suffix.lower() not in FORMATS:
            raise BadInput(f"{root}: predictions are read from {', '.join(FORMATS)}, not from '{root.suffix}'")
        return [_File(root.stem, FORMATS[root.suffix.lower()], str(root))], {}
    if not root.is_dir():
        raise MissingData(f"{root}: there is no such folder or file; check the name")
    files: list[_File] = []
    others: Counter[str] = Counter()
    waiting = [(str(root), "")]
    while waiting:
        folder, below = waiting.pop()
        try:
            with os.scandir(folder) as found:
                entries = [(e.name, e.path, e.is_dir()) for e in found if not e.name.startswith(".")]
        except OSError as error:
            raise BadInput(f"{folder} cannot be listed: {error.strerror}; who may read it?") from error
        for name, path, is_folder in entries:
            stem, ending = os.path.splitext(name)  # noqa: PTH122 - there may be very many
            if is_folder:
                waiting.append((path, f"{below}{name}/"))
            elif kind := FORMATS.get(ending.lower()):
                files.append(_File(below + stem, kind, path))
            else:
                others[ending.lower()] += 1
    return files, dict(others)


def _one_format_a_name(root: Path, files: Sequence[_File]) -> dict[str, str]:
    """Name → path; BadInput if a name has more than one file."""
    found: dict[str, str] = {}
    kinds: dict[str, str] = {}
    twice = ""
    for file in files:
        last = file.name.rpartition("/")[2]
        if kinds.setdefault(last, file.kind) != file.kind:
            twice = max(twice, last)
        elif file.name in found:
            raise BadInput(f"{found[file.name]} and {file.path} have one name: which is meant? Move the other away")
        found[file.name] = file.path
    if twice:
        counts = Counter(file.kind for file in files).most_common()
        raise BadInput(
            f"{root} holds several formats ({', '.join(f'{n} {kind}' for kind, n in counts)}), and names are there "
            f"in more than one, '{twice}' for one; say which with --format {counts[0][0]}, or name the sub-folder"
        )
    return found


def _chosen(path: Path, shapes: Mapping[str, tuple[int, ...]], key: str | None) -> str:
    """The array with the prediction: the one asked for, the only one, or the only one of a usual name."""
    if key is not None and key in shapes:
        return key
    listed = ", ".join(f"{n or 'one'} {shape}" for n, shape in shapes.items()) or "no numbers"
    if key is not None:
        raise BadInput(f"{path} holds no array '{key}' but {listed}; say another with --key")
    if len(shapes) == 1:
        return next(iter(shapes))
    maps = [name for name, shape in shapes.items() if len(shape) >= 2 and min(shape) > 0 and math.prod(shape) > 16]
    usual = [name for name in maps if name.rpartition("/")[2].lower() in _USUAL_NAMES]
    for some in (usual, maps):
        if len(some) == 1:
            return some[0]
    raise BadInput(f"{path} holds {listed}; say which is the prediction with --key")


def _pile_axis(path: Path, shape: tuple[int, ...], count: int | None) -> int:
    """Which axis of a pile counts the photos: the last in MATLAB files, else the first, if its length fits."""
    order = (-1, 0) if path.suffix.lower() == ".mat" else (0, -1)
    axes = [axis % len(shape) for axis in order]
    for axis in axes:
        if shape[axis] == count or (count is None and axis == axes[0]):
            return axis
    raise BadInput(
        f"{path} holds an array {shape}, and there are {count} photos: neither its first nor last axis fits"
    )


def _own_axes(shape: tuple[int, ...]) -> list[int]:
    return [n for n in shape if n != 1]


def _is_colour(shape: tuple[int, ...]) -> bool:
    return len(_own_axes(shape)) == 3 and shape[-1] in (3, 4) and min(shape[-3:-1]) > 4


def _nothing(root: Path, formats: Mapping[str, int], others: Mapping[str, int], wanted: str | None) -> str:
    there = {**formats, **others}
    listed = ", ".join(f"{n} {kind or 'without ending'}" for kind, n in sorted(there.items(), key=lambda x: -x[1]))
    what = f"no {wanted} file" if wanted else "no file of numbers"
    hint = "; JPEG changes the numbers: save npy or 16-bit PNG" if others.keys() & {".jpg", ".jpeg"} else ""
    return f"{root} holds {what} ({listed or 'it is empty'}); read are {', '.join(FORMATS)}{hint}"
