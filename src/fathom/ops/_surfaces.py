"""What surfaces look like to the ray caster: hash noise, patterns, materials, lights and dark corners."""

import math

import numpy as np

from fathom.ops._solids import compiled, dot, normalised

PLAIN, CHECKS, BRICKS, GRAIN, MOTTLE, STRIPES, PLANKS, SKY = range(8)

# A pattern blends two colours; ``scale`` is its repeats a metre; ``glow`` is light of the surface's own.
MATERIAL = np.dtype(
    [("pattern", "i4"), ("seed", "i4")]
    + [(name, "f8") for name in ("red", "green", "blue", "red2", "green2", "blue2", "scale", "gloss", "glow")],
    align=True,
)
# A light is a box around (x, y, z) as wide as given, in metres; each shadow ray goes to one of its points.
# With a facing, a horizontal unit vector, it shines forwards only, most straight ahead; with (0, 0) all around.
LIGHT = np.dtype(
    [
        (name, "f8")
        for name in ("x", "y", "z", "red", "green", "blue", "wide_x", "wide_y", "wide_z", "facing_x", "facing_z")
    ],
    align=True,
)


@compiled
def hashed(x, y, z, seed):
    """A number in [0, 1] that four integers determine (32-bit mixing with the constants of MurmurHash3)."""
    n = np.uint32(x * 374761393 + y * 668265263 + z * 1442695041 + seed * 974711)
    n = np.uint32((n ^ (n >> 16)) * 0x85EBCA6B)
    n = np.uint32((n ^ (n >> 13)) * 0xC2B2AE35)
    return float((n ^ (n >> 16)) & 0xFFFF) / 65535.0


@compiled
def noise2(u, v, seed):
    """Smooth value noise in [0, 1] over the plane, with cells of side 1."""
    i, j = math.floor(u), math.floor(v)
    a, b = int(i), int(j)
    u, v = _eased(u - i), _eased(v - j)
    top = hashed(a, b, 0, seed) * (1.0 - u) + hashed(a + 1, b, 0, seed) * u
    bottom = hashed(a, b + 1, 0, seed) * (1.0 - u) + hashed(a + 1, b + 1, 0, seed) * u
    return top * (1.0 - v) + bottom * v


@compiled
def noise3(x, y, z, seed):
    """Smooth value noise in [0, 1] over space: plane noise blended between layers."""
    k = math.floor(z)
    w = _eased(z - k)
    layer = seed + 7919 * int(k)
    return noise2(x, y, layer) * (1.0 - w) + noise2(x, y, layer + 7919) * w


@compiled
def _eased(u):
    return u * u * (3.0 - 2.0 * u)


@compiled
def pattern_blend(material, variant, point, normal):
    """Share in [0, 1] of the material's second colour at a point in metres with the given normal.

    ``variant`` is an integer that picks one of the material's many pieces.
    """
    x, y, z = point[0] * material.scale, point[1] * material.scale, point[2] * material.scale
    nx, ny, nz = normal
    if abs(ny) >= abs(nx) and abs(ny) >= abs(nz):  # u and v run along the surface, v up where there is an up
        u, v = x, z
    elif abs(nx) >= abs(nz):
        u, v = z, y
    else:
        u, v = x, y
    seed, pattern = material.seed + 31 * variant, material.pattern
    if pattern == CHECKS:
        blend = 0.85 * ((math.floor(u) + math.floor(v)) & 1) + 0.15 * noise2(u * 3, v * 3, seed)
    elif pattern == BRICKS:
        blend = _bricks(u, v, seed)
    elif pattern == GRAIN:
        blend = _grain(u, v, seed)
    elif pattern == MOTTLE:
        blend = 0.65 * noise3(x * 2, y * 2, z * 2, seed) + 0.35 * noise3(x * 6, y * 6, z * 6, seed + 7)
    elif pattern == STRIPES:
        blend = 0.5 + 0.5 * math.sin(u * 8)
    elif pattern == PLANKS:
        blend = _planks(u, v, seed)
    elif pattern == SKY:  # bright above, hazy outlines below
        blend = 0.7 - 0.5 * y + 0.35 * noise2(u * 2, v * 3, seed)
    else:
        blend = 0.15 * noise2(u * 4, v * 4, seed)
    return min(max(blend, 0.0), 1.0)


