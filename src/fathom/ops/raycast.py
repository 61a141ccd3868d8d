"""Ray casting of a closed room full of boxes, ellipsoids and upright cylinders: pictures with exact z depth.

World frame: x and z along the floor, y up, the floor at y = 0 and the room's centre at x = z = 0.
A camera stands at ``position_m`` (3,) with ``rotation`` (3, 3), whose columns are its right, down and forward
axes in the world. A ray through a pixel gets a direction whose camera z is 1, so that the ray parameter *is* the
z depth. Geometry is float64 throughout; what happens at a surface lies in ``_surfaces.py``.

All parts lie in one tree of boxes, written in depth-first order: a ray that misses a node's box goes on at
``skip``, one that meets it goes on at the next node. That needs no stack and no recursion.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numba import njit

from fathom.errors import BadInput
from fathom.ops._surfaces import LIGHT, MATERIAL, corner_darkening, hashed, pattern_blend
from fathom.records import Camera

BOX, ELLIPSOID, CYLINDER = 0, 1, 2
WEST, EAST, FLOOR, CEILING, NORTH, SOUTH = range(6)  # the room's surfaces: -x, +x, y=0, y=height, -z, +z

# Half sizes are kept as their reciprocals: a ray is scaled into the part's unit shape by multiplication.
PART = np.dtype(
    [("shape", "i4"), ("material", "i4")]
    + [(name, "f8") for name in ("x", "y", "z", "per_x", "per_y", "per_z", "cos", "sin")],
    align=True,
)
NODE = np.dtype(
    [("skip", "i4"), ("part", "i4")]
    + [(f"{end}_{axis}", "f8") for end in ("low", "high") for axis in "xyz"],
    align=True,
)
_TINY = 1e-12  # a direction component smaller than this counts as this
_START_M = 1e-4  # shadow rays start this far off their surface
_NUMBA = {"cache": True, "nogil": True, "error_model": "numpy", "fastmath": True}


class Part(NamedTuple):
    """One solid: centre and half sizes in metres, turned by ``yaw`` radians about the vertical.

    The yaw takes the part's own +z towards the world's +x.
    """

    shape: int
    material: int
    centre_m: tuple[float, float, float]
    half_m: tuple[float, float, float]
    yaw: float = 0.0

    def moved(self, x_m: float, z_m: float, yaw: float, y_m: float = 0.0) -> "Part":
        """The part as it lies after its piece of furniture is turned by ``yaw`` and put at (x, y, z)."""
        x, y, z = self.centre_m
        cos, sin = math.cos(yaw), math.sin(yaw)
        centre = (x_m + cos * x + sin * z, y_m + y, z_m - sin * x + cos * z)
        return self._replace(centre_m=centre, yaw=self.yaw + yaw)

    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Two corners (3,) of the axis-aligned box around the part (for round parts a little generous)."""
        cos, sin = abs(math.cos(self.yaw)), abs(math.sin(self.yaw))
        hx, hy, hz = self.half_m
        reach = np.array([cos * hx + sin * hz, hy, sin * hx + cos * hz])
        return np.array(self.centre_m) - reach, np.array(self.centre_m) + reach


class Scene(NamedTuple):
    """What the compiled functions see of a room.

    size_m     (3,) width along x, height, length along z
    parts      (P,) PART
    nodes      (2P - 1,) NODE, depth first
    materials  (M,) MATERIAL
    surfaces   (6,) the material of each surface, in the order WEST, EAST, FLOOR, CEILING, NORTH, SOUTH
    lights     (L,) LIGHT
    ambient    (3,) light from everywhere
    """

    size_m: np.ndarray
    parts: np.ndarray
    nodes: np.ndarray
    materials: np.ndarray
    surfaces: np.ndarray
    lights: np.ndarray
    ambient: np.ndarray


def make_scene(
    size_m: Sequence[float],
    parts: Sequence[Part],
    materials: Sequence[tuple],
    surfaces: Sequence[int],
    lights: Sequence[tuple],
    ambient: Sequence[float],
) -> Scene:
    """Packs a room for the compiled functions. ``materials`` and ``lights`` are tuples as in their dtypes."""
    rows = [
        (p.shape, p.material, *p.centre_m, *(1.0 / h for h in p.half_m), math.cos(p.yaw), math.sin(p.yaw))
        for p in parts
    ]
    return Scene(
        np.array(size_m, np.float64),
        np.array(rows, PART),
        box_tree([p.bounds() for p in parts]),
        np.array(materials, MATERIAL),
        np.array(surfaces, np.int64),
        np.array(lights, LIGHT),
        np.array(ambient, np.float64),
    )


