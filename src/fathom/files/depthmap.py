"""Depth maps in files. Only this file knows that integers write absent depth as 0.

What fathom writes describes itself (quantity, unit, camera, model) and reads back without being told more:
npz in every quantity, 16-bit PNG and TIFF in metres. Of anybody else's file (16-bit PNG, TIFF, npy, npz of
one array) the unit has to be said.
"""

import json
import math
import os
import zipfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, PngImagePlugin, TiffImagePlugin

from fathom.errors import BadInput, FathomError, MissingData
from fathom.files.atomic import replacing
from fathom.files.photo import assumed_camera, open_picture, write_picture
from fathom.records import Camera, Prediction, Quantity

UNITS_M = {"mm": 0.001, "cm": 0.01, "m": 1.0}
MILLIMETRE = 0.001
MOST_STEPS = 65535
_ENOUGH = 10_000  # values that tell the median well enough to see a wrong unit
PLAUSIBLE_MEDIAN_M = (1e-2, 1e3)
_OTHER_STEPS_M = {"mm": 0.001, "cm": 0.01, "m": 1.0, "step_m=1/256": 1 / 256, "step_m=1/5000": 1 / 5000}
_KEY = "fathom"  # of the description in a PNG's text and in an npz
_TIFF_DESCRIPTION = 270


def to_steps(depth_m: np.ndarray, step_m: float) -> np.ndarray:
    """Depth in metres (NaN absent) → uint16 counts of ``step_m`` metres (0 absent), to the nearest.

    A depth smaller than half a step becomes 1, so that it does not turn absent. Raises BadInput for depth
    that is not positive and finite, or beyond 65535 steps.
    """
    _check_step(step_m)
    steps = depth_m.astype(np.float64)
    if steps.size and np.fmin.reduce(steps, axis=None) <= 0:
        raise BadInput("depth must be positive; write absent depth as NaN, not as zero or a negative number")
    steps /= step_m
    np.rint(steps, out=steps)
    if steps.size and np.fmax.reduce(steps, axis=None) > MOST_STEPS:
        raise BadInput(
            f"depth up to {np.nanmax(depth_m):.6g} m does not fit 16 bits in steps of {step_m:g} m "
            f"({MOST_STEPS * step_m:.6g} m at most); use coarser steps (step_m=1/256 reaches 256 m) or npz"
        )
    np.maximum(steps, 1, out=steps)
    steps[np.isnan(steps)] = 0
    return steps.astype(np.uint16)


def from_steps(steps: np.ndarray, step_m: float) -> np.ndarray:
    """Integer counts of ``step_m`` metres (0 absent) → float32 metres (NaN absent)."""
    _check_step(step_m)
    with np.errstate(over="ignore"):  # a double beyond float32 becomes infinite, which readers refuse
        depth_m = np.multiply(steps, np.float32(step_m), dtype=np.float32, casting="unsafe")
    depth_m[steps == 0] = np.nan
    return depth_m


def step_of(unit: str) -> float:
    """Metres per "mm", "cm" or "m"; BadInput for any other word."""
    if unit not in UNITS_M:
        raise BadInput(f"no unit of depth is called '{unit}'; use {', '.join(UNITS_M)}, or give step_m in metres")
    return UNITS_M[unit]


def read_depth_m(path: str | os.PathLike[str], step_m: float | None = None) -> np.ndarray:
    """Depth in metres, float32 (H, W), NaN where absent (0 or NaN in the file).

    ``step_m`` is metres per unit of the stored numbers, integers or floats; None is for files that describe
    themselves. Raises MissingData, or BadInput if the file is no depth map, holds negative or infinite
    depth or none at all, or if its median in this unit lies outside 0.01 .. 1000 m.
    """
    return read_depth(path, step_m=step_m).depth_m


def read_depth(path: str | os.PathLike[str], unit: str | None = None, step_m: float | None = None) -> Prediction:
    """The depth map at ``path``, with all that the file says of itself.

    Of a file that does not describe itself, say the ``unit`` ("mm", "cm", "m") or ``step_m``, metres per unit
    of the stored numbers; its camera is then assumed and its model is "". Errors as in ``read_depth_m``.
    """
    path = Path(path)
    if unit is not None:
        if step_m is not None:
            raise BadInput(f"{path}: give unit or step_m, not both")
        step_m = step_of(unit)
    stored, description = _read_stored(path)
    if description is None:
        if step_m is None:
            raise BadInput(
                f"{path} does not say in which unit its depth is; give unit='mm', unit='m' or step_m "
                "(metres per stored unit: 1/256 for KITTI, 1/5000 for TUM)"
            )
        depth_m = _checked(path, _decoded(path, stored, step_m))
        _check_median(path, depth_m, step_m)
        camera = assumed_camera(depth_m.shape[1], depth_m.shape[0])
        return Prediction(depth_m, Quantity.METRES, camera, "", name=path.stem)
    return _described(path, stored, description, step_m)


