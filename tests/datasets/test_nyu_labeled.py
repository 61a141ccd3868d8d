import csv

import h5py
import numpy as np
import pytest
from scipy.io import savemat

from fathom import shelf
from fathom.datasets import nyu_labeled
from fathom.datasets._splits import official
from fathom.datasets.nyu_labeled import NyuLabeled
from fathom.errors import BadInput, MissingData
from fathom.ops.resample import halve_colour, halve_depth
from fathom.preparation import prepare
from small.nyu_labeled import SCENES, arrays, write, write_splits

TRAIN = tuple(int(entry) for entry in official("nyu_labeled_train_795"))
TEST = tuple(sorted(set(range(1, 1450)) - set(TRAIN)))


@pytest.fixture
def folder(tmp_path):
    write(tmp_path)
    return tmp_path


@pytest.fixture
def true_size(tmp_path):
    """1449 frames of 640x480 of which no pixel is written, and the official split."""
    with h5py.File(tmp_path / "nyu_depth_v2_labeled.mat", "w") as file:
        file.create_dataset("images", (1449, 3, 640, 480), np.uint8, chunks=(1, 3, 640, 480))
        for name in ("depths", "rawDepths"):
            file.create_dataset(name, (1449, 640, 480), np.float32, chunks=(1, 640, 480))
        cells = [
            file.create_dataset(f"#refs#/{i}", data=np.frombuffer(b"a\0_\0" + b"%c\0" % (48 + i), np.uint16))
            for i in (0, 1)
        ]
        scenes = np.array([[cells[n in TEST].ref for n in range(1, 1450)]], h5py.ref_dtype)
        for name in ("scenes", "sceneTypes"):
            file.create_dataset(name, data=scenes, dtype=h5py.ref_dtype)
    write_splits(tmp_path / "splits.mat", TRAIN, TEST)
    return tmp_path


def said(dataset) -> dict[str, list[str]]:
    """verdict → what was found."""
    found: dict[str, list[str]] = {}
    for finding in dataset.examine():
        found.setdefault(finding.verdict, []).append(finding.what)
    return found


def test_both_truths(folder):
    rgb, infilled_m, raw_m = arrays(6, 24, 32)
    infilled, raw = NyuLabeled(folder), NyuLabeled(folder, depth="raw")
    assert (infilled.title, raw.title) == ("nyu_labeled", "nyu_labeled_raw")
    assert infilled.frame == (24, 32)
    for i in range(6):
        np.testing.assert_array_equal(infilled.read(i).rgb, rgb[..., i])
        np.testing.assert_array_equal(infilled.read(i).depth_m, infilled_m[..., i])
        np.testing.assert_array_equal(np.nan_to_num(raw.read(i).depth_m), raw_m[..., i])
        assert np.isnan(raw.read(i).depth_m).any()


def test_splits_scenes_types_and_names(folder):
    found = NyuLabeled(folder)
    assert [found.split_of(i) for i in range(6)] == ["train"] * 3 + ["test"] * 3
    assert [found.name_of(i) for i in (0, 5)] == ["00001", "00006"]
    assert found.read(1).scene == "kitchen_0004"
    assert found.scenes == ("kitchen_0004", "kitchen_0004", "office_0003", "study_0001", "study_0001", "cafe_0001")
    assert found.types[3] == "study"
    assert found.provenance()["scene_types"] == {"cafe": 1, "kitchen": 2, "office": 1, "study": 2}


def test_half_size(folder):
    rgb, infilled_m, _ = arrays(6, 24, 32)
    half = NyuLabeled(folder, size="half")
    assert (half.title, half.frame) == ("nyu_labeled_half", (12, 16))
    sample = half.read(4)
    np.testing.assert_array_equal(sample.rgb, halve_colour(rgb[..., 4]))
    np.testing.assert_array_equal(sample.depth_m, halve_depth(infilled_m[..., 4]))


