"""The ``fathom`` command: words to arguments, results to text, and nothing else.

Numbers and names go to stdout; talk (progress, warnings, where files lie) goes to stderr. Exit codes: 0 all
done, 1 a FathomError or something was skipped, 2 wrong usage, 130 Ctrl-C, 143 SIGTERM. FATHOM_TRACEBACK=1 shows
where an error came from. Nothing heavy is imported before it is needed: ``fathom --help`` answers at once.
"""

import dataclasses
import inspect
import io
import os
import signal
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

import typer
import typer.core

import fathom
from fathom import shelf
from fathom.errors import BadInput, FathomError, NotComparable, UnknownName

if TYPE_CHECKING:
    from fathom.predictor import Predictor
    from fathom.records import Photo, Prediction

PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")


class Format(StrEnum):
    """The files that ``predict`` can write; docs/prediction.md says what is in them."""

    NPZ = "npz"
    PNG = "png"
    TIFF = "tiff"
    PLY = "ply"
    COLOURED = "coloured"


ENDINGS = {
    Format.NPZ: "_depth.npz",
    Format.PNG: "_depth.png",
    Format.TIFF: "_depth.tiff",
    Format.PLY: "_points.ply",
    Format.COLOURED: "_coloured.png",
}

Device = Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1, mps")]


class DatasetCommands(typer.core.TyperGroup):
    """One command for each data set on the shelf, with the options of its class's constructor."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The names on the shelf."""
        return shelf.names("datasets")

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of one data set."""
        try:
            dataset = shelf.look_up("datasets", cmd_name)
        except UnknownName as error:
            raise typer.BadParameter(str(error)) from error
        app = typer.Typer(add_completion=False, rich_markup_mode=None)
        summary = shelf.describe("datasets", cmd_name)
        as_it_stands = "\b\n" + (inspect.getdoc(dataset) or summary).replace("\n\n", "\n\n\b\n")
        app.command(cmd_name, help=as_it_stands, short_help=summary)(_prepare_with(dataset))
        return typer.main.get_command(app)


app = typer.Typer(
    name="fathom",
    help="Depth from a single image: the system of Eigen et al. 2014, and scores that carry their protocol.",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.add_typer(
    typer.Typer(cls=DatasetCommands, no_args_is_help=True, rich_markup_mode=None),
    name="prepare",
    help="Decode a data set once into a Store, split by scene.",
)


def _version(asked: bool) -> None:
    if asked:
        print(f"fathom {fathom.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    pass


def _prepare_with(dataset: Callable[..., Any]) -> Callable[..., None]:
    """The function behind ``fathom prepare <data set>``: the constructor's options and those of prepare()."""
    own = {
        name: p.replace(kind=p.KEYWORD_ONLY, annotation=_typed(p.annotation))
        for name, p in inspect.signature(dataset, eval_str=True).parameters.items()
    }

    def command(
        *,
        out: Annotated[Path, typer.Option(help="the folder of the Store")],
        holdout: Annotated[
            list[str] | None,
            typer.Option(help="share of the scenes in a split, e.g. test=0.1; may be given again"),
        ] = None,
        seed: Annotated[int, typer.Option(help="of every random choice", min=0, max=2**32 - 1)] = 0,
        **options: Any,
    ) -> None:
        from fathom.preparation import prepare

        shares = _pairs(holdout, float, "--holdout", "test=0.1") if holdout else None
        if "seed" in own:
            options["seed"] = seed
        with _progress("preparing") as progress:
            store = prepare(dataset(**options), out, holdout=shares, seed=seed, progress=progress)
        for name, count in store.splits.items():
            print(f"{name}\t{count}")
        _say(f"{len(store)} samples in {out}")
        if alone := store.manifest["source"].get("unmatched"):
            _say(f"{len(alone)} files have no partner of the same name: {', '.join(alone[:5])}")
        if left_out := store.manifest["left_out"]:
            _say(f"{len(left_out)} samples were skipped")
            raise typer.Exit(1)

    common = {n: p for n, p in inspect.signature(command).parameters.items() if n != "options"}
    parameters = list({**own, **common}.values())
    command.__signature__ = inspect.Signature(parameters)  # ty: ignore[missing-attribute]
    command.__annotations__ = {p.name: p.annotation for p in parameters}
    return command


@app.command()
def train(
    recipe: Annotated[str, typer.Argument(help="a name from `fathom recipes`")],
    data: Annotated[Path, typer.Option(help="a Store made by `fathom prepare`")],
    out: Annotated[Path, typer.Option(help="the folder of the run: weights, checkpoints, log, curves")],
    resume: Annotated[bool, typer.Option("--resume", help="go on where the run stopped")] = False,
    samples: Annotated[
        list[str] | None, typer.Option(help="another length of a stage, e.g. coarse=4000; may be given again")
    ] = None,
    seed: Annotated[int, typer.Option(help="of every random choice", min=0, max=2**32 - 1)] = 0,
    device: Device = "auto",
) -> None:
    """Train a recipe's model on a Store. Ctrl-C keeps what was done; --resume goes on from there."""
    from fathom.training import train

    chosen = shelf.look_up("recipes", recipe)
    if samples:
        chosen = chosen.with_samples(**_pairs(samples, int, "--samples", "coarse=4000"))
    run = train(chosen, data, out, resume=resume, seed=seed, device=device)
    for departure in chosen.departures:
        _say(f"differs from the paper: {departure}")
    _say(f"the run lies in {out}; score it with `fathom evaluate {run.weights} --data {data} --protocol ...`")


