"""Predictions as files, by the suffix: for programs, for other tools and for the eye."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from fathom.errors import BadInput
from fathom.files.depthmap import MILLIMETRE, write_npz, write_png, write_tiff
from fathom.files.photo import write_photo
from fathom.files.pointcloud import write_ply
from fathom.ops.colour import DEFAULT_MAP, colourise
from fathom.ops.contactsheet import contact_sheet, with_scale_bar
from fathom.ops.depth import to_metres
from fathom.ops.geometry import unproject
from fathom.records import Photo, Prediction, Quantity

PathLike = str | os.PathLike[str]


def save(prediction: Prediction, path: PathLike, photo: Photo | None = None, step_m: float = MILLIMETRE) -> None:
    """Writes a prediction as what the suffix of ``path`` says.

    .npz    everything, in its own quantity; ``fathom.read_depth`` gives the same Prediction back
    .png    16-bit grey in steps of ``step_m``, millimetres unless told otherwise, 0 where absent
    .tiff   float32 metres, NaN where absent
    .ply    the points with the colours of ``photo``, or of their depth if none is given

    All but npz hold metres: NotComparable for a relative prediction. BadInput for another suffix, for depth that
    does not fit the steps of a PNG; CannotWrite.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix == ".npz":
        write_npz(path, prediction)
        return
    if suffix not in (".png", ".tif", ".tiff", ".ply"):
        raise BadInput(f"{path}: depth is saved as .npz, .png (16 bits), .tiff or .ply, not as '{path.suffix}'")
    depth_m = to_metres(prediction.values, prediction.quantity)
    metric = replace(prediction, values=depth_m, quantity=Quantity.METRES)
    if suffix == ".png":
        write_png(path, metric, step_m)
    elif suffix == ".ply":
        rgb = photo.rgb if photo else colourise(depth_m)
        write_ply(path, unproject(depth_m, prediction.camera), rgb)
    else:
        write_tiff(path, metric)


def save_coloured(
    prediction: Prediction,
    path: PathLike,
    near_m: float | None = None,
    far_m: float | None = None,
    map: str = DEFAULT_MAP,
    logarithmic: bool = True,
) -> None:
    """Writes a picture of the depth with a scale bar in metres; see ``fathom.ops.colour.colourise``."""
    depth_m = to_metres(prediction.values, prediction.quantity)
    write_photo(path, with_scale_bar(depth_m, near_m, far_m, map, logarithmic))


def save_contact_sheet(
    path: PathLike, titles: Sequence[str], rows: Sequence[Sequence[np.ndarray]], cell_width_px: int = 240
) -> None:
    """Writes a sheet of pictures and depth maps as PNG or JPEG; see ``fathom.ops.contactsheet``."""
    write_photo(path, contact_sheet(titles, rows, cell_width_px))
