"""Point clouds as binary PLY, which MeshLab, CloudCompare, Blender and Open3D open."""

import os
from pathlib import Path

import numpy as np

from fathom.errors import BadInput
from fathom.files.atomic import replacing

_VERTEX = np.dtype([("xyz", "<f4", 3), ("rgb", "u1", 3)])


def write_ply(path: str | os.PathLike[str], points_m: np.ndarray, rgb: np.ndarray) -> int:
    """Writes points (..., 3) in metres with their uint8 colours (..., 3); points that hold a NaN are left out.

    The frame is the camera's: x right, y down, z forward; a viewer whose y points up shows the scene upside down
    and from behind. Returns how many points were written. Raises BadInput if there are none, CannotWrite.
    """
    path = Path(path)
    if points_m.shape != rgb.shape or points_m.shape[-1] != 3 or rgb.dtype != np.uint8:
        raise BadInput(f"{path}: points {points_m.shape} need as many uint8 colours, not {rgb.dtype} {rgb.shape}")
    present = np.isfinite(points_m).all(axis=-1)
    if not present.any():
        raise BadInput(f"{path}: not one point is there to write")
    vertices: np.ndarray = np.empty(int(present.sum()), _VERTEX)
    vertices["xyz"], vertices["rgb"] = points_m[present], rgb[present]
    header = [
        "ply",
        "format binary_little_endian 1.0",
        "comment metres; x right, y down, z forward from the camera",
        f"element vertex {len(vertices)}",
        *(f"property float {axis}" for axis in "xyz"),
        *(f"property uchar {colour}" for colour in ("red", "green", "blue")),
        "end_header\n",
    ]
    with replacing(path) as temporary, temporary.open("wb") as file:
        file.write("\n".join(header).encode("ascii"))
        file.write(vertices.tobytes())
    return len(vertices)
