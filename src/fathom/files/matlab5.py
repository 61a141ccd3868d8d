"""MATLAB files of version 5 to 7.2, which scipy reads. Version 7.3 is HDF5 and another matter (labeled_mat.py)."""

import os
from pathlib import Path

import numpy as np

from fathom.errors import BadInput, MissingData

HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"  # at 0, or after a user block of 512, 1024, 2048 ... bytes


def kind_of(path: str | os.PathLike[str]) -> str:
    """What a file is by its first bytes: "hdf5" (MATLAB 7.3), "matlab5", "page" (HTML), "empty" or "other".

    Raises MissingData if there is no file, BadInput if it cannot be opened.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            head = file.read(8192)
    except FileNotFoundError as error:
        raise MissingData(f"there is no file {path}; check the name") from error
    except OSError as error:
        raise BadInput(f"{path} cannot be opened: {error.strerror}; check its name and who may read it") from error
    if any(head[start : start + 8] == HDF5_SIGNATURE for start in (0, 512, 1024, 2048, 4096)):
        return "hdf5"
    if head.startswith(b"MATLAB 5.0"):
        return "matlab5"
    if head.lstrip()[:1] == b"<":
        return "page"
    return "other" if head else "empty"


def read_matlab5(path: str | os.PathLike[str], *names: str) -> dict[str, np.ndarray]:
    """The arrays of these names in a MATLAB 5 file, or all of them if none is named.

    Raises MissingData if there is no file (or no scipy), BadInput if the file is of another kind, damaged, or
    lacks one of the names.
    """
    path = Path(path)
    kind = kind_of(path)
    if kind != "matlab5":
        what = {
            "hdf5": "is a MATLAB 7.3 file (HDF5), and this one should be of MATLAB 5; were two files confused?",
            "page": "is a web page, not a MATLAB file: the download gave a page with an error; get it again",
            "empty": "is empty (0 bytes); get it again from where it came from",
        }.get(kind, "is not a MATLAB file, whatever its name says")
        raise BadInput(f"{path} {what}")
    try:
        from scipy.io import loadmat
    except ImportError as error:
        raise MissingData(f"{path}: MATLAB files need scipy; pip install 'fathom-depth[data]'") from error
    try:
        found = loadmat(path)
    except Exception as error:  # scipy lets what its decoders raise pass: zlib.error, struct.error, TypeError ...
        raise BadInput(f"{path} is damaged or cut short ({type(error).__name__}: {error}); get it again") from error
    if missing := [name for name in names if name not in found]:
        there = ", ".join(name for name in found if not name.startswith("__")) or "nothing"
        raise BadInput(f"{path} does not hold {' and '.join(missing)} but {there}; is it the right file?")
    return {name: np.asarray(found[name]) for name in names or (n for n in found if not n.startswith("__"))}
