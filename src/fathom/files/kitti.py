"""KITTI's own files: calibration, laser scans, GPS/IMU records and time stamps, checked as they are read."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fathom.errors import BadInput, MissingData
from fathom.records import Camera

BYTES_A_POINT = 16  # x, y, z, reflectance as little-endian float32
# The first numbers of an oxts record that are used here, by their place (oxts/dataformat.txt).
OXTS_COLUMNS = {"vf": 8, "vl": 9, "af": 14, "al": 15}
_OXTS_NUMBERS = 30
_ROTATION_TOLERANCE = 1e-3  # the files print seven digits
_AGAIN = "unpack DATE_calib.zip again"
# How KITTI's car is built, from its calibration of 2011_09_26; the bounds are wide enough for the other days [A].
AXES = np.array([[0, -1, 0], [0, 0, -1], [1, 0, 0]])  # scanner (forward, left, up) to camera (right, down, forward)
SCANNER_M = (0.0, -0.08, -0.27)
MOST_TURNED_DEG, MOST_AWAY_M = 10.0, 0.2
BASELINE_M, MOST_RISE_M = (0.4, 0.7), 0.05
_LONGEST_TEXT = 1 << 20  # calibration and oxts files have a few kB: another file of that name is not read whole


@dataclass(frozen=True)
class Calibration:
    """What one recording day's calibration says of the colour cameras and the scanner.

    sizes        (height, width) of the rectified pictures, by camera ("02" left, "03" right)
    p_rect       (3, 4) rectified camera 0 to pixels, by camera
    r_rect       (3, 3) camera 0 to rectified camera 0
    velo_to_cam  (4, 4) scanner to camera 0, or None if only the cameras' file was read
    """

    sizes: Mapping[str, tuple[int, int]]
    p_rect: Mapping[str, np.ndarray]
    r_rect: np.ndarray
    velo_to_cam: np.ndarray | None

    def camera(self, name: str) -> Camera:
        """The pinhole camera of the pictures image_02 or image_03."""
        p, (height, width) = self.p_rect[name], self.sizes[name]
        return Camera(float(p[0, 0]), float(p[1, 1]), float(p[0, 2]), float(p[1, 2]), width, height, "calibration")

    def scanner_to_pixels(self, name: str) -> np.ndarray:
        """(3, 4): P_rect R_rect_00 [R|T]; a scanner's point to pixels of that camera, times the depth."""
        if self.velo_to_cam is None:
            raise MissingData("calib_velo_to_cam.txt was not read; it is in DATE_calib.zip")
        rectify = np.eye(4)
        rectify[:3, :3] = self.r_rect
        return self.p_rect[name] @ rectify @ self.velo_to_cam


def read_calibration(folder: Path, scanner: bool = True) -> Calibration:
    """The calibration in ``folder``: calib_cam_to_cam.txt and, with ``scanner``, calib_velo_to_cam.txt.

    Raises MissingData for a file that is not there; BadInput for a missing key, a wrong count of numbers, one that
    is not finite, a rotation that is none, or a P_rect that is not a pinhole's for pictures of that size.
    """
    path = folder / "calib_cam_to_cam.txt"
    entries = _read_entries(path)
    sizes, p_rect = {}, {}
    for name in ("02", "03"):
        width, height = _numbers(path, entries, f"S_rect_{name}", 2)
        if not (width == int(width) and height == int(height) and min(width, height) >= 1):
            raise BadInput(f"{path}: S_rect_{name} is {width:g} x {height:g}, which is no size; {_AGAIN}")
        sizes[name] = (int(height), int(width))
        p_rect[name] = _numbers(path, entries, f"P_rect_{name}", 12).reshape(3, 4)
        _check_pinhole(path, f"P_rect_{name}", p_rect[name], sizes[name])
    _check_pair(path, p_rect)
    r_rect = _rotation(path, entries, "R_rect_00")
    return Calibration(sizes, p_rect, r_rect, _read_velo_to_cam(folder) if scanner else None)


def _check_pair(path: Path, p_rect: dict[str, np.ndarray]) -> None:
    """Both cameras were rectified together: square pixels, one focal length, side by side 0.54 m apart."""
    focal_px = {matrix[i, i] for matrix in p_rect.values() for i in (0, 1)}
    baseline_m = (p_rect["02"][0, 3] - p_rect["03"][0, 3]) / p_rect["02"][0, 0]
    rise_m = max(abs(matrix[1, 3] / matrix[0, 0]) for matrix in p_rect.values())
    if max(focal_px) > 1.001 * min(focal_px):
        raise BadInput(f"{path}: P_rect_02 and 03 have the focal lengths {sorted(focal_px)}, not one; {_AGAIN}")
    if not (BASELINE_M[0] < baseline_m < BASELINE_M[1] and rise_m < MOST_RISE_M):
        raise BadInput(
            f"{path}: by P_rect_02 and 03 the right camera stands {baseline_m:.3f} m to the right of the left one "
            f"and up to {rise_m:.3f} m above or below the reference; KITTI's stands {BASELINE_M[0]:g} to "
            f"{BASELINE_M[1]:g} m to the right, level: numbers are exchanged; {_AGAIN}"
        )


