"""Yang et al. 2024 (Depth Anything V2), its metric models while training: no crop, no clamp, inclusive range."""

from fathom.protocols._base import Protocol
from fathom.protocols._official import KITTI_ANNOTATED

ENTRIES = {
    "v2_kitti": Protocol(
        name="depth_anything/v2_kitti",
        version=1,
        strict=False,
        average="image",
        resize="bilinear, corners",
        source="DepthAnything/Depth-Anything-V2, metric_depth/train.py: range with its ends, no crop, no clamp, "
        "mean over "
        "images [C]",
        note="its SILog is the root of mean(d^2) - mean(d)^2 / 2, without the factor of 100: ours is not to be "
        "set beside "
        "it; its list of files was not compared with the 652 [unconfirmed]; on several GPUs its sampler drops "
        "images, and one with fewer than 10 pixels of truth is passed over",
        **KITTI_ANNOTATED,
    )
}
