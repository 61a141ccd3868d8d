import shutil

import numpy as np
import pytest
from PIL import Image

from fathom.datasets.sun_rgbd import SunRgbd, to_millimetres
from fathom.errors import BadInput, MissingData
from fathom.preparation import prepare
from small.sun_rgbd import CAPTURES, millimetres, stored, write, write_capture, write_splits

NAMES = list(CAPTURES)


@pytest.fixture
def folder(tmp_path):
    write(tmp_path)
    return tmp_path / "SUNRGBD"


def verdicts(dataset, verdict):
    return [f.what for f in dataset.examine() if f.verdict == verdict]


def test_all_65536_values_are_rotated():
    """Written as arithmetic rather than bits: three times the lowest bit goes to the top."""
    values = np.arange(65536, dtype=np.uint16)
    slowly = values.astype(int)
    for _ in range(3):
        slowly = slowly // 2 + slowly % 2 * 32768
    np.testing.assert_array_equal(to_millimetres(values), slowly)
    np.testing.assert_array_equal(to_millimetres(stored(values)), values)
    assert to_millimetres(values).dtype == np.uint16


def test_depth_camera_and_scenes(folder):
    found = SunRgbd(folder, width=16, height=12)
    assert [found.name_of(i) for i in range(4)] == NAMES
    sample = found.read(0)
    np.testing.assert_allclose(np.nan_to_num(sample.depth_m), millimetres(0, 12, 16) / 1000, rtol=1e-6)
    assert (sample.camera.fx, sample.camera.fy, sample.camera.cx, sample.camera.cy) == (13.5, 13.25, 8, 5.25)
    scenes = [found.read(i).scene for i in range(4)]
    assert scenes == ["kv1/NYUdata/kitchen"] * 2 + ["kv2/kinect2data/office", "xtion/sun3ddata/brown_bm/scan1/lab"]


def test_filled_in_depth(folder):
    found = SunRgbd(folder, depth="depth_bfx", width=16, height=12)
    assert found.title == "sun_rgbd_bfx"
    assert found.read(0).depth_m[2, 3] == pytest.approx(1.234)


def test_pictures_of_several_sizes(folder):
    found = SunRgbd(folder)
    assert found.frame == (12, 16)
    with pytest.raises(BadInput, match=r"18x12 .* 16x12.*width and height"):
        found.read(2)
    mixed = [f for f in found.examine() if "2 sizes" in f.what]
    assert (mixed[0].verdict, mixed[0].advice) == ("incomplete", "bring all to one size: --width 16 --height 12")
    fitted = SunRgbd(folder, width=9, height=6).read(2)
    assert fitted.camera.fx == pytest.approx(13.5 / 2)
    np.testing.assert_allclose(np.nan_to_num(fitted.depth_m), millimetres(2, 12, 18)[1::2, 1::2] / 1000, rtol=1e-6)


def test_the_official_split(folder, tmp_path):
    write_splits(tmp_path / "allsplit.mat", NAMES[:2], NAMES[2:3])
    found = SunRgbd(folder, splits=tmp_path / "allsplit.mat")
    assert [found.split_of(i) for i in range(4)] == ["train", "train", "test", ""]
    assert any(
        "2 training and 1 test captures of 5,285 and 5,050; 1 in neither" in w for w in verdicts(found, "note")
    )
    inside = SunRgbd(folder / "kv1", splits=tmp_path / "allsplit.mat")
    assert [inside.split_of(i) for i in range(2)] == ["train", "train"]
    write_splits(tmp_path / "allsplit.mat", NAMES[:2], NAMES[1:3])
    with pytest.raises(BadInput, match="both splits"):
        SunRgbd(folder, splits=tmp_path / "allsplit.mat")


def test_bits_rotated_already_are_found_out(folder, tmp_path):
    for seed, name in enumerate(NAMES[:2]):
        write_capture(folder / name, "kitchen", to_millimetres(millimetres(seed, 12, 16)))
    found = SunRgbd(folder / "kv1")
    assert len(verdicts(found, "broken")) == 1
    with pytest.raises(BadInput, match="rotated by another program already"):
        prepare(found, tmp_path / "store")


def test_8_bits_are_found_out(folder):
    for path in folder.glob("*/*/**/depth/*.png"):
        Image.fromarray(np.full((12, 16), 9, np.uint8)).save(path)
    assert "8 bits" in verdicts(SunRgbd(folder), "broken")[0]


def test_missing_parts(folder, tmp_path):
    shutil.rmtree(folder / NAMES[0] / "depth")
    (folder / NAMES[1] / "intrinsics.txt").write_text("500 0 320")
    (folder / NAMES[3] / "image/0001.jpg").unlink()
    found = SunRgbd(folder, width=16, height=12)
    assert len(found) == 3
    assert any(f.where == NAMES[0] for f in found.examine() if f.verdict == "incomplete")
    with pytest.raises(BadInput, match="3 numbers, not 9"):
        found.read(0)
    with pytest.raises(MissingData, match="empty"):
        found.read(2)
    assert len(prepare(found, tmp_path / "store", holdout={})) == 1
    with pytest.raises(MissingData, match="SUNRGBD"):
        SunRgbd(tmp_path / "store")


def test_the_real_pair(shared_data, tmp_path):
    capture = tmp_path / "kv1/b3do/img_0001"
    for part, name in (("image", "SUN_color.jpg"), ("depth", "SUN_depth.png")):
        (capture / part).mkdir(parents=True)
        shutil.copy(shared_data / "rgbd" / name, capture / part)
    (capture / "intrinsics.txt").write_text("520.5 0 320\n0 520.5 240\n0 0 1")
    found = SunRgbd(tmp_path)
    depth_m = found.read(0).depth_m
    assert 2.6 < np.nanmedian(depth_m) < 2.8
    assert np.nanmin(depth_m) > 0.9
    assert np.nanmax(depth_m) < 10
    assert not verdicts(found, "broken")