def write_npz(path: Path, prediction: Prediction) -> None:
    """Writes a prediction in any quantity, self-describing: array ``depth`` and the JSON text ``fathom``."""
    values = _checked(path, prediction.values, prediction.quantity)
    arrays: dict[str, Any] = {"depth": values.astype(np.float32), _KEY: json.dumps(_description(prediction))}
    with replacing(path) as temporary:
        np.savez_compressed(temporary, **arrays)


def write_png(path: Path, prediction: Prediction, step_m: float = MILLIMETRE) -> None:
    """Writes metres as 16-bit PNG in steps of ``step_m`` (0 absent), the description in its text.

    The step is never changed in silence: depth beyond 65535 steps (65.535 m in millimetres) is BadInput.
    """
    steps = to_steps(_checked(path, prediction.depth_m), step_m)
    about = PngImagePlugin.PngInfo()
    about.add_text(_KEY, json.dumps(_description(prediction) | {"step_m": step_m}))
    write_picture(path, Image.fromarray(steps), format="PNG", pnginfo=about)


def write_tiff(path: Path, prediction: Prediction) -> None:
    """Writes metres as float32 TIFF (NaN absent), the description in its ImageDescription."""
    values = _checked(path, prediction.depth_m).astype(np.float32)
    about = TiffImagePlugin.ImageFileDirectory_v2()
    about[_TIFF_DESCRIPTION] = json.dumps({_KEY: _description(prediction)})
    write_picture(path, Image.fromarray(values), format="TIFF", tiffinfo=about, compression="tiff_adobe_deflate")


def read_stored(path: str | os.PathLike[str]) -> np.ndarray:
    """The numbers of a depth map as they are stored, (H, W), whatever they mean; errors as in ``read_depth_m``."""
    return _read_stored(Path(path))[0]


def describes_itself(path: str | os.PathLike[str]) -> bool:
    """Whether a file carries fathom's own description, without decoding its numbers; False if it cannot be read."""
    path = Path(path)
    suffix = path.suffix.lower()
    try:
        if suffix == ".npz":
            with zipfile.ZipFile(path) as members:
                return f"{_KEY}.npy" in members.namelist()
        if suffix in (".png", ".tif", ".tiff"):
            with Image.open(path) as picture:  # reads the header only
                return bool(picture.info.get(_KEY) if suffix == ".png" else _tiff_text(picture))
    except (OSError, SyntaxError, ValueError, EOFError, zipfile.BadZipFile):
        pass
    return False


def _read_stored(path: Path) -> tuple[np.ndarray, dict[str, Any] | None]:
    """The numbers of a file as stored (H, W), and its own description if it has one."""
    suffix = path.suffix.lower()
    if suffix in (".npy", ".npz"):
        stored, text = _read_numpy(path)
    elif suffix in (".png", ".tif", ".tiff"):
        picture = open_picture(path)
        if picture.mode not in ("I", "F") and not picture.mode.startswith("I;16"):
            raise BadInput(
                f"{path} is a picture of mode {picture.mode}, not a depth map: 8 bits hold only 256 depths "
                "and a coloured picture none; use 16-bit grey PNG, float TIFF, npy or npz"
            )
        stored = np.asarray(picture)
        text = picture.info.get(_KEY) if suffix == ".png" else _tiff_text(picture)
    else:
        raise BadInput(f"{path}: depth is read from .npz, .npy, .png (16 bits) and .tiff, not from '{suffix}'")
    try:
        return stored, json.loads(text) if text else None
    except (TypeError, json.JSONDecodeError) as error:
        raise BadInput(f"{path}: its own description is damaged ({error})") from error


def _tiff_text(picture: Image.Image) -> str | None:
    text = getattr(picture, "tag_v2", {}).get(_TIFF_DESCRIPTION, "")
    prefix = f'{{"{_KEY}": '
    return text[len(prefix) : -1] if isinstance(text, str) and text.startswith(prefix) else None


def _read_numpy(path: Path) -> tuple[np.ndarray, str | None]:
    if not path.exists():
        raise MissingData(f"there is no file {path}; check the name")
    try:
        with np.load(path, allow_pickle=False) if path.suffix.lower() == ".npz" else _Single(path) as arrays:
            names = [n for n in arrays.files if n != _KEY]
            text = str(arrays[_KEY]) if _KEY in arrays.files else None
            if len(names) != 1:
                raise BadInput(f"{path} holds the arrays {names}; a depth map is one array (H, W)")
            stored = arrays[names[0]]
    except FathomError:
        raise
    except (OSError, ValueError, EOFError, KeyError, AttributeError, zipfile.BadZipFile) as error:
        raise BadInput(f"{path} is not a whole numpy file ({error}); copy or write it again") from error
    if stored.ndim == 3 and 1 in (stored.shape[0], stored.shape[2]):
        stored = stored[0] if stored.shape[0] == 1 else stored[..., 0]
    if stored.ndim != 2 or stored.size == 0 or stored.dtype.kind not in "uif" or stored.dtype.itemsize < 2:
        raise BadInput(
            f"{path} holds {stored.dtype} of shape {stored.shape}; a depth map is (H, W) floats or "
            "integers of at least 16 bits"
        )
    return stored, text


