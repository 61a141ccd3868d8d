"""rooms: procedural furnished rooms, ray-cast, with exact depth and camera; nothing to download.

Each room is drawn from the seed and its number, each view from the seed, the room and the view: a sample has the
same bytes whenever, in whatever order and in whatever thread it is read.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from fathom.datasets._base import Dataset
from fathom.datasets._rooms_layout import Room, furnish, stand
from fathom.errors import BadInput
from fathom.ops.raycast import Scene, render
from fathom.records import Camera, Sample

GENERATOR_VERSION = 1  # goes up whenever the same options would give other pictures


@dataclass(frozen=True)
class View:
    """Where a sample was taken: the scene, the camera, its position (3,) and rotation (3, 3) in the room."""

    scene: Scene
    camera: Camera
    position_m: np.ndarray
    rotation: np.ndarray


class Rooms(Dataset):
    """``frames`` pictures of procedural rooms, ``frames_per_room`` views of each.

    width, height                  size of the pictures in pixels
    seed                           another seed, other rooms
    fov_min_deg, fov_max_deg       range of the horizontal field of view, drawn anew for each view
    supersample                    rays along a pixel's side: 2 smooths edges and is about four times as slow

    ``read`` runs outside Python's global lock: read from as many threads as there are cores.
    Raises BadInput if an option cannot be.
    """

    title = "rooms"
    depth_step_m = 0.001

    def __init__(
        self,
        frames: int = 400,
        width: int = 320,
        height: int = 240,
        seed: int = 0,
        frames_per_room: int = 4,
        fov_min_deg: float = 50.0,
        fov_max_deg: float = 75.0,
        supersample: int = 1,
    ) -> None:
        counts = {"frames": frames, "width": width, "height": height}
        counts |= {"frames_per_room": frames_per_room, "supersample": supersample}
        for name, count in counts.items():
            if count < 1:
                raise BadInput(f"rooms: {name} must be at least 1, not {count}")
        if not 0 <= seed < 2**32:
            raise BadInput(f"rooms: seed must lie between 0 and {2**32 - 1}, not {seed}")
        if not 10 <= fov_min_deg <= fov_max_deg <= 120:
            raise BadInput(
                f"rooms: the field of view must satisfy 10 <= fov_min_deg <= fov_max_deg <= 120, "
                f"not {fov_min_deg:g} and {fov_max_deg:g}"
            )
        self.frames, self.seed, self.frames_per_room = frames, seed, frames_per_room
        self.frame = (height, width)
        self.fov_min_deg, self.fov_max_deg, self.supersample = fov_min_deg, fov_max_deg, supersample

    def __len__(self) -> int:
        return self.frames

    def name_of(self, index: int) -> str:
        """E.g. "room_00012_03", the fourth view of the thirteenth room."""
        room, view = self._place_of(index)
        return f"room_{room:05d}_{view:02d}"

    def view(self, index: int) -> View:
        """The scene and the camera's pose of a sample, in the frame that ``ops.raycast`` describes."""
        return self._view(index)[0]

    def read(self, index: int) -> Sample:
        """The sample; its depth is exact at every pixel's centre and never absent."""
        view, rng = self._view(index)
        light_seed = int(rng.integers(1 << 16))
        radiance, depth_m = render(
            view.scene, view.camera, view.position_m, view.rotation, self.supersample, light_seed
        )
        name = self.name_of(index)
        return Sample(develop(radiance, rng), depth_m, view.camera, name, scene=name[: name.rindex("_")])

    def provenance(self) -> dict[str, object]:
        return {
            "generator": "fathom rooms",
            "generator_version": GENERATOR_VERSION,
            "frames": self.frames,
            "width": self.frame[1],
            "height": self.frame[0],
            "seed": self.seed,
            "frames_per_room": self.frames_per_room,
            "fov_min_deg": self.fov_min_deg,
            "fov_max_deg": self.fov_max_deg,
            "supersample": self.supersample,
            "depth": "z along the optical axis at pixel centres, metres",
        }

    def _place_of(self, index: int) -> tuple[int, int]:
        """(room, view) of a sample; IndexError beyond the last."""
        if not 0 <= index < self.frames:
            raise IndexError(f"rooms has samples 0 to {self.frames - 1}, not {index}")
        return divmod(index, self.frames_per_room)

    def _view(self, index: int) -> tuple[View, np.random.Generator]:
        """The view and the generator that drew it, which goes on to draw exposure and noise."""
        number, view = self._place_of(index)
        room = _room(self.seed, number)
        rng = np.random.default_rng([self.seed, number, 1 + view])  # 0 in the last place is the room itself
        height, width = self.frame
        fov_deg = rng.uniform(self.fov_min_deg, self.fov_max_deg)
        camera = Camera.from_fov(width, height, fov_deg, source="calibration")
        return View(room.scene, camera, *stand(rng, room, camera)), rng


@lru_cache(maxsize=16)
def _room(seed: int, number: int) -> Room:
    return furnish(np.random.default_rng([seed, number, 0]))


def develop(radiance: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Linear radiance (H, W, 3) → uint8 picture, as a small camera on automatic would make it.

    Exposure aims at a middle tone near the usual one, bright parts roll off (Reinhard et al. 2002, eq. 4, with
    the 99th percentile as white), white balance is a little off, the display gamma is 2, and the sensor is noisy.
    """
    brightness = radiance.mean(axis=2)
    middle = math.exp(float(np.log(brightness[::2, ::2] + 1e-3).mean()))
    exposed = radiance * np.float32(rng.uniform(0.22, 0.5) / middle)
    exposed *= rng.uniform(0.93, 1.07, 3).astype(np.float32)
    white = 1.1 * float(np.quantile(exposed[::2, ::2], 0.99)) + 1e-6
    exposed = exposed * (1 + exposed / np.float32(white**2)) / (1 + exposed)
    picture = np.sqrt(np.minimum(exposed, 1))
    picture += rng.standard_normal(picture.shape, dtype=np.float32) * np.float32(rng.uniform(0.003, 0.015))
    return (np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8)


ENTRIES = {"": Rooms}
