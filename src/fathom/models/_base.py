"""What every model is: a network with the geometry of its input and output written down."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from fathom.records import Quantity


@dataclass(frozen=True)
class InputSpec:
    """Where a network's input comes from in a photo and where its output lies in that input.

    All sizes are (height, width), all positions (row, column), in pixels.

    frame       the photo is brought to this size ...
    crop        ... and the network sees this much of its centre
    output      size of the map that the network returns
    stride      distance in crop pixels between neighbouring outputs
    offset      crop pixel on which output (0, 0) is centred: output (i, j) looks at offset + stride * (i, j)
    footprint   top-left crop pixel of the cells of the outputs; output (i, j) stands for the stride x stride
                pixels that start at footprint + stride * (i, j)
    focal_px    focal length, in frame pixels, of the photos that the network is trained on
    """

    frame: tuple[int, int]
    crop: tuple[int, int]
    output: tuple[int, int]
    stride: int
    offset: tuple[int, int]
    footprint: tuple[int, int]
    focal_px: float

    @property
    def crop_origin(self) -> tuple[int, int]:
        """Top-left pixel of the centre crop in the frame."""
        return (self.frame[0] - self.crop[0]) // 2, (self.frame[1] - self.crop[1]) // 2

    @property
    def footprint_in_frame(self) -> tuple[int, int, int, int]:
        """(top, left, height, width) of the region of the frame for which there is an output."""
        (top, left), (row, col) = self.crop_origin, self.footprint
        return top + row, left + col, self.output[0] * self.stride, self.output[1] * self.stride


@dataclass(frozen=True)
class DepthStatistics:
    """What a model may know of its training set before it has seen a picture.

    mean_log_depth   mean natural log of metres over all pixels with depth
    mean_depth_m     float32 (H, W) mean depth at each pixel of the frame, NaN where none ever had depth
    """

    mean_log_depth: float
    mean_depth_m: Tensor


class DepthModel(nn.Module):
    """A network from pictures to log metres.

    ``scales`` names the outputs it can give, coarsest first; the last one is the default.
    """

    spec: InputSpec
    quantity: Quantity = Quantity.LOG_METRES
    scales: tuple[str, ...] = ("full",)

    def forward(self, rgb: Tensor, scale: str | None = None) -> Tensor:
        """rgb (B, 3, *spec.crop), 0..1 → natural log of metres, (B, *spec.output), at the named scale."""
        raise TypeError(f"{type(self).__name__} must say how it turns a picture into depth")

    @torch.no_grad()
    def initialise(self, how: str, statistics: DepthStatistics, generator: torch.Generator) -> None:
        """Sets the weights before training; ``how`` is one of the model's documented initialisations."""
        raise TypeError(f"{type(self).__name__} must say how its weights begin")
