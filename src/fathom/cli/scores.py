"""``fathom evaluate``, ``compare`` and ``leaderboard``: scores, why they differ, and how sure they are."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fathom import shelf
from fathom.cli.words import Device, progress, say
from fathom.errors import BadInput

if TYPE_CHECKING:
    from fathom.evaluation import Predict
    from fathom.files.store import Split
    from fathom.protocols._base import ScoreTable

Models = Annotated[
    list[Path], typer.Argument(help="weights files, run folders, or folders of predictions; each gives its rows")
]
Data = Annotated[Path, typer.Option(help="a Store made by `fathom prepare`")]
OfSplit = Annotated[str, typer.Option(help="the split to score")]
Quantity = Annotated[
    str | None,
    typer.Option(help="what predictions are, if it is not to be found out: metres, inverse_metres, ..."),
]
Step = Annotated[float, typer.Option(help="and what one unit of them is worth: 0.001 for millimetres")]


def evaluate(
    models: Models,
    data: Data,
    protocol: Annotated[str, typer.Option(help="a name from `fathom protocols`, or all")],
    split: OfSplit = "test",
    out: Annotated[Path | None, typer.Option(help="folder for the table as txt, md, csv, json")] = None,
    report: Annotated[Path | None, typer.Option(help="an HTML report with charts and pictures")] = None,
    quantity: Quantity = None,
    step: Step = 1.0,
    by_order: Annotated[bool, typer.Option("--by-order", help="match predictions by order, not by name")] = False,
    allow_missing: Annotated[
        bool, typer.Option("--allow-missing", help="leave out what has no prediction; the signature says so")
    ] = False,
    device: Device = "auto",
) -> None:
    """Score models, or predictions on the disk, on a split of a Store; the table carries its signature."""
    from fathom.evaluation import evaluate, evaluate_all
    from fathom.files.store import Store

    part = Store.open(data).split(split)
    options = {"quantity": quantity, "step": step, "by_order": by_order, "allow_missing": allow_missing}
    predictors = _predictors(models, part, device, options)
    with progress("scoring") as move:
        if protocol == "all":
            tables, refused = evaluate_all(predictors, part, progress=move, allow_missing=allow_missing)
        else:
            tables, refused = {protocol: evaluate(predictors, part, protocol, move, allow_missing)}, {}
    print("\n\n".join(table.text() for table in tables.values()))
    for name, reason in refused.items():
        say(f"not scored under {name}: {reason}")
    for name, table in tables.items():
        if out:
            folder = out if len(tables) == 1 and protocol != "all" else out / name.replace("/", "_")
            table.save(folder)
            say(f"the table lies in {folder}")
    if report:
        _report(tables, part, predictors, report, alone=protocol != "all")
    if not tables:
        raise typer.Exit(1)


def _report(tables: "Mapping[str, ScoreTable]", part: "Split", predictors: Any, path: Path, alone: bool) -> None:
    """A report for each table; of several, the protocol's name joins the file's."""
    from fathom.report import write_report

    for name, table in tables.items():
        named = path.with_name(f"{path.stem}_{name.replace('/', '_')}{path.suffix or '.html'}")
        with progress("drawing") as move:
            write_report(table, part, predictors, name, path if alone else named, move)
        say(f"the report lies in {path if alone else named}")


def compare(
    first: Annotated[str, typer.Argument(help="a protocol, a signature, or scores written by `evaluate --out`")],
    second: Annotated[str, typer.Argument(help="another")],
    models: Annotated[list[Path] | None, typer.Argument(help="what to score both ways: as in `evaluate`")] = None,
    data: Annotated[Path | None, typer.Option(help="a Store, to score both ways and each rule alone")] = None,
    other_data: Annotated[Path | None, typer.Option(help="a Store with the truths of the second protocol")] = None,
    split: OfSplit = "test",
    metric: Annotated[str, typer.Option(help="the figure to follow")] = "abs_rel",
    quantity: Quantity = None,
    step: Step = 1.0,
    device: Device = "auto",
) -> None:
    """Say in which fields two scores differ; given predictions, how much each rule moves the figure."""
    from fathom.comparison import compare, explain
    from fathom.files.store import Store

    if not models or not data:
        print(compare(_signature(first), _signature(second)))
        return
    part = Store.open(data).split(split)
    other = Store.open(other_data).split(split) if other_data else None
    predictors = _predictors(models, part, device, {"quantity": quantity, "step": step})
    with progress("scoring") as move:
        explanation = explain(predictors, part, first, second, metric, other, move)
    print(explanation.text())


def leaderboard(
    scores: Annotated[list[Path], typer.Argument(help="folders written by `fathom evaluate --out`")],
    metric: Annotated[str, typer.Option(help="the figure to rank by")] = "abs_rel",
    seed: Annotated[int, typer.Option(help="of the resampling", min=0)] = 0,
) -> None:
    """Rank scored models with intervals, and say which are behind the best by more than chance."""
    from fathom.protocols._base import ScoreTable
    from fathom.ranking import leaderboard

    print(leaderboard([ScoreTable.load(path) for path in scores], metric, seed).text())


def _signature(word: str) -> "str | ScoreTable":
    """A signature as it stands, that of a scores file, or the rules of a protocol without data."""
    from fathom.protocols._base import ScoreTable

    if "|" in word:
        return word
    if Path(word).exists():
        return ScoreTable.load(word)
    protocol = shelf.look_up("protocols", word)
    return protocol.signature(_OfficialData(protocol), 0)


class _OfficialData:
    """A protocol's own data, as far as its rules name them."""

    fingerprint = "-"

    def __init__(self, protocol: Any):
        self.title, self.frame, self._expected = protocol.data, protocol.frame, protocol.expected or 0

    def __len__(self) -> int:
        return self._expected

    def __iter__(self) -> Any:
        raise BadInput("these are the rules of a protocol, not data")


def _predictors(paths: list[Path], part: "Split", device: str, options: Mapping[str, Any]) -> "dict[str, Predict]":
    """A predictor for each scale of each model and for each folder of predictions, by the name of its row."""
    predictors: dict[str, Predict] = {}
    names = {path: (path if path.is_dir() else path.parent).resolve().name for path in paths}
    for path, run in names.items():
        name = run if list(names.values()).count(run) == 1 else str(path)
        if _is_model(path):
            predictors |= _scales(path, name, device)
        else:
            predictors[name] = _folder(path, part, options)
    return predictors


def _is_model(path: Path) -> bool:
    return path.suffix == ".safetensors" or (path / "weights.safetensors").is_file() or not path.exists()


def _scales(path: Path, name: str, device: str) -> "dict[str, Predict]":
    from fathom.predictor import Predictor

    whole = Predictor.load(path, device=device)
    scales = whole.model.scales
    rows = {scale: f"{name} {scale}" if len(scales) > 1 else name for scale in scales}
    return {row: Predictor(whole.model, whole.name, scale=scale, device=device) for scale, row in rows.items()}


def _folder(path: Path, part: "Split", options: Mapping[str, Any]) -> "Predict":
    from fathom.predictions import FolderPredictor

    predictor = FolderPredictor(path, part.names, lambda i: part.sample(i).depth_m, resize=None, **options)
    say(predictor.report)
    return predictor
