"""What a training run says: a progress display, log.jsonl, and curves.png drawn from it."""

import json
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from fathom.files.atomic import cannot_write, replacing


class RunLog:
    """The log of one run in the folder ``out``; ``show`` puts a progress bar on stderr."""

    def __init__(self, out: Path, keep: bool, show: bool):
        self.path, self._resumed = out / "log.jsonl", keep
        try:
            out.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("a" if keep else "w", buffering=1)
        except OSError as error:
            raise cannot_write(self.path, error) from error
        self._bar = Progress(
            TextColumn("{task.description:<6}"),
            BarColumn(bar_width=12),
            MofNCompleteColumn(),
            TimeRemainingColumn(elapsed_when_finished=True),
            TextColumn("{task.fields[said]}"),
            console=Console(stderr=True),
            disable=not show,
        )
        self._clock, self._samples = time.monotonic(), 0
        self._validated = ""

    def __enter__(self) -> "RunLog":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar.tasks:
            self._bar.stop()
        with suppress(OSError):  # tries again to write the line that did not fit, which has been told of
            self._file.close()

    def begin(self, stage: str, samples: int, done: int) -> None:
        """A stage of so many samples begins, or goes on after ``done``."""
        if self._resumed:
            self._forget_beyond(stage, done)
        self._bar.start()
        self._task = self._bar.add_task(stage, total=samples, completed=done, said="")
        self._clock, self._samples = time.monotonic(), done

    def step(self, stage: str, samples: int, loss: float, rate: float) -> None:
        """The mean loss since the last call."""
        now = time.monotonic()
        speed = (samples - self._samples) / max(now - self._clock, 1e-9)
        self._clock, self._samples = now, samples
        self._write(stage=stage, samples=samples, loss=loss, rate=rate, images_per_s=round(speed, 2))
        said = f"loss {loss:.3f}{self._validated} · {speed:.0f} images/s"
        self._bar.update(self._task, completed=samples, said=said)

    def validated(self, stage: str, samples: int, loss: float, abs_rel: float) -> None:
        """The loss and abs rel of the held-out samples."""
        self._write(stage=stage, samples=samples, validation_loss=loss, validation_abs_rel=abs_rel)
        self._validated = f", held out {loss:.3f}"

    @contextmanager
    def paused(self) -> Generator[None]:
        """What happens inside is not counted as training time."""
        start = time.monotonic()
        yield
        self._clock += time.monotonic() - start

    def say(self, text: str) -> None:
        """A line above the bar."""
        if not self._bar.disable:
            self._bar.console.print(text, markup=False, highlight=False, soft_wrap=True)
        else:
            print(text, file=sys.stderr)

    def _forget_beyond(self, stage: str, done: int) -> None:
        """After a hard kill the log is ahead of the checkpoint that the run resumes, and its last line may be torn:
        those steps come again."""
        lines = [line for line in read_log(self.path) if line["stage"] != stage or line["samples"] <= done]
        self._file.close()
        with replacing(self.path) as temporary:
            temporary.write_text("".join(json.dumps(line) + "\n" for line in lines))
        self._file = self.path.open("a", buffering=1)

    def _write(self, **line: Any) -> None:
        try:
            self._file.write(json.dumps(line) + "\n")
        except OSError as error:
            raise cannot_write(self.path, error) from error


def read_log(path: Path) -> list[dict[str, Any]]:
    """The lines of a log.jsonl; one cut short by a kill is left out, what a resumed run wrote after it is not."""
    lines = []
    for text in path.read_text().splitlines():
        with suppress(json.JSONDecodeError):
            lines.append(json.loads(text))
    return lines


def draw_curves(path: Path, title: str) -> Path:
    """Draws the log at ``path`` beside it as curves.png: loss of training and of held-out samples, by stage."""
    from matplotlib.figure import Figure

    lines = read_log(path)
    stages = list(dict.fromkeys(line["stage"] for line in lines))
    figure = Figure(figsize=(5.5 * max(1, len(stages)), 4), layout="constrained")
    axes = figure.subplots(1, max(1, len(stages)), squeeze=False)[0]
    for axis, stage in zip(axes, stages, strict=False):
        for key, label, style in (("loss", "training", "-"), ("validation_loss", "held out", "o-")):
            points = [(line["samples"], line[key]) for line in lines if line["stage"] == stage and key in line]
            if points:
                axis.plot(*zip(*points, strict=True), style, label=label, markersize=3, linewidth=1)
        axis.set(title=f"{stage} stage", xlabel="samples seen", ylabel="scale-invariant log loss", yscale="log")
        axis.grid(alpha=0.3)
        axis.legend()
    figure.suptitle(title)
    out = path.with_name("curves.png")
    with replacing(out) as temporary:
        figure.savefig(temporary, dpi=110, format="png")
    return out
