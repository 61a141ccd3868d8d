"""Scattered points onto a pixel grid: one depth a pixel, by a stated rule where several points meet.

A pixel receives a point if the point's projection, rounded to the nearest integers, is that pixel. What is kept of
several is the point with the smallest (rank, depth): no order of the points changes the result. The one exception
is the rule "monodepth2", which is another program's, kept with its quirks so that its figures can be had again.

KITTI's calibration is read as counting pixels from 0, without monodepth2's "- 1" [A]. KITTI does not say. Its own
projected scans (velodyne_raw, drive 0001), taken back to the scanner, show its beams best with 0.25 rows added
(correlation 0.56 with 0 and 0.24 with 1). Edges in three pictures of drive 0060 say otherwise across (-1.0 +- 0.3
columns) and those in drive 0001 otherwise again (+1.7 +- 0.9): the calibration itself is no better than that.
"""

import math
from typing import Literal, get_args

import numpy as np
from numba import njit

from fathom.errors import BadInput

Conflicts = Literal["capture_time", "nearest", "monodepth2"]
Axis = Literal["camera_z", "lidar_x"]

_compiled = njit(cache=True, nogil=True, error_model="numpy")


def splat_velodyne(
    points_m: np.ndarray,
    projection: np.ndarray,
    frame: tuple[int, int],
    conflicts: Conflicts = "capture_time",
    axis: Axis = "camera_z",
) -> np.ndarray:
    """A laser scan as a depth map, float32 (H, W) in metres, NaN where no point falls.

    points_m    float32 (N, 3 or more), in the frame of the scanner: x forward, y left, z up
    projection  (3, 4): scanner to pixels; its third row gives the depth along the camera's optical axis
    frame       (H, W)
    conflicts   which of the points that fall on one pixel is kept:
                "capture_time"  the one recorded closest to the shot (Eigen et al. 2014, section 4.2). Scans carry
                                no times; the camera fires when the scanner faces forward, so that is the point
                                with the smallest azimuth |atan2(y, x)|, the nearer of two with the same [A]
                "nearest"       the one with the smallest depth
                "monodepth2"    the community's ground truth, quirk by quirk; see ``_splat_monodepth2``
    axis        what is stored: "camera_z", the depth along the optical axis, or "lidar_x", the distance along the
                scanner's x, which the community's ground truth is (monodepth2, issue 274)

    Points that are not finite or, but for "monodepth2", not in front of the camera are left out.
    Raises BadInput for arrays of another shape or a rule of another name.
    """
    if conflicts not in get_args(Conflicts) or axis not in get_args(Axis):
        raise BadInput(
            f"conflicts is one of {', '.join(get_args(Conflicts))} and axis one of {', '.join(get_args(Axis))}, "
            f"not '{conflicts}' and '{axis}'"
        )
    if points_m.ndim != 2 or points_m.shape[1] < 3 or points_m.dtype != np.float32:
        raise BadInput(f"a scan is float32 (N, 3 or more), not {points_m.dtype} {points_m.shape}")
    if projection.shape != (3, 4):
        raise BadInput(f"the projection is (3, 4), not {projection.shape}")
    height, width = frame
    points_m, along_x = np.ascontiguousarray(points_m), axis == "lidar_x"
    matrix = np.ascontiguousarray(projection, dtype=np.float64)
    depth_m = np.full((height, width), np.nan, np.float32)
    if conflicts == "monodepth2":
        if width < 2:
            raise BadInput("the rule 'monodepth2' means nothing for a picture that is one pixel wide")
        _splat_monodepth2(points_m, matrix, along_x, depth_m)
    elif conflicts == "nearest":
        _splat_nearest(points_m, matrix, along_x, depth_m)
    else:
        _splat_capture_time(points_m, matrix, along_x, depth_m, np.empty((height, width), np.float32))
    return depth_m


def resample_sparse(depth_m: np.ndarray, scale: float, top: float, frame: tuple[int, int]) -> np.ndarray:
    """A sparse depth map on a coarser grid, float32 (H, W), NaN where absent; values are chosen, never mixed.

    depth_m  float32 (H', W'), NaN where absent
    scale    new pixels per old one, in both directions; ``top`` is how many *new* rows are cut off above (may be a
             fraction); ``frame`` is the new (H, W)

    Every measured pixel goes to the new pixel in which its centre lies; of several the one closest to the new
    pixel's centre is kept, the nearer in depth of two as close.
    """
    new_m = np.full(frame, np.nan, np.float32)
    _splat_map(np.ascontiguousarray(depth_m, np.float32), scale, top, new_m, np.empty(frame, np.float32))
    return new_m


@_compiled
def _project(x, y, z, matrix):
    """(column, row, camera z); column and row are not finite or nonsense where z <= 0."""
    depth = matrix[2, 0] * x + matrix[2, 1] * y + matrix[2, 2] * z + matrix[2, 3]
    column = (matrix[0, 0] * x + matrix[0, 1] * y + matrix[0, 2] * z + matrix[0, 3]) / depth
    row = (matrix[1, 0] * x + matrix[1, 1] * y + matrix[1, 2] * z + matrix[1, 3]) / depth
    return column, row, depth


