"""Photos: any picture that Pillow reads becomes upright uint8 RGB with a camera."""

import io
import math
import os
import struct
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import ExifTags, Image, ImageOps

from fathom.errors import BadInput, MissingData
from fathom.files.atomic import replacing
from fathom.records import Camera, Photo

ASSUMED_FOV_DEG = 60.0  # across the long side: a phone's main camera has about 65, NYU's Kinect 63
FILM_DIAGONAL_MM = math.hypot(36, 24)  # what "focal length in 35 mm film" is relative to
_MM_PER_RESOLUTION_UNIT = {2: 25.4, 3: 10.0, 4: 1.0, 5: 0.001}  # EXIF FocalPlaneResolutionUnit
LENSES_FOV_DEG = (0.5, 170.0)  # EXIF that says otherwise is not believed
_DECODING_ERRORS = (OSError, SyntaxError, ValueError, EOFError, IndexError, struct.error, zlib.error)


def read_photo(
    path: str | os.PathLike[str],
    camera: Camera | None = None,
    fov_deg: float | None = None,
    focal_px: float | None = None,
) -> Photo:
    """The picture at ``path``, turned upright as its EXIF says, as uint8 RGB (H, W, 3) with its camera.

    Transparency is laid over white; 16-bit grey is scaled, not clipped; of several frames the first is taken.
    The camera is the one given (for the upright picture: ``camera``, or its horizontal field of view, or its
    focal length in pixels), else EXIF's focal length, else 60 degrees across the long side are assumed;
    ``photo.camera.source`` says which.

    Raises MissingData where there is no file, BadInput where it is no whole picture, or one of more than
    about 179 million pixels (twice PIL.Image.MAX_IMAGE_PIXELS).
    """
    path = Path(path)
    picture = open_picture(path)
    width, height = picture.size
    if picture.getexif().get(ExifTags.Base.Orientation, 1) in (5, 6, 7, 8):
        width, height = height, width
    camera = _given_camera(path, width, height, camera, fov_deg, focal_px) or _exif_camera(picture, width, height)
    ImageOps.exif_transpose(picture, in_place=True)
    rgb = to_rgb(picture)
    return Photo(rgb, camera or assumed_camera(width, height), path.name)


def write_photo(path: str | os.PathLike[str], rgb: np.ndarray) -> None:
    """Writes uint8 RGB (H, W, 3) as the picture that the suffix names; CannotWrite if that fails."""
    path = Path(path)
    if rgb.dtype != np.uint8 or rgb.ndim != 3 or rgb.shape[2] != 3:
        raise BadInput(f"{path}: a picture is uint8 (H, W, 3), not {rgb.dtype} {rgb.shape}")
    kind = Image.registered_extensions().get(path.suffix.lower())
    if kind not in Image.SAVE:
        raise BadInput(f"{path}: no picture is written with the suffix '{path.suffix}'; use .png or .jpg")
    options: dict[str, Any] = {"quality": 92, "subsampling": 0} if kind == "JPEG" else {}
    write_picture(path, Image.fromarray(rgb), format=kind, **options)


def write_picture(path: Path, picture: Image.Image, **options: Any) -> None:
    """Writes a Pillow picture with the options of its ``save``; CannotWrite if that fails."""
    encoded = io.BytesIO()  # encoders that write to a full disk themselves do not say that it is full
    picture.save(encoded, **options)
    with replacing(path) as temporary:
        temporary.write_bytes(encoded.getvalue())


def assumed_camera(width: int, height: int) -> Camera:
    """The camera of a picture of which nothing is known: 60 degrees across its long side."""
    focal_px = max(width, height) / 2 / math.tan(math.radians(ASSUMED_FOV_DEG) / 2)
    return _central_camera(width, height, focal_px, f"assumed {ASSUMED_FOV_DEG:g} degrees across the long side")


def open_picture(path: Path) -> Image.Image:
    """The picture at ``path``, decoded to its last pixel, neither turned nor converted.

    Raises MissingData or BadInput, saying why.
    """
    try:
        with path.open("rb") as file:
            empty = not file.read(1)
    except FileNotFoundError as error:
        raise MissingData(f"there is no file {path}; check the name") from error
    except IsADirectoryError as error:
        raise BadInput(f"{path} is a folder; name a picture in it") from error
    except OSError as error:
        raise BadInput(f"{path} cannot be opened: {error.strerror}; check its name and who may read it") from error
    if empty:
        raise BadInput(f"{path} is empty (0 bytes); copy it again from where it came from")
    try:
        picture = Image.open(path)
    except Image.DecompressionBombError as error:
        raise BadInput(f"{path} is too large: {error}; make it smaller first") from error
    except _DECODING_ERRORS as error:
        raise BadInput(
            f"{path} is not a picture that can be read, whatever its name says; "
            "convert it to PNG or JPEG (phones' HEIC pictures need that too)"
        ) from error
    try:
        picture.load()
    except Image.DecompressionBombError as error:
        raise BadInput(f"{path} is too large: {error}; make it smaller first") from error
    except _DECODING_ERRORS as error:
        raise BadInput(
            f"{path} is damaged or cut short ({error}); copy it again from where it came from"
        ) from error
    if 0 in picture.size:
        raise BadInput(f"{path} has no pixels ({picture.size[0]}x{picture.size[1]})")
    return picture


