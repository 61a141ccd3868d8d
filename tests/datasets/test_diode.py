import numpy as np
import pytest
from PIL import Image

from fathom.datasets.diode import Diode
from fathom.errors import BadInput, MissingData
from small.diode import SAMPLES, arrays, write


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    root = tmp_path_factory.mktemp("diode")
    write(root)
    return root


@pytest.fixture
def one(tmp_path):
    write(tmp_path, SAMPLES[:1])
    return tmp_path


def test_depth_where_the_mask_says(sound):
    sample = Diode(sound).read(0)
    rgb, depth_m, mask = arrays(0)
    np.testing.assert_array_equal(sample.rgb, rgb)
    valid = ~np.isnan(sample.depth_m)
    np.testing.assert_array_equal(valid, (mask == 1) & (depth_m > 0))
    np.testing.assert_array_equal(sample.depth_m[valid], depth_m[valid])
    assert (sample.scene, sample.name) == ("scene_00019", SAMPLES[0])
    assert sample.camera.fov_deg == pytest.approx(60, abs=1e-3)


def test_splits_and_parts(sound):
    found = Diode(sound)
    assert [found.split_of(i) for i in range(3)] == ["val"] * 3
    assert [len(Diode(sound, where=w)) for w in ("all", "indoors", "outdoor")] == [3, 2, 1]
    assert Diode(sound, where="indoors").title == "diode_indoors"
    assert Diode(sound, where="indoors").depth_step_m == 0.001
    assert 350 / found.depth_step_m < 2**16
    inside = Diode(sound / "val/indoors")
    assert (inside.split_of(0), inside.read(0).scene) == ("val", "scene_00019")


def test_counts(sound):
    found = {f.where: f for f in Diode(sound).examine()}
    assert "2 samples of 325" in found["val/indoors"].what
    assert found["val/outdoor"].verdict == "incomplete"
    assert "5c895d09" in found["val/outdoor"].advice


def test_missing_and_wrong_files(one):
    name = one / SAMPLES[0]
    np.save(f"{name}_depth_mask.npy", np.ones((768, 1000)))
    with pytest.raises(BadInput, match=r"\(768, 1000\)"):
        Diode(one).read(0)
    np.save(f"{name}_depth_mask.npy", np.zeros((768, 1024)))
    with pytest.raises(BadInput, match="not one pixel"):
        Diode(one).read(0)
    (name.parent / f"{name.name}_depth_mask.npy").write_bytes(b"\x93NUMPY")
    with pytest.raises(BadInput, match="not a whole numpy file"):
        Diode(one).read(0)
    (name.parent / f"{name.name}_depth_mask.npy").unlink()
    with pytest.raises(MissingData, match="diode-dataset"):
        Diode(one)
    with pytest.raises(BadInput, match="where"):
        Diode(one, where="outdoors")


def test_a_picture_without_depth_is_said(one):
    lonely = one / "val/indoors/scene_00019/scan_00183/x.png"
    Image.new("RGB", (8, 6)).save(lonely)
    found = Diode(one)
    assert len(found) == 1
    assert any(f.where.endswith("/x") and f.verdict == "incomplete" for f in found.examine())


def test_resized_pictures_are_broken(one):
    Image.new("RGB", (512, 384)).save(one / f"{SAMPLES[0]}.png")
    assert any("resized" in f.what for f in Diode(one).examine() if f.verdict == "broken")
