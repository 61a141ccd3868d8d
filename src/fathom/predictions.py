"""Predictions that lie on the disk, as a predictor: matched to photos by name, their numbers understood, resized.

found = FolderPredictor("their/predictions", names, truth_of)
print(found.report)          # what matched by which rule, what the numbers are and why
found(photo)                 # a Prediction of the photo's size
"""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np

from fathom.errors import BadInput, FathomError, MissingData, NotComparable
from fathom.files.prediction_names import Matching, match
from fathom.files.predictions import PredictionFolder, Stored
from fathom.ops.depth import to_metres
from fathom.ops.detection import FEW, Meaning, detect, own_truth_fits_best
from fathom.ops.resize import Method, is_kb_crop, resize_depth, resize_values, uncropped
from fathom.records import Photo, Prediction, Quantity

TRIED = 16  # predictions of which the numbers are looked at; more make it no surer than the truth does
MOSTLY = 0.75  # of predictions matched by order follow their own truth best, or the order is in doubt


class FolderPredictor:
    """The predictions under a path for photos of these names; called with a photo it gives its prediction.

    path           a folder or one file, as ``PredictionFolder`` reads them
    names          of all photos that are to be scored, in their order
    truth_of       number of a photo → its true depth in metres, (H, W), NaN where absent. None where the files
                   describe themselves or ``quantity`` is given
    quantity       what the stored numbers are, and ``step`` what one of them is worth (0.001 for millimetres);
                   None: what their files say, or else it is found out from them and the truth
    resize         how a prediction of another size is brought to the photo's, ``over_inverse`` whether its inverse
                   is mixed where it is depth (``fathom.ops.resize.resize_values``); None: left as it is, for
                   ``evaluate`` to do as its protocol says. BTS's crop of KITTI (352x1216) is put in its place
    by_order       match by order, not by name
    allow_missing  photos without a prediction are no error; ``missing`` lists them, and calling with one is
    format, key    of the files to read, as in ``PredictionFolder``

    Metric quantities come as metres, relative ones as they are. The constructor matches and reads no map; it
    raises MissingData or BadInput if the names do not fit. A damaged file is BadInput only for its own photo.
    """

    any_size = True  # for fathom.evaluate: answers may have another size than their photos

    def __init__(
        self,
        path: str | os.PathLike[str],
        names: Sequence[str],
        truth_of: Callable[[int], np.ndarray] | None = None,
        quantity: Quantity | str | None = None,
        step: float = 1.0,
        resize: Method | None = "bilinear",
        over_inverse: bool = False,
        by_order: bool = False,
        allow_missing: bool = False,
        format: str | None = None,
        key: str | None = None,
    ):
        self.names, self.resize, self.over_inverse = list(names), resize, over_inverse
        self._truth_of = truth_of
        self._given = _given(quantity, step)
        self.folder = PredictionFolder(path, format, key, len(self.names))
        self.matching: Matching = match(self.names, self.folder.names, by_order, self.folder.is_pile)
        self.matching.check(allow_missing)

    @property
    def missing(self) -> tuple[str, ...]:
        """Photos without a prediction."""
        return self.matching.unmatched

    @cached_property
    def meaning(self) -> Meaning | None:
        """What the stored numbers are; None where all that were looked at say it themselves.

        Raises NotComparable where it is not clear, or the order is in doubt, with what to type; BadInput if none
        of them can be read.
        """
        if self._given:
            return self._given
        pairs = list(self._some())
        if not pairs:
            return None
        if self._truth_of is None:
            raise BadInput(
                f"{self.folder.path} does not say what its numbers are; give quantity ({', '.join(Quantity)}) and "
                "step, or the truth to find it out from"
            )
        better, known = own_truth_fits_best(pairs)
        seen = f"{better} of {known} predictions follow their own photo's truth better than another's"
        if known >= FEW and better < MOSTLY * known and self.matching.by_order:
            raise NotComparable(
                f"{self.folder.path}: only {seen}; are they in the order of the photos? If they are, say what "
                "their numbers are with --quantity"
            )
        meaning = detect(pairs)
        return replace(meaning, reasons=(*meaning.reasons, seen)) if known >= FEW else meaning

    @property
    def report(self) -> str:
        """In words: what was matched and how, and what the numbers are and why."""
        meaning = self.meaning
        if meaning is None:
            return f"{self.matching}\nthe files say themselves what their numbers are"
        sure = "" if self._given else f", sure to {meaning.score:.2f} of 1"
        lines = [str(self.matching), f"the numbers are read as {meaning.flags}{sure}"]
        return "\n".join(lines + [f"  {reason}" for reason in meaning.reasons])

    def __call__(self, photo: Photo, geometry: str = "") -> Prediction:
        """The prediction for a photo, at its size; ``geometry`` is that of its file, whatever is asked for.

        Raises MissingData if there is none, BadInput if its file is damaged or holds no finite number.
        """
        if photo.name not in self.matching.pairs:
            raise MissingData(f"{self.folder.path} has no prediction for '{photo.name}'")
        stored = self.folder.read(self.matching.pairs[photo.name])
        values, quantity = self._understood(stored)
        if not np.isfinite(values).any():
            raise BadInput(f"{stored.path}: not one of the numbers of '{stored.name}' is a depth")
        height, width = photo.rgb.shape[:2]
        if is_kb_crop(values.shape, height, width):
            values = uncropped(values, height, width)
        over_inverse = self.over_inverse and quantity is not Quantity.RELATIVE_INVERSE_DEPTH
        if self.resize:
            values = resize_values(values, height, width, self.resize, over_inverse)
        own = stored.own
        model, own_geometry = (own.model, own.geometry) if own else (self.folder.path.name, "")
        return Prediction(values, quantity, photo.camera, model, own_geometry, photo.name)

    def _understood(self, stored: Stored) -> tuple[np.ndarray, Quantity]:
        """float32 values: metres if the quantity is metric."""
        if stored.own is not None:
            values, quantity = stored.own.values, stored.own.quantity
        else:
            meaning = self.meaning
            if meaning is None:
                raise BadInput(
                    f"{stored.path} does not describe itself, as others here do; say what it is with --quantity"
                )
            values, quantity = meaning.decode(stored.values), meaning.quantity
        return (to_metres(values, quantity), Quantity.METRES) if quantity.is_metric else (values, quantity)

    def _some(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Stored numbers with their truth, evenly from all that do not describe themselves. One that cannot be
        read is passed over: its own photo will say so."""
        matched = [i for i, name in enumerate(self.names) if name in self.matching.pairs]
        chosen = [matched[len(matched) * k // TRIED] for k in range(TRIED)] if len(matched) > TRIED else matched
        error: FathomError | None = None
        read = 0
        for index in chosen:
            try:
                stored = self.folder.read(self.matching.pairs[self.names[index]])
            except (BadInput, MissingData) as found:
                error = found
                continue
            read += 1
            if stored.own is None:
                depth_m = self._truth_of(index) if self._truth_of else np.empty((0, 0), np.float32)
                yield _at_size(stored.values, depth_m), depth_m
        if error and not read:
            raise error


def _at_size(stored: np.ndarray, depth_m: np.ndarray) -> np.ndarray:
    """Stored numbers at the truth's size, each chosen and none mixed, so that they keep what tells their unit."""
    height, width = depth_m.shape
    if not is_kb_crop(stored.shape, height, width):
        return resize_depth(stored, height, width) if height else stored
    whole = np.zeros((height, width), stored.dtype)
    left = (width - stored.shape[1]) // 2
    whole[height - stored.shape[0] :, left : left + stored.shape[1]] = stored
    return whole


def _given(quantity: Quantity | str | None, step: float) -> Meaning | None:
    if quantity is None:
        return None
    try:
        return Meaning(Quantity(quantity), step, 1.0, ("as given",))
    except ValueError as error:
        raise BadInput(f"no quantity is called '{quantity}'; there are {', '.join(Quantity)}") from error
