"""16-bit grey pictures as they are stored, for encodings that are more than a step."""

import os
from pathlib import Path

import numpy as np

from fathom.errors import BadInput
from fathom.files.photo import open_picture


def read_uint16(path: str | os.PathLike[str]) -> np.ndarray:
    """uint16 (H, W) of a 16-bit grey PNG or TIFF; MissingData or BadInput if it is none, 8 bits for one."""
    path = Path(path)
    picture = open_picture(path)
    if picture.mode != "I" and not picture.mode.startswith("I;16"):
        raise BadInput(
            f"{path} is a picture of mode {picture.mode}, not 16-bit grey: its depth was lost when it was "
            "converted to 8 bits or colours; take the original file"
        )
    return np.asarray(picture).astype(np.uint16)
