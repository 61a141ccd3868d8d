"""What stored depth values say about their unit.

Integers in a file do not say what one of them is worth, and a wrong factor gives depth that looks right and is not.
But sensors and converters leave traces in the values. Each trace is a sign, not a proof; what to make of it is for
the caller.
"""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

UNITS_M = {"mm": 1e-3, "1/256": 1 / 256, "1/5000": 1 / 5000, "cm": 1e-2, "m": 1.0}
PLAUSIBLE_MEDIAN_M = (0.3, 60.0)  # of a picture's depth; a close-up or a landscape lies outside
_NEARLY_ALL = 0.9
_FEW = 1000  # values looked at before a share means anything


@dataclass(frozen=True)
class Sign:
    """A trace in the values. ``unit`` is a name of UNITS_M, or "" where they are no counts of any unit."""

    unit: str
    reason: str


def signs(stored: np.ndarray) -> list[Sign]:
    """What integer depth values (H, W), 0 absent, tell of their unit; the strongest sign first, perhaps none."""
    values = stored[stored > 0].astype(np.int64)
    if values.size < _FEW:
        return []
    if values.max() <= 255:
        return [Sign("", "no value is above 255: 8 bits, a picture of depth and not depth")]
    for factor, how in ((257, "times 257"), (256, "shifted by 8 bits")):
        if _share(values, factor) > _NEARLY_ALL:
            return [Sign("", f"{_percent(values, factor)} of the values are multiples of {factor}: 8 bits {how}")]
    found = []
    if _share(values, 8) > _NEARLY_ALL:
        found.append(
            Sign(
                "",
                f"{_percent(values, 8)} of the values are multiples of 8: SUN RGB-D's millimetres, whose bits are "
                "rotated by 3 (data set sun_rgbd)",
            )
        )
    elif _share(values, 5) > _NEARLY_ALL:
        found.append(
            Sign(
                "1/5000", f"{_percent(values, 5)} of the values are multiples of 5: millimetres times 5, as in TUM"
            )
        )
    height, width = stored.shape
    present, top = values.size / stored.size, np.count_nonzero(stored[: height // 4])
    if present < 0.4 and top == 0 and width > 2 * height:
        found.append(
            Sign(
                "1/256",
                f"depth at {100 * present:.0f} % of the pixels, none in the upper quarter of a wide picture: a "
                "laser scanner's, which KITTI stores in 1/256 m",
            )
        )
    return found


def contradictions(stored: np.ndarray, step_m: float) -> list[str]:
    """Why integer depth values can hardly be counts of ``step_m`` metres; empty if nothing speaks against it.

    Two things do: a sign of another unit, and a median that hardly any picture has while in another unit it would
    be usual.
    """
    found = []
    for sign in signs(stored):
        if not sign.unit:
            found.append(sign.reason)
        elif not np.isclose(UNITS_M[sign.unit], step_m, rtol=1e-3):
            found.append(f"{sign.reason}; {_medians(stored, step_m, [sign.unit])}")
    values = stored[stored > 0]
    low_m, high_m = PLAUSIBLE_MEDIAN_M
    if not found and values.size and not low_m <= np.median(values) * step_m <= high_m:
        others = [u for u, other_m in UNITS_M.items() if low_m <= np.median(values) * other_m <= high_m]
        if others:
            found.append(_medians(stored, step_m, others))
    return found


def _medians(stored: np.ndarray, step_m: float, units: list[str]) -> str:
    median = float(np.median(stored[stored > 0]))
    here = f"in steps of {_written(step_m)} the median is {median * step_m:.3g} m"
    return f"{here}, in {', '.join(f'{u} {median * UNITS_M[u]:.3g} m' for u in units)}"


def _written(step_m: float) -> str:
    fraction = Fraction(step_m).limit_denominator(10_000)
    return f"{fraction} m" if np.isclose(float(fraction), step_m) else f"{step_m:g} m"


def _share(values: np.ndarray, factor: int) -> float:
    return np.count_nonzero(values % factor == 0) / values.size


def _percent(values: np.ndarray, factor: int) -> str:
    return f"{100 * _share(values, factor):.0f} %"
