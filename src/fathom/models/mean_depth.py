"""The baseline "Mean" of the paper's tables: the mean depth image of the training set, whatever the photo."""

from functools import partial

import torch
from torch import Tensor

from fathom.errors import UnknownName
from fathom.models._base import DepthModel, DepthStatistics, InputSpec


class MeanDepth(DepthModel):
    """Answers every picture with the mean depth image; NaN where no training image ever had depth."""

    def __init__(self, frame: tuple[int, int], focal_px: float):
        super().__init__()
        self.spec = InputSpec(frame, frame, frame, stride=1, offset=(0, 0), footprint=(0, 0), focal_px=focal_px)
        self.mean_depth_m: Tensor
        self.register_buffer("mean_depth_m", torch.full(frame, torch.nan))

    def forward(self, rgb: Tensor, scale: str | None = None) -> Tensor:
        return self.mean_depth_m.log().expand(len(rgb), -1, -1)

    @torch.no_grad()
    def initialise(self, how: str, statistics: DepthStatistics, generator: torch.Generator) -> None:
        """``how`` "mean" is the only way: the image is the statistics' own, which is all the training there is."""
        if how != "mean":
            raise UnknownName(f"mean_depth is initialised by 'mean', not '{how}'")
        self.mean_depth_m.copy_(statistics.mean_depth_m)


ENTRIES = {
    "nyu": partial(MeanDepth, (240, 320), 259.43),
    "kitti": partial(MeanDepth, (184, 612), 355.5),
}
