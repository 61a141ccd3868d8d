"""The coarse and the fine network of Eigen, Puhrsch and Fergus, NIPS 2014 (arXiv 1406.2283).

    picture ── coarse: 5 convolutions, 2 full layers ──► log metres, a quarter of the input's size
       └────── fine: 9x9/2 convolution, pool ──┴─ concatenate ─► 5x5 ─► 5x5 ─► log metres, same size

Sizes follow the table of Fig. 1. The figure writes 2x2 pools; only overlapping 3x3 pools of stride 2, after
coarse layers 1, 2 and 5 and after fine layer 1, reproduce its numbers for both data sets and the 45x45 field of
view that section 3.1.2 states, and the authors' released code has them. The first convolutions are padded
symmetrically as in that code (2 and 1 pixels), so that output p is centred on input pixel 4p + 5.

Two variants, because paper and release differ:

    nyu, kitti     the paper as printed; what it leaves open (input scaling) is standardised colour
    nyu_release    the authors' code: response normalisation, its input scaling, features times 0.01,
                   log depth in units of its standard deviation, dropout without rescaling

Pooling comes before the ReLU: the two commute, and the smaller map is cheaper to rectify.
"""

from dataclasses import dataclass
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fathom.errors import UnknownName
from fathom.models._base import DepthModel, DepthStatistics, InputSpec

# Frames are half the data set's resolution: NYU 640x480, KITTI brought to 1224x368 (section 4).
# Focal lengths: NYU toolbox's RGB calibration 518.86 px at 640 wide; KITTI's rectified 721.54 px at 1242 wide.
NYU = InputSpec((240, 320), (228, 304), (55, 74), stride=4, offset=(5, 5), footprint=(4, 4), focal_px=259.43)
# KITTI has depth only below: the fine network sees the bottom 116 rows, and the output starts there.
KITTI = InputSpec((184, 612), (172, 576), (27, 142), stride=4, offset=(61, 5), footprint=(60, 4), focal_px=355.5)


@dataclass(frozen=True)
class Variant:
    """What the release does and the paper does not print. Input scalings act on colours 0..255."""

    coarse_shift: float = 109.31410628  # the release's fine scaling, used for both networks as printed
    coarse_divisor: float = 76.18328376
    fine_shift: float = 109.31410628
    fine_divisor: float = 76.18328376
    response_normalisation: bool = False
    feature_factor: float = 1.0
    log_depth_deviation: float = 1.0  # the networks compute log metres over this
    dropout_rescales: bool = True


PRINTED = Variant()
RELEASE = Variant(
    coarse_shift=128.0,
    coarse_divisor=1.0,
    response_normalisation=True,
    feature_factor=0.01,
    log_depth_deviation=0.45723134,
    dropout_rescales=False,
)


class PlainDropout(nn.Module):
    """Dropout as the release has it: zeroes without rescaling in training, halves in use."""

    def forward(self, x: Tensor) -> Tensor:
        if self.training:
            return x * (torch.rand_like(x) < 0.5)
        return x * 0.5


