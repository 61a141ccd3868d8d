"""How a procedural room is laid out: its shell, what hangs on the walls, what stands where, lights and cameras.

Nothing overlaps: every piece claims an axis-aligned box, and a piece that finds no free place is left out.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from fathom.datasets import _furniture as furniture
from fathom.datasets._workshop import Piece, Workshop, box, drum, moved
from fathom.ops._solids import Part, bounds
from fathom.ops._surfaces import BRICKS, CHECKS, GRAIN, MOTTLE, PLAIN, PLANKS, STRIPES
from fathom.ops.raycast import Scene, cast_depth, make_scene
from fathom.records import Camera

Bounds = tuple[np.ndarray, np.ndarray]

# The wall's number → the yaw at which a piece's back is to it: north (-z), south (+z), west (-x), east (+x).
WALL_YAWS = (0.0, math.pi, math.pi / 2, -math.pi / 2)
_TRIES = 12
_PROBE_WIDTH = 32  # a pose is judged by the depth of a picture this wide
_BODY_M = 0.3  # nothing but air within this distance of the camera


@dataclass(frozen=True)
class Room:
    """A furnished room: what the ray caster needs, and the low and high corners (N, 3) of what stands in it."""

    scene: Scene
    filled_low: np.ndarray
    filled_high: np.ndarray


class _Layout:
    """The room while it is being furnished."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.shop = Workshop(rng)
        between = self.shop.between
        self.size_m = (between(2.8, 6.0), between(2.35, 3.1), between(3.0, 7.0))
        self.parts: list[Part] = []
        self.filled: list[Bounds] = []
        self.lights: list[tuple] = []

    def wall_length(self, wall: int) -> float:
        return self.size_m[0] if wall < 2 else self.size_m[2]

    def on_wall(self, piece: Piece, wall: int, along: float, gap: float = 0.0, y: float = 0.0) -> Piece:
        """The piece with its back ``gap`` from a wall, ``along`` metres to the side of the wall's middle."""
        yaw = WALL_YAWS[wall]
        back = _bounds(piece)[0][2]
        distance = self.size_m[2 if wall < 2 else 0] / 2 - gap + back  # from the room's centre to the origin
        inward, sideways = np.array([math.sin(yaw), math.cos(yaw)]), np.array([math.cos(yaw), -math.sin(yaw)])
        x, z = -distance * inward + along * sideways
        return moved(piece, float(x), float(z), yaw, y)

    def is_free(self, low: np.ndarray, high: np.ndarray) -> bool:
        """Whether the box with these corners lies in the room and in nobody else's place."""
        half_x, half_z = self.size_m[0] / 2 + 1e-6, self.size_m[2] / 2 + 1e-6
        inside = low[0] >= -half_x and high[0] <= half_x and low[2] >= -half_z and high[2] <= half_z
        inside = inside and high[1] <= self.size_m[1]
        return bool(inside) and not any((low < h).all() and (high > k).all() for k, h in self.filled)

    def add(self, piece: Piece, clearance_m: float = 0.0) -> bool:
        """Puts the placed piece into the room if its place is free; keeps ``clearance_m`` around it free too."""
        low, high = _bounds(piece)
        if not self.is_free(low, high):
            return False
        self.parts += piece
        margin = np.array([clearance_m, 0.0, clearance_m])
        self.filled.append((low - margin, high + margin))
        return True


def furnish(rng: np.random.Generator) -> Room:
    """A whole room, drawn from the generator alone."""
    layout = _Layout(rng)
    _shell(layout.shop)
    _ceiling_lights(layout)
    _doors_and_windows(layout)
    _furniture(layout)
    _pictures(layout)
    _skirting(layout)
    strength = layout.shop.between(0.6, 1.6)
    ambient = (0.2 * strength, 0.205 * strength, 0.215 * strength)
    scene = make_scene(layout.size_m, ambient, layout.parts, layout.shop.materials, layout.lights)
    lows, highs = zip(*layout.filled, strict=True) if layout.filled else ((), ())
    return Room(scene, np.reshape(lows, (-1, 3)), np.reshape(highs, (-1, 3)))


def _bounds(piece: Piece) -> Bounds:
    low, high = bounds(piece)
    return low.min(axis=0), high.max(axis=0)


def _shell(shop: Workshop) -> None:
    """The first six materials, walls, floor and ceiling: quiet colours, one wall in some rooms different."""
    paint = shop.colour((0.02, 0.65), (0.0, 0.22), (0.6, 0.95))
    pattern = int(shop.rng.choice([PLAIN, MOTTLE, STRIPES, BRICKS], p=[0.7, 0.1, 0.1, 0.1]))
    second = {PLAIN: 0.85, MOTTLE: 0.9, STRIPES: 0.93, BRICKS: 0.8}[pattern]
    scale = shop.between(1, 3)
    accent = int(shop.rng.integers(4)) if shop.one_in(3) else None
    for number in range(4):
        if number == 2:
            _floor(shop)
            shop.material(PLAIN, shop.colour((0.08, 0.16), (0, 0.06), (0.75, 0.92)), 0.95)
        if number == accent:
            other = int(shop.rng.choice([PLAIN, BRICKS, STRIPES, GRAIN]))
            shop.material(other, shop.colour((0, 1), (0.15, 0.55), (0.3, 0.8)), 0.8, shop.between(1, 3))
        else:
            shop.material(pattern, paint, second, scale)


