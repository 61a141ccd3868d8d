"""Godard et al. 2019 (monodepth2): ratio of medians per image, on laser or on annotated truths."""

from dataclasses import replace

from fathom.protocols._base import Protocol
from fathom.protocols._official import KITTI_ANNOTATED, KITTI_LASER, but
from fathom.protocols._region import GARG

eigen = Protocol(
    name="monodepth2/eigen",
    version=1,
    crop=GARG,
    clamp=True,
    average="image",
    alignment="ratio of medians",
    over_inverse=True,
    source="nianticlabs/monodepth2, evaluate_depth.py: disparity resized by cv2 and inverted, 1e-3 < depth < 80 "
    "m and "
    "Garg's crop, ratio of medians on these pixels, then clipped, mean over images [C]",
    **KITTI_LASER,
)

stereo = replace(
    eigen,
    name="monodepth2/eigen_stereo",
    alignment="times 5.4",
    note="for its models trained on stereo pairs, whose baseline is 5.4 times the one assumed",
)

benchmark = Protocol(
    name="monodepth2/benchmark",
    version=1,
    clamp=True,
    average="image",
    alignment="ratio of medians",
    limit_m=80.0,
    over_inverse=True,
    source="nianticlabs/monodepth2, evaluate_depth.py --eval_split eigen_benchmark: every annotated depth, also "
    "beyond 80 m, no crop; predictions clipped to 1e-3..80 m and all else as eigen [C]",
    **but(KITTI_ANNOTATED, max_m=None),
)

benchmark_stereo = replace(benchmark, name="monodepth2/benchmark_stereo", alignment="times 5.4", note=stereo.note)

ENTRIES = {
    "eigen": eigen,
    "eigen_stereo": stereo,
    "benchmark": benchmark,
    "benchmark_stereo": benchmark_stereo,
}
