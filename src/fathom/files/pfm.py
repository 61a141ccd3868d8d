"""PFM, the portable float map: three lines of text, then float32 rows from the bottom up.

The third line is a number whose sign says the byte order: negative is little-endian. Its size is a scale that
nobody agrees on and Middlebury leaves at 1; it is not applied. Source: Middlebury's note on the format.
"""

import math
import os
from pathlib import Path

import numpy as np

from fathom.errors import BadInput, MissingData
from fathom.files.atomic import replacing

_MOST_HEADER = 200  # bytes


def read_pfm(path: str | os.PathLike[str]) -> np.ndarray:
    """float32 (H, W), top row first; infinite values stay, they mean "none" in Middlebury's disparities.

    Raises MissingData, or BadInput if it is no PFM of one channel or is cut short.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise MissingData(f"there is no file {path}; check the name") from error
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}; check its name and who may read it") from error
    kind, width, height, scale, start = _header(path, data)
    if kind == b"PF":
        raise BadInput(f"{path} has three channels (PF); depth and disparity have one (Pf)")
    wanted, there = 4 * width * height, len(data) - start
    if there < wanted:
        raise BadInput(f"{path} is cut short: {there:,} of {wanted:,} bytes for {width}x{height}; get it again")
    values = np.frombuffer(data, "<f4" if scale < 0 else ">f4", width * height, start)
    return np.ascontiguousarray(values.reshape(height, width)[::-1].astype(np.float32))


def write_pfm(path: str | os.PathLike[str], values: np.ndarray) -> None:
    """Writes (H, W) numbers as little-endian float32; CannotWrite if that fails."""
    if values.ndim != 2 or values.size == 0:
        raise BadInput(f"{path}: a PFM of one channel is (H, W), not {values.shape}")
    height, width = values.shape
    with replacing(path) as temporary:
        temporary.write_bytes(f"Pf\n{width} {height}\n-1\n".encode() + values[::-1].astype("<f4").tobytes())


def _header(path: Path, data: bytes) -> tuple[bytes, int, int, float, int]:
    """kind, width, height, scale, and where the numbers begin."""
    words: list[bytes] = []
    place = 0
    while len(words) < 4 and place < min(len(data), _MOST_HEADER):
        end = data.find(b"\n", place)
        if end < 0:
            break
        words += data[place:end].split()
        place = end + 1
    try:
        kind, width, height, scale = words[0], int(words[1]), int(words[2]), float(words[3])
    except (IndexError, ValueError):
        kind, width, height, scale = b"", 0, 0, 0.0
    if kind not in (b"Pf", b"PF") or width < 1 or height < 1 or not math.isfinite(scale) or scale == 0:
        raise BadInput(f"{path} is not a PFM file, whatever its name says (it begins with {data[:12]!r})")
    return kind, width, height, scale, place
