"""The metrics for training loops: update, compute, reset, as torchmetrics has them, under the rules of a protocol.

With torchmetrics installed (``pip install 'fathom-depth[metrics]'``) ``DepthMetrics`` is one of its metrics: it can
stand in a MetricCollection, Lightning logs it, and torchmetrics joins it over processes. Without, it has the same
three methods, and ``compute`` joins the processes of torch.distributed itself.

>>> import torch
>>> from fathom.metrics import DepthMetrics
>>> metrics = DepthMetrics(min_m=1e-3, max_m=10, names=("abs_rel", "rmse"))
>>> metrics.update(torch.full((1, 2, 2), 3.0), torch.tensor([[[2.0, 0.0], [2.0, 2.0]]]))  # 0 is out of range
>>> {name: float(value) for name, value in metrics.compute().items()}
{'abs_rel': 0.5, 'rmse': 1.0}
"""

from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from torch import Tensor, distributed

from fathom import shelf
from fathom.errors import BadInput
from fathom.ops.align import ALIGNMENTS
from fathom.ops.metrics import EXTRA_METRICS, METRICS, PixelSums, measure
from fathom.protocols._base import Crop, Protocol, ShareCrop
from fathom.records import Quantity

__all__ = ["DepthMetrics"]

_ALL = METRICS | EXTRA_METRICS


class _Alone:
    """As much of torchmetrics.Metric as is needed where there is none."""

    device = torch.device("cpu")

    def __init__(self) -> None:
        self._states: dict[str, tuple[Tensor, str | Callable[[Tensor], Tensor]]] = {}

    def add_state(self, name: str, default: Tensor, dist_reduce_fx: str | Callable[[Tensor], Tensor]) -> None:
        self._states[name] = default, dist_reduce_fx
        setattr(self, name, default.clone())

    def reset(self) -> None:
        for name, (default, _) in self._states.items():
            setattr(self, name, default.clone())

    def joined(self) -> dict[str, Tensor]:
        """The states of all processes together."""
        own = {name: getattr(self, name) for name in self._states}
        if not (distributed.is_available() and distributed.is_initialized()):
            return own
        gathered: list[Any] = [None] * distributed.get_world_size()
        distributed.all_gather_object(gathered, own)
        stacked = {name: torch.stack([each[name] for each in gathered]) for name in own}
        rules = {name: rule for name, (_, rule) in self._states.items()}
        return {n: s.sum(0) if rules[n] == "sum" else rules[n](s) for n, s in stacked.items()}  # ty: ignore


if TYPE_CHECKING:
    _Base: Any = object
else:
    try:
        from torchmetrics import Metric as _Base
    except ImportError:
        _Base = _Alone


@dataclass(frozen=True)
class _Seen:
    """What a signature asks of the truths."""

    title: str
    count: int
    frame: tuple[int, int] | None
    fingerprint: str = "unknown"

    def __len__(self) -> int:
        return self.count


