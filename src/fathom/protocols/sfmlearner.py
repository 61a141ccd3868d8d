"""Zhou et al. 2017 (SfMLearner): as monodepth2 after it, but depth and not disparity is resized."""

from fathom.protocols._base import Protocol
from fathom.protocols._official import KITTI_LASER
from fathom.protocols._region import GARG

ENTRIES = {
    "kitti": Protocol(
        name="sfmlearner/kitti",
        version=1,
        crop=GARG,
        clamp=True,
        average="image",
        alignment="ratio of medians",
        source="tinghuiz/SfMLearner: Garg's crop, depth resized by cv2, ratio of medians, 1e-3..80 m, mean over "
        "images "
        "[paper-mem, partly C]",
        note="not all of it was seen in its source",
        **KITTI_LASER,
    )
}
