"""KITTI's pictures of five sizes, brought to one: the rule, and what it does to colour, camera and depth.

The rectified pictures are 1242x375, 1241x376, 1224x370, 1226x370 or 1238x374, by day. The paper says "originally
1224x368", halved, and nothing else. Our rule [A]: one scale for both axes, so that pixels stay square, then rows
are cut off above, where there is hardly any depth.

    scale = width of the frame / width of the picture          (1 to 0.9855 for 1224)
    rows cut off above = height * scale - height of the frame  (1.4 to 2.9 for 368; need not be whole)

It also nearly evens the focal length, which is 706 to 722 px in the files, to 706 to 711.
Edges go to edges: with pixel centres at integers, u' = (u + 1/2) scale - 1/2, and v' likewise less the rows cut.
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from PIL import Image

from fathom.errors import BadInput
from fathom.ops.splat import Axis, Conflicts, resample_sparse, splat_velodyne
from fathom.records import Camera

Size = Literal["half", "full", "original"]
FRAMES = {"half": (184, 612), "full": (368, 1224)}


@dataclass(frozen=True)
class Window:
    """From one picture's size to the frame."""

    picture: Camera
    scale: float
    top: float
    frame: tuple[int, int]

    @classmethod
    def of(cls, picture: Camera, size: Size) -> "Window":
        """The window for pictures of this camera. BadInput if they are too wide for the frame's height."""
        if size == "original":
            return cls(picture, 1.0, 0.0, (picture.height, picture.width))
        height, width = FRAMES[size]
        scale = width / picture.width
        top = picture.height * scale - height
        if top < -1e-9:
            raise BadInput(
                f"a picture of {picture.width}x{picture.height} at a width of {width} has fewer than {height} rows"
            )
        return cls(picture, scale, max(top, 0.0), (height, width))

    @property
    def camera(self) -> Camera:
        """The camera of the frame."""
        p, s = self.picture, self.scale
        cx, cy = (p.cx + 0.5) * s - 0.5, (p.cy + 0.5) * s - 0.5 - self.top
        return replace(p, fx=p.fx * s, fy=p.fy * s, cx=cx, cy=cy, width=self.frame[1], height=self.frame[0])

    def colour(self, rgb: np.ndarray) -> np.ndarray:
        """uint8 (H', W', 3) → the frame's (H, W, 3), resampled once, averaging where it becomes smaller."""
        height, width = self.frame
        if self.scale == 1 and rgb.shape[:2] == self.frame:
            return rgb
        box = (0, self.top / self.scale, rgb.shape[1], rgb.shape[0])
        return np.asarray(Image.fromarray(rgb).resize((width, height), Image.Resampling.BILINEAR, box))

    def truth(self, depth_m: np.ndarray) -> np.ndarray:
        """A sparse depth map of the picture → the frame's: measured values moved, never mixed."""
        return resample_sparse(depth_m, self.scale, self.top, self.frame)

    def scan(
        self,
        points_m: np.ndarray,
        to_pixels: np.ndarray,
        left_size: tuple[int, int],
        conflicts: Conflicts,
        axis: Axis,
    ) -> np.ndarray:
        """A laser scan → the frame's depth map, projected straight onto its pixels.

        to_pixels  (3, 4), scanner to pixels of the picture; ``left_size`` (H, W) of image_02, which monodepth2
                   takes for both cameras: its truth is made at that size and then moved like an annotated one
        """
        if conflicts == "monodepth2":
            return self.truth(splat_velodyne(points_m, to_pixels, left_size, conflicts, axis))
        shift = 0.5 * self.scale - 0.5
        into_frame = np.array([[self.scale, 0, shift], [0, self.scale, shift - self.top], [0, 0, 1]])
        return splat_velodyne(points_m, into_frame @ to_pixels, self.frame, conflicts, axis)
