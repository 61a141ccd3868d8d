"""Ranftl et al. 2020 (MiDaS), zero-shot: scale and shift by least squares in disparity, a cap for the data set."""

from dataclasses import replace

from fathom.protocols._base import Protocol
from fathom.protocols._official import NYU_RAW, but
from fathom.protocols._region import KB

nyu = Protocol(
    name="midas/nyu",
    version=1,
    average="image",
    alignment="least squares scale and shift in disparity",
    limit_m=10.0,
    source="isl-org/MiDaS, its gists: raw depth of the labelled file, 0 < depth < 10 m, the whole frame; "
    "bilinear to the "
    "truth's size; aligned disparity at least 1/10 [C]; MiDaS prints 100 times the share of pixels beyond 1.25 "
    "[paper-mem]",
    **but(NYU_RAW, min_m=0.0),
)

kitti = replace(
    nyu,
    name="midas/kitti",
    data="kitti_annotated_midas/test",
    expected=161,
    frame=None,
    crop=KB,
    min_m=0.0,
    max_m=None,
    limit_m=80.0,
    source="isl-org/MiDaS, issues 18, 129, 166: the 161 pictures that are both in the depth benchmark's "
    "validation and in "
    "Eigen's test set, the 1216x352 window; aligned disparity at least 1/80 [C]",
)


def _other(name: str, data: str, limit_m: float, max_m: float | None) -> Protocol:
    return replace(
        kitti,
        name=f"midas/{name}",
        data=data,
        expected=None,
        crop=None,
        max_m=max_m,
        limit_m=limit_m,
        source="Ranftl et al. 2020, as its gists do for the other data sets [paper-mem]",
        note="not seen in a source: a hint and not the protocol of that name",
    )


ENTRIES = {
    "nyu": nyu,
    "kitti": kitti,
    "eth3d": _other("eth3d", "eth3d/train", 72.0, None),
    "sintel": _other("sintel", "sintel/train", 72.0, 72.0),
    "tum": _other("tum", "tum/test", 10.0, None),
}
