"""The official truths that several families score on: their titles, counts, ranges and frames."""

from typing import Any

NYU_RAW: dict[str, Any] = {
    "data": "nyu_labeled_raw/test",
    "expected": 654,
    "truth": "raw",
    "frame": (480, 640),
    "geometry": "whole",
    "min_m": 1e-3,
    "max_m": 10.0,
}
NYU_FILLED: dict[str, Any] = {
    "data": "nyu_labeled/test",
    "expected": 654,
    "truth": "in-filled",
    "frame": (480, 640),
    "geometry": "whole",
}
# The 697 frames of Eigen et al. with the ground truth that monodepth and monodepth2 make of the laser scans.
KITTI_LASER: dict[str, Any] = {
    "data": "kitti_velodyne_lidar_x_monodepth2/test",
    "expected": 697,
    "truth": "raw",
    "axis": "lidar x",
    "geometry": "whole",
    "min_m": 1e-3,
    "max_m": 80.0,
}
# The 652 of them that data_depth_annotated has a truth for.
KITTI_ANNOTATED: dict[str, Any] = {
    "data": "kitti_annotated/test",
    "expected": 652,
    "truth": "raw",
    "geometry": "whole",
    "min_m": 1e-3,
    "max_m": 80.0,
}
FLIPPED = "mean with the answer to the mirrored picture"
CLIPPED_AND_FLIPPED = f"{FLIPPED}, each clipped to the range first"
BLENDED = (
    "blended with the answer to the mirrored picture, each alone in its outer 5 % (monodepth's post-processing)"
)


def but(truths: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The same truths with other fields of a Protocol."""
    return {**truths, **changes}
