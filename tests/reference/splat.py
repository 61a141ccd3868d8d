"""Second opinions on splatting: a point or a pixel at a time in plain Python, and monodepth2's way in numpy."""

import math
from fractions import Fraction

import numpy as np


def seen(point, projection):
    """(column, row, camera z) of one point, or None if it is not in front of the camera."""
    u, v, w = (sum(a * b for a, b in zip(row, (*point, 1.0), strict=True)) for row in projection.tolist())
    return (u / w, v / w, w) if w > 0 else None


def splat(points, projection, frame, rule, axis):
    """Every pixel looks for the points that fall on it, and takes the first by the rule."""
    height, width = frame
    on_pixel = {}
    for x, y, z in points[:, :3].astype(float).tolist():
        at = seen((x, y, z), projection)
        if at is None or not all(map(math.isfinite, at)):
            continue
        pixel = (math.floor(at[1] + 0.5), math.floor(at[0] + 0.5))
        value = np.float32(x if axis == "lidar_x" else at[2])
        if value > 0:
            on_pixel.setdefault(pixel, []).append((off_forward(x, y), value))
    depth_m = np.full(frame, np.nan, np.float32)
    for (row, column), found in on_pixel.items():
        if 0 <= row < height and 0 <= column < width:
            depth_m[row, column] = min(v for _, v in found) if rule == "nearest" else min(found)[1]
    return depth_m


def off_forward(x, y):
    """Grows with the azimuth off straight ahead; exact, so that equal azimuths are equal."""
    if x > 0:
        return (0, Fraction(abs(y)) / Fraction(x))
    if x == 0:
        return (1, 0) if y else (3, 0)
    return (2, -Fraction(abs(y)) / Fraction(-x))


def monodepth2(points, projection, frame, axis):
    """The steps of monodepth2's ground truth in numpy: all points written, then groups of equal number mended."""
    height, width = frame
    points = points[points[:, 0] >= 0, :3].astype(float)
    with np.errstate(all="ignore"):
        seen_at = np.concatenate([points, np.ones((len(points), 1))], axis=1) @ projection.T
        columns, rows = np.round(seen_at[:, 0] / seen_at[:, 2]) - 1, np.round(seen_at[:, 1] / seen_at[:, 2]) - 1
    values = points[:, 0] if axis == "lidar_x" else seen_at[:, 2]
    inside = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
    rows, columns, values = rows[inside].astype(int), columns[inside].astype(int), values[inside]
    written = np.zeros(frame)
    for row, column, value in zip(rows, columns, values, strict=True):
        written[row, column] = value
    numbers = rows * (width - 1) + columns - 1
    for number in np.unique(numbers):
        members = np.flatnonzero(numbers == number)
        if len(members) > 1:
            written[rows[members[0]], columns[members[0]]] = values[members].min()
    return np.where(written > 0, written, np.nan)


def resample(depth_m, scale, top, frame):
    """Each measured pixel votes for one new pixel; the closest centre wins, then the nearer depth."""
    votes = {}
    for i, j in np.argwhere(~np.isnan(depth_m)).tolist():
        row, column = (i + 0.5) * scale - 0.5 - top, (j + 0.5) * scale - 0.5
        new = (math.floor(row + 0.5), math.floor(column + 0.5))
        rank = np.float32((row - new[0]) ** 2 + (column - new[1]) ** 2)
        votes.setdefault(new, []).append((rank, float(depth_m[i, j])))
    out = np.full(frame, np.nan, np.float32)
    for (row, column), found in votes.items():
        if 0 <= row < frame[0] and 0 <= column < frame[1]:
            out[row, column] = min(found)[1]
    return out
