"""Charts as SVG; a style sheet colours their classes: bar, foot, band, line, dot, grid, axis, mark."""

import math
from collections.abc import Sequence
from html import escape

import numpy as np

from fathom.ops.profile import DepthBin

WIDTH, HEIGHT = 340, 190
_LEFT, _RIGHT, _TOP, _BOTTOM = 54, 12, 10, 34


def histogram(values: Sequence[float], top: float, most: int, label: str, bins: int = 25) -> str:
    """How many of some values lie where between 0 and ``top``; the last bar holds those beyond it too.

    ``most`` is how high the axis goes, so that several histograms can share it. A mark stands at the median.
    """
    counts = counted(values, top, bins)
    wide = WIDTH - _LEFT - _RIGHT
    parts = _frame(_ticks(0, top), _ticks(0, most, whole=True), (0, top), (0, most), label, "images")
    for number, count in enumerate(counts):
        if count:
            low, high = top * number / bins, top * (number + 1) / bins
            ends = f"{low:.3g} to {high:.3g}" if number < bins - 1 else f"{low:.3g} or more"
            y = _y(count, 0, most)
            parts.append(
                f'<rect class="bar" x="{_LEFT + wide * number / bins + 0.5:.1f}" y="{y:.1f}" '
                f'width="{wide / bins - 1:.1f}" height="{HEIGHT - _BOTTOM - y:.1f}"><title>{label} {ends}: '
                f"{count} images</title></rect>"
            )
    if len(values):
        x = _x(min(float(np.median(values)), top), 0, top)
        parts.append(f'<path class="mark" d="M{x:.1f} {_TOP}V{HEIGHT - _BOTTOM}"/>')
    return _svg(parts, f"histogram of {label} over {len(values)} images")


def counted(values: Sequence[float], top: float, bins: int = 25) -> list[int]:
    """The heights of ``histogram``'s bars."""
    places = np.clip(np.floor(np.asarray(values, float) / top * bins), 0, bins - 1).astype(int)
    return np.bincount(places, minlength=bins).tolist()


def error_by_depth(bins: Sequence[DepthBin], near_m: float, far_m: float, limit: float) -> str:
    """Median (line) and middle half (band) of the relative error against true depth, on a logarithmic axis.

    Errors beyond ±limit are drawn at it. Grey bars at the foot show which share of the pixels each bin holds.
    """
    ends = math.log(near_m), math.log(far_m)
    metres = [(math.log(m), f"{m:g}") for m in _round_metres(near_m, far_m)]
    percent = [(t, f"{100 * t:+.3g} %".replace("-", "−") if t else "0") for t in _symmetric(limit)]
    parts = _frame(metres, percent, ends, (-limit, limit), "true depth, m (logarithmic)", "")
    most = max((b.pixels for b in bins), default=1)
    upper, lower, middle = [], [], []
    for b in bins:
        low, high = (_x(math.log(end), *ends) for end in (b.near_m, b.far_m))
        tall = 24 * b.pixels / most
        parts.append(
            f'<rect class="foot" x="{low + 0.5:.1f}" y="{HEIGHT - _BOTTOM - tall:.1f}" '
            f'width="{high - low - 1:.1f}" height="{tall:.1f}"><title>{b.near_m:.3g} to {b.far_m:.3g} m: '
            f"{b.pixels} pixels, error {100 * b.median:+.1f} % ({100 * b.lower:+.1f} to {100 * b.upper:+.1f} %)"
            "</title></rect>"
        )
        at = (low + high) / 2
        for points, value in ((lower, b.lower), (middle, b.median), (upper, b.upper)):
            points.append(f"{at:.1f} {_y(min(max(value, -limit), limit), -limit, limit):.1f}")
    zero = _y(0, -limit, limit)
    parts.append(f'<path class="axis" d="M{_LEFT} {zero:.1f}H{WIDTH - _RIGHT}"/>')
    if bins:
        parts.append(f'<path class="band" d="M{"L".join(upper + lower[::-1])}Z"/>')
        parts.append(f'<path class="line" d="M{"L".join(middle)}"/>')
        parts += [f'<circle class="dot" cx="{p.split()[0]}" cy="{p.split()[1]}" r="2"/>' for p in middle]
    return _svg(parts, "median and quartiles of the relative error against true depth")


