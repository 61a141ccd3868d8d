"""DIODE's own development kit: every pixel of the mask, no alignment, no clamp."""

from dataclasses import replace

from fathom.protocols._base import Protocol

devkit = Protocol(
    name="diode/devkit",
    version=1,
    data="diode/val",
    expected=771,
    truth="raw",
    frame=(768, 1024),
    geometry="whole",
    average="image",
    min_m=0.0,
    source="diode-dataset/diode-devkit, metrics.py: mask and depth above 0, mean over images [C]",
)

ENTRIES = {
    "devkit": devkit,
    "devkit_indoors": replace(devkit, name="diode/devkit_indoors", data="diode_indoors/val", expected=325),
    "devkit_outdoor": replace(devkit, name="diode/devkit_outdoor", data="diode_outdoor/val", expected=446),
}
