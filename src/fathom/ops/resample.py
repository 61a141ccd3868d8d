"""Half the resolution: colour by averaging, depth by choosing, never by mixing near and far."""

import numpy as np

from fathom.errors import BadInput


def halve_colour(rgb: np.ndarray) -> np.ndarray:
    """uint8 (H, W, 3) → (H/2, W/2, 3): the mean of every 2x2 pixels, to the nearest. H and W are even."""
    _must_be_even(rgb)
    total = rgb[0::2, 0::2].astype(np.uint16)
    for row, column in ((0, 1), (1, 0), (1, 1)):
        total += rgb[row::2, column::2]
    return ((total + 2) >> 2).astype(np.uint8)


def halve_depth(depth_m: np.ndarray) -> np.ndarray:
    """float (H, W), NaN absent → (H/2, W/2): of every 2x2 pixels the lower median of those present.

    A depth that was measured, neither the mean across an edge nor always the same corner (which would shift the
    map by half a pixel). With two present, the nearer; absent only where all four are.
    """
    _must_be_even(depth_m)
    four = np.stack([depth_m[row::2, column::2] for row in (0, 1) for column in (0, 1)])
    four.sort(axis=0)  # NaN last
    present = np.count_nonzero(~np.isnan(four), axis=0)
    return np.take_along_axis(four, np.maximum(present - 1, 0)[None] // 2, axis=0)[0]


def _must_be_even(picture: np.ndarray) -> None:
    height, width = picture.shape[:2]
    if height % 2 or width % 2:
        raise BadInput(f"{width}x{height} cannot be halved: both sides must be even")
