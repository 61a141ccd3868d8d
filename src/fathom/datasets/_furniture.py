"""Furniture for procedural rooms: each function here draws one piece as a list of solids.

A piece stands on the floor around the origin, x to its right, y up, its front towards +z. Sizes are in metres
and follow what shops sell.
"""

import math
from collections.abc import Callable

from fathom.datasets._workshop import Piece, Workshop, ball, box, drum, moved
from fathom.ops._solids import BOX, CYLINDER, ELLIPSOID, Part
from fathom.ops._surfaces import BRICKS, CHECKS, MOTTLE, PLAIN, SKY, STRIPES


def _legs(material: int, x: float, z: float, height: float, half: float) -> Piece:
    return [
        box(material, (sx * x, height / 2, sz * z), (half, height / 2, half)) for sx in (-1, 1) for sz in (-1, 1)
    ]


def _clutter(shop: Workshop, y: float, half_x: float, half_z: float, count: int) -> Piece:
    """Small things upon a surface at height y; each has a cell of its own, so that they do not overlap."""
    things: Piece = []
    cells = shop.rng.permutation(6)[:count]
    for cell in cells:
        x, z = (cell % 3 - 1) * half_x * 0.6, (cell // 3 - 0.5) * half_z * 0.9
        reach = min(half_x * 0.28, half_z * 0.4)
        wide, high = shop.between(0.3, 0.95) * reach, shop.between(0.02, 0.16)
        shape = int(shop.rng.choice([BOX, ELLIPSOID, CYLINDER]))
        depth = wide * (shop.between(0.5, 1) if shape == BOX else 1)
        yaw = shop.between(-0.4, 0.4) if shape == BOX else 0.0
        things.append(Part(shape, shop.thing(), (x, y + high, z), (wide, high, depth), yaw))
    return things


def table(shop: Workshop) -> Piece:
    """A dining or side table with things on it and chairs tucked halfway under."""
    half_x, half_z, height = shop.between(0.4, 0.95), shop.between(0.35, 0.5), shop.between(0.68, 0.78)
    wood = shop.board()
    piece = [box(wood, (0, height - 0.02, 0), (half_x, 0.02, half_z))]
    piece += _legs(wood, half_x - 0.05, half_z - 0.05, height - 0.04, shop.between(0.02, 0.035))
    piece += _clutter(shop, height, half_x, half_z, int(shop.rng.integers(0, 6)))
    seat = chair(shop)
    for side in (0.0, math.pi):
        for x in (-half_x / 2, half_x / 2) if half_x > 0.65 else (0.0,):
            if not shop.one_in(3):
                out = half_z + shop.between(-0.12, 0.2)
                cos, sin = math.cos(side), math.sin(side)
                piece += moved(seat, x * cos - out * sin, -x * sin - out * cos, side + shop.between(-0.2, 0.2))
    return piece


def chair(shop: Workshop) -> Piece:
    half, seat, top = shop.between(0.19, 0.23), shop.between(0.42, 0.48), shop.between(0.8, 1.0)
    wood = shop.board()
    cover = shop.fabric() if shop.one_in(2) else wood
    piece = [
        box(cover, (0, seat - 0.02, 0), (half, 0.02, half)),
        *_legs(wood, half - 0.02, half - 0.02, seat - 0.04, 0.018),
    ]
    if shop.one_in(2):
        piece.append(box(wood, (0, (seat + top) / 2, -half + 0.015), (half, (top - seat) / 2, 0.015)))
    else:
        piece += [
            box(wood, (sx * (half - 0.02), (seat + top) / 2, -half + 0.018), (0.018, (top - seat) / 2, 0.018))
            for sx in (-1, 1)
        ]
        piece += [
            box(wood, (0, seat + share * (top - seat), -half + 0.018), (half - 0.03, 0.035, 0.012))
            for share in (0.5, 0.88)
        ]
    return piece


def desk(shop: Workshop) -> Piece:
    """A desk against the wall with a screen, things on it, and a chair before it."""
    half_x, half_z, height = shop.between(0.5, 0.8), shop.between(0.3, 0.38), shop.between(0.71, 0.76)
    wood = shop.board()
    dark = shop.material(PLAIN, (0.04, 0.04, 0.05), 1.5, gloss=0.6)
    piece = [box(wood, (0, height - 0.015, 0), (half_x, 0.015, half_z))]
    piece += [
        box(wood, (sx * (half_x - 0.02), (height - 0.03) / 2, 0), (0.02, (height - 0.03) / 2, half_z))
        for sx in (-1, 1)
    ]
    picture = shop.material(SKY, shop.colour((0, 1), (0.1, 0.6), (0.2, 0.8)), 0.4, glow=shop.between(0, 0.6))
    x, wide, high = shop.between(-0.15, 0.15), shop.between(0.22, 0.34), shop.between(0.14, 0.2)
    piece += [
        box(dark, (x, height + 0.006, -half_z / 2), (0.12, 0.006, 0.08)),
        box(dark, (x, height + 0.07, -half_z / 2 - 0.03), (0.02, 0.06, 0.012)),
        box(dark, (x, height + 0.1 + high, -half_z / 2), (wide, high, 0.012)),
        box(picture, (x, height + 0.1 + high, -half_z / 2 + 0.012), (wide - 0.012, high - 0.012, 0.003)),
    ]
    piece.append(box(dark, (x, height + 0.01, half_z * 0.35), (0.2, 0.01, 0.07), shop.between(-0.1, 0.1)))
    for sx in (-1, 1):
        if shop.one_in(2):
            wide = shop.between(0.05, 0.09)
            high = shop.between(0.01, 0.12)
            piece.append(
                box(shop.thing(), (sx * (half_x - 0.13), height + high, -0.05), (wide, high, wide * 1.3), 0.1)
            )
    return piece + moved(
        chair(shop), shop.between(-0.2, 0.2), half_z + shop.between(0, 0.3), math.pi + shop.between(-0.6, 0.6)
    )


def bookcase(shop: Workshop) -> Piece:
    half_x, height, half_z = shop.between(0.3, 0.6), shop.between(0.8, 2.1), shop.between(0.13, 0.18)
    wood = shop.board()
    rows = max(2, round(height / shop.between(0.3, 0.4)))
    piece = [box(wood, (sx * half_x, height / 2, 0), (0.012, height / 2, half_z)) for sx in (-1, 1)]
    piece.append(box(wood, (0, height / 2, -half_z + 0.006), (half_x, height / 2, 0.006)))
    covers = [shop.thing() for _ in range(8)]
    for row in range(rows + 1):
        y = 0.03 + row * (height - 0.045) / rows
        piece.append(box(wood, (0, y, 0), (half_x, 0.012, half_z)))
        if row < rows:
            piece += _books(shop, covers, y + 0.012, half_x - 0.02, (height / rows - 0.05) / 2, half_z)
    return piece


def _books(shop: Workshop, covers: list[int], y: float, half_x: float, half_space: float, half_z: float) -> Piece:
    """A row of books from left to right, with gaps, in the free space above a shelf board."""
    row: Piece = []
    x = -half_x
    while x < half_x - 0.1:
        if shop.one_in(9):
            x += shop.between(0.08, 0.35)
            continue
        thick, high, deep = (
            shop.between(0.01, 0.03),
            shop.between(0.6, 0.95) * half_space,
            shop.between(0.6, 0.85) * half_z,
        )
        cover = covers[int(shop.rng.integers(len(covers)))]
        row.append(box(cover, (x + thick, y + high, -half_z + 0.014 + deep), (thick, high, deep)))
        x += 2 * thick + 0.002
    return row


def sofa(shop: Workshop) -> Piece:
    """A sofa, or a narrow one: an armchair."""
    half_x = shop.between(0.42, 0.5) if shop.one_in(3) else shop.between(0.75, 1.1)
    cover = shop.fabric()
    seat, back, arm = shop.between(0.38, 0.45), shop.between(0.7, 0.9), shop.between(0.52, 0.64)
    foot = shop.wood()
    piece = [
        *_legs(foot, half_x - 0.06, 0.36, 0.08, 0.025),
        box(cover, (0, 0.08 + (seat - 0.2) / 2, 0), (half_x, (seat - 0.2) / 2, 0.43)),
        box(cover, (0, (back + 0.08) / 2, -0.36), (half_x, (back - 0.08) / 2, 0.09)),
        *(
            box(cover, (sx * (half_x - 0.08), (arm + 0.08) / 2, 0), (0.08, (arm - 0.08) / 2, 0.43))
            for sx in (-1, 1)
        ),
    ]
    seats = 1 if half_x < 0.6 else 2 if half_x < 0.95 else 3
    wide = (half_x - 0.16) / seats
    for k in range(seats):
        piece.append(
            box(cover, (-half_x + 0.16 + wide * (2 * k + 1), seat - 0.07, 0.08), (wide - 0.006, 0.07, 0.36))
        )
        if shop.one_in(2):
            x = -half_x + 0.16 + wide * (2 * k + 1) + shop.between(-0.08, 0.08)
            piece.append(ball(shop.fabric(), (x, seat + 0.16, -0.17), (0.2, 0.17, 0.09), shop.between(-0.3, 0.3)))
    return piece


def bed(shop: Workshop) -> Piece:
    """A bed, head towards the wall, single or double, with blanket and pillows."""
    half_x = shop.between(0.45, 0.55) if shop.one_in(2) else shop.between(0.7, 0.9)
    frame, sheet = shop.board(), shop.material(PLAIN, shop.colour((0, 1), (0, 0.15), (0.7, 0.95)), 0.92, 4)
    blanket, pillow = shop.fabric(), shop.fabric() if shop.one_in(2) else sheet
    head, top = shop.between(0.7, 1.2), shop.between(0.42, 0.58)
    reach = shop.between(0.35, 0.75)
    piece = [
        box(frame, (0, 0.16, 0), (half_x, 0.1, 1.0)),
        *_legs(frame, half_x - 0.05, 0.94, 0.06, 0.04),
        box(sheet, (0, (top + 0.26) / 2, 0), (half_x - 0.02, (top - 0.26) / 2, 0.98)),
        box(frame, (0, head / 2, -1.02), (half_x, head / 2, 0.025)),
        box(blanket, (0, top - 0.05, 0.99 - reach), (half_x + 0.015, 0.075, reach)),
    ]
    for x in (0.0,) if half_x < 0.6 else (-half_x / 2, half_x / 2):
        piece.append(
            ball(pillow, (x, top + 0.06, -0.72), (min(0.34, half_x * 0.7), 0.1, 0.2), shop.between(-0.15, 0.15))
        )
    return piece


def floor_lamp(shop: Workshop) -> Piece:
    metal, height = shop.metal(), shop.between(1.3, 1.7)
    return [
        drum(metal, (0, 0.012, 0), 0.14, 0.012),
        drum(metal, (0, height / 2, 0), 0.012, height / 2),
        drum(shop.lampshade(), (0, height, 0), shop.between(0.13, 0.22), shop.between(0.1, 0.16)),
    ]


def plant(shop: Workshop) -> Piece:
    """A pot, a stem and leaves around it."""
    pot, radius, top = shop.thing(), shop.between(0.1, 0.18), shop.between(0.5, 1.5)
    leaf = shop.material(MOTTLE, shop.colour((0.22, 0.4), (0.4, 0.7), (0.2, 0.5)), 0.6, 6)
    stem = shop.material(PLAIN, (0.25, 0.18, 0.1), 0.7)
    piece = [drum(pot, (0, radius, 0), radius, radius), drum(stem, (0, radius + top / 2, 0), 0.015, top / 2)]
    for k in range(int(shop.rng.integers(10, 22))):
        angle = 2.4 * k + shop.between(-0.3, 0.3)  # about the golden angle, so that leaves do not stack
        out, y = shop.between(0.05, 0.24), 2 * radius + shop.between(0.25, 1.0) * top
        half = (shop.between(0.03, 0.06), shop.between(0.015, 0.06), shop.between(0.08, 0.18))
        piece.append(ball(leaf, (out * math.sin(angle), y, out * math.cos(angle)), half, angle))
    return piece


def boxes(shop: Workshop) -> Piece:
    """One to three cartons or chests, piled up."""
    piece: Piece = []
    y, half_x, half_z = 0.0, shop.between(0.15, 0.4), shop.between(0.15, 0.35)
    for _ in range(int(shop.rng.integers(1, 4))):
        half_y = shop.between(0.06, 0.2)
        colour = shop.colour((0.06, 0.11), (0.3, 0.5), (0.4, 0.7))
        card = shop.material(PLAIN, colour, 0.8, 3) if shop.one_in(2) else shop.board()
        piece.append(box(card, (0, y + half_y, 0), (half_x, half_y, half_z), shop.between(-0.15, 0.15)))
        y, half_x, half_z = y + 2 * half_y, half_x * shop.between(0.5, 0.9), half_z * shop.between(0.5, 0.9)
    return piece


def wardrobe(shop: Workshop) -> Piece:
    """A tall cupboard with doors and handles."""
    doors, height, half_z = int(shop.rng.integers(2, 5)), shop.between(1.75, 2.15), shop.between(0.26, 0.31)
    half_x = doors * shop.between(0.2, 0.27)
    body, metal = shop.board(), shop.metal()
    front = body if shop.one_in(2) else shop.board()
    piece = [box(body, (0, height / 2, 0), (half_x, height / 2, half_z))]
    wide = half_x / doors
    for k in range(doors):
        x = -half_x + wide * (2 * k + 1)
        piece.append(box(front, (x, height / 2 + 0.03, half_z + 0.008), (wide - 0.006, height / 2 - 0.05, 0.009)))
        handle = x + (wide - 0.05) * (1 if k % 2 == 0 else -1)
        piece.append(box(metal, (handle, height * 0.5, half_z + 0.03), (0.008, 0.09, 0.012)))
    return piece


def cabinet(shop: Workshop) -> Piece:
    """A chest of drawers; upon it a television or small things."""
    half_x, height, half_z = shop.between(0.35, 0.85), shop.between(0.4, 0.95), shop.between(0.2, 0.26)
    body, metal = shop.board(), shop.metal()
    front = body if shop.one_in(2) else shop.board()
    piece = [box(body, (0, height / 2, 0), (half_x, height / 2, half_z))]
    rows, columns = max(1, round(height / 0.25)), 1 if half_x < 0.5 else 2
    high, wide = height / rows / 2, half_x / columns
    for row in range(rows):
        for column in range(columns):
            x, y = -half_x + wide * (2 * column + 1), high * (2 * row + 1)
            piece.append(box(front, (x, y, half_z + 0.006), (wide - 0.012, high - 0.012, 0.008)))
            piece.append(box(metal, (x, y + high * 0.3, half_z + 0.022), (0.06, 0.006, 0.008)))
    if height < 0.65 and shop.one_in(1.5):
        dark = shop.material(PLAIN, (0.03, 0.03, 0.035), 1.5, gloss=0.8)
        wide = shop.between(0.7, 1.1) * max(half_x, 0.5)
        piece.append(box(dark, (0, height + 0.02, -0.05), (0.2, 0.02, 0.1)))
        piece.append(box(dark, (0, height + 0.05 + wide * 0.56, -0.05), (wide, wide * 0.56, 0.02)))
        return piece
    return piece + _clutter(shop, height, half_x, half_z, int(shop.rng.integers(1, 5)))


def low_table(shop: Workshop) -> Piece:
    """A coffee table, square or round, with things on it."""
    half_x, half_z, height = shop.between(0.35, 0.6), shop.between(0.28, 0.4), shop.between(0.35, 0.45)
    wood = shop.board()
    things = _clutter(shop, height, half_x * 0.8, half_z * 0.8, int(shop.rng.integers(0, 4)))
    if shop.one_in(2):
        return [
            drum(wood, (0, height - 0.02, 0), half_x, 0.02),
            drum(wood, (0, height / 2 - 0.02, 0), 0.05, height / 2 - 0.02),
            *things,
        ]
    top = box(wood, (0, height - 0.025, 0), (half_x, 0.025, half_z))
    return [top, *_legs(wood, half_x - 0.04, half_z - 0.04, height - 0.05, 0.025), *things]


AGAINST_WALL: dict[Callable[[Workshop], Piece], int] = {  # and how many of it one room may have
    bookcase: 3,
    sofa: 2,
    bed: 1,
    desk: 1,
    wardrobe: 1,
    cabinet: 2,
}
ANYWHERE: dict[Callable[[Workshop], Piece], int] = {
    table: 2,
    low_table: 1,
    chair: 2,
    floor_lamp: 1,
    plant: 2,
    boxes: 2,
    sofa: 1,
}


def picture(shop: Workshop) -> Piece:
    """A framed picture, its back at z = 0, centred on y = 0."""
    half_x, half_y = shop.between(0.15, 0.55), shop.between(0.15, 0.4)
    pattern = int(shop.rng.choice([MOTTLE, SKY, CHECKS, BRICKS, STRIPES]))
    paint = shop.material(
        pattern, shop.colour((0, 1), (0.1, 0.7), (0.3, 0.9)), shop.between(0.3, 1.2), shop.between(1, 4)
    )
    return [
        box(shop.board(), (0, 0, 0.012), (half_x + 0.03, half_y + 0.03, 0.012)),
        box(paint, (0, 0, 0.02), (half_x, half_y, 0.006)),
    ]


def window(shop: Workshop, half_x: float, half_y: float, glow: float) -> Piece:
    """A window with frame, bars and a view, its back at z = 0, centred on y = 0."""
    white = shop.material(PLAIN, (0.85, 0.85, 0.83), 0.95, gloss=0.2)
    view = shop.material(SKY, (0.35, 0.42, 0.4), 2.2, shop.between(0.6, 1.5), glow=glow)
    piece = [box(view, (0, 0, 0.005), (half_x, half_y, 0.005))]
    piece += [box(white, (sx * half_x, 0, 0.02), (0.03, half_y + 0.03, 0.02)) for sx in (-1, 0, 1)]
    piece += [box(white, (0, sy * half_y, 0.02), (half_x + 0.03, 0.03, 0.02)) for sy in (-1, 1)]
    piece.append(box(white, (0, -half_y - 0.04, 0.06), (half_x + 0.08, 0.015, 0.06)))
    return piece


def door(shop: Workshop) -> Piece:
    """A closed door with frame and handle, its back at z = 0, standing on the floor."""
    leaf, metal = shop.board(), shop.metal()
    trim = shop.material(PLAIN, (0.8, 0.8, 0.78), 0.95) if shop.one_in(2) else leaf
    return [
        box(leaf, (0, 1.0, 0.01), (0.42, 1.0, 0.012)),
        *(box(trim, (sx * 0.46, 1.02, 0.015), (0.04, 1.02, 0.02)) for sx in (-1, 1)),
        box(trim, (0, 2.04, 0.015), (0.5, 0.04, 0.02)),
        box(metal, (0.34, 1.02, 0.05), (0.06, 0.01, 0.01)),
        drum(metal, (0.37, 1.02, 0.035), 0.012, 0.02),
    ]
