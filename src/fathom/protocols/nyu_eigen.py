"""NYU Depth v2, the 654 official test images, as Eigen et al. 2014 and as the field after them scored it.

``paper_image`` and ``paper_pixel`` are the paper's own way; the paper does not say whether its figures are means
over images or pooled over pixels, so there is one of each. ``community`` is what BTS, AdaBins and their followers
report. Their raw and the paper's in-filled truths are two data sets and have two titles.
"""

from dataclasses import replace

from fathom.protocols._base import Crop, PrintedRow, Protocol

_TABLE_1 = "Eigen et al. 2014, Table 1 [P]"
_FIGURES = ("delta1", "delta2", "delta3", "abs_rel", "sqr_rel", "rmse", "rmse_log", "rmse_log_si")


def _printed(label: str, *figures: float) -> PrintedRow:
    return PrintedRow(label, dict(zip(_FIGURES, figures, strict=True)), _TABLE_1)


PRINTED = (
    _printed("Mean", 0.418, 0.711, 0.874, 0.408, 0.581, 1.244, 0.430, 0.304),
    _printed("Make3D", 0.447, 0.745, 0.897, 0.349, 0.492, 1.214, 0.409, 0.325),
    _printed("Coarse", 0.618, 0.891, 0.969, 0.228, 0.223, 0.871, 0.283, 0.221),
    _printed("Coarse + Fine", 0.611, 0.887, 0.971, 0.215, 0.212, 0.907, 0.285, 0.219),
)

paper_image = Protocol(
    name="nyu_eigen/paper_image",
    version=1,
    data="nyu_labeled/test",
    expected=654,
    truth="in-filled",
    frame=(480, 640),
    footprint=True,
    geometry="paper",
    average="image",
    resize="nearest",
    source="section 4: metrics, in-filled truth, nearest upsampling to the input's size, common region [P]; "
    "no cap, and no crop beyond the network's own region [paper-mem]; mean over images [A]",
    note="the paper prints 694 test images, a misprint for 654; its Make3D saw 86 % of the network's region, and "
    "the printed rows are scored on that part",
    printed=PRINTED,
)

paper_pixel = replace(
    paper_image,
    name="nyu_eigen/paper_pixel",
    average="pixel",
    source=paper_image.source.replace("mean over images", "pooled over pixels"),
)

community = Protocol(
    name="nyu_eigen/community",
    version=1,
    data="nyu_labeled_raw/test",
    expected=654,
    truth="raw",
    frame=(480, 640),
    crop=Crop(rows=(45, 471), columns=(41, 601)),
    min_m=1e-3,
    max_m=10.0,
    clamp=True,
    geometry="whole",
    average="image",
    source="BTS (eval_with_pngs), AdaBins, NeWCRFs: raw depth, strict 1e-3..10 m, clamp, Eigen crop, "
    "mean over images [C]",
    note="426x560 pixels: the toolbox's MATLAB rectangle 45:471, 41:601 read as Python's half-open one; BTS's own "
    "figures went through a 16-bit PNG in millimetres",
)

toolbox_crop = replace(
    community,
    name="nyu_eigen/toolbox_crop",
    crop=Crop(rows=(44, 471), columns=(40, 601)),
    source="NYU Depth v2 toolbox, get_projection_mask.m: MATLAB 45:471, 41:601, 1-based and inclusive; "
    "all else as community [C]",
    note="427x561 pixels, the rectangle as the toolbox means it",
)

community_median = replace(
    community,
    name="nyu_eigen/community_median",
    alignment="ratio of medians",
    source=community.source
    + "; ratio of medians per image on the scored pixels, before the clamp (monodepth2's way)",
    note="for models whose scale is unknown; not to be set beside metric scores",
)

ENTRIES = {
    "paper_image": paper_image,
    "paper_pixel": paper_pixel,
    "community": community,
    "toolbox_crop": toolbox_crop,
    "community_median": community_median,
}
