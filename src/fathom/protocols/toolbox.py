"""Li 2022 (Monocular-Depth-Estimation-Toolbox) on KITTI: as the field's others in the 1216x352 window, no clamp."""

from fathom.protocols._base import Protocol
from fathom.protocols._official import KITTI_ANNOTATED
from fathom.protocols._region import GARG_KB

ENTRIES = {
    "kitti": Protocol(
        name="toolbox/kitti",
        version=1,
        crop=GARG_KB,
        average="image",
        source="zhyever/Monocular-Depth-Estimation-Toolbox, metrics(): strict range, bilinear, Garg's crop, no "
        "clamp, mean over images [C]",
        note="an image whose SILog is not a number counts as 0 there; here it is refused or left out and told",
        **KITTI_ANNOTATED,
    )
}