def _floor(shop: Workshop) -> int:
    kind = shop.rng.random()
    if kind < 0.5:
        colour = shop.colour((0.05, 0.1), (0.25, 0.6), (0.3, 0.75))
        return shop.material(PLANKS, colour, 0.55, shop.between(1.5, 3), shop.between(0, 0.25))
    if kind < 0.75:
        return shop.material(MOTTLE, shop.colour((0, 1), (0.05, 0.35), (0.25, 0.7)), 0.75, shop.between(3, 9))
    pattern = CHECKS if shop.one_in(2) else BRICKS
    colour = shop.colour((0.02, 0.6), (0.0, 0.2), (0.4, 0.85))
    return shop.material(pattern, colour, shop.between(0.5, 0.9), shop.between(1.5, 3), shop.between(0, 0.4))


def _ceiling_lights(layout: _Layout) -> None:
    """One lamp, or two in a long room, each a white drum under the ceiling with its light just below."""
    shop, (width, height, length) = layout.shop, layout.size_m
    shade, radius = shop.lampshade(), shop.between(0.12, 0.25)
    colour = np.array([1.0, shop.between(0.82, 0.97), shop.between(0.65, 0.95)])
    places = [0.0] if length < 4.5 or shop.one_in(2) else [-length / 4, length / 4]
    strength = shop.between(1.8, 3.5) * (1.0 if len(places) == 1 else 0.65)
    for z in places:
        x = shop.between(-0.1, 0.1) * width
        layout.parts.append(drum(shade, (x, height - 0.05, z), radius, 0.05))
        layout.lights.append((x, height - 0.16, z, *(colour * strength), 0.15, 0.02, 0.15, 0, 0))


def _doors_and_windows(layout: _Layout) -> None:
    """One door with free floor before it, and up to two windows on other walls, the first of which gives light."""
    shop = layout.shop
    order = [int(w) for w in shop.rng.permutation(4)]
    door = furniture.door(shop)
    room_for_door = layout.wall_length(order[0]) / 2 - 0.6
    layout.add(layout.on_wall(door, order[0], shop.between(-1, 1) * room_for_door), clearance_m=0.5)
    daylight = shop.between(0.2, 1.0)
    for count, wall in enumerate(order[1 : 1 + int(shop.rng.integers(0, 3))]):
        length = layout.wall_length(wall)
        half_x, half_y = shop.between(0.4, min(1.0, length / 2 - 0.5)), shop.between(0.45, 0.65)
        y = min(layout.size_m[1] - half_y - 0.2, shop.between(1.4, 1.6))
        along = shop.between(-1, 1) * (length / 2 - half_x - 0.2)
        pane = layout.on_wall(furniture.window(shop, half_x, half_y, glow=0.3 + 1.5 * daylight), wall, along, y=y)
        if layout.add(pane) and count == 0:
            x, _, z = pane[0].centre_m
            facing_x, facing_z = math.sin(WALL_YAWS[wall]), math.cos(WALL_YAWS[wall])
            wide_x, wide_z = (half_x, 0.02) if wall < 2 else (0.02, half_x)
            colour = np.array([0.9, 0.97, 1.0]) * 6.0 * daylight
            place = (x + 0.15 * facing_x, y, z + 0.15 * facing_z)
            layout.lights.append((*place, *colour, wide_x, half_y, wide_z, facing_x, facing_z))
            if daylight > 0.6 and shop.one_in(2):  # a bright day: the lamps are off
                del layout.lights[:-1]


def _furniture(layout: _Layout) -> None:
    """Pieces against the walls first, then freely standing ones, as many as the floor has room for."""
    shop, (width, _, length) = layout.shop, layout.size_m
    if shop.one_in(2):
        _rug(layout)
    walls = _choose(shop, furniture.AGAINST_WALL, round(shop.between(0.25, 0.5) * (width + length)))
    for make in walls:
        piece = make(shop)
        half = (_bounds(piece)[1][0] - _bounds(piece)[0][0]) / 2
        for _ in range(_TRIES):
            wall = int(shop.rng.integers(4))
            along = shop.between(-1, 1) * max(layout.wall_length(wall) / 2 - half, 0)
            if layout.add(layout.on_wall(piece, wall, along, gap=shop.between(0.02, 0.06)), clearance_m=0.05):
                break
    for make in _choose(shop, furniture.ANYWHERE, round(shop.between(0.12, 0.35) * width * length)):
        piece = make(shop)
        for _ in range(_TRIES):
            x, z = shop.between(-0.5, 0.5) * width, shop.between(-0.5, 0.5) * length
            yaw = WALL_YAWS[int(shop.rng.integers(4))] + (shop.between(-0.5, 0.5) if shop.one_in(2) else 0.0)
            if layout.add(moved(piece, x, z, yaw), clearance_m=0.1):
                break


