"""The kernel of the cross-bilateral fill, and its pyramid."""

import numpy as np
from numba import njit

from fathom.ops._colorization import widened

RADIUS = 5  # of the window at every scale, whatever the sigma: FILTER_RAD of the toolbox's cbf.cpp


def fill_coarse_to_fine(
    value: np.ndarray,
    known: np.ndarray,
    grey: np.ndarray,
    space_px: np.ndarray,
    likeness: np.ndarray,
    scale: int = 0,
) -> np.ndarray:
    """Value float32, known bool and grey uint8, all (H, W) → (H, W), complete if one pixel is known."""
    if known.all():
        return value
    valid, shade = known, grey
    if scale + 1 < len(space_px) or not widened(known, RADIUS).all():
        half_value, half_known, half_grey = _halve(value, known, grey)
        coarse = fill_coarse_to_fine(half_value, half_known, half_grey, space_px, likeness, scale + 1)
        value, valid = np.where(known, value, _double(coarse, known.shape)), np.ones_like(known)
        shade = np.where(known, grey, _double(half_grey, known.shape))
    sigma = min(scale, len(space_px) - 1)
    reach = np.arange(-RADIUS, RADIUS + 1) ** 2
    near = np.exp(-(reach[:, None] + reach) / (2 * space_px[sigma] ** 2))
    # Never quite 0: where nothing known nearby is alike, the least unlike counts.
    alike = np.maximum(np.exp(-((np.arange(256) / 255 / likeness[sigma]) ** 2) / 2), 1e-30)
    return _average(value, known, valid, shade, grey, near, alike)


def _double(coarse, shape):
    return coarse.repeat(2, axis=0).repeat(2, axis=1)[: shape[0], : shape[1]]


def _halve(value, known, grey):
    """The first known pixel of every 2x2, else the first."""
    height, width = value.shape
    edge = ((0, height % 2), (0, width % 2))
    value, grey = np.pad(value, edge), np.pad(grey, edge)
    known = np.pad(known, edge)
    corners = [(slice(i, None, 2), slice(j, None, 2)) for i in (0, 1) for j in (0, 1)]
    half_value, half_known, half_grey = value[0::2, 0::2], known[0::2, 0::2], grey[0::2, 0::2]
    for corner in corners[1:]:
        better = known[corner] & ~half_known
        half_value = np.where(better, value[corner], half_value)
        half_grey = np.where(better, grey[corner], half_grey)
        half_known = half_known | better
    return half_value, half_known, half_grey


@njit(cache=True, nogil=True, error_model="numpy")
def _average(value, known, valid, shade, grey, near, alike):
    """``shade`` is the grey that each value goes with: a coarser pixel's is not this one's at an edge."""
    height, width = value.shape
    out = value.copy()
    for i in range(height):
        for j in range(width):
            if known[i, j]:
                continue
            centre = np.int64(grey[i, j])  # numba's int() of a uint8 is unsigned: differences would wrap
            total, weights = 0.0, 0.0
            for y in range(max(0, i - RADIUS), min(height, i + RADIUS + 1)):
                for x in range(max(0, j - RADIUS), min(width, j + RADIUS + 1)):
                    if valid[y, x]:
                        weight = near[y - i + RADIUS, x - j + RADIUS] * alike[abs(np.int64(shade[y, x]) - centre)]
                        total += weight * value[y, x]
                        weights += weight
            out[i, j] = total / weights
    return out
