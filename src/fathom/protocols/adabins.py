"""Bhat et al. 2020 (AdaBins): KITTI in the 1216x352 window, NYU raw; mean with the mirrored picture."""

from fathom.protocols._base import Protocol
from fathom.protocols._official import CLIPPED_AND_FLIPPED, KITTI_ANNOTATED, NYU_RAW
from fathom.protocols._region import EIGEN_NYU, GARG_KB

_SOURCE = (
    "shariqfarooq123/AdaBins, evaluate.py: bilinear with aligned corners, strict range, clipped, mean over images, "
    "printed to three digits [C]"
)

ENTRIES = {
    "kitti": Protocol(
        name="adabins/kitti",
        version=1,
        crop=GARG_KB,
        clamp=True,
        average="image",
        resize="bilinear, corners",
        inference=CLIPPED_AND_FLIPPED,
        source=_SOURCE,
        **KITTI_ANNOTATED,
    ),
    "nyu": Protocol(
        name="adabins/nyu",
        version=1,
        crop=EIGEN_NYU,
        clamp=True,
        average="image",
        resize="bilinear, corners",
        inference=CLIPPED_AND_FLIPPED,
        source=_SOURCE,
        **NYU_RAW,
    ),
}
