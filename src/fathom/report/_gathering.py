"""What a report shows of a model, gathered image by image: errors by depth and place, and three examples."""

from dataclasses import dataclass

import numpy as np

from fathom.errors import NotComparable
from fathom.evaluation import Seen
from fathom.ops.metrics import METRICS, PixelSums
from fathom.ops.profile import ErrorByDepth, ErrorByPlace
from fathom.ops.resize import resize_colour, resize_depth
from fathom.protocols._base import ScoreTable

PICTURE_PX = 320  # width of the pictures; smaller ones stay as they are
GRID_PX = 40  # width of the map of places
SPARSE = 0.3  # a truth at fewer pixels than this is drawn in larger dots


@dataclass
class Example:
    """An image to show of a model: its small maps, NaN where absent; ``error`` is (prediction - truth) / truth."""

    which: str
    name: str
    scene: str
    sums: PixelSums
    rgb: np.ndarray
    truth_m: np.ndarray
    prediction_m: np.ndarray
    error: np.ndarray
    share: float


class OfModel:
    """What is gathered of a model in the pass over the images; of one size, however many they are."""

    def __init__(self, table: ScoreTable, name: str):
        self.name = name
        self.abs_rel = [v for s in table.sums[name] if (v := METRICS["abs_rel"].value(s)) is not None]
        self.wanted = _examples(table, name)
        self.sums = dict(zip(table.images, table.sums[name], strict=True))
        self.by_depth = ErrorByDepth()
        self.by_place: ErrorByPlace | None = None
        self.examples: list[Example] = []

    def add(self, seen: Seen) -> None:
        """Counts an image, and keeps it in small if it is one of those to show."""
        sample, region = seen.sample, seen.region
        truth_m, prediction_m = sample.depth_m[region], seen.metres[self.name][region]
        error = np.full(region.shape, np.nan, np.float32)
        error[region] = (prediction_m - truth_m) / truth_m
        self._must_be_scored_alike(sample.name, np.abs(error[region]))
        if self.by_place is None:
            height, width = region.shape
            columns = min(GRID_PX, width)
            self.by_place = ErrorByPlace(min(height, max(1, round(columns * height / width))), columns)
        self.by_depth.add(prediction_m, truth_m)
        self.by_place.add(np.abs(error), region)
        if sample.name in self.wanted:
            self.examples.append(self._example(seen, error))

    def _must_be_scored_alike(self, image: str, error: np.ndarray) -> None:
        sums = self.sums[image]
        now, then = float(error.mean(dtype=np.float64)) if error.size else 0.0, sums.rel / max(sums.pixels, 1)
        if error.size != sums.pixels or abs(now - then) > 0.01 * max(now, then) + 1e-6:
            raise NotComparable(
                f"{self.name} on {image}: abs rel {then:.4f} over {sums.pixels} pixels in the table, and now "
                f"{now:.4f} over {error.size}; the report wants the predictions that were scored: score again"
            )

    def _example(self, seen: Seen, error: np.ndarray) -> Example:
        sample = seen.sample
        height, width = error.shape
        size = max(1, round(height * min(1.0, PICTURE_PX / width))), min(width, PICTURE_PX)
        share = float(np.mean(~np.isnan(sample.depth_m)))
        truth_m = resize_depth(sample.depth_m, *size)
        shown = resize_depth(error, *size)
        if share < SPARSE:
            truth_m = _dots(sample.depth_m, sample.depth_m, *size)
            shown = _dots(error, np.where(seen.region, sample.depth_m, np.nan), *size)
        return Example(
            which=self.wanted[sample.name],
            name=sample.name,
            scene=sample.scene,
            sums=self.sums[sample.name],
            rgb=resize_colour(sample.rgb, *size),
            truth_m=truth_m,
            prediction_m=resize_depth(seen.metres[self.name].astype(np.float32), *size),
            error=shown,
            share=share,
        )


def _examples(table: ScoreTable, model: str) -> dict[str, str]:
    """Which images to show: name → "best", "median", "worst" by abs rel; fewer if there are fewer."""
    errors = [(METRICS["abs_rel"].value(s), name) for s, name in zip(table.sums[model], table.images, strict=True)]
    known = sorted((error, name) for error, name in errors if error is not None)
    if len(known) == 1:
        return {known[0][1]: "the only image"}
    chosen = {"best": known[0][1], "median": known[(len(known) - 1) // 2][1], "worst": known[-1][1]}
    return {name: which for which, name in reversed(chosen.items())}  # of two, the median is the best


def _dots(values: np.ndarray, depth_m: np.ndarray, height: int, width: int) -> np.ndarray:
    """Sparse values made small as dots of 3x3; where several fall together the nearest is seen."""
    rows, columns = np.nonzero(~np.isnan(depth_m))
    far_first = np.argsort(-depth_m[rows, columns], kind="stable")
    rows, columns = np.repeat(rows[far_first], 9), np.repeat(columns[far_first], 9)
    down, across = (np.tile(part, len(far_first)) for part in np.mgrid[-1:2, -1:2].reshape(2, 9))
    at = (
        np.clip(rows * height // depth_m.shape[0] + down, 0, height - 1),
        np.clip(columns * width // depth_m.shape[1] + across, 0, width - 1),
    )
    small = np.full((height, width), np.nan, np.float32)
    small[at] = values[rows, columns]  # of those for one place the last stays
    return small
