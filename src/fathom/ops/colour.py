"""Depth as colour: near is light and far is dark, on a scale with metres."""

import math

import numpy as np

from fathom.errors import BadInput

ABSENT_GREY = 128
DEFAULT_MAP = "magma_r"  # perceptually even, in print too


def colour_limits_m(*depths_m: np.ndarray, percent: float = 2.0) -> tuple[float, float]:
    """(near, far) for the colours of some depth maps: percentiles that leave ``percent`` out at either end.

    1 to 10 m if not one pixel has depth; never an empty range.
    """
    present = np.concatenate([d[np.isfinite(d) & (d > 0)].ravel() for d in depths_m])
    if present.size == 0:
        return 1.0, 10.0
    near_m, far_m = (float(x) for x in np.percentile(present, [percent, 100 - percent]))
    return (near_m, far_m) if far_m > near_m * 1.01 else (near_m * 0.9, near_m * 1.1)


def colourise(
    depth_m: np.ndarray,
    near_m: float | None = None,
    far_m: float | None = None,
    map: str = DEFAULT_MAP,
    logarithmic: bool = True,
) -> np.ndarray:
    """Depth (H, W) → uint8 RGB (H, W, 3), absent depth a neutral grey.

    ``near_m`` and ``far_m`` get the ends of the map (default: robust limits of this depth); ``map`` is any
    matplotlib colour map. Logarithmic colours show equal ratios alike, as the scores count them.
    """
    import matplotlib

    near, far = colour_limits_m(depth_m)
    near_m, far_m = near if near_m is None else near_m, far if far_m is None else far_m
    if map not in matplotlib.colormaps:
        raise BadInput(f"matplotlib has no colour map '{map}'; try {DEFAULT_MAP}, viridis or turbo")
    share = share_of_range(depth_m, near_m, far_m, logarithmic)
    table = (matplotlib.colormaps[map](np.arange(256))[:, :3] * 255).round().astype(np.uint8)
    absent = np.isnan(share)
    rgb = table[np.rint(np.where(absent, 0, share) * 255).astype(np.uint8)]
    rgb[absent] = ABSENT_GREY
    return rgb


def share_of_range(depth_m: np.ndarray, near_m: float, far_m: float, logarithmic: bool = True) -> np.ndarray:
    """Where depth lies between near (0) and far (1), clipped; NaN where it is absent or not positive."""
    if not 0 < near_m < far_m < math.inf:
        raise BadInput(f"colours need 0 < near < far, not {near_m} and {far_m} m")
    depth_m = np.where(depth_m > 0, depth_m, np.nan)
    if logarithmic:
        share = np.log(depth_m / near_m) / math.log(far_m / near_m)
    else:
        share = (depth_m - near_m) / (far_m - near_m)
    return np.clip(share, 0, 1)
