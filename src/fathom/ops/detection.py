"""What the numbers of somebody's depth maps are, found out from the numbers and the truth; refused where unsure.

Whoever publishes predictions seldom says whether they are metres, millimetres, 1/256 m, a logarithm, an inverse or
a picture stretched to 0..255, and a wrong guess gives a score that looks like one. Over several images four things
tell:

direction   whether the numbers rise or fall with the true depth (rank correlation; no scale can change it)
factor      by how much the median image is off if the numbers are counts of a usual unit: a model of metres stays
            within 1.4 of the truth, and the usual units lie 2.56 apart or more
steadiness  whether that factor is the same from image to image: a model of metres may be 20 % off here and there,
            a scale that is not known wanders more
ends        whether every image goes exactly from 0 to 1, 255 or 65535: it was stretched, its scale is gone

The thresholds are our judgement [A]. With 5 images or more, depth up to a scale is taken for metres only if that
scale happens to stay within about 0.2 (in its logarithm) of one usual unit in all of them.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from fathom.errors import BadInput, NotComparable
from fathom.ops._correlation import correlation, left_by_a_shift, ranks, width
from fathom.ops.units import signs
from fathom.records import Quantity

MOST_PIXELS = 20_000  # of an image that are looked at
FEWEST_PIXELS = 20
FACTOR = math.log(1.4)  # a unit fits if the median image is nearer ...
DOUBTFUL_FACTOR = math.log(2)  # ... and cannot be ruled out if it is nearer than this
FEW = 5  # images; fewer cannot show whether a factor is steady
FACTOR_OF_FEW = math.log(1.25)
STEADY, UNSTEADY = 0.25, 0.45  # standard deviation of the factor's logarithm over images
WEAK = 0.3  # rank correlation
SHIFTED = 0.35  # what is left of the error of a scale if a shift is allowed too
_STRETCHED_TO = (1, 255, 65535)
_ASK = "say what they are with --quantity"

# The lower 5 % point of chi square over its degrees of freedom, square root: how much smaller than the true one a
# standard deviation of so many values may come out. [the table; checked in the tests]
_LUCK = {1: 0.063, 2: 0.226, 3: 0.342, 4: 0.422, 5: 0.479, 6: 0.522, 7: 0.556, 8: 0.584, 9: 0.608, 14: 0.685}


@dataclass(frozen=True)
class Unit:
    """A way in which depth is written: the stored number times ``step`` is of ``quantity``."""

    name: str
    quantity: Quantity
    step: float

    @property
    def flags(self) -> str:
        """What to type to have it so."""
        return _flags(self.quantity, self.step)


RISING = (
    Unit("metres", Quantity.METRES, 1.0),
    Unit("millimetres", Quantity.METRES, 1e-3),
    Unit("centimetres", Quantity.METRES, 1e-2),
    Unit("1/256 m", Quantity.METRES, 1 / 256),
    Unit("1/5000 m", Quantity.METRES, 1 / 5000),
    Unit("natural logarithm of metres", Quantity.LOG_METRES, 1.0),
    Unit("logarithm of metres to base 10", Quantity.LOG_METRES, math.log(10)),
)
FALLING = (Unit("1/metres", Quantity.INVERSE_METRES, 1.0),)


@dataclass(frozen=True)
class Fit:
    """How a unit fits.

    bias     logarithm of the median image's factor (prediction over truth); ``spread`` its standard deviation over
             images, nan for one image
    stretch  how much more the logarithm of depth varies in the prediction than in the truth; near 1 for a unit
    shifted  what a shift besides a scale would leave of the error, 0 .. 1
    straight for a logarithm, the share of images in which the numbers are a straighter line of the true logarithm
             than of the true depth; 1 for other units
    """

    unit: Unit
    bias: float
    spread: float
    stretch: float
    shifted: float
    straight: float

    @property
    def is_as_wide(self) -> bool:
        return 0.5 < self.stretch < 2

    def __str__(self) -> str:
        spread = "" if math.isnan(self.spread) else f", {100 * math.expm1(self.spread):.0f} % from image to image"
        return f"as {self.unit.name} the median image is {_times(self.bias)} the truth{spread}"


@dataclass(frozen=True)
class Meaning:
    """What stored numbers are: times ``step`` they are of ``quantity``; ``score`` (0 .. 1) is how sure that is,
    ``reasons`` why in words, ``fits`` all the units that were tried, best first."""

    quantity: Quantity
    step: float
    score: float
    reasons: tuple[str, ...]
    fits: tuple[Fit, ...] = ()

    @property
    def flags(self) -> str:
        """What to type to have the same without detection."""
        return _flags(self.quantity, self.step)

    def decode(self, stored: np.ndarray) -> np.ndarray:
        """Stored numbers → float32 values of ``quantity``, NaN where absent; as ``decode``."""
        return decode(stored, self.quantity, self.step)


@dataclass(frozen=True)
class _Look:
    """One image: the numbers and the truth at the pixels that are compared, and facts of all its numbers."""

    stored: np.ndarray
    depth_m: np.ndarray
    counts: bool
    stretched: bool
    eight_bits: str
    rank: float


def decode(stored: np.ndarray, quantity: Quantity, step: float = 1.0) -> np.ndarray:
    """Stored numbers times ``step`` → float32 values of ``quantity``; NaN where absent (0 too, in metres)."""
    if not (math.isfinite(step) and step > 0):
        raise BadInput(f"a step is a positive number, what one stored unit is worth, not {step}")
    with np.errstate(over="ignore"):
        values = (stored * np.float64(step)).astype(np.float32)
    if quantity is Quantity.METRES:
        values[stored == 0] = np.nan
    return values


def detect(pairs: Iterable[tuple[np.ndarray, np.ndarray]]) -> Meaning:
    """What the stored numbers of predictions are, from several of them with their truths.

    pairs  (stored, depth_m): both (H, W); stored of any numeric type, the truth in metres with NaN where absent.
           Give ten or so, evenly from the whole set.

    Raises NotComparable, with the flags to type, where more than one meaning is possible or none is likely: two
    units fit, the numbers hardly follow the truth, or they are depth upside down. Raises BadInput if every
    prediction is empty or constant.
    """
    looks, skipped = [], []
    for stored, depth_m in pairs:
        look = _look(stored, depth_m)
        (looks if isinstance(look, _Look) else skipped).append(look)
    if not looks:
        raise BadInput(
            f"none of {len(skipped)} predictions can be looked at: {', '.join(sorted(set(map(str, skipped))))}; "
            f"they do not tell what they are; if they are to be scored all the same, {_ASK}"
        )
    rising, reasons = _direction(looks)
    if skipped:
        reasons.append(f"{len(skipped)} predictions were left out: {', '.join(sorted(set(map(str, skipped))))}")
    stretched = sum(look.stretched for look in looks) >= 0.9 * len(looks)
    bits = next((look.eight_bits for look in looks if look.eight_bits), "")
    eight = sum(bool(look.eight_bits) for look in looks) >= 0.9 * len(looks)
    units = () if eight else RISING if rising else FALLING
    fits = sorted((f for u in units if (f := _fit(u, looks))), key=lambda f: abs(f.bias))
    rank = abs(float(np.median([look.rank for look in looks])))
    if not stretched and (fit := _metric(fits, looks)):
        few = [f"so few images (fewer than {FEW}) hardly show whether the factor is steady"] * (len(looks) < FEW)
        score = rank * (1 - abs(fit.bias) / math.log(4)) * (1 - 0.5 * min(1.0, np.nan_to_num(fit.spread, nan=1.0)))
        return Meaning(
            fit.unit.quantity, fit.unit.step, round(float(score), 3), (*reasons, str(fit), *few), tuple(fits)
        )
    if stretched and (likely := [f for f in fits if abs(f.bias) < FACTOR and _limit(len(looks)) >= f.spread]):
        raise NotComparable(
            f"every image goes from 0 to its end, as stretched pictures do, but {likely[0]}; {_ask(likely)} or "
            f"--quantity {_relative(rising)}"
        )
    reasons += [bits] * eight + ["every image goes exactly from 0 to its end: it was stretched"] * stretched
    reasons += _no_unit(fits, looks)
    _must_not_be_upside_down(looks, rising)
    score = rank * (1.0 if stretched or eight else 0.8)
    return Meaning(_relative(rising), 1.0, round(score, 3), tuple(reasons), tuple(fits))


def own_truth_fits_best(pairs: Sequence[tuple[np.ndarray, np.ndarray]]) -> tuple[int, int]:
    """How many predictions follow their own truth better than the next one's, and of how many that can be said.

    All or nearly all, if predictions and truths are of the same photos; about half if their order was mixed up.
    Nothing can be said of pairs that differ in size or share no pixels, and little of photos that look all alike.
    """
    better = known = 0
    for place, (stored, depth_m) in enumerate(pairs):
        other_m = pairs[(place + 1) % len(pairs)][1]
        if other_m.shape != stored.shape or len(pairs) < 2:
            continue
        both = np.where(np.isfinite(depth_m), other_m, np.nan)  # the same pixels for both
        own, other = _look(stored, np.where(np.isfinite(both), depth_m, np.nan)), _look(stored, both)
        if isinstance(own, _Look) and isinstance(other, _Look):
            known += 1
            better += abs(own.rank) > abs(other.rank)
    return better, known


def _look(stored: np.ndarray, depth_m: np.ndarray) -> "_Look | str":
    """An image to compare, or in words why it cannot be."""
    if stored.shape != depth_m.shape:
        raise BadInput(f"a prediction of {stored.shape} and a truth of {depth_m.shape} cannot be compared")
    counts = stored.dtype.kind in "ui"
    there = np.isfinite(stored)
    if not there.any():
        return "without a finite number"
    low, high = stored[there].min(), stored[there].max()
    if low == high:
        return "constant"
    stretched = bool(low == 0 and high in _STRETCHED_TO)
    if not stretched:  # nearly all who write counts, and many who write floats, write 0 for absent
        there &= stored != 0
    both = there & (depth_m > 0) & np.isfinite(depth_m)
    at = np.flatnonzero(both)
    if at.size < FEWEST_PIXELS:
        return "without a number where there is truth"
    at = at[:: max(1, at.size // MOST_PIXELS)]
    numbers, truth_m = stored.ravel()[at].astype(np.float64), depth_m.ravel()[at].astype(np.float64)
    if numbers.min() == numbers.max():
        return "constant where there is truth"
    eight = next((s.reason for s in signs(stored) if not s.unit and "8 bits" in s.reason), "") if counts else ""
    if counts and high <= 255 and not eight:
        eight = "no value is above 255: 8 bits, a picture of depth and not depth"
    return _Look(numbers, truth_m, counts, stretched, eight, correlation(ranks(numbers), ranks(truth_m)))


def _direction(looks: Sequence[_Look]) -> tuple[bool, list[str]]:
    """Whether the numbers rise with depth, and that in words; NotComparable if they hardly do either."""
    found = np.array([look.rank for look in looks])
    middle = float(np.median(found))
    agree = int(np.count_nonzero(np.sign(found) == np.sign(middle)))
    if abs(middle) < WEAK or agree < 0.8 * len(looks):
        raise NotComparable(
            f"the predictions hardly follow the truth (median rank correlation {middle:.2f}, the same sign in "
            f"{agree} of {len(looks)} images): they may be of other photos, in another order or of another size; "
            f"if they are right, {_ASK} metres --step 1 (or 0.001, 1/256, ...)"
        )
    word = "rise" if middle > 0 else "fall"
    return middle > 0, [
        f"the numbers {word} with depth (median rank correlation {middle:.2f}, {len(looks)} images)"
    ]


def _fit(unit: Unit, looks: Sequence[_Look]) -> Fit | None:
    """How a unit fits; None if most numbers would be no depth in it."""
    biases, stretches, shifted = [], [], []
    for look in looks:
        values = look.stored * unit.step
        if unit.quantity is not Quantity.LOG_METRES:
            positive = values > 0
            if np.count_nonzero(positive) < 0.5 * positive.size:
                return None
            values, depth_m = values[positive], look.depth_m[positive]
            log_m = np.log(values) * (-1 if unit.quantity is Quantity.INVERSE_METRES else 1)
        else:
            log_m, depth_m = values, look.depth_m
        error = log_m - np.log(depth_m)
        biases.append(np.median(error))
        stretches.append(width(log_m) / max(width(np.log(depth_m)), 1e-9))
        shifted.append(left_by_a_shift(values, _in(unit.quantity, depth_m)))
    spread = float(np.std(biases, ddof=1)) if len(biases) > 1 else math.nan
    straight = 1.0
    if unit.quantity is Quantity.LOG_METRES:
        straight = float(np.mean([_is_straighter_in_logarithm(look) for look in looks]))
    stretch, shift = float(np.median(stretches)), float(np.median(shifted))
    return Fit(unit, float(np.median(biases)), spread, stretch, shift, straight)


def _metric(fits: Sequence[Fit], looks: Sequence[_Look]) -> Fit | None:
    """The one unit that fits, None if none can; NotComparable between the two."""
    near = [f for f in fits if abs(f.bias) < DOUBTFUL_FACTOR and not f.spread > UNSTEADY]
    # Small numbers of any unit are, as a logarithm, about 1 m; but they are no straight line of the true logarithm,
    # or have not its width. A logarithm to another base is straight, and has not its width either.
    near = [f for f in near if (f.is_as_wide and f.straight > 0.5) or f.unit.quantity is not Quantity.LOG_METRES]
    near = [f for f in near if f.is_as_wide] or near
    if not near:
        return None
    best = near[0]
    doubts = [str(f) for f in near]
    allowed = FACTOR if len(looks) >= FEW else FACTOR_OF_FEW
    if all(look.counts for look in looks):
        allowed = FACTOR
    if (
        len(near) == 1
        and abs(best.bias) <= allowed
        and best.is_as_wide
        and best.straight >= 0.8
        and best.shifted > SHIFTED
    ):
        if not best.spread > _limit(len(looks), all(look.counts for look in looks)):
            return best
        doubts.append("that is neither steady enough for a unit nor unsteady enough for none")
    elif len(near) == 1 and not best.is_as_wide:
        doubts.append(f"but it varies {best.stretch:.2g} times as much within an image")
    elif len(near) == 1 and best.straight < 0.8:
        doubts.append("but in many images the numbers are a straighter line of depth itself")
    elif len(near) == 1 and best.shifted <= SHIFTED:
        doubts.append(f"but a shift besides takes away {100 * (1 - best.shifted):.0f} % of the error")
    if abs(best.bias) > FACTOR and not any(f.spread <= STEADY for f in near) and len(looks) >= FEW:
        return None
    raise NotComparable(
        f"what these numbers are is not clear: {'; '.join(doubts)}; {_ask(near)} or "
        f"--quantity {_relative(best.unit in RISING)}"
    )


def _limit(images: int, counts: bool = False) -> float:
    """How large a spread over so many images may be for the true one to be below UNSTEADY (19 times in 20).

    Counts of 16 bits that are not stretched are of some unit nearly always; few images show nothing either way.
    """
    if counts:
        return UNSTEADY
    if images < FEW:
        return STEADY
    return UNSTEADY * _LUCK[max(n for n in _LUCK if n < images)]


def _no_unit(fits: Sequence[Fit], looks: Sequence[_Look]) -> list[str]:
    """In words, why no unit fits; with the factor, should it be the same everywhere."""
    if not fits:
        return []
    best = fits[0]
    metres = next((f for f in fits if f.unit.step == 1.0 and f.unit.quantity is not Quantity.LOG_METRES), None)
    found = [f"no usual unit fits: {best}"]
    if metres and len(looks) >= FEW and metres.spread < STEADY / 2:
        step = math.exp(-metres.bias if metres.unit.quantity is Quantity.METRES else metres.bias)
        found.append(
            f"but the factor is the same in all images: if it is a unit, type {_flags(metres.unit.quantity, step)}"
        )
    return found


def _must_not_be_upside_down(looks: Sequence[_Look], rising: bool) -> None:
    """NotComparable if the numbers are a straight line of something else than their direction says."""
    own, others = ("depth", ("1/depth", "log depth")) if rising else ("1/depth", ("depth", "log depth"))
    spaces = {"depth": lambda d: d, "1/depth": lambda d: 1 / d, "log depth": np.log}
    left = {
        name: float(np.median([1 - correlation(look.stored, space(look.depth_m)) ** 2 for look in looks]))
        for name, space in spaces.items()
    }
    for other in others:
        if left[other] < 0.1 and 3 * left[other] < left[own]:
            turned = (
                f"{other} turned upside down" if other != "log depth" else "a logarithm of depth without a unit"
            )
            raise NotComparable(
                f"the numbers {'rise' if rising else 'fall'} with depth but are a straight line of {other} "
                f"(r2 {1 - left[other]:.3f}, of {own} {1 - left[own]:.3f}): {turned}, which no protocol aligns; "
                f"save the numbers of the network itself, or insist with --quantity {_relative(rising)}"
            )


def _is_straighter_in_logarithm(look: _Look) -> bool:
    return correlation(look.stored, np.log(look.depth_m)) > correlation(look.stored, look.depth_m)


def _in(quantity: Quantity, depth_m: np.ndarray) -> np.ndarray:
    if quantity is Quantity.LOG_METRES:
        return np.log(depth_m)
    return 1 / depth_m if quantity is Quantity.INVERSE_METRES else depth_m


def _relative(rising: bool) -> Quantity:
    return Quantity.RELATIVE_DEPTH if rising else Quantity.RELATIVE_INVERSE_DEPTH


def _times(log_factor: float) -> str:
    return f"{math.exp(log_factor):.3g} times"


def _flags(quantity: Quantity, step: float) -> str:
    return f"--quantity {quantity}" + (f" --step {step:.6g}" if quantity.is_metric else "")


def _ask(fits: Sequence[Fit]) -> str:
    return "type " + " or ".join(f.unit.flags for f in fits)
