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
    shares = (0.298936021293775, 0.587043074451121, 0.114020904255103)
    grey = [[sum(c * float(v) for c, v in zip(shares, p, strict=True)) / 255 for p in row] for row in rgb]
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


def cross_bilateral(depth, grey, space, likeness):
    """Depth (H, W), NaN absent, and grey of whole numbers → {(row, column): depth}, scale by scale."""
    height, width = depth.shape
    known = {(i, j): float(depth[i, j]) for i in range(height) for j in range(width) if depth[i, j] == depth[i, j]}
    shades = {(i, j): int(grey[i, j]) for i in range(height) for j in range(width)}
    return _filled(known, shades, list(zip(space, likeness, strict=True)))


def _filled(known, shades, sigmas):
    holes = [place for place in shades if place not in known]
    if not holes:
        return known
    far = [p for p in holes if not any(abs(p[0] - q[0]) <= 5 and abs(p[1] - q[1]) <= 5 for q in known)]
    usable, made_for = dict(known), dict(shades)
    if len(sigmas) > 1 or far:
        groups = {}
        for i, j in sorted(shades):
            groups.setdefault((i // 2, j // 2), []).append((i, j))
        chosen = {g: next((p for p in places if p in known), places[0]) for g, places in groups.items()}
        coarse = _filled(
            {g: known[p] for g, p in chosen.items() if p in known},
            {g: shades[p] for g, p in chosen.items()},
            sigmas[1:] or sigmas,
        )
        usable.update({(i, j): coarse[i // 2, j // 2] for i, j in holes})
        made_for.update({(i, j): shades[chosen[i // 2, j // 2]] for i, j in holes})
    space, likeness = sigmas[0]
    answer = dict(known)
    for i, j in holes:
        weights = {}
        for y, x in usable:
            if abs(y - i) <= 5 and abs(x - j) <= 5:
                distance = ((y - i) ** 2 + (x - j) ** 2) / space**2
                unlike = ((made_for[y, x] - shades[i, j]) / 255 / likeness) ** 2
                weights[y, x] = math.exp(-distance / 2) * max(math.exp(-unlike / 2), 1e-30)
        answer[i, j] = sum(w * usable[p] for p, w in weights.items()) / sum(weights.values())
    return answer
