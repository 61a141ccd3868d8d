"""A slow second opinion on ray casting: every ray against every face of every solid, no tree, no unit shapes.

Boxes are six rectangles, ellipsoids and cylinders quadratic equations solved by numpy's root formula in the part's
own metres, turned by an explicit rotation matrix; rays come from the inverse of the camera matrix.
"""

import numpy as np

BOX, ELLIPSOID, CYLINDER = 0, 1, 2


def depth_m(scene, camera, position_m, rotation):
    """z depth (H, W) float64 of a fathom.ops.raycast.Scene."""
    rows, columns = np.mgrid[: camera.height, : camera.width]
    pixels = np.stack([columns.ravel(), rows.ravel(), np.ones(rows.size)])
    in_camera = np.linalg.inv(camera.matrix) @ pixels
    rays = (np.asarray(rotation) @ in_camera).T
    nearest = _shell(scene.size_m, np.asarray(position_m), rays)
    for part in scene.parts:
        nearest = np.minimum(nearest, _part(part, np.asarray(position_m), rays))
    return (nearest * in_camera[2]).reshape(camera.height, camera.width)


def _shell(size_m, origin, rays):
    """Distance to whichever of six planes is met first in front of the origin."""
    width, height, length = size_m
    planes = [(0, -width / 2), (0, width / 2), (1, 0.0), (1, height), (2, -length / 2), (2, length / 2)]
    with np.errstate(divide="ignore", invalid="ignore"):
        times = np.stack([(where - origin[axis]) / rays[:, axis] for axis, where in planes])
    return np.where(times > 0, times, np.inf).min(axis=0)


def _part(part, origin, rays):
    turn = np.array([[part["cos"], 0, part["sin"]], [0, 1, 0], [-part["sin"], 0, part["cos"]]])  # own → world
    centre = np.array([part["x"], part["y"], part["z"]])
    half = 1 / np.array([part["per_x"], part["per_y"], part["per_z"]])
    start, direction = turn.T @ (origin - centre), rays @ turn
    with np.errstate(divide="ignore", invalid="ignore"):
        if part["shape"] == BOX:
            return _faces(start, direction, half, (0, 1, 2))
        if part["shape"] == ELLIPSOID:
            return _quadric(start, direction, 1 / half**2)
        side = _quadric(start, direction, np.array([1 / half[0] ** 2, 0, 1 / half[2] ** 2]))
        on_side = np.abs(start[1] + side * direction[:, 1]) <= half[1]
        return np.minimum(np.where(on_side, side, np.inf), _caps(start, direction, half))


def _faces(start, direction, half, axes):
    best = np.full(len(direction), np.inf)
    for axis in axes:
        others = [a for a in range(3) if a != axis]
        for sign in (-1, 1):
            t = (sign * half[axis] - start[axis]) / direction[:, axis]
            place = start + t[:, None] * direction
            hit = (t > 0) & (np.abs(place[:, others]) <= half[others]).all(axis=1)
            best = np.minimum(best, np.where(hit, t, np.inf))
    return best


def _caps(start, direction, half):
    best = np.full(len(direction), np.inf)
    for sign in (-1, 1):
        t = (sign * half[1] - start[1]) / direction[:, 1]
        x, z = start[0] + t * direction[:, 0], start[2] + t * direction[:, 2]
        hit = (t > 0) & ((x / half[0]) ** 2 + (z / half[2]) ** 2 <= 1)
        best = np.minimum(best, np.where(hit, t, np.inf))
    return best


def _quadric(start, direction, weight):
    """Smaller positive root of sum(weight * (start + t direction)²) = 1."""
    a = (weight * direction**2).sum(axis=1)
    b = 2 * (weight * start * direction).sum(axis=1)
    c = (weight * start**2).sum() - 1
    root = np.sqrt(b * b - 4 * a * c)
    t = (-b - root) / (2 * a)
    return np.where(t > 0, t, np.inf)
