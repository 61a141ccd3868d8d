"""What an alignment is: a fit gathered from the pixels of one image or of many, and what it makes of a prediction.

The named ones are in fathom.ops.align.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from fathom.errors import BadInput
from fathom.records import Quantity

Domain = Literal["depth", "disparity", "log depth"]

_DOMAINS: dict[Quantity, Domain] = {
    Quantity.METRES: "depth",
    Quantity.RELATIVE_DEPTH: "depth",
    Quantity.INVERSE_METRES: "disparity",
    Quantity.RELATIVE_INVERSE_DEPTH: "disparity",
    Quantity.LOG_METRES: "log depth",
}


@dataclass(frozen=True)
class Fitted:
    """A fit: what takes a prediction to metres.

    domain         where scale and shift hold
    given          the domain of the predictions that it was fitted to
    scale, shift   the parameters
    unknowns       how many parameters were fitted
    pixels         to how many pixels
    farthest_m     no aligned depth is farther, and a disparity that is not positive is here; inf for no limit
    note           in plain words, why a score after this fit says little; "" if it does not
    """

    domain: Domain
    given: Domain
    scale: float
    shift: float
    unknowns: int
    pixels: int
    farthest_m: float = math.inf
    note: str = ""

    @property
    def exact(self) -> bool:
        """Whether there were so few pixels that the fit meets them whatever the model says."""
        return 0 < self.unknowns >= self.pixels

    def metres(self, prediction: np.ndarray, max_m: float | None = None) -> np.ndarray:
        """Predictions of the same quantity, any shape → metres, float64; NaN stays NaN.

        max_m: a limit of the protocol, beside the fit's own ``farthest_m``. An aligned disparity is floored at
        1/limit before it is inverted: what is not positive comes to lie at the limit (MiDaS). Without any limit it
        lies at inf, which no measure accepts unless a clamp mends it. Depths are limited the same way.
        """
        if self.domain == self.given == "depth" and (self.scale, self.shift) == (1, 0) and max_m is None:
            return prediction
        limit_m = min(self.farthest_m, math.inf if max_m is None else max_m)
        aligned = np.asarray(_into(self.domain, prediction, self.given), np.float64) * self.scale + self.shift
        with np.errstate(over="ignore", divide="ignore"):
            if self.domain == "disparity":
                aligned = 1 / np.maximum(aligned, 1 / limit_m)
            elif self.domain == "log depth":
                aligned = np.exp(aligned)
        return np.minimum(aligned, limit_m)


class Moments(NamedTuple):
    """Count, means and sums of squares about the means, of x (prediction) and y (truth)."""

    count: int
    x: float
    y: float
    xx: float
    xy: float

    def joined(self, other: "Moments") -> "Moments":
        """Of both together (Chan, Golub and LeVeque 1983)."""
        if not self.count:
            return other
        n = self.count + other.count
        dx, dy, share = other.x - self.x, other.y - self.y, self.count * other.count / n
        return Moments(
            n,
            self.x + dx * other.count / n,
            self.y + dy * other.count / n,
            self.xx + other.xx + dx * dx * share,
            self.xy + other.xy + dx * dy * share,
        )


_EXACT = "as few pixels as unknowns: the fit is exact whatever the model says"
NO_SUMS = Moments(0, 0.0, 0.0, 0.0, 0.0)


def _moments(x: np.ndarray, y: np.ndarray) -> Moments:
    # About the first pixel, so that equal values have a spread of exactly 0.
    x_off, y_off = (np.subtract(v, v[0], dtype=np.float64) for v in (x, y))
    x_mean, y_mean = float(np.mean(x_off)), float(np.mean(y_off))
    x_off -= x_mean
    y_off -= y_mean
    return Moments(x.size, float(x[0]) + x_mean, float(y[0]) + y_mean, float(x_off @ x_off), float(x_off @ y_off))


class Gathered(NamedTuple):
    """What a solver gets, in the alignment's domain: pixels (x prediction, y truth) and sums, where gathered."""

    x: np.ndarray
    y: np.ndarray
    moments: Moments = NO_SUMS


