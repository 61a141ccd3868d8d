"""Ray casting of a closed room full of boxes, ellipsoids and upright cylinders: pictures with exact z depth.

World frame: x and z along the floor, y up, the floor at y = 0 and the room's centre at x = z = 0.
A camera stands at ``position_m`` (3,) with ``rotation`` (3, 3), whose columns are its right, down and forward
axes in the world. A ray through a pixel gets a direction whose camera z is 1, so that the ray parameter *is* the
z depth. All is computed in float64. Solids lie in ``_solids.py``, patterns and lights in ``_surfaces.py``.

All parts lie in one tree of boxes, written in depth-first order: a ray that misses a node's box goes on at
``skip``, one that meets it goes on at the next node. That needs no stack and no recursion.

The compiled functions get the scene's arrays one by one: numba counts references, with atomic operations, each
time that an array is taken out of a tuple.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from fathom.errors import BadInput
from fathom.ops._solids import (
    PART,
    Part,
    along,
    bounds,
    compiled,
    enter_part,
    into_unit,
    into_world,
    inverse,
    part_normal,
)
from fathom.ops._surfaces import LIGHT, MATERIAL, highlight, light_sample, open_share, pattern_blend
from fathom.records import Camera

WEST, EAST, FLOOR, CEILING, NORTH, SOUTH = range(6)  # the room's surfaces: -x, +x, y=0, y=height, -z, +z

NODE = np.dtype(
    [("skip", "i4"), ("part", "i4")] + [(f"{end}_{axis}", "f8") for end in ("low", "high") for axis in "xyz"],
    align=True,
)
_START_M = 1e-4  # shadow rays start this far off their surface


class Scene(NamedTuple):
    """What the compiled functions see of a room.

    size_m     (width along x, height, length along z)
    ambient    (red, green, blue) light from everywhere
    parts      (P,) PART
    nodes      (2P - 1,) NODE, depth first
    materials  (6 + M,) MATERIAL; the first six are those of the room's surfaces
    lights     (L,) LIGHT
    """

    size_m: tuple[float, float, float]
    ambient: tuple[float, float, float]
    parts: np.ndarray
    nodes: np.ndarray
    materials: np.ndarray
    lights: np.ndarray


def make_scene(
    size_m: tuple[float, float, float],
    ambient: tuple[float, float, float],
    parts: Sequence[Part],
    materials: Sequence[tuple],
    lights: Sequence[tuple] = (),
) -> Scene:
    """Packs a room for the compiled functions.

    ``materials`` and ``lights`` are tuples as in their dtypes; the first six materials are those of the walls,
    floor and ceiling in the order WEST, EAST, FLOOR, CEILING, NORTH, SOUTH.
    """
    return Scene(
        size_m,
        ambient,
        np.array([part.row() for part in parts], PART),
        box_tree(*bounds(parts)),
        np.array(list(materials), MATERIAL),
        np.array(list(lights), LIGHT),
    )


def box_tree(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """The tree over boxes with these corners, each (P, 3): (2P - 1,) NODE, depth first."""
    count = len(low)
    nodes = np.zeros(max(2 * count - 1, 0), NODE)
    waiting = [(0, np.arange(count))] if count else []
    while waiting:
        at, members = waiting.pop()
        part = members[0] if len(members) == 1 else -1
        nodes[at] = (at + 2 * len(members) - 1, part, *low[members].min(0), *high[members].max(0))
        if part < 0:
            members, left = _best_split(low, high, members)
            waiting += [(at + 1, members[:left]), (at + 2 * left, members[left:])]
    return nodes


@compiled
def _best_split(low, high, members):
    """(members in order, how many of them go left) so that few rays meet both halves.

    A box is met in proportion to its surface (the surface area heuristic of Goldsmith and Salmon 1987).
    """
    count = len(members)
    best_order, best_left, best_cost = members, 1, math.inf
    for axis in range(3):
        order = members[np.argsort(low[members, axis] + high[members, axis], kind="mergesort")]
        cost = np.zeros(count + 1)
        for backwards in range(2):
            lowest, highest = low[order[-backwards]].copy(), high[order[-backwards]].copy()
            for k in range(1, count):
                member = order[count - k if backwards else k - 1]
                for a in range(3):
                    lowest[a] = min(lowest[a], low[member, a])
                    highest[a] = max(highest[a], high[member, a])
                x, y, z = highest - lowest
                cost[count - k if backwards else k] += (x * y + y * z + z * x) * (2 * k - 1)
        left = 1 + np.argmin(cost[1:count])
        if cost[left] < best_cost:
            best_order, best_left, best_cost = order, left, cost[left]
    return best_order, best_left


def cast_depth(scene: Scene, camera: Camera, position_m: np.ndarray, rotation: np.ndarray) -> np.ndarray:
    """The z depth in metres at every pixel centre, float32 (height, width); it is never absent."""
    depth_m = np.empty((camera.height, camera.width), np.float32)
    origin, axes = _pose(position_m, rotation)
    _fill_depth(scene.size_m, scene.parts, scene.nodes, _lens(camera), origin, axes, depth_m)
    return depth_m


def render(
    scene: Scene,
    camera: Camera,
    position_m: np.ndarray,
    rotation: np.ndarray,
    supersample: int = 1,
    seed: int = 0,
) -> tuple[np.ndarray, np.ndarray]:
    """What the camera sees: (linear radiance float32 (H, W, 3), z depth in metres float32 (H, W)).

    Each pixel's colour is the mean over supersample x supersample rays; its depth is that of the ray through
    its centre. ``seed`` picks the points of the area lights that the shadow rays go to.
    Raises BadInput if supersample is not positive.
    """
    if supersample < 1:
        raise BadInput(f"supersample is the number of rays along a pixel's side, at least 1, not {supersample}")
    depth_m = np.empty((camera.height, camera.width), np.float32)
    radiance = np.empty((camera.height, camera.width, 3), np.float32)
    origin, axes = _pose(position_m, rotation)
    _fill_picture(*scene, _lens(camera), origin, axes, supersample, seed, radiance, depth_m)
    return radiance, depth_m


def _lens(camera: Camera) -> tuple[float, float, float, float]:
    return float(camera.fx), float(camera.fy), float(camera.cx), float(camera.cy)


def _pose(position_m: np.ndarray, rotation: np.ndarray) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Position and the nine entries of the rotation, row by row, as tuples of floats."""
    return tuple(float(v) for v in position_m), tuple(float(v) for v in np.ravel(rotation))


