"""Depth maps: round trips, other people's files, and what cannot be depth."""

import errno
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

import fathom.files.depthmap as depthmap
from fathom.errors import BadInput, CannotWrite, MissingData, NotComparable
from fathom.files.depthmap import from_steps, read_depth, read_depth_m, to_steps, write_npz, write_png, write_tiff
from fathom.records import Camera, Prediction, Quantity

CAMERA = Camera(50.5, 51.25, 2.5, 1.75, 5, 4, "test")
DEPTH_M = np.random.default_rng(0).uniform(0.5, 9, (4, 5)).astype(np.float32)
DEPTH_M[1, 2] = np.nan
WRITERS = {"npz": write_npz, "png": write_png, "tiff": write_tiff}


def prediction_of(values, quantity=Quantity.METRES):
    return Prediction(values, quantity, CAMERA, "eigen2014/nyu coarse", "paper", "photo ü.jpg")


def write(path, array):
    if path.suffix == ".npy":
        np.save(path, array)
    elif path.suffix == ".npz":
        np.savez(path, data=array)
    else:
        Image.fromarray(array).save(path)
    return path


@given(hnp.arrays(np.uint16, (3, 4)), st.sampled_from([0.001, 1 / 256, 1 / 5000, 0.0003]))
def test_every_step_comes_back(steps, step_m):
    depth_m = from_steps(steps, step_m)
    assert depth_m.dtype == np.float32
    np.testing.assert_array_equal(np.isnan(depth_m), steps == 0)
    np.testing.assert_array_equal(to_steps(depth_m, step_m), steps)


@given(hnp.arrays(np.float32, (3, 4), elements=st.floats(2**-20, 60, width=32) | st.just(np.nan)))
def test_depth_comes_back_to_half_a_step(depth_m):
    back = from_steps(to_steps(depth_m, 0.001), 0.001)
    np.testing.assert_array_equal(np.isnan(back), np.isnan(depth_m))
    present = ~np.isnan(depth_m)
    near = present & (depth_m < 0.001)  # these become one step rather than absent
    np.testing.assert_allclose(back[near], 0.001, rtol=1e-6)
    np.testing.assert_allclose(back[present & ~near], depth_m[present & ~near], atol=0.0005 * 1.01)


@pytest.mark.parametrize("value", [0.0, -1.0, np.inf, -np.inf, 65.536])
def test_steps_refuse_what_they_cannot_hold(value):
    with pytest.raises(BadInput):
        to_steps(np.array([[1.0, value]]), 0.001)


@pytest.mark.parametrize("step_m", [0.0, -0.001, np.nan, np.inf])
def test_a_step_is_positive(step_m):
    for function in (to_steps, from_steps):
        with pytest.raises(BadInput, match="step_m"):
            function(np.ones((2, 2)), step_m)


def test_the_last_step_fits():
    assert to_steps(np.array([[65.535]]), 0.001)[0, 0] == 65535


