"""The HTML of a report: one file without a script, whose pictures and style lie within it."""

import base64
import io
from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
from PIL import Image

from fathom.ops import charts
from fathom.ops.colour import ABSENT_GREY, DEFAULT_MAP, colour_limits_m, share_of_range
from fathom.ops.metrics import METRICS
from fathom.ops.profile import DepthBin
from fathom.protocols._base import ScoreTable
from fathom.report._gathering import SPARSE, Example, OfModel

ERROR_MAP, PLACE_MAP = "RdBu_r", "magma_r"
_ERROR_LIMITS = (0.05, 0.1, 0.2, 0.3, 0.5, 1.0)
_BESIDE = ("abs_rel", "rmse", "delta1")


def page(table: ScoreTable, title: str, models: Sequence[OfModel]) -> str:
    """The whole file."""
    heading = f"{table.protocol} on {title}"
    parts = [
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        """<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; """
        """style-src 'unsafe-inline'">""",
        f"<title>{escape(heading)}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{escape(heading)}</h1>",
        _scores(table),
        _by_image(models),
        _by_depth(models),
        _by_place(models),
        _examples_shown(models),
        "</body></html>",
    ]
    return "\n".join(parts) + "\n"


def _scores(table: ScoreTable) -> str:
    heads = "".join(
        f"<th>{escape(m.label)} {'↑' if m.better == 'higher' else '↓'} {escape(m.unit)}</th>"
        for m in METRICS.values()
    )
    rows = [_row(model, table.values(model)) for model in table.models]
    if table.printed:
        others = "other training data, other test images" if table.departures else "not computed here"
        sources = escape(", ".join(dict.fromkeys(row.source for row in table.printed)))
        rows.append(
            f'<tr class="printed"><th colspan="{len(METRICS) + 1}">printed in the paper: {others} ({sources})'
        )
        rows[-1] += "</th></tr>"
        rows += [_row(row.label, row.values, "printed") for row in table.printed]
    mean = "mean over images" if table.average == "image" else "pooled over pixels"
    count = len(table.images)
    about = (
        f"{count} image{'s' * (count != 1)}, {table.pixels} pixels; {mean}; ↑ higher is better, ↓ lower is better."
    )
    notes = "".join(f"<li>{escape(note)}</li>" for note in table.notes())
    return (
        f'<div class="wide"><table><thead><tr><th></th>{heads}</tr></thead><tbody>{"".join(rows)}</tbody></table>'
        f"</div><p>{about}</p>{f'<ul>{notes}</ul>' if notes else ''}"
        f'<p class="signature"><b>Signature</b> <code>{escape(table.signature)}</code></p>'
    )


def _row(label: str, values: Mapping[str, float | None], kind: str = "own") -> str:
    cells = "".join(f"<td>{_figure(values.get(metric))}</td>" for metric in METRICS)
    return f'<tr class="{kind}"><th>{escape(label)}</th>{cells}</tr>'


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _by_image(models: Sequence[OfModel]) -> str:
    every = [v for model in models for v in model.abs_rel]
    top = charts.rounded_up(min(max(every), 1.3 * float(np.percentile(every, 98))))
    most = max(max(charts.counted(model.abs_rel, top)) for model in models)
    figures = []
    for model in models:
        low, median, high = np.percentile(model.abs_rel, [25, 50, 75])
        mean = sum(model.abs_rel) / len(model.abs_rel)
        words = f"mean over images {mean:.3f}, median {median:.3f}, middle half {low:.3f} to {high:.3f}"
        beyond = sum(v > top for v in model.abs_rel)
        words += f"; {beyond} beyond {top:g}, in the last bar" if beyond else ""
        figures.append(_chart(model.name, charts.histogram(model.abs_rel, top, most, "abs rel"), words))
    how = "How many images have which mean relative error (abs rel). The dashed line is the median."
    return f'<section><h2>Image by image</h2><p>{how}</p><div class="charts">{"".join(figures)}</div></section>'


def _by_depth(models: Sequence[OfModel]) -> str:
    bins = [model.by_depth.bins(least_share=0.0005) for model in models]
    near_m, far_m = min(b[0].near_m for b in bins), max(b[-1].far_m for b in bins)
    limit = _limit([max(-b.lower, b.upper) for rows in bins for b in rows], 95)
    figures = [
        _chart(model.name, charts.error_by_depth(rows, near_m, far_m, limit), _in_words(rows))
        for model, rows in zip(models, bins, strict=True)
    ]
    how = (
        "Relative error, (prediction − truth) / truth, of all scored pixels together: line, the median; band, the "
        "middle half; above 0 the prediction is too far. Grey bars: how many pixels have that depth."
    )
    return f'<section><h2>Error and depth</h2><p>{how}</p><div class="charts">{"".join(figures)}</div></section>'


