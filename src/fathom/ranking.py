"""leaderboard(): models side by side with error bars, and which differences are more than chance."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fathom.errors import BadInput, NotComparable
from fathom.ops.metrics import METRICS, Metric, PixelSums
from fathom.ops.statistics import (
    Comparison,
    Interval,
    compare_means,
    compare_pooled,
    holm,
    mean_intervals,
    pooled_figures,
    pooled_intervals,
    rows_of,
)
from fathom.protocols._base import ScoreTable
from fathom.protocols._signature import differences

SIGNIFICANT = 0.05
# What may differ between tables that are set side by side: a footprint is each table's own.
_MAY_DIFFER = ("fathom",)


@dataclass(frozen=True)
class Row:
    """A model on the board: its figure with an interval, and its test against the best.

    p_value  of the difference to the best model, adjusted for the number of models (Holm); None for the best
    """

    model: str
    figure: Interval
    against_best: Comparison | None = None
    p_value: float | None = None

    @property
    def worse(self) -> bool:
        """Whether it is behind the best by more than chance would do."""
        return self.p_value is not None and self.p_value < SIGNIFICANT


@dataclass(frozen=True)
class Board:
    """Models from the best to the worst by one figure, scored under one signature."""

    metric: Metric
    rows: tuple[Row, ...]
    signature: str

    def text(self) -> str:
        """The board for people."""
        head = ["", self.metric.label, f"{100 * self.rows[0].figure.level:g} % interval", "behind the best", "p"]
        lines = [head]
        for row in self.rows:
            f = row.figure
            behind = "" if row.against_best is None else f"{abs(row.against_best.difference.value):.4f}"
            p = "" if row.p_value is None else f"{row.p_value:.4f}{' *' if row.worse else ''}"
            lines.append([row.model, f"{f.value:.4f}", f"{f.low:.4f} .. {f.high:.4f}", behind, p])
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        shown = ["  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip() for line in lines]
        figure = self.rows[0].figure
        return "\n".join(
            [
                *shown,
                f"{figure.images} images of {figure.scenes} scenes; intervals by bootstrap over scenes "
                f"({figure.method})",
                f"* behind the best by more than chance: p < {SIGNIFICANT:g} by swapping the models' answers scene "
                "by scene, adjusted for the number of models (Holm)",
                f"signature: {self.signature}",
            ]
        )


def leaderboard(tables: Sequence[ScoreTable], metric: str = "abs_rel", seed: int = 0) -> Board:
    """Ranks the models of one table or of several that were scored under the same signature.

    Images without a valid truth count for no model. Raises NotComparable, with the fields that differ, for tables
    of different signatures or images; BadInput where two models have one name, or all images are of one scene.
    """
    if metric not in METRICS:
        raise BadInput(f"no figure is called '{metric}'; there are {', '.join(METRICS)}")
    _must_fit(tables)
    first, figure = tables[0], METRICS[metric]
    sums: dict[str, tuple[PixelSums, ...]] = {}
    for table in tables:
        for model, found in table.sums.items():
            if model in sums:
                raise BadInput(f"two models are called '{model}'; score them under names of their own")
            sums[model] = found
    kept = [i for i, s in enumerate(next(iter(sums.values()))) if s.pixels]
    scenes = [(first.scenes or first.images)[i] for i in kept]
    by_model = {model: [found[i] for i in kept] for model, found in sums.items()}
    intervals = {m: _interval(found, figure, first.average, scenes, seed) for m, found in by_model.items()}
    sign = 1 if figure.better == "lower" else -1
    order = sorted(by_model, key=lambda model: sign * intervals[model].value)
    best, others = order[0], order[1:]
    tests = [_test(by_model[m], by_model[best], figure, first.average, scenes, seed) for m in others]
    adjusted = holm([test.p_value for test in tests])
    rows = [Row(best, intervals[best])]
    rows += [Row(m, intervals[m], t, float(p)) for m, t, p in zip(others, tests, adjusted, strict=True)]
    return Board(figure, tuple(rows), first.signature)


def _must_fit(tables: Sequence[ScoreTable]) -> None:
    if not tables:
        raise BadInput("there is no table to rank; give at least one")
    for table in tables[1:]:
        found = [d for d in differences(tables[0].signature, table.signature) if d.field not in _MAY_DIFFER]
        if found or table.images != tables[0].images:
            said = "; ".join(f"{d.field}: {d.first} against {d.second}" for d in found) or "other images"
            raise NotComparable(f"these scores are not of one kind: {said}; score the models anew, together")


def _values(images: Sequence[PixelSums], figure: Metric) -> np.ndarray:
    return np.array([math.nan if (v := figure.value(s)) is None else v for s in images])


def _interval(
    images: Sequence[PixelSums], figure: Metric, average: str, scenes: Sequence[str], seed: int
) -> Interval:
    rng = np.random.default_rng(seed)
    if average == "image":
        return mean_intervals(_values(images, figure), scenes, rng)[0]
    return pooled_intervals(rows_of(images), pooled_figures([figure]), scenes, rng)[0]


def _test(
    images: Sequence[PixelSums],
    best: Sequence[PixelSums],
    figure: Metric,
    average: str,
    scenes: Sequence[str],
    seed: int,
) -> Comparison:
    rng = np.random.default_rng(seed)
    if average == "image":
        return compare_means(_values(images, figure), _values(best, figure), scenes, rng)[0]
    return compare_pooled(rows_of(images), rows_of(best), pooled_figures([figure]), scenes, rng)[0]
