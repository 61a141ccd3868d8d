"""Godard et al. 2017 (monodepth): KITTI's laser truths along the scanner's axis, Garg's or Eigen's crop."""

from dataclasses import replace

from fathom.protocols._base import Protocol
from fathom.protocols._official import BLENDED, KITTI_LASER
from fathom.protocols._region import EIGEN_KITTI, GARG

garg = Protocol(
    name="monodepth/garg",
    version=1,
    crop=GARG,
    clamp=True,
    average="image",
    over_inverse=True,
    source="mrharicot/monodepth, utils/evaluate_kitti.py: disparity resized by cv2 and inverted, 1e-3 < depth < "
    "80 m, "
    "clipped, mean over images [C]",
    note="its depth comes of a stereo baseline: metric; with --pp the answer is " + BLENDED,
    **KITTI_LASER,
)

eigen = replace(
    garg,
    name="monodepth/eigen",
    crop=EIGEN_KITTI,
    note="its crop was found by trial and error to reproduce Eigen et al. 2014 [C]",
)

ENTRIES = {"garg": garg, "eigen": eigen}
