"""The files of a Kinect recording as libfreenect's ``record`` writes them; NYU Depth v2's raw dump is made of them.

    r-TIME-COUNTER.ppm    colour, "P6 640 480 255", 921,615 bytes
    d-TIME-COUNTER.pgm    disparity, "P5 640 480 65535", 614,417 bytes: 11 bits, 0 .. 2047, 2047 is no reading
    a-TIME-COUNTER.dump   accelerometer and tilt motor: the recorder's struct, 12 bytes
    INDEX.txt             the names of all of these in the order in which they were recorded

TIME is the computer's clock in seconds, COUNTER the camera's own. Source: fakenect/record.c and libfreenect.h of
OpenKinect/libfreenect.

The trap: PGM stores 16 bits with the high byte first, and these files have the low byte first, as the recorder's
processor had. A reader that keeps to the standard gives every value with its bytes swapped.
"""

import os
import re
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from fathom.errors import BadInput, MissingData

WIDTH, HEIGHT = 640, 480
MOST_DISPARITY = 2047  # also: no reading
Kind = Literal["colour", "depth", "acceleration"]
BYTES: dict[Kind, int] = {"colour": 921_615, "depth": 614_417, "acceleration": 12}
INDEX = "INDEX.txt"
GRAVITY_M_S2, COUNTS_PER_G = 9.80665, 819  # libfreenect.h
_KINDS: dict[str, tuple[Kind, str]] = {
    "r": ("colour", "ppm"),
    "d": ("depth", "pgm"),
    "a": ("acceleration", "dump"),
}
_NAME = re.compile(r"([rda])-(\d+(?:\.\d+)?)-(\d+)\.(ppm|pgm|dump)", re.ASCII)
# A number, then one white space; comments run from # to the end of the line.
_HEADER = re.compile(rb"(P\d)" + rb"(?:\s|#[^\n]*\n)+(\d+)" * 3 + rb"\s")
_MOST_HEADER = 512  # bytes
_TILT = np.dtype(
    {
        "names": ["counts", "half_degrees", "status"],
        "formats": [("<i2", 3), "i1", "<i4"],
        "offsets": [0, 6, 8],
        "itemsize": 12,
    }
)


class FrameName(NamedTuple):
    """What a file's name says: its kind, the computer's clock in seconds, the camera's counter."""

    kind: Kind
    time_s: float
    counter: int


class Acceleration(NamedTuple):
    """One reading of the accelerometer in m/s², (x, y, z) float64, and the tilt motor's angle in degrees.

    The sensor's axes as libfreenect gives them. Their relation to the camera's axes is not known to us.
    """

    m_s2: np.ndarray
    tilt_deg: float
    tilt_status: int


def parse_name(name: str) -> FrameName | None:
    """What the name of a file says, or None if it is not a name that the recorder gives."""
    match = _NAME.fullmatch(name)
    if match is None or _KINDS[match[1]][1] != match[4]:
        return None
    return FrameName(_KINDS[match[1]][0], float(match[2]), int(match[3]))


def read_colour(path: str | os.PathLike[str]) -> np.ndarray:
    """uint8 (480, 640, 3), as recorded: the lens still bends it.

    Raises MissingData, or BadInput if it is not a whole P6 of 640x480 pixels, 8 bits a channel.
    """
    path = Path(path)
    data = _read(path)
    start = _payload(path, data, b"P6", 255, HEIGHT * WIDTH * 3)
    return data[start:].reshape(HEIGHT, WIDTH, 3)


def read_disparity(path: str | os.PathLike[str]) -> np.ndarray:
    """uint16 (480, 640) of 0 .. 2047, as recorded: 2047 is no reading; see ``fathom.ops.kinect`` for metres.

    A file that somebody wrote again with the high byte first is told from its values, for the recorder's never
    exceed 2047, and read right; ``is_swapped`` says whether it is one.
    Raises MissingData, or BadInput if it is not a whole P5 of 640x480 pixels in 16 bits, or if its values exceed
    2047 in either order.
    """
    return _disparity(Path(path))[0]


def is_swapped(path: str | os.PathLike[str]) -> bool:
    """Whether a disparity file has the high byte first: it was written again. Errors as in ``read_disparity``."""
    return _disparity(Path(path))[1]


def read_acceleration(path: str | os.PathLike[str]) -> Acceleration:
    """The accelerometer's reading. Raises MissingData, or BadInput if the file is not 12 bytes long.

    The struct is the one of libfreenect on x86: three 16-bit counts, the tilt in half degrees, a status. Whether
    NYU's files are all of this size we could not check.
    """
    path = Path(path)
    data = _read(path)
    if len(data) != BYTES["acceleration"]:
        raise BadInput(
            f"{path} has {len(data):,} bytes, not the {BYTES['acceleration']} of libfreenect's reading of "
            "accelerometer and tilt; nothing else needs it: go on without"
        )
    state = data.view(_TILT)[0]
    m_s2 = state["counts"].astype(np.float64) * (GRAVITY_M_S2 / COUNTS_PER_G)
    return Acceleration(m_s2, float(state["half_degrees"]) / 2, int(state["status"]))


def read_index(path: str | os.PathLike[str]) -> list[str]:
    """The file names of an INDEX.txt in order of recording. Raises MissingData, or BadInput if it is no text."""
    path = Path(path)
    try:
        return _read(path).tobytes().decode("ascii").split()
    except UnicodeDecodeError as error:
        raise BadInput(f"{path} is not a list of file names ({error.reason}); get the recording again") from error


def _disparity(path: Path) -> tuple[np.ndarray, bool]:
    data = _read(path)
    start = _payload(path, data, b"P5", 65535, HEIGHT * WIDTH * 2)
    values = data[start:].view("<u2").astype(np.uint16).reshape(HEIGHT, WIDTH)
    if values.max() <= MOST_DISPARITY:
        return values, False
    swapped = values.byteswap()
    if swapped.max() <= MOST_DISPARITY:
        return swapped, True
    raise BadInput(
        f"{path} holds values up to {values.max()} (low byte first) or {swapped.max()} (high byte first); a "
        f"Kinect's disparities end at {MOST_DISPARITY}: this is damaged, or no raw recording"
    )


def _read(path: Path) -> np.ndarray:
    """All bytes of a file, uint8."""
    try:
        return np.fromfile(path, np.uint8)
    except FileNotFoundError as error:
        raise MissingData(f"there is no file {path}; check the name") from error
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}; check its name and who may read it") from error


def _payload(path: Path, data: np.ndarray, kind: bytes, most: int, wanted: int) -> int:
    """Where the pixels begin, once the header and the length are as they should be."""
    head = data[:_MOST_HEADER].tobytes()
    match = _HEADER.match(head)
    if match is None or match[1] != kind:
        begins = f"begins with {head[:12]!r}" if head else "is empty"
        raise BadInput(f"{path} is not a {kind.decode()} file of a Kinect, whatever its name says: it {begins}")
    width, height, top = (int(match[i][:9]) for i in (2, 3, 4))
    if (width, height, top) != (WIDTH, HEIGHT, most):
        raise BadInput(
            f"{path} is {width}x{height} with values up to {top}; a Kinect's are {WIDTH}x{HEIGHT} up to {most}"
        )
    there = len(data) - match.end()
    if there != wanted:
        what = "cut short" if there < wanted else "too long"
        raise BadInput(
            f"{path} is {what}: {there:,} bytes of pixels, not {wanted:,}; unpack it again, or go on without it"
        )
    return match.end()