class DepthMetrics(_Base):
    """Depth metrics over batches.

    protocol      a protocol or the name of one; or, instead of it, the rules:
    min_m, max_m  truths outside are not scored, nor those exactly there; a truth of 0 is absent if min_m is given
    crop          the scored rectangle ((first row, end), (first column, end))
    clamp         bring the aligned prediction into min_m..max_m first
    alignment     a name of fathom.ops.align.ALIGNMENTS, fitted image by image
    average       "image": mean of the images' figures; "pixel": one figure over all pixels

    quantity      what the predictions are, where the alignment takes several
    names         which figures, of METRICS and EXTRA_METRICS in fathom.ops.metrics; default: all of METRICS
    data          what is scored, in the signature

    Raises BadInput for names that there are not, and for rules beside a protocol.

    A sampler that repeats samples to give every process equally many (DistributedSampler does) has them counted
    twice, and one that drops the rest (drop_last) loses them: compare ``images`` with the size of the set.
    """

    full_state_update = False
    is_differentiable = False

    def __init__(
        self,
        protocol: Protocol | str | None = None,
        *,
        min_m: float | None = None,
        max_m: float | None = None,
        crop: Crop | ShareCrop | tuple[tuple[int, int], tuple[int, int]] | None = None,
        clamp: bool = False,
        alignment: str = "none",
        average: Literal["image", "pixel"] = "image",
        quantity: Quantity | None = None,
        names: Sequence[str] | None = None,
        data: str = "unnamed",
        **torchmetrics: Any,
    ) -> None:
        super().__init__(**torchmetrics)
        rules = (min_m, max_m, crop, clamp, alignment, average)
        if protocol is None:
            protocol = _own_rules(*rules)
        elif rules != (None, None, None, False, "none", "image"):
            raise BadInput("a protocol has its own range, crop, clamp, alignment and average: give it or these")
        self.protocol = shelf.look_up("protocols", protocol) if isinstance(protocol, str) else protocol
        if self.protocol.align_per != "image":
            raise BadInput(f"{self.protocol.name} aligns whole videos; use fathom.evaluate")
        self.names, self.quantity, self.data = tuple(names or METRICS), quantity, data
        if unknown := [name for name in self.names if name not in _ALL]:
            raise BadInput(f"no metric {', '.join(unknown)}; there is {', '.join(_ALL)}")
        self._frame: tuple[int, int] | None = self.protocol.frame
        each = torch.zeros(len(self.names), dtype=torch.float64)
        self.add_state("sums", _tensor(PixelSums()), dist_reduce_fx=_pooled)
        self.add_state("totals", each, dist_reduce_fx="sum")
        self.add_state("valued", each.clone(), dist_reduce_fx="sum")
        self.add_state("seen", torch.zeros((), dtype=torch.float64), dist_reduce_fx="sum")

    def update(self, preds: Tensor, target: Tensor) -> None:
        """Scores a batch: (H, W), (B, H, W) or (B, 1, H, W), target in metres, NaN where absent; any device.

        Raises BadInput as fathom.ops.metrics.measure does, with the number of the image in the batch; then none of
        the batch counts.
        """
        predictions, truths = _images(preds), _images(target)
        if predictions.shape != truths.shape:
            raise BadInput(f"predictions {predictions.shape} and truths {truths.shape} must have one shape")
        found = []
        for number, (prediction, truth_m) in enumerate(zip(predictions, truths, strict=True)):
            try:
                found.append(self._measure(prediction, truth_m))
            except BadInput as error:
                raise BadInput(f"image {number} of the batch: {error}") from error
        for sums in found:
            self._add(sums)

    def compute(self) -> dict[str, Tensor]:
        """The figures by name, of all processes together, float64; NaN where there was no pixel to say anything."""
        states = self._joined()
        if self.protocol.average == "image":
            figures = states["totals"] / states["valued"]  # 0 / 0 is NaN
        else:
            values = [_ALL[name].value(_sums(states["sums"])) for name in self.names]
            figures = torch.tensor([np.nan if v is None else v for v in values], dtype=torch.float64)
        return dict(zip(self.names, figures.to(self.device), strict=True))

    @property
    def images(self) -> int:
        """How many images this process has scored since the last reset."""
        return int(self.seen)

    @property
    def signature(self) -> str:
        """The rules in one line, as every score of fathom has; images and pixels are those of this process."""
        seen: Any = _Seen(self.data, self.images, self._frame)
        return self.protocol.signature(seen, _sums(self.sums).pixels)

    def _joined(self) -> dict[str, Tensor]:
        if isinstance(self, _Alone):
            return self.joined()
        return {name: getattr(self, name) for name in ("sums", "totals", "valued")}  # torchmetrics has joined them

    def _measure(self, prediction: np.ndarray, truth_m: np.ndarray) -> PixelSums:
        protocol = self.protocol
        crop = protocol.crop
        if isinstance(crop, Crop) and not crop.any_size and truth_m.shape != protocol.frame:
            raise BadInput(f"{protocol.name} crops truths of {protocol.frame}, not of {truth_m.shape}")
        self._frame = truth_m.shape
        region = protocol.region(truth_m)
        if protocol.footprint:
            region &= ~np.isnan(prediction)
        ends = {"min_m": protocol.min_m, "max_m": protocol.max_m} if protocol.clamp else {}
        if protocol.alignment == "none":
            return measure(prediction, truth_m, region, **ends)
        given, truth_m = prediction[region], truth_m[region]
        if protocol.order == "clamp, align" and ends:
            given, ends = np.clip(given, protocol.min_m, protocol.max_m), {}
        if not truth_m.size:
            return PixelSums()
        fit = ALIGNMENTS[protocol.alignment].fit(given, truth_m, self.quantity)
        if fit.exact:  # as many unknowns as pixels: no error to speak of, so no value
            return PixelSums()
        return measure(fit.metres(given, protocol.limit_m), truth_m, **ends)

    def _add(self, found: PixelSums) -> None:
        values = [_ALL[name].value(found) for name in self.names]
        place = self.sums.device
        self.sums = _pooled(torch.stack([self.sums, _tensor(found).to(place)]))
        self.totals = self.totals + torch.tensor([v or 0.0 for v in values], dtype=torch.float64).to(place)
        self.valued = self.valued + torch.tensor([v is not None for v in values]).to(place)
        self.seen = self.seen + 1


def _own_rules(min_m, max_m, crop, clamp, alignment, average) -> Protocol:
    if isinstance(crop, tuple):
        crop = Crop(*crop, any_size=True)
    return Protocol(
        name="own rules",
        version=1,
        data="no official data",
        truth="raw",
        geometry="whole",
        average=average,
        source="the program that made them",
        min_m=min_m,
        max_m=max_m,
        crop=crop,
        clamp=clamp,
        alignment=alignment,
    )


def _images(batch: Tensor) -> np.ndarray:
    """(B, H, W), float32 or float64."""
    batch = batch.detach().cpu()
    batch = batch if batch.dtype in (torch.float32, torch.float64) else batch.float()
    if batch.ndim == 4 and batch.shape[1] == 1:
        batch = batch[:, 0]
    if batch.ndim not in (2, 3):
        raise BadInput(f"a batch is (H, W), (B, H, W) or (B, 1, H, W), not {tuple(batch.shape)}")
    return batch.reshape(-1, *batch.shape[-2:]).numpy()


def _tensor(sums: PixelSums) -> Tensor:
    return torch.tensor(astuple(sums), dtype=torch.float64)


def _sums(tensor: Tensor) -> PixelSums:
    values = tensor.tolist()
    kinds = (type(field) for field in astuple(PixelSums()))
    return PixelSums(*(kind(value) for kind, value in zip(kinds, values, strict=True)))


def _pooled(stacked: Tensor) -> Tensor:
    """The sums of several, as PixelSums adds them."""
    return _tensor(sum((_sums(row) for row in stacked), PixelSums())).to(stacked.device)