@compiled
def _leave_room(size_m, origin, direction):
    """(ray parameter, surface) at which a ray from inside meets the room's shell."""
    dx, dy, dz = direction
    ix, iy, iz = inverse(direction)
    tx = (math.copysign(size_m[0] / 2, dx) - origin[0]) * ix
    ty = ((size_m[1] if iy > 0 else 0.0) - origin[1]) * iy  # the inverse has a sign even where dy is 0
    tz = (math.copysign(size_m[2] / 2, dz) - origin[2]) * iz
    if tx <= ty and tx <= tz:
        return tx, EAST if dx > 0 else WEST
    if ty <= tz:
        return ty, CEILING if dy > 0 else FLOOR
    return tz, SOUTH if dz > 0 else NORTH


@compiled
def _reaches(node, origin, inverse_direction, limit):
    """Whether a ray meets the node's box before ray parameter ``limit``."""
    ox, oy, oz = origin
    ix, iy, iz = inverse_direction
    ax, bx = (node.low_x - ox) * ix, (node.high_x - ox) * ix
    ay, by = (node.low_y - oy) * iy, (node.high_y - oy) * iy
    az, bz = (node.low_z - oz) * iz, (node.high_z - oz) * iz
    enter = max(max(min(ax, bx), min(ay, by)), min(az, bz))
    leave = min(min(max(ax, bx), max(ay, by)), max(az, bz))
    return enter <= leave and leave > 0.0 and enter < limit


@compiled
def _nearest(size_m, parts, nodes, origin, direction):
    """(ray parameter, what) of the first thing met: a part's index, or -1 - s for the room's surface s."""
    nearest, surface = _leave_room(size_m, origin, direction)
    what = -1 - surface
    inverse_direction = inverse(direction)
    at = 0
    while at < len(nodes):
        node = nodes[at]
        if not _reaches(node, origin, inverse_direction, nearest):
            at = node.skip
            continue
        if node.part >= 0:
            enter = enter_part(parts[node.part], origin, direction)
            if enter < nearest:
                nearest, what = enter, node.part
        at += 1
    return nearest, what


@compiled
def _blocked(parts, nodes, origin, direction):
    """Whether any part lies between the ray's origin and the point at parameter 1."""
    inverse_direction = inverse(direction)
    at = 0
    while at < len(nodes):
        node = nodes[at]
        if not _reaches(node, origin, inverse_direction, 1.0):
            at = node.skip
            continue
        if node.part >= 0 and enter_part(parts[node.part], origin, direction) < 1.0:
            return True
        at += 1
    return False


