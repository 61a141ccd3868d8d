"""Scoring: predictors x samples under one protocol or many → ScoreTables. One sample is in memory at a time."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fathom import shelf
from fathom.errors import BadCheckpoint, BadInput, MissingData, NotComparable
from fathom.ops.align import ALIGNMENTS, Fitted, Gathering
from fathom.ops.metrics import PixelSums, measure
from fathom.ops.resize import resize_values
from fathom.protocols._base import Protocol, ScoreTable, Truths
from fathom.records import Photo, Prediction, Quantity, Sample

Predict = Callable[..., Prediction]
"""What is scored: called as ``predictor(photo, geometry="paper")``; fathom.Predictor, fathom.FolderPredictor, or a
function of your own. One with an attribute ``any_size`` that is true may answer in another size than the photo's,
and is then brought to it as the protocol says."""


def evaluate(
    predictors: Mapping[str, Predict],
    split: Truths,
    protocol: Protocol | str,
    progress: Callable[[int, int], None] | None = None,
    allow_missing: bool = False,
) -> ScoreTable:
    """Scores every predictor on every sample of a split by the rules of a protocol (or of its name).

    The predictors of one call share one region where the protocol scores only what all of them predict.
    ``progress(done, total)`` is called after each sample. Samples for which a folder has no prediction that can be
    read are an error with the list; ``allow_missing`` leaves them out for all predictors and puts their number into
    the signature.

    Raises NotComparable where a score would mean nothing (official data not complete, a crop for another frame,
    no truth at all, a relative prediction without an alignment, holes in a prediction), MissingData for missing
    predictions, and BadInput for predictions of the wrong size or that are no depths.
    """
    scoring = _Scoring(_named(protocol), split, predictors)
    _run([scoring], split, predictors, progress, allow_missing)
    return scoring.table()


def evaluate_all(
    predictors: Mapping[str, Predict],
    split: Truths,
    protocols: Sequence[Protocol | str] | None = None,
    progress: Callable[[int, int], None] | None = None,
    allow_missing: bool = False,
) -> tuple[dict[str, ScoreTable], dict[str, str]]:
    """Scores under several protocols (default: all on the shelf) in one pass over the files.

    Returns the tables by protocol, and for every protocol that these data or predictions do not permit, the reason.
    """
    chosen = shelf.names("protocols") if protocols is None else protocols
    scorings, refused = {}, {}
    for protocol in map(_named, chosen):
        try:
            scorings[protocol.name] = _Scoring(protocol, split, predictors)
        except NotComparable as error:
            refused[protocol.name] = str(error)

    def refuse(scoring: "_Scoring", error: Exception) -> None:
        refused[scoring.protocol.name] = str(error)

    _run(list(scorings.values()), split, predictors, progress, allow_missing, refuse)
    tables = {}
    for name, scoring in scorings.items():
        if name not in refused:
            try:
                tables[name] = scoring.table()
            except NotComparable as error:
                refused[name] = str(error)
    return tables, refused


@dataclass(frozen=True)
class Seen:
    """A sample as a protocol sees it: ``region`` bool (H, W), which pixels it scores, and for each model its
    prediction (H, W) in metres at the truth's size, aligned and clamped, also beyond the region, or NaN."""

    sample: Sample
    region: np.ndarray
    metres: Mapping[str, np.ndarray]


def see(
    predictors: Mapping[str, Predict], split: Truths, protocol: Protocol | str, skip: Collection[str] = ()
) -> Iterator[Seen]:
    """What ``evaluate`` measures, sample by sample, for pictures and other statistics.

    ``skip`` names samples for which no predictor is asked: those without a truth or a prediction. Raises as
    ``evaluate`` does.
    """
    scoring = _Scoring(_named(protocol), split, predictors)
    geometry = scoring.protocol.geometry
    if scoring.protocol.align_per == "scene":
        for sample in split:
            if sample.name not in skip:
                scoring.gather(sample, _ask(predictors, sample, split, geometry))
    for sample in split:
        if sample.name not in skip:
            yield scoring.see(sample, _ask(predictors, sample, split, geometry))


def _named(protocol: Protocol | str) -> Protocol:
    return shelf.look_up("protocols", protocol) if isinstance(protocol, str) else protocol


