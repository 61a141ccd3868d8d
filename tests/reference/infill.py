"""Second opinion on in-fill: the toolbox's loops in plain Python, and a dense solve."""

import math

import numpy as np


def colorization_row(grey, i, j):
    """The neighbours of (i, j) and their weights: a dictionary, summing to 1."""
    height, width = len(grey), len(grey[0])
    window = [(y, x) for y in (i - 1, i, i + 1) for x in (j - 1, j, j + 1) if 0 <= y < height and 0 <= x < width]
    values = [grey[y][x] for y, x in window]
    mean = sum(values) / len(values)
    sigma = 0.6 * sum((v - mean) ** 2 for v in values) / len(values)
    others = [place for place in window if place != (i, j)]
    if not others:
        return {}
    squares = {(y, x): (grey[y][x] - grey[i][j]) ** 2 for y, x in others}
    closest = min(squares.values())
    if sigma < -closest / math.log(0.01):
        sigma = -closest / math.log(0.01)
    if sigma < 0.000002:
        sigma = 0.000002
    raw = {place: math.exp(-square / sigma) for place, square in squares.items()}
    return {place: weight / sum(raw.values()) for place, weight in raw.items()}


def colorize(depth, rgb, alpha=1.0):
    """Depth (H, W), NaN absent → (H, W) float64, smoothed where known."""
    height, width = depth.shape
    grey = [
        [sum(c * float(v) for c, v in zip((0.298936021293775, 0.587043074451121, 0.114020904255103), p)) / 255
         for p in row]
        for row in rgb
    ]  # fmt: skip
    known = [[not math.isnan(depth[i, j]) for j in range(width)] for i in range(height)]
    most = max(float(depth[i, j]) for i in range(height) for j in range(width) if known[i][j])
    matrix, right = np.zeros((height * width,) * 2), np.zeros(height * width)
    for i in range(height):
        for j in range(width):
            here = i * width + j
            matrix[here, here] = 1 + (alpha if known[i][j] else 0)
            right[here] = alpha * float(depth[i, j]) / most if known[i][j] else 0
            for (y, x), weight in colorization_row(grey, i, j).items():
                matrix[here, y * width + x] = -weight
    return np.linalg.solve(matrix, right).reshape(height, width) * most