def colour_bar(colours: np.ndarray, ticks: Sequence[tuple[float, str]], label: str, width: int = 340) -> str:
    """A horizontal bar of colours, uint8 (N, 3), with words at shares 0..1 of its length."""
    left, step = 24, (width - 64) / len(colours)
    parts = [
        f'<rect x="{left + i * step:.2f}" y="2" width="{step + 0.5:.2f}" height="12" '
        f'fill="#{r:02x}{g:02x}{b:02x}"/>'
        for i, (r, g, b) in enumerate(colours.tolist())
    ]
    for share, word in ticks:
        x = left + share * (width - 64)
        parts.append(f'<path class="axis" d="M{x:.1f} 14v4"/>')
        parts.append(f'<text x="{x:.1f}" y="29" text-anchor="middle">{escape(word)}</text>')
    return _svg(parts, label, width, 34)


def depth_ticks(near_m: float, far_m: float) -> list[tuple[float, str]]:
    """Round metres on a logarithmic ``colour_bar`` between near and far."""
    span = math.log(far_m / near_m)
    metres = _round_metres(near_m, far_m, least_gap=0.14)
    return [(math.log(m / near_m) / span, f"{m:g} m") for m in metres]


def rounded_up(value: float) -> float:
    """The next of 1, 1.5, 2, 3, 5, 7, 10 times a power of ten."""
    if not 0 < value < math.inf:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(d * power for d in (1, 1.5, 2, 3, 5, 7, 10, 15) if d * power >= value * (1 - 1e-9))


def _svg(parts: Sequence[str], label: str, width: int = WIDTH, height: int = HEIGHT) -> str:
    words = escape(label)
    return (
        f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
        f'aria-label="{words}">{"".join(parts)}</svg>'
    )


def _frame(
    across: Sequence[tuple[float, str]],
    up: Sequence[tuple[float, str]],
    x_ends: tuple[float, float],
    y_ends: tuple[float, float],
    x_label: str,
    y_label: str,
) -> list[str]:
    bottom = HEIGHT - _BOTTOM
    parts = []
    for value, word in up:
        y = _y(value, *y_ends)
        parts.append(f'<path class="grid" d="M{_LEFT} {y:.1f}H{WIDTH - _RIGHT}"/>')
        parts.append(f'<text x="{_LEFT - 5}" y="{y + 4:.1f}" text-anchor="end">{escape(word)}</text>')
    for value, word in across:
        x = _x(value, *x_ends)
        parts.append(f'<path class="axis" d="M{x:.1f} {bottom}v4"/>')
        parts.append(f'<text x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{escape(word)}</text>')
    parts.append(f'<path class="axis" d="M{_LEFT} {bottom}H{WIDTH - _RIGHT}"/>')
    middle = (_LEFT + WIDTH - _RIGHT) / 2
    parts.append(f'<text class="label" x="{middle}" y="{HEIGHT - 3}" text-anchor="middle">{escape(x_label)}</text>')
    if y_label:
        turned = f"translate(11 {(_TOP + bottom) / 2}) rotate(-90)"
        parts.append(f'<text class="label" transform="{turned}" text-anchor="middle">{escape(y_label)}</text>')
    return parts


def _x(value: float, low: float, high: float) -> float:
    return _LEFT + (value - low) / (high - low) * (WIDTH - _LEFT - _RIGHT)


def _y(value: float, low: float, high: float) -> float:
    return HEIGHT - _BOTTOM - (value - low) / (high - low) * (HEIGHT - _TOP - _BOTTOM)


def _ticks(low: float, high: float, whole: bool = False) -> list[tuple[float, str]]:
    """Three to six round numbers from low to high."""
    power = 10.0 ** math.floor(math.log10((high - low) / 6))
    step = next(d * power for d in (1, 2, 5, 10) if d * power >= (high - low) / 6 * (1 - 1e-9))
    step = max(1.0, step) if whole else step
    values = [low + i * step for i in range(int((high - low) / step + 1e-9) + 1)]
    return [(v, f"{v:.6g}") for v in values]


def _symmetric(limit: float) -> list[float]:
    return [-limit, -limit / 2, 0.0, limit / 2, limit]


def _round_metres(near_m: float, far_m: float, least_gap: float = 0.09) -> list[float]:
    """Round numbers of metres between the ends, as many as fit with this share of the length between them."""
    decades = range(math.floor(math.log10(near_m)), math.ceil(math.log10(far_m)) + 1)
    for digits in ((1, 1.5, 2, 3, 4, 5, 6, 8), (1, 1.5, 2, 3, 5, 7), (1, 2, 5), (1, 3), (1,)):
        found = [m for e in decades for d in digits if near_m <= (m := float(f"{d * 10.0**e:.6g}")) <= far_m]
        gaps = np.diff(np.log(found)) / math.log(far_m / near_m) if len(found) > 1 else np.array([1.0])
        if len(found) >= 2 and gaps.min() > least_gap:
            return found
    return [float(f"{near_m:.3g}"), float(f"{far_m:.3g}")]
