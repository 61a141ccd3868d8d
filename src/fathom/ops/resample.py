"""Half the resolution: colour by averaging, depth by choosing, never by mixing near and far."""

import numpy as np
from PIL import Image

from fathom.errors import BadInput


def halve_colour(rgb: np.ndarray) -> np.ndarray:
    """uint8 (H, W, 3) → (H/2, W/2, 3): the mean of every 2x2 pixels, to the nearest. H and W are even."""
    _must_be_even(rgb)
    return np.asarray(Image.fromarray(rgb).reduce(2))


def halve_depth(depth_m: np.ndarray) -> np.ndarray:
    """float (H, W), NaN absent → (H/2, W/2): of every 2x2 pixels the lower median of those present.

    A depth that was measured, neither the mean across an edge nor always the same corner (which would shift the
    map by half a pixel). With two present, the nearer; absent only where all four are.
    """
    _must_be_even(depth_m)
    corners = (depth_m[row::2, column::2] for row in (0, 1) for column in (0, 1))
    one, two, three, four = (np.where(np.isnan(corner), np.inf, corner) for corner in corners)
    # The first two steps of a sorting network: enough for the least, the second and whether there is a third.
    low, high = np.minimum(one, two), np.maximum(one, two)
    low_too, high_too = np.minimum(three, four), np.maximum(three, four)
    least = np.minimum(low, low_too)
    inner = np.maximum(low, low_too), np.minimum(high, high_too)
    second, third = np.minimum(*inner), np.maximum(*inner)
    chosen = np.where(np.isinf(third), least, second)
    chosen[np.isinf(chosen)] = np.nan
    return chosen.astype(depth_m.dtype, copy=False)


def _must_be_even(picture: np.ndarray) -> None:
    height, width = picture.shape[:2]
    if height % 2 or width % 2:
        raise BadInput(f"{width}x{height} cannot be halved: both sides must be even")
