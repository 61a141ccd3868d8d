"""What the small data sets share: one frame for pictures of many sizes, and an examination of their depth."""

from abc import abstractmethod
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import numpy as np
from PIL import Image

from fathom.datasets._base import Dataset, Finding
from fathom.datasets._evening import evenly
from fathom.errors import BadInput, MissingData
from fathom.files.photo import open_picture
from fathom.ops.resize import resize_colour, resize_depth
from fathom.records import Camera, Sample

_SIZES_LOOKED_AT = 2000  # pictures whose headers are read
_TRIED = 5  # samples whose depth is looked at
_SHARE_OUT_OF_RANGE = 0.2
_OTHER_STEPS_M = {
    "mm": 0.001,
    "1/256 m": 1 / 256,
    "1/5000 m": 1 / 5000,
    "cm": 0.01,
    "m": 1.0,
}


class Framed(Dataset):
    """A data set whose samples are brought to ``width`` x ``height``, if these are given: colour averaged, depth
    chosen (the nearest pixel), the camera resized with them; sides may be stretched unequally, and the camera says
    so. Without them every picture must have the size of the first.

    A subclass gives ``_size_of`` and calls ``_fitted``.
    """

    def __init__(self, width: int | None, height: int | None):
        if (width is None) != (height is None) or min(width or 1, height or 1) < 1:
            raise BadInput(f"give width and height, both and positive, or neither; not {width} and {height}")
        self._given = (height, width) if height and width else None

    @abstractmethod
    def _size_of(self, index: int) -> tuple[int, int]:
        """(height, width) of a sample as its files have it, without decoding them."""

    @cached_property
    def frame(self) -> tuple[int, int]:
        """The size that was asked for, or that of the first picture that can be opened."""
        if self._given:
            return self._given
        reason: Exception | None = None
        for index in range(len(self)):
            try:
                return self._size_of(index)
            except (BadInput, MissingData) as error:
                reason = error
        raise BadInput(f"{self.title}: not one of {len(self)} pictures can be opened; the last: {reason}")

    def _fitted(self, rgb: np.ndarray, depth_m: np.ndarray, camera: Camera, name: str, scene: str) -> Sample:
        """The sample at the frame's size. Colour and depth come in one size, unless the frame was asked for."""
        height, width = self.frame
        if not self._given and rgb.shape[:2] != (height, width):
            raise BadInput(
                f"{name} is {rgb.shape[1]}x{rgb.shape[0]} and the first picture {width}x{height}; to bring all to "
                "one size, give width and height"
            )
        rgb, depth_m = resize_colour(rgb, height, width), resize_depth(depth_m, height, width)
        return Sample(rgb, depth_m, camera.resized(width, height), name, scene)

    def _size_options(self) -> dict[str, object]:
        """For the provenance."""
        return {"resized_to": list(self._given) if self._given else None}

    def _examine_sizes(self) -> Iterator[Finding]:
        sizes: Counter[tuple[int, int]] = Counter()
        unreadable = []
        for index in evenly(len(self), _SIZES_LOOKED_AT):
            try:
                sizes[self._size_of(index)] += 1
            except (BadInput, MissingData) as error:
                unreadable.append((self.name_of(index), str(error)))
        for name, reason in unreadable[:3]:
            yield Finding("incomplete", f"{reason}", name)
        if len(unreadable) > 3:
            yield Finding("incomplete", f"and {len(unreadable) - 3} more pictures that cannot be opened")
        listed = ", ".join(f"{count} of {width}x{height}" for (height, width), count in sizes.most_common(5))
        if len(sizes) > 1 and not self._given:
            height, width = sizes.most_common(1)[0][0]
            yield Finding(
                "incomplete",
                f"pictures of {len(sizes)} sizes ({listed}): all but those of {self.frame[1]}x{self.frame[0]} are "
                "left out",
                "",
                f"bring all to one size: --width {width} --height {height}",
            )
        elif sizes:
            yield Finding("good", f"{len(self)} samples, {sum(sizes.values())} looked at: {listed}")

    def _examine_depth(
        self, near_m: float, far_m: float, step_m: float | None, advice: str = ""
    ) -> Iterator[Finding]:
        """Whether depth lies where the sensor can measure. If not: which unit the stored numbers would fit, if they
        are counts of ``step_m``."""
        found, reason = [], ""
        for index in evenly(len(self), _TRIED):
            try:
                depth_m = self.read(index).depth_m
                found.append(depth_m[~np.isnan(depth_m)])
            except (BadInput, MissingData) as error:
                reason = str(error)
        if not found:
            yield Finding("broken", f"not one of {min(len(self), _TRIED)} samples tried can be read: {reason}")
            return
        depth_m = np.concatenate(found)
        if depth_m.size and _share_outside(depth_m, near_m, far_m) > _SHARE_OUT_OF_RANGE:
            fits = [
                f"{name} (median {np.median(depth_m) * other / step_m:.3g} m)"
                for name, other in _OTHER_STEPS_M.items()
                if step_m and _share_outside(depth_m * (other / step_m), near_m, far_m) < _SHARE_OUT_OF_RANGE / 4
            ]
            guess = f"; the numbers would fit in {' or '.join(fits)}" if fits else ""
            low, middle, high = np.percentile(depth_m, (1, 50, 99))
            yield Finding(
                "broken",
                f"depth is {low:.3g} to {high:.3g} m, median {middle:.3g} m, and the sensor measures {near_m:g} to "
                f"{far_m:g} m: the unit is another one or the files were converted{guess}",
                "",
                advice
                or "take the files as their authors publish them, or name the unit with the data set 'folder'",
            )


def header_size(path: Path) -> tuple[int, int]:
    """(height, width) of a picture, as its header says; MissingData or BadInput."""
    try:
        with Image.open(path) as picture:
            return picture.height, picture.width
    except Exception:  # whatever is wrong with it, the reader says it in words
        picture = open_picture(path)
        return picture.height, picture.width


def camera_of(matrix: np.ndarray, size: tuple[int, int], source: str) -> Camera:
    """The camera of a 3x3 (or 4x4) matrix for pictures of ``size`` (height, width)."""
    fx, fy, cx, cy = (float(matrix[i]) for i in ((0, 0), (1, 1), (0, 2), (1, 2)))
    return replace(Camera(fx, fy, cx, cy, size[1], size[0]), source=source)


def numbers_in(path: Path, count: tuple[int, ...]) -> np.ndarray:
    """All numbers of a text file, float64; MissingData, or BadInput if there are not ``count`` (one of) of them."""
    try:
        text = path.read_text(encoding="utf-8")
        values = np.array([float(word) for word in text.replace(",", " ").split()])
    except FileNotFoundError as error:
        raise MissingData(f"there is no {path}, which should hold the camera's matrix") from error
    except (UnicodeDecodeError, ValueError, OSError) as error:
        raise BadInput(f"{path} should hold numbers and does not ({error})") from error
    if values.size not in count or not np.isfinite(values).all():
        raise BadInput(f"{path} holds {values.size} numbers, not {' or '.join(map(str, count))}")
    return values


def _share_outside(depth_m: np.ndarray, near_m: float, far_m: float) -> float:
    return float(((depth_m < near_m) | (depth_m > far_m)).mean())
