"""Make3D's 134 test pictures: C1 (up to 70 m) and C2 (all), as FCRN and as monodepth score them."""

from dataclasses import replace

from fathom.protocols._base import Protocol

c1_fcrn = Protocol(
    name="make3d/c1_fcrn",
    version=1,
    data="make3d/test",
    expected=134,
    truth="raw",
    geometry="whole",
    average="pixel",
    min_m=0.0,
    max_m=70.0,
    source="iro-cp/FCRN-DepthPrediction, evaluateMake3D.m: the 55x305 grid brought to 460x345 by nearest, 0 < "
    "depth < 70 m, "
    "bilinear predictions, pooled over pixels [C]",
)

c1_monodepth = replace(
    c1_fcrn,
    name="make3d/c1_monodepth",
    average="image",
    alignment="ratio of medians",
    resize="nearest, floor",
    clamp=True,
    min_m=1e-3,
    source="monodepth and monodepth2's issues: predictions by nearest, ratio of medians, cap 70 m, mean over "
    "images [C]",
    note="its rows 17:38 of the grid, the middle of 2:1 of the picture, are not cut here: prepare that part "
    "alone; its "
    "RMSE log takes the logarithm to base 10",
)

ENTRIES = {
    "c1_fcrn": c1_fcrn,
    "c2_fcrn": replace(
        c1_fcrn, name="make3d/c2_fcrn", max_m=None, note="81 m is sky: C2 scores it, C1 does not", version=1
    ),
    "c1_monodepth": c1_monodepth,
}
