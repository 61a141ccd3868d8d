"""Piccinelli et al. 2024 (UniDepth): KITTI annotated and NYU, no clamp; aligned variants beside the metric one."""

from dataclasses import replace

from fathom.protocols._base import Protocol
from fathom.protocols._official import KITTI_ANNOTATED, NYU_RAW, but
from fathom.protocols._region import EIGEN_KB, EIGEN_NYU, GARG_KB

_NOTE = "its SILog takes the unbiased deviation (torch.std), which differs in the sixth digit"
_SOURCE = "lpiccinelli-eth/UniDepth, its data sets and metrics: strict range, no clamp, mean over images [C]"

kitti = Protocol(
    name="unidepth/kitti",
    version=1,
    crop=GARG_KB,
    average="image",
    source=_SOURCE,
    note=_NOTE,
    **but(KITTI_ANNOTATED, min_m=0.0),
)

nyu = Protocol(
    name="unidepth/nyu",
    version=1,
    crop=EIGEN_NYU,
    average="image",
    source=_SOURCE + "; rows 45:-9, columns 41:-39",
    note=_NOTE,
    **but(NYU_RAW, min_m=0.0),
)

_RAW = {
    "kitti": kitti,
    "kitti_eigen_crop": replace(kitti, name="unidepth/kitti_eigen_crop", crop=EIGEN_KB),
    "nyu": nyu,
}
_ALIGNED = {"si": "ratio of medians", "ssi": "least squares scale and shift"}

ENTRIES = _RAW | {
    f"{name}_{kind}": replace(entry, name=f"{entry.name}_{kind}", alignment=alignment)
    for name, entry in _RAW.items()
    for kind, alignment in _ALIGNED.items()
}
