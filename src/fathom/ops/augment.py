"""The paper's augmentation (section 3 and 4) as one affine warp for a whole batch.

Scale, rotation, crop and flip are composed into one 2x3 matrix per image that maps a pixel of the network's input
to a pixel of the stored frame. Colour is sampled once, bilinearly; depth is sampled once, nearest, straight at
the pixels on which the network's outputs are centred. Nothing is resized twice, and absent depth stays absent.

Scaling a picture by s while the focal length stays the same means that everything stands s times nearer along
the optical axis: (X, Y, Z) → (X, Y, Z/s) projects to s times the offset from the principal point. So depth is
divided by s and the camera keeps its focal length; planes stay planes.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class Ranges:
    """What is drawn at random for each image. The default draws nothing: the centre crop.

    scale         the picture is enlarged by s, its depth divided by s
    rotation_deg  in the picture's plane, about the frame's centre
    translate     a random crop; otherwise the centre one
    flip          probability of mirroring left to right
    gain          each colour channel is multiplied by its own factor
    """

    scale: tuple[float, float] = (1.0, 1.0)
    rotation_deg: tuple[float, float] = (0.0, 0.0)
    translate: bool = False
    flip: float = 0.0
    gain: tuple[float, float] = (1.0, 1.0)


@dataclass(frozen=True)
class Draw:
    """What was drawn for a batch: every field has B rows. ``shift`` is the crop's place as a share (row, column)
    of the room that there is for it: 0.5 is the centre."""

    scale: Tensor
    angle_rad: Tensor
    shift: Tensor  # (B, 2)
    flip: Tensor  # bool
    gain: Tensor  # (B, 3)


def draw(ranges: Ranges, batch: int, generator: torch.Generator) -> Draw:
    """Random numbers for ``batch`` images from the generator (which lives on the CPU, so that every device
    sees the same numbers)."""

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand(batch, *shape, generator=generator)

    angle_rad = torch.deg2rad(uniform(*ranges.rotation_deg))
    shift = uniform(0.0, 1.0, 2) if ranges.translate else torch.full((batch, 2), 0.5)
    flip = uniform(0.0, 1.0) < ranges.flip
    return Draw(uniform(*ranges.scale), angle_rad, shift, flip, uniform(*ranges.gain, 3))


def matrices(drawn: Draw, frame: tuple[int, int], crop: tuple[int, int]) -> Tensor:
    """(B, 2, 3) float64: (x, y, 1) of the crop → (x, y) of the frame; both in pixels, centres at integers.

    frame, crop: (height, width). With nothing drawn this is the integer shift of the centre crop.
    """
    batch = len(drawn.scale)
    s, (h, w), (ch, cw) = drawn.scale.double(), frame, crop
    # Crop pixel → pixel of the enlarged frame. The centre crop starts at a whole pixel, as the paper's does.
    room = torch.stack([s * h - ch, s * w - cw], 1)
    start = torch.where(drawn.shift == 0.5, (room / 2).floor(), room * drawn.shift.double())
    to_enlarged = torch.eye(3, dtype=torch.float64).repeat(batch, 1, 1)
    to_enlarged[:, 0, 0] = torch.where(drawn.flip, -1.0, 1.0)
    to_enlarged[:, 0, 2] = torch.where(drawn.flip, cw - 1.0, 0.0) + start[:, 1]
    to_enlarged[:, 1, 2] = start[:, 0]
    # Enlarged frame → frame: edges stay edges, so pixel centres move by half a pixel.
    shrink = torch.zeros(batch, 3, 3, dtype=torch.float64)
    shrink[:, 0, 0] = shrink[:, 1, 1] = 1 / s
    shrink[:, 0, 2] = shrink[:, 1, 2] = 0.5 / s - 0.5
    shrink[:, 2, 2] = 1
    # Rotation about the frame's centre.
    cos, sin = drawn.angle_rad.double().cos(), drawn.angle_rad.double().sin()
    x, y = (w - 1) / 2, (h - 1) / 2
    turn = torch.zeros(batch, 3, 3, dtype=torch.float64)
    turn[:, 0, 0] = turn[:, 1, 1] = cos
    turn[:, 0, 1], turn[:, 1, 0] = -sin, sin
    turn[:, 0, 2] = x - cos * x + sin * y
    turn[:, 1, 2] = y - sin * x - cos * y
    turn[:, 2, 2] = 1
    return (turn @ shrink @ to_enlarged)[:, :2]


def warp_colour(rgb: Tensor, matrix: Tensor, size: tuple[int, int], gain: Tensor | None = None) -> Tensor:
    """rgb uint8 (B, H, W, 3) → float32 (B, 3, *size) in 0..1, sampled bilinearly where ``matrix`` points.

    Beyond the frame the nearest edge pixel is repeated (the depth there is absent). ``gain`` (B, 3) multiplies
    the channels; the result is cut at 0 and 1, as a camera would.
    """
    picture = rgb.permute(0, 3, 1, 2).float().div_(255)
    grid = _normalised(_points(matrix, size, stride=1, offset=(0, 0)), (rgb.shape[1], rgb.shape[2]))
    warped = F.grid_sample(picture, grid.float(), mode="bilinear", padding_mode="border", align_corners=False)
    if gain is not None:
        warped = (warped * gain[:, :, None, None].to(warped)).clamp_(0, 1)
    return warped


def warp_depth(
    depth_m: Tensor,
    matrix: Tensor,
    size: tuple[int, int],
    scale: Tensor,
    stride: int = 1,
    offset: tuple[int, int] = (0, 0),
) -> Tensor:
    """depth_m (B, H, W) → (B, *size): the nearest stored pixel at crop pixel offset + stride * (i, j), over scale.

    Absent (NaN) stays absent, and so is everything beyond the frame. No value is ever mixed with another.
    """
    batch, height, width = depth_m.shape
    points = _points(matrix, size, stride, offset).to(depth_m.device)
    # floor(x + 0.5), not round(): halves must go the same way at even and odd pixels.
    x, y = (points + 0.5).floor().long().unbind(-1)
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    index = y.clamp(0, height - 1) * width + x.clamp(0, width - 1)
    sampled = depth_m.flatten(1).gather(1, index.flatten(1)).view(batch, *size)
    return torch.where(inside, sampled, torch.nan) / scale.to(depth_m)[:, None, None]


def warp_cameras(cameras: Tensor, drawn: Draw, matrix: Tensor) -> Tensor:
    """cameras (B, 4) of the frames as (fx, fy, cx, cy) → (B, 4) of the crops.

    Focal lengths stay (the scale went into the depth), the principal point moves with the picture. Rotation
    turns the camera about its axis, which changes no intrinsics when fx = fy.
    """
    full = torch.cat([matrix, matrix.new_tensor([[[0.0, 0.0, 1.0]]]).expand(len(matrix), 1, 3)], 1)
    centre = torch.cat([cameras[:, 2:].double(), cameras.new_ones(len(cameras), 1).double()], 1)
    moved = torch.linalg.solve(full, centre.unsqueeze(-1)).squeeze(-1)
    return torch.cat([cameras[:, :2], moved[:, :2].to(cameras)], 1)


def _points(matrix: Tensor, size: tuple[int, int], stride: int, offset: tuple[int, int]) -> Tensor:
    """(B, *size, 2): the frame pixel (x, y) under each output pixel, float64."""
    y = offset[0] + stride * torch.arange(size[0], dtype=torch.float64, device=matrix.device)
    x = offset[1] + stride * torch.arange(size[1], dtype=torch.float64, device=matrix.device)
    homogeneous = torch.stack([x.expand(len(y), -1), y[:, None].expand(-1, len(x)), x.new_ones(len(y), len(x))])
    return torch.einsum("bij,jyx->byxi", matrix, homogeneous)


def _normalised(points: Tensor, frame: tuple[int, int]) -> Tensor:
    """Pixels → grid_sample's -1..1 over the picture's edges."""
    height, width = frame
    return (points * 2 + 1) / points.new_tensor([width, height]) - 1
