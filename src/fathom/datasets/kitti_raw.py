"""kitti_raw: KITTI's raw recordings as published, with the laser scans or the annotated depth as truth."""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from fathom.datasets import _kitti_examine as examination
from fathom.datasets._base import Dataset, Finding
from fathom.datasets._kitti_choice import (
    LIST_A_SCENE,
    MOST_A_SCENE,
    REPEATS,
    STEADY_M_S2,
    STILL_M_S,
    TRAIN,
    Cameras,
    Selection,
    choose,
    is_still,
)
from fathom.datasets._kitti_layout import Shot, find_annotated, find_drives
from fathom.datasets._kitti_window import FRAMES, Size, Window
from fathom.errors import BadInput, MissingData
from fathom.files.depthmap import read_depth_m
from fathom.files.kitti import OXTS_COLUMNS, Calibration, read_calibration, read_oxts, read_velodyne
from fathom.files.photo import read_photo
from fathom.ops.splat import Axis, Conflicts
from fathom.records import Sample

ANNOTATED_STEP_M = 1 / 256


class KittiRaw(Dataset):
    """KITTI raw, "synced+rectified", in its own layout: ROOT/2011_09_26/2011_09_26_drive_0001_sync/... and
    ROOT/2011_09_26/calib_*.txt. Archives that are there in part give the shots that are there.

    root         the folder that holds the days, 2011_09_26 and so on
    truth        "velodyne": the frame's own laser scan; "annotated": the depth of data_depth_annotated
    annotated    the folder of data_depth_annotated (train/ and val/, or the drives themselves)
    selection    "paper": 28 training drives, stationary frames left out, at most 800 shots a drive, evened;
                 "community": the field's 33 training drives, every frame; both with the 697 test frames of Eigen
                 et al. as "test" (652 of them have an annotated truth); "all": every shot with a truth, no split
    size         "half": 612x184, what the paper's networks train on; "full": 1224x368, what it scores on;
                 "original": each picture's own, which can be scored, but not trained on where they differ
    cameras      of the training shots: "both", "left" (image_02) or "right" (image_03); test frames are left ones
    conflicts    of several laser points on a pixel: "capture_time", the one recorded closest to the shot (the
                 paper's rule); "nearest"; or "monodepth2", the community's ground truth with its quirks
    axis         what a laser depth is measured along: "camera_z", or "lidar_x" as in the community's ground truth
    part         "all", or only the "train" or the "test" split: training at half size, scoring at full
    drives       only these: names or beginnings of names, with commas, e.g. "2011_09_28,2011_09_26_drive_0001"
    title        what to call a selection of your own; by default the title says which truth it is
    """

    depth_step_m = ANNOTATED_STEP_M  # up to 255.99 m; annotated truths survive exactly

    def __init__(
        self,
        root: Path | str,
        truth: Literal["velodyne", "annotated"] = "velodyne",
        annotated: Path | str | None = None,
        selection: Selection = "paper",
        size: Size = "half",
        cameras: Cameras = "both",
        conflicts: Conflicts = "capture_time",
        axis: Axis = "camera_z",
        part: Literal["all", "train", "test"] = "all",
        drives: str = "",
        title: str = "",
    ) -> None:
        _check("truth", truth, ("velodyne", "annotated"))
        _check("part", part, ("all", "train", "test"))
        for name, value, kind in (
            ("selection", selection, Selection),
            ("size", size, Size),
            ("cameras", cameras, Cameras),
            ("conflicts", conflicts, Conflicts),
            ("axis", axis, Axis),
        ):
            _check(name, value, get_args(kind))
        self.root, self.size = Path(root), size
        self.truth: str = truth
        self.part: str = part
        self.selection: Selection = selection
        self.cameras: Cameras = cameras
        self.conflicts, self.axis = conflicts, axis
        of_scan = f"kitti_velodyne_{axis}_{conflicts}"
        self.title = title or (of_scan if truth == "velodyne" else "kitti_annotated")
        self.wanted = tuple(word.strip() for word in drives.split(",") if word.strip())
        self.drives = {n: d for n, d in find_drives(self.root).items() if self.is_wanted(n)}
        self.annotated_root = self._find_annotated(annotated)
        self.annotated = find_annotated(self.annotated_root) if self.annotated_root else {}
        self.without_record: list[str] = []  # of the moments that were asked whether they are stationary
        self._calibrations: dict[str, Calibration] = {}
        self.choice = choose(selection, self.drives, self.has_truth, cameras, part, self._is_static)
        if not self.choice.shots:
            self._refuse_to_be_empty()

    def __len__(self) -> int:
        return len(self.choice.shots)

    def name_of(self, index: int) -> str:
        """E.g. "2011_09_26_drive_0060_sync/image_02/0000000026"."""
        return self.choice.shots[index].name

    def split_of(self, index: int) -> str:
        return self.choice.splits[index]

    def times_of(self, index: int) -> int:
        return self.choice.times[index]

    @cached_property
    def frame(self) -> tuple[int, int] | None:
        """612x184 or 1224x368; for "original" the size of the chosen pictures, None if there are several."""
        if self.size != "original":
            return FRAMES[self.size]
        sizes: set[tuple[int, int]] = set()
        reason: Exception | None = None
        for date, camera in sorted({(s.date, s.camera) for s in self.choice.shots}):
            try:
                sizes.add(self.calibration(date).sizes[camera])
            except (BadInput, MissingData) as error:
                reason = error
        if not sizes:
            raise BadInput(
                f"{self.root}: not one day has a calibration that says how large its pictures are: {reason}"
            )
        return sizes.pop() if len(sizes) == 1 else None

    def calibration(self, date: str) -> Calibration:
        """The day's calibration, read once; MissingData or BadInput."""
        if date not in self._calibrations:
            folder = self.root / date
            if not folder.is_dir() or not (folder / "calib_cam_to_cam.txt").exists():
                raise MissingData(
                    f"there is no {folder / 'calib_cam_to_cam.txt'}: unpack {date}_calib.zip of {examination.PAGE} "
                    f"in {self.root}"
                )
            self._calibrations[date] = read_calibration(folder, scanner=self.truth == "velodyne")
        return self._calibrations[date]

    def read(self, index: int) -> Sample:
        """Raises MissingData or BadInput if the picture, its truth or the day's calibration is missing or wrong."""
        shot = self.choice.shots[index]
        calibration = self.calibration(shot.date)
        window = Window.of(calibration.camera(shot.camera), self.size)
        if self.frame and window.frame != self.frame:
            raise BadInput(f"{shot.name} is {window.frame[1]}x{window.frame[0]}, not as the others")
        drive = self.drives[shot.drive]
        ending = drive.pictures[shot.camera][shot.frame]
        path = self.root / drive.below_root / f"image_{shot.camera}" / "data" / f"{shot.frame}{ending}"
        rgb = window.colour(read_photo(path, camera=window.picture).rgb)
        depth_m = self._annotated_m(shot, window) if self.truth == "annotated" else self._scan_m(shot, window)
        if np.isnan(depth_m).all():
            raise BadInput(f"{shot.name}: not one depth falls in the picture; are scan and calibration of one day?")
        return Sample(rgb, depth_m, window.camera, shot.name, shot.drive)

    def provenance(self) -> dict[str, object]:
        rules: dict[str, object] = {}
        if self.selection == "paper":
            rules = {
                "train_drives": TRAIN["paper"],
                "stationary": f"speed below {STILL_M_S} m/s and level acceleration below {STEADY_M_S2} m/s^2",
                "stationary_moments_left_out": self.choice.static,
                "moments_without_oxts_kept": len(self.without_record),
                "most_shots_a_scene": MOST_A_SCENE,
                "list_a_scene": LIST_A_SCENE,
                "repeats_at_most": REPEATS,
            }
        scans = self.truth == "velodyne"
        return {
            "dataset": "kitti_raw",
            "root": self.root.resolve().name,
            "truth": self.truth,
            "selection": self.selection,
            "size": self.size,
            "cameras": self.cameras,
            "part": self.part,
            "drives": list(self.wanted),
            "conflicts": self.conflicts if scans else None,
            "axis": self.axis if scans else "camera_z",
            "depth": "metres, sparse, absent where nothing was measured",
            "size_rule": "one scale to the frame's width, rows cut off above",
            **rules,
        }

    def examine(self) -> Iterator[Finding]:
        """Frames expected and found by drive, calibration, scans by size, the test frames, the annotated depth."""
        yield from examination.examine(self)

    def is_wanted(self, drive: str) -> bool:
        """Whether ``drives`` names it."""
        return not self.wanted or any(drive.startswith(word) for word in self.wanted)

    def has_truth(self, shot: Shot) -> bool:
        """Whether the file of the shot's truth is there."""
        if self.truth == "annotated":
            return shot.frame in self.annotated.get((shot.drive, shot.camera), ("", ()))[1]
        return shot.frame in self.drives[shot.drive].scans

    def path_of_annotated(self, shot: Shot) -> Path:
        """The annotated depth of a shot that has one."""
        assert self.annotated_root is not None
        return self.annotated_root / self.annotated[shot.drive, shot.camera][0] / f"{shot.frame}.png"

    def _annotated_m(self, shot: Shot, window: Window) -> np.ndarray:
        path = self.path_of_annotated(shot)
        depth_m = read_depth_m(path, ANNOTATED_STEP_M)
        if depth_m.shape != (window.picture.height, window.picture.width):
            raise BadInput(
                f"{path} is {depth_m.shape[1]}x{depth_m.shape[0]} and the picture {window.picture.width}x"
                f"{window.picture.height}; take the depth as published, neither cut nor resized"
            )
        return window.truth(depth_m)

    def _scan_m(self, shot: Shot, window: Window) -> np.ndarray:
        calibration = self.calibration(shot.date)
        path = self.root / self.drives[shot.drive].below_root / "velodyne_points" / "data" / f"{shot.frame}.bin"
        to_pixels = calibration.scanner_to_pixels(shot.camera)
        return window.scan(read_velodyne(path), to_pixels, calibration.sizes["02"], self.conflicts, self.axis)

    def _is_static(self, drive: str, frame: str) -> bool:
        if frame not in self.drives[drive].records:
            self.without_record.append(f"{drive} {frame}")
            return False
        try:
            record = read_oxts(self.root / self.drives[drive].below_root / "oxts" / "data" / f"{frame}.txt")
        except (BadInput, MissingData):
            self.without_record.append(f"{drive} {frame}")
            return False
        vf, vl, af, al = (record[OXTS_COLUMNS[name]] for name in ("vf", "vl", "af", "al"))
        return is_still(float(np.hypot(vf, vl)), float(np.hypot(af, al)))

    def _find_annotated(self, given: Path | str | None) -> Path | None:
        if self.truth == "velodyne":
            if given:
                raise BadInput("annotated names the folder of the annotated truths: say truth annotated with it")
            return None
        if given:
            return Path(given)
        for place in (self.root / "data_depth_annotated", self.root.parent / "data_depth_annotated"):
            if place.is_dir():
                return place
        raise MissingData(
            f"where is data_depth_annotated? Not in {self.root} nor beside it: say --annotated FOLDER; the archive "
            f"is on {examination.DEPTH_PAGE}"
        )

    def _refuse_to_be_empty(self) -> None:
        there = ", ".join(list(self.drives)[:5]) + (", ..." if len(self.drives) > 5 else "")
        pictures = sum(len(of) for d in self.drives.values() for of in d.pictures.values())
        if not self.drives:
            raise MissingData(f"{self.root} holds no drive whose name begins with {' or '.join(self.wanted)}")
        if self.choice.static:
            why = "in all that are, the car stands still"
        elif self.truth == "velodyne":
            why = f"{sum(len(d.scans) for d in self.drives.values())} velodyne_points/data/*.bin"
        else:
            why = f"{sum(len(f) for _, f in self.annotated.values())} annotated depths"
        hint = "" if self.selection == "all" else "; to take whatever is there, say --selection all"
        raise MissingData(
            f"{self.root} holds {len(self.drives)} drives ({there}) with {pictures} pictures and {why}, and none "
            f"of them is a shot of the selection '{self.selection}', part '{self.part}', with both{hint}"
        )


def _check(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise BadInput(f"kitti_raw: {name} is one of {', '.join(allowed)}, not '{value}'")


ENTRIES = {"": KittiRaw}
