"""Where a ray meets a solid: boxes, ellipsoids and upright cylinders, each scaled into its unit shape.

A vector is a tuple of three floats (numba keeps those in registers). A ray is an origin and a direction of any
length; places on it are given by the ray parameter, in units of that direction.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numba import njit

BOX, ELLIPSOID, CYLINDER = range(3)

# Half sizes are kept as their reciprocals: a ray is scaled into the part's unit shape by multiplication.
PART = np.dtype(
    [("shape", "i4"), ("material", "i4")]
    + [(name, "f8") for name in ("x", "y", "z", "per_x", "per_y", "per_z", "cos", "sin")],
    align=True,
)
# numba's cache looks only at the file of the function called: after a change to what another file's kernel calls,
# `touch` that file (raycast.py), or the old machine code goes on running.
compiled = njit(cache=True, nogil=True, error_model="numpy")
_TINY = 1e-12  # a direction component smaller than this counts as this


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

    def row(self) -> tuple:
        """The part as a PART."""
        per_half = (1.0 / half for half in self.half_m)
        return (self.shape, self.material, *self.centre_m, *per_half, math.cos(self.yaw), math.sin(self.yaw))


def bounds(parts: Sequence[Part]) -> tuple[np.ndarray, np.ndarray]:
    """Low and high corners, each (P, 3), of the axis-aligned boxes around parts (a little generous if round)."""
    centre = np.array([part.centre_m for part in parts]).reshape(-1, 3)
    half_x, half_y, half_z = np.array([part.half_m for part in parts]).reshape(-1, 3).T
    yaw = np.array([part.yaw for part in parts])
    cos, sin = np.abs(np.cos(yaw)), np.abs(np.sin(yaw))
    reach = np.stack([cos * half_x + sin * half_z, half_y, sin * half_x + cos * half_z], axis=1)
    return centre - reach, centre + reach


@compiled
def dot(a, b):
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@compiled
def along(origin, direction, t):
    """The point at ray parameter t."""
    return origin[0] + direction[0] * t, origin[1] + direction[1] * t, origin[2] + direction[2] * t


@compiled
def normalised(a):
    per_length = 1.0 / math.sqrt(dot(a, a))
    return a[0] * per_length, a[1] * per_length, a[2] * per_length


@compiled
def inverse(direction):
    """1 / direction for each component, kept finite so that no 0 * inf can arise."""
    return _inverse(direction[0]), _inverse(direction[1]), _inverse(direction[2])


@compiled
def _inverse(d):
    return 1.0 / (d if abs(d) > _TINY else math.copysign(_TINY, d))


@compiled
def meet_unit_box(origin, direction):
    """(enter, leave) of a ray and the box [-1, 1]^3; the ray misses if enter > leave."""
    ix, iy, iz = inverse(direction)
    mx, my, mz = -origin[0] * ix, -origin[1] * iy, -origin[2] * iz  # where the ray is midway of each slab
    enter = max(max(mx - abs(ix), my - abs(iy)), mz - abs(iz))
    leave = min(min(mx + abs(ix), my + abs(iy)), mz + abs(iz))
    return enter, leave


@compiled
def meet_unit_ball(origin, direction):
    """(enter, leave) of a ray and the unit ball; the ray misses if enter > leave.

    Measured from the point nearest to the centre: b² - ac would cancel for small and distant balls.
    """
    length2 = dot(direction, direction) + 1e-30
    nearest = -dot(origin, direction) / length2
    closest = along(origin, direction, nearest)
    inside = 1.0 - dot(closest, closest)
    if inside < 0.0:
        return math.inf, -math.inf
    half = math.sqrt(inside / length2)
    return nearest - half, nearest + half


@compiled
def meet_unit_cylinder(origin, direction):
    """(enter, leave) of a ray and the solid x² + z² <= 1, |y| <= 1; the ray misses if enter > leave."""
    enter, leave = meet_unit_ball((origin[0], 0.0, origin[2]), (direction[0], 0.0, direction[2]))
    iy = _inverse(direction[1])
    my = -origin[1] * iy
    return max(enter, my - abs(iy)), min(leave, my + abs(iy))


@compiled
def into_unit(part, v):
    """A vector of the world, turned and scaled into the part's unit shape."""
    x = part.cos * v[0] - part.sin * v[2]
    z = part.sin * v[0] + part.cos * v[2]
    return x * part.per_x, v[1] * part.per_y, z * part.per_z


@compiled
def into_world(part, v):
    """A vector in the part's own axes, turned into the world's."""
    return part.cos * v[0] + part.sin * v[2], v[1], part.cos * v[2] - part.sin * v[0]


@compiled
def enter_part(part, origin, direction):
    """Where the ray enters the part; inf if it misses it or begins inside."""
    unit_origin = into_unit(part, (origin[0] - part.x, origin[1] - part.y, origin[2] - part.z))
    unit_direction = into_unit(part, direction)
    if part.shape == BOX:
        enter, leave = meet_unit_box(unit_origin, unit_direction)
    elif part.shape == ELLIPSOID:
        enter, leave = meet_unit_ball(unit_origin, unit_direction)
    else:
        enter, leave = meet_unit_cylinder(unit_origin, unit_direction)
    return enter if 0.0 < enter <= leave else math.inf


@compiled
def part_normal(part, unit):
    """Outward normal, in the part's own axes, at a surface point given in its unit shape."""
    ux, uy, uz = unit
    if part.shape == ELLIPSOID:
        return normalised((ux * part.per_x, uy * part.per_y, uz * part.per_z))
    if part.shape == CYLINDER:
        if uy * uy > ux * ux + uz * uz:
            return 0.0, math.copysign(1.0, uy), 0.0
        return normalised((ux * part.per_x, 0.0, uz * part.per_z))
    if abs(ux) >= abs(uy) and abs(ux) >= abs(uz):
        return math.copysign(1.0, ux), 0.0, 0.0
    if abs(uy) >= abs(uz):
        return 0.0, math.copysign(1.0, uy), 0.0
    return 0.0, 0.0, math.copysign(1.0, uz)
