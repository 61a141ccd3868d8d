"""Ke et al. 2024 (Marigold): scale and shift by least squares in depth, or in disparity, on five data sets."""

from dataclasses import replace

from fathom.protocols._base import Protocol
from fathom.protocols._official import KITTI_ANNOTATED, NYU_RAW
from fathom.protocols._region import EIGEN_KB, EIGEN_NYU

_IN_DISPARITY = "least squares scale and shift in disparity, at most 1000 m"

nyu = Protocol(
    name="marigold/nyu",
    version=1,
    crop=EIGEN_NYU,
    clamp=True,
    average="image",
    alignment="least squares scale and shift",
    source="prs-eth/Marigold, script/eval and src/dataset: strict range and crop, np.linalg.lstsq on these "
    "pixels, clipped "
    "to the range, mean over images [C]",
    note="the figures of the paper are of 10 to 50 steps and the mean of 10 answers",
    **NYU_RAW,
)

kitti = replace(
    nyu,
    name="marigold/kitti",
    crop=EIGEN_KB,
    frame=None,
    data=KITTI_ANNOTATED["data"],
    expected=KITTI_ANNOTATED["expected"],
    min_m=1e-5,
    max_m=80.0,
    note="Eigen's crop, not Garg's, of the 1216x352 window [C]",
)

eth3d = replace(
    nyu,
    name="marigold/eth3d",
    data="eth3d/train",
    expected=454,
    frame=None,
    crop=None,
    min_m=1e-5,
    max_m=None,
    note="theirs is fitted to a map made smaller, nearest, to 1024 pixels a side at most; here to every pixel",
)

diode = replace(
    nyu, name="marigold/diode", data="diode/val", expected=771, frame=(768, 1024), crop=None, min_m=0.6, max_m=350.0
)

scannet = replace(nyu, name="marigold/scannet", data="scannet/test", expected=800, frame=None, crop=None)

_ENTRIES = {"nyu": nyu, "kitti": kitti, "eth3d": eth3d, "diode": diode, "scannet": scannet}

ENTRIES = _ENTRIES | {
    f"{name}_disparity": replace(
        entry,
        name=f"{entry.name}_disparity",
        alignment=_IN_DISPARITY,
        source=entry.source.replace(
            "np.linalg.lstsq on", "--alignment least_square_disparity: disparity fitted on"
        ),
    )
    for name, entry in _ENTRIES.items()
}
