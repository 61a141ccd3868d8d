"""Videos, after Video Depth Anything: one scale and shift in disparity for all frames of a clip."""

from dataclasses import replace

from fathom.protocols._base import Protocol
from fathom.protocols._region import EIGEN_NYU, Crop

nyu = Protocol(
    name="video/nyu",
    version=1,
    data="nyu_video/test",
    truth="raw",
    frame=(480, 640),
    crop=EIGEN_NYU,
    min_m=1e-3,
    max_m=10.0,
    clamp=True,
    geometry="whole",
    average="image",
    alignment="least squares scale and shift in disparity",
    align_per="scene",
    source="DepthAnything/Video-Depth-Anything, benchmark: one fit in disparity a video, rows 45:471, columns "
    "41:601, mean "
    "over frames [C]",
    note="a scene of the data is a video; its temporal error is not measured here",
)

ENTRIES = {
    "nyu": nyu,
    "scannet": replace(
        nyu, name="video/scannet", data="scannet/test", frame=None, crop=Crop((8, -8), (11, -11), any_size=True)
    ),
}