def _in_words(bins: list[DepthBin]) -> str:
    widest = max(bins, key=lambda b: b.upper - b.lower)
    words = (
        f"the middle half is widest at {widest.near_m:.2g} to {widest.far_m:.2g} m: "
        f"{100 * widest.lower:+.1f} to {100 * widest.upper:+.1f}\u00a0%"
    )
    return words.replace("-", "−")


def _by_place(models: Sequence[OfModel]) -> str:
    means = {model.name: model.by_place.mean() for model in models if model.by_place}
    known = np.concatenate([m[~np.isnan(m)] for m in means.values()])
    top = charts.rounded_up(float(np.percentile(known, 95)))
    figures = []
    for name, mean in means.items():
        picture = _img(_png(np.clip(mean / top, 0, 1), PLACE_MAP), f"mean relative error by place, {name}", "place")
        low, high = np.nanmin(mean), np.nanmax(mean)
        figures.append(_chart(name, picture, f"from {100 * low:.1f} % to {100 * high:.1f} %"))
    ticks = [(share, f"{100 * share * top:.3g} %") for share in (0, 0.5)] + [(1.0, f"{100 * top:.3g} % or more")]
    bar = charts.colour_bar(_palette(PLACE_MAP)[:255:5], ticks, "scale of the mean relative error")
    how = (
        "Mean of |prediction − truth| / truth over all images, each stretched to one grid. Grey: nothing was "
        "scored there."
    )
    return (
        f'<section><h2>Error and place in the picture</h2><p>{how}</p><div class="charts">{"".join(figures)}</div>'
        f"{bar}</section>"
    )


def _examples_shown(models: Sequence[OfModel]) -> str:
    examples = [example for model in models for example in model.examples]
    near_m, far_m = colour_limits_m(*(example.truth_m for example in examples))
    errors = np.concatenate([np.abs(e.error[~np.isnan(e.error)]) for e in examples])
    limit = _limit(errors, 75)
    depth = charts.colour_bar(_palette(DEFAULT_MAP)[:255:5], charts.depth_ticks(near_m, far_m), "scale of depth")
    ticks = [(0.0, f"−{100 * limit:g} %"), (0.5, "0"), (1.0, f"+{100 * limit:g} %")]
    error = charts.colour_bar(_palette(ERROR_MAP)[:255:5], ticks, "scale of the relative error")
    how = "By abs rel. All depth maps share one scale, and so do all error maps: blue is too near, red too far. "
    how += "Grey: no depth, or not scored."
    sparse = [e.share for e in examples if e.share < SPARSE]
    if sparse:
        share = f"{100 * min(sparse):.1f} to {100 * max(sparse):.1f} %"
        how += (
            f" The truth is sparse ({share} of the pixels): its dots are drawn larger than they are, for the eye."
        )
    rows = [_example_row(model, e, (near_m, far_m), limit) for model in models for e in _in_order(model.examples)]
    return (
        f'<section><h2>Best, median and worst images</h2><p>{how}</p><div class="bars"><div>{depth}</div>'
        f"<div>{error}</div></div>{''.join(rows)}</section>"
    )


def _in_order(examples: list[Example]) -> list[Example]:
    return sorted(examples, key=lambda e: METRICS["abs_rel"].value(e.sums) or 0.0)


def _example_row(model: OfModel, example: Example, ends_m: tuple[float, float], limit: float) -> str:
    figures = ", ".join(f"{METRICS[m].label} {_figure(METRICS[m].value(example.sums))}" for m in _BESIDE)
    scene = f", scene {escape(example.scene)}" if example.scene else ""
    pictures = {
        "photo": _jpeg(example.rgb),
        "truth": _png(share_of_range(example.truth_m, *ends_m), DEFAULT_MAP),
        "prediction": _png(share_of_range(example.prediction_m, *ends_m), DEFAULT_MAP),
        "relative error": _png(np.clip((example.error / limit + 1) / 2, 0, 1), ERROR_MAP),
    }
    cells = "".join(
        f"<figure>{_img(data, f'{what} of {example.name}')}<figcaption>{what}</figcaption></figure>"
        for what, data in pictures.items()
    )
    return (
        f"<article><h3>{escape(model.name)}: {example.which}</h3><p><b>{escape(example.name)}</b>{scene}"
        f'<br>{figures}, {example.sums.pixels} pixels</p><div class="row">{cells}</div></article>'
    )