class Coarse(nn.Module):
    """The global network: the whole crop (B, 3, h, w) → (B, 1, oh, ow), linear."""

    def __init__(self, spec: InputSpec, variant: Variant):
        super().__init__()
        self.output, self.variant = spec.output, variant
        self.conv1 = nn.Conv2d(3, 96, 11, stride=4, padding=2)
        self.conv2 = nn.Conv2d(96, 256, 5, padding=2)
        self.conv3 = nn.Conv2d(256, 384, 3, padding=1)
        self.conv4 = nn.Conv2d(384, 384, 3, padding=1)
        self.conv5 = nn.Conv2d(384, 256, 3, padding=1)
        rows, cols = (_pooled(_pooled(_pooled((n + 4 - 11) // 4 + 1))) for n in spec.crop)
        self.full6 = nn.Linear(256 * rows * cols, 4096)
        self.dropout = nn.Dropout(0.5) if variant.dropout_rescales else PlainDropout()
        self.full7 = nn.Linear(4096, spec.output[0] * spec.output[1])

    def forward(self, colour: Tensor) -> Tensor:
        x = self._normalise(F.relu(_pool(self.conv1(colour))))
        x = self._normalise(F.relu(_pool(self.conv2(x))))
        x = F.relu(self.conv3(x))
        x = F.relu(self.conv4(x))
        x = F.relu(_pool(self.conv5(x)))
        x = self.dropout(F.relu(self.full6(x.flatten(1) * self.variant.feature_factor)))
        return self.full7(x).view(-1, 1, *self.output)

    def _normalise(self, x: Tensor) -> Tensor:
        if not self.variant.response_normalisation:
            return x
        # The release computes x * (2 + 1e-4 * sum of squares)^-0.75; PyTorch divides alpha by the window.
        return F.local_response_norm(x, size=5, alpha=5e-4, beta=0.75, k=2.0)


class Fine(nn.Module):
    """The local network: (B, 3, h, w) and the coarse map (B, 1, oh, ow) → (B, 1, oh, ow), linear."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 63, 9, stride=2, padding=1)
        self.conv2 = nn.Conv2d(64, 64, 5, padding=2)
        self.conv3 = nn.Conv2d(64, 1, 5, padding=2)

    def forward(self, colour: Tensor, coarse: Tensor) -> Tensor:
        x = F.relu(_pool(self.conv1(colour)))
        x = torch.cat([coarse, x], dim=1)
        return self.conv3(F.relu(self.conv2(x)))


class Eigen2014(DepthModel):
    """Both networks. Scales: "coarse", "fine" (the refined one, default).

    Parameters: NYU 70,757,734 coarse and 119,437 fine; KITTI 90,762,362 coarse and 119,437 fine.
    """

    scales = ("coarse", "fine")

    def __init__(self, spec: InputSpec, variant: Variant = PRINTED):
        super().__init__()
        self.spec, self.variant = spec, variant
        self.coarse = Coarse(spec, variant)
        self.fine = Fine()

    def forward(self, rgb: Tensor, scale: str | None = None) -> Tensor:
        if scale not in (None, *self.scales):
            raise UnknownName(f"eigen2014 has the scales {self.scales}, not '{scale}'")
        v = self.variant
        coarse = self.coarse((rgb * 255 - v.coarse_shift) / v.coarse_divisor)
        if scale == "coarse":
            return coarse.squeeze(1).float() * v.log_depth_deviation
        top = self.spec.crop[0] - (self.spec.output[0] * 4 + 8)
        fine = self.fine((rgb[:, :, top:] * 255 - v.fine_shift) / v.fine_divisor, coarse)
        return fine.squeeze(1).float() * v.log_depth_deviation

    @torch.no_grad()
    def initialise(self, how: str, statistics: DepthStatistics, generator: torch.Generator) -> None:
        """``how`` is one of

        "release"             the released code's numbers, with N(0, 0.01) for the coarse convolutions where it had
                              ImageNet's; the outputs start at the training set's mean log depth
        "he"                  for training from scratch: He et al. 2015, and a fine network that begins by handing
                              the coarse prediction through unchanged
        "he_from_mean_image"  the same, and the coarse output starts at the mean depth image instead of one mean
        """
        if how not in ("release", "he", "he_from_mean_image"):
            raise UnknownName(f"eigen2014 is initialised by 'release', 'he' or 'he_from_mean_image', not '{how}'")
        normal = partial(nn.init.normal_, generator=generator)
        for name, layer in self.named_modules():
            if isinstance(layer, (nn.Conv2d, nn.Linear)):
                nn.init.zeros_(layer.bias)
                if how == "release":
                    normal(layer.weight, std=0.001 if name == "fine.conv1" else 0.01)
                else:
                    nn.init.kaiming_normal_(layer.weight, nonlinearity="relu", generator=generator)
        mean = torch.full((self.coarse.full7.out_features,), statistics.mean_log_depth)
        if how == "release":
            nn.init.uniform_(self.coarse.full7.weight, -0.005, 0.005, generator=generator)
            self.get_parameter("fine.conv3.bias").copy_(mean[:1] / self.variant.log_depth_deviation)
        else:
            normal(self.coarse.full7.weight, std=0.001)
            self._pass_coarse_through()
        if how == "he_from_mean_image":
            mean = self._log_mean_image(statistics).flatten()
        self.get_parameter("coarse.full7.bias").copy_(mean / self.variant.log_depth_deviation)

    def _log_mean_image(self, statistics: DepthStatistics) -> Tensor:
        """The mean depth image at the pixels of the outputs, shifted to the mean log depth: the logarithm of a mean
        is not the mean of logarithms."""
        rows, columns = (
            origin + offset + self.spec.stride * torch.arange(count)
            for origin, offset, count in zip(self.spec.crop_origin, self.spec.offset, self.spec.output, strict=True)
        )
        image = statistics.mean_depth_m[rows][:, columns].log()
        image = image - image.nanmean() + statistics.mean_log_depth
        return image.nan_to_num(statistics.mean_log_depth)

    def _pass_coarse_through(self) -> None:
        """Two maps carry the positive and the negative part of the coarse prediction past the ReLU."""
        centre = 2
        normal_scale = 0.1  # the other maps join in gently
        self.fine.conv2.weight[:2] = 0
        self.fine.conv2.weight[0, 0, centre, centre] = 1
        self.fine.conv2.weight[1, 0, centre, centre] = -1
        self.fine.conv3.weight.mul_(normal_scale)[:, :2] = 0
        self.fine.conv3.weight[0, 0, centre, centre] = 1
        self.fine.conv3.weight[0, 1, centre, centre] = -1


def _pool(x: Tensor) -> Tensor:
    return F.max_pool2d(x, kernel_size=3, stride=2)


def _pooled(n: int) -> int:
    return (n - 3) // 2 + 1


ENTRIES = {
    "nyu": partial(Eigen2014, NYU),
    "kitti": partial(Eigen2014, KITTI),
    "nyu_release": partial(Eigen2014, NYU, RELEASE),
}
