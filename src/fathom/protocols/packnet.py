"""Guizilini et al. 2020 (PackNet): ratio of medians, with or without Garg's crop."""

from dataclasses import replace

from fathom.protocols._base import Protocol
from fathom.protocols._official import KITTI_ANNOTATED, KITTI_LASER
from fathom.protocols._region import GARG

kitti = Protocol(
    name="packnet/kitti",
    version=1,
    crop=GARG,
    clamp=True,
    average="image",
    alignment="ratio of medians",
    source="TRI-ML/packnet-sfm, utils/depth.py: bilinear, Garg's crop by option, ratio of medians, clipped [C]",
    note="divides by the batch's size even where an image was skipped [C]; here such images count in no figure",
    **KITTI_LASER,
)

ENTRIES = {
    "kitti": replace(kitti, same_as="sfmlearner/kitti"),
    "kitti_annotated": replace(kitti, name="packnet/kitti_annotated", **KITTI_ANNOTATED, axis="camera z"),
}
