"""The Store: a data set decoded once, at its working resolution, into arrays that training maps into memory.

    STORE/manifest.json   what this is: source, options, camera of each sample, split, hash, units
    STORE/rgb.npy         uint8 (N, H, W, 3)
    STORE/depth.npy       uint16 (N, H, W): whole multiples of ``depth_step_m``, absence as in files/depthmap.py

Pictures of several sizes, which can be scored but not trained on, lie pixel after pixel: (P, 3) and (P,), the frame
is null, and each sample has its size (format 2).

The manifest is written last: a folder without one is not a Store. While one is being written, its parts and a
journal of what they hold lie beside it under hidden names; whoever begins the same Store again goes on from there.
"""

import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fathom.errors import BadInput, CannotWrite, MissingData, UnknownName
from fathom.files.atomic import cannot_write, replacing
from fathom.files.depthmap import from_steps, to_steps
from fathom.files.parts import PartWriter
from fathom.records import Camera, Sample

FORMATS = {1: "one frame", 2: "each picture its own"}


class Store:
    """A Store opened for reading. Index it with ``sample``; take a part of it with ``split``.

    ``frame`` is (height, width) of every sample, or None where each has its own.
    """

    def __init__(self, path: Path, manifest: Mapping[str, Any], rgb: np.ndarray, depth: np.ndarray):
        self.path, self.manifest, self.rgb, self.depth = path, manifest, rgb, depth
        self.title: str = manifest["title"]
        self.frame: tuple[int, int] | None = tuple(manifest["frame"]) if manifest["frame"] else None
        self.depth_step_m: float = manifest["depth_step_m"]
        self._samples: list[dict[str, Any]] = manifest["samples"]
        sizes = [] if self.frame else [math.prod(self.size(i)) for i in range(len(self))]
        self._starts = np.cumsum([0, *sizes])

    @classmethod
    def open(cls, path: Path | str) -> "Store":
        """Raises MissingData if there is no Store here, BadInput if it is damaged or of another format."""
        path = Path(path)
        if not (path / "manifest.json").is_file():
            raise MissingData(f"{path}: no Store here (no manifest.json); make one with `fathom prepare`")
        try:
            manifest = json.loads((path / "manifest.json").read_text())
            if manifest["format"] not in FORMATS:
                found, known = manifest["format"], " and ".join(map(str, FORMATS))
                raise BadInput(f"{path}: Store format {found}, this fathom reads {known}; prepare it again")
            rgb = np.load(path / "rgb.npy", mmap_mode="r")
            depth = np.load(path / "depth.npy", mmap_mode="r")
            store = cls(path, manifest, rgb, depth)
            store._check_manifest()
        except BadInput:
            raise
        except (KeyError, IndexError, TypeError, AttributeError, ValueError, OSError, EOFError) as error:
            why = f"{type(error).__name__}: {error}"
            raise BadInput(f"{path}: the Store is damaged ({why}); prepare it again") from error
        if (rgb.dtype, depth.dtype) != (np.uint8, np.uint16):
            raise BadInput(
                f"{path}: arrays of {rgb.dtype} and {depth.dtype}, not uint8 and uint16; prepare it again"
            )
        shape = (len(store), *store.frame) if store.frame else (int(store._starts[-1]),)
        if rgb.shape != (*shape, 3) or depth.shape != shape:
            raise BadInput(
                f"{path}: arrays {rgb.shape} and {depth.shape} do not fit the manifest; prepare it again"
            )
        return store

    def _check_manifest(self) -> None:
        """Any error if something that is read later is missing or of another kind."""
        if not (math.isfinite(self.depth_step_m) and self.depth_step_m > 0):
            raise ValueError(f"depth_step_m is {self.depth_step_m}")
        for index, about in enumerate(self._samples):
            self.camera(index)
            if not (isinstance(self.times(index), int) and self.times(index) >= 1):
                raise ValueError(f"sample {index} stands in the list {self.times(index)} times")
            if not all(isinstance(about[key], str) for key in ("name", "scene", "split", "sha256")):
                raise TypeError(f"sample {index} is {about}")

    def __len__(self) -> int:
        return len(self._samples)

    @property
    def splits(self) -> dict[str, int]:
        """How many samples each split has."""
        counts: dict[str, int] = {}
        for sample in self._samples:
            counts[sample["split"]] = counts.get(sample["split"], 0) + 1
        return counts

    def split(self, name: str) -> "Split":
        """The samples of one split ("train", "test", ...), or all of them ("all")."""
        chosen = [i for i, s in enumerate(self._samples) if name in ("all", s["split"])]
        if not chosen:
            raise UnknownName(f"{self.path}: no split is called '{name}'; there are {', '.join(self.splits)}")
        return Split(self, name, chosen)

    def size(self, index: int) -> tuple[int, int]:
        """(height, width) of one sample."""
        if self.frame:
            return self.frame
        height, width = self._samples[index]["size"]
        return height, width

    def camera(self, index: int) -> Camera:
        """The camera of one sample."""
        fx, fy, cx, cy, source = self._samples[index]["camera"]
        height, width = self.size(index)
        return Camera(fx, fy, cx, cy, width, height, source)

    def sample(self, index: int) -> Sample:
        """One sample, depth in metres with NaN where it is absent."""
        about, size = self._samples[index], self.size(index)
        where = index if self.frame else slice(self._starts[index], self._starts[index + 1])
        rgb, steps = np.asarray(self.rgb[where]).reshape(*size, 3), self.depth[where].reshape(size)
        depth_m = from_steps(steps, self.depth_step_m)
        return Sample(rgb, depth_m, self.camera(index), about["name"], about["scene"])

    def depth_m(self, indices: np.ndarray) -> np.ndarray:
        """Depth of several samples of one frame, float32 (B, H, W) in metres, NaN where absent."""
        return from_steps(self.depth[indices], self.depth_step_m)

    def times(self, index: int) -> int:
        """How many times a sample stands in the list that training draws from."""
        return self._samples[index].get("times", 1)

    def name_of(self, index: int) -> str:
        """The name of one sample."""
        return self._samples[index]["name"]

    def hash_of(self, index: int) -> str:
        """SHA-256 of the sample's stored colour and depth."""
        return self._samples[index]["sha256"]


