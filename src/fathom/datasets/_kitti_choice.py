"""Which of KITTI's shots are trained on and tested on.

"community": the 33 drives of city, residential and road that are not test drives are "train", all their frames; the
697 frames of Eigen et al. 2014, all of the left camera, are "test".

"paper" (section 4.2 of Eigen et al. 2014: "28 for training", "800 images per scene", stationary shots excluded,
"20K unique images", "a shuffled list of 40K ... after evening the scene distribution"). Where it is silent [A]:

- Its 28 training drives were not published. Ours are 28 of the 33, by category as in the test set
  (splits/kitti_paper_train_drives_28.txt).
- "Stationary: acceleration below a threshold", which is not given. A car at constant speed has no acceleration
  either, so here a frame is stationary if its speed, hypot(vf, vl), is below ``STILL_M_S`` *and* its level
  acceleration, hypot(af, al), below ``STEADY_M_S2``. A frame without an oxts record is kept.
- Of a drive with more than 800 shots, both cameras counted, each camera gives its half, evenly spaced in time;
  where there are 800 moments, left and right take alternate ones.
- The list: every drive towards 40,000 / 28 = 1,429 shots, none more than ``REPEATS`` times. No complete drive
  needs that many: it keeps a drive of which there is little from being drawn over and over.

"all": every shot that has a truth, no official split.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

from fathom.datasets._evening import evenly, times
from fathom.datasets._kitti_layout import CAMERAS, Drive, Shot
from fathom.datasets._splits import official

Selection = Literal["paper", "community", "all"]
Cameras = Literal["both", "left", "right"]
STILL_M_S = 0.5
STEADY_M_S2 = 0.2
MOST_A_SCENE = 800  # [P]
LIST_A_SCENE = 1429  # 40,000 [P] over 28 scenes
REPEATS = 8
TEST = "kitti_eigen_test_697"
TRAIN = {"paper": "kitti_paper_train_drives_28", "community": "kitti_community_train_drives_33"}

IsStatic = Callable[[str, str], bool]  # of a drive's frame


@dataclass
class Choice:
    """The shots in order of drive, time and camera, with their splits and how often they stand in the list;
    ``static`` counts the moments (not shots) left out, ``moments`` all that were asked."""

    shots: list[Shot] = field(default_factory=list)
    splits: list[str] = field(default_factory=list)
    times: list[int] = field(default_factory=list)
    static: int = 0
    moments: int = 0

    def add(self, shots: Iterable[Shot], split: str) -> None:
        """Adds shots of one split, each once in the list."""
        for shot in shots:
            self.shots.append(shot)
            self.splits.append(split)
            self.times.append(1)


def cameras_of(cameras: Cameras) -> tuple[str, ...]:
    """Their numbers."""
    return {"both": CAMERAS, "left": CAMERAS[:1], "right": CAMERAS[1:]}[cameras]


def test_shots() -> tuple[Shot, ...]:
    """The 697, in their order."""
    pairs = (entry.split() for entry in official(TEST))
    return tuple(Shot(drive, "02", frame) for drive, frame in pairs)


def choose(
    selection: Selection,
    drives: dict[str, Drive],
    has_truth: Callable[[Shot], bool],
    cameras: Cameras,
    part: str,
    is_static: IsStatic,
) -> Choice:
    """The shots of a selection that are there, picture and truth. ``part`` is "all", "train" or "test"."""
    choice, chosen = Choice(), cameras_of(cameras)
    if selection == "all":
        for drive in drives.values():
            choice.add(_complete(drive, chosen, has_truth), "")
        return choice
    if part != "test":
        for name in official(TRAIN[selection]):
            if name in drives:
                _add_train(choice, drives[name], chosen, has_truth, selection, is_static)
    if part != "train":
        there = (s for s in test_shots() if s.drive in drives and s.frame in drives[s.drive].pictures["02"])
        choice.add((shot for shot in there if has_truth(shot)), "test")
    return choice


def _add_train(
    choice: Choice,
    drive: Drive,
    cameras: tuple[str, ...],
    has_truth: Callable[[Shot], bool],
    selection: Selection,
    is_static: IsStatic,
) -> None:
    shots = _complete(drive, cameras, has_truth)
    if selection == "paper":
        still = {frame: is_static(drive.name, frame) for frame in dict.fromkeys(s.frame for s in shots)}
        choice.moments += len(still)
        choice.static += sum(still.values())
        shots = _at_most([s for s in shots if not still[s.frame]], MOST_A_SCENE)
    first = len(choice.shots)
    choice.add(shots, "train")
    if selection == "paper" and shots:
        choice.times[first:] = times([drive.name] * len(shots), LIST_A_SCENE, REPEATS)


def _complete(drive: Drive, cameras: tuple[str, ...], has_truth: Callable[[Shot], bool]) -> list[Shot]:
    """Shots with a picture and a truth, by time, then camera."""
    shots = (Shot(drive.name, camera, frame) for camera in cameras for frame in drive.pictures[camera])
    return sorted((s for s in shots if has_truth(s)), key=lambda s: (s.frame, s.camera))


def _at_most(shots: list[Shot], most: int) -> list[Shot]:
    """``most`` of the shots of one drive. Taking every second of the list as it is would take one camera only."""
    if len(shots) <= most:
        return shots
    by_camera = {c: [s for s in shots if s.camera == c] for c in CAMERAS}
    moments = {c: {s.frame for s in of} for c, of in by_camera.items()}
    both = sorted(moments["02"] & moments["03"])
    if len(both) >= most:
        kept = [Shot(shots[0].drive, CAMERAS[i % 2], both[k]) for i, k in enumerate(evenly(len(both), most))]
    else:
        fewer, more = sorted(by_camera.values(), key=len)
        share = min(len(fewer), most // 2)
        kept = [of[k] for of, n in ((fewer, share), (more, most - share)) for k in evenly(len(of), n)]
    return sorted(kept, key=lambda s: (s.frame, s.camera))


def is_still(speed_m_s: float, acceleration_m_s2: float) -> bool:
    """The rule above; numbers that are not finite are no sign of standing still."""
    still = speed_m_s < STILL_M_S and acceleration_m_s2 < STEADY_M_S2
    return still and math.isfinite(speed_m_s + acceleration_m_s2)
