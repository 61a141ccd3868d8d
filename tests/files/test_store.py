import errno
import json
import os
from pathlib import Path

import numpy as np
import pytest

from fathom.errors import BadInput, CannotWrite, MissingData, UnknownName
from fathom.files import parts
from fathom.files.store import Store, StoreWriter
from fathom.records import Camera, Sample

CAMERA = Camera(40, 41, 15.5, 11.5, 32, 24)


def sample(number: int, size=(24, 32)) -> Sample:
    rng = np.random.default_rng(number)
    depth_m = rng.uniform(0.5, 9, size).astype(np.float32)
    depth_m[rng.random(size) < 0.2] = np.nan
    rgb = rng.integers(0, 256, (*size, 3), dtype=np.uint8)
    camera = Camera(40 + number, 41, 15.5, 11.5, size[1], size[0])
    return Sample(rgb, depth_m, camera, f"picture{number}", f"scene{number // 2}")


def write(path, numbers=range(6)) -> Store:
    writer = StoreWriter(path, (24, 32), 0.001)
    for n in numbers:
        writer.add(writer.encode(sample(n), "test" if n >= 4 else "train"))
    return writer.close("made", {"source": {"by": "hand"}})


def test_what_is_written_is_read(tmp_path):
    store = write(tmp_path / "s")
    assert (len(store), store.title, store.frame, store.splits) == (6, "made", (24, 32), {"train": 4, "test": 2})
    assert store.manifest["source"] == {"by": "hand"}
    for n in range(6):
        found, expected = store.sample(n), sample(n)
        assert np.array_equal(found.rgb, expected.rgb)
        assert np.array_equal(np.isnan(found.depth_m), np.isnan(expected.depth_m))
        assert np.nanmax(np.abs(found.depth_m - expected.depth_m)) <= 0.0005001
        assert (found.name, found.scene, found.camera) == (expected.name, expected.scene, expected.camera)
    many = store.depth_m(np.array([3, 0]))
    assert np.array_equal(many[1], store.sample(0).depth_m, equal_nan=True)
    assert isinstance(store.rgb, np.memmap)


def test_splits(tmp_path):
    store = write(tmp_path / "s")
    test = store.split("test")
    assert (test.title, len(test), [s.name for s in test]) == ("made/test", 2, ["picture4", "picture5"])
    assert len(store.split("all")) == 6
    with pytest.raises(UnknownName, match="train, test"):
        store.split("validation")


def test_fingerprint_tells_other_samples_and_other_orders_apart(tmp_path):
    a, b = write(tmp_path / "a"), write(tmp_path / "b")
    assert a.split("all").fingerprint == b.split("all").fingerprint
    others = [write(tmp_path / "c", [0, 1, 2, 3, 5, 4]), write(tmp_path / "d", [0, 1, 2, 3, 4, 7])]
    found = {s.split("all").fingerprint for s in (a, *others)} | {a.split("test").fingerprint}
    assert len(found) == 4


def test_no_store_before_it_is_closed(tmp_path):
    writer = StoreWriter(tmp_path / "s", (24, 32), 0.001)
    writer.add(writer.encode(sample(0), "train"))
    with pytest.raises(MissingData, match="prepare"):
        Store.open(tmp_path / "s")
    writer.abandon()
    assert list((tmp_path / "s").iterdir()) == []


def test_writing_again_replaces_the_old_one(tmp_path):
    write(tmp_path / "s")
    assert len(write(tmp_path / "s", [1])) == 1


def test_samples_that_do_not_fit_are_refused(tmp_path):
    writer = StoreWriter(tmp_path / "s", (24, 32), 0.001)
    with pytest.raises(BadInput, match=r"32x20.*32x24"):
        writer.add(writer.encode(sample(0, (20, 32)), "train"))
    far = sample(1)
    far.depth_m[0, 0] = 70
    with pytest.raises(BadInput, match=r"picture1: .*16 bits"):
        writer.add(writer.encode(far, "train"))
    writer.add(writer.encode(sample(2), "train"))
    assert [s.name for s in writer.close("made", {}).split("all")] == ["picture2"]


def test_a_full_disk_is_reported(tmp_path, monkeypatch):
    writer = StoreWriter(tmp_path / "s", (24, 32), 0.001)

    def full(self, row):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(parts.GrowingArray, "append", full)
    with pytest.raises(CannotWrite, match="No space left"):
        writer.add(writer.encode(sample(0), "train"))