@_compiled
def _splat_nearest(points, matrix, along_x, kept):
    height, width = kept.shape
    for i in range(len(points)):
        x, y, z = np.float64(points[i, 0]), np.float64(points[i, 1]), np.float64(points[i, 2])
        column, row, depth = _project(x, y, z, matrix)
        if not (depth > 0 and -0.5 <= column < width - 0.5 and -0.5 <= row < height - 0.5):
            continue
        value = np.float32(x if along_x else depth)
        r, c = int(row + 0.5), int(column + 0.5)
        if value > 0 and not value >= kept[r, c]:  # also where nothing is kept yet: NaN compares false
            kept[r, c] = value


@_compiled
def _splat_capture_time(points, matrix, along_x, kept, ranks):
    height, width = kept.shape
    for i in range(len(points)):
        x, y, z = np.float64(points[i, 0]), np.float64(points[i, 1]), np.float64(points[i, 2])
        column, row, depth = _project(x, y, z, matrix)
        if not (depth > 0 and -0.5 <= column < width - 0.5 and -0.5 <= row < height - 0.5):
            continue
        value = np.float32(x if along_x else depth)
        if value > 0:
            _keep(kept, ranks, int(row + 0.5), int(column + 0.5), value, _azimuth_rank(x, y))


@_compiled
def _azimuth_rank(x, y):
    """Grows with |atan2(y, x)|, from 0 straight ahead over 1 at a right angle to 2 straight behind."""
    total = abs(x) + abs(y)
    if total == 0:
        return np.float32(2)
    return np.float32(abs(y) / total if x > 0 else 1 - x / total)


@_compiled
def _keep(kept, ranks, row, column, value, rank):
    now = kept[row, column]
    if math.isnan(now) or rank < ranks[row, column] or (rank == ranks[row, column] and value < now):
        kept[row, column] = value
        ranks[row, column] = rank


@_compiled
def _splat_map(depth, scale, top, kept, ranks):
    height, width = kept.shape
    for i in range(depth.shape[0]):
        row = (i + 0.5) * scale - 0.5 - top
        r = math.floor(row + 0.5)
        if not 0 <= r < height:
            continue
        for j in range(depth.shape[1]):
            if not math.isnan(depth[i, j]):
                column = (j + 0.5) * scale - 0.5
                c = math.floor(column + 0.5)
                if 0 <= c < width:
                    rank = np.float32((row - r) ** 2 + (column - c) ** 2)
                    _keep(kept, ranks, r, c, depth[i, j], rank)


@_compiled
def _splat_monodepth2(points, matrix, along_x, kept):
    """What kitti_utils.generate_depth_map of nianticlabs/monodepth2 does, told in other words:

    1. Points with x < 0 (behind the scanner) are dropped; whether a point is in front of the *camera* is not asked.
    2. The pixel is round(projection) - 1, halves to even, as if KITTI's calibration counted pixels from 1.
    3. Of several points on a pixel the smallest value is kept, be it negative; then values below or at zero are
       absent. A point behind the camera can so erase one in front of it.
    4. "The same pixel" is told from row * (width - 1) + column - 1. That number is shared by the last pixel of a
       row and the first of the next: such a pair counts as one pixel, whose smallest value is written to the one
       that was hit first; the other keeps what was written to it last.

    For all other pixels that is the smallest value, whatever the order.
    """
    height, width = kept.shape
    # Of each pair (row - 1, last) and (row, 0), by ``row``: its smallest value, and the column hit first or -1.
    smallest = np.empty(height + 1, np.float32)
    first = np.full(height + 1, -1, np.int64)
    unsound = False
    for i in range(len(points)):
        x = np.float64(points[i, 0])
        if not x >= 0:
            continue
        column, row, depth = _project(x, np.float64(points[i, 1]), np.float64(points[i, 2]), matrix)
        # round(v) - 1 in 0 .. n - 1 means 0.5 < v (a half goes down, to the even 0) and v below about n + 0.5
        if not (0.5 < column < width + 1 and 0.5 < row < height + 1):
            continue
        r, c = int(np.rint(row)) - 1, int(np.rint(column)) - 1
        if r >= height or c >= width:
            continue
        value = np.float32(x if along_x else depth)
        unsound |= not value > 0
        if 0 < c < width - 1:
            if not value >= kept[r, c]:
                kept[r, c] = value
        else:
            kept[r, c] = value
            pair = r if c == 0 else r + 1
            if first[pair] < 0:
                first[pair], smallest[pair] = c, value
            elif value < smallest[pair]:
                smallest[pair] = value
    for pair in range(height + 1):
        if first[pair] >= 0:
            kept[pair if first[pair] == 0 else pair - 1, first[pair]] = smallest[pair]
    if unsound:
        for r in range(height):
            for c in range(width):
                if not kept[r, c] > 0:
                    kept[r, c] = np.nan
