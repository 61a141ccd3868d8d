"""What can be said of KITTI's files without decoding them: counts, sizes, calibration, the test set's holes."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import numpy as np
from PIL import Image

from fathom.datasets._base import Finding
from fathom.datasets._evening import evenly
from fathom.datasets._kitti_choice import TRAIN, Cameras, Choice, Selection, cameras_of, test_shots
from fathom.datasets._kitti_layout import DEPTH_PAGE, PAGE, Drive, Shot, sizes_in_bytes
from fathom.datasets._splits import official
from fathom.errors import BadInput, MissingData
from fathom.files.depthmap import read_depth_m
from fathom.files.kitti import BYTES_A_POINT, Calibration, read_timestamps

__all__ = ["DEPTH_PAGE", "PAGE", "examine"]

_ANNOTATED_STEP_M = 1 / 256
_REACH_M = 130.0  # the scanner sees to 120 m
_LOOKED_AT = 3  # annotated depths that are decoded
_SMALL_SCAN = 0.5
_ENDS = 5  # frames at each end of a drive that data_depth_annotated leaves out


class Examined(Protocol):
    """What is asked of the data set; its own class says what these are."""

    root: Path
    truth: str
    selection: Selection
    cameras: Cameras
    part: str
    drives: dict[str, Drive]
    annotated_root: Path | None
    annotated: dict[tuple[str, str], tuple[str, frozenset[str]]]
    choice: Choice
    without_record: list[str]

    def __len__(self) -> int: ...
    def is_wanted(self, drive: str) -> bool: ...
    def calibration(self, date: str) -> Calibration: ...
    def path_of_annotated(self, shot: Shot) -> Path: ...


def examine(data: Examined) -> Iterator[Finding]:
    """All findings about a constructed KittiRaw."""
    yield from _drives_missing(data)
    yield from _calibrations(data)
    expected = set(data.drives) if data.selection == "all" else _expected_drives(data)
    for name in sorted({shot.drive for shot in data.choice.shots} | (set(data.drives) & expected)):
        yield _drive(data, data.drives[name])
        if data.truth == "velodyne":
            yield from _scans(data, data.drives[name])
    if data.selection == "paper" and data.part != "test":
        yield from _stationary(data)
    if data.selection != "all" and data.part != "train":
        yield from _test_frames(data)
    if data.truth == "annotated":
        yield from _annotated_unit(data)
    splits = Counter(split or "without a split" for split in data.choice.splits)
    listed = sum(
        times for times, split in zip(data.choice.times, data.choice.splits, strict=True) if split == "train"
    )
    said = ", ".join(f"{count} {split}" for split, count in splits.items())
    yield Finding(
        "good", f"{len(data)} shots chosen: {said}" + (f"; a training list of {listed}" if listed else "")
    )


def _expected_drives(data: Examined) -> set[str]:
    if data.selection == "all":
        return set()
    names = set(official(TRAIN[data.selection])) if data.part != "test" else set()
    if data.part != "train":
        names |= set(official("kitti_eigen_test_drives_28"))
    return {name for name in names if data.is_wanted(name)}


def _drives_missing(data: Examined) -> Iterator[Finding]:
    expected = _expected_drives(data)
    missing = sorted(expected - set(data.drives))
    if missing:
        listed = ", ".join(missing[:40]) + (", ..." if len(missing) > 40 else "")
        yield Finding(
            "incomplete",
            f"{len(missing)} of the {len(expected)} drives of the selection are missing: {listed}",
            "",
            f"get {missing[0]}_sync.zip{' and so on' if len(missing) > 1 else ''} from {PAGE} (synced+rectified)",
        )
    elif expected:
        yield Finding("good", f"all {len(expected)} drives of the selection are there")


def _calibrations(data: Examined) -> Iterator[Finding]:
    dates = sorted({name[:10] for name in data.drives})
    wrong = {}
    for date in dates:
        try:
            data.calibration(date)
        except (BadInput, MissingData) as error:
            wrong[date] = error
    for date, error in wrong.items():
        # Frames of a day without calibration are left out; where no day has one there is nothing to prepare.
        verdict = "broken" if len(wrong) == len(dates) else "incomplete"
        yield Finding(
            verdict,
            _below(data.root, error),
            date,
            f"unpack {date}_calib.zip of {PAGE} in the folder that holds {date}",
        )
    for date in dates:
        if date not in wrong:
            yield from _picture_sizes(data, date)
    if len(wrong) < len(dates):
        sizes = sorted({data.calibration(d).sizes["02"] for d in dates if d not in wrong})
        listed = ", ".join(f"{width}x{height}" for height, width in sizes)
        yield Finding("good", f"calibration of {len(dates) - len(wrong)} of {len(dates)} days is sound ({listed})")


def _picture_sizes(data: Examined, date: str) -> Iterator[Finding]:
    """One picture of each camera against the size in the day's calibration: another day's is noticed."""
    for camera, (height, width) in data.calibration(date).sizes.items():
        drive = next((d for n, d in data.drives.items() if n[:10] == date and d.pictures[camera]), None)
        if drive is None:
            continue
        frame, ending = next(iter(drive.pictures[camera].items()))
        path = data.root / drive.below_root / f"image_{camera}" / "data" / f"{frame}{ending}"
        try:
            with Image.open(path) as picture:
                size = picture.size
        except (OSError, ValueError, SyntaxError) as error:
            yield Finding("incomplete", f"{path.name} cannot be opened ({error})", drive.below_root)
            continue
        if size != (width, height):
            yield Finding(
                "incomplete",
                f"pictures of image_{camera} are {size[0]}x{size[1]}, and calib_cam_to_cam.txt is for "
                f"{width}x{height}: another day's calibration, or resized pictures; they will be left out",
                date,
                f"unpack {date}_calib.zip again ({PAGE}), and take the pictures as published",
            )


def _below(root: Path | None, error: Exception) -> str:
    """What an error says, paths below the root shortened; an address that holds the same word is left whole."""
    return re.sub(rf"(?<![\w./]){re.escape(str(root))}/", "", str(error))


def _drive(data: Examined, drive: Drive) -> Finding:
    """Frames expected and found. The time stamps have one line a frame, also for frames that were left out."""
    counts = {f"image_{c}": len(drive.pictures[c]) for c in cameras_of(data.cameras)}
    if data.selection != "all":
        counts.setdefault("image_02", len(drive.pictures["02"]))
    if data.truth == "velodyne":
        counts["velodyne_points"] = len(drive.scans)
    if data.selection == "paper":
        counts["oxts"] = len(drive.records)
    expected, problem = _expected_frames(data.root / drive.below_root)
    most = expected or max(counts.values())
    short = {name: count for name, count in counts.items() if count < most}
    if data.truth == "annotated":
        for camera in cameras_of(data.cameras):
            found = len(data.annotated.get((drive.name, camera), ("", ()))[1])
            counts[f"annotated image_{camera}"] = found
            if found < most - 2 * _ENDS:
                short[f"annotated image_{camera}"] = found
    by = f"{expected} frames by timestamps.txt" if expected else f"no frames known ({problem})"
    what = f"{by}: " + ", ".join(f"{count} {name}" for name, count in counts.items())
    if not short and expected:
        return Finding("good", what, drive.below_root)
    if not short:
        return Finding("note", what, drive.below_root)
    empty = [name for name, count in short.items() if not count]
    note = f"; {' and '.join(empty)} {'is' if len(empty) == 1 else 'are'} empty or missing" if empty else ""
    advice = f"unpack {drive.name}_sync.zip again ({PAGE})"
    if all(name.startswith("annotated") for name in short):
        advice = f"unpack data_depth_annotated.zip again ({DEPTH_PAGE})"
    return Finding("incomplete", what + note, drive.below_root, advice)


def _expected_frames(folder: Path) -> tuple[int, str]:
    reason = "no timestamps.txt"
    for stream in ("image_02", "velodyne_points", "oxts", "image_03"):
        try:
            return len(read_timestamps(folder / stream / "timestamps.txt")), ""
        except MissingData:
            continue
        except BadInput as error:
            reason = str(error).replace(f"{folder}/", "")
    return 0, reason


def _scans(data: Examined, drive: Drive) -> Iterator[Finding]:
    folder = data.root / drive.below_root / "velodyne_points" / "data"
    sizes = sizes_in_bytes(folder, ".bin")
    usual = float(np.median(list(sizes.values()))) if sizes else 0.0
    small = [f for f, n in sizes.items() if n and n % BYTES_A_POINT == 0 and n < _SMALL_SCAN * usual]
    if small:
        yield Finding(
            "doubtful",
            f"{len(small)} scans are less than half as large as their drive's others and may be cut short: "
            f"{', '.join(sorted(small)[:8])}{' ...' if len(small) > 8 else ''} ({usual:,.0f} bytes are usual)",
            f"{drive.below_root}/velodyne_points/data",
            f"unpack {drive.name}_sync.zip again ({PAGE})",
        )
    short = {f: n for f, n in sizes.items() if n == 0 or n % BYTES_A_POINT}
    if short:
        frame, size = next(iter(sorted(short.items())))
        yield Finding(
            "incomplete",
            f"{len(short)} scans are cut short: {', '.join(sorted(short)[:8])}{' ...' if len(short) > 8 else ''} "
            f"({frame}.bin has {size} bytes, and {BYTES_A_POINT} make a point)",
            f"{drive.below_root}/velodyne_points/data",
            f"unpack {drive.name}_sync.zip again ({PAGE})",
        )


def _stationary(data: Examined) -> Iterator[Finding]:
    yield Finding(
        "note", f"{data.choice.static} of {data.choice.moments} moments of the training drives are stationary"
    )
    if count := len(data.without_record):
        yield Finding(
            "incomplete",
            f"{count} moments have no readable oxts record and are kept: nothing tells whether the car stood "
            f"(first: {data.without_record[0]})",
            "",
            f"unpack the oxts folders of the drives' archives too ({PAGE})",
        )


def _test_frames(data: Examined) -> Iterator[Finding]:
    wanted = [shot for shot in test_shots() if data.is_wanted(shot.drive)]
    holes: list[Shot] = []
    if data.truth == "annotated":
        with_truth = set(official("kitti_eigen_benchmark_652"))
        holes = [shot for shot in wanted if f"{shot.drive} {shot.frame}" not in with_truth]
        if holes:
            yield Finding(
                "note",
                f"{len(holes)} of the {len(wanted)} test frames never had an annotated truth: {_listed(holes)}",
            )
    there = {shot for shot, split in zip(data.choice.shots, data.choice.splits, strict=True) if split == "test"}
    expected = [shot for shot in wanted if shot not in set(holes)]
    missing = [shot for shot in expected if shot not in there]
    if not missing:
        yield Finding("good", f"all {len(expected)} test frames are there")
        return
    yield Finding(
        "incomplete",
        f"{len(missing)} of the {len(expected)} test frames have no picture or no truth: {_listed(missing)}",
        "",
        f"get {missing[0].drive}_sync.zip and so on from {PAGE}"
        + (f", and data_depth_annotated.zip from {DEPTH_PAGE}" if data.truth == "annotated" else ""),
    )


def _listed(shots: list[Shot]) -> str:
    """By drive; every number if there are not many."""
    by_drive: dict[str, list[str]] = {}
    for shot in shots:
        by_drive.setdefault(shot.drive, []).append(shot.frame.lstrip("0") or "0")
    if len(shots) > 60:
        return ", ".join(f"{drive} ({len(frames)})" for drive, frames in by_drive.items())
    return "; ".join(f"{drive} {' '.join(frames)}" for drive, frames in by_drive.items())


def _annotated_unit(data: Examined) -> Iterator[Finding]:
    """Decodes a few: 8 bits, or another unit than 1/256 m, show in the values."""
    shots = [data.choice.shots[i] for i in evenly(len(data), _LOOKED_AT)]
    for shot in shots:
        path = data.path_of_annotated(shot)
        where = path.name if data.annotated_root is None else path.relative_to(data.annotated_root).as_posix()
        advice = f"take data_depth_annotated.zip as published ({DEPTH_PAGE})"
        try:
            depth_m = read_depth_m(path, _ANNOTATED_STEP_M)
        except (BadInput, MissingData) as error:
            wrong = "8 bits" in str(error) or "in steps of" in str(error)
            what = _below(data.annotated_root, error)
            yield Finding("broken" if wrong else "incomplete", what, where, advice)
            continue
        middle, far = (float(q) for q in np.nanpercentile(depth_m, (50, 98)))
        if far > _REACH_M or middle < 1:
            fits = [n for n, s in (("mm", 0.001), ("cm", 0.01), ("1/5000 m", 0.0002)) if 2 < middle * 256 * s < 60]
            guess = f"; it would fit in {' or '.join(fits)}" if fits else ""
            yield Finding(
                "broken",
                f"in steps of 1/256 m its depth has the median {middle:.3g} m and reaches {far:.3g} m, and the "
                f"scanner sees 2 to 120 m: the unit is another one{guess}",
                where,
                advice,
            )
