"""write_report(): a table of scores as one HTML file with charts and pictures, to be read anywhere and printed."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from fathom import shelf
from fathom.errors import BadInput, NotComparable
from fathom.evaluation import Predict, see
from fathom.files.atomic import replacing
from fathom.protocols._base import Protocol, ScoreTable, Truths, parse_signature
from fathom.report._gathering import OfModel
from fathom.report._page import page


def write_report(
    table: ScoreTable,
    split: Truths,
    predictors: Mapping[str, Predict],
    protocol: Protocol | str,
    path: str | os.PathLike[str],
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Writes a table of scores as one HTML file that needs nothing else, and returns its path.

    It shows the table with signature and notes; for each model the histogram of abs rel over the images, the error
    against true depth and place in the picture, and its best, median and worst image. The predictions are asked for
    once more, all in one pass (two where a protocol aligns a scene as one), and those images of which nothing was
    scored are left out; memory does not grow with the number of images.

    table                  what ``evaluate`` gave for this split, these predictors and this protocol
    progress(done, total)  is called after each image

    Raises NotComparable if table, split, predictors and protocol do not belong together; BadInput, MissingData as
    ``evaluate``; CannotWrite. The same input gives the same bytes.
    """
    protocol = shelf.look_up("protocols", protocol) if isinstance(protocol, str) else protocol
    _must_belong_together(table, split, predictors, protocol)
    models = [OfModel(table, name) for name in table.models]
    skip = {*table.missing, *table.without_truth}
    total = len(table.images) - len(table.without_truth)
    for done, seen in enumerate(see(predictors, split, protocol, skip), 1):
        for model in models:
            model.add(seen)
        if progress:
            progress(done, total)
    path = Path(path)
    with replacing(path) as draft:
        draft.write_text(page(table, split.title, models), encoding="utf-8", newline="\n")
    return path


def _must_belong_together(
    table: ScoreTable, split: Truths, predictors: Mapping[str, Predict], protocol: Protocol
) -> None:
    signed = parse_signature(table.signature)
    pairs = (
        ("protocol", table.protocol, protocol.name),
        ("protocol's version", signed["version"], str(protocol.version)),
        ("truths", signed["fingerprint"], split.fingerprint),
        ("models", ", ".join(table.models), ", ".join(predictors)),
    )
    for what, of_table, given in pairs:
        if of_table != given:
            raise NotComparable(f"the table's {what}: {of_table}; given for its report: {given}; score again")
    if len(set(table.images)) < len(table.images):
        raise BadInput(f"several images of {split.title} have one name; a report tells them by their names")