@app.command()
def evaluate(
    weights: Annotated[list[Path], typer.Argument(help="weights files or run folders; each scale is a row")],
    data: Annotated[Path, typer.Option(help="a Store made by `fathom prepare`")],
    protocol: Annotated[str, typer.Option(help="a name from `fathom protocols`")],
    split: Annotated[str, typer.Option(help="the split to score")] = "test",
    out: Annotated[Path | None, typer.Option(help="folder for the table as txt, md, csv, json")] = None,
    device: Device = "auto",
) -> None:
    """Score models on a split of a Store under a protocol; the table carries its signature."""
    from fathom.evaluation import evaluate
    from fathom.files.store import Store

    part = Store.open(data).split(split)
    predictors = _predictors(weights, device)
    with _progress("scoring") as progress:
        table = evaluate(predictors, part, protocol, progress=progress)
    print(table.text())
    if out:
        table.save(out)
        _say(f"the table lies in {out}")


@app.command()
def predict(
    photos: Annotated[list[Path], typer.Argument(help="pictures, or folders of pictures")],
    model: Annotated[Path, typer.Option(help="a weights file or the folder of a run")],
    out: Annotated[Path, typer.Option(help="the folder to write to")],
    format: Annotated[list[Format] | None, typer.Option(help="may be given again; default npz")] = None,
    geometry: Annotated[Literal["whole", "paper"], typer.Option(help="paper: centre crop, NaN rim")] = "whole",
    fov_deg: Annotated[float | None, typer.Option(help="horizontal field of view", min=0.01, max=179.99)] = None,
    focal_px: Annotated[float | None, typer.Option(help="focal length in pixels", min=0.01)] = None,
    device: Device = "auto",
) -> None:
    """Predict the depth of photos. One that cannot be read is reported and skipped; the exit code is then 1."""
    from fathom.files.photo import read_photo
    from fathom.predictor import Predictor

    if fov_deg is not None and focal_px is not None:
        raise typer.BadParameter("give --fov-deg or --focal-px, not both")
    files = _pictures(photos)
    _check_names(files, out)
    predictor = Predictor.load(model, device=device)
    print("photo\tnearest_m\tmedian_m\tfarthest_m\tpredicted_share")
    failed = 0
    for path in files:
        try:
            photo = read_photo(path, fov_deg=fov_deg, focal_px=focal_px)
            prediction = predictor(photo, geometry=geometry)
        except FathomError as error:
            failed += 1
            _say(f"skipped {error}" if str(path) in str(error) else f"skipped {path}: {error}")
            continue
        print(path, *_summary(prediction), sep="\t")
        failed += not _write(prediction, photo, out / path.stem, format or [Format.NPZ])
    if failed:
        _say(f"{failed} of {len(files)} photos were skipped or not written in every format")
        raise typer.Exit(1)


def _summary(prediction: "Prediction") -> list[str]:
    """Nearest, median and farthest depth in metres, and the share of pixels that have any."""
    import numpy as np

    depth_m = prediction.depth_m[prediction.valid]
    numbers = (depth_m.min(), np.median(depth_m), depth_m.max()) if depth_m.size else (np.nan,) * 3
    return [f"{x:.3f}" for x in (*numbers, prediction.valid.mean())]


def _write(prediction: "Prediction", photo: "Photo", stem: Path, formats: list[Format]) -> bool:
    """Writes the files and says so; False if some format cannot hold the prediction. Raises CannotWrite."""
    from fathom.saving import save, save_coloured

    written = 0
    for format in formats:
        target = stem.with_name(stem.name + ENDINGS[format])
        try:
            if format is Format.COLOURED:
                save_coloured(prediction, target)
            else:
                save(prediction, target, photo=photo)
            _say(f"wrote {target}")
            written += 1
        except (BadInput, NotComparable) as error:
            _say(f"not written {target}: {error}")
    return written == len(formats)


def _add_shelf(name: str, noun: str) -> None:
    @app.command(name, help=f"List every {noun}, or show one.")
    def show(
        entry: Annotated[str | None, typer.Argument(metavar="NAME", help=f"the {noun} to show")] = None,
    ) -> None:
        if entry is None:
            width = max(map(len, shelf.names(name)), default=0)
            for each in shelf.names(name):
                print(f"{each:<{width}}  {shelf.describe(name, each)}")
        else:
            value = shelf.look_up(name, entry)
            print(f"{entry}: {shelf.describe(name, entry)}\n\n{_details(value)}".rstrip())


