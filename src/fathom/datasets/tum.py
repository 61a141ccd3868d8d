"""TUM RGB-D: sequences of a Kinect, pictures and depth matched by their times."""

import bisect
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from fathom.datasets._base import Finding
from fathom.datasets._framed import Framed, header_size
from fathom.datasets._listing import entries
from fathom.errors import BadInput, MissingData
from fathom.files.depthmap import read_depth_m
from fathom.files.photo import read_photo
from fathom.records import Camera, Sample

PAGE = "https://cvg.cit.tum.de/data/datasets/rgbd-dataset/download"
STEP_M = 1 / 5000
NEAR_M, FAR_M = 0.35, 12.0  # what a first Kinect measures, with some room [A]
# The data set's page, "File Formats", for 640x480. It recommends the first for all sequences, without undistortion,
# as the depth was registered with it; its depth files are already corrected by the factors 1.035 and 1.031.
ROS = (525.0, 525.0, 319.5, 239.5)
BY_CAMERA = {
    "freiburg1": (517.3, 516.5, 318.6, 255.3),
    "freiburg2": (520.9, 521.0, 325.1, 249.7),
    "freiburg3": (535.4, 539.2, 320.1, 247.6),
}


class Tum(Framed):
    """TUM RGB-D: pictures with the depth closest in time, in units of 1/5000 m, 0 = none.

    root          a folder of sequences, or one sequence: the folder with rgb.txt, depth.txt, rgb/ and depth/
    most_apart_s  the longest time between a picture and its depth, in seconds; 0.02 is the authors' own
    calibration   "ros": the default of 525 px that the authors recommend, or "camera": what they measured of the
                  cameras freiburg1, 2 and 3 (the lens distortion of 1 and 2 stays in the pictures either way)
    every         one pair in so many is taken; neighbours at 30 frames a second are nearly alike
    width         with height: the size that every sample is brought to
    height        with width

    Pairs are made one-to-one, the closest in time first. A scene is a sequence.
    """

    title = "tum"
    depth_step_m = STEP_M

    def __init__(
        self,
        root: Path | str,
        most_apart_s: float = 0.02,
        calibration: Literal["ros", "camera"] = "ros",
        every: int = 1,
        width: int | None = None,
        height: int | None = None,
    ):
        super().__init__(width, height)
        if calibration not in ("ros", "camera") or every < 1 or not 0 < most_apart_s < 1:
            raise BadInput("calibration is ros or camera, every at least 1, and most_apart_s between 0 and 1 s")
        self.root = Path(root)
        self._options = {"most_apart_s": most_apart_s, "calibration": calibration, "every": every}
        files, folders = entries(self.root)
        found = [""] if "rgb.txt" in files else [f for f in folders if (self.root / f / "rgb.txt").exists()]
        if not found:
            raise MissingData(f"{self.root}: no sequence is here, neither rgb.txt nor folders with one; see {PAGE}")
        self._pairs: list[tuple[str, str, str]] = []  # folder, picture, depth
        self._unmatched: dict[str, int] = {}
        for folder in found:
            rgb, depth = (_read_list(self.root / folder / f"{part}.txt") for part in ("rgb", "depth"))
            pairs = associate([time for time, _ in rgb], [time for time, _ in depth], most_apart_s)
            self._unmatched[folder] = len(rgb) - len(pairs)
            self._pairs += [(folder, rgb[i][1], depth[j][1]) for i, j in pairs[::every]]
        if not self._pairs:
            raise MissingData(
                f"{self.root}: no picture has depth within {most_apart_s} s; were the lists mixed up?"
            )

    def __len__(self) -> int:
        return len(self._pairs)

    def name_of(self, index: int) -> str:
        folder, picture, _ = self._pairs[index]
        return f"{self._scene(folder)}/{Path(picture).stem}"

    def _size_of(self, index: int) -> tuple[int, int]:
        folder, picture, _ = self._pairs[index]
        return header_size(self.root / folder / picture)

    def read(self, index: int) -> Sample:
        """Raises MissingData or BadInput if either file is absent, damaged, of 8 bits or of another size."""
        folder, picture, depth = self._pairs[index]
        rgb = read_photo(self.root / folder / picture).rgb
        depth_m = read_depth_m(self.root / folder / depth, STEP_M)
        if rgb.shape[:2] != depth_m.shape:
            raise BadInput(f"{picture} is {rgb.shape[1]}x{rgb.shape[0]} and {depth} is not; both are 640x480")
        camera = self._camera(folder).resized(rgb.shape[1], rgb.shape[0])
        return self._fitted(rgb, depth_m, camera, self.name_of(index), self._scene(folder))

    def provenance(self) -> dict[str, object]:
        return {
            "dataset": "tum",
            "root": self.root.resolve().name,
            **self._options,
            **self._size_options(),
            "sequences": [self._scene(folder) for folder in self._unmatched],
            "unit": "1/5000 m",
        }

    def examine(self) -> Iterator[Finding]:
        yield Finding("good", f"{len(self._unmatched)} sequences, {len(self)} pairs")
        for folder, count in self._unmatched.items():
            if count:
                apart = self._options["most_apart_s"]
                yield Finding("note", f"{count} pictures have no depth within {apart} s and are not used", folder)
            if self._options["calibration"] == "camera" and _camera_name(self._scene(folder)) is None:
                yield Finding("note", "no camera is in this name: the default of 525 px is taken", folder)
        yield from self._examine_sizes()
        yield from self._examine_depth(NEAR_M, FAR_M, STEP_M, f"get the sequence again: {PAGE}")

    def _scene(self, folder: str) -> str:
        return (folder or self.root.resolve().name).removeprefix("rgbd_dataset_")

    def _camera(self, folder: str) -> Camera:
        name = _camera_name(self._scene(folder)) if self._options["calibration"] == "camera" else None
        values = BY_CAMERA[name] if name else ROS
        return Camera(*values, 640, 480, f"TUM RGB-D, {name or 'ROS default'}")


def associate(first: list[float], second: list[float], most_apart: float) -> list[tuple[int, int]]:
    """Pairs (index in first, index in second), one-to-one, in the order of the first.

    The pair closest in time is taken, then the closest of what is left, up to ``most_apart``: the rule of the
    authors' associate.py. Equal differences go to the earlier pair.
    """
    order = sorted(range(len(second)), key=second.__getitem__)
    times = [second[j] for j in order]
    near = []
    for i, time in enumerate(first):
        low, high = bisect.bisect_left(times, time - most_apart), bisect.bisect_right(times, time + most_apart)
        near += [(abs(times[k] - time), i, order[k]) for k in range(low, high)]
    taken_first: dict[int, int] = {}
    taken_second: set[int] = set()
    for apart, i, j in sorted(near):
        if apart < most_apart and i not in taken_first and j not in taken_second:
            taken_first[i] = j
            taken_second.add(j)
    return sorted(taken_first.items())


def _camera_name(scene: str) -> str | None:
    return next((name for name in BY_CAMERA if name in scene), None)


def _read_list(path: Path) -> list[tuple[float, str]]:
    """(time in seconds, file) of every line that is no comment."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError as error:
        raise MissingData(f"there is no {path}; it comes with the sequence, see {PAGE}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} is not a list of times and files ({error})") from error
    rows = []
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            time, file = line.split()[:2]
            rows.append((float(time), file))
        except ValueError as error:
            raise BadInput(f"{path}, line {number}: '{line[:60]}' is not a time and a file name") from error
    return rows


ENTRIES = {"": Tum}
