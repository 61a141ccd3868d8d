"""The numbers in a file of any format that depth is published in, as they are stored, whatever they mean.

npy and npz (numpy), png and tiff (Pillow), pfm, exr (OpenEXR), hdf5 (h5py), mat (scipy up to version 7.2, h5py for
7.3). A file holds one array or several; each may be one map or a pile of maps, of which one is read at a time.
MATLAB writes arrays column by column, so that HDF5 shows a 7.3 file's axes reversed: they are turned back here.
"""

import importlib
import math
import os
import threading
import zipfile
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import numpy as np

from fathom.errors import BadInput, FathomError, MissingData
from fathom.files.matlab5 import kind_of, read_matlab5
from fathom.files.pfm import read_pfm
from fathom.files.photo import open_picture

FORMATS = {
    ".npy": "npy",
    ".npz": "npz",
    ".png": "png",
    ".tif": "tiff",
    ".tiff": "tiff",
    ".pfm": "pfm",
    ".exr": "exr",
    ".h5": "hdf5",
    ".hdf5": "hdf5",
    ".mat": "mat",
}
CONTAINERS = ("npy", "npz", "hdf5", "mat")  # these may hold a pile of maps, or several arrays
MOST_VALUES = 1 << 28  # of one map: 16384 x 16384
_EXR_NAMES = ("Z", "depth.Z", "depth", "Depth", "distance.Y", "Y", "V")  # channels that hold depth, by custom
_PNG_HEADER = 26  # bytes up to the kind of colour


