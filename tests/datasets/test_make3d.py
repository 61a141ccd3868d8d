import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from fathom.datasets.make3d import Make3d
from fathom.errors import BadInput, MissingData
from fathom.ops.resize import resize_depth
from small.make3d import PAIRS, grid, write

NAMES = list(PAIRS)


@pytest.fixture
def folder(tmp_path):
    write(tmp_path)
    return tmp_path


def by_name(dataset):
    return {dataset.name_of(i): i for i in range(len(dataset))}


def test_pairs_splits_and_scenes(folder):
    found = Make3d(folder)
    index = by_name(found)
    assert set(index) == set(NAMES)
    assert [found.split_of(index[name]) for name in NAMES] == ["train", "train", "test", "test"]
    assert [found.read(index[name]).scene for name in NAMES] == ["10.21op2", "10.21op2", "op1", "manmade5"]


def test_truth_by_nearest_at_fcrn_s_size(folder):
    found = Make3d(folder)
    index = by_name(found)[NAMES[1]]
    sample = found.read(index)
    assert sample.depth_m.shape == (460, 345)
    np.testing.assert_allclose(sample.depth_m, resize_depth(grid(1)[..., 3], 460, 345), rtol=1e-6)
    own = Make3d(folder, height=55, width=305).read(index)
    np.testing.assert_allclose(own.depth_m, grid(1)[..., 3], rtol=1e-6)
    assert own.rgb.shape == (55, 305, 3)
    assert own.camera.fx / sample.camera.fx == pytest.approx(305 / 345)


def test_sky_and_the_third_channel(folder):
    index = by_name(Make3d(folder))[NAMES[0]]
    assert np.nanmax(Make3d(folder).read(index).depth_m) == 81
    without = Make3d(folder, sky="absent").read(index).depth_m
    assert np.nanmax(without) < 70
    assert np.isnan(without).mean() == pytest.approx(5 / 55, abs=0.01)
    projective = Make3d(folder, depth="projective", height=55, width=305)
    assert projective.title == "make3d_z"
    np.testing.assert_allclose(projective.read(index).depth_m, grid(0)[..., 2], rtol=1e-6)


def test_examination(folder):
    found = [f.what for f in Make3d(folder).examine()]
    assert any("2 pairs to train with, of 400" in w for w in found)
    assert any("2 pairs to test with, of 134" in w for w in found)
    assert any("pictures of 60x80, depth of 55 rows and 305 columns; published are" in w for w in found)


def test_missing_and_wrong_files(folder):
    (folder / "Train400Img/lonely").mkdir()
    Image.new("RGB", (60, 80)).save(folder / "Train400Img/lonely/img-x.jpg")
    found = Make3d(folder)
    assert any("1 pictures and 0 depth files" in f.what for f in found.examine())
    index = by_name(found)
    savemat(folder / f"Gridlaserdata/depth_sph_corr-{NAMES[2]}.mat", {"Position3DGrid": np.ones((55, 305))})
    with pytest.raises(BadInput, match=r"\(55, 305\), not"):
        found.read(index[NAMES[2]])
    savemat(folder / f"Gridlaserdata/depth_sph_corr-{NAMES[2]}.mat", {"other": np.ones(3)})
    with pytest.raises(BadInput, match="does not hold Position3DGrid"):
        found.read(index[NAMES[2]])
    savemat(folder / f"Gridlaserdata/depth_sph_corr-{NAMES[2]}.mat", {"Position3DGrid": np.zeros((55, 305, 4))})
    with pytest.raises(BadInput, match="not one pixel"):
        found.read(index[NAMES[2]])
    Image.new("RGB", (80, 60)).save(folder / f"Test134/img-{NAMES[3]}.jpg")
    with pytest.raises(BadInput, match="on its side"):
        found.read(index[NAMES[3]])
    with pytest.raises(MissingData, match=r"2 pictures .* 0 depth files"):
        Make3d(folder / "Test134")
