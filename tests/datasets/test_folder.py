import numpy as np
import pytest
from PIL import Image

from fathom.datasets.folder import Folder, _unit_m
from fathom.errors import BadInput, MissingData
from fathom.preparation import prepare


@pytest.fixture
def folder(tmp_path):
    """Three pairs of 8x6 in millimetres, two scenes."""
    for part in ("rgb", "depth"):
        (tmp_path / "set" / part).mkdir(parents=True)
    for n in (7, 12, 103):
        Image.fromarray(np.full((6, 8, 3), n, np.uint8)).save(tmp_path / f"set/rgb/{n:05d}.jpg")
        depth = np.full((6, 8), 1000 + n, np.uint16)
        depth[0, 0] = 0
        Image.fromarray(depth).save(tmp_path / f"set/depth/{n:05d}.png")
    (tmp_path / "set/index.csv").write_text("index,scene\n7,kitchen\n12,kitchen\n103,office\n")
    return tmp_path / "set"


def test_pairs_are_read_with_unit_scene_and_camera(folder):
    pairs = Folder(folder, depth_unit="mm", scenes="index.csv", focal_px=6.5)
    assert (len(pairs), pairs.title, pairs.frame, pairs.depth_step_m) == (3, "set", (6, 8), 0.001)
    found = [pairs.read(i) for i in range(3)]
    assert [s.scene for s in found] == ["kitchen", "kitchen", "office"]
    assert found[2].depth_m[3, 3] == pytest.approx(1.103)
    assert np.isnan(found[2].depth_m[0, 0])
    assert (found[0].camera.fx, found[0].camera.cx) == (6.5, 3.5)
    assert pairs.provenance()["root"] == "set"


@pytest.mark.parametrize(("unit", "metres"), [("cm", 10.07), ("1/256", 1007 / 256), (0.01, 10.07)])
def test_units(folder, unit, metres):
    assert Folder(folder, depth_unit=unit).read(0).depth_m[3, 3] == pytest.approx(metres)


@pytest.mark.parametrize("unit", ["inch", "1/0", "0", "-1", "nan", "1/x"])
def test_units_that_are_none(folder, unit):
    with pytest.raises(BadInput, match="depth_unit"):
        Folder(folder, depth_unit=unit)


def test_an_absurd_unit_is_refused(folder):
    """1007 metres in a picture of a room: somebody meant millimetres."""
    with pytest.raises(BadInput, match="mm"):
        Folder(folder, depth_unit="m").read(0)


def test_floats_in_numpy_and_tiff(folder):
    (folder / "depth/00007.png").unlink()
    np.save(folder / "depth/00007.npy", np.full((6, 8), 2.5, np.float32))
    assert Folder(folder, depth_unit=1.0).read(0).depth_m[0, 0] == 2.5
    (folder / "depth/00007.npy").unlink()
    Image.fromarray(np.full((6, 8), 3.5, np.float32)).save(folder / "depth/00007.tiff")
    assert Folder(folder, depth_unit=1.0).read(0).depth_m[0, 0] == 3.5


@pytest.mark.parametrize(
    ("unit", "step", "expected"),
    [
        ("mm", None, 0.001),
        ("1/256", None, 1 / 256),
        ("m", None, 0.001),
        ("cm", None, 0.001),
        ("m", "1/256", 1 / 256),
    ],
)
def test_metres_are_not_rounded_to_metres(folder, tmp_path, unit, step, expected):
    for path in list((folder / "depth").iterdir()):
        path.unlink()
        np.save(path.with_suffix(".npy"), np.full((6, 8), 2.4687, np.float32) / _unit_m(unit))
    store = prepare(Folder(folder, depth_unit=unit, store_step=step), tmp_path / "store", holdout={})
    assert store.depth_step_m == expected
    assert store.sample(0).depth_m[0, 0] == pytest.approx(2.4687, abs=expected / 2 * 1.001)


def test_bad_pairs_are_left_out_and_the_rest_prepared(folder, tmp_path):
    (folder / "rgb/00012.jpg").write_text("not a picture")
    Image.fromarray(np.full((5, 8), 900, np.uint16)).save(folder / "depth/00103.png")
    Image.fromarray(np.full((6, 8, 3), 9, np.uint8)).save(folder / "rgb/lonely.png")
    store = prepare(Folder(folder), tmp_path / "store", holdout={})
    assert [s.name for s in store.split("all")] == ["00007"]
    reasons = {s["name"]: s["reason"] for s in store.manifest["left_out"]}
    assert "00012.jpg" in reasons["00012"]
    assert "8x6" in reasons["00103"]
    assert "8x5" in reasons["00103"]
    assert store.manifest["source"]["unmatched"] == ["lonely"]


def test_what_is_missing_is_said(folder, tmp_path):
    with pytest.raises(MissingData, match="no such folder"):
        Folder(folder, rgb="colour")
    with pytest.raises(MissingData, match="no such list"):
        Folder(folder, scenes="scenes.csv")
    (folder / "index.csv").write_text("index,scene\n7,kitchen\n")
    with pytest.raises(BadInput, match="00012"):
        Folder(folder, scenes="index.csv").read(1)
    (folder / "index.csv").write_text("a,b\n7,kitchen\n")
    with pytest.raises(BadInput, match="header"):
        Folder(folder, scenes="index.csv")
    (folder / "index.csv").write_bytes(bytes(range(256)))
    with pytest.raises(BadInput, match="not a CSV"):
        Folder(folder, scenes="index.csv")
    for path in (folder / "depth").iterdir():
        path.unlink()
    with pytest.raises(MissingData, match="3 pictures"):
        Folder(folder)


def test_scene_is_the_sub_folder_without_a_list(folder):
    for part, ending in (("rgb", "jpg"), ("depth", "png")):
        (folder / part / "attic").mkdir()
        (folder / part / f"00007.{ending}").rename(folder / part / "attic" / f"1.{ending}")
    found = Folder(folder)
    assert [found.read(i).scene for i in range(3)] == ["00012", "00103", "attic"]


def test_the_795_real_training_pairs(shared_data):
    pairs = Folder(shared_data / "nyu_train_half", depth_unit="mm", scenes="index.csv", focal_px=259.43)
    assert (len(pairs), pairs.frame) == (795, (240, 320))
    first = pairs.read(0)
    assert (first.name, first.scene) == ("00003", "office_0003")
    assert 0.7 < np.nanmedian(first.depth_m) < 10
    assert len({pairs._scene(pairs.name_of(i)) for i in range(795)}) == 249


def test_scenes_by_file_name(folder):
    (folder / "index.csv").write_text("file,scene\n00007.jpg,hall\n00012.png,hall\n00103.jpg,attic\n")
    found = Folder(folder, scenes="index.csv")
    assert [found.read(i).scene for i in range(3)] == ["hall", "hall", "attic"]


def test_the_declared_field_of_view_and_filling_are_kept(folder):
    camera = Folder(folder, fov_deg=90).read(0).camera
    assert (camera.fx, camera.fy) == pytest.approx((4, 4))
    assert [Folder(folder, infilled=said).provenance()["infilled"] for said in (False, True)] == [False, True]