def _read_velo_to_cam(folder: Path) -> np.ndarray:
    path = folder / "calib_velo_to_cam.txt"
    entries = _read_entries(path)
    matrix = np.eye(4)
    matrix[:3, :3] = _rotation(path, entries, "R")
    matrix[:3, 3] = _numbers(path, entries, "T", 3)
    away_m = float(np.abs(matrix[:3, 3] - SCANNER_M).max())
    if away_m > MOST_AWAY_M:
        raise BadInput(
            f"{path}: T = {matrix[:3, 3].tolist()} puts the scanner {away_m:.2f} m from where it stands on KITTI's "
            f"car, near {list(SCANNER_M)}: another unit, or numbers exchanged; {_AGAIN}"
        )
    cosine = (np.trace(AXES.T @ matrix[:3, :3]) - 1) / 2
    turned_deg = float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))
    if turned_deg > MOST_TURNED_DEG:
        raise BadInput(
            f"{path}: R is {turned_deg:.0f} degrees from taking the scanner's forward, left and up to the camera's "
            f"forward, left and up; {_AGAIN}, this may be another calibration under this name"
        )
    return matrix


def read_velodyne(path: Path) -> np.ndarray:
    """A scan, float32 (N, 4): x forward, y left, z up in metres, and reflectance.

    Raises MissingData; BadInput if the file is empty, cut short or holds numbers that are not finite.
    """
    try:
        scan = np.fromfile(path, "<f4")
        size = path.stat().st_size
    except FileNotFoundError as error:
        raise MissingData(f"there is no scan {path}; unpack DRIVE_sync.zip again") from error
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror or error}") from error
    if size == 0 or size % BYTES_A_POINT:
        raise BadInput(
            f"{path} has {size} bytes, and a scan has some and a multiple of {BYTES_A_POINT}: it was cut short; "
            "unpack DRIVE_sync.zip again"
        )
    if not np.isfinite(scan).all():
        raise BadInput(f"{path} holds numbers that are not finite; unpack DRIVE_sync.zip again")
    return scan.astype(np.float32, copy=False).reshape(-1, 4)


def read_oxts(path: Path) -> np.ndarray:
    """A GPS/IMU record, float64 (30,); ``OXTS_COLUMNS`` names those that matter here.

    "vf", "vl": velocity forward and leftward, level with the ground, m/s; "af", "al": acceleration likewise, m/s².
    Raises MissingData, or BadInput if it is not that many finite numbers.
    """
    text = _read_text(path)
    try:
        values = np.array([float(word) for word in text.split()])
    except ValueError as error:
        raise BadInput(f"{path} holds something else than numbers ({error})") from error
    if values.size != _OXTS_NUMBERS or not np.isfinite(values).all():
        raise BadInput(f"{path} holds {values.size} numbers, not {_OXTS_NUMBERS} finite ones; unpack it again")
    return values


def read_timestamps(path: Path) -> np.ndarray:
    """The times of a drive's frames, datetime64[ns] (N,), line i for frame i; MissingData or BadInput."""
    lines = _read_text(path).split("\n")
    try:
        return np.array([line.strip().replace(" ", "T") for line in lines if line.strip()], "datetime64[ns]")
    except ValueError as error:
        raise BadInput(f"{path} holds a line that is no time ({error})") from error


def _read_text(path: Path) -> str:
    try:
        with path.open(encoding="ascii") as file:
            return file.read(_LONGEST_TEXT)
    except FileNotFoundError as error:
        raise MissingData(f"there is no {path}") from error
    except UnicodeDecodeError as error:
        raise BadInput(f"{path} is not plain text; unpack it again") from error
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror or error}") from error


def _read_entries(path: Path) -> dict[str, str]:
    """ "KEY: numbers" by line."""
    entries = {}
    for line in _read_text(path).splitlines():
        key, colon, rest = line.partition(":")
        if colon:
            entries[key.strip()] = rest
    if not entries:
        raise BadInput(f"{path} has not one line 'KEY: numbers'; {_AGAIN}")
    return entries


def _numbers(path: Path, entries: Mapping[str, str], key: str, count: int) -> np.ndarray:
    if key not in entries:
        raise BadInput(f"{path} has no {key}; {_AGAIN}")
    try:
        values = np.array([float(word) for word in entries[key].split()])
    except ValueError as error:
        raise BadInput(f"{path}: {key} holds something else than numbers ({error}); {_AGAIN}") from error
    if values.size != count:
        raise BadInput(f"{path}: {key} holds {values.size} numbers, not {count}; {_AGAIN}")
    if not np.isfinite(values).all():
        raise BadInput(f"{path}: {key} holds a number that is not finite; {_AGAIN}")
    return values


def _rotation(path: Path, entries: Mapping[str, str], key: str) -> np.ndarray:
    r = _numbers(path, entries, key, 9).reshape(3, 3)
    off = float(np.abs(r.T @ r - np.eye(3)).max())
    if off > _ROTATION_TOLERANCE or np.linalg.det(r) < 0:
        det = np.linalg.det(r)
        raise BadInput(f"{path}: {key} is not a rotation (R^T R is {off:.2g} off, det {det:.2g}); {_AGAIN}")
    return r


def _check_pinhole(path: Path, key: str, p: np.ndarray, size: tuple[int, int]) -> None:
    """A rectified camera is K [1 | t]: last row (0, 0, 1, .), no skew, and a principal point inside its picture."""
    height, width = size
    pinhole = np.allclose(p[2, :3], (0, 0, 1), atol=1e-6) and p[1, 0] == 0 and abs(p[0, 1]) < 1e-6 * abs(p[0, 0])
    if not (pinhole and p[0, 0] > 0 and p[1, 1] > 0):
        raise BadInput(f"{path}: {key} is not the projection of a rectified camera; {_AGAIN}")
    if not (0 < p[0, 2] < width and 0 < p[1, 2] < height and width / 8 < p[0, 0] < width * 8):
        raise BadInput(
            f"{path}: {key} (focal length {p[0, 0]:g}, centre {p[0, 2]:g}, {p[1, 2]:g}) does not fit pictures of "
            f"{width}x{height}; {_AGAIN}"
        )
