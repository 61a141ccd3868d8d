"""Pictures and depth brought to another size, edges to edges: colour is averaged, depth is chosen, never mixed."""

import math

import numpy as np
from PIL import Image

from fathom.records import Camera


def resize_colour(rgb: np.ndarray, height: int, width: int) -> np.ndarray:
    """uint8 (H, W, 3) → (height, width, 3), linear between pixels and averaged where it becomes smaller.

    The camera to go with it is ``camera.resized(width, height)``.
    """
    if rgb.shape[:2] == (height, width):
        return rgb
    return np.asarray(Image.fromarray(rgb).resize((width, height), Image.Resampling.BILINEAR))


def resize_depth(depth_m: np.ndarray, height: int, width: int) -> np.ndarray:
    """(H, W) → (height, width): the value of the pixel in which the new pixel's centre lies; NaN stays NaN."""
    rows, columns = (
        np.minimum((2 * np.arange(new) + 1) * old // (2 * new), old - 1)
        for old, new in zip(depth_m.shape, (height, width), strict=True)
    )
    return np.ascontiguousarray(depth_m[rows[:, None], columns])


def colour_seen_by(rgb: np.ndarray, own: Camera, other: Camera) -> tuple[np.ndarray, np.ndarray]:
    """The picture that ``other``, at the place of ``own`` and looking the same way, would have taken.

    rgb     uint8 (H, W, 3), taken by ``own``
    returns uint8 (other.height, other.width, 3), and bool (other.height, other.width): where ``own`` saw too.
            Beyond its edge the nearest colour is repeated.

    Between two such pinholes the pixel (u', v') of ``other`` shows what (u, v) of ``own`` does, with
    (u - cx) / fx = (u' - cx') / fx', and v likewise.
    """
    left, right, inside_x = _span(other.width, other.fx, other.cx, own.width, own.fx, own.cx)
    top, bottom, inside_y = _span(other.height, other.fy, other.cy, own.height, own.fy, own.cy)
    before_x, after_x = max(0, math.ceil(-left)), max(0, math.ceil(right - own.width))
    before_y, after_y = max(0, math.ceil(-top)), max(0, math.ceil(bottom - own.height))
    wider = np.pad(rgb, ((before_y, after_y), (before_x, after_x), (0, 0)), "edge")
    box = (left + before_x, top + before_y, right + before_x, bottom + before_y)
    seen = Image.fromarray(wider).resize((other.width, other.height), Image.Resampling.BILINEAR, box)
    return np.asarray(seen), inside_y[:, None] & inside_x


def _span(
    size: int, focal: float, centre: float, own_size: int, own_focal: float, own_centre: float
) -> tuple[float, float, np.ndarray]:
    """Where the edges of ``size`` pixels fall, counted from the own picture's edge, and which centres are in it."""
    at = (np.arange(size + 1) - 0.5 - centre) * (own_focal / focal) + own_centre + 0.5
    middle = (at[:-1] + at[1:]) / 2
    return float(at[0]), float(at[-1]), (middle > 0) & (middle < own_size)