def test_an_old_store_stays_until_the_new_one_is_whole(tmp_path, monkeypatch):
    before = write(tmp_path / "s").split("all").fingerprint
    writer = StoreWriter(tmp_path / "s", (24, 32), 0.001)
    writer.add(writer.encode(sample(9), "train"))

    def full(self, *_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(CannotWrite, match="No space left"):
        writer.close("made", {})
    writer.abandon()
    assert Store.open(tmp_path / "s").split("all").fingerprint == before
    assert {p.name for p in (tmp_path / "s").iterdir()} == {"manifest.json", "rgb.npy", "depth.npy"}


def test_damage_is_noticed(tmp_path):
    store = write(tmp_path / "s")
    manifest = json.loads((store.path / "manifest.json").read_text())
    (store.path / "manifest.json").write_text(json.dumps(manifest | {"samples": manifest["samples"][:5]}))
    with pytest.raises(BadInput, match="do not fit the manifest"):
        Store.open(store.path)
    (store.path / "manifest.json").write_text(json.dumps(manifest | {"format": 99}))
    with pytest.raises(BadInput, match="format 99"):
        Store.open(store.path)
    (store.path / "manifest.json").write_text(json.dumps(manifest)[:-20])
    with pytest.raises(BadInput, match="damaged"):
        Store.open(store.path)
    write(tmp_path / "s")
    whole = (store.path / "rgb.npy").read_bytes()
    (store.path / "rgb.npy").write_bytes(whole[:-100])
    with pytest.raises(BadInput, match="damaged"):
        Store.open(store.path)


@pytest.mark.parametrize("part", ["rgb", "depth_m"])
def test_fingerprint_covers_colour_and_depth(tmp_path, part):
    found = set()
    for change in (0, 1):
        writer = StoreWriter(tmp_path / str(change), (24, 32), 0.001)
        changed = sample(1)
        getattr(changed, part)[5, 5] = 3 + change
        writer.add(writer.encode(changed, "train"))
        found.add(writer.close("made", {}).split("all").fingerprint)
    assert len(found) == 2


def test_fingerprint_tells_units_apart(tmp_path):
    """The same numbers in millimetres and in centimetres are not the same truths."""
    found = set()
    for step_m in (0.001, 0.01):
        writer = StoreWriter(tmp_path / str(step_m), (24, 32), step_m)
        metres = np.full((24, 32), 700 * step_m, np.float32)
        writer.add(writer.encode(Sample(sample(0).rgb, metres, CAMERA, "p", "s"), "train"))
        store = writer.close("made", {})
        assert store.depth[0, 0, 0] == 700
        found.add(store.split("all").fingerprint)
    assert len(found) == 2


@pytest.mark.parametrize(
    "change",
    [
        lambda m: [1],
        lambda m: {k: v for k, v in m.items() if k != "title"},
        lambda m: m | {"frame": 5},
        lambda m: m | {"depth_step_m": "fine"},
        lambda m: m | {"depth_step_m": 0},
        lambda m: m | {"samples": {str(i): s for i, s in enumerate(m["samples"])}},
        lambda m: m | {"samples": [s | {"camera": [1, 2]} for s in m["samples"]]},
        lambda m: m | {"samples": [s | {"camera": [0, 1, 1, 1, ""]} for s in m["samples"]]},
        lambda m: m | {"samples": [{"name": s["name"]} for s in m["samples"]]},
        lambda m: m | {"samples": [s | {"split": 3} for s in m["samples"]]},
    ],
)
def test_a_manifest_that_cannot_be_right_is_damage(tmp_path, change):
    store = write(tmp_path / "s")
    (store.path / "manifest.json").write_text(json.dumps(change(json.loads(json.dumps(dict(store.manifest))))))
    with pytest.raises(BadInput, match=r"prepare it again|positive focal"):
        Store.open(store.path)


@pytest.mark.parametrize("array", ["rgb", "depth"])
def test_arrays_of_another_type_are_damage(tmp_path, array):
    store = write(tmp_path / "s")
    np.save(store.path / f"{array}.npy", getattr(store, array).astype(np.float32))
    with pytest.raises(BadInput, match=r"float32.*uint8 and uint16"):
        Store.open(store.path)


def write_some(path, numbers, identity="one"):
    """Adds the samples of these numbers that are not there yet, and pauses."""
    writer = StoreWriter(path, (24, 32), 0.001, identity)
    there = writer.done
    for n in numbers[there:]:
        if n % 5 == 4:
            writer.leave_out(f"picture{n}", "damaged")
        else:
            writer.add(writer.encode(sample(n), "train", times=1 + n % 3))
    return writer, there


def finish(path, identity="one"):
    return write_some(path, range(12), identity)[0].close("made", {})


def contents(store):
    return store.split("all").evened().fingerprint, store.manifest["left_out"], store.depth.tobytes()


@pytest.mark.parametrize("stops", [[1], [5], [3, 4, 9], [12]])
def test_a_paused_store_is_gone_on_with(tmp_path, stops):
    whole = contents(finish(tmp_path / "whole"))
    for stop, before in zip(stops, [0, *stops], strict=False):
        writer, there = write_some(tmp_path / "s", range(stop))
        assert there == before
        writer.pause()
    assert contents(finish(tmp_path / "s")) == whole
    assert {p.name for p in (tmp_path / "s").iterdir()} == {"manifest.json", "rgb.npy", "depth.npy"}


def test_parts_of_another_identity_are_begun_anew(tmp_path):
    for second in ("two", ""):
        write_some(tmp_path / second / "s", range(7), "one")[0].pause()
        assert write_some(tmp_path / second / "s", range(0), second)[1] == 0
    assert contents(finish(tmp_path / "two/s", "two")) == contents(finish(tmp_path / "whole"))


@pytest.mark.parametrize(
    "damage", ["cut depth", "cut rgb", "cut journal", "zeros", "no rgb", "no journal", "not JSON"]
)
def test_what_a_power_cut_left_is_not_believed(tmp_path, damage):
    """Nine lines of the journal, of which one is a sample left out; the parts say something else."""
    path = tmp_path / "s"
    write_some(path, range(9))[0].pause()
    rgb, depth, journal = path / ".rgb.npy.part", path / ".depth.npy.part", path / ".journal.part"
    row = 24 * 32
    if damage == "cut depth":
        os.truncate(depth, depth.stat().st_size - row)  # half a row
    elif damage == "cut rgb":
        os.truncate(rgb, rgb.stat().st_size - 2 * 3 * row - 1)
    elif damage == "cut journal":
        os.truncate(journal, journal.stat().st_size - 20)
    elif damage == "zeros":
        with rgb.open("r+b") as file:
            file.seek(-3 * row, os.SEEK_END)
            file.write(bytes(3 * row))
    elif damage == "not JSON":
        journal.write_bytes(journal.read_bytes().replace(b"sha256", b'"', 1))
    else:
        (rgb if damage == "no rgb" else journal).unlink()
    expected = {"cut depth": 8, "cut rgb": 6, "cut journal": 8, "zeros": 8}.get(damage, 0)
    assert write_some(path, range(0))[1] == expected
    assert contents(finish(path)) == contents(finish(tmp_path / "whole"))


def test_evening_repeats_in_training_and_nowhere_else(tmp_path):
    store = finish(tmp_path / "s")
    names = [s.name for s in store.split("all").evened()]
    assert names[:4] == ["picture0", "picture1", "picture1", "picture2"]
    assert len(store.split("all")) == 10
    assert len(names) == sum(1 + n % 3 for n in range(12) if n % 5 != 4)


@pytest.mark.parametrize("times", [0, -1, 1.5, "2"])
def test_a_store_of_impossible_times_is_damaged(tmp_path, times):
    finish(tmp_path / "s")
    manifest = json.loads((tmp_path / "s/manifest.json").read_text())
    manifest["samples"][0]["times"] = times
    (tmp_path / "s/manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(BadInput, match="times"):
        Store.open(tmp_path / "s")


def mixed(path, identity="", stop=None):
    """Pictures of three sizes, the fourth left out; paused after ``stop`` or finished."""
    writer = StoreWriter(path, None, 0.001, identity)
    shapes = [(24, 32), (10, 12), (24, 32), None, (7, 9)]
    for n in range(writer.done, len(shapes) if stop is None else stop):
        if shapes[n] is None:
            writer.leave_out(f"picture{n}", "damaged")
        else:
            writer.add(writer.encode(sample(n, shapes[n]), "test"))
    if stop is not None:
        return writer.pause()
    return writer.close("mixed", {})


@pytest.mark.parametrize("stops", [[], [1], [2, 4], [5]])
def test_pictures_of_several_sizes(tmp_path, stops):
    for stop in stops:
        mixed(tmp_path / "s", "one", stop)
    store = mixed(tmp_path / "s", "one")
    assert store.frame is None
    assert [store.size(i) for i in range(4)] == [(24, 32), (10, 12), (24, 32), (7, 9)]
    for i, n in enumerate((0, 1, 2, 4)):
        wanted = sample(n, store.size(i))
        found = store.sample(i)
        np.testing.assert_array_equal(found.rgb, wanted.rgb)
        np.testing.assert_allclose(found.depth_m, wanted.depth_m, atol=0.0005)
        assert (found.camera.height, found.camera.width) == store.size(i)
    assert [s.name for s in store.split("test")] == ["picture0", "picture1", "picture2", "picture4"]
    assert store.manifest["format"] == 2


def test_a_size_that_does_not_fit_is_damage(tmp_path):
    mixed(tmp_path / "s")
    manifest = json.loads((tmp_path / "s/manifest.json").read_text())
    for size in ([10, 13], [10], "no size", [10.5, 12]):
        manifest["samples"][1]["size"] = size
        (tmp_path / "s/manifest.json").write_text(json.dumps(manifest))
        with pytest.raises(BadInput, match="prepare it again"):
            Store.open(tmp_path / "s")


def test_a_torn_picture_of_its_own_size_is_written_again(tmp_path):
    mixed(tmp_path / "s", "one", 3)
    os.truncate(tmp_path / "s/.depth.npy.part", (tmp_path / "s/.depth.npy.part").stat().st_size - 2)
    assert StoreWriter(tmp_path / "s", None, 0.001, "one").done == 2
