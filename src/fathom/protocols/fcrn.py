"""Laina et al. 2016 (FCRN) on NYU: in-filled truth, the whole frame, pooled over pixels."""

from fathom.protocols._base import Protocol
from fathom.protocols._official import NYU_FILLED

ENTRIES = {
    "nyu": Protocol(
        name="fcrn/nyu",
        version=1,
        average="pixel",
        source="iro-cp/FCRN-DepthPrediction, evaluateNYU.m: in-filled truth, 640x480, bilinear predictions, no "
        "crop, no cap, "
        "pooled over pixels [C]",
        note="its pictures go to the network resized by nearest",
        **NYU_FILLED,
    )
}