class Split:
    """Some of a Store's samples, in order."""

    def __init__(self, store: Store, name: str, indices: Sequence[int]):
        self.store, self.name = store, name
        self.indices = np.asarray(indices)
        self.title = f"{store.title}/{name}"
        self.frame = store.frame

    def __len__(self) -> int:
        return len(self.indices)

    def __iter__(self) -> Iterator[Sample]:
        return (self.sample(i) for i in range(len(self)))

    def sample(self, index: int) -> Sample:
        """The split's sample of this number."""
        return self.store.sample(int(self.indices[index]))

    @property
    def names(self) -> list[str]:
        """The names of the samples, in order."""
        return [self.store.name_of(int(i)) for i in self.indices]

    def evened(self) -> "Split":
        """The list that training draws from: each sample as many times as evening the scenes gives it."""
        times = [self.store.times(int(i)) for i in self.indices]
        return Split(self.store, self.name, np.repeat(self.indices, times).tolist())

    @property
    def fingerprint(self) -> str:
        """Eight hex digits that differ if any sample, their order, or the unit of their depth differs."""
        joined = "".join([repr(self.store.depth_step_m), *(self.store.hash_of(int(i)) for i in self.indices)])
        return hashlib.sha256(joined.encode()).hexdigest()[:8]


@dataclass(frozen=True)
class Encoded:
    """A sample as a Store keeps it: the bytes of both arrays, and its line of the manifest."""

    rgb: bytes
    depth: bytes
    about: dict[str, Any]


