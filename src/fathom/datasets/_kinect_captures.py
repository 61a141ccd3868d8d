"""Captures of a Kinect on the disk: which frames there are, by their names alone, and which belong together."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from fathom.datasets._listing import walk
from fathom.errors import BadInput
from fathom.files.kinect import INDEX, parse_name

Rule = Literal["paper", "toolbox"]
_CAPTURE = re.compile(r"[a-z_]+_\d{4}[a-z]?")


@dataclass
class Capture:
    """The files of one recording. Frames are (time in seconds, file name), in order of time.

    name     e.g. "kitchen_0004b"; ``below`` is its folder relative to the root
    strange  how many names are none that the recorder gives, one of them as an example
    """

    name: str
    below: str
    depth: list[tuple[float, str]] = field(default_factory=list)
    colour: list[tuple[float, str]] = field(default_factory=list)
    accelerations: int = 0
    has_index: bool = False
    strange: int = 0
    strange_name: str = ""

    @property
    def scene(self) -> str:
        """The capture without the letter at its end."""
        return scene_of(self.name)


@dataclass(frozen=True)
class Pairing:
    """What came of matching: pairs (place among the depth frames, place among the colour frames), and how many
    depth frames had no picture near enough, or one that others had too."""

    pairs: list[tuple[int, int]]
    alone: int
    shared: int


def scene_of(capture: str) -> str:
    """ "kitchen_0004b" → "kitchen_0004"."""
    return capture[:-1] if capture[-1:].isalpha() and capture[-2:-1].isdigit() else capture


def find_captures(root: Path, wanted: frozenset[str] | None = None) -> Iterator[Capture]:
    """Every folder with a Kinect's files: the root itself, its folders, or theirs. No file is opened.

    ``wanted`` are the names of captures; folders that are called like others are not listed, which saves half of
    the time. Raises MissingData if there is no such folder.
    """
    for below, names, folders in walk(root, depth=2):
        if wanted is not None:
            folders[:] = [name for name in folders if name in wanted or not _CAPTURE.fullmatch(name)]
        capture = Capture(Path(below).name if below else root.resolve().name, below)
        for name in names:
            _sort_in(capture, name)
        if capture.depth or capture.colour or capture.accelerations or capture.has_index:
            capture.depth.sort()
            capture.colour.sort()
            folders.clear()  # recordings hold no recordings
            yield capture


def _sort_in(capture: Capture, name: str) -> None:
    found = parse_name(name)
    if found is None:
        if name == INDEX:
            capture.has_index = True
        else:
            capture.strange += 1
            capture.strange_name = capture.strange_name or name
    elif found.kind == "depth":
        capture.depth.append((found.time_s, name))
    elif found.kind == "colour":
        capture.colour.append((found.time_s, name))
    else:
        capture.accelerations += 1


def associate(depth_s: list[float], colour_s: list[float], rule: Rule, most_apart_s: float) -> Pairing:
    """Each depth frame with the picture closest in time; both lists are in order.

    rule  "paper"    (section 4.1 of Eigen et al. 2014): a picture that is closest to several depth frames is thrown
                     away with all of them
          "toolbox"  (get_synched_frames.m): every depth frame keeps its picture

    A depth frame farther than ``most_apart_s`` from every picture belongs to none and throws none away. Of two
    pictures equally near it is the later one, as in the toolbox.
    """
    if not depth_s or not colour_s:
        return Pairing([], len(depth_s), 0)
    depth, colour = np.asarray(depth_s), np.asarray(colour_s)
    after = np.minimum(np.searchsorted(colour, depth), len(colour) - 1)
    before = np.maximum(after - 1, 0)
    closest = np.where(np.abs(colour[after] - depth) <= np.abs(colour[before] - depth), after, before)
    near = np.abs(colour[closest] - depth) <= most_apart_s
    counts = np.bincount(closest[near], minlength=len(colour))
    single = near & (counts[closest] == 1) if rule == "paper" else near
    pairs = [(int(i), int(closest[i])) for i in np.flatnonzero(single)]
    return Pairing(pairs, int((~near).sum()), int((near & ~single).sum()))


def wrong_sizes(folder: Path, sizes: dict[str, int]) -> Iterator[tuple[str, int]]:
    """(name, size) of every file whose ending is among the sizes and whose size is another one."""
    try:
        with os.scandir(folder) as found:
            for entry in found:
                wanted = sizes.get(entry.name.rpartition(".")[2])
                if wanted is not None and (size := entry.stat().st_size) != wanted:
                    yield entry.name, size
    except OSError as error:
        raise BadInput(f"{folder} cannot be listed: {error.strerror}; name a folder that you may read") from error
