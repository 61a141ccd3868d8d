"""What the commands share: how words are read, and how they are said."""

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

Device = Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1, mps")]


def pairs(words: list[str], number: Callable[[str], Any], option: str, example: str) -> dict[str, Any]:
    """["test=0.1", "val=0.05"] → {"test": 0.1, "val": 0.05}; wrong usage of ``option`` if a word is not so."""
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


def say(words: str) -> None:
    """A line on stderr."""
    print(words, file=sys.stderr)


@contextmanager
def progress(what: str) -> Generator[Callable[..., None]]:
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