@compiled
def _surface_normal(surface):
    """Normal of one of the room's surfaces, towards the inside."""
    sign = -1.0 if surface in (EAST, CEILING, SOUTH) else 1.0
    if surface <= EAST:
        return sign, 0.0, 0.0
    if surface <= CEILING:
        return 0.0, sign, 0.0
    return 0.0, 0.0, sign


@compiled
def _part_surface(part, point):
    """(point in the part's own axes, normal in them) at a point of the world on the part's surface."""
    unit = into_unit(part, (point[0] - part.x, point[1] - part.y, point[2] - part.z))
    return (unit[0] / part.per_x, unit[1] / part.per_y, unit[2] / part.per_z), part_normal(part, unit)


@compiled
def _light_at(parts, nodes, lights, ambient, gloss, point, normal, ray, noise_key):
    """((red, green, blue) light that falls on a point, highlight that it sends back along the ray)."""
    red, green, blue = ambient
    shine = 0.0
    start = along(point, normal, _START_M)
    for k in range(len(lights)):
        light = lights[k]
        to_light, strength = light_sample(light, point, normal, noise_key, k)
        if strength > 0.0 and not _blocked(parts, nodes, start, to_light):
            red += light.red * strength
            green += light.green * strength
            blue += light.blue * strength
            if gloss > 0.0:
                shine += light.green * gloss * highlight(to_light, normal, ray)
    return (red, green, blue), shine


@compiled
def _through_pixel(lens, axes, column, row):
    """World direction, with camera z of 1, of the ray through a point of the picture."""
    fx, fy, cx, cy = lens
    u, v = (column - cx) / fx, (row - cy) / fy
    return (
        axes[0] * u + axes[1] * v + axes[2],
        axes[3] * u + axes[4] * v + axes[5],
        axes[6] * u + axes[7] * v + axes[8],
    )


@compiled
def _fill_depth(size_m, parts, nodes, lens, origin, axes, depth_m):
    for row in range(depth_m.shape[0]):
        for column in range(depth_m.shape[1]):
            ray = _through_pixel(lens, axes, column, row)
            depth_m[row, column] = _nearest(size_m, parts, nodes, origin, ray)[0]


@compiled
def _fill_picture(
    size_m, ambient, parts, nodes, materials, lights,
    lens, origin, axes, supersample, seed, radiance, depth_m,
):  # fmt: skip
    radiance[:] = 0.0
    weight = 1.0 / supersample**2
    for row in range(depth_m.shape[0]):
        for column in range(depth_m.shape[1]):
            for sub in range(supersample * supersample):
                down, right = sub // supersample, sub % supersample
                u = column + (right + 0.5) / supersample - 0.5
                v = row + (down + 0.5) / supersample - 0.5
                ray = _through_pixel(lens, axes, u, v)
                depth, what = _nearest(size_m, parts, nodes, origin, ray)
                depth_m[row, column] = depth
                point = along(origin, ray, depth)
                if what < 0:
                    material, normal = materials[-1 - what], _surface_normal(-1 - what)
                    blend = pattern_blend(material, 0, point, normal)
                else:
                    # Patterns lie in the part's own axes; each part has its own, so that no two boards are alike.
                    part = parts[what]
                    place, own_normal = _part_surface(part, point)
                    material, normal = materials[part.material], into_world(part, own_normal)
                    blend = pattern_blend(material, what, place, own_normal)
                noise_key = (column * supersample + right, row * supersample + down, seed)
                share = open_share(size_m, point, normal)
                reaching = (ambient[0] * share, ambient[1] * share, ambient[2] * share)
                light, shine = _light_at(
                    parts, nodes, lights, reaching, material.gloss, point, normal, ray, noise_key
                )
                red = material.red + (material.red2 - material.red) * blend
                green = material.green + (material.green2 - material.green) * blend
                blue = material.blue + (material.blue2 - material.blue) * blend
                radiance[row, column, 0] += weight * (red * (light[0] + material.glow) + shine)
                radiance[row, column, 1] += weight * (green * (light[1] + material.glow) + shine)
                radiance[row, column, 2] += weight * (blue * (light[2] + material.glow) + shine)
            if supersample > 1:  # none of the rays, or only one of them, went through the pixel's centre
                ray = _through_pixel(lens, axes, column, row)
                depth_m[row, column] = _nearest(size_m, parts, nodes, origin, ray)[0]
