"""Pictures to look at: a scale bar beside a depth map, and sheets of photo | truth | prediction | ..."""

import math
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from fathom.errors import BadInput
from fathom.ops.colour import DEFAULT_MAP, colour_limits_m, colourise, share_of_range

MARGIN_PX = 8
_INK, _PAPER = (32, 32, 32), (255, 255, 255)


def scale_bar(
    height_px: int, near_m: float, far_m: float, map: str = DEFAULT_MAP, logarithmic: bool = True
) -> np.ndarray:
    """A vertical bar of the colours between near (top) and far (bottom) with metres beside it, uint8 RGB."""
    size = max(10, min(32, height_px // 18))
    font = ImageFont.load_default(size)
    ticks = _ticks(near_m, far_m, logarithmic, least_gap=1.3 * size / height_px)
    labels = [f"{t:g} m" for t in ticks]
    text_width = math.ceil(max((font.getlength(label) for label in labels), default=0))
    bar_px, tick_px = size, max(3, size // 3)
    sheet = Image.new("RGB", (MARGIN_PX + bar_px + 2 * tick_px + text_width, height_px), _PAPER)
    top, length = size // 2, max(height_px - size, 2)  # room for half a label at either end
    shares = np.linspace(0, 1, length)[:, None]
    depth_m = near_m * (far_m / near_m) ** shares if logarithmic else near_m + shares * (far_m - near_m)
    colours = colourise(np.repeat(depth_m, bar_px, axis=1), near_m, far_m, map, logarithmic)
    sheet.paste(Image.fromarray(colours), (MARGIN_PX, top))
    draw = ImageDraw.Draw(sheet)
    right = MARGIN_PX + bar_px
    for tick, label in zip(ticks, labels, strict=True):
        y = top + float(share_of_range(np.array(tick), near_m, far_m, logarithmic)) * (length - 1)
        draw.line([(right, y), (right + tick_px, y)], fill=_INK)
        draw.text((right + tick_px * 1.5, y), label, fill=_INK, font=font, anchor="lm")
    return np.array(sheet)


def with_scale_bar(
    depth_m: np.ndarray,
    near_m: float | None = None,
    far_m: float | None = None,
    map: str = DEFAULT_MAP,
    logarithmic: bool = True,
) -> np.ndarray:
    """Coloured depth with its scale bar at the right, uint8 RGB; see ``colourise``."""
    near, far = colour_limits_m(depth_m)
    near_m, far_m = near if near_m is None else near_m, far if far_m is None else far_m
    coloured = colourise(depth_m, near_m, far_m, map, logarithmic)
    return np.hstack([coloured, scale_bar(len(coloured), near_m, far_m, map, logarithmic)])


def contact_sheet(
    titles: Sequence[str], rows: Sequence[Sequence[np.ndarray]], cell_width_px: int = 240, map: str = DEFAULT_MAP
) -> np.ndarray:
    """A sheet of pictures and depth maps, uint8 RGB.

    ``titles`` stand over the columns; each row has one array for each: uint8 (H, W, 3) is a picture, floats
    (H, W) are metres, NaN where absent. The depth maps of a row share one scale, whose bar ends the row. Cells
    are ``cell_width_px`` wide and as high as the row's first array asks.
    """
    if not rows or any(len(row) != len(titles) for row in rows):
        raise BadInput(f"a contact sheet needs rows of {len(titles)} pictures, one for each title")
    strips = [_strip(row, cell_width_px, map) for row in rows]
    font = ImageFont.load_default(max(11, cell_width_px // 16))
    head_px = MARGIN_PX + 2 * max(11, cell_width_px // 16)
    width = max(strip.shape[1] for strip in strips) + MARGIN_PX
    height = head_px + sum(len(strip) + MARGIN_PX for strip in strips)
    sheet = Image.new("RGB", (width, height), _PAPER)
    draw = ImageDraw.Draw(sheet)
    for column, title in enumerate(titles):
        middle = MARGIN_PX + column * (cell_width_px + MARGIN_PX) + cell_width_px // 2
        draw.text((middle, head_px // 2), title, fill=_INK, font=font, anchor="mm")
    top = head_px
    for strip in strips:
        sheet.paste(Image.fromarray(strip), (0, top))
        top += len(strip) + MARGIN_PX
    return np.array(sheet)


def _strip(row: Sequence[np.ndarray], cell_width_px: int, map: str) -> np.ndarray:
    """One row of cells, each after a margin, and the scale bar of its depth maps."""
    height_px = max(1, round(cell_width_px * row[0].shape[0] / row[0].shape[1]))
    depths = [cell for cell in row if cell.ndim == 2]
    near_m, far_m = colour_limits_m(*depths) if depths else (1.0, 10.0)
    margin = np.full((height_px, MARGIN_PX, 3), 255, np.uint8)
    pieces = []
    for cell in row:
        picture = colourise(cell, near_m, far_m, map) if cell.ndim == 2 else cell
        # A depth map's colours are not mixed: between near and far lies no depth that is there.
        how = Image.Resampling.NEAREST if cell.ndim == 2 else Image.Resampling.BICUBIC
        pieces += [margin, np.asarray(Image.fromarray(picture).resize((cell_width_px, height_px), how))]
    if depths:
        pieces.append(scale_bar(height_px, near_m, far_m, map))
    return np.hstack(pieces)


def _ticks(near_m: float, far_m: float, logarithmic: bool, least_gap: float) -> list[float]:
    """As many round numbers of metres as fit with ``least_gap`` of the range between them, two at least."""
    if logarithmic:
        decades = range(math.floor(math.log10(near_m)), math.ceil(math.log10(far_m)) + 1)
        candidates = [(1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9), (1, 1.5, 2, 3, 5, 7), (1, 2, 5), (1, 3), (1,)]
        choices = [[d * 10.0**e for e in decades for d in digits] for digits in candidates]
    else:
        steps = [d * 10.0**e for e in range(-3, 4) for d in (1, 2, 5)]
        choices = [[i * step for i in range(1, int(far_m / step) + 1)] for step in steps]
    for choice in choices:
        ticks = np.array([t for t in choice if near_m <= t <= far_m])
        gaps = np.diff(share_of_range(ticks, near_m, far_m, logarithmic))
        if len(ticks) >= 2 and gaps.min() >= least_gap:
            return [float(f"{t:.6g}") for t in ticks]
    return [float(f"{near_m:.3g}"), float(f"{far_m:.3g}")]
