import numpy as np
import pytest
from PIL import Image

from fathom.datasets.scannet import Scannet
from fathom.errors import BadInput, MissingData
from fathom.ops.resize import colour_seen_by, resize_colour
from fathom.records import Camera
from small.scannet import COLOUR, COLOUR_K, DEPTH, DEPTH_K, write


@pytest.fixture
def folder(tmp_path):
    write(tmp_path)
    return tmp_path


def test_depth_names_and_scenes(folder):
    found = Scannet(folder)
    assert [found.name_of(i) for i in (0, 1, 5)] == ["scene0000_00/0", "scene0000_00/1", "scene0001_00/1"]
    assert [found.read(i).scene for i in (0, 2, 4)] == ["scene0000", "scene0000", "scene0001"]
    stored = np.asarray(Image.open(folder / "scene0000_01/depth/1.png"))
    depth_m = found.read(3).depth_m
    there = ~np.isnan(depth_m)
    np.testing.assert_allclose(depth_m[there], stored[there] / 1000, rtol=1e-6)
    assert (stored[~there] == 0).sum() == 8
    camera = found.read(0).camera
    assert (camera.fx, camera.fy, camera.cx, camera.cy) == DEPTH_K


def test_colour_through_the_cameras(folder):
    rgb = np.asarray(Image.open(folder / "scene0000_00/color/0.jpg"))
    own, depth = Camera(*COLOUR_K, *COLOUR[::-1]), Camera(*DEPTH_K, *DEPTH[::-1])
    expected, seen = colour_seen_by(rgb, own, depth)
    sample = Scannet(folder).read(0)
    np.testing.assert_array_equal(sample.rgb, expected)
    assert not seen.all(), "the example has a rim that the colour camera does not see"
    assert np.isnan(sample.depth_m[~seen]).all()
    resized = Scannet(folder, grid="resize")
    assert resized.title == "scannet_resized"
    np.testing.assert_array_equal(resized.read(0).rgb, resize_colour(rgb, *DEPTH))


def test_numbers_are_in_their_order(folder):
    for part, ending in (("color", "jpg"), ("depth", "png")):
        scan = folder / "scene0001_00" / part
        (scan / f"0.{ending}").rename(scan / f"10.{ending}")
        (scan / f"1.{ending}").rename(scan / f"2.{ending}")
    found = Scannet(folder / "scene0001_00")
    assert [found.name_of(i) for i in range(2)] == ["scene0001_00/2", "scene0001_00/10"]
    assert found.read(0).scene == "scene0001"
    assert len(Scannet(folder, every=2)) == 3


def test_3x3_matrices_too(folder):
    path = folder / "scene0000_00/intrinsic/intrinsic_depth.txt"
    np.savetxt(path, np.array([[14, 0, 7.6], [0, 14.1, 5.4], [0, 0, 1]]))
    assert Scannet(folder).read(0).camera.cy == 5.4


def test_what_is_missing(folder):
    (folder / "scene0000_00/depth/1.png").unlink()
    (folder / "scene0000_01/intrinsic/intrinsic_color.txt").unlink()
    (folder / "scene0001_00/intrinsic/intrinsic_depth.txt").write_text("a b c")
    found = Scannet(folder)
    assert len(found) == 5
    said = {(f.verdict, f.where): f.what for f in found.examine()}
    assert "1 files" in said["note", "scene0000_00"]
    assert "intrinsic_color.txt" in said["incomplete", "scene0000_01"]
    assert "intrinsic_depth.txt" in said["incomplete", "scene0001_00"]
    with pytest.raises(MissingData, match=r"intrinsic_color\.txt"):
        found.read(1)
    assert Scannet(folder, grid="resize").read(1).name == "scene0000_01/0"
    with pytest.raises(BadInput, match="should hold numbers"):
        found.read(3)
    with pytest.raises(MissingData, match="export_depth_images"):
        Scannet(folder / "scene0000_00/pose")


def test_depth_in_another_unit_is_found_out(folder):
    for path in folder.glob("*/depth/*.png"):
        Image.fromarray((np.asarray(Image.open(path)) * 5).astype(np.uint16)).save(path)
    broken = [f.what for f in Scannet(folder).examine() if f.verdict == "broken"]
    assert len(broken) == 1
    assert "1/5000 m" in broken[0]