def _choose(shop: Workshop, stock: dict[Callable[[Workshop], Piece], int], count: int) -> list[Callable]:
    """Up to ``count`` makers in random order, none more often than the stock says."""
    all_of_them = [make for make, most in stock.items() for _ in range(most)]
    return [all_of_them[int(k)] for k in shop.rng.permutation(len(all_of_them))[:count]]


def _rug(layout: _Layout) -> None:
    """A rug under whatever will stand there: it claims no place."""
    shop, (width, _, length) = layout.shop, layout.size_m
    half_x, half_z = shop.between(0.2, 0.35) * width, shop.between(0.2, 0.35) * length
    x, z = shop.between(-0.1, 0.1) * width, shop.between(-0.1, 0.1) * length
    layout.parts.append(box(shop.fabric(), (x, 0.004, z), (half_x, 0.004, half_z)))


def _pictures(layout: _Layout) -> None:
    shop = layout.shop
    for _ in range(int(shop.rng.integers(1, 6))):
        piece, wall = furniture.picture(shop), int(shop.rng.integers(4))
        along = shop.between(-0.4, 0.4) * layout.wall_length(wall)
        layout.add(layout.on_wall(piece, wall, along, y=shop.between(1.35, 1.7)), clearance_m=0.05)


def _skirting(layout: _Layout) -> None:
    """A strip along the foot of every wall, in two rooms of three."""
    shop = layout.shop
    if shop.one_in(3):
        return
    strip = shop.material(PLAIN, (0.8, 0.8, 0.78), 0.95) if shop.one_in(2) else shop.wood()
    half_y = shop.between(0.03, 0.06)
    for wall in range(4):
        half = layout.wall_length(wall) / 2
        layout.parts += layout.on_wall([box(strip, (0, half_y, 0), (half, half_y, 0.006))], wall, 0.0)


def stand(rng: np.random.Generator, room: Room, camera: Camera) -> tuple[np.ndarray, np.ndarray]:
    """A pose with something to see: (position_m (3,), rotation (3, 3)).

    Poses are drawn until one stands in free air and sees far enough; of twenty that do not, the best.
    """
    probe = camera.resized(_PROBE_WIDTH, max(1, round(_PROBE_WIDTH * camera.height / camera.width)))
    best, best_worth = None, -math.inf
    for _ in range(20):
        position_m, rotation = _draw_pose(rng, room)
        depth_m = cast_depth(room.scene, probe, position_m, rotation)
        near, middle, far = np.quantile(depth_m, [0.1, 0.5, 0.9])
        worth = min(float(middle) / 1.6, float(near) / 0.7, float(far - near) / 0.8, 1.0)
        if worth > best_worth:
            best, best_worth = (position_m, rotation), worth
        if worth >= 1.0:
            break
    assert best is not None
    return best


def _draw_pose(rng: np.random.Generator, room: Room) -> tuple[np.ndarray, np.ndarray]:
    """A person's hand somewhere in free air, pointing the camera at some place across the room."""
    width, height, length = room.scene.size_m
    reach = np.array([width / 2 - _BODY_M, length / 2 - _BODY_M])
    position_m = np.zeros(3)
    for _ in range(40):
        x, z = rng.uniform(-1, 1, 2) * reach
        position_m = np.array([x, rng.uniform(0.9, 1.75), z])
        within = (position_m > room.filled_low - _BODY_M) & (position_m < room.filled_high + _BODY_M)
        if not within.all(axis=1).any():
            break
    target = np.array(
        [rng.uniform(-0.4, 0.4) * width, rng.uniform(0.1, 0.55) * height, rng.uniform(-0.4, 0.4) * length]
    )
    return position_m, look_at(position_m, target, roll=rng.normal(0, 0.025))


def look_at(position_m: np.ndarray, target_m: np.ndarray, roll: float = 0.0) -> np.ndarray:
    """The rotation (3, 3), columns right, down, forward, of a camera that looks at a point.

    ``roll`` in radians turns the camera about its axis; the target must not be straight above or below.
    """
    forward = (target_m - position_m) / np.linalg.norm(target_m - position_m)
    right = np.cross(forward, [0.0, 1.0, 0.0])
    right /= np.linalg.norm(right)
    down = np.cross(forward, right)
    cos, sin = math.cos(roll), math.sin(roll)
    return np.stack([cos * right + sin * down, cos * down - sin * right, forward], axis=1)
