"""The workshop of procedural rooms: random colours and materials, and the solids that pieces are made of."""

import colorsys
from dataclasses import dataclass, field

import numpy as np

from fathom.ops._solids import BOX, CYLINDER, ELLIPSOID, Part
from fathom.ops._surfaces import CHECKS, GRAIN, MOTTLE, PLAIN, STRIPES

Piece = list[Part]
Colour = tuple[float, float, float]


@dataclass
class Workshop:
    """The random choices of one room and the materials they have led to so far."""

    rng: np.random.Generator
    materials: list[tuple] = field(default_factory=list)

    def between(self, low: float, high: float) -> float:
        return float(self.rng.uniform(low, high))

    def one_in(self, count: float) -> bool:
        return bool(self.rng.random() < 1 / count)

    def colour(
        self, hue: tuple[float, float], saturation: tuple[float, float], value: tuple[float, float]
    ) -> Colour:
        """A colour with hue, saturation and value drawn from the given ranges."""
        return colorsys.hsv_to_rgb(self.between(*hue) % 1, self.between(*saturation), self.between(*value))

    def material(
        self, pattern: int, colour: Colour, second: float, scale: float = 2.0, gloss: float = 0.0, glow: float = 0.0
    ) -> int:
        """The index of a new material whose second colour is ``second`` times as bright as its first."""
        other = (min(1.0, c * second) for c in colour)
        number = int(self.rng.integers(1 << 16))
        self.materials.append((pattern, number, *colour, *other, scale, gloss, glow))
        return len(self.materials) - 1

    def wood(self) -> int:
        colour = self.colour((0.05, 0.11), (0.25, 0.65), (0.2, 0.75))
        return self.material(GRAIN, colour, self.between(0.55, 0.85), self.between(1, 3), self.between(0, 0.2))

    def board(self) -> int:
        """What furniture is made of: mostly wood, else white, grey or black lacquer, seldom a colour."""
        kind = self.rng.random()
        if kind < 0.6:
            return self.wood()
        saturation = (0.3, 0.7) if kind > 0.9 else (0.0, 0.08)
        return self.material(PLAIN, self.colour((0, 1), saturation, (0.08, 0.9)), 0.9, gloss=self.between(0, 0.4))

    def fabric(self) -> int:
        pattern = int(self.rng.choice([PLAIN, MOTTLE, MOTTLE, STRIPES, CHECKS], p=[0.4, 0.2, 0.2, 0.12, 0.08]))
        colour = self.colour((0, 1), (0.05, 0.65), (0.15, 0.8))
        return self.material(pattern, colour, self.between(0.6, 1.3), self.between(3, 8))

    def thing(self) -> int:
        """The surface of some small object."""
        pattern = int(self.rng.choice([PLAIN, PLAIN, MOTTLE, STRIPES]))
        colour = self.colour((0, 1), (0.1, 0.8), (0.1, 0.9))
        return self.material(pattern, colour, self.between(0.5, 1.4), self.between(4, 15), self.between(0, 0.5))

    def metal(self) -> int:
        return self.material(PLAIN, self.colour((0.5, 0.7), (0, 0.08), (0.1, 0.6)), 0.9, gloss=0.6)

    def lampshade(self) -> int:
        return self.material(
            PLAIN, self.colour((0.09, 0.14), (0.1, 0.35), (0.85, 0.95)), 0.9, glow=self.between(0, 1.2)
        )


def box(
    material: int, centre: tuple[float, float, float], half: tuple[float, float, float], yaw: float = 0
) -> Part:
    return Part(BOX, material, centre, half, yaw)


def ball(
    material: int, centre: tuple[float, float, float], half: tuple[float, float, float], yaw: float = 0
) -> Part:
    return Part(ELLIPSOID, material, centre, half, yaw)


def drum(material: int, centre: tuple[float, float, float], radius: float, half_height: float) -> Part:
    return Part(CYLINDER, material, centre, (radius, half_height, radius))


def moved(piece: Piece, x: float, z: float, yaw: float, y: float = 0.0) -> Piece:
    return [part.moved(x, z, yaw, y) for part in piece]
