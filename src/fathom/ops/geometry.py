"""Between pixels and points. Frame: x right, y down, z forward; pixel centres at integers; depth is z."""

import numpy as np

from fathom.errors import BadInput
from fathom.records import Camera


def unproject(depth_m: np.ndarray, camera: Camera) -> np.ndarray:
    """Depth (H, W) → the point of every pixel in the camera's frame, (H, W, 3) in metres, NaN where absent."""
    if depth_m.shape != (camera.height, camera.width):
        raise BadInput(
            f"depth is {depth_m.shape[1]}x{depth_m.shape[0]} but the camera is for {camera.width}x{camera.height}; "
            "use camera.resized or camera.cropped as the picture was"
        )
    x = (np.arange(camera.width) - camera.cx) / camera.fx
    y = (np.arange(camera.height) - camera.cy) / camera.fy
    rays = np.stack(np.broadcast_arrays(x[None, :], y[:, None], 1.0), axis=-1)
    return (rays * depth_m[..., None]).astype(np.result_type(depth_m, np.float32))


def project(points_m: np.ndarray, camera: Camera) -> tuple[np.ndarray, np.ndarray]:
    """Points (..., 3) in the camera's frame → (pixels (..., 2) as column and row, z (...) in metres).

    A point that is absent, or not in front of the camera (z <= 0), has NaN pixels; its z is kept.
    """
    z = points_m[..., 2]
    in_front = np.where(z > 0, z, np.nan)
    column = camera.fx * points_m[..., 0] / in_front + camera.cx
    row = camera.fy * points_m[..., 1] / in_front + camera.cy
    return np.stack([column, row], axis=-1), z


def interpolate(values: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Bilinear samples of a map (H, W) on the grid of the given fractional rows and columns, (rows, columns).

    Positions beyond the map take its edge. NaN spreads only to the samples that it has a weight in.
    """
    return _interpolate_rows(_interpolate_rows(values, rows).T, columns).T


def _interpolate_rows(values: np.ndarray, rows: np.ndarray) -> np.ndarray:
    rows = np.clip(rows, 0, len(values) - 1)
    lower = np.floor(rows).astype(int)
    upper = np.ceil(rows).astype(int)
    weight = (rows - lower).astype(values.dtype)[:, None]
    return values[lower] * (1 - weight) + values[upper] * weight