class Line(NamedTuple):
    """What a solver answers: truth = scale * prediction + shift, and what must be said of it in plain words."""

    scale: float
    shift: float = 0.0
    note: str = ""


@dataclass(frozen=True)
class Alignment:
    """How a prediction is brought to metres, and which quantities that makes sense for.

    name      as a protocol and its signature call it
    domain    where scale and shift are fitted
    accepts   the quantities that it is meant for; the others of ``fathom.records.Quantity`` are to be converted
              first, or say too little
    unknowns  how many parameters are fitted: with so few pixels a fit is exact and its score says nothing
    gathers   what the fit needs of its images: "sums" (a few numbers, however many images), "pixels" (every pixel
              is kept, 8 bytes each if float32: medians and L1), "both", or "nothing"
    source    where it comes from; [C] the authors' code, [P] the paper, [A] our judgement
    limit     the farthest depth it gives: a length in metres, "truth" for the farthest truth of the fit, or None
    positive  whether only predictions above 0 are fitted to
    infinite  whether a few infinite predictions do no harm to the fit (medians)
    """

    name: str
    domain: Domain
    accepts: tuple[Quantity, ...]
    unknowns: int
    gathers: Literal["nothing", "sums", "pixels", "both"]
    source: str
    solve: Callable[[Gathered], Line]
    limit: float | Literal["truth"] | None = None
    positive: bool = False
    infinite: bool = False

    def gather(self) -> "Gathering":
        """Begins a fit to several images."""
        return Gathering(self)

    def fit(self, prediction: np.ndarray, truth_m: np.ndarray, quantity: Quantity | None = None) -> Fitted:
        """The fit to the pixels that have both, of arrays of one shape; see ``Gathering``."""
        gathering = Gathering(self)
        gathering.add(prediction, truth_m, quantity)
        return gathering.fit()

    def apply(
        self,
        prediction: np.ndarray,
        truth_m: np.ndarray,
        quantity: Quantity | None = None,
        max_m: float | None = None,
    ) -> np.ndarray:
        """The prediction in metres after a fit to itself; no pixels give no pixels back.

        prediction, truth_m, quantity: as in ``Gathering.add``; max_m: as in ``Fitted.metres``.
        """
        if not np.size(prediction) and not np.size(truth_m):
            return np.asarray(prediction)
        return self.fit(prediction, truth_m, quantity).metres(prediction, max_m)

    def given(self, quantity: Quantity | None) -> Domain:
        """The domain of a prediction of this quantity; BadInput if the alignment is not for it, or cannot know."""
        if quantity is not None and quantity in self.accepts:
            return _DOMAINS[quantity]
        domains = {_DOMAINS[q] for q in self.accepts}
        if quantity is None and len(domains) == 1:
            return domains.pop()
        if quantity is None:
            raise BadInput(
                f"'{self.name}' takes {' and '.join(sorted(domains))}; say what the prediction is, as in "
                f"quantity=Quantity.{self.accepts[0].name}"
            )
        raise BadInput(f"'{self.name}' is for {', '.join(self.accepts)}, not for {quantity}")


