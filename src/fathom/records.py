"""The values that travel through fathom: frozen, typed, and honest about what they are worth.

Frame everywhere: x right, y down, z forward; pixel centres at integers, so a W-wide picture spans
[-0.5, W - 0.5]. Depth is z along the optical axis in metres, never the length of the ray. Absent depth is NaN.
"""

import math
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from fathom.errors import BadInput, NotComparable


class Quantity(StrEnum):
    """What the numbers of a depth map are."""

    METRES = "metres"
    LOG_METRES = "log_metres"  # natural logarithm of metres
    INVERSE_METRES = "inverse_metres"
    RELATIVE_DEPTH = "relative_depth"  # depth up to an unknown scale (and perhaps shift)
    RELATIVE_INVERSE_DEPTH = "relative_inverse_depth"  # 1/depth up to an unknown scale and shift

    @property
    def is_metric(self) -> bool:
        return self in (Quantity.METRES, Quantity.LOG_METRES, Quantity.INVERSE_METRES)


@dataclass(frozen=True)
class Camera:
    """A pinhole camera: focal lengths and principal point in pixels of a width x height picture.

    ``source`` says where the numbers came from ("calibration", "exif", "assumed 60 degrees", ...).
    """

    fx: float
    fy: float
    cx: float
    cy: float
    width: int
    height: int
    source: str = "calibration"

    def __post_init__(self) -> None:
        if not (self.fx > 0 and self.fy > 0 and self.width > 0 and self.height > 0):
            raise BadInput(f"a camera needs positive focal lengths and a size, not {self}")

    @classmethod
    def from_fov(cls, width: int, height: int, fov_deg: float, source: str | None = None) -> "Camera":
        """The camera with this horizontal field of view, square pixels and a central principal point."""
        if not 0 < fov_deg < 180:
            raise BadInput(f"a field of view lies between 0 and 180 degrees, not {fov_deg}")
        focal_px = width / 2 / math.tan(math.radians(fov_deg) / 2)
        source = source or f"assumed {fov_deg:g} degrees"
        return cls(focal_px, focal_px, (width - 1) / 2, (height - 1) / 2, width, height, source)

    @property
    def fov_deg(self) -> float:
        """Horizontal field of view in degrees."""
        return math.degrees(2 * math.atan(self.width / 2 / self.fx))

    @property
    def matrix(self) -> np.ndarray:
        """The 3x3 matrix K, float64."""
        return np.array([[self.fx, 0, self.cx], [0, self.fy, self.cy], [0, 0, 1]])

    def resized(self, width: int, height: int) -> "Camera":
        """The camera of the same picture resized to width x height (edges stay edges)."""
        sx, sy = width / self.width, height / self.height
        cx, cy = (self.cx + 0.5) * sx - 0.5, (self.cy + 0.5) * sy - 0.5
        return replace(self, fx=self.fx * sx, fy=self.fy * sy, cx=cx, cy=cy, width=width, height=height)

    def cropped(self, left: int, top: int, width: int, height: int) -> "Camera":
        """The camera of the width x height part whose top-left pixel is (left, top)."""
        return replace(self, cx=self.cx - left, cy=self.cy - top, width=width, height=height)

    def flipped(self) -> "Camera":
        """The camera of the picture mirrored left to right."""
        return replace(self, cx=self.width - 1 - self.cx)


@dataclass(frozen=True)
class Photo:
    """A picture upright in memory: ``rgb`` uint8 (H, W, 3), its camera, and the name to call it by."""

    rgb: np.ndarray
    camera: Camera
    name: str = ""

    def __post_init__(self) -> None:
        if self.rgb.dtype != np.uint8 or self.rgb.ndim != 3 or self.rgb.shape[2] != 3 or 0 in self.rgb.shape:
            raise BadInput(
                f"{self.name or 'photo'}: a photo is uint8 (H, W, 3), not {self.rgb.dtype} {self.rgb.shape}; "
                "fathom.read_photo makes one of any picture"
            )
        height, width = self.rgb.shape[:2]
        if (self.camera.width, self.camera.height) != (width, height):
            raise BadInput(
                f"{self.name or 'photo'}: {width}x{height} with a camera for {self.camera.width}x"
                f"{self.camera.height}; use camera.resized({width}, {height}) if the picture was resized"
            )


@dataclass(frozen=True)
class Sample:
    """A photo with its true depth: ``depth_m`` float32 (H, W), NaN where absent; ``scene`` for splits."""

    rgb: np.ndarray
    depth_m: np.ndarray
    camera: Camera
    name: str
    scene: str

    def __post_init__(self) -> None:
        if self.rgb.shape[:2] != self.depth_m.shape:
            raise BadInput(
                f"{self.name}: the picture is {self.rgb.shape[1]}x{self.rgb.shape[0]} and its depth "
                f"{self.depth_m.shape[1]}x{self.depth_m.shape[0]}; they must be the same size"
            )


@dataclass(frozen=True)
class Prediction:
    """What a model says of a photo: ``values`` float32 (H, W) at the photo's size, NaN where it says nothing.

    ``quantity`` says what the values are, ``camera`` belongs to the photo, ``model`` names who said it,
    ``geometry`` how the photo was brought to the network and back ("whole", "paper", ...).
    """

    values: np.ndarray
    quantity: Quantity
    camera: Camera
    model: str
    geometry: str = ""
    name: str = ""

    @property
    def valid(self) -> np.ndarray:
        """Bool (H, W): where there is a prediction."""
        return np.isfinite(self.values)

    @property
    def depth_m(self) -> np.ndarray:
        """The values, if they are metres; NotComparable if not."""
        if self.quantity is not Quantity.METRES:
            raise NotComparable(
                f"{self.model} gives {self.quantity}, not metres; score it under a protocol that aligns, "
                "or convert with fathom.ops.depth.to_metres if the quantity is metric"
            )
        return self.values