def _run(
    scorings: list["_Scoring"],
    split: Truths,
    predictors: Mapping[str, Predict],
    progress: Callable[[int, int], None] | None,
    allow_missing: bool,
    refuse: Callable[["_Scoring", Exception], None] | None = None,
) -> None:
    """Shows every sample to every scoring; a prediction is asked for once a geometry. ``refuse`` takes what a
    scoring cannot score, which is then left alone; without it the error is raised."""
    passes = [[s for s in scorings if s.protocol.align_per == "scene"], scorings]
    alive = {id(s) for s in scorings}
    total = sum(bool(each) for each in passes) * len(split)
    missing: dict[str, str] = {}
    done = 0
    for number, chosen in enumerate(passes):
        for sample in split if chosen else ():
            answers: dict[str, dict[str, Prediction]] = {}
            for scoring in chosen:
                geometry = scoring.protocol.geometry
                if id(scoring) not in alive or sample.name in missing:
                    continue
                try:
                    if geometry not in answers:
                        answers[geometry] = _ask(predictors, sample, split, geometry)
                    (scoring.gather if number == 0 else scoring.add)(sample, answers[geometry])
                except MissingData as error:
                    missing[sample.name] = str(error)
                except (NotComparable, BadInput) as error:
                    if refuse is None:
                        raise
                    alive.discard(id(scoring))
                    refuse(scoring, error)
            done += 1
            if progress:
                progress(done, total)
    if missing and not allow_missing:
        some = "; ".join(list(missing.values())[:5])
        raise MissingData(
            f"{len(missing)} of {len(split)} samples of {split.title} have no prediction that can be read: {some}"
            f"{'; ...' if len(missing) > 5 else ''}. Add them, or score without them with --allow-missing "
            "(allow_missing=True): the signature then says so"
        )
    for scoring in scorings:
        scoring.missing = tuple(missing)


def _ask(predictors: Mapping[str, Predict], sample: Sample, split: Truths, geometry: str) -> dict[str, Prediction]:
    """Every predictor's answer to a sample. MissingData if a folder has none that can be read."""
    if split.frame and sample.depth_m.shape != tuple(split.frame):
        raise BadInput(f"{sample.name} is {sample.depth_m.shape} and its split {split.title} says {split.frame}")
    photo, answers = Photo(sample.rgb, sample.camera, sample.name), {}
    for model, predictor in predictors.items():
        try:
            answers[model] = predictor(photo, geometry=geometry)
        except BadCheckpoint as error:
            raise BadCheckpoint(f"{model}: {error}") from error
        except BadInput as error:
            if not getattr(predictor, "any_size", False):
                raise
            raise MissingData(str(error)) from error  # a damaged file is no prediction
        shape = answers[model].values.shape
        if shape != sample.depth_m.shape and not getattr(predictor, "any_size", False):
            raise BadInput(
                f"{model} answers {sample.name} with {shape}, and its truth is {sample.depth_m.shape}; a "
                "prediction has the size of its photo"
            )
    return answers


