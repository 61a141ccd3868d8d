"""Yuan et al. 2022 (NeWCRFs): as BTS while training, blended with the mirrored picture."""

from fathom.protocols._base import Protocol
from fathom.protocols._official import BLENDED, KITTI_ANNOTATED, NYU_RAW
from fathom.protocols._region import EIGEN_NYU, GARG_KB

_SOURCE = "aliyun/NeWCRFs, eval.py: BTS's evaluation while training, with post-processing [C]"

ENTRIES = {
    "kitti": Protocol(
        name="newcrfs/kitti",
        version=1,
        crop=GARG_KB,
        clamp=True,
        average="image",
        inference=BLENDED,
        source=_SOURCE,
        **KITTI_ANNOTATED,
    ),
    "nyu": Protocol(
        name="newcrfs/nyu",
        version=1,
        crop=EIGEN_NYU,
        clamp=True,
        average="image",
        inference=BLENDED,
        source=_SOURCE,
        **NYU_RAW,
    ),
}
