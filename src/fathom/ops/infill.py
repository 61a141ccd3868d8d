"""Holes in depth filled in with the picture as a guide, as the NYU Depth v2 toolbox does it.

colorize         Levin, Lischinski & Weiss, "Colorization using Optimization" (2004): what the data set's
                 in-filled depth was made with. Every pixel is to be the weighted mean of its neighbours, those
                 of like grey weighing most.
"""

from typing import Literal

import numpy as np

from fathom.errors import BadInput
from fathom.ops._colorization import neighbour_weights, solve_exactly

# MATLAB's rgb2gray. scikit-image's, which the Python copies of the toolbox call, is another: 0.2125, 0.7154, 0.0721.
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

    ``solver="exact"`` is sparse LU of the whole (scipy needed).

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
    filled = solve_exactly(neighbour_weights(grey(rgb)), value, present, alpha)
    filled = np.clip(filled, value[present].min(), value[present].max()).astype(np.float32)
    return np.where(present, depth_m, filled).astype(np.float32) if known == "kept" else filled


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
