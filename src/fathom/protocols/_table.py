"""The table of scores: it keeps the sums of every image, and shows no figure without its signature."""

import csv
import io
import json
import os
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict, astuple, dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from fathom.errors import BadInput, MissingData
from fathom.files.atomic import replacing
from fathom.ops.metrics import METRICS, Metric, PixelSums


@dataclass(frozen=True)
class PrintedRow:
    """A row of a published table: ``values`` metric name → figure as printed; what it lacks was not printed."""

    label: str
    values: Mapping[str, float]
    source: str


@dataclass(frozen=True)
class ScoreTable:
    """Scores of models under one protocol.

    signature     everything the figures depend on, in one line (fathom.protocols._base.parse_signature)
    average       "image": mean of the images' figures; "pixel": one figure over all pixels
    images        names of the scored samples, in order
    sums          model → PixelSums of each image, in the same order; all models share one region
    truth_pixels  pixels with a truth in the protocol's crop and range, of which the region may be a part
    departures    in plain words, how this is not the protocol's own score; empty if it is
    printed       rows of the published table, for comparison
    scenes        the scene of each image: images of one scene are not independent
    missing       names of samples that were left out because there is no prediction for them
    """

    protocol: str
    signature: str
    average: Literal["image", "pixel"]
    images: tuple[str, ...]
    sums: Mapping[str, tuple[PixelSums, ...]]
    truth_pixels: int
    departures: tuple[str, ...] = ()
    printed: tuple[PrintedRow, ...] = ()
    scenes: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def models(self) -> tuple[str, ...]:
        """The models of the table, in the order given."""
        return tuple(self.sums)

    @cached_property
    def pixels(self) -> int:
        """How many pixels were scored, over all images."""
        return sum(s.pixels for s in next(iter(self.sums.values())))

    @cached_property
    def without_truth(self) -> tuple[str, ...]:
        """Names of the images that have no pixel to score; they count in no figure."""
        sums = next(iter(self.sums.values()))
        return tuple(name for name, s in zip(self.images, sums, strict=True) if not s.pixels)

    def value(self, model: str, metric: str) -> float | None:
        """One figure by the names of its model and metric; None if no image had a pixel to score."""
        if model not in self.sums or metric not in METRICS:
            raise BadInput(
                f"no figure '{metric}' of '{model}' in this table; models: {', '.join(self.sums)}; "
                f"metrics: {', '.join(METRICS)}"
            )
        figure = METRICS[metric]
        if self.average == "pixel":
            return figure.value(sum(self.sums[model], PixelSums()))
        values = [v for s in self.sums[model] if (v := figure.value(s)) is not None]
        return sum(values) / len(values) if values else None

    def values(self, model: str) -> dict[str, float | None]:
        """All figures of a model, metric name → figure."""
        return {metric: self.value(model, metric) for metric in METRICS}

    def per_image(self, model: str) -> list[dict[str, Any]]:
        """For each image its name, scene, pixels and figures; None where it has no pixel to score."""
        scenes = self.scenes or ("",) * len(self.images)
        return [
            {"image": name, "scene": scene, "pixels": s.pixels, **{m.name: m.value(s) for m in METRICS.values()}}
            for name, scene, s in zip(self.images, scenes, self.sums[model], strict=True)
        ]

    def notes(self) -> list[str]:
        """What a reader must know beside the figures: departures, images without truth, what was left out."""
        found = list(self.departures)
        if self.missing:
            some = ", ".join(self.missing[:5]) + (", ..." if len(self.missing) > 5 else "")
            found.append(f"{len(self.missing)} images have no prediction and were left out: {some}")
        if self.without_truth:
            some = ", ".join(self.without_truth[:5]) + (", ..." if len(self.without_truth) > 5 else "")
            found.append(
                f"no valid truth in {len(self.without_truth)} of {len(self.images)} images, which count in no "
                f"figure: {some}"
            )
        if self.pixels < self.truth_pixels:
            share = 100 * self.pixels / self.truth_pixels
            found.append(f"scored where every model gives depth: {share:.1f} % of the pixels with a truth")
        return found

    def __str__(self) -> str:
        return self.text()

    def text(self) -> str:
        """The table for people: the paper's figures in the paper's order, one row a model, and the signature."""
        own, printed = self._cells()
        header = [
            [self.protocol, *(m.label for m in METRICS.values())],
            ["", *(f"{_arrow(m)} {m.unit}".strip() for m in METRICS.values())],
        ]
        widths = [max(map(len, column)) for column in zip(*header, *own, *printed, strict=True)]
        ruler = "─" * (sum(widths) + 2 * len(widths) - 2)
        lines = [*(_line(row, widths) for row in header), ruler, *(_line(row, widths) for row in own)]
        if printed:
            lines += [f"── {self._printed_heading()}", *(_line(row, widths) for row in printed)]
        mean = "mean over images" if self.average == "image" else "pooled over pixels"
        lines += [ruler, f"{mean}; ↑ higher is better, ↓ lower is better"]
        lines += [f"note: {note}" for note in self.notes()]
        return "\n".join([*lines, f"signature: {self.signature}"])

    def markdown(self) -> str:
        """The same as a Markdown table, notes and signature below it."""
        header = ["", *(f"{m.label} {_arrow(m)} {m.unit}".strip() for m in METRICS.values())]
        own, printed = self._cells()
        rows = [header, ["---", *["---:"] * len(METRICS)], *own]
        if printed:
            rows += [[f"*{self._printed_heading()}*", *[""] * len(METRICS)]]
            rows += [[f"*{row[0]}*", *row[1:]] for row in printed]
        lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
        lines += ["", *(f"- {note}" for note in self.notes()), f"- signature: `{self.signature}`"]
        return "\n".join(lines)

    def csv(self) -> str:
        """One line a model; every line carries its signature (a printed one its source)."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["kind", "model", *METRICS, "images", "pixels", "signature"])
        scored = len(self.images) - len(self.without_truth)
        for model in self.models:
            writer.writerow(["scored", model, *self.values(model).values(), scored, self.pixels, self.signature])
        for row in self.printed:
            figures = [row.values.get(metric) for metric in METRICS]
            writer.writerow(["printed in the paper", row.label, *figures, None, None, row.source])
        return out.getvalue()

    def json(self) -> str:
        """Everything, images one by one included; null where there is no value."""
        everything = {
            "protocol": self.protocol,
            "signature": self.signature,
            "average": self.average,
            "notes": self.notes(),
            "departures": self.departures,
            "images": len(self.images),
            "without_truth": self.without_truth,
            "pixels": self.pixels,
            "truth_pixels": self.truth_pixels,
            "missing": self.missing,
            "metrics": {m.name: {"unit": m.unit, "better": m.better, "source": m.source} for m in METRICS.values()},
            "models": {
                m: {
                    "values": self.values(m),
                    "per_image": self.per_image(m),
                    "sums": [astuple(s) for s in self.sums[m]],
                }
                for m in self.models
            },
            "sums_of": [field.name for field in fields(PixelSums)],
            "printed": [asdict(row) for row in self.printed],
        }
        return json.dumps(everything, indent=1, ensure_ascii=False, allow_nan=False)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "ScoreTable":
        """The table of a scores.json, or of the folder that ``save`` wrote.

        Raises MissingData if there is none, BadInput if it is not one or was written by an older fathom.
        """
        path = Path(path)
        path = path / "scores.json" if path.is_dir() else path
        if not path.is_file():
            raise MissingData(f"{path}: no scores here; `fathom evaluate ... --out FOLDER` writes some")
        try:
            held = json.loads(path.read_text(encoding="utf-8"))
            names = held["sums_of"]
            sums = {
                model: tuple(PixelSums(**dict(zip(names, row, strict=True))) for row in of["sums"])
                for model, of in held["models"].items()
            }
            rows = next(iter(held["models"].values()))["per_image"]
            return cls(
                protocol=held["protocol"],
                signature=held["signature"],
                average=held["average"],
                images=tuple(row["image"] for row in rows),
                sums=sums,
                truth_pixels=held["truth_pixels"],
                departures=tuple(held["departures"]),
                printed=tuple(PrintedRow(**row) for row in held["printed"]),
                scenes=tuple(row["scene"] for row in rows),
                missing=tuple(held["missing"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError, StopIteration) as error:
            why = f"{type(error).__name__}: {error}"
            raise BadInput(f"{path} is no table of scores that this fathom reads ({why}); score again") from error

    def save(self, folder: str | os.PathLike[str]) -> Path:
        """Writes scores.txt, .md, .csv and .json into the folder, which is made, and returns it.

        All four are written before the first takes its place; CannotWrite if that fails.
        """
        folder = Path(folder)
        texts = {"txt": self.text(), "md": self.markdown(), "csv": self.csv(), "json": self.json()}
        with ExitStack() as together:
            for suffix, text in texts.items():
                draft = together.enter_context(replacing(folder / f"scores.{suffix}"))
                draft.write_text(text.rstrip("\n") + "\n", encoding="utf-8")
        return folder

    def _cells(self) -> tuple[list[list[str]], list[list[str]]]:
        own = [[model, *map(_shown, self.values(model).values())] for model in self.models]
        printed = [[row.label, *(_shown(row.values.get(metric)) for metric in METRICS)] for row in self.printed]
        return own, printed

    def _printed_heading(self) -> str:
        sources = ", ".join(dict.fromkeys(row.source for row in self.printed))
        others = "other training data, other test images" if self.departures else "not computed here"
        return f"printed in the paper: {others} ({sources})"


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _arrow(metric: Metric) -> str:
    return "↑" if metric.better == "higher" else "↓"


def _line(cells: list[str], widths: list[int]) -> str:
    first, *rest = (cell.rjust(width) for cell, width in zip(cells, widths, strict=True))
    return "  ".join([cells[0].ljust(len(first)), *rest])
