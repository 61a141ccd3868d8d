"""nyu_depth_v2_labeled.mat, a MATLAB 7.3 file (HDF5) of 2.8 GB, read one frame at a time.

MATLAB stores its arrays column by column, so that HDF5 shows their axes reversed: ``images`` is (N, 3, W, H),
``depths`` and ``rawDepths`` are (N, W, H). A cell array of texts is (1, N) references to arrays of UTF-16 codes.
"""

import os
import threading
from pathlib import Path
from typing import Any

import numpy as np

from fathom.errors import BadInput, MissingData
from fathom.files.matlab5 import kind_of

_PICTURES, _DEPTHS, _CELLS = "images", ("depths", "rawDepths"), ("scenes", "sceneTypes")
_CACHE_BYTES = 16 << 20  # HDF5 decodes in chunks, which may span frames: the last ones are kept


class LabeledMat:
    """The frames of a labelled file, counted from 0.

    frames          how many there are
    height, width   of every frame

    It is opened once in each process; it may be read from several threads (HDF5 lets one in at a time) and be
    pickled. Raises MissingData if there is no file (or no h5py), BadInput if it is of another kind, cut short, or
    lacks what the labelled file has.
    """

    def __init__(self, path: str | os.PathLike[str]):
        self.path = Path(path)
        self._lock = threading.Lock()
        self._file: Any = None
        self._process = 0
        _must_be_hdf5(self.path)
        file = self._opened()
        if missing := [name for name in (_PICTURES, *_DEPTHS, *_CELLS) if name not in file]:
            there = ", ".join(name for name in file if not name.startswith("#")) or "nothing"
            raise BadInput(f"{self.path} does not hold {', '.join(missing)} but {there}; is it the right file?")
        try:
            shape, *depths = (file[name].shape for name in (_PICTURES, *_DEPTHS))
        except (KeyError, OSError, RuntimeError, AttributeError, ValueError) as error:
            raise BadInput(f"{self.path} is damaged ({error}); compare its hash and get it again") from error
        if len(shape) != 4 or shape[1] != 3 or any(depth != (shape[0], *shape[2:]) for depth in depths):
            raise BadInput(
                f"{self.path}: images are {shape} and depths {depths[0]}, not (N, 3, W, H) and (N, W, H); it was "
                "written again with its axes in another order"
            )
        self.frames, _, self.width, self.height = (int(n) for n in shape)

    def picture(self, frame: int) -> np.ndarray:
        """The picture, uint8 (H, W, 3)."""
        picture = self._read(_PICTURES, frame)
        if picture.dtype != np.uint8:
            raise BadInput(
                f"{self.path}: its pictures are {picture.dtype}, not the official file's uint8: somebody wrote it "
                "anew; get the file again"
            )
        return np.ascontiguousarray(picture.transpose(2, 1, 0))

    def depth_m(self, frame: int, name: str = "depths") -> np.ndarray:
        """float32 (H, W) metres as stored: ``depths`` is filled in, in ``rawDepths`` 0 means absent."""
        return np.ascontiguousarray(self._read(name, frame).T.astype(np.float32, copy=False))

    def texts(self, name: str) -> tuple[str, ...]:
        """A cell array of texts, one for each frame: ``scenes``, ``sceneTypes``, ``rawDepthFilenames`` ..."""
        file = self._opened()
        try:
            references = file[name][()].ravel()
            texts = tuple(file[r][()].astype(np.uint16).tobytes().decode("utf-16-le") for r in references)
        except (KeyError, OSError, RuntimeError, ValueError, AttributeError, TypeError) as error:
            raise BadInput(
                f"{self.path}: its list '{name}' cannot be read ({error}); get the file again"
            ) from error
        if len(texts) != self.frames:
            raise BadInput(f"{self.path}: '{name}' has {len(texts)} entries for {self.frames} frames; get it again")
        return texts

    def _read(self, name: str, frame: int) -> np.ndarray:
        try:
            return self._opened()[name][frame]
        except (KeyError, OSError, RuntimeError, ValueError, IndexError) as error:
            raise BadInput(
                f"{self.path}: frame {frame + 1} of {name} cannot be read ({error}); the file is damaged: "
                "compare its hash and get it again"
            ) from error

    def _opened(self) -> Any:
        """The file's handle in this process: one inherited by a fork would share its place in the file."""
        with self._lock:
            if self._file is None or self._process != os.getpid():
                self._file, self._process = _open(self.path), os.getpid()
            return self._file

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in vars(self).items() if k not in ("_lock", "_file")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, _lock=threading.Lock(), _file=None)


def _must_be_hdf5(path: Path) -> None:
    kind = kind_of(path)
    if kind == "hdf5":
        return
    what = {
        "matlab5": "is a MATLAB 5 file, as splits.mat is, and not MATLAB 7.3 (HDF5); were two files confused?",
        "page": "is a web page, not a MATLAB file: the download gave a page with an error; get it again",
        "empty": "is empty (0 bytes); get it again",
    }.get(kind, "is not a MATLAB 7.3 file (HDF5), whatever its name says")
    raise BadInput(f"{path} {what}")


def _open(path: Path) -> Any:
    try:
        import h5py
    except ImportError as error:
        raise MissingData(f"{path}: MATLAB 7.3 files need h5py; pip install 'fathom-depth[data]'") from error
    try:
        return h5py.File(path, "r", rdcc_nbytes=_CACHE_BYTES)
    except FileNotFoundError as error:
        raise MissingData(f"there is no file {path}; check the name") from error
    except OSError as error:
        size = path.stat().st_size
        raise BadInput(
            f"{path} is cut short or damaged ({size:,} bytes; {error}); go on with the download (curl -C -) or get "
            "it again"
        ) from error
