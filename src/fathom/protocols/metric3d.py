"""Yin et al. 2023 (Metric3D): metric, by the ratio of medians, or by a line with the medians as second choice."""

from dataclasses import replace

from fathom.protocols._base import Protocol
from fathom.protocols._official import KITTI_ANNOTATED, but

kitti = Protocol(
    name="metric3d/kitti",
    version=1,
    average="image",
    inference="resized to a focal length of 1000 px and back",
    source="YvanYin/Metric3D, mono/utils/do_test.py and avg_meter.py: truth above 1e-8 m, bilinear, mean over "
    "images [C]",
    note="its meter writes one metric into another [C]; predictions beyond 300 m count as 0 there",
    **but(KITTI_ANNOTATED, min_m=1e-8, max_m=None),
)

ENTRIES = {
    "kitti": kitti,
    "kitti_median": replace(kitti, name="metric3d/kitti_median", alignment="ratio of medians"),
    "kitti_line": replace(
        kitti, name="metric3d/kitti_line", alignment="least squares scale and shift, else ratio of medians"
    ),
}
