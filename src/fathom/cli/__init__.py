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
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

import fathom
from fathom import shelf
from fathom.cli.datasets import DoctorCommands, PrepareCommands
from fathom.cli.photos import predict
from fathom.cli.scores import compare, evaluate, leaderboard
from fathom.cli.words import Device, pairs, say
from fathom.errors import FathomError

app = typer.Typer(
    name="fathom",
    help="Depth from a single image: the system of Eigen et al. 2014, and scores that carry their protocol.",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
_A_COMMAND_EACH: dict[str, Any] = {"no_args_is_help": True, "rich_markup_mode": None}
app.add_typer(
    typer.Typer(cls=DoctorCommands, **_A_COMMAND_EACH),
    name="doctor",
    help="Examine a data set's files: what is there, missing or wrong, and what to type next.",
)
app.add_typer(
    typer.Typer(cls=PrepareCommands, **_A_COMMAND_EACH),
    name="prepare",
    help="Decode a data set once into a Store, split by scene.",
)
for _command in (predict, evaluate, compare, leaderboard):
    app.command()(_command)


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
        chosen = chosen.with_samples(**pairs(samples, int, "--samples", "coarse=4000"))
    run = train(chosen, data, out, resume=resume, seed=seed, device=device)
    for departure in chosen.departures:
        say(f"differs from the paper: {departure}")
    say(f"the run lies in {out}; score it with `fathom evaluate {run.weights} --data {data} --protocol ...`")


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
            say("fathom: stopped")
        raise
    except (FathomError, OSError) as error:
        if os.environ.get("FATHOM_TRACEBACK") == "1":
            raise
        say(f"fathom: {error}")
        sys.exit(1)
