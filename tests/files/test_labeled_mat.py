import pickle
import sys
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import h5py
import numpy as np
import pytest
from scipy.io import savemat

from fathom.errors import BadInput, MissingData
from fathom.files.labeled_mat import LabeledMat
from fathom.files.matlab5 import kind_of, read_matlab5
from small.nyu_labeled import SCENES, TYPES, arrays, write, write_labeled


@pytest.fixture
def path(tmp_path):
    write_labeled(tmp_path / "some.mat")
    return tmp_path / "some.mat"


def test_frames_are_as_matlab_shows_them(path):
    mat = LabeledMat(path)
    rgb, infilled_m, raw_m = arrays(6, 24, 32)
    assert (mat.frames, mat.height, mat.width) == (6, 24, 32)
    for i in (0, 5):
        np.testing.assert_array_equal(mat.picture(i), rgb[..., i])
        np.testing.assert_array_equal(mat.depth_m(i), infilled_m[..., i])
        np.testing.assert_array_equal(mat.depth_m(i, "rawDepths"), raw_m[..., i])
    assert mat.picture(0).flags.c_contiguous
    assert mat.depth_m(0).dtype == np.float32
    assert (mat.texts("scenes"), mat.texts("sceneTypes")) == (SCENES, TYPES)


def test_only_the_frame_asked_for_is_in_memory(tmp_path):
    """The arrays of the true size, of which nothing is written: a whole one would be 1.8 GB."""
    path = tmp_path / "large.mat"
    with h5py.File(path, "w") as file:
        file.create_dataset("images", (1449, 3, 640, 480), np.uint8, chunks=(1, 3, 640, 480))
        for name in ("depths", "rawDepths"):
            file.create_dataset(name, (1449, 640, 480), np.float32, chunks=(1, 640, 480))
        for name in ("scenes", "sceneTypes"):
            file.create_dataset(name, (1, 1449), h5py.ref_dtype)
    mat = LabeledMat(path)
    tracemalloc.start()
    assert mat.depth_m(1448).shape == (480, 640)
    assert mat.picture(1448).shape == (480, 640, 3)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak_bytes < 4 * 480 * 640 * 4, "the frame as stored and its copy, little more"


def test_threads_and_pickles_read_the_same(path):
    mat = LabeledMat(path)
    with ThreadPoolExecutor(4) as pool:
        depths = list(pool.map(mat.depth_m, [0, 1, 2, 3, 4, 5] * 8))
    for i, depth_m in enumerate(depths):
        np.testing.assert_array_equal(depth_m, arrays(6, 24, 32)[1][..., i % 6])
    again = pickle.loads(pickle.dumps(mat))
    np.testing.assert_array_equal(again.picture(2), mat.picture(2))


def test_a_handle_is_not_carried_into_another_process(path, monkeypatch):
    mat = LabeledMat(path)
    before = mat._opened()
    assert mat._opened() is before
    monkeypatch.setattr("fathom.files.labeled_mat.os.getpid", lambda: -1)
    assert mat._opened() is not before


def test_files_that_are_not_the_labelled_one(tmp_path):
    write(tmp_path)
    with pytest.raises(MissingData, match=r"no file .*absent\.mat"):
        LabeledMat(tmp_path / "absent.mat")
    with pytest.raises(BadInput, match=r"MATLAB 5 file, as splits\.mat"):
        LabeledMat(tmp_path / "splits.mat")
    for content, said in (
        (b"<!DOCTYPE html>", "web page"),
        (b"", "empty"),
        (b"PK\x03\x04", "not a MATLAB 7.3 file"),
    ):
        (tmp_path / "bad.mat").write_bytes(content)
        with pytest.raises(BadInput, match=said):
            LabeledMat(tmp_path / "bad.mat")
    with h5py.File(tmp_path / "bad.mat", "w") as file:
        file["labels"] = np.zeros(3)
    with pytest.raises(BadInput, match="does not hold images, depths, rawDepths, scenes, sceneTypes but labels"):
        LabeledMat(tmp_path / "bad.mat")


def test_axes_in_another_order(path):
    with h5py.File(path, "r+") as file:
        del file["depths"]
        file["depths"] = np.zeros((24, 32, 6), np.float32)
    with pytest.raises(BadInput, match="another order"):
        LabeledMat(path)


@pytest.mark.parametrize("name", ["images", "depths", "scenes"])
def test_a_damaged_head_of_an_array(path, name):
    with h5py.File(path) as file:
        start = h5py.h5o.get_info(file[name].id).addr + file.userblock_size
    data = bytearray(path.read_bytes())
    data[start : start + 24] = b"\xff" * 24
    path.write_bytes(data)
    with pytest.raises(BadInput, match=r"damaged|cannot be read"):
        LabeledMat(path).texts("scenes")


def test_a_download_that_was_cut_short(path):
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 2 // 3])
    with pytest.raises(BadInput, match="cut short"):
        LabeledMat(path)


def test_one_damaged_frame_does_not_spoil_the_others(path):
    with h5py.File(path) as file:
        chunk = file["depths"].id.get_chunk_info(2)
        # The offset counts from behind the user block.
        start = chunk.byte_offset + (0 if chunk.byte_offset > 512 else 512)
        spoilt = file["depths"].id.get_chunk_info_by_coord((2, 0, 0)).byte_offset
    assert spoilt in (start, start + 512, start - 512)
    data = bytearray(path.read_bytes())
    for place in (spoilt, spoilt + 512):
        data[place + 20 : place + 40] = bytes(20)
    path.write_bytes(data)
    mat = LabeledMat(path)
    with pytest.raises(BadInput, match=r"frame 3 of depths"):
        mat.depth_m(2)
    assert np.isfinite(mat.depth_m(4)).all()


def test_without_the_libraries_it_is_said_what_to_install(path, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(MissingData, match=r"fathom-depth\[data\]"):
        LabeledMat(path)
    savemat(tmp_path / "five.mat", {"a": np.ones(2)})
    monkeypatch.setitem(sys.modules, "scipy.io", None)
    with pytest.raises(MissingData, match=r"fathom-depth\[data\]"):
        read_matlab5(tmp_path / "five.mat", "a")


def test_matlab_5(tmp_path):
    path = tmp_path / "five.mat"
    savemat(path, {"a": np.arange(6).reshape(2, 3), "b": np.ones(1)})
    assert kind_of(path) == "matlab5"
    found = read_matlab5(path, "a")
    np.testing.assert_array_equal(found["a"], [[0, 1, 2], [3, 4, 5]])
    assert list(found) == ["a"]
    with pytest.raises(BadInput, match="does not hold c but a, b"):
        read_matlab5(path, "c")
    for do_compression in (False, True):
        savemat(path, {"a": np.arange(600.0)}, do_compression=do_compression)
        path.write_bytes(path.read_bytes()[:-100])
        with pytest.raises(BadInput, match="cut short"):
            read_matlab5(path, "a")
    write_labeled(path)
    assert kind_of(path) == "hdf5"
    with pytest.raises(BadInput, match=r"7\.3 file .*confused"):
        read_matlab5(path, "trainNdxs")