def test_the_camera_is_the_toolbox_s_counted_from_0(true_size):
    camera = NyuLabeled(true_size).read(0).camera
    assert (camera.width, camera.height) == (640, 480)
    assert (camera.fx, camera.fy, camera.cx, camera.cy) == pytest.approx(
        (518.8579, 519.4696, 324.5824, 252.7362), abs=1e-4
    )
    half = NyuLabeled(true_size, size="half").read(0).camera
    assert (half.fx, half.cx) == pytest.approx((259.42895, (324.58244 + 0.5) / 2 - 0.5), abs=1e-4)


def test_prepared_with_the_official_split(folder, tmp_path):
    store = prepare(NyuLabeled(folder), tmp_path / "store")
    assert dict(store.splits) == {"test": 3, "train": 3}
    assert store.split("test").title == "nyu_labeled/test"
    assert store.sample(0).depth_m == pytest.approx(arrays(6, 24, 32)[1][..., 0], abs=0.00051)


def test_the_protocols_expect_these_titles():
    protocols = {name: shelf.look_up("protocols", f"nyu_eigen/{name}") for name in ("paper_image", "community")}
    assert protocols["paper_image"].data == "nyu_labeled/test"
    assert protocols["community"].data == "nyu_labeled_raw/test"
    assert {p.frame for p in protocols.values()} == {nyu_labeled.FRAME}


def test_the_official_file(true_size):
    found = NyuLabeled(true_size)
    assert [found.split_of(i) for i in range(1449)].count("train") == 795
    findings = said(found)
    assert "broken" not in findings
    assert any("795 training and 654 test frames, none in both: the official ones" in w for w in findings["good"])
    assert any("2,972,037,809" in w for w in findings["note"])
    assert any("not 249 and 215" in w for w in findings["note"])


def test_without_splits_the_built_in_list_is_used_for_the_official_file_only(true_size, tmp_path_factory):
    (true_size / "splits.mat").unlink()
    found = NyuLabeled(true_size)
    assert tuple(i + 1 for i in range(1449) if found.split_of(i) == "train") == TRAIN
    assert any("built-in list" in w for w in said(found)["note"])
    small = tmp_path_factory.mktemp("small")
    write(small)
    (small / "splits.mat").unlink()
    with pytest.raises(MissingData, match=r"indoor_seg_sup/splits\.mat"):
        NyuLabeled(small)
    with pytest.raises(MissingData, match="elsewhere"):
        NyuLabeled(true_size, splits=true_size / "elsewhere.mat")


def test_swapped_splits_are_named(true_size):
    write_splits(true_size / "splits.mat", TEST, TRAIN)
    with pytest.raises(BadInput, match="swapped"):
        NyuLabeled(true_size)


def test_other_frames_to_train_with_are_broken(true_size):
    write_splits(true_size / "splits.mat", (1, *TRAIN[1:]), (TRAIN[0], *TEST[1:]))
    assert any("not the official ones" in w for w in said(NyuLabeled(true_size))["broken"])


def test_another_count_is_refused(true_size):
    write_splits(true_size / "splits.mat", (*TRAIN, 1), TEST[1:])
    with pytest.raises(BadInput, match="796 training and 653 test frames, not 795 and 654"):
        NyuLabeled(true_size)


@pytest.mark.parametrize(
    ("train", "test", "expected"),
    [
        ((1, 2, 3), (3, 4, 5, 6), "1 frames are in both splits, 3"),
        ((0, 1, 2), (3, 4, 5), "numbered 0 to 5"),
        ((1, 2, 3), (4, 5), "3 \\+ 2 frames"),
        ((1, 2, 3), (4, 5, 6, 7), "numbered 1 to 7"),
        ((1, 2, 2, 3), (4, 5, 6), "each once"),
    ],
)
def test_splits_that_are_no_partition(folder, train, test, expected):
    write_splits(folder / "splits.mat", train, test)
    with pytest.raises(BadInput, match=expected):
        NyuLabeled(folder)


