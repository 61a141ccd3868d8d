"""NYU Depth v2, the 1449 labelled frames with the official split: nyu_depth_v2_labeled.mat and splits.mat."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np

from fathom.datasets._base import Dataset, Finding
from fathom.datasets._evening import evenly
from fathom.datasets._splits import official
from fathom.errors import BadInput, MissingData
from fathom.files.labeled_mat import LabeledMat
from fathom.files.matlab5 import read_matlab5
from fathom.ops.resample import halve_colour, halve_depth
from fathom.records import Camera, Sample

LABELED, SPLITS = "nyu_depth_v2_labeled.mat", "splits.mat"
# Addresses, size and hashes stand alike in several public repositories; we did not download the files ourselves.
LABELED_URL = "http://horatio.cs.nyu.edu/mit/silberman/nyu_depth_v2/nyu_depth_v2_labeled.mat"
SPLITS_URL = "http://horatio.cs.nyu.edu/mit/silberman/indoor_seg_sup/splits.mat"
LABELED_BYTES = 2_972_037_809
LABELED_MD5 = "520609c519fba3ba5ac58c8fefcc3530"
SPLITS_MD5 = "08e3c3aea27130ac7c01ffd739a4535f"
FRAMES, TRAIN, TEST = 1449, 795, 654
TRAIN_SCENES, TEST_SCENES = 249, 215
FRAME = (480, 640)
KINECT_M = (0.3, 10.1)  # the least and the largest median that a frame can have
_TRIED = 5  # frames whose values an examination looks at
# The toolbox's camera_params.m. Its pixels count from 1, ours from 0.
CAMERA = Camera(
    5.1885790117450188e02, 5.1946961112127485e02, 3.2558244941119034e02 - 1, 2.5373616633400465e02 - 1, 640, 480
)  # fmt: skip


class NyuLabeled(Dataset):
    """NYU Depth v2, the labelled file: 795 training and 654 test frames with filled-in or raw depth.

    root      the folder with nyu_depth_v2_labeled.mat (2.8 GB) and splits.mat
    labeled   the labelled file, if it is elsewhere or has another name
    splits    the official split, if it is elsewhere or has another name; without one the built-in list is used
    depth     "infilled": holes filled in by colorization, as the paper tests with (title nyu_labeled), or
              "raw": projected onto the picture and not filled in, as BTS and its followers test with (title
              nyu_labeled_raw)
    size      "full": 640x480, or "half": 320x240, the paper's input (the title then ends in _half)
    verify    whether the examination also hashes the labelled file (2.8 GB, some 5 to 60 seconds)

    A frame is called by its number, from 1, as in the official split; its scene is the capture without the letter
    at its end. No scene is in both splits.
    """

    depth_step_m = 0.001

    def __init__(
        self,
        root: Path | str,
        labeled: Path | str | None = None,
        splits: Path | str | None = None,
        depth: Literal["infilled", "raw"] = "infilled",
        size: Literal["full", "half"] = "full",
        verify: bool = False,
    ):
        if depth not in ("infilled", "raw") or size not in ("full", "half"):
            raise BadInput(f"depth is infilled or raw and size is full or half, not {depth} and {size}")
        self.root = Path(root)
        self._depth, self._half, self._verify = depth, size == "half", verify
        self.title = "nyu_labeled" + ("_raw" if depth == "raw" else "") + ("_half" if self._half else "")
        path = Path(labeled) if labeled else self.root / LABELED
        if not path.exists():
            raise MissingData(f"there is no {path}; get it from {LABELED_URL} ({LABELED_BYTES:,} bytes)")
        self._mat = LabeledMat(path)
        factor = 2 if self._half else 1
        self.frame = (self._mat.height // factor, self._mat.width // factor)
        self._camera = replace(CAMERA.resized(self.frame[1], self.frame[0]), source="calibration, NYU toolbox")
        self._splits = Path(splits) if splits else self.root / SPLITS
        self._train = self._read_splits(required=splits is not None)

    def __len__(self) -> int:
        return self._mat.frames

    def name_of(self, index: int) -> str:
        return f"{index + 1:05d}"

    def split_of(self, index: int) -> str:
        return "train" if index + 1 in self._train else "test"

    @cached_property
    def scenes(self) -> tuple[str, ...]:
        """The scene of every frame, e.g. "kitchen_0004"."""
        return tuple(re.sub(r"(?<=\d)[a-z]$", "", text) for text in self._mat.texts("scenes"))

    @cached_property
    def types(self) -> tuple[str, ...]:
        """The kind of scene of every frame, e.g. "kitchen"."""
        return self._mat.texts("sceneTypes")

    def read(self, index: int) -> Sample:
        """Raises BadInput if this frame of the file is damaged."""
        rgb = self._mat.picture(index)
        depth_m = self._mat.depth_m(index, "depths" if self._depth == "infilled" else "rawDepths")
        if (depth_m < 0).any() or np.isinf(depth_m).any():
            raise BadInput(
                f"{self._mat.path}: frame {self.name_of(index)} has negative or infinite depth; get the file again"
            )
        depth_m = np.where(depth_m > 0, depth_m, np.float32(np.nan))
        if self._half:
            rgb, depth_m = halve_colour(rgb), halve_depth(depth_m)
        return Sample(rgb, depth_m, self._camera, self.name_of(index), self.scenes[index])

    def provenance(self) -> dict[str, object]:
        return {
            "dataset": "nyu_labeled",
            "root": self.root.resolve().name,
            "labeled": self._mat.path.name,
            "labeled_bytes": self._mat.path.stat().st_size,
            "splits": self._splits.name if self._splits.exists() else "built in",
            "depth": self._depth,
            "infilled": self._depth == "infilled",
            "size": "half" if self._half else "full",
            "unit": "metres, along the optical axis",
            "camera": self._camera.source,
            "scene_types": dict(sorted(Counter(self.types).items())),
        }

    def examine(self) -> Iterator[Finding]:
        yield from self._examine_labeled()
        yield from self._examine_splits()
        yield from self._examine_depth()
        by_split: dict[str, set[str]] = {"train": set(), "test": set()}
        for index, scene in enumerate(self.scenes):
            by_split[self.split_of(index)].add(scene)
        train, test = by_split["train"], by_split["test"]
        if both := sorted(train & test):
            yield Finding(
                "broken",
                f"{len(both)} scenes are in both splits, {both[0]} for one: the split does not belong to this file",
                self._splits.name,
                f"get the official one: {SPLITS_URL}",
            )
        elif self._official and (len(train), len(test)) != (TRAIN_SCENES, TEST_SCENES):
            yield Finding("note", f"{len(train)} and {len(test)} scenes, not {TRAIN_SCENES} and {TEST_SCENES}")
        else:
            yield Finding("good", f"{len(train)} training and {len(test)} test scenes, none in both")

    def _examine_depth(self) -> Iterator[Finding]:
        """Whether a few frames look like metres from a Kinect: other units and rewritten files show in them."""
        name, out_of_range, reason = ("depths" if self._depth == "infilled" else "rawDepths"), [], ""
        chosen = evenly(len(self), _TRIED)
        for index in chosen:
            try:
                self._mat.picture(index)
                depth_m = self._mat.depth_m(index, name)
            except BadInput as error:
                reason = str(error)
                out_of_range.append(index)
                continue
            present = depth_m[depth_m > 0]
            if present.size and not KINECT_M[0] < np.median(present) < KINECT_M[1]:
                out_of_range.append(index)
                reason = f"the median of {name} is {np.median(present):.3g}, which is no depth in metres"
        if len(out_of_range) > len(chosen) // 2:
            yield Finding(
                "broken",
                f"{len(out_of_range)} of {len(chosen)} frames looked at are not the official file's: {reason}",
                self._mat.path.name,
                f"get the file again: {LABELED_URL}",
            )
        elif out_of_range:
            yield Finding(
                "incomplete",
                f"{len(out_of_range)} of {len(chosen)} frames looked at: {reason}",
                self._mat.path.name,
            )

    @property
    def _official(self) -> bool:
        return len(self) == FRAMES and (self._mat.height, self._mat.width) == FRAME

    def _read_splits(self, required: bool) -> frozenset[int]:
        """The numbers of the training frames, from 1; every other frame is a test frame."""
        if not self._splits.exists():
            if required or len(self) != FRAMES:
                raise MissingData(f"there is no {self._splits}; get the official split: {SPLITS_URL} (2,626 bytes)")
            return frozenset(int(entry) for entry in official("nyu_labeled_train_795"))
        found = read_matlab5(self._splits, "trainNdxs", "testNdxs")
        train, test = ([int(n) for n in found[name].ravel()] for name in ("trainNdxs", "testNdxs"))
        advice = f"get the official one: {SPLITS_URL}"
        if len(self) == FRAMES and (len(train), len(test)) == (TEST, TRAIN):
            raise BadInput(
                f"{self._splits}: train and test are swapped ({TEST} to train with, {TRAIN} to test); {advice}"
            )
        if both := set(train) & set(test):
            raise BadInput(f"{self._splits}: {len(both)} frames are in both splits, {min(both)} for one; {advice}")
        if sorted(train + test) != list(range(1, len(self) + 1)):
            raise BadInput(
                f"{self._splits}: {len(train)} + {len(test)} frames numbered {min(train + test, default=0)} to "
                f"{max(train + test, default=0)} are not the {len(self)} of {self._mat.path.name}, each once; "
                f"{advice}"
            )
        if len(self) == FRAMES and len(train) != TRAIN:
            raise BadInput(
                f"{self._splits}: {len(train)} training and {len(test)} test frames, not {TRAIN} and {TEST}; "
                f"{advice}"
            )
        return frozenset(train)

    def _examine_labeled(self) -> Iterator[Finding]:
        name, size = self._mat.path.name, self._mat.path.stat().st_size
        what = f"{len(self)} frames of {self._mat.width}x{self._mat.height}, {size:,} bytes"
        if not self._official:
            yield Finding(
                "note", f"{what}: not the official file, which has {FRAMES} of 640x480", name, LABELED_URL
            )
        elif size != LABELED_BYTES:
            yield Finding("note", f"{what}; the official file has {LABELED_BYTES:,}: it was written again", name)
        else:
            yield Finding("good", what, name)
        if self._verify and self._official:
            md5 = _md5(self._mat.path)
            if md5 == LABELED_MD5:
                yield Finding("good", f"MD5 {md5}, as it should be", name)
            else:
                yield Finding(
                    "broken",
                    f"its MD5 is {md5}, not {LABELED_MD5}: damaged or changed",
                    name,
                    f"get it again: {LABELED_URL}",
                )

    def _examine_splits(self) -> Iterator[Finding]:
        name = self._splits.name
        counts = f"{len(self._train)} training and {len(self) - len(self._train)} test frames, none in both"
        if not self._splits.exists():
            yield Finding("note", f"absent: the built-in list is used, {counts}", name, f"or get it: {SPLITS_URL}")
        elif not self._official:
            yield Finding("note", f"{counts}: not the official split of {TRAIN} and {TEST}", name)
        elif _md5(self._splits) == SPLITS_MD5:
            yield Finding("good", f"{counts}: the official file", name)
        elif self._train == frozenset(int(entry) for entry in official("nyu_labeled_train_795")):
            yield Finding("good", f"{counts}: the official ones, in a file that was written again", name)
        else:
            advice = f"get the official one: {SPLITS_URL}"
            yield Finding("broken", f"{counts}, but they are not the official ones", name, advice)


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()


ENTRIES = {"": NyuLabeled}
