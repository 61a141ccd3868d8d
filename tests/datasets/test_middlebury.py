import shutil

import numpy as np
import pytest
from PIL import Image

from fathom.datasets.middlebury import Middlebury
from fathom.errors import BadInput, MissingData
from small.middlebury import BASELINE_MM, DOFFS_PX, FOCAL_PX, disparity, write, write_calibration, write_pfm


@pytest.fixture
def folder(tmp_path):
    write(tmp_path)
    return tmp_path


def test_disparity_to_metres(folder):
    found = Middlebury(folder, views="both")
    assert [found.name_of(i) for i in (0, 1, 2)] == [
        "Adirondack-perfect/im0",
        "Adirondack-perfect/im1",
        "Motorcycle-perfect/im0",
    ]
    for index, (seed, view) in enumerate([(0, 0), (0, 1), (1, 0), (1, 1)]):
        sample = found.read(index)
        for (row, column), d in np.ndenumerate(disparity(seed, view, 12, 18)):
            z_m = sample.depth_m[row, column]
            if np.isinf(d):
                assert np.isnan(z_m)
            else:
                assert z_m * (float(d) + DOFFS_PX) == pytest.approx(BASELINE_MM / 1000 * FOCAL_PX, rel=1e-5)
        assert sample.camera.cx == (8.25, 10.75)[view]
    assert len(Middlebury(folder)) == 2


def test_what_lies_behind_infinity_is_absent(folder):
    values = np.full((12, 18), 1.0, np.float32)
    values[0, :3] = -DOFFS_PX, -DOFFS_PX - 1, np.nan
    write_pfm(folder / "Adirondack-perfect/disp0.pfm", values, big=True)
    assert np.isnan(Middlebury(folder).read(0).depth_m).sum() == 3


def test_numpy_disparities_and_the_evaluation_s_names(folder):
    scene = folder / "Adirondack-perfect"
    expected = Middlebury(folder).read(0).depth_m
    (scene / "disp0.pfm").rename(scene / "disp0GT.pfm")
    np.testing.assert_array_equal(Middlebury(scene).read(0).depth_m, expected)
    (scene / "disp0GT.pfm").unlink()
    for save, name in ((np.savez, "disp0.npz"), (np.save, "disp0.npy")):
        save(scene / name, disparity(0, 0, 12, 18))
        np.testing.assert_array_equal(Middlebury(scene).read(0).depth_m, expected)
        (scene / name).write_bytes(b"PK")
        with pytest.raises(BadInput, match="not a whole numpy file"):
            Middlebury(scene).read(0)
        (scene / name).unlink()


def test_two_sizes(folder, tmp_path):
    write(folder, scenes=("Vintage",), height=14, width=20)
    found = Middlebury(folder)
    with pytest.raises(BadInput, match="width and height"):
        found.read(2)
    assert Middlebury(folder, width=10, height=7).read(2).camera.fx == FOCAL_PX / 2


def test_a_calibration_of_another_resolution(folder):
    write_calibration(folder / "Adirondack-perfect/calib.txt", 24, 36)
    with pytest.raises(BadInput, match=r"18x12.*36x24"):
        Middlebury(folder).read(0)


@pytest.mark.parametrize(
    ("changed", "said"),
    [({"doffs": "x"}, "float"), ({"cam0": "[1 0; 0 1]"}, "3x3"), ({"baseline": "-5"}, "baseline")],
)
def test_calibrations_that_are_none(folder, changed, said):
    path = folder / "Adirondack-perfect/calib.txt"
    baseline = float(changed.pop("baseline", BASELINE_MM))
    write_calibration(path, 12, 18, baseline, **changed)
    with pytest.raises(BadInput, match=said):
        Middlebury(folder).read(0)
    assert any(f.verdict == "incomplete" and "calib.txt" in f.what for f in Middlebury(folder).examine())


def test_a_baseline_in_metres_is_broken(folder):
    write_calibration(folder / "Adirondack-perfect/calib.txt", 12, 18, BASELINE_MM / 1000)
    assert any("in metres" in f.what for f in Middlebury(folder).examine() if f.verdict == "broken")


def test_missing_parts(folder):
    (folder / "Adirondack-perfect/calib.txt").unlink()
    found = Middlebury(folder)
    assert len(found) == 1
    assert any(f.where == "Adirondack-perfect" for f in found.examine() if f.verdict == "incomplete")
    (folder / "Motorcycle-perfect/disp0.pfm").unlink()
    with pytest.raises(MissingData, match=r"vision\.middlebury\.edu"):
        Middlebury(folder)


def test_the_real_motorcycle(shared_data, tmp_path):
    """Z = 0.193001 * 994.978 / (d + 31.086) m, as the sample's README says; a quarter of the full size."""
    scene = tmp_path / "Motorcycle"
    scene.mkdir()
    shutil.copy(shared_data / "stereo/motorcycle_left.png", scene / "im0.png")
    shutil.copy(shared_data / "stereo/motorcycle_disp.npz", scene / "disp0.npz")
    cameras = {f"cam{i}": f"[994.978 0 {cx}; 0 994.978 254.877; 0 0 1]" for i, cx in ((0, 311.193), (1, 342.279))}
    write_calibration(scene / "calib.txt", 500, 741, doffs="31.086", **cameras)
    found = Middlebury(tmp_path)
    sample = found.read(0)
    d = np.load(scene / "disp0.npz")["arr_0"].astype(float)
    expected_m = 0.193001 * 994.978 / (d + 31.086)
    np.testing.assert_allclose(sample.depth_m[np.isfinite(d)], expected_m[np.isfinite(d)], rtol=1e-6)
    assert np.isnan(sample.depth_m).mean() == np.isinf(d).mean()
    assert (np.nanmin(sample.depth_m), np.nanmax(sample.depth_m)) == pytest.approx((2.110, 5.017), abs=2e-3)
    assert not [f for f in found.examine() if f.verdict == "broken"]
    assert Image.open(scene / "im0.png").size == (741, 500)