class _Scoring:
    """The sums of one protocol, sample by sample."""

    def __init__(self, protocol: Protocol, split: Truths, predictors: Mapping[str, Predict]):
        if not predictors:
            raise BadInput("there is no predictor to score; give at least one as {'name': predictor}")
        protocol.check(split)
        self.protocol, self.split = protocol, split
        self.alignment = ALIGNMENTS[protocol.alignment]
        self.images: list[str] = []
        self.scenes: list[str] = []
        self.sums: dict[str, list[PixelSums]] = {model: [] for model in predictors}
        self.truth_pixels = 0
        self.missing: tuple[str, ...] = ()
        self._notes: Counter[str] = Counter()
        self._gathered: dict[tuple[str, str], Gathering] = {}
        self._fits: dict[tuple[str, str], Fitted] = {}

    def add(self, sample: Sample, answers: Mapping[str, Prediction]) -> None:
        """Scores all predictors on a sample."""
        sums = {}
        for model, values, quantity, region in self._scored(sample, answers):
            try:
                sums[model] = self._measure(model, values, quantity, sample, region)
            except BadInput as error:
                raise BadInput(f"{model} on {sample.name}: {error}") from error
        for model, found in sums.items():
            self.sums[model].append(found)
        self.images.append(sample.name)
        self.scenes.append(sample.scene)
        self.truth_pixels += int(np.count_nonzero(self.protocol.region(sample.depth_m)))

    def gather(self, sample: Sample, answers: Mapping[str, Prediction]) -> None:
        """Adds a sample to the one fit of its scene."""
        for model, values, quantity, region in self._scored(sample, answers):
            gathering = self._gathered.setdefault((model, sample.scene), self.alignment.gather())
            gathering.add(self._clamped_first(values[region]), sample.depth_m[region], quantity)

    def table(self) -> ScoreTable:
        """The finished table; NotComparable if too little could be scored."""
        protocol, split = self.protocol, self.split
        pixels = [s.pixels for s in next(iter(self.sums.values()))]
        self._must_be_complete(pixels)
        if not any(pixels):
            raise NotComparable(
                f"not one pixel of the {len(self.images)} images of {split.title} has a truth that {protocol.name} "
                "scores; look at their depth, or choose another protocol"
            )
        fits = tuple(f"{words} (in {count} fits)" for words, count in self._notes.most_common(3))
        return ScoreTable(
            protocol=protocol.name,
            signature=protocol.signature(split, sum(pixels), len(self.missing)),
            average=protocol.average,
            images=tuple(self.images),
            scenes=tuple(self.scenes),
            sums={model: tuple(found) for model, found in self.sums.items()},
            truth_pixels=self.truth_pixels,
            departures=protocol.departures(split) + fits,
            missing=self.missing,
            printed=protocol.printed,
        )

    def _scored(
        self, sample: Sample, answers: Mapping[str, Prediction]
    ) -> Iterator[tuple[str, np.ndarray, Quantity, np.ndarray]]:
        """Each model's values at the truth's size, their quantity, and the region on which all are scored."""
        for model, prediction in answers.items():
            self._check(model, prediction)
        values = {model: self._at_size(prediction, sample) for model, prediction in answers.items()}
        region = self._common_region(values, sample)
        for model, prediction in answers.items():
            yield model, values[model], prediction.quantity, region

    def _check(self, model: str, prediction: Prediction) -> None:
        protocol = self.protocol
        if prediction.geometry not in ("", protocol.geometry):
            raise NotComparable(
                f"{model} predicted in geometry '{prediction.geometry}', and {protocol.name} scores "
                f"'{protocol.geometry}'; predict again with that geometry"
            )
        if prediction.quantity not in self.alignment.accepts:
            raise NotComparable(
                f"{model} gives {prediction.quantity}, and {protocol.name} scores metres with the alignment "
                f"'{protocol.alignment}'; {_protocols_for(prediction.quantity, protocol)}"
            )
        if protocol.order == "clamp, align" and prediction.quantity is not Quantity.METRES:
            raise NotComparable(f"{model} gives {prediction.quantity}; {protocol.name} clamps metres, then aligns")

    def _at_size(self, prediction: Prediction, sample: Sample) -> np.ndarray:
        height, width = sample.depth_m.shape
        over_inverse = self.protocol.over_inverse and prediction.quantity is not Quantity.RELATIVE_INVERSE_DEPTH
        return resize_values(prediction.values, height, width, self.protocol.resize, over_inverse)

    def _common_region(self, values: Mapping[str, np.ndarray], sample: Sample) -> np.ndarray:
        """The pixels on which all are scored: those with a truth, and in a footprint with every prediction.

        A prediction of inf is not absence: it stays in the region and is then clamped or refused.
        """
        scorable, protocol = self.protocol.region(sample.depth_m), self.protocol
        region = scorable.copy()
        for model, prediction in values.items():
            given = ~np.isnan(prediction)
            holes = int(np.count_nonzero(scorable & ~given))
            if holes and not protocol.footprint:
                share = 100 * holes / np.count_nonzero(scorable)
                raise NotComparable(
                    f"{model} gives no depth at {share:.1f} % of the scored pixels "
                    f"of {sample.name}; {protocol.name} scores them all: predict with geometry "
                    f"'{protocol.geometry}' for the whole picture, or use a protocol with a footprint "
                    "(nyu_eigen/paper_image, rooms)"
                )
            region &= given
        if scorable.any() and not region.any():
            raise NotComparable(
                f"{sample.name} has truth, but no pixel of it where {', '.join(values)} all give depth; "
                "score these models apart, or look at their predictions"
            )
        return region

    def see(self, sample: Sample, answers: Mapping[str, Prediction]) -> Seen:
        """The sample's region, and its predictions as they are measured."""
        metres, region = {}, np.zeros(sample.depth_m.shape, bool)
        for model, values, quantity, region in self._scored(sample, answers):
            whole = self._clamped_first(values)
            with np.errstate(all="ignore"):  # beyond the region values may be anything
                if self.protocol.alignment != "none":
                    fit = self._fit(model, whole[region], sample, region, quantity)
                    whole = fit.metres(whole, self.protocol.limit_m)
                low_m, high_m = self._ends()
                metres[model] = whole if low_m is None else np.clip(whole, low_m, high_m)
        return Seen(sample, region, metres)

    def _measure(
        self, model: str, values: np.ndarray, quantity: Quantity, sample: Sample, region: np.ndarray
    ) -> PixelSums:
        low_m, high_m = self._ends()
        if self.protocol.alignment == "none":
            return measure(values, sample.depth_m, region, min_m=low_m, max_m=high_m)
        if not region.any():
            return PixelSums()
        scored = self._clamped_first(values[region])
        fit = self._fit(model, scored, sample, region, quantity)
        if fit.exact:  # as many unknowns as pixels: no error to speak of, so no value
            return PixelSums()
        metres = fit.metres(scored, self.protocol.limit_m)
        return measure(metres, sample.depth_m[region], min_m=low_m, max_m=high_m)

    def _ends(self) -> tuple[float | None, float | None]:
        """What the prediction is clamped to at last."""
        protocol = self.protocol
        aligned_after = protocol.alignment != "none" and protocol.order == "clamp, align"
        return (protocol.min_m, protocol.max_m) if protocol.clamp and not aligned_after else (None, None)

    def _fit(
        self, model: str, scored: np.ndarray, sample: Sample, region: np.ndarray, quantity: Quantity
    ) -> Fitted:
        if self.protocol.align_per == "scene":
            return self._fit_of_scene(model, sample.scene)
        return self._noted(self.alignment.fit(scored, sample.depth_m[region], quantity))

    def _noted(self, fit: Fitted) -> Fitted:
        if fit.note:
            self._notes[fit.note] += 1
        return fit

    def _clamped_first(self, values: np.ndarray) -> np.ndarray:
        if self.protocol.order == "clamp, align" and self.protocol.clamp:
            return np.clip(values, self.protocol.min_m, self.protocol.max_m)
        return values

    def _fit_of_scene(self, model: str, scene: str) -> Fitted:
        if (model, scene) not in self._fits:
            self._fits[model, scene] = self._noted(self._gathered.pop((model, scene)).fit())
        return self._fits[model, scene]

    def _must_be_complete(self, pixels: list[int]) -> None:
        """Too few truths is an error, not a smaller mean."""
        split, protocol = self.split, self.protocol
        count = len(self.images) + len(self.missing)
        if count != len(split):
            raise NotComparable(
                f"{split.title} says that it holds {len(split)} samples and gave {count}; prepare it again"
            )
        if not self.images:
            raise NotComparable(f"not one of the {len(split)} samples of {split.title} has a prediction")
        empty = [name for name, n in zip(self.images, pixels, strict=True) if not n]
        if empty and protocol.is_own(split) and protocol.expected is not None:
            raise NotComparable(
                f"{len(empty)} of the {protocol.expected} truths of {protocol.data} have no valid pixel: "
                f"{', '.join(empty[:5])}; {protocol.name} scores them all, so prepare the data set again"
            )


def _protocols_for(quantity: Quantity, protocol: Protocol) -> str:
    """Which protocols would score such a prediction, as advice: of the same family, else on the same data first."""
    if quantity.is_metric:
        return "bring it to metres with fathom.ops.depth.to_metres"
    entries = {name: shelf.look_up("protocols", name) for name in shelf.names("protocols")}
    fit = [name for name, entry in entries.items() if quantity in ALIGNMENTS[entry.alignment].accepts]
    family = protocol.name.partition("/")[0]
    fit.sort(key=lambda name: (name.partition("/")[0] != family, entries[name].data != protocol.data))
    if not fit:
        return "no protocol aligns such a quantity"
    more = f" (and {len(fit) - 3} others)" if len(fit) > 3 else ""
    return f"score it under {' or '.join(fit[:3])}{more}, which align"
