"""PLY, read back by a small reader of its own."""

import errno
from pathlib import Path

import numpy as np
import pytest

from fathom.errors import BadInput, CannotWrite
from fathom.files.pointcloud import write_ply


def read_ply(path):
    """(points float32 (N, 3), colours uint8 (N, 3)) of a binary PLY, by its header."""
    content = Path(path).read_bytes()
    header, _, body = content.partition(b"end_header\n")
    lines = header.decode().splitlines()
    assert lines[:2] == ["ply", "format binary_little_endian 1.0"]
    count = next(int(line.split()[2]) for line in lines if line.startswith("element vertex"))
    kinds = {"float": "<f4", "uchar": "u1"}
    fields = [(line.split()[2], kinds[line.split()[1]]) for line in lines if line.startswith("property")]
    vertices = np.frombuffer(body, np.dtype(fields))
    assert len(vertices) == count
    return tuple(
        np.stack([vertices[n] for n in names], -1) for names in (("x", "y", "z"), ("red", "green", "blue"))
    )


def test_round_trip_without_what_is_absent(tmp_path):
    random = np.random.default_rng(0)
    points, rgb = random.normal(size=(4, 5, 3)).astype(np.float32), random.integers(0, 256, (4, 5, 3), np.uint8)
    points[1, 2] = np.nan
    points[3, 0, 1] = np.nan
    assert write_ply(tmp_path / "a.ply", points, rgb) == 18
    back, colours = read_ply(tmp_path / "a.ply")
    keep = [i for i in range(20) if i not in (7, 15)]
    np.testing.assert_array_equal(back, points.reshape(-1, 3)[keep])
    np.testing.assert_array_equal(colours, rgb.reshape(-1, 3)[keep])


def test_nothing_to_write(tmp_path):
    with pytest.raises(BadInput, match="not one point"):
        write_ply(tmp_path / "a.ply", np.full((2, 3), np.nan), np.zeros((2, 3), np.uint8))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("rgb", [np.zeros((3, 3), np.uint8), np.zeros((2, 3)), np.zeros((2, 4), np.uint8)])
def test_colours_must_fit(tmp_path, rgb):
    with pytest.raises(BadInput, match="uint8 colours"):
        write_ply(tmp_path / "a.ply", np.ones((2, 3)), rgb)


def test_a_full_disk(tmp_path, monkeypatch):
    def full(self, *_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(CannotWrite, match="No space left"):
        write_ply(tmp_path / "a.ply", np.ones((2, 3)), np.zeros((2, 3), np.uint8))
    assert not list(tmp_path.iterdir())
