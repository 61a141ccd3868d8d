"""A second opinion on the augmentation: step by step, as the paper tells it, one point or one image at a time."""

import math

import numpy as np
from scipy import ndimage


def forward(point, frame, crop, scale, angle_rad, shift, flip):
    """Where a point (x, y) of the frame comes to lie in the crop: rotate, enlarge, cut out, mirror."""
    (h, w), (ch, cw) = frame, crop
    x, y = point[0] - (w - 1) / 2, point[1] - (h - 1) / 2
    c, s = math.cos(-angle_rad), math.sin(-angle_rad)
    x, y = c * x - s * y + (w - 1) / 2, s * x + c * y + (h - 1) / 2
    x, y = (x + 0.5) * scale - 0.5, (y + 0.5) * scale - 0.5
    top, left = (room_start(scale * n, m, share) for n, m, share in ((h, ch, shift[0]), (w, cw, shift[1])))
    x, y = x - left, y - top
    return (cw - 1 - x, y) if flip else (x, y)


def room_start(enlarged, crop, share):
    room = enlarged - crop
    return math.floor(room / 2) if share == 0.5 else room * share


def sample_bilinear(channel, points):
    """Values of a (H, W) array at points (..., 2) of (x, y), edges repeated."""
    coordinates = np.stack([points[..., 1].ravel(), points[..., 0].ravel()])
    return ndimage.map_coordinates(channel, coordinates, order=1, mode="nearest").reshape(points.shape[:-1])
