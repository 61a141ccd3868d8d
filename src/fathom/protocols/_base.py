"""What a score means: a protocol is frozen data, says what it will not compare, and builds its own signature."""

import typing
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from fathom import __version__
from fathom.errors import BadInput, NotComparable
from fathom.ops.align import ALIGNMENTS
from fathom.ops.resize import Method
from fathom.protocols._region import Crop, ShareCrop
from fathom.protocols._signature import parse_signature, written
from fathom.protocols._table import PrintedRow, ScoreTable
from fathom.records import Sample

__all__ = ["Crop", "PrintedRow", "Protocol", "ScoreTable", "ShareCrop", "Truths", "parse_signature"]


class Truths(typing.Protocol):
    """What is scored against: samples with a title, a fingerprint of their content, and one frame (h, w) or None
    where each has its own size."""

    @property
    def title(self) -> str: ...
    @property
    def fingerprint(self) -> str: ...
    @property
    def frame(self) -> tuple[int, int] | None: ...
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[Sample]: ...


@dataclass(frozen=True)
class Protocol:
    """The rules of a score, complete enough that two people get one number.

    name        as on the shelf, "nyu_eigen/paper_image"; ``version`` grows whenever a rule changes
    data        title of the official data and split; ``expected`` how many truths it has (None: as many as made)
    truth       what the true depth is: "in-filled", "raw" or "exact"; ``axis`` what it is measured along
    frame       (height, width) of the official truths, None for any or for several
    crop        the scored part of it, None for all
    footprint   score only where every compared model gives depth (the paper's intersection of regions)
    min_m       truths below, or above ``max_m``, are not scored; ``strict``: nor those exactly equal
    clamp       bring the aligned prediction into min_m..max_m before measuring; without max_m, to min_m at least
    alignment   name in fathom.ops.align.ALIGNMENTS, fitted on the scored pixels of each image, or of all images of
                a scene together where ``align_per`` is "scene" (a video)
    limit_m     no aligned depth is farther: aligned disparities are floored at its inverse before they are inverted
    order       whether the prediction is clamped after or before it is aligned
    resize      how a prediction of another size than the truth is brought to it (fathom.ops.resize.Method);
                ``over_inverse``: its inverse is interpolated
    inference   what the authors do with a model's answer beforehand (means with the mirrored picture, ...); not
                done here, so it has to be done to the predictions
    same_as     the protocol that has the same rules under another name
    geometry    how the photo goes to the network and the depth back: "paper", "whole", "filled" (fathom.predictor)
    average     "image": mean of the images' figures; "pixel": one figure over all pixels
    source      where the rules come from, with its mark: [P] paper, [C] the authors' code, [paper-mem] unseen
    printed     rows of the published table that follow these rules, for comparison
    """

    name: str
    version: int
    data: str
    truth: Literal["in-filled", "raw", "exact"]
    geometry: Literal["paper", "whole", "filled"]
    average: Literal["image", "pixel"]
    source: str
    expected: int | None = None
    axis: str = "camera z"
    frame: tuple[int, int] | None = None
    crop: Crop | ShareCrop | None = None
    footprint: bool = False
    min_m: float | None = None
    max_m: float | None = None
    strict: bool = True
    clamp: bool = False
    alignment: str = "none"
    align_per: Literal["image", "scene"] = "image"
    order: Literal["align, clamp", "clamp, align"] = "align, clamp"
    limit_m: float | None = None
    resize: Method = "bilinear"
    over_inverse: bool = False
    inference: str = ""
    same_as: str = ""
    note: str = ""
    printed: tuple[PrintedRow, ...] = ()

    def __post_init__(self) -> None:
        if self.alignment not in ALIGNMENTS:
            raise BadInput(f"{self.name}: no alignment '{self.alignment}'; there is {', '.join(ALIGNMENTS)}")
        in_pixels = isinstance(self.crop, Crop) and not self.crop.any_size
        if in_pixels and not self.frame:
            raise BadInput(f"{self.name}: a crop in pixels means nothing without the frame that it belongs to")
        if in_pixels and self.frame and not self.crop.fits(self.frame):
            raise BadInput(f"{self.name}: {self.crop} is empty or outside a frame of {_size(self.frame)}")
        if self.clamp and self.min_m is None:
            raise BadInput(f"{self.name}: a clamp needs min_m, and max_m if it is to have an upper end")

    def is_own(self, truths: Truths) -> bool:
        """Whether these truths go by the title of the protocol's official data."""
        return truths.title == self.data

    def check(self, truths: Truths) -> None:
        """Raises NotComparable if the rules cannot be applied, or the official data are not all there."""
        count = len(truths)
        if self.is_own(truths) and self.expected is not None and count != self.expected:
            wrong = f"{self.expected - count} are missing" if count < self.expected else "that is too many"
            raise NotComparable(
                f"{self.name} scores the {self.expected} truths of {self.data}, and here are {count}: {wrong}; "
                "prepare the data set again, or prepare your selection under a title of its own (--title)"
            )
        if not count:
            raise NotComparable(f"{truths.title} holds no samples; there is nothing to score")
        if isinstance(self.crop, Crop) and not self.crop.any_size and truths.frame != self.frame:
            raise NotComparable(
                f"{self.name} scores {self.crop} of a frame of {_size(self.frame)}, and {truths.title} is "
                f"{_size(truths.frame)}; a crop is never scaled: prepare the data at {_size(self.frame)} or use a "
                "protocol without a crop"
            )

    def departures(self, truths: Truths) -> tuple[str, ...]:
        """In plain words, how a score on these truths is not the protocol's own; empty if it is."""
        found = []
        if not self.is_own(truths):
            found.append(
                f"other data than the protocol's own: {truths.title} ({len(truths)} images), not {self.data}"
                + (f" ({self.expected} images)" if self.expected else "")
            )
        if self.frame and truths.frame != self.frame:
            found.append(f"frame {_size(truths.frame)}, not the protocol's own {_size(self.frame)}")
        return tuple(found)

    def region(self, truth_m: np.ndarray) -> np.ndarray:
        """Bool (H, W): pixels with a truth inside the crop and the range, before any footprint."""
        inside = np.zeros(truth_m.shape, bool)
        window = self.crop.window(truth_m.shape) if self.crop else (slice(None), slice(None))
        part = truth_m[window]  # a comparison with NaN is false
        low, high = self.min_m, self.max_m
        if low is None and high is None:
            inside[window] = ~np.isnan(part)
        if low is not None:
            inside[window] = part > low if self.strict else part >= low
        if high is not None:
            below = part < high if self.strict else part <= high
            inside[window] = inside[window] & below if low is not None else below
        return inside

    def signature(self, truths: Truths, pixels: int, missing: int = 0) -> str:
        """One line that names everything a score depends on; ``pixels`` is how many were scored in all, ``missing``
        how many images had no prediction and were left out.

        Like sacrebleu's: ``key:value|key:value``; read it back with ``parse_signature``.
        """
        own = self.is_own(truths)
        data = {
            "protocol": self.name,
            "version": self.version,
            "data": truths.title,
            "own data": "yes" if own else f"no, {self.data}",
            "fingerprint": truths.fingerprint,
            "images": len(truths),
            "frame": _size(truths.frame),
            "truth": self.truth if own else f"as in the data, {self.truth} by the rules",
        }
        measured = {"pixels": pixels, "fathom": __version__}
        return written(data | self.rules() | measured | ({"missing": missing} if missing else {}))

    def rules(self) -> dict[str, str]:
        """What is done with truths and predictions, field by field, as the signature has it."""
        region = [str(self.crop) if self.crop else "whole image"] + ["where all models predict"] * self.footprint
        facts = {
            "axis": self.axis,
            "region": ", ".join(region),
            "range": self._range(),
            "clamp": self._clamp(),
            "alignment": self.alignment_in_words(),
            "geometry": self.geometry,
            "average": self.average,
        }
        resize = f"{self.resize}, of the inverse" if self.over_inverse else self.resize
        facts |= {"resize": resize} if resize != "bilinear" else {}
        return facts | ({"inference": self.inference} if self.inference else {})

    def alignment_in_words(self) -> str:
        """The alignment with its particulars."""
        if self.alignment == "none":
            return "none"
        parts = [self.alignment]
        parts += ["one a scene"] * (self.align_per == "scene")
        parts += ["of the clamped prediction"] * (self.order == "clamp, align")
        parts += [f"at most {self.limit_m:g} m"] if self.limit_m else []
        return ", ".join(parts)

    def _clamp(self) -> str:
        if not self.clamp:
            return "no"
        return f"{self.min_m:g} m or more" if self.max_m is None else f"{self.min_m:g}..{self.max_m:g} m"

    def _range(self) -> str:
        sign = "<" if self.strict else "<="
        low = f"{self.min_m:g} m {sign} " if self.min_m is not None else ""
        high = f" {sign} {self.max_m:g} m" if self.max_m is not None else ""
        return f"{low}depth{high}" if low or high else "all"


def _size(frame: tuple[int, int] | None) -> str:
    return f"{frame[1]}x{frame[0]}" if frame else "several sizes"