class Arrays(ABC):
    """The numeric arrays of one file: ``shapes`` by name, without reading them.

    ``read(name)`` gives the whole array, ``read(name, axis, index)`` one map of a pile. Both raise BadInput for a
    damaged file. May be used by several threads.
    """

    shapes: dict[str, tuple[int, ...]]

    def __init__(self, path: Path):
        self.path = path
        self._lock = threading.Lock()

    def read(self, name: str, axis: int | None = None, index: int = 0) -> np.ndarray:
        shape = self.shapes[name]
        if (values := math.prod(shape) // (shape[axis] if axis is not None else 1)) > MOST_VALUES:
            raise BadInput(f"{self.path} holds {shape}: a map of {values:,} numbers is no picture's depth")
        with self._lock:
            try:
                array = self._read(name, axis, index)
            except FathomError:
                raise
            except Exception as error:  # whatever the decoders let pass: zlib.error, RuntimeError, KeyError ...
                raise _damaged(self.path, error) from error
        return np.ascontiguousarray(array)

    @abstractmethod
    def _read(self, name: str, axis: int | None, index: int) -> np.ndarray: ...


def open_arrays(path: str | os.PathLike[str]) -> Arrays:
    """The arrays of the file at ``path``, its format known by its ending.

    Raises MissingData if there is no file or a package for its format is not installed, BadInput if the file is
    damaged, of another kind than its ending says, or holds Python objects (which are never unpickled).
    """
    path = Path(path)
    kind = FORMATS.get(path.suffix.lower())
    if kind is None:
        raise BadInput(f"{path}: numbers are read from {', '.join(FORMATS)}, not from '{path.suffix}'")
    if not path.is_file():
        raise MissingData(f"{path}: there is no such file; check the name")
    if path.stat().st_size == 0:
        raise BadInput(f"{path} is empty (0 bytes); copy or write it again")
    if kind == "mat":
        return _Hdf5(path, reversed_axes=True) if kind_of(path) == "hdf5" else _Matlab5(path)
    try:
        return {"npy": _Npy, "npz": _Npz, "hdf5": _Hdf5}.get(kind, _Picture)(path)
    except FathomError:
        raise
    except (OSError, ValueError, EOFError, KeyError, SyntaxError, zipfile.BadZipFile) as error:
        raise _damaged(path, error) from error


class _Npy(Arrays):
    def __init__(self, path: Path):
        super().__init__(path)
        with path.open("rb") as file:
            shape, _, dtype = _header(path, file)
        self.shapes = {"": shape} if _numeric(dtype) else {}
        # A map in memory: of a pile only what is read is brought in, and a file cut short is found at once.
        self._array = np.load(path, mmap_mode="r", allow_pickle=False)

    def _read(self, name: str, axis: int | None, index: int) -> np.ndarray:
        return np.array(self._array if axis is None else np.take(self._array, index, axis))


class _Npz(Arrays):
    """A pile in a zip can only be read from its beginning: the place reached is kept, so that maps asked for in
    their order are each decoded once."""

    def __init__(self, path: Path):
        super().__init__(path)
        self._zip = zipfile.ZipFile(path)
        self.shapes = {}
        self._about: dict[str, tuple[bool, np.dtype]] = {}
        for member in self._zip.namelist():
            if member.endswith(".npy"):
                with self._zip.open(member) as file:
                    shape, columns_first, dtype = _header(path, file)
                if _numeric(dtype):
                    self.shapes[member[:-4]] = shape
                    self._about[member[:-4]] = columns_first, dtype
        self._stream: tuple[str, Any, int] = ("", None, 0)

    def _read(self, name: str, axis: int | None, index: int) -> np.ndarray:
        columns_first, _ = self._about[name]
        if axis == 0 and not columns_first:
            return self._next(name, index)
        with self._zip.open(f"{name}.npy") as file:
            whole = np.lib.format.read_array(file, allow_pickle=False)
        return whole if axis is None else np.take(whole, index, axis)

    def _next(self, name: str, index: int) -> np.ndarray:
        reading, file, at = self._stream
        if reading != name or at > index:
            file, at = self._zip.open(f"{name}.npy"), 0
            _header(self.path, file)
        self._stream = ("", None, 0)  # should reading fail, the place is lost
        shape, (_, dtype) = self.shapes[name][1:], self._about[name]
        size = math.prod(shape) * dtype.itemsize
        for _ in range(index - at):
            _exactly(file, size)
        data = _exactly(file, size)
        self._stream = (name, file, index + 1)
        return np.frombuffer(data, dtype).reshape(shape)


class _Hdf5(Arrays):
    def __init__(self, path: Path, reversed_axes: bool = False):
        super().__init__(path)
        self._reversed = reversed_axes
        self.shapes = {}
        with self._open() as file:
            try:
                file.visititems(self._note)
            except (RuntimeError, OSError, KeyError, ValueError) as error:
                raise _damaged(path, error) from error

    def _note(self, name: str, item: Any) -> None:
        dtype = getattr(item, "dtype", None)
        if dtype is not None and _numeric(dtype) and not name.startswith("#"):
            self.shapes[name] = tuple(item.shape[::-1] if self._reversed else item.shape)

    def _read(self, name: str, axis: int | None, index: int) -> np.ndarray:
        axes = len(self.shapes[name])
        with self._open() as file:
            if axis is None:
                found = file[name][()]
            else:
                place: list[Any] = [slice(None)] * axes
                place[axes - 1 - axis if self._reversed else axis] = index
                found = file[name][tuple(place)]
        return found.T if self._reversed else found

    def _open(self) -> Any:
        try:
            import h5py
        except ImportError as error:
            raise _uninstalled(self.path, "h5py") from error
        try:
            return h5py.File(self.path, "r")
        except OSError as error:
            raise _damaged(self.path, error) from error


class _Matlab5(Arrays):
    def __init__(self, path: Path):
        super().__init__(path)
        self._arrays = {n: a for n, a in read_matlab5(path).items() if _numeric(a.dtype)}
        self.shapes = {name: array.shape for name, array in self._arrays.items()}

    def _read(self, name: str, axis: int | None, index: int) -> np.ndarray:
        return self._arrays[name] if axis is None else np.take(self._arrays[name], index, axis)


class _Picture(Arrays):
    """png, tiff, pfm, exr: one map, read when it is asked for."""

    def __init__(self, path: Path):
        super().__init__(path)
        self.shapes = {"": ()}

    def _read(self, name: str, axis: int | None, index: int) -> np.ndarray:
        kind = FORMATS[self.path.suffix.lower()]
        if kind == "pfm":
            return read_pfm(self.path)
        return _read_exr(self.path) if kind == "exr" else _read_picture(self.path)


def as_map(where: str, array: np.ndarray) -> np.ndarray:
    """One map (H, W) of an array with axes of length 1 around it, or of three equal channels.

    ``where`` names it in errors. BadInput for colours, another shape, or what are no numbers.
    """
    shape = array.shape
    while array.ndim > 2 and 1 in (array.shape[0], array.shape[-1]):
        array = array[0] if array.shape[0] == 1 else array[..., 0]
    if array.ndim == 3 and array.shape[2] in (3, 4):
        colours = array[..., :3]
        if (colours != colours[..., :1]).any():
            raise BadInput(
                f"{where} is a picture of depth in colours: its numbers are gone, and no colour map can be turned "
                "back exactly; save the numbers themselves (npy, npz, 16-bit PNG, PFM, EXR)"
            )
        array = np.ascontiguousarray(colours[..., 0])
    if array.ndim != 2 or not array.size or array.dtype.kind not in "uif":
        raise BadInput(f"{where} holds {array.dtype} of shape {shape}; a depth map is (H, W) numbers")
    return array


def _read_picture(path: Path) -> np.ndarray:
    if path.suffix.lower() == ".png":
        with path.open("rb") as file:
            head = file.read(_PNG_HEADER)
        if head[:4] == b"\x89PNG" and len(head) == _PNG_HEADER and head[24] == 16 and head[25] != 0:
            raise BadInput(f"{path} has 16 bits in several channels, of which only 8 can be read; write it as grey")
    picture = open_picture(path)
    if getattr(picture, "n_frames", 1) != 1:
        raise BadInput(f"{path} holds several pictures; write one file for each, or one npy of (N, H, W)")
    if picture.mode == "1":
        raise BadInput(f"{path} has one bit a pixel: a mask, not a depth map")
    if picture.mode in ("L", "I", "F") or picture.mode.startswith("I;16"):
        return np.asarray(picture)
    return np.asarray(picture.convert("RGB"))


def _read_exr(path: Path) -> np.ndarray:
    try:
        OpenEXR: Any = importlib.import_module("OpenEXR")  # it has no types that a checker finds
    except ImportError as error:
        raise _uninstalled(path, "OpenEXR") from error
    with OpenEXR.File(str(path), separate_channels=True) as file:
        channels, header = dict(file.channels()), file.header()
        name = next((n for n in _EXR_NAMES if n in channels), None)
        if name is None and len(channels) == 1:
            (name,) = channels
        if not np.array_equal(header["dataWindow"], header["displayWindow"]):
            raise BadInput(f"{path} holds only a part of its picture (its data and display windows differ)")
        if name is not None:
            return np.array(channels[name].pixels)
        if not {"R", "G", "B"} <= channels.keys():
            raise BadInput(f"{path} has the channels {', '.join(channels)}; depth is one channel, best called Z")
        return np.stack([np.array(channels[c].pixels) for c in "RGB"], axis=-1)


def _header(path: Path, file: Any) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Shape, whether columns come first, and type of an npy; BadInput for Python objects."""
    version = np.lib.format.read_magic(file)
    reader = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}.get(version)
    if reader is None:
        raise BadInput(f"{path} is an npy file of version {version}; save it again with numpy.save")
    shape, columns_first, dtype = reader(file)
    if dtype.hasobject and path.suffix.lower() == ".npy":
        raise BadInput(
            f"{path} holds Python objects, which may run code when they are read and never are; stack the maps "
            "into one array (N, H, W) or save one file for each"
        )
    return shape, columns_first, dtype


def _exactly(file: Any, size: int) -> bytes:
    data = file.read(size)
    if len(data) != size:
        raise EOFError(f"{len(data)} of {size} bytes")
    return data


def _numeric(dtype: np.dtype) -> bool:
    return dtype.kind in "uif"


def _damaged(path: Path, error: Exception) -> BadInput:
    why = str(error) or type(error).__name__
    return BadInput(f"{path} is damaged, cut short or of another kind than its name says ({why}); write it again")


def _uninstalled(path: Path, package: str) -> MissingData:
    return MissingData(f"{path}: {path.suffix} files need {package}; pip install 'fathom-depth[formats]'")
