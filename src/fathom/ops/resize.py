"""Pictures and depth brought to another size, edges to edges: colour is averaged, a true depth chosen, never mixed.

Predictions are another matter: every protocol brings them to the truth's size in its own way (``resize_values``).
"""

import math
from typing import Literal, get_args

import numpy as np
from PIL import Image

from fathom.errors import BadInput
from fathom.records import Camera

Method = Literal["bilinear", "bilinear, corners", "nearest", "nearest, floor"]
KB_FRAME = (352, 1216)  # (height, width) of BTS's crop of KITTI's pictures


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


def resize_values(
    values: np.ndarray, height: int, width: int, method: Method = "bilinear", over_inverse: bool = False
) -> np.ndarray:
    """A prediction (H, W) → float32 (height, width), as a protocol says; NaN stays NaN and takes its neighbours.

    bilinear            edges on edges: cv2.resize's INTER_LINEAR, torch's align_corners=False. Nothing is averaged
                        where the map becomes smaller
    bilinear, corners   the corner pixels' centres on the corners' centres: torch's align_corners=True
    nearest             the pixel in which the new centre lies (``resize_depth``): torch's nearest-exact
    nearest, floor      the pixel in which the new pixel's corner lies: cv2's INTER_NEAREST, torch's nearest

    ``over_inverse`` mixes 1 / value instead, as those do who resize a disparity and invert it; zero has no inverse
    and becomes NaN. Raises BadInput for a size below 1 or another method.
    """
    if height < 1 or width < 1 or method not in get_args(Method):
        raise BadInput(f"a prediction cannot be made {width}x{height} by '{method}': {', '.join(get_args(Method))}")
    values = np.asarray(values, np.float32)
    if values.shape == (height, width):
        return values
    if over_inverse:
        return _inverse(resize_values(_inverse(values), height, width, method))
    if method == "nearest":
        return resize_depth(values, height, width)
    if method == "nearest, floor":
        rows, columns = (np.arange(n) * old // n for n, old in zip((height, width), values.shape, strict=True))
        return np.ascontiguousarray(values[rows[:, None], columns])
    corners = method == "bilinear, corners"
    upper, lower, down = _neighbours(values.shape[0], height, corners)
    left, right, across = _neighbours(values.shape[1], width, corners)
    rows = values[upper] * (1 - down)[:, None] + values[lower] * down[:, None]
    return rows[:, left] * (1 - across) + rows[:, right] * across


def uncropped(values: np.ndarray, height: int, width: int, left: int | None = None) -> np.ndarray:
    """A prediction for the lower part of a picture, put back in its place: float32 (height, width), NaN around it.

    Without ``left`` it is BTS's crop of KITTI: the bottom rows, ``int((width - own) / 2)`` columns from the left.
    Raises BadInput if it does not fit in.
    """
    own_height, own_width = values.shape
    left = (width - own_width) // 2 if left is None else left
    if own_height > height or left < 0 or left + own_width > width:
        raise BadInput(f"a prediction of {own_width}x{own_height} is no part of a picture of {width}x{height}")
    whole = np.full((height, width), np.nan, np.float32)
    whole[height - own_height :, left : left + own_width] = values
    return whole


def is_kb_crop(shape: tuple[int, ...], height: int, width: int) -> bool:
    """Whether a prediction has the size of BTS's crop and the truth is a whole KITTI picture."""
    return tuple(shape) == KB_FRAME and (height, width) != KB_FRAME and 352 < height < 400 and 1216 < width < 1300


def _neighbours(old: int, new: int, corners: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each new pixel the old ones before and after its centre, and how far it lies from the first (0 .. 1)."""
    if corners:
        at = np.arange(new) * ((old - 1) / (new - 1) if new > 1 else 0.0)
    else:
        at = np.clip((np.arange(new) + 0.5) * (old / new) - 0.5, 0, old - 1)
    first = np.minimum(np.floor(at).astype(np.intp), old - 1)
    part = (at - first).astype(np.float32)
    # A neighbour of no weight is left out: were it NaN, nothing times NaN would be NaN.
    return first, np.where(part > 0, np.minimum(first + 1, old - 1), first), part


def _inverse(values: np.ndarray) -> np.ndarray:
    return np.divide(np.float32(1), values, out=np.full_like(values, np.nan), where=values != 0)


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