def to_rgb(picture: Image.Image) -> np.ndarray:
    """Any Pillow picture → uint8 RGB (H, W, 3); transparency over white, 16-bit grey divided by 257."""
    if picture.mode.startswith("I") or picture.mode == "F":
        return _grey_to_rgb(np.asarray(picture))
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(white, picture)
    return np.array(picture if picture.mode == "RGB" else picture.convert("RGB"))


def _grey_to_rgb(grey: np.ndarray) -> np.ndarray:
    # Pillow's own conversion of these modes clips at 255. An "F" picture has no set range: 0..1, 0..255 or
    # 0..65535, whichever is the smallest that holds it; an "I" one is 16-bit grey in a wider type.
    top = 65535.0
    if grey.dtype.kind == "f":
        grey = np.nan_to_num(grey)
        top = next((t for t in (1.0, 255.0) if grey.max() <= t), top)
    level = np.clip(np.rint(grey.astype(np.float64) * (255.0 / top)), 0, 255).astype(np.uint8)
    return np.repeat(level[..., None], 3, axis=2)


def _given_camera(
    path: Path, width: int, height: int, camera: Camera | None, fov_deg: float | None, focal_px: float | None
) -> Camera | None:
    if sum(x is not None for x in (camera, fov_deg, focal_px)) > 1:
        raise BadInput(f"{path}: give one of camera, fov_deg and focal_px, not several")
    if camera is not None and (camera.width, camera.height) != (width, height):
        raise BadInput(
            f"{path} is {width}x{height} (upright) but its camera is for {camera.width}x{camera.height}; "
            f"use camera.resized({width}, {height}) if the picture was resized"
        )
    if focal_px is not None:
        if not (math.isfinite(focal_px) and focal_px > 0):
            raise BadInput(f"a focal length is a positive number of pixels, not {focal_px}")
        return _central_camera(width, height, focal_px, "given focal length")
    if fov_deg is not None:
        return Camera.from_fov(width, height, fov_deg, source="given field of view")
    return camera


def _exif_camera(picture: Image.Image, width: int, height: int) -> Camera | None:
    """The camera that EXIF tells of, or None; ``width`` and ``height`` are those of the upright picture."""
    exif = picture.getexif().get_ifd(ExifTags.IFD.Exif)
    film_mm = _positive(exif.get(ExifTags.Base.FocalLengthIn35mmFilm))
    if film_mm:
        return _lens(width, height, film_mm * math.hypot(width, height) / FILM_DIAGONAL_MM)
    focal_mm = _positive(exif.get(ExifTags.Base.FocalLength))
    per_unit = _positive(exif.get(ExifTags.Base.FocalPlaneXResolution))
    unit_mm = _MM_PER_RESOLUTION_UNIT.get(exif.get(ExifTags.Base.FocalPlaneResolutionUnit, 2))
    if not (focal_mm and per_unit and unit_mm):
        return None
    # The resolution is that of the picture as taken; it may have been made smaller since.
    taken_width = _positive(exif.get(ExifTags.Base.ExifImageWidth)) or picture.size[0]
    focal_px = focal_mm * per_unit / unit_mm * picture.size[0] / taken_width
    return _lens(width, height, focal_px)


def _lens(width: int, height: int, focal_px: float) -> Camera | None:
    """EXIF's camera, or None if there is no such lens."""
    fov_deg = math.degrees(2 * math.atan(max(width, height) / 2 / focal_px))
    low_deg, high_deg = LENSES_FOV_DEG
    return _central_camera(width, height, focal_px, "exif") if low_deg <= fov_deg <= high_deg else None


def _central_camera(width: int, height: int, focal_px: float, source: str) -> Camera:
    camera = Camera.from_fov(width, height, 60, source)
    return replace(camera, fx=focal_px, fy=focal_px)


def _positive(value: object) -> float | None:
    """An EXIF number as a float, or None if it is absent, zero or nonsense."""
    try:
        number = float(value)  # ty: ignore[invalid-argument-type]
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return number if math.isfinite(number) and number > 0 else None
