"""Alhashim & Wonka 2018 (DenseDepth) on NYU: pooled over pixels; its own figures divide by the prediction."""

from fathom.protocols._base import Protocol
from fathom.protocols._official import FLIPPED, NYU_RAW, but
from fathom.protocols._region import EIGEN_NYU

ENTRIES = {
    "nyu": Protocol(
        name="densedepth/nyu",
        version=1,
        crop=EIGEN_NYU,
        average="pixel",
        inference=FLIPPED,
        source="ialhashim/DenseDepth, evaluate.py: Eigen's crop, pooled over pixels [C]",
        note="its program swaps truth and prediction, so that its abs rel divides by the prediction; ours "
        "divides by the "
        "truth. What its test file holds as truth was not seen: raw is taken [unconfirmed]",
        **but(NYU_RAW, min_m=None, max_m=None),
    )
}
