"""NYU Depth v2, the raw dump: what its Kinect recorded, brought into the colour camera; the paper trained on it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple, get_args

import numpy as np

from fathom.datasets._base import Dataset, Finding
from fathom.datasets._evening import keep, times
from fathom.datasets._kinect_captures import Capture, Pairing, Rule, associate, find_captures, scene_of
from fathom.datasets._nyu_raw_examine import PAGE, PARTS_URL, examine
from fathom.datasets._splits import official
from fathom.errors import BadInput, MissingData
from fathom.files.kinect import read_colour, read_disparity
from fathom.ops.kinect import (
    COLOUR_CAMERA,
    HEIGHT,
    WIDTH,
    Value,
    mask_extremes,
    project_disparity,
    undistort_colour,
)
from fathom.ops.resample import halve_colour, halve_depth
from fathom.records import Sample

TRAIN = "nyu_train_captures_284"
# BTS leaves this one out as faulty; we have not seen it.
FAULTY = frozenset({"d-1315166703.129542-2466101449.pgm"})
# A Kinect gives 30 frames a second: a picture farther off than a frame and a fifth is another one [A].
MOST_APART_S = 0.04
PER_SCENE = 1200  # the paper's
# 120,000 unique frames became a list of 220,000: 1.8 times as many. With no frame more than twice, scenes of fewer
# than 600 frames double and the list has at most 240,000 [A].
REPEATS = 2


class _Pair(NamedTuple):
    capture: Capture
    depth: str
    colour: str


class NyuRaw(Dataset):
    """NYU Depth v2's raw dump: pictures and disparities of a Kinect, undistorted and projected onto each other.

    root           the folder with the captures, e.g. kitchen_0004b, or with the unpacked parts that hold them
    selection      "train": the 284 captures of the 249 official training scenes; "all": every capture there is,
                   those of other scenes as split "test"
    association    which picture belongs to a depth frame: always the closest in time. "paper": pictures that are
                   closest to several depth frames are left out with all of these; "toolbox": they are kept
    most_apart_s   the longest time between a depth frame and its picture, in seconds
    size           "half": 320x240, what the paper trains on, or "full": 640x480 (the title then ends in _full)
    per_scene      a scene keeps at most so many frames, evenly spaced in time, and one with fewer stands in the
                   list of training up to so many times
    repeats        but no frame of it more often than this
    mask_extremes  whether depths equal to a frame's smallest or largest are absent, the paper's rule (if not, the
                   title ends in _unmasked)
    value          what a depth is: "depth_camera", as the depth camera measured it, which is what the toolbox
                   writes and so everybody's data holds; or "colour_camera", z of the picture's camera (the title
                   then has _z)

    A scene is a capture without the letter at its end. Depth beyond 10 m counts as 10 m, and none is below 0.71 m.
    """

    depth_step_m = 0.001

    def __init__(
        self,
        root: Path | str,
        selection: Literal["train", "all"] = "train",
        association: Rule = "paper",
        most_apart_s: float = MOST_APART_S,
        size: Literal["half", "full"] = "half",
        per_scene: int = PER_SCENE,
        repeats: int = REPEATS,
        mask_extremes: bool = True,
        value: Value = "depth_camera",
    ):
        _check("selection", selection, ("train", "all"))
        _check("association", association, get_args(Rule))
        _check("size", size, ("half", "full"))
        _check("value", value, get_args(Value))
        if not most_apart_s >= 0:
            raise BadInput(f"most_apart_s is a number of seconds, not {most_apart_s}")
        self.root = Path(root)
        self._options = {
            "selection": selection,
            "association": association,
            "most_apart_s": most_apart_s,
            "size": size,
            "per_scene": per_scene,
            "repeats": repeats,
            "mask_extremes": mask_extremes,
            "value": value,
        }
        self._half, self._masked = size == "half", mask_extremes
        self._value: Value = value
        endings = {"_full": not self._half, "_z": value == "colour_camera", "_unmasked": not mask_extremes}
        self.title = "nyu_raw" + "".join(ending for ending, holds in endings.items() if holds)
        self.frame = (HEIGHT // 2, WIDTH // 2) if self._half else (HEIGHT, WIDTH)
        self._camera = COLOUR_CAMERA.resized(self.frame[1], self.frame[0])
        self._listed = official(TRAIN)
        self._train_scenes = frozenset(scene_of(name) for name in self._listed)
        wanted = frozenset(self._listed) if selection == "train" else None
        self._captures, self._doubles = _find(self.root, wanted)
        self._pairings: list[Pairing] = [
            associate([t for t, _ in c.depth], [t for t, _ in c.colour], association, most_apart_s)
            for c in self._captures
        ]
        self._pairs = self._evened(per_scene, repeats)

    def __len__(self) -> int:
        return len(self._pairs)

    def name_of(self, index: int) -> str:
        pair = self._pairs[index]
        return f"{pair.capture.name}/{pair.depth.removesuffix('.pgm')}"

    def split_of(self, index: int) -> str:
        return "train" if self._pairs[index].capture.scene in self._train_scenes else "test"

    def times_of(self, index: int) -> int:
        return self._times[index]

    def read(self, index: int) -> Sample:
        """Raises MissingData or BadInput if either file is absent, damaged or of another size, or if no depth is
        left."""
        pair = self._pairs[index]
        folder = self.root / pair.capture.below
        rgb = undistort_colour(read_colour(folder / pair.colour))
        depth_m = project_disparity(read_disparity(folder / pair.depth), self._value)
        if self._masked:
            depth_m = mask_extremes(depth_m)
        if np.isnan(depth_m).all():
            raise BadInput(f"{folder / pair.depth}: no pixel of the picture has a depth; was the lens covered?")
        if self._half:
            rgb, depth_m = halve_colour(rgb), halve_depth(depth_m)
        return Sample(rgb, depth_m, self._camera, self.name_of(index), pair.capture.scene)

    def provenance(self) -> dict[str, object]:
        return {
            "dataset": "nyu_raw",
            "root": self.root.resolve().name,
            **self._options,
            "captures": len(self._captures),
            "unique_frames": len(self),
            "frames_in_the_list": sum(self._times),
            "infilled": False,
            "unit": "metres, along the optical axis of the "
            + ("depth camera" if self._value == "depth_camera" else "colour camera"),
            "camera": self._camera.source,
        }

    def examine(self) -> Iterator[Finding]:
        yield from examine(self.root, self._captures, self._pairings, self._listed, self._doubles)
        unique, entries = len(self), sum(self._times)
        scenes = {pair.capture.scene for pair in self._pairs}
        yield Finding(
            "good",
            f"{unique:,} pairs of {len(scenes)} scenes are kept, and the list of training has {entries:,} entries "
            "(the paper: 120,000 of 249, and 220,000)",
        )

    def _evened(self, per_scene: int, repeats: int) -> list[_Pair]:
        """The pairs that are kept, in order of scene, capture and time; sets how often each stands in the list."""
        found = [
            _Pair(capture, capture.depth[i][1], capture.colour[j][1])
            for capture, pairing in zip(self._captures, self._pairings, strict=True)
            for i, j in pairing.pairs
            if capture.depth[i][1] not in FAULTY
        ]
        if not found:
            counts = [sum(len(getattr(c, kind)) for c in self._captures) for kind in ("depth", "colour")]
            raise MissingData(
                f"{self.root}: not one depth frame has its picture: {len(self._captures)} captures with "
                f"{counts[0]} depth frames (d-*.pgm) and {counts[1]} pictures (r-*.ppm); unpack the parts from "
                f"{PAGE} again"
            )
        kept = [found[i] for i in keep([pair.capture.scene for pair in found], per_scene)]
        self._times = times([pair.capture.scene for pair in kept], per_scene, repeats)
        return kept


def _find(root: Path, wanted: frozenset[str] | None) -> tuple[list[Capture], list[Capture]]:
    """The captures in order of their names, and those whose name another has too."""
    chosen: dict[str, Capture] = {}
    doubles = []
    for capture in find_captures(root, wanted):
        if wanted is not None and capture.name not in wanted:
            continue
        other = chosen.setdefault(capture.name, capture)
        if other is not capture:
            fuller = max(other, capture, key=lambda c: len(c.depth) + len(c.colour))
            chosen[capture.name] = fuller
            doubles.append(capture if fuller is other else other)
    if chosen:
        return [chosen[name] for name in sorted(chosen)], doubles
    if wanted is not None and (other := next(find_captures(root), None)):
        raise MissingData(
            f"{root}: captures are here, {other.name} for one, but none of the {len(wanted)} of the training "
            "scenes; say --selection all to take what there is"
        )
    raise MissingData(
        f"{root}: no capture is here, that is a folder such as kitchen_0004b with r-*.ppm and d-*.pgm; get the "
        f"parts (see {PAGE}, files at {PARTS_URL}) and unpack them here"
    )


def _check(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise BadInput(f"{name} is one of {', '.join(allowed)}, not '{value}'")


ENTRIES = {"": NyuRaw}
