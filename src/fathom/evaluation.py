"""Scoring: predictors x samples under one protocol → ScoreTable. One sample is in memory at a time."""

from collections.abc import Callable, Mapping

import numpy as np

from fathom import shelf
from fathom.errors import BadCheckpoint, BadInput, NotComparable
from fathom.ops.align import ALIGNMENTS
from fathom.ops.metrics import PixelSums, measure
from fathom.protocols._base import Protocol, ScoreTable, Truths
from fathom.records import Photo, Prediction, Quantity, Sample

Predict = Callable[..., Prediction]
"""What is scored: called as ``predictor(photo, geometry="paper")``; fathom.Predictor, or a function of your own."""


def evaluate(
    predictors: Mapping[str, Predict],
    split: Truths,
    protocol: Protocol | str,
    progress: Callable[[int, int], None] | None = None,
) -> ScoreTable:
    """Scores every predictor on every sample of a split by the rules of a protocol (or of its name).

    The predictors of one call share one region where the protocol scores only what all of them predict.
    ``progress(done, total)`` is called after each sample.
    Raises NotComparable where a score would mean nothing (official data not complete, a crop for another frame,
    no truth at all, a relative prediction without an alignment, holes in a prediction) and BadInput for
    predictions of the wrong size or that are no depths.
    """
    if isinstance(protocol, str):
        protocol = shelf.look_up("protocols", protocol)
    if not predictors:
        raise BadInput("there is no predictor to score; give at least one as {'name': predictor}")
    protocol.check(split)
    images: list[str] = []
    sums: dict[str, list[PixelSums]] = {model: [] for model in predictors}
    truth_pixels = 0
    for sample in split:
        predictions = {model: _predict(model, p, sample, split, protocol) for model, p in predictors.items()}
        scorable = protocol.region(sample.depth_m)
        region = _common_region(scorable, predictions, sample, protocol)
        for model, prediction in predictions.items():
            sums[model].append(_score(prediction, sample, region, protocol, model))
        images.append(sample.name)
        truth_pixels += int(np.count_nonzero(scorable))
        if progress:
            progress(len(images), len(split))
    pixels = [s.pixels for s in next(iter(sums.values()))]
    _must_be_complete(images, pixels, split, protocol)
    if not any(pixels):
        raise NotComparable(
            f"not one pixel of the {len(images)} images of {split.title} has a truth that {protocol.name} scores; "
            "look at their depth, or choose another protocol"
        )
    return ScoreTable(
        protocol=protocol.name,
        signature=protocol.signature(split, sum(pixels)),
        average=protocol.average,
        images=tuple(images),
        sums={model: tuple(found) for model, found in sums.items()},
        truth_pixels=truth_pixels,
        departures=protocol.departures(split),
        printed=protocol.printed,
    )


def _predict(model: str, predictor: Predict, sample: Sample, split: Truths, protocol: Protocol) -> Prediction:
    """The prediction for a sample, if it is one that the protocol can score."""
    if split.frame and sample.depth_m.shape != tuple(split.frame):
        raise BadInput(f"{sample.name} is {sample.depth_m.shape} and its split {split.title} says {split.frame}")
    photo = Photo(sample.rgb, sample.camera, sample.name)
    try:
        prediction = predictor(photo, geometry=protocol.geometry)
    except BadCheckpoint as error:
        raise BadCheckpoint(f"{model}: {error}") from error
    if prediction.values.shape != sample.depth_m.shape:
        raise BadInput(
            f"{model} answers {sample.name} with {prediction.values.shape}, and its truth is "
            f"{sample.depth_m.shape}; a prediction has the size of its photo"
        )
    if prediction.geometry not in ("", protocol.geometry):
        raise NotComparable(
            f"{model} predicted in geometry '{prediction.geometry}', and {protocol.name} scores "
            f"'{protocol.geometry}'; predict again with that geometry"
        )
    if prediction.quantity not in ALIGNMENTS[protocol.alignment].accepts:
        raise NotComparable(
            f"{model} gives {prediction.quantity}, and {protocol.name} scores metres with the alignment "
            f"'{protocol.alignment}'; {_protocols_for(prediction.quantity)}"
        )
    return prediction


def _protocols_for(quantity: Quantity) -> str:
    """Which protocols would score such a prediction, as advice."""
    if quantity.is_metric:
        return "bring it to metres with fathom.ops.depth.to_metres"
    entries = {name: shelf.look_up("protocols", name) for name in shelf.names("protocols")}
    fit = [name for name, entry in entries.items() if quantity in ALIGNMENTS[entry.alignment].accepts]
    return f"score it under {' or '.join(fit)}, which align" if fit else "no protocol here aligns such a quantity"


def _common_region(
    scorable: np.ndarray, predictions: Mapping[str, Prediction], sample: Sample, protocol: Protocol
) -> np.ndarray:
    """The pixels on which all are scored: those with a truth, and in a footprint with every prediction.

    A prediction of inf is not absence: it stays in the region and is then clamped or refused.
    """
    region = scorable.copy()
    for model, prediction in predictions.items():
        given = ~np.isnan(prediction.values)
        holes = int(np.count_nonzero(scorable & ~given))
        if holes and not protocol.footprint:
            raise NotComparable(
                f"{model} gives no depth at {100 * holes / np.count_nonzero(scorable):.1f} % of the scored pixels "
                f"of {sample.name}; {protocol.name} scores them all: predict with geometry '{protocol.geometry}' "
                "for the whole picture, or use a protocol with a footprint (nyu_eigen/paper_image, rooms)"
            )
        region &= given
    if scorable.any() and not region.any():
        raise NotComparable(
            f"{sample.name} has truth, but no pixel of it where {', '.join(predictions)} all give depth; "
            "score these models apart, or look at their predictions"
        )
    return region


def _score(prediction: Prediction, sample: Sample, region: np.ndarray, protocol: Protocol, model: str) -> PixelSums:
    truth_m = sample.depth_m[region]
    try:
        depth_m = ALIGNMENTS[protocol.alignment].apply(prediction.values[region], truth_m)
        if protocol.clamp:
            depth_m = np.clip(depth_m, protocol.min_m, protocol.max_m)
        return measure(depth_m, truth_m)
    except BadInput as error:
        raise BadInput(f"{model} on {sample.name}: {error}") from error


def _must_be_complete(images: list[str], pixels: list[int], split: Truths, protocol: Protocol) -> None:
    """Too few truths is an error, not a smaller mean."""
    if len(images) != len(split):
        raise NotComparable(
            f"{split.title} says that it holds {len(split)} samples and gave {len(images)}; prepare it again"
        )
    empty = [name for name, n in zip(images, pixels, strict=True) if not n]
    if empty and protocol.is_own(split) and protocol.expected is not None:
        raise NotComparable(
            f"{len(empty)} of the {protocol.expected} truths of {protocol.data} have no valid pixel: "
            f"{', '.join(empty[:5])}; {protocol.name} scores them all, so prepare the data set again"
        )