for _name, _noun in shelf.SHELVES.items():
    _add_shelf(_name, _noun)


def _details(value: Any) -> str:
    """A recipe's or a protocol's fields, one a line; of anything else, what its docstring says."""
    if dataclasses.is_dataclass(value):
        return "\n".join(_fields(value, getattr(value, "sources", {})))
    return inspect.getdoc(getattr(value, "func", value)) or ""  # models are partial(class, ...)


def _fields(value: Any, sources: Mapping[str, str], indent: str = "") -> Iterator[str]:
    """Each field that says something, with its source where one is known; what it holds stands below it."""
    for field in dataclasses.fields(value):
        held = getattr(value, field.name)
        if field.name == "sources" or held in (None, "", ()):
            continue
        source = f"  [{sources[field.name]}]" if field.name in sources else ""
        parts = held if isinstance(held, tuple) else (held,)
        if dataclasses.is_dataclass(parts[0]):
            yield f"{indent}{field.name}{source}"
            for part in parts:
                yield from _fields(part, sources, indent + "    ")
        else:
            pairs = held.items() if isinstance(held, Mapping) else ()
            words = ", ".join(f"{key} {number}" for key, number in pairs) or held
            yield f"{indent}{field.name:<14}  {words}{source}"


def _typed(annotation: Any) -> Any:
    """The type that a word on the command line is read as: of a choice of types, the text."""
    kinds = [kind for kind in get_args(annotation) if kind is not type(None)]
    if not isinstance(annotation, UnionType) or len(kinds) < 2:
        return annotation
    return str | None if type(None) in get_args(annotation) else str


def _pairs(words: list[str], number: Callable[[str], Any], option: str, example: str) -> dict[str, Any]:
    pairs = {}
    for word in words:
        name, _, value = word.partition("=")
        if name in pairs:
            raise typer.BadParameter(f"'{name}' is given twice", param_hint=option)
        try:
            pairs[name] = number(value)
        except ValueError:
            raise typer.BadParameter(f"'{word}' is not like {example}", param_hint=option) from None
    return pairs


def _predictors(weights: list[Path], device: str) -> dict[str, "Predictor"]:
    """A predictor for each scale of each model, by the name of its row: the run's folder and the scale."""
    from fathom.predictor import Predictor

    predictors = {}
    runs = {path: (path if path.is_dir() else path.parent).resolve().name for path in weights}
    for path, run in runs.items():
        whole = Predictor.load(path, device=device)
        name = run if list(runs.values()).count(run) == 1 else str(path)
        for scale in whole.model.scales:
            row = f"{name} {scale}" if len(whole.model.scales) > 1 else name
            predictors[row] = Predictor(whole.model, whole.name, scale=scale, device=device)
    return predictors


def _pictures(paths: list[Path]) -> list[Path]:
    """The photos named, and those in the folders named, in order."""
    files: list[Path] = []
    for path in paths:
        if os.path.isdir(path):  # noqa: PTH112 (Path.is_dir raises for odd names, which would stop the others)
            inside = sorted(p for p in path.iterdir() if p.suffix.lower() in PICTURES)
            if not inside:
                raise BadInput(f"{path}: no picture in this folder ({', '.join(PICTURES)})")
            files += inside
        else:
            files.append(path)
    return files


def _check_names(files: list[Path], out: Path) -> None:
    stem, count = Counter(path.stem for path in files).most_common(1)[0]
    if count > 1:
        same = ", ".join(str(path) for path in files if path.stem == stem)
        raise BadInput(f"{same} would all be written to {out}/{stem}_...; give each an --out of its own")


def _say(words: str) -> None:
    print(words, file=sys.stderr)


@contextmanager
def _progress(what: str) -> Generator[Callable[..., None]]:
    """A bar on stderr, and the function that moves it: (done, in all, message about a bad one or "")."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=None)

        def move(done: int, total: int, message: str = "") -> None:
            bar.update(task, completed=done, total=total)
            if message:
                console.print(f"skipped {message}", markup=False, highlight=False, soft_wrap=True)

        yield move


def main(words: list[str] | None = None) -> None:
    """The entry point: runs the command in ``words`` (default: the shell's) and exits with its code."""
    if words is None:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # as Ctrl-C: nothing half-written is left
        warnings.filterwarnings("ignore", module="PIL")  # of damaged metadata; the picture is read
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="surrogateescape")  # file names are bytes, whatever the locale
    try:
        app(words, prog_name="fathom")
    except SystemExit as end:
        if end.code in (130, 143):
            _say("fathom: stopped")
        raise
    except (FathomError, OSError) as error:
        if os.environ.get("FATHOM_TRACEBACK") == "1":
            raise
        _say(f"fathom: {error}")
        sys.exit(1)