@compiled
def _bricks(u, v, seed):
    """Courses half as high as a brick is long, every other one shifted, with light joints."""
    course = math.floor(v * 2)
    along = u + 0.5 * (int(course) & 1)
    brick = math.floor(along)
    if along - brick < 0.04 or v * 2 - course < 0.08:
        return 1.0
    return 0.45 * hashed(int(brick), int(course), 0, seed) + 0.15 * noise2(u * 8, v * 8, seed)


@compiled
def _grain(u, v, seed):
    """Wood: bent bands along u with fine fibres."""
    bands = 6.0 * noise2(u * 0.6, v * 6, seed) + v * 3
    return 0.5 + 0.24 * math.sin(bands * 4) + 0.2 * (noise2(u * 2, v * 40, seed + 1) - 0.5)


@compiled
def _planks(u, v, seed):
    """A floor of boards of several shades with dark gaps."""
    board = math.floor(v * 3)
    along = u * 0.5 + hashed(int(board), 1, 1, seed)
    piece = math.floor(along)
    if along - piece < 0.01 or v * 3 - board < 0.03:
        return 1.0
    return 0.35 * hashed(int(piece), int(board), 5, seed) + 0.35 * noise2(u * 3, v * 40, seed)


@compiled
def open_share(size_m, point, normal):
    """Share of the ambient light that reaches a point: more from above, less within 0.6 m of another wall.

    A surface is not darkened by the pair of walls that it is parallel to.
    """
    x, y, z = point
    share = 1.0
    if abs(normal[0]) < 0.5:
        share *= 0.35 + 0.65 * min((size_m[0] / 2 - abs(x)) / 0.6, 1.0)
    if abs(normal[1]) < 0.5:
        share *= 0.35 + 0.65 * min(min(y, size_m[1] - y) / 0.6, 1.0)
    if abs(normal[2]) < 0.5:
        share *= 0.35 + 0.65 * min((size_m[2] / 2 - abs(z)) / 0.6, 1.0)
    return (0.75 + 0.25 * normal[1]) * (0.4 + 0.6 * share)


@compiled
def light_sample(light, point, normal, noise_key, number):
    """(vector from the point to a place in the light, share of the light that falls on the surface, maybe <= 0).

    The place is drawn by the noise key (column, row, seed) and the light's number.
    """
    column, row, seed = noise_key
    x = light.x - point[0] + light.wide_x * (hashed(column, row, 3 * number, seed) - 0.5)
    y = light.y - point[1] + light.wide_y * (hashed(column, row, 3 * number + 1, seed) - 0.5)
    z = light.z - point[2] + light.wide_z * (hashed(column, row, 3 * number + 2, seed) - 0.5)
    to_light = (x, y, z)
    distance2 = dot(to_light, to_light)
    per_distance = 1.0 / math.sqrt(distance2)
    strength = dot(to_light, normal) * per_distance / (0.3 + distance2)
    if light.facing_x != 0.0 or light.facing_z != 0.0:
        strength *= max(0.0, -(x * light.facing_x + z * light.facing_z) * per_distance)
    return to_light, strength


@compiled
def highlight(to_light, normal, ray):
    """Blinn's specular highlight, with exponent 32, over the squared distance."""
    lx, ly, lz = normalised(to_light)
    rx, ry, rz = normalised(ray)
    cosine = dot(normalised((lx - rx, ly - ry, lz - rz)), normal)
    return max(cosine, 0.0) ** 32 / (0.3 + dot(to_light, to_light))