def _chart(name: str, chart: str, words: str) -> str:
    return f"<figure><b>{escape(name)}</b>{chart}<figcaption>{escape(words)}</figcaption></figure>"


def _limit(errors: np.ndarray | list[float], percent: float) -> float:
    """A round limit for relative errors that holds nearly all of them; 1 at most."""
    wanted = float(np.percentile(errors, percent)) if len(errors) else 0.0
    return next((limit for limit in _ERROR_LIMITS if limit >= wanted), _ERROR_LIMITS[-1])


def _img(data: str, words: str, kind: str = "picture") -> str:
    return f'<img class="{kind}" alt="{escape(words)}" src="{data}">'


def _palette(map: str) -> np.ndarray:
    """256 colours, uint8 (256, 3): 255 of a matplotlib map, and grey for what is absent."""
    import matplotlib

    colours = matplotlib.colormaps[map](np.linspace(0, 1, 255))[:, :3]
    return np.vstack([(255 * colours).round(), np.full((1, 3), ABSENT_GREY)]).astype(np.uint8)


def _png(share: np.ndarray, map: str) -> str:
    """A map of shares 0..1, NaN where absent, as the data of a coloured picture."""
    absent = np.isnan(share)
    picture = Image.fromarray(np.where(absent, 255, np.rint(np.where(absent, 0, share) * 254)).astype(np.uint8))
    picture.putpalette(_palette(map).tobytes())
    return _encoded(picture, "png", optimize=True)


def _jpeg(rgb: np.ndarray) -> str:
    return _encoded(Image.fromarray(rgb), "jpeg", quality=85)


def _encoded(picture: Image.Image, kind: str, **options: int) -> str:
    held = io.BytesIO()
    picture.save(held, kind, **options)
    return f"data:image/{kind};base64,{base64.b64encode(held.getvalue()).decode()}"


_STYLE = """
:root{color-scheme:light dark;--ink:#24292e;--soft:#667078;--line:#d8dcdf;--paper:#fff;--own:#2f6f9f;--foot:#b9c0c5}
@media(prefers-color-scheme:dark){:root{--ink:#dfe3e6;--soft:#9aa4ab;--line:#3a4147;--paper:#17191c;--own:#6db3e3;
--foot:#4c555c}}
*{box-sizing:border-box;print-color-adjust:exact;-webkit-print-color-adjust:exact}
body{margin:0 auto;max-width:1400px;padding:1.5rem;background:var(--paper);color:var(--ink);
font:15px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
h1{font-size:1.5rem;font-weight:600}h2{font-size:1.15rem;margin:2.2rem 0 .3rem}h3{font-size:1rem;margin:1.4rem 0 0}
p{max-width:75ch;margin:.3rem 0 .8rem}article p{max-width:none}.signature{max-width:none}
code{font-size:.85em;color:var(--soft)}
.wide{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums;overflow-wrap:normal}
th,td{padding:.3em .7em;text-align:right;border-bottom:1px solid var(--line)}
th:first-child{padding-left:0}
tbody th{text-align:left;font-weight:500}
thead th{font-weight:500;color:var(--soft);vertical-align:bottom}
.printed *,.printed{color:var(--soft);font-weight:400}
.charts,.row,.bars{display:flex;flex-wrap:wrap;gap:1rem 1.2rem}figure{margin:0;max-width:340px}
.charts figure{flex:0 1 320px}.row figure{flex:1 1 200px;max-width:320px}
figure b{display:block;font-weight:500}figcaption{color:var(--soft);font-size:.85em}
img{display:block;max-width:100%}.picture{width:100%}.place{width:100%;image-rendering:pixelated}
svg{display:block;max-width:100%;height:auto}svg text{font:11px system-ui,sans-serif;fill:var(--soft)}
.bar{fill:var(--own)}.foot{fill:var(--foot)}.band{fill:var(--own);fill-opacity:.25}
.line{fill:none;stroke:var(--own);stroke-width:2}.dot{fill:var(--own)}.grid{stroke:var(--line)}
.axis{stroke:var(--soft)}.mark{stroke:var(--ink);stroke-dasharray:4 3;stroke-width:1.5}
@media print{:root{--ink:#000;--soft:#444;--line:#ccc;--paper:#fff;--own:#2f6f9f;--foot:#bbb;color-scheme:light}
body{max-width:none;padding:0}article,figure{break-inside:avoid}.row figure{flex-basis:140px}
h2,h3{break-after:avoid}table{font-size:.7em}}
"""