def test_a_scene_in_both_splits_is_broken(folder, tmp_path):
    write_splits(folder / "splits.mat", (1, 3, 4), (2, 5, 6))
    assert any("2 scenes are in both splits, kitchen_0004" in w for w in said(NyuLabeled(folder))["broken"])
    with pytest.raises(BadInput, match="not fit"):
        prepare(NyuLabeled(folder), tmp_path / "store")


def test_another_file_is_not_called_official(folder):
    findings = said(NyuLabeled(folder))
    assert any("6 frames of 32x24" in w and "not the official file" in w for w in findings["note"])
    assert any(
        "3 training and 3 test scenes" not in w and "2 training and 2 test scenes" in w for w in findings["good"]
    )


def test_verify_hashes_the_labelled_file(true_size):
    assert any("not 520609c5" in w for w in said(NyuLabeled(true_size, verify=True))["broken"])
    assert not any("MD5" in w for w in said(NyuLabeled(true_size))["good"])


def test_confused_and_missing_files(folder):
    with pytest.raises(BadInput, match="confused"):
        NyuLabeled(folder, splits=folder / "nyu_depth_v2_labeled.mat")
    with pytest.raises(BadInput, match="confused"):
        NyuLabeled(folder, labeled=folder / "splits.mat")
    with pytest.raises(MissingData, match=r"horatio\.cs\.nyu\.edu"):
        NyuLabeled(folder / "elsewhere")
    savemat(folder / "splits.mat", {"train": [1]})
    with pytest.raises(BadInput, match="trainNdxs"):
        NyuLabeled(folder)


def test_files_with_other_names(folder, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    for old, new in (("nyu_depth_v2_labeled.mat", "a.mat"), ("splits.mat", "b.mat")):
        (folder / old).rename(elsewhere / new)
    found = NyuLabeled(folder, labeled=elsewhere / "a.mat", splits=elsewhere / "b.mat")
    assert found.read(2).scene == SCENES[2]


def test_the_list_of_training_frames(shared_data):
    """The 795 are those of the sample; their 249 scenes are all but four of the raw captures' 249."""
    with (shared_data / "nyu_train_half/index.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert tuple(int(row["index"]) for row in rows) == TRAIN
    labelled = {row["scene"] for row in rows}
    captures = official("nyu_train_captures_284")
    raw = {c[:-1] if c[-1].isalpha() else c for c in captures}
    assert (len(labelled), len(raw), len(captures)) == (249, 249, 284)
    assert labelled - raw == {"bookstore_0000", "bookstore_0002", "living_room_0000", "office_0000"}
    assert raw - labelled == {"bookstore_0001", "bedroom_0010", "nyu_office_0", "nyu_office_1"}


def rewrite(folder, name, change):
    """One array of the labelled file, written anew by somebody."""
    with h5py.File(folder / "nyu_depth_v2_labeled.mat", "r+") as file:
        values = change(file[name][()])
        del file[name]
        file[name] = values


@pytest.mark.parametrize(
    ("name", "change", "reason"),
    [
        ("images", lambda v: (v / 255).astype(np.float32), "float32, not the official file's uint8"),
        ("depths", lambda v: v * 1000, "no depth in metres"),
        ("depths", lambda v: v / 100, "no depth in metres"),
    ],
    ids=["colour 0..1", "millimetres", "hundredths"],
)
def test_a_file_written_anew_in_other_units_is_broken(folder, name, change, reason):
    rewrite(folder, name, change)
    assert any(reason in words for words in said(NyuLabeled(folder))["broken"])


def test_frames_with_impossible_depth_are_left_out(folder, tmp_path):
    def spoil(depths):
        depths[0, 3, 3] = -1
        depths[1] = np.nan
        depths[2, 3, 3] = np.inf
        return depths

    rewrite(folder, "depths", spoil)
    store = prepare(NyuLabeled(folder), tmp_path / "store")
    assert [left["name"] for left in store.manifest["left_out"]] == ["00001", "00002", "00003"]


def test_a_list_of_scenes_that_is_too_short(folder):
    rewrite(folder, "scenes", lambda v: v[:, :-1])
    with pytest.raises(BadInput, match="'scenes' has"):
        list(NyuLabeled(folder).examine())
