"""Lee et al. 2019 (BTS): annotated truths, Garg's crop on the whole frame or on the 1216x352 window; NYU raw."""

from dataclasses import replace

from fathom.protocols._base import Protocol
from fathom.protocols._official import KITTI_ANNOTATED, NYU_RAW
from fathom.protocols._region import EIGEN_KITTI, EIGEN_NYU, GARG, GARG_KB

_SOURCE = "cogaplex-bts/bts, eval_with_pngs.py: strict range, clipped, mean over images [C]"
_THROUGH_PNG = "stored as 16-bit PNG, cut off to 1/256 m"

kitti = Protocol(
    name="bts/kitti",
    version=1,
    crop=GARG,
    clamp=True,
    average="image",
    inference=_THROUGH_PNG,
    source=_SOURCE,
    note="predictions for the 1216x352 window are put back into an empty frame first",
    **KITTI_ANNOTATED,
)

kitti_online = replace(
    kitti,
    name="bts/kitti_online",
    crop=GARG_KB,
    inference="",
    source="cogaplex-bts/bts, the evaluation while training: truth cut to 1216x352, Garg's crop of that [C]",
    note="about 7.5 % fewer pixels than Garg's crop of the whole frame",
)

nyu = Protocol(
    name="bts/nyu",
    version=1,
    crop=EIGEN_NYU,
    clamp=True,
    average="image",
    inference="stored as 16-bit PNG, cut off to millimetres",
    source=_SOURCE,
    note="else as nyu_eigen/community",
    **NYU_RAW,
)

ENTRIES = {
    "kitti": kitti,
    "kitti_online": kitti_online,
    "kitti_eigen_crop": replace(kitti, name="bts/kitti_eigen_crop", crop=EIGEN_KITTI),
    "kitti_no_crop": replace(kitti, name="bts/kitti_no_crop", crop=None),
    "kitti_50m": replace(kitti, name="bts/kitti_50m", max_m=50.0),
    "nyu": nyu,
}
