"""``fathom prepare`` and ``fathom doctor``: a command for each data set, with the options of its class."""

import inspect
from collections.abc import Callable
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, get_args

import typer
import typer.core

from fathom import shelf
from fathom.cli.words import pairs, progress, say
from fathom.errors import UnknownName


class DatasetCommands(typer.core.TyperGroup):
    """One command for each data set on the shelf, with the options of its class's constructor."""

    behind: Callable[[Callable[..., Any]], Callable[..., None]]

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
        app.command(cmd_name, help=as_it_stands, short_help=summary)(type(self).behind(dataset))
        return typer.main.get_command(app)


def _prepare(dataset: Callable[..., Any]) -> Callable[..., None]:
    """The function behind ``fathom prepare <data set>``: the constructor's options and those of prepare()."""

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

        shares = pairs(holdout, float, "--holdout", "test=0.1") if holdout else None
        if "seed" in inspect.signature(dataset).parameters:
            options["seed"] = seed
        read = False
        with progress("preparing") as move:

            def moved(*how_far: Any) -> None:
                nonlocal read
                read = True
                move(*how_far)

            store = prepare(dataset(**options), out, holdout=shares, seed=seed, progress=moved)
        for name, count in store.splits.items():
            print(f"{name}\t{count}")
        say(f"{len(store)} samples in {out}")
        if not read:
            say(f"they were prepared before: nothing was read. To take files mended since, delete {out}")
        if alone := store.manifest["source"].get("unmatched"):
            say(f"{len(alone)} files have no partner of the same name: {', '.join(alone[:5])}")
        if left_out := store.manifest["left_out"]:
            say(f"{len(left_out)} samples were skipped; {out / 'manifest.json'} lists them under left_out")
            raise typer.Exit(1)

    return _with_options_of(dataset, command)


def _doctor(dataset: Callable[..., Any]) -> Callable[..., None]:
    """The function behind ``fathom doctor <data set>``: the constructor's options and nothing else."""

    def command(**options: Any) -> None:
        from fathom.doctor import diagnose

        diagnosis = diagnose(lambda: dataset(**options))
        print(diagnosis.text())
        if not diagnosis.sound:
            raise typer.Exit(1)

    return _with_options_of(dataset, command)


def _with_options_of(dataset: Callable[..., Any], command: Callable[..., None]) -> Callable[..., None]:
    """The command with the constructor's parameters in front of its own, as typer reads them."""
    options = {
        name: p.replace(kind=p.KEYWORD_ONLY, annotation=_typed(p.annotation))
        for name, p in inspect.signature(dataset, eval_str=True).parameters.items()
    }
    own = {n: p for n, p in inspect.signature(command).parameters.items() if n != "options"}
    parameters = list({**options, **own}.values())
    command.__signature__ = inspect.Signature(parameters)  # ty: ignore[missing-attribute]
    command.__annotations__ = {p.name: p.annotation for p in parameters}
    return command


def _typed(annotation: Any) -> Any:
    """The type that a word on the command line is read as: of a choice of types, the text."""
    kinds = [kind for kind in get_args(annotation) if kind is not type(None)]
    if not isinstance(annotation, UnionType) or len(kinds) < 2:
        return annotation
    return str | None if type(None) in get_args(annotation) else str


class PrepareCommands(DatasetCommands):
    """``fathom prepare``'s."""

    behind = staticmethod(_prepare)


class DoctorCommands(DatasetCommands):
    """``fathom doctor``'s."""

    behind = staticmethod(_doctor)