class _Single(dict):
    """The one array of an npy file, opened as an npz is."""

    files = ("depth",)

    def __init__(self, path: Path) -> None:
        super().__init__(depth=np.load(path, allow_pickle=False))

    def __enter__(self) -> "_Single":
        return self

    def __exit__(self, *_: object) -> None:
        pass


def _decoded(path: Path, stored: np.ndarray, step_m: float) -> np.ndarray:
    """Stored numbers → metres with NaN for absence, which files write as 0 whatever their type."""
    if stored.dtype.kind == "i" and (stored < 0).any():
        raise BadInput(f"{path} holds negative depth; depth is the distance along the optical axis")
    return from_steps(stored, step_m)


def _described(path: Path, stored: np.ndarray, about: dict[str, Any], step_m: float | None) -> Prediction:
    try:
        own_step_m = float(about.get("step_m", 1.0))
        quantity, camera = Quantity(about["quantity"]), Camera(**about["camera"])
        model, geometry, name = str(about["model"]), str(about["geometry"]), str(about["name"])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise BadInput(f"{path}: its own description is damaged ({error})") from error
    if step_m is not None and not math.isclose(step_m, own_step_m, rel_tol=1e-6):
        raise BadInput(
            f"{path} says that its step is {own_step_m:g} m, not {step_m:g} m; leave the unit out and it is "
            "read as it describes itself"
        )
    if (camera.height, camera.width) != stored.shape:
        raise BadInput(
            f"{path} is {stored.shape[1]}x{stored.shape[0]} but says it is {camera.width}x{camera.height}; "
            "it was changed after it was written: give its numbers to read_depth without the description"
        )
    values = stored.astype(np.float32) if stored.dtype.kind == "f" else _decoded(path, stored, own_step_m)
    return Prediction(_checked(path, values, quantity), quantity, camera, model, geometry, name)


def _description(prediction: Prediction) -> dict[str, Any]:
    return {
        "format": 1,
        "quantity": str(prediction.quantity),
        "unit": {Quantity.METRES: "m", Quantity.INVERSE_METRES: "1/m"}.get(prediction.quantity, ""),
        "camera": asdict(prediction.camera),
        "model": prediction.model,
        "geometry": prediction.geometry,
        "name": prediction.name,
    }


def _checked(path: Path, values: np.ndarray, quantity: Quantity = Quantity.METRES) -> np.ndarray:
    """The values, if they can be what they say they are."""
    low, high = (float(f.reduce(values, axis=None)) for f in (np.fmin, np.fmax))  # NaN only where all are
    if math.isinf(low) or math.isinf(high):
        raise BadInput(f"{path}: {int(np.isinf(values).sum())} values are infinite; write absent depth as NaN or 0")
    if math.isnan(low):
        raise BadInput(f"{path}: not one pixel has depth")
    signed = (Quantity.LOG_METRES, Quantity.RELATIVE_DEPTH, Quantity.RELATIVE_INVERSE_DEPTH)
    if quantity not in signed and low <= 0:
        raise BadInput(
            f"{path}: {int((values <= 0).sum())} depths are negative or zero; depth is the distance along "
            "the optical axis, and an absent one is NaN"
        )
    return values


def _check_median(path: Path, depth_m: np.ndarray, step_m: float) -> None:
    present = depth_m[~np.isnan(depth_m)]
    median_m = float(np.median(present[:: 1 + present.size // _ENOUGH]))
    low_m, high_m = PLAUSIBLE_MEDIAN_M
    if low_m <= median_m <= high_m:
        return
    stored = median_m / step_m
    fitting = [
        f"{name} (median {stored * s:.3g} m)" for name, s in _OTHER_STEPS_M.items() if 0.3 <= stored * s <= 100
    ]
    raise BadInput(
        f"{path}: in steps of {step_m:g} m half of its depth lies beyond {median_m:.3g} m, which no photo "
        "shows; " + (f"the unit may be {' or '.join(fitting)}" if fitting else "no usual unit makes sense of it")
    )


def _check_step(step_m: float) -> None:
    if not (math.isfinite(step_m) and step_m > 0):
        raise BadInput(f"step_m is a positive number of metres per stored unit, not {step_m}")
