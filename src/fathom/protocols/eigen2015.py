"""Eigen & Fergus 2015: full frames with the rim filled in, in the rectangle that has a depth projection."""

from fathom.protocols._base import Crop, PrintedRow, Protocol
from fathom.protocols._official import NYU_FILLED, but

_FIGURES = ("delta1", "delta2", "delta3", "abs_rel", "sqr_rel", "rmse", "rmse_log", "rmse_log_si")


def _printed(label: str, *figures: float) -> PrintedRow:
    return PrintedRow(label, dict(zip(_FIGURES, figures, strict=True)), "Eigen & Fergus 2015, Table 1 [P]")


ENTRIES = {
    "nyu": Protocol(
        name="eigen2015/nyu",
        version=1,
        crop=Crop(rows=(44, 471), columns=(40, 601)),
        average="pixel",
        source="section 6.1: in-filled truth, predictions upsampled bilinearly to 640x480, the missing border by a "
        "cross-bilateral filter, scored in the axis-aligned rectangle with a valid projection [P]; which the "
        "toolbox "
        "gives as 427x561 pixels [A]; pooled over pixels, as its sums are written [A]",
        printed=(
            _printed("Eigen et al. 2014", 0.614, 0.888, 0.972, 0.214, 0.204, 0.877, 0.283, 0.219),
            _printed("AlexNet", 0.697, 0.912, 0.977, 0.198, 0.180, 0.753, 0.255, 0.202),
            _printed("VGG", 0.769, 0.950, 0.988, 0.158, 0.121, 0.641, 0.214, 0.171),
        ),
        **but(NYU_FILLED, geometry="filled"),
    )
}
