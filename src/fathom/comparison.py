"""compare(): why two scores differ: which rules differ, and how much each of them moves the number."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from fathom import shelf
from fathom.errors import BadInput, NotComparable
from fathom.evaluation import Predict, evaluate_all
from fathom.ops.metrics import METRICS
from fathom.protocols._base import Protocol, ScoreTable, Truths
from fathom.protocols._signature import differences

# The rules that only make sense together change together.
RULES: dict[str, tuple[str, ...]] = {
    "region": ("crop", "frame"),
    "range and clamp": ("min_m", "max_m", "strict", "clamp"),
    "alignment": ("alignment", "align_per", "order", "limit_m"),
    "geometry": ("geometry", "footprint"),
    "resize": ("resize", "over_inverse"),
    "average": ("average",),
}


@dataclass(frozen=True)
class Step:
    """The first protocol with one rule taken from the second, and what that makes of the figure.

    values  model → the figure; None, with ``reason``, where such a mixture cannot be scored
    """

    rule: str
    values: Mapping[str, float | None]
    reason: str = ""


@dataclass(frozen=True)
class Explanation:
    """How a figure goes from one protocol to another, rule by rule."""

    first: str
    second: str
    metric: str
    steps: tuple[Step, ...]

    def text(self) -> str:
        """A table: the first protocol, the same with each rule of the second alone, the second."""
        models = list(self.steps[0].values)
        rows = [[METRICS[self.metric].label, *models]]
        start = self.steps[0].values
        for step in self.steps:
            cells = []
            for model in models:
                value, base = step.values.get(model), start[model]
                moved = f" ({value - base:+.3f})" if value is not None and base is not None and step.rule else ""
                cells.append("–" if value is None else f"{value:.3f}{moved}")
            rows.append([step.rule or self.first, *cells])
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows]
        return "\n".join(lines + [f"{step.rule}: {step.reason}" for step in self.steps if step.reason])


def compare(first: str | ScoreTable, second: str | ScoreTable) -> str:
    """What differs between two scores, in words: a line for each differing field of their signatures.

    Raises BadInput if one is no signature. To see how much each rule moves the number: ``explain``.
    """
    one, other = (s if isinstance(s, str) else s.signature for s in (first, second))
    found = differences(one, other)
    if not found:
        return "the signatures are the same: the scores may be set side by side"
    return "\n".join(f"{d.field}: {d.first or '(nothing)'}  |  {d.second or '(nothing)'}" for d in found)


def explain(
    predictors: Mapping[str, Predict],
    split: Truths,
    first: Protocol | str,
    second: Protocol | str,
    metric: str = "abs_rel",
    other_split: Truths | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Explanation:
    """Scores the predictions under the first protocol, under the first with one rule of the second at a time, and
    under the second; all in one pass.

    other_split  where the protocols have different truths, those of the second: a further step scores the first
                 protocol's rules on them, and the last is scored on them
    Raises NotComparable if not even the first can be scored.
    """
    if metric not in METRICS:
        raise BadInput(f"no figure is called '{metric}'; there are {', '.join(METRICS)}")
    one, two = (shelf.look_up("protocols", p) if isinstance(p, str) else p for p in (first, second))
    mixtures: dict[str, Protocol] = {"": replace(one, name="start", expected=None)}
    unfit: dict[str, str] = {}
    for rule, fields in RULES.items():
        changed = {f: getattr(two, f) for f in fields if getattr(two, f) != getattr(one, f)}
        if changed:
            try:
                mixtures[rule] = replace(one, name=rule, expected=None, **changed)
            except BadInput as error:
                unfit[rule] = str(error)
    end = replace(two, name="end", expected=None)
    tables, refused = evaluate_all(predictors, split, [*mixtures.values(), end], progress)
    if "start" not in tables:
        raise NotComparable(f"{one.name} cannot score these: {refused['start']}")
    steps = [_step(rule, mixture.name, tables, refused, metric) for rule, mixture in mixtures.items()]
    steps += [Step(rule, {}, reason) for rule, reason in unfit.items()]
    if other_split is not None:
        tables, refused = evaluate_all(
            predictors, other_split, [replace(one, name="truth", expected=None), end], progress
        )
        steps.append(_step(f"truth: {other_split.title}", "truth", tables, refused, metric))
    steps.append(_step(two.name, "end", tables, refused, metric))
    return Explanation(one.name, two.name, metric, tuple(steps))


def _step(rule: str, name: str, tables: Mapping[str, ScoreTable], refused: Mapping[str, str], metric: str) -> Step:
    if name not in tables:
        return Step(rule, {}, refused[name])
    return Step(rule, {model: tables[name].value(model, metric) for model in tables[name].models})