class StoreWriter:
    """Writes a Store sample by sample; ``close`` makes it one. Before that nothing can be read but a Store that
    was here already, which stays as it was if this one is abandoned.

    ``identity`` names all that the samples depend on. If parts of the same identity lie here, ``samples`` and
    ``left_out`` begin with what they hold, and the next sample follows them; parts of another are begun anew.

    The arrays are appended to by plain writes, not through a memory map: on a full disk a write says so, and a
    map ends the process.
    """

    def __init__(self, path: Path | str, frame: tuple[int, int] | None, depth_step_m: float, identity: str = ""):
        self.path, self.frame, self.depth_step_m = Path(path), frame, depth_step_m
        self.samples: list[dict[str, Any]] = []
        self.left_out: list[dict[str, str]] = []
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._parts = PartWriter(self.path, frame, identity)
        except OSError as error:
            raise cannot_write(self.path, error) from error
        for line in self._parts.journal:
            (self.left_out if "reason" in line else self.samples).append(line)

    @property
    def done(self) -> int:
        """How many samples were added or left out so far."""
        return len(self.samples) + len(self.left_out)

    def encode(self, sample: Sample, split: str, times: int = 1) -> Encoded:
        """A sample as ``add`` takes it; from any thread. BadInput if its size is not the Store's or its depth
        cannot be kept."""
        if self.frame and sample.depth_m.shape != self.frame:
            height, width = sample.depth_m.shape
            raise BadInput(
                f"{sample.name}: {width}x{height}, but this Store holds {self.frame[1]}x{self.frame[0]}; resize "
                "it, or prepare pictures of each size by themselves"
            )
        try:
            steps = to_steps(sample.depth_m, self.depth_step_m)
        except BadInput as error:
            raise BadInput(f"{sample.name}: {error}") from error
        rgb = np.ascontiguousarray(sample.rgb, np.uint8).tobytes()
        depth = steps.tobytes()
        digest = hashlib.sha256(rgb)
        digest.update(depth)
        c = sample.camera
        about: dict[str, Any] = {
            "name": sample.name,
            "scene": sample.scene,
            "split": split,
            "camera": [c.fx, c.fy, c.cx, c.cy, c.source],
            "sha256": digest.hexdigest(),
        }
        about |= {"times": times} if times != 1 else {}
        about |= {} if self.frame else {"size": list(sample.depth_m.shape)}
        return Encoded(rgb, depth, about)

    def add(self, encoded: Encoded) -> None:
        """Appends a sample."""
        self._append(encoded.about, encoded.rgb, encoded.depth)
        self.samples.append(encoded.about)

    def leave_out(self, name: str, reason: str) -> None:
        """Notes that a sample could not be had."""
        about = {"name": name, "reason": reason}
        self._append(about)
        self.left_out.append(about)

    def _append(self, about: dict[str, Any], *arrays: bytes) -> None:
        try:
            self._parts.append(about, *arrays)
        except OSError as error:
            raise self._kept(error) from error

    def _kept(self, error: OSError) -> CannotWrite:
        return CannotWrite(
            f"{cannot_write(self.path, error)}; what was prepared is kept, and the same command goes on from there"
        )

    def close(
        self, title: str, about: Mapping[str, Any], samples: Sequence[Mapping[str, Any]] | None = None
    ) -> Store:
        """Finishes the arrays and writes the manifest; the folder is a Store from here on. ``samples``: the lines
        of the manifest, if they are to say more than those of ``add``."""
        manifest = {
            "format": 1 if self.frame else 2,
            "title": title,
            "frame": list(self.frame) if self.frame else None,
            "depth_step_m": self.depth_step_m,
            "depth": "z along the optical axis; stored value * depth_step_m = metres; 0 = absent",
            **about,
            "left_out": self.left_out,
            "samples": self.samples if samples is None else list(samples),
        }
        with replacing(self.path / "manifest.json") as temporary:
            temporary.write_text(json.dumps(manifest, indent=1))
            try:
                self._parts.finish()
            except OSError as error:
                raise self._kept(error) from error
            # Nothing more can fail for want of space. New arrays never stand beside an old manifest.
            (self.path / "manifest.json").unlink(missing_ok=True)
            self._parts.take_place()
        self._parts.abandon()
        return Store.open(self.path)

    def pause(self) -> None:
        """Keeps what was written so far, for whoever begins the same again. Does nothing to a finished Store."""
        with suppress(OSError):
            self._parts.pause()

    def abandon(self) -> None:
        """Removes what was written so far."""
        self._parts.abandon()