class Gathering:
    """The pixels of one image or of many, on the way to one fit.

    Memory is constant where the alignment gathers sums only.
    """

    def __init__(self, alignment: Alignment) -> None:
        self._alignment = alignment
        self._given: Domain | None = None
        self._pixels = 0
        self._farthest_m = 0.0
        self._moments = NO_SUMS
        self._kept: list[tuple[np.ndarray, np.ndarray]] = []

    def add(self, prediction: np.ndarray, truth_m: np.ndarray, quantity: Quantity | None = None) -> None:
        """Adds the pixels of an image that have both a prediction and a truth; arrays of one shape.

        truth_m: metres, NaN where absent. ``quantity`` says what the prediction is; it may be left out where the
        alignment takes only one domain.
        Raises BadInput if shapes differ, if a truth is not a positive length, if the quantity is not accepted, or
        if a prediction has no value in the domain (zero or negative depth in disparity or log depth; infinity,
        unless medians bear it).
        """
        alignment, given = self._alignment, self._alignment.given(quantity)
        if self._given not in (None, given):
            raise BadInput(f"one fit is for one quantity: predictions in {self._given} came first, then in {given}")
        self._given = given
        if alignment.gathers == "nothing":
            return
        x, y = common_pixels(prediction, truth_m)
        if y.size and not (y.min() > 0 and y.max() < np.inf):
            raise BadInput("the truth is zero, negative or not finite at some pixels; absent depth is NaN, never 0")
        if alignment.positive:
            x, y = x[x > 0], y[x > 0]
        if not y.size:
            return
        self._pixels += y.size
        self._farthest_m = max(self._farthest_m, float(y.max()))
        x, y = _into(alignment.domain, x, given), _into(alignment.domain, y, "depth")
        if not alignment.infinite:
            self._must_be_finite(x)
        if alignment.gathers in ("sums", "both"):
            self._moments = self._moments.joined(_moments(x, y))
        if alignment.gathers in ("pixels", "both"):
            self._kept.append((np.array(x), np.array(y)))  # copies: the caller may fill its arrays anew

    def fit(self) -> Fitted:
        """The parameters; BadInput if there is no pixel, or no scale can bring the prediction to the truth."""
        alignment = self._alignment
        if alignment.unknowns and not self._pixels:
            above = " above 0" * alignment.positive
            raise BadInput(
                f"no pixel has both a prediction{above} and a truth; '{alignment.name}' needs at least one"
            )
        x, y = (
            (np.concatenate(parts) for parts in zip(*self._kept, strict=True)) if self._kept else [np.empty(0)] * 2
        )
        line = alignment.solve(Gathered(x, y, self._moments))
        exact = [_EXACT] if 0 < alignment.unknowns >= self._pixels else []
        limit_m = self._farthest_m if alignment.limit == "truth" else alignment.limit
        return Fitted(
            alignment.domain,
            self._given or _DOMAINS[alignment.accepts[0]],
            line.scale,
            line.shift,
            alignment.unknowns,
            self._pixels,
            math.inf if limit_m is None else float(limit_m),
            "; ".join([line.note] * bool(line.note) + exact),
        )

    def _must_be_finite(self, x: np.ndarray) -> None:
        bad = x.size - int(np.count_nonzero(np.isfinite(x)))
        if bad:
            raise BadInput(
                f"the prediction has no finite {self._alignment.domain} at {bad} of {x.size} pixels; "
                f"'{self._alignment.name}' needs one at every pixel with truth"
            )


def common_pixels(prediction: np.ndarray, truth_m: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The pixels that have both, as lines; float32 or float64, and where all have both perhaps views."""
    prediction, truth_m = np.asarray(prediction), np.asarray(truth_m)
    if prediction.shape != truth_m.shape:
        raise BadInput(
            f"the prediction is {prediction.shape} and the truth {truth_m.shape}; bring the prediction to the size "
            "of the truth first"
        )
    x, y = (a if a.dtype in (np.float32, np.float64) else a.astype(np.float64) for a in (prediction, truth_m))
    both = ~(np.isnan(x) | np.isnan(y))
    return (x.reshape(-1), y.reshape(-1)) if both.all() else (x[both], y[both])


def _into(domain: Domain, values: np.ndarray, given: Domain) -> np.ndarray:
    """Values of one domain in another, float64; a depth that is not positive has no disparity and no log: NaN.

    In their own domain they stay as they are.
    """
    if domain == given:
        return values
    if domain == "depth" or given != "depth":
        raise AssertionError(f"no alignment takes {given} to {domain}")
    with np.errstate(divide="ignore", invalid="ignore"):
        lengths = np.where(np.greater(values, 0), np.asarray(values, np.float64), np.nan)
        return 1 / lengths if domain == "disparity" else np.log(lengths)
