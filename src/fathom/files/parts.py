"""The unfinished Store: two arrays that grow, and a journal from which a later process goes on.

    .rgb.npy.part, .depth.npy.part   the arrays so far; their headers are written at the end
    .journal.part                    JSON lines: the identity, then a line for each sample added or left out

The journal is written after the arrays, so what it names is there. After a kill, and all the more after a power
cut, it may still name more than the arrays hold whole: what goes on trusts only as many samples as are there, and
of the last ones only those whose hash is right. Going on needs no space before the first new sample.
"""

import hashlib
import json
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.lib.format import write_array_header_1_0

FLUSH_EVERY_S = 2.0
_CHECKED = 64  # samples from the end whose hash is taken before going on


class PartWriter:
    """Appends samples to the parts in ``folder``. ``journal`` holds the lines of those that were there already.

    A row of the arrays is a sample of the frame, or a pixel where each sample has its own size (frame None).

    Raises OSError where the disk is full or the place is not writable.
    """

    def __init__(self, folder: Path, frame: tuple[int, int] | None, identity: str):
        row = frame or ()
        self._arrays = (
            GrowingArray(folder / "rgb.npy", np.dtype(np.uint8), (*row, 3)),
            GrowingArray(folder / "depth.npy", np.dtype(np.uint16), row),
        )
        self._path = folder / ".journal.part"
        self.journal = self._found(identity) if identity else []
        self._rows = sum(map(_rows, self.journal))
        for array in self._arrays:
            array.begin(self._rows)
        self._file: BinaryIO = self._path.open("r+b" if self.journal else "wb")
        if self.journal:
            kept = [next(self._file) for _ in range(1 + len(self.journal))]
            self._file.seek(sum(map(len, kept)))
            self._file.truncate()
        else:
            self._write({"identity": identity})
        self._flush()

    def append(self, about: Mapping[str, Any], *arrays: bytes) -> None:
        """One sample: its bytes (none for one that is left out) and its line."""
        for array, data in zip(self._arrays, arrays, strict=False):
            array.append(data)
        self._rows += _rows(about)
        self._write(about)
        if time.monotonic() - self._flushed > FLUSH_EVERY_S:
            self._flush()

    def finish(self) -> None:
        """Makes whole .npy files of the parts, in place; after that nothing needs space any more."""
        self._flush()
        for array in self._arrays:
            array.finish(self._rows)

    def take_place(self) -> None:
        """Puts the finished arrays where they belong."""
        for array in self._arrays:
            array.take_place()

    def pause(self) -> None:
        """Brings everything to the disk and closes."""
        for file in self._files():
            file.close()

    def abandon(self) -> None:
        """Removes the parts."""
        for file in self._files():
            with suppress(OSError):
                file.close()
        for path in (*(array.part for array in self._arrays), self._path):
            path.unlink(missing_ok=True)

    def _files(self) -> list[BinaryIO]:
        return [*(array.file for array in self._arrays), self._file]

    def _write(self, line: Mapping[str, Any]) -> None:
        self._file.write(json.dumps(line).encode() + b"\n")

    def _flush(self) -> None:
        for array in self._arrays:
            array.file.flush()
        self._file.flush()
        self._flushed = time.monotonic()

    def _found(self, identity: str) -> list[dict[str, Any]]:
        """The journal's lines whose samples are whole, if it is of this identity."""
        try:
            lines = [json.loads(line) for line in self._path.read_bytes().split(b"\n")[:-1]]
        except (OSError, ValueError):  # none, or torn in the middle: begin anew
            return []
        if not lines or lines[0] != {"identity": identity}:
            return []
        there = min(array.rows() for array in self._arrays)
        kept, seen = [], 0
        for line in lines[1:]:
            seen += _rows(line)
            if seen > there:
                break
            kept.append(line)
        return self._without_damaged(kept)

    def _without_damaged(self, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The lines up to the first of the last samples whose bytes are not what they were."""
        row = sum(map(_rows, lines))
        whole = len(lines)
        for place in range(len(lines) - 1, -1, -1):
            if "reason" in lines[place]:
                continue
            count = _rows(lines[place])
            row -= count
            digest = hashlib.sha256(b"".join(array.read(row, count) for array in self._arrays)).hexdigest()
            if digest != lines[place]["sha256"]:
                whole = place
            elif len(lines) - place > _CHECKED:
                break
        return lines[:whole]


def _rows(line: Mapping[str, Any]) -> int:
    """How many rows of the arrays a line of the journal stands for."""
    if "reason" in line:
        return 0
    height, width = line.get("size", (1, 1))
    return height * width


class GrowingArray:
    """An .npy file that is appended to; its length is known only at the end."""

    def __init__(self, path: Path, dtype: np.dtype, shape: tuple[int, ...]):
        self.path, self.dtype, self.shape = path, dtype, shape
        self.part = path.with_name(f".{path.name}.part")
        self._row_bytes = dtype.itemsize * int(np.prod(shape))
        self._header_bytes = 128  # numpy leaves room for the first axis to grow: the same for every count

    def begin(self, rows: int) -> None:
        """Opens the part for appending after so many rows, the rest of it cut off."""
        self.file = self.part.open("r+b" if rows else "wb")
        self._header(0)
        if self.file.tell() != self._header_bytes:
            raise OSError(f"the header of {self.path} takes {self.file.tell()} bytes, not {self._header_bytes}")
        self.file.truncate(self._header_bytes + rows * self._row_bytes)
        self.file.seek(0, os.SEEK_END)

    def append(self, data: bytes) -> None:
        """The bytes of whole rows."""
        self.file.write(data)

    def rows(self) -> int:
        """How many whole rows the part on the disk holds."""
        try:
            return max(0, (self.part.stat().st_size - self._header_bytes) // self._row_bytes)
        except OSError:
            return 0

    def read(self, first: int, count: int) -> bytes:
        """The bytes of some rows of the part on the disk."""
        with self.part.open("rb") as file:
            file.seek(self._header_bytes + first * self._row_bytes)
            return file.read(count * self._row_bytes)

    def finish(self, count: int) -> None:
        """Writes the header of an array of so many rows."""
        self.file.seek(0)
        self._header(count)
        self.file.flush()
        self.file.truncate(self._header_bytes + count * self._row_bytes)
        self.file.close()

    def take_place(self) -> None:
        """The part becomes the array."""
        self.part.replace(self.path)

    def _header(self, count: int) -> None:
        about = {"descr": self.dtype.str, "fortran_order": False, "shape": (count, *self.shape)}
        write_array_header_1_0(self.file, about)