def box_tree(bounds: Sequence[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """The tree of boxes over parts: (2P - 1,) NODE, depth first; members are split where ``_best_split`` says."""
    count = len(bounds)
    nodes = np.zeros(max(2 * count - 1, 0), NODE)
    low = np.array([b[0] for b in bounds]).reshape(count, 3)
    high = np.array([b[1] for b in bounds]).reshape(count, 3)
    waiting = [(0, np.arange(count))] if count else []
    while waiting:
        at, members = waiting.pop()
        part = members[0] if len(members) == 1 else -1
        nodes[at] = (at + 2 * len(members) - 1, part, *low[members].min(0), *high[members].max(0))
        if part < 0:
            members, left = _best_split(low, high, members)
            waiting += [(at + 1, members[:left]), (at + 2 * left, members[left:])]
    return nodes


@njit(**_NUMBA)
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
    _fill_depth(scene, _lens(camera), position_m, rotation, depth_m)
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
    _fill_picture(scene, _lens(camera), position_m, rotation, supersample, seed, radiance, depth_m)
    return radiance, depth_m


def _lens(camera: Camera) -> tuple[float, float, float, float]:
    return float(camera.fx), float(camera.fy), float(camera.cx), float(camera.cy)


@njit(**_NUMBA)
def meet_unit_box(ox, oy, oz, dx, dy, dz):
    """(enter, leave) of a ray and the box [-1, 1]^3; the ray misses if enter > leave."""
    ix, iy, iz = inverse(dx), inverse(dy), inverse(dz)
    enter = max(max(-ox * ix - abs(ix), -oy * iy - abs(iy)), -oz * iz - abs(iz))
    leave = min(min(-ox * ix + abs(ix), -oy * iy + abs(iy)), -oz * iz + abs(iz))
    return enter, leave


@njit(**_NUMBA)
def meet_unit_ball(ox, oy, oz, dx, dy, dz):
    """(enter, leave) of a ray and the unit ball; the ray misses if enter > leave.

    Measured from the point nearest to the centre: b² - ac would cancel for small and distant balls.
    """
    length2 = dx * dx + dy * dy + dz * dz + 1e-30
    nearest = -(ox * dx + oy * dy + oz * dz) / length2
    cx, cy, cz = ox + dx * nearest, oy + dy * nearest, oz + dz * nearest
    inside = 1.0 - (cx * cx + cy * cy + cz * cz)
    if inside < 0.0:
        return math.inf, -math.inf
    half = math.sqrt(inside / length2)
    return nearest - half, nearest + half


@njit(**_NUMBA)
def meet_unit_cylinder(ox, oy, oz, dx, dy, dz):
    """(enter, leave) of a ray and the solid x² + z² <= 1, |y| <= 1; the ray misses if enter > leave."""
    enter, leave = meet_unit_ball(ox, 0.0, oz, dx, 0.0, dz)
    iy = inverse(dy)
    return max(enter, -oy * iy - abs(iy)), min(leave, -oy * iy + abs(iy))


@njit(**_NUMBA)
def inverse(d):
    """1 / d, kept finite so that no 0 * inf can arise."""
    return 1.0 / (d if abs(d) > _TINY else math.copysign(_TINY, d))


@njit(**_NUMBA)
def _enter_part(part, ox, oy, oz, dx, dy, dz):
    """Where the ray enters the part; inf if it misses it or begins inside."""
    px, py, pz = ox - part.x, oy - part.y, oz - part.z
    ux, uy, uz = _into_unit(part, px, py, pz)
    vx, vy, vz = _into_unit(part, dx, dy, dz)
    if part.shape == BOX:
        enter, leave = meet_unit_box(ux, uy, uz, vx, vy, vz)
    elif part.shape == ELLIPSOID:
        enter, leave = meet_unit_ball(ux, uy, uz, vx, vy, vz)
    else:
        enter, leave = meet_unit_cylinder(ux, uy, uz, vx, vy, vz)
    return enter if 0.0 < enter <= leave else math.inf


@njit(**_NUMBA)
def _into_unit(part, x, y, z):
    """A vector of the world, turned and scaled into the part's unit shape."""
    return (
        (part.cos * x - part.sin * z) * part.per_x,
        y * part.per_y,
        (part.sin * x + part.cos * z) * part.per_z,
    )


@njit(**_NUMBA)
def _leave_room(size_m, ox, oy, oz, dx, dy, dz):
    """(ray parameter, surface) at which a ray from inside meets the room's shell."""
    tx = (math.copysign(size_m[0] / 2, dx) - ox) * inverse(dx)
    ty = ((size_m[1] if dy > 0 else 0.0) - oy) * inverse(dy)
    tz = (math.copysign(size_m[2] / 2, dz) - oz) * inverse(dz)
    if tx <= ty and tx <= tz:
        return tx, EAST if dx > 0 else WEST
    if ty <= tz:
        return ty, CEILING if dy > 0 else FLOOR
    return tz, SOUTH if dz > 0 else NORTH


@njit(**_NUMBA)
def _reaches(node, ox, oy, oz, ix, iy, iz, limit):
    """Whether a ray, given its inverse direction, meets the node's box before ``limit``."""
    ax, bx = (node.low_x - ox) * ix, (node.high_x - ox) * ix
    ay, by = (node.low_y - oy) * iy, (node.high_y - oy) * iy
    az, bz = (node.low_z - oz) * iz, (node.high_z - oz) * iz
    enter = max(max(min(ax, bx), min(ay, by)), min(az, bz))
    leave = min(min(max(ax, bx), max(ay, by)), max(az, bz))
    return enter <= leave and leave > 0.0 and enter < limit


@njit(**_NUMBA)
def _nearest(scene, ox, oy, oz, dx, dy, dz):
    """(ray parameter, what) of the first thing met: a part's index, or -1 - s for the room's surface s."""
    nearest, surface = _leave_room(scene.size_m, ox, oy, oz, dx, dy, dz)
    what = -1 - surface
    ix, iy, iz = inverse(dx), inverse(dy), inverse(dz)
    at = 0
    while at < len(scene.nodes):
        node = scene.nodes[at]
        if not _reaches(node, ox, oy, oz, ix, iy, iz, nearest):
            at = node.skip
            continue
        if node.part >= 0:
            enter = _enter_part(scene.parts[node.part], ox, oy, oz, dx, dy, dz)
            if enter < nearest:
                nearest, what = enter, node.part
        at += 1
    return nearest, what


@njit(**_NUMBA)
def _blocked(scene, ox, oy, oz, dx, dy, dz):
    """Whether any part lies between the ray's origin and the point at parameter 1."""
    ix, iy, iz = inverse(dx), inverse(dy), inverse(dz)
    at = 0
    while at < len(scene.nodes):
        node = scene.nodes[at]
        if not _reaches(node, ox, oy, oz, ix, iy, iz, 1.0):
            at = node.skip
            continue
        if node.part >= 0 and _enter_part(scene.parts[node.part], ox, oy, oz, dx, dy, dz) < 1.0:
            return True
        at += 1
    return False


@njit(**_NUMBA)
def _part_normal(part, ux, uy, uz):
    """Outward normal, in the part's own axes, at a point given in its unit shape."""
    nx, ny, nz = 0.0, 0.0, 0.0
    if part.shape == ELLIPSOID:
        nx, ny, nz = ux * part.per_x, uy * part.per_y, uz * part.per_z
    elif part.shape == CYLINDER:
        if uy * uy > ux * ux + uz * uz:
            ny = uy
        else:
            nx, nz = ux * part.per_x, uz * part.per_z
    elif abs(ux) >= abs(uy) and abs(ux) >= abs(uz):
        nx = ux
    elif abs(uy) >= abs(uz):
        ny = uy
    else:
        nz = uz
    per_length = 1.0 / math.sqrt(nx * nx + ny * ny + nz * nz)
    return nx * per_length, ny * per_length, nz * per_length


@njit(**_NUMBA)
def _surface_normal(surface):
    """Normal of one of the room's surfaces, towards the inside."""
    sign = -1.0 if surface in (EAST, CEILING, SOUTH) else 1.0
    return (
        sign if surface <= EAST else 0.0,
        sign if FLOOR <= surface <= CEILING else 0.0,
        sign if surface >= NORTH else 0.0,
    )


@njit(**_NUMBA)
def _surface_at(scene, what, x, y, z):
    """(material index, world normal, blend 0..1 of the material's two colours) at a point that was met."""
    if what < 0:
        material = scene.surfaces[-1 - what]
        nx, ny, nz = _surface_normal(-1 - what)
        return material, nx, ny, nz, pattern_blend(scene.materials[material], 0, x, y, z, nx, ny, nz)
    part = scene.parts[what]
    ux, uy, uz = _into_unit(part, x - part.x, y - part.y, z - part.z)
    mx, ny, mz = _part_normal(part, ux, uy, uz)
    # Patterns lie in the part's own axes, and each part has its own, so that no two boards are the same.
    px, py, pz = ux / part.per_x, uy / part.per_y, uz / part.per_z
    blend = pattern_blend(scene.materials[part.material], what, px, py, pz, mx, ny, mz)
    return part.material, part.cos * mx + part.sin * mz, ny, part.cos * mz - part.sin * mx, blend


@njit(**_NUMBA)
def _shade(scene, what, x, y, z, dx, dy, dz, column, row, seed):
    """Radiance (red, green, blue) that leaves the point (x, y, z) of ``what`` against the ray (dx, dy, dz)."""
    index, nx, ny, nz, blend = _surface_at(scene, what, x, y, z)
    material = scene.materials[index]
    open_sky = (0.75 + 0.25 * ny) * corner_darkening(scene.size_m, x, y, z, nx, ny, nz)
    red, green, blue = scene.ambient[0] * open_sky, scene.ambient[1] * open_sky, scene.ambient[2] * open_sky
    shine = 0.0
    per_ray = 1.0 / math.sqrt(dx * dx + dy * dy + dz * dz)
    ox, oy, oz = x + nx * _START_M, y + ny * _START_M, z + nz * _START_M
    for k in range(len(scene.lights)):
        light = scene.lights[k]
        lx = light.x - x + light.wide_x * (hashed(column, row, 3 * k, seed) - 0.5)
        ly = light.y - y + light.wide_y * (hashed(column, row, 3 * k + 1, seed) - 0.5)
        lz = light.z - z + light.wide_z * (hashed(column, row, 3 * k + 2, seed) - 0.5)
        distance2 = lx * lx + ly * ly + lz * lz
        per_distance = 1.0 / math.sqrt(distance2)
        cosine = (lx * nx + ly * ny + lz * nz) * per_distance
        if cosine <= 0.0 or _blocked(scene, ox, oy, oz, lx, ly, lz):
            continue
        falloff = 1.0 / (0.3 + distance2)
        red += light.red * cosine * falloff
        green += light.green * cosine * falloff
        blue += light.blue * cosine * falloff
        if material.gloss > 0.0:
            hx, hy, hz = lx * per_distance - dx * per_ray, ly * per_distance - dy * per_ray, lz * per_distance - dz * per_ray
            half = (hx * nx + hy * ny + hz * nz) / math.sqrt(hx * hx + hy * hy + hz * hz)
            shine += material.gloss * light.green * falloff * max(half, 0.0) ** 32
    return (
        (material.red + (material.red2 - material.red) * blend) * (red + material.glow) + shine,
        (material.green + (material.green2 - material.green) * blend) * (green + material.glow) + shine,
        (material.blue + (material.blue2 - material.blue) * blend) * (blue + material.glow) + shine,
    )


@njit(**_NUMBA)
def _through_pixel(lens, rotation, column, row):
    """World direction, with camera z of 1, of the ray through a point of the picture."""
    fx, fy, cx, cy = lens
    u, v = (column - cx) / fx, (row - cy) / fy
    return (
        rotation[0, 0] * u + rotation[0, 1] * v + rotation[0, 2],
        rotation[1, 0] * u + rotation[1, 1] * v + rotation[1, 2],
        rotation[2, 0] * u + rotation[2, 1] * v + rotation[2, 2],
    )


@njit(**_NUMBA)
def _fill_depth(scene, lens, position_m, rotation, depth_m):
    ox, oy, oz = position_m
    for row in range(depth_m.shape[0]):
        for column in range(depth_m.shape[1]):
            dx, dy, dz = _through_pixel(lens, rotation, column, row)
            depth_m[row, column] = _nearest(scene, ox, oy, oz, dx, dy, dz)[0]


@njit(**_NUMBA)
def _fill_picture(scene, lens, position_m, rotation, supersample, seed, radiance, depth_m):
    ox, oy, oz = position_m
    weight = 1.0 / supersample**2
    for row in range(depth_m.shape[0]):
        for column in range(depth_m.shape[1]):
            red, green, blue = 0.0, 0.0, 0.0
            for sub in range(supersample * supersample):
                down, right = sub // supersample, sub % supersample
                v = row + (down + 0.5) / supersample - 0.5
                u = column + (right + 0.5) / supersample - 0.5
                dx, dy, dz = _through_pixel(lens, rotation, u, v)
                t, what = _nearest(scene, ox, oy, oz, dx, dy, dz)
                fine_column, fine_row = column * supersample + right, row * supersample + down
                r, g, b = _shade(
                    scene, what, ox + dx * t, oy + dy * t, oz + dz * t, dx, dy, dz, fine_column, fine_row, seed
                )
                red, green, blue = red + r * weight, green + g * weight, blue + b * weight
                depth_m[row, column] = t
            if supersample > 1:  # none of the rays, or only one of them, went through the pixel's centre
                dx, dy, dz = _through_pixel(lens, rotation, column, row)
                depth_m[row, column] = _nearest(scene, ox, oy, oz, dx, dy, dz)[0]
            radiance[row, column, 0], radiance[row, column, 1], radiance[row, column, 2] = red, green, blue
