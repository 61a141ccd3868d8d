"""Bhat et al. 2023 (ZoeDepth): its table of data sets, and the NYU rectangle at pictures of any size."""

from dataclasses import replace

from fathom.protocols._base import Protocol
from fathom.protocols._official import FLIPPED, KITTI_ANNOTATED, NYU_RAW
from fathom.protocols._region import EIGEN_NYU_ANY_SIZE, GARG, GARG_KB

_QUIRK = (
    "the NYU rectangle in pixels is laid on pictures of every size: of a large one it scores the upper left "
    "part, and "
    "beyond a small one's edge there is nothing [C]"
)

nyu = Protocol(
    name="zoedepth/nyu",
    version=1,
    crop=EIGEN_NYU_ANY_SIZE,
    clamp=True,
    average="image",
    resize="bilinear, corners",
    inference=FLIPPED,
    source="isl-org/ZoeDepth, utils/config.py and evaluate.py: strict range, inf to the largest and NaN to the "
    "least "
    "depth, clipped, mean over images [C]",
    **NYU_RAW,
)


def _other(name: str, data: str, min_m: float, max_m: float) -> Protocol:
    return replace(
        nyu,
        name=f"zoedepth/{name}",
        data=data,
        expected=None,
        truth="raw",
        frame=None,
        min_m=min_m,
        max_m=max_m,
        note=_QUIRK,
    )


kitti = replace(
    nyu,
    name="zoedepth/kitti",
    crop=GARG_KB,
    **{k: v for k, v in KITTI_ANNOTATED.items() if k != "geometry"},
    frame=None,
)
_garg = {"crop": GARG, "note": ""}
_kb = {"crop": GARG_KB, "note": ""}

ENTRIES = {
    "nyu": nyu,
    "kitti": kitti,
    "ibims": _other("ibims", "ibims/test", 0.0, 10.0),
    "sun_rgbd": replace(_other("sun_rgbd", "sun_rgbd/test", 0.0, 8.0), expected=5050),
    "diml_indoor": _other("diml_indoor", "diml_indoor/test", 0.0, 10.0),
    "diml_outdoor": replace(_other("diml_outdoor", "diml_outdoor/test", 2.0, 80.0), **_garg),
    "diode_indoor": _other("diode_indoor", "diode_indoors/val", 1e-3, 10.0),
    "diode_outdoor": replace(_other("diode_outdoor", "diode_outdoor/val", 1e-3, 80.0), **_garg),
    "hypersim": _other("hypersim", "hypersim/test", 1e-3, 80.0),
    "vkitti": replace(_other("vkitti", "vkitti/test", 1e-3, 80.0), **_kb),
    "vkitti2": replace(_other("vkitti2", "vkitti2/test", 1e-3, 80.0), **_kb),
    "ddad": replace(_other("ddad", "ddad/val", 1e-3, 80.0), **_kb),
}
