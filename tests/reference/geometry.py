"""Second opinions on cameras and placements: one pixel at a time, by matrices, in plain Python."""

import math

import numpy as np


def unproject_pixel(column, row, z, matrix):
    """The point of one pixel: z times the inverse of K times the homogeneous pixel."""
    return z * np.linalg.solve(matrix, np.array([column, row, 1.0]))


def project_point(point, matrix):
    """(column, row, z) of one point."""
    u, v, w = matrix @ point
    return u / w, v / w, w


def bilinear(values, row, column):
    """One bilinear sample as the weighted sum of its four neighbours, clamped to the map."""
    height, width = values.shape
    row, column = min(max(row, 0), height - 1), min(max(column, 0), width - 1)
    total = 0.0
    for i in (math.floor(row), math.floor(row) + 1):
        for j in (math.floor(column), math.floor(column) + 1):
            weight = (1 - abs(row - i)) * (1 - abs(column - j))
            if weight > 0:
                total += weight * values[i, j]
    return total


def paper_cell(y, size, frame, crop, footprint, stride, output):
    """Along one axis: which output the paper's way gives photo pixel ``y``, None outside.

    ``size`` is the photo's (this axis, other axis), ``frame`` the network's likewise. Follows the centre of the
    pixel through resizing, centring on the frame, cropping and the grid of cells.
    """
    scale = max(frame[0] / size[0], frame[1] / size[1])
    centre = (y + 0.5) * scale  # in the resized photo, from its edge
    centre -= (size[0] * scale - frame[0]) / 2  # in the frame
    centre -= (frame[0] - crop) // 2  # in the crop
    cell = math.floor((centre - footprint) / stride)
    return cell if 0 <= cell < output else None