@pytest.mark.parametrize("suffix", WRITERS)
def test_our_own_files_come_back_whole(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    given_ = prediction_of(DEPTH_M)
    WRITERS[suffix](path, given_)
    back = read_depth(path)
    np.testing.assert_allclose(back.values, DEPTH_M, atol=0.00051 if suffix == "png" else 0)
    assert back.values.dtype == np.float32
    for field in ("quantity", "camera", "model", "geometry", "name"):
        assert getattr(back, field) == getattr(given_, field)
    np.testing.assert_array_equal(read_depth_m(path), back.values)


@pytest.mark.parametrize("quantity", list(Quantity))
def test_npz_keeps_every_quantity(tmp_path, quantity):
    values = np.log(DEPTH_M) if quantity is Quantity.LOG_METRES else DEPTH_M
    write_npz(tmp_path / "a.npz", prediction_of(values, quantity))
    back = read_depth(tmp_path / "a.npz")
    assert back.quantity is quantity
    np.testing.assert_array_equal(back.values, values)


def test_relative_depth_is_not_written_as_metres(tmp_path):
    relative = prediction_of(DEPTH_M, Quantity.RELATIVE_DEPTH)
    for writer in (write_png, write_tiff):
        with pytest.raises(NotComparable):
            writer(tmp_path / "a", relative)


def test_npz_is_plain_for_others(tmp_path):
    write_npz(tmp_path / "a.npz", prediction_of(DEPTH_M))
    with np.load(tmp_path / "a.npz", allow_pickle=False) as arrays:
        np.testing.assert_array_equal(arrays["depth"], DEPTH_M)
        about = json.loads(str(arrays["fathom"]))
    assert about["unit"] == "m"
    assert about["camera"]["fx"] == CAMERA.fx


def test_png_is_16_bit_millimetres_for_others(tmp_path):
    write_png(tmp_path / "a.png", prediction_of(DEPTH_M))
    with Image.open(tmp_path / "a.png") as picture:
        stored = np.asarray(picture)
    assert stored.dtype == np.uint16
    np.testing.assert_array_equal(stored, np.nan_to_num(np.rint(DEPTH_M.astype(float) * 1000)))


def test_png_says_its_step(tmp_path):
    far = prediction_of(DEPTH_M * 20)
    with pytest.raises(BadInput, match="step_m=1/256"):
        write_png(tmp_path / "a.png", far)
    assert not list(tmp_path.iterdir())
    write_png(tmp_path / "a.png", far, step_m=1 / 256)
    np.testing.assert_allclose(read_depth_m(tmp_path / "a.png"), far.values, atol=0.51 / 256)
    np.testing.assert_array_equal(read_depth_m(tmp_path / "a.png", 1 / 256), read_depth_m(tmp_path / "a.png"))
    with pytest.raises(BadInput, match="says that its step"):
        read_depth_m(tmp_path / "a.png", 0.001)


@pytest.mark.parametrize(
    ("name", "stored", "step_m"),
    [
        ("a.png", np.array([[0, 1500], [2000, 3000]], np.uint16), 0.001),
        ("a.png", np.array([[0, 384], [512, 768]], np.uint16), 1 / 256),
        ("a.tiff", np.array([[0, 1500], [2000, 3000]], np.uint16), 0.001),
        ("a.tif", np.array([[0, 1.5], [2, 3]], np.float32), 1.0),
        ("a.npy", np.array([[np.nan, 1.5], [2, 3]], np.float64), 1.0),
        ("a.npy", np.array([[0, 1500], [2000, 3000]], np.int32), 0.001),
        ("a.npz", np.array([[0, 150], [200, 300]], np.float32), 0.01),
        ("a.npy", np.array([[[0], [1.5]], [[2], [3]]], np.float16), 1.0),
        ("a.npy", np.array([[[0, 1.5], [2, 3]]], np.float32), 1.0),
    ],
)
def test_other_peoples_files(tmp_path, name, stored, step_m):
    depth_m = read_depth_m(write(tmp_path / name, stored), step_m)
    assert depth_m.dtype == np.float32
    np.testing.assert_allclose(depth_m, [[np.nan, 1.5], [2, 3]], rtol=1e-6)


def test_units_by_name(tmp_path):
    path = write(tmp_path / "a.png", np.array([[0, 1500]], np.uint16))
    assert read_depth(path, unit="mm").values[0, 1] == pytest.approx(1.5)
    assert read_depth(path, unit="mm").camera.source.startswith("assumed")
    for wrong in ({}, {"unit": "feet"}, {"unit": "mm", "step_m": 0.001}):
        with pytest.raises(BadInput, match="unit"):
            read_depth(path, **wrong)


@pytest.mark.parametrize(
    ("name", "array", "words"),
    [
        ("a.png", np.full((3, 3), 9, np.uint8), "256 depths"),
        ("a.png", np.full((3, 3, 3), 9, np.uint8), "mode RGB"),
        ("a.npy", np.full((3, 3), 9, np.uint8), "at least 16 bits"),
        ("a.npy", np.full((3, 3, 3), 9.0), "is \\(H, W\\)"),
        ("a.npy", np.full((0, 3), 9.0), "is \\(H, W\\)"),
        ("a.npy", np.full((3, 3), 1j), "is \\(H, W\\)"),
        ("a.npy", np.array([[1.0, -2.0]]), "negative"),
        ("a.npy", np.array([[1, -2]], np.int16), "negative"),
        ("a.npy", np.array([[1.0, np.inf]]), "infinite"),
        ("a.npy", np.full((3, 3), np.nan), "not one pixel"),
        ("a.png", np.zeros((3, 3), np.uint16), "not one pixel"),
        ("a.jpg", np.full((3, 3), 9, np.uint8), "not from '.jpg'"),
    ],
)
def test_what_cannot_be_depth(tmp_path, name, array, words):
    with pytest.raises(BadInput, match=words):
        read_depth_m(write(tmp_path / name, array), 1.0)


def test_the_wrong_unit_is_noticed_and_the_right_one_named(tmp_path):
    path = write(tmp_path / "a.png", np.full((3, 3), 2500, np.uint16))
    with pytest.raises(BadInput, match=r"mm \(median 2\.5 m\)"):
        read_depth(path, unit="m")
    path = write(tmp_path / "b.npy", np.full((3, 3), 2.5))
    with pytest.raises(BadInput, match=r"unit may be m \(median 2\.5 m\)"):
        read_depth(path, unit="mm")


@pytest.mark.parametrize("name", ["a.npz", "a.npy", "a.png", "a.tiff"])
def test_missing_and_damaged(tmp_path, name):
    with pytest.raises(MissingData):
        read_depth_m(tmp_path / name, 1.0)
    for content in (b"", b"not what the name says" * 9):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(BadInput, match=name):
            read_depth_m(tmp_path / name, 1.0)
    rough = np.random.default_rng(0).integers(1, 9000, (30, 30)).astype(np.uint16)
    path = write(tmp_path / name, rough)
    path.write_bytes(path.read_bytes()[:-400])
    with pytest.raises(BadInput, match=name):
        read_depth_m(path, 0.001)


class Trap:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


@pytest.mark.parametrize("suffix", ["npy", "npz"])
def test_nothing_is_unpickled(tmp_path, suffix):
    trap = np.array([[Trap(tmp_path / "sprung"), 1]], object)
    path = write(tmp_path / f"a.{suffix}", trap)
    with pytest.raises(BadInput):
        read_depth_m(path, 1.0)
    assert not (tmp_path / "sprung").exists()


def test_npz_of_several_arrays(tmp_path):
    np.savez(tmp_path / "a.npz", depth=DEPTH_M, mask=DEPTH_M)
    with pytest.raises(BadInput, match="'depth', 'mask'"):
        read_depth_m(tmp_path / "a.npz", 1.0)


@pytest.mark.parametrize("text", ["not json", "[]", "{}", '{"quantity": "feet"}'])
def test_a_damaged_description(tmp_path, text):
    np.savez(tmp_path / "a.npz", depth=DEPTH_M, fathom=text)
    with pytest.raises(BadInput, match="description is damaged"):
        read_depth(tmp_path / "a.npz")


def test_a_description_of_another_size(tmp_path):
    write_npz(tmp_path / "a.npz", prediction_of(DEPTH_M))
    with np.load(tmp_path / "a.npz") as arrays:
        text = str(arrays["fathom"])
    np.savez(tmp_path / "a.npz", depth=DEPTH_M[:2], fathom=text)
    with pytest.raises(BadInput, match="5x2 but says it is 5x4"):
        read_depth(tmp_path / "a.npz")


@pytest.mark.parametrize("suffix", WRITERS)
@pytest.mark.parametrize("value", [np.inf, -1.0, 0.0])
def test_what_could_not_be_read_is_not_written(tmp_path, suffix, value):
    values = DEPTH_M.copy()
    values[0, 0] = value
    with pytest.raises(BadInput):
        WRITERS[suffix](tmp_path / f"a.{suffix}", prediction_of(values))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", WRITERS)
def test_a_full_disk_leaves_nothing_half_written(tmp_path, monkeypatch, suffix):
    def full(file, *_, **__):
        file.write_text("half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    monkeypatch.setattr(depthmap.np, "savez_compressed", full)
    with pytest.raises(CannotWrite, match="No space left"):
        WRITERS[suffix](tmp_path / f"a.{suffix}", prediction_of(DEPTH_M))
    assert not list(tmp_path.iterdir())


def test_a_double_beyond_float32_is_refused_without_a_warning(tmp_path, recwarn):
    np.save(tmp_path / "a.npy", np.full((4, 5), 1e300))
    with pytest.raises(BadInput, match="20 values are infinite"):
        read_depth_m(tmp_path / "a.npy", 0.001)
    assert not recwarn.list


def test_real_depth(shared_data):
    depth_m = read_depth_m(shared_data / "nyu_train_half" / "depth" / "00003.png", 0.001)
    assert depth_m.shape == (240, 320)
    assert 0.5 < np.nanmedian(depth_m) < 10
    path = next((shared_data / "kitti_annotated").rglob("*groundtruth*/**/*.png"), None)
    if path:
        assert np.isnan(read_depth_m(path, 1 / 256)).any()
