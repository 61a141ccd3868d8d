"""diagnose(): what is there of a data set, what is missing or wrong, and what to type next."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from fathom.datasets._base import Dataset, Finding
from fathom.errors import BadInput, FathomError, MissingData

_SIGNS = {"good": "ok", "note": "note", "doubtful": "DOUBTFUL", "incomplete": "MISSING", "broken": "BROKEN"}
_TRIED = 3  # samples read on trial: the first, the middle, the last


@dataclass(frozen=True)
class Diagnosis:
    """All that was found out about a data set; ``text`` says it."""

    title: str
    findings: tuple[Finding, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing is doubtful, missing or broken."""
        return all(finding.verdict in ("good", "note") for finding in self.findings)

    def text(self) -> str:
        """A paragraph for each finding, the worst last, and one line that sums up."""
        order = list(_SIGNS)
        worst_last = sorted(self.findings, key=lambda finding: order.index(finding.verdict))
        counts = Counter(str(finding.verdict) for finding in self.findings)
        says = {
            "broken": "broken: `fathom prepare` refuses until it is mended",
            "incomplete": "missing or damaged: `fathom prepare` goes on without it",
            "doubtful": "doubtful: look at it before you trust what is prepared from it",
        }
        verdicts = [f"{counts[each]} {words}" for each, words in says.items() if counts[each]]
        verdict = "; ".join(verdicts) or "nothing is missing or wrong"
        return "\n".join([*(_paragraph(f) for f in worst_last), f"{self.title}: {verdict}"])


def diagnose(build: Callable[[], Dataset]) -> Diagnosis:
    """Constructs a data set, examines its files and reads three of its samples on trial.

    build  makes the data set, e.g. ``lambda: KittiRaw("kitti")``; what it raises becomes a finding

    Whatever goes wrong is a finding: this raises nothing that comes of the data.
    """
    try:
        dataset = build()
        if not len(dataset):
            raise MissingData("not one sample is here")
    except (BadInput, MissingData) as error:
        return Diagnosis("this data set", (Finding("broken", str(error)),))
    return Diagnosis(dataset.title, (*_examined(dataset), *_trial(dataset)))


def _examined(dataset: Dataset) -> Iterator[Finding]:
    try:
        yield from dataset.examine()
    except (BadInput, MissingData) as error:
        yield Finding("broken", str(error))


def _trial(dataset: Dataset) -> Iterator[Finding]:
    """What reading a few samples shows: that they can be had, and what their depth looks like."""
    for index in np.unique(np.linspace(0, len(dataset) - 1, _TRIED).round().astype(int)).tolist():
        name = dataset.name_of(index)
        try:
            sample = dataset.read(index)
        except FathomError as error:
            yield Finding("incomplete", f"sample {name} cannot be read: {error}", name)
            continue
        depth_m = sample.depth_m[~np.isnan(sample.depth_m)]
        height, width = sample.depth_m.shape
        if not depth_m.size:
            yield Finding("incomplete", f"sample {name} has no depth at all", name)
            continue
        low, middle, high = np.percentile(depth_m, (0, 50, 100))
        yield Finding(
            "good",
            f"sample {name}: {width}x{height}, {100 * depth_m.size / sample.depth_m.size:.1f} % of the pixels have "
            f"depth, {low:.2f} to {high:.2f} m, median {middle:.2f} m; focal length {sample.camera.fx:.1f} px "
            f"({sample.camera.source})",
            name,
        )


def _paragraph(finding: Finding) -> str:
    where = f"{finding.where}: " if finding.where and finding.where not in finding.what else ""
    advice = f"\n{'':9}→ {finding.advice}" if finding.advice else ""
    return f"{_SIGNS[finding.verdict]:<8} {where}{finding.what}{advice}"
