"""Holes in depth filled in with the picture as a guide, as the NYU Depth v2 toolbox does it.

colorize         Levin, Lischinski & Weiss, "Colorization using Optimization" (2004): what the data set's
                 in-filled depth was made with. Every pixel is to be the weighted mean of its neighbours, those
                 of like grey weighing most.
cross_bilateral  the toolbox's quick way: means of what is known nearby and alike, from coarse to fine.
fill_border      the second applied to a prediction's missing border, as Eigen & Fergus (2015) score full frames.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from fathom.errors import BadInput
from fathom.ops._colorization import neighbour_weights, solve_exactly, solve_fast
from fathom.ops._cross_bilateral import fill_coarse_to_fine

# MATLAB's rgb2gray. The Python copies of the toolbox call scikit-image's, which is another: 0.2125, 0.7154, 0.0721.
GREY_WEIGHTS = (0.298936021293775, 0.587043074451121, 0.114020904255103)


def colorize(
    depth_m: np.ndarray,
    rgb: np.ndarray,
    solver: Literal["fast", "exact"] = "fast",
    known: Literal["smoothed", "kept"] = "smoothed",
    alpha: float = 1.0,
) -> np.ndarray:
    """Depth (H, W) in metres, NaN where absent, and its picture uint8 (H, W, 3) → float32 (H, W) without holes.

    Solves (A + G) x = G d: A has 1 on the diagonal and minus the weights of the up to eight neighbours beside it,
    G is ``alpha`` where depth d is known, else 0. So known depth is held softly, and the answer there is
    smoothed, as in the toolbox; ``known="kept"`` gives known depth back untouched, as DenseDepth's copy of the
    toolbox does. The answer never leaves the range of the known depth.

    ``solver="fast"`` solves directly by nested dissection, in the holes and a margin around them: right to 1e-4 of
    the range of the known depth whatever the frame, and to 3e-6 m on real ones of 640x480 (benchmarks/infill.py).
    ``solver="exact"`` is sparse LU of the whole by scipy, some ten times slower; it is there to check the other.

    The toolbox counts depth of exactly 0 or 10 m as absent: make those NaN first. Raises BadInput for arrays that
    do not fit each other, infinite depth, no known depth at all, an unknown word or alpha that is not positive.
    Source: toolbox fill_depth_colorization.m.
    """
    for word, words in ((solver, ("fast", "exact")), (known, ("smoothed", "kept"))):
        if word not in words:
            raise BadInput(f"{' or '.join(words)}, not {word!r}")
    if not 0 < alpha < np.inf:
        raise BadInput(f"alpha is how firmly known depth is held, a positive number, not {alpha}")
    present = _check(depth_m, rgb)
    value = np.where(present, depth_m, 0).astype(np.float64)
    weights = neighbour_weights(grey(rgb))
    if solver == "exact":
        filled = solve_exactly(weights, value, present, alpha)
    else:
        filled = solve_fast(weights, value, present, alpha, smooth_known=known == "smoothed")
    filled = np.clip(filled, value[present].min(), value[present].max()).astype(np.float32)
    return np.where(present, depth_m, filled).astype(np.float32) if known == "kept" else filled


def cross_bilateral(
    depth_m: np.ndarray,
    rgb: np.ndarray,
    space_px: Sequence[float] = (12, 5, 8),
    likeness: Sequence[float] = (0.2, 0.08, 0.02),
) -> np.ndarray:
    """Depth (H, W), NaN where absent, and its picture uint8 (H, W, 3) → float32 (H, W) without holes.

    Known depth stays untouched. At each of several scales, the coarsest first, absent pixels become the mean of
    what is known in the 11x11 pixels around them and of what the coarser scale says, weighted by Gaussians of
    distance (sigma ``space_px``, in that scale's pixels) and of difference in grey (sigma ``likeness``, grey in
    0..1). The first of each is for the full size, every next for half the size of the one before.

    Approximate and quick. It departs from the toolbox where that falls short: holes that three scales do not reach
    are reached by more, with the last sigmas, instead of staying empty; a half-size pixel is the first known of its
    four, not simply the first; a value from the coarser scale is weighed by the grey that it was made for, which
    keeps edges clean; and depth is not rounded to 8 bits. Values never leave the range of the known: slopes are not
    continued into wide holes. Raises BadInput as colorize does. Source: toolbox fill_depth_cross_bf.m, cbf.cpp.
    """
    present = _check(depth_m, rgb)
    sigmas = np.array([*space_px], np.float64), np.array([*likeness], np.float64)
    if not len(space_px) == len(likeness) > 0 or not all((s > 0).all() and np.isfinite(s).all() for s in sigmas):
        raise BadInput(f"one positive sigma of each kind for each scale, not {space_px} and {likeness}")
    value = np.where(present, depth_m, 0).astype(np.float32)
    return fill_coarse_to_fine(value, present, np.rint(grey(rgb) * 255).astype(np.uint8), *sigmas)


def fill_border(values: np.ndarray, rgb: np.ndarray) -> np.ndarray:
    """A map (H, W) that is NaN on a border of any width, and its picture uint8 (H, W, 3) → float32 without NaN.

    What a network that answers only for the middle of a frame leaves out is extrapolated by ``cross_bilateral``, as
    Eigen & Fergus (2015) do after upsampling bilinearly to 640x480, before they score full frames. The sigmas are
    the toolbox's: theirs are not known to us [A]. Metres, log metres or relative depth alike.

    Raises BadInput if the known values are not one full rectangle: NaN inside it is no border.
    """
    present = _check(values, rgb)
    rows, columns = np.flatnonzero(present.any(axis=1)), np.flatnonzero(present.any(axis=0))
    if not present[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].all():
        raise BadInput("absent values lie among the known ones, not only on the border; use cross_bilateral")
    return cross_bilateral(values, rgb)


def grey(rgb: np.ndarray) -> np.ndarray:
    """uint8 (H, W, 3) → float64 (H, W) in 0..1, by MATLAB's weights and not rounded."""
    return (rgb @ np.array(GREY_WEIGHTS)) / 255


def _check(depth_m: np.ndarray, rgb: np.ndarray) -> np.ndarray:
    """Where depth is known, (H, W)."""
    if depth_m.ndim != 2 or rgb.shape != (*depth_m.shape, 3) or rgb.dtype != np.uint8:
        raise BadInput(
            f"depth must be (H, W) and its picture uint8 (H, W, 3), not {depth_m.shape} and {rgb.dtype} {rgb.shape}"
        )
    if np.isinf(depth_m).any():
        raise BadInput("depth must be finite where it is known; write absent depth as NaN")
    present = ~np.isnan(depth_m)
    if not present.any():
        raise BadInput("depth is absent everywhere: there is nothing to fill the holes from")
    return present
