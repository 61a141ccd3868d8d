import shutil
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from fathom.datasets import _kitti_choice as choice
from fathom.datasets._kitti_layout import Drive, Shot
from fathom.datasets._kitti_window import Window
from fathom.datasets._splits import official
from fathom.datasets.kitti_raw import KittiRaw
from fathom.errors import BadInput, MissingData
from fathom.files.depthmap import read_depth_m
from fathom.files.kitti import read_calibration
from fathom.ops.geometry import project
from fathom.preparation import prepare
from fathom.records import Camera
from small import kitti_raw as small

RAW_SIZES = [(1242, 375), (1241, 376), (1224, 370), (1226, 370), (1238, 374)]


@pytest.fixture
def root(tmp_path):
    small.write(tmp_path / "kitti", annotated=tmp_path / "annotated")
    return tmp_path / "kitti"


def said(dataset, verdict=None):
    return "\n".join(f"{f.where} {f.what} {f.advice}" for f in dataset.examine() if verdict in (None, f.verdict))


# Selections


def test_the_papers_selection(root):
    data = KittiRaw(root)
    names = {data.name_of(i): data.split_of(i) for i in range(len(data))}
    assert Counter(names.values()) == {"train": 10, "test": 2}  # 3 + 2 moments, two cameras; test: the left one
    assert names["2011_09_26_drive_0001_sync/image_03/0000000002"] == "train"
    assert {n for n, split in names.items() if split == "test"} == {
        "2011_09_26_drive_0002_sync/image_02/0000000000",
        "2011_09_26_drive_0002_sync/image_02/0000000006",
    }
    assert {data.times_of(i) for i in range(len(data)) if data.split_of(i) == "train"} == {choice.REPEATS}
    assert {data.times_of(i) for i in range(len(data)) if data.split_of(i) == "test"} == {1}
    assert data.title == "kitti_velodyne_camera_z_capture_time"
    assert data.read(0).scene == "2011_09_26_drive_0001"


def test_parts_cameras_and_drives(root):
    assert {KittiRaw(root, part="test").split_of(i) for i in range(2)} == {"test"}
    assert len(KittiRaw(root, part="train")) == 10
    right = KittiRaw(root, cameras="right")
    assert Counter(right.name_of(i)[-19:-11] for i in range(len(right))) == {"image_03": 5, "image_02": 2}
    assert len(KittiRaw(root, drives="2011_10_03", selection="community")) == 4
    assert len(KittiRaw(root, drives="2011_10, 2011_09_26_drive_0001", part="train")) == 10
    with pytest.raises(MissingData, match="begins with 2012"):
        KittiRaw(root, drives="2012")


def test_all_has_no_official_split(root):
    data = KittiRaw(root, selection="all")
    assert len(data) == 14
    assert {data.split_of(i) for i in range(14)} == {""}


def test_stationary_moments_are_left_out(root):
    folder = root / "2011_09_26/2011_09_26_drive_0001_sync/oxts/data"
    (folder / "0000000000.txt").write_text(small.oxts(0.1, 0.1, 0.05, 0.05))  # stands
    (folder / "0000000001.txt").write_text(small.oxts(0.1, 0.1, 0.05, 0.3))  # begins to move
    (folder / "0000000002.txt").write_text(small.oxts(0.1, 2.0, 0.0, 0.0))  # slides
    data = KittiRaw(root)
    assert Counter(data.name_of(i)[-10:] for i in range(len(data)) if "0001_sync" in data.name_of(i)) == {
        "0000000001": 2,
        "0000000002": 2,
    }
    assert data.provenance()["stationary_moments_left_out"] == 1
    assert "1 of 5 moments of the training drives are stationary" in said(data, "note")
    assert len(KittiRaw(root, selection="community", part="train")) == 10  # the community's keeps them


def test_without_oxts_frames_are_kept_and_that_is_said(root):
    shutil.rmtree(root / "2011_09_26/2011_09_26_drive_0001_sync/oxts")
    (root / "2011_10_03/2011_10_03_drive_0042_sync/oxts/data/0000000001.txt").write_text("1 2 3")
    data = KittiRaw(root)
    assert len(data) == 12
    assert "4 moments have no readable oxts record and are kept" in said(data, "incomplete")


@pytest.mark.parametrize(
    ("speed", "acceleration", "still"),
    [(0.4, 0.1, True), (0.6, 0.1, False), (0.4, 0.3, False), (12.0, 0.0, False), (float("nan"), 0.1, False)],
)
def test_still(speed, acceleration, still):
    assert choice.is_still(speed, acceleration) is still


def big_drive(left, right, name="2011_09_26_drive_0001"):
    def frames(count):
        return {f"{i:010d}": ".png" for i in range(count)}

    return Drive(name, {"02": frames(left), "03": frames(right)}, frozenset(frames(5000)), frozenset())


def chosen(drive, static=lambda drive, frame: False):
    return choice.choose("paper", {drive.name: drive}, lambda shot: True, "both", "train", static)


@pytest.mark.parametrize(
    ("left", "right", "of_left", "of_right"),
    [
        (1600, 1600, 400, 400),
        (3200, 3200, 400, 400),
        (500, 500, 400, 400),
        (300, 300, 300, 300),
        (900, 100, 700, 100),
    ],
)
def test_eight_hundred_a_scene_from_both_cameras(left, right, of_left, of_right):
    found = chosen(big_drive(left, right))
    assert Counter(shot.camera for shot in found.shots) == {"02": of_left, "03": of_right}
    assert len(set(found.shots)) == len(found.shots) <= 800
    moments = sorted(int(shot.frame) for shot in found.shots)
    assert moments[0] < 0.01 * left
    assert moments[-1] > 0.99 * left - 3
    if left == right >= 800:
        assert len(set(moments)) == 800, "left and right take different moments"


def test_the_list_is_evened_towards_a_28th_of_40_000():
    assert sum(chosen(big_drive(2000, 2000)).times) == 1429
    assert sum(chosen(big_drive(103, 103)).times) == 1429
    few = chosen(big_drive(10, 10))
    assert few.times == [choice.REPEATS] * 20
    assert sum(chosen(big_drive(2000, 2000), lambda drive, frame: int(frame) >= 50).times) == 100 * choice.REPEATS


def test_the_lists_fit_together():
    test_drives = set(official("kitti_eigen_test_drives_28"))
    community, paper = (set(official(choice.TRAIN[name])) for name in ("community", "paper"))
    assert (len(community), len(paper), len(test_drives)) == (33, 28, 28)
    assert paper < community
    assert not community & test_drives
    shots = choice.test_shots()
    assert len(set(shots)) == 697
    assert {shot.drive for shot in shots} == test_drives
    with_truth = set(official("kitti_eigen_benchmark_652"))
    assert len(with_truth) == 652
    assert with_truth < {f"{shot.drive} {shot.frame}" for shot in shots}


def test_nothing_to_choose_says_what_there_is(root):
    for scans in root.rglob("velodyne_points/data"):
        shutil.rmtree(scans)
    with pytest.raises(MissingData, match=r"3 drives .*14 pictures and 0 velodyne_points.*selection 'paper'"):
        KittiRaw(root)


# Sizes, cameras, colour


@pytest.mark.parametrize("raw", RAW_SIZES)
@pytest.mark.parametrize("size", ["half", "full"])
def test_every_raw_size_comes_to_one_frame_with_its_camera(raw, size):
    width, height = raw
    picture = Camera(718.0, 718.0, 607.2, 185.2, width, height)
    window = Window.of(picture, size)
    assert window.frame == {"half": (184, 612), "full": (368, 1224)}[size]
    camera = window.camera
    assert camera.fx == camera.fy, "square pixels stay square"
    # A point low in the picture: where the old camera sees it, moved by the rule, is where the new camera does.
    (old, new), _ = zip(*(project(np.array([2.0, 1.5, 9.0]), c) for c in (picture, camera)), strict=True)
    scale = window.frame[1] / width
    below = height - (old[1] + 0.5)  # pixels to the lower edge, which stays the lower edge
    assert new[0] + 0.5 == pytest.approx((old[0] + 0.5) * scale)
    assert window.frame[0] - (new[1] + 0.5) == pytest.approx(below * scale)


def test_colour_goes_where_the_camera_says():
    picture = Camera(720.0, 720.0, 609.5, 173.0, 1242, 375)
    rgb = np.zeros((375, 1242, 3), np.uint8)
    rgb[300:312, 800:816] = 255  # centre at row 305.5, column 807.5
    for size in ("half", "full"):
        window = Window.of(picture, size)
        bright = window.colour(rgb)[..., 0].astype(float)
        assert bright.shape == window.frame
        rows, columns = np.indices(bright.shape)
        centre = (rows * bright).sum() / bright.sum(), (columns * bright).sum() / bright.sum()
        ray = np.array([(807.5 - 609.5) / 720, (305.5 - 173) / 720, 1.0])
        expected = project(ray, window.camera)[0]
        np.testing.assert_allclose(centre, expected[::-1], atol=0.02)


@pytest.mark.parametrize("size", ["half", "full"])
def test_a_scan_falls_on_the_pixels_that_the_frames_camera_names(size):
    picture = Camera(720.0, 720.0, 609.5, 173.0, 1242, 375)
    window = Window.of(picture, size)
    rng = np.random.default_rng(0)
    points = np.stack([rng.uniform(-9, 9, 300), rng.uniform(-1, 2, 300), rng.uniform(10, 40, 300)], 1)
    to_camera = np.array([[0, -1, 0, 0], [0, 0, -1, 0], [1, 0, 0, 0.0]])  # scanner and camera in one place
    scan = np.stack([points[:, 2], -points[:, 0], -points[:, 1]], 1).astype(np.float32)
    depth_m = window.scan(scan, picture.matrix @ to_camera, (375, 1242), "nearest", "camera_z")
    pixels, _ = project(points, window.camera)
    columns, rows = np.floor(pixels + 0.5).astype(int).T
    seen = (columns >= 0) & (columns < window.frame[1]) & (rows >= 0) & (rows < window.frame[0])
    expected = np.zeros(window.frame, bool)
    expected[rows[seen], columns[seen]] = True
    np.testing.assert_array_equal(~np.isnan(depth_m), expected)


@pytest.mark.parametrize("conflicts", ["capture_time", "nearest", "monodepth2"])
def test_depth_and_camera_agree_at_every_size(root, conflicts):
    """A wall 20 m ahead of the scanner is 19.733 m deep in both cameras, wherever it is seen."""
    for size in ("half", "full", "original"):
        data = KittiRaw(root, size=size, conflicts=conflicts, drives="2011_09_26_drive_0001")
        sample = data.read(0)
        upper = sample.depth_m[: int(sample.camera.cy)]
        wall = upper[~np.isnan(upper)]
        assert wall.size > 50
        assert np.median(wall) == pytest.approx(19.733, abs=1e-3)
        # The road lies 1.62 m below the camera: back-projected, its points do too, to a pixel's height.
        rows, columns = np.nonzero(~np.isnan(sample.depth_m))
        depth_m = sample.depth_m[rows, columns]
        down = (rows - sample.camera.cy) / sample.camera.fy * depth_m
        road = down > 1.4
        assert abs(np.median(down[road]) - 1.62) < (0.05 if conflicts != "monodepth2" else 0.08)


@pytest.mark.parametrize(("camera", "shift", "cx"), [("02", 45.0, 609.5), ("03", -340.0, 605.5)])
@pytest.mark.parametrize("size", ["half", "full", "original"])
def test_one_point_falls_where_its_camera_sees_it(root, camera, shift, cx, size):
    """By hand: 19.73 m before camera 0, 2 m to the left, 0.42 m below it."""
    path = root / "2011_09_26/2011_09_26_drive_0001_sync/velodyne_points/data/0000000001.bin"
    np.array([[20, 2, -0.5, 0]], "<f4").tofile(path)
    data = KittiRaw(root, size=size, drives="2011_09_26_drive_0001")
    index = next(i for i in range(len(data)) if data.name_of(i).endswith(f"image_{camera}/0000000001"))
    sample = data.read(index)
    z = 19.73
    u = (720 * -2 + cx * z + shift) / (z + 0.003)
    v = (720 * 0.42 + 173 * z + 0.25) / (z + 0.003)
    scale = sample.rgb.shape[1] / 1242
    column = (u + 0.5) * scale - 0.5
    row = sample.rgb.shape[0] - (375 - (v + 0.5)) * scale - 0.5
    expected = np.full(sample.depth_m.shape, np.nan)
    expected[round(row), round(column)] = z + 0.003
    np.testing.assert_allclose(sample.depth_m, expected, rtol=1e-6)
    assert sample.camera.cx == pytest.approx((cx + 0.5) * scale - 0.5)


def test_the_scanners_own_axis(root):
    upper = KittiRaw(root, axis="lidar_x").read(0).depth_m[:80]
    assert np.nanmedian(upper) == pytest.approx(20.0)


def test_original_sizes_of_two_days_are_kept(root, tmp_path):
    data = KittiRaw(root, size="original")
    assert data.frame is None
    store = prepare(data, tmp_path / "store")
    assert store.frame is None
    assert {store.size(i) for i in range(len(store))} == {(375, 1242), (376, 1241)}
    for i in range(len(store)):
        np.testing.assert_array_equal(store.sample(i).rgb, data.read(i).rgb)
    assert KittiRaw(root, size="original", drives="2011_10_03").frame == (376, 1241)


def test_jpeg_and_png(root, tmp_path):
    small.write(tmp_path / "jpeg", suffix=".jpg")
    png, jpeg = KittiRaw(root).read(0), KittiRaw(tmp_path / "jpeg").read(0)
    assert np.abs(png.rgb.astype(int) - jpeg.rgb).mean() < 4
    np.testing.assert_array_equal(png.depth_m, jpeg.depth_m)


# Annotated truth


def test_annotated_truth_survives_exactly_at_its_own_size(root, tmp_path):
    data = KittiRaw(root, truth="annotated", annotated=tmp_path / "annotated", size="original", drives="2011_09_26")
    assert data.title == "kitti_annotated"
    names = [data.name_of(i) for i in range(len(data))]
    assert names[:2] == [f"2011_09_26_drive_0001_sync/image_0{c}/0000000001" for c in (2, 3)]
    assert names[-1] == "2011_09_26_drive_0002_sync/image_02/0000000006"
    store = prepare(data, tmp_path / "store")
    drive = tmp_path / "annotated/train/2011_09_26_drive_0001_sync/proj_depth/groundtruth"
    expected = read_depth_m(drive / "image_03/0000000001.png", 1 / 256)
    np.testing.assert_array_equal(store.sample(1).depth_m, expected)


def test_annotated_values_are_chosen_at_half_size(root, tmp_path):
    data = KittiRaw(root, truth="annotated", annotated=tmp_path / "annotated", drives="2011_09_26_drive_0001")
    half = data.read(0).depth_m
    drive = tmp_path / "annotated/train/2011_09_26_drive_0001_sync/proj_depth/groundtruth"
    whole = read_depth_m(drive / "image_02/0000000001.png", 1 / 256)
    kept = half[~np.isnan(half)]
    assert set(kept.tolist()) <= set(whole[~np.isnan(whole)].tolist())
    assert kept.size > 0.9 * np.count_nonzero(~np.isnan(whole)), "three old pixels apart: hardly two meet"


def test_where_annotated_is_looked_for(root, tmp_path):
    with pytest.raises(MissingData, match="say --annotated"):
        KittiRaw(root, truth="annotated")
    with pytest.raises(MissingData, match="proj_depth/groundtruth"):
        KittiRaw(root, truth="annotated", annotated=root)
    shutil.move(tmp_path / "annotated", root / "data_depth_annotated")
    assert len(KittiRaw(root, truth="annotated")) == 7
    with pytest.raises(BadInput, match="say truth annotated"):
        KittiRaw(root, annotated=root)


def test_annotated_without_train_and_val(root, tmp_path):
    for part in ("train", "val"):
        for drive in list((tmp_path / "annotated" / part).iterdir()):
            shutil.move(drive, tmp_path / "annotated" / drive.name)
    assert len(KittiRaw(root, truth="annotated", annotated=tmp_path / "annotated")) == 7


@pytest.mark.parametrize(
    ("spoil", "verdict", "reason"),
    [
        (lambda a: (a // 256).astype(np.uint8), "broken", "8 bits"),
        (
            lambda a: np.minimum(a.astype(float) * 1000 / 256, 65535).astype(np.uint16),
            "broken",
            "it would fit in mm",
        ),
        (lambda a: (a // 256).astype(np.uint16), "broken", "the unit is another one"),
    ],
)
def test_annotated_depth_in_another_unit(root, tmp_path, spoil, verdict, reason):
    for path in (tmp_path / "annotated").rglob("*.png"):
        Image.fromarray(spoil(np.asarray(Image.open(path)))).save(path)
    data = KittiRaw(root, truth="annotated", annotated=tmp_path / "annotated")
    assert reason in said(data, verdict)
    with pytest.raises(BadInput, match="not fit to be prepared"):
        prepare(data, tmp_path / "store")


# What goes wrong


def test_one_bad_file_does_not_stop_the_others(root, tmp_path):
    drive = root / "2011_09_26/2011_09_26_drive_0001_sync"
    scan = drive / "velodyne_points/data/0000000001.bin"
    scan.write_bytes(scan.read_bytes()[:-5])
    (drive / "image_02/data/0000000000.png").write_bytes(b"")
    Image.new("RGB", (1241, 376)).save(drive / "image_03/data/0000000002.png")
    data = KittiRaw(root)
    assert "1 scans are cut short: 0000000001" in said(data, "incomplete")
    store = prepare(data, tmp_path / "store")
    reasons = {entry["name"]: entry["reason"] for entry in store.manifest["left_out"]}
    assert set(reasons) == {
        f"2011_09_26_drive_0001_sync/{n}"
        for n in ("image_02/0000000000", "image_02/0000000001", "image_03/0000000001", "image_03/0000000002")
    }
    assert "cut short" in reasons["2011_09_26_drive_0001_sync/image_03/0000000001"]
    assert "1241x376" in reasons["2011_09_26_drive_0001_sync/image_03/0000000002"]
    assert len(store) == 8


def test_missing_calibration_of_one_day_leaves_its_frames_out(root, tmp_path):
    (root / "2011_10_03/calib_cam_to_cam.txt").unlink()
    data = KittiRaw(root)
    assert "unpack 2011_10_03_calib.zip" in said(data, "incomplete")
    assert not said(data, "broken")
    store = prepare(data, tmp_path / "store")
    assert {entry["name"][:10] for entry in store.manifest["left_out"]} == {"2011_10_03"}


def test_no_sound_calibration_at_all_is_broken(root):
    for date in small.SIZES:
        path = root / date / "calib_velo_to_cam.txt"
        path.write_text(path.read_text().replace("R: 0.0", "R: 0.5"))
    data = KittiRaw(root)
    assert said(data, "broken").count("not a rotation") == 2
    assert "kitti/2011" not in said(data, "broken"), "findings name places below the root"
    with pytest.raises(BadInput, match="not a rotation"):
        data.read(0)


def test_counts_of_a_drive(root):
    drive = root / "2011_09_26/2011_09_26_drive_0001_sync"
    for path in (drive / "image_03/data").iterdir():
        path.unlink()
    text = said(KittiRaw(root), "incomplete")
    assert (
        "3 frames by timestamps.txt: 3 image_02, 0 image_03, 3 velodyne_points, 3 oxts; image_03 is empty" in text
    )
    assert "unpack 2011_09_26_drive_0001_sync.zip again" in text
    assert "2011_09_26_drive_0002_sync 7 frames by timestamps.txt: 2 image_02" in text
    good = said(KittiRaw(root), "good")
    assert "2011_10_03_drive_0042_sync 2 frames by timestamps.txt: 2 image_02, 2 image_03" in good


def test_missing_drives_and_test_frames_are_named(root, tmp_path):
    text = said(KittiRaw(root), "incomplete")
    assert "53 of the 56 drives of the selection are missing" in text
    assert "695 of the 697 test frames" in text
    assert "2011_09_26_drive_0002 (23)" in text
    annotated = KittiRaw(root, truth="annotated", annotated=tmp_path / "annotated", selection="community")
    assert "651 of the 652 test frames" in said(annotated, "incomplete")
    holes = next(f for f in annotated.examine() if "never had an annotated truth" in f.what)
    assert holes.what.startswith("45 of the 697")
    assert sum(word.isdigit() for word in holes.what.partition(": ")[2].replace(";", " ").split()) == 45
    one = KittiRaw(root, truth="annotated", annotated=tmp_path / "annotated", drives="2011_09_26_drive_0002")
    assert "4 of the 25 test frames never had an annotated truth: 2011_09_26_drive_0002 0 3 72 75" in said(one)
    assert "20 of the 21 test frames" in said(one)


def test_a_complete_test_drive_is_said_to_be_complete(tmp_path):
    frames = tuple(int(s.frame) for s in choice.test_shots() if s.drive == "2011_09_26_drive_0048")
    small.write(tmp_path, {"2011_09_26_drive_0048": frames})
    data = KittiRaw(tmp_path, drives="2011_09_26_drive_0048")
    assert "all 22 test frames are there" in said(data, "good")


@pytest.mark.parametrize(
    ("below", "advice"),
    [
        ("2011_09_26", "folder of one day"),
        ("2011_09_26/2011_09_26_drive_0001_sync", "it is one drive"),
        ("2011_09_26/2011_09_26_drive_0001_sync/oxts", "unpack the 'synced"),
        ("nowhere", "no such folder"),
    ],
)
def test_another_folder_than_the_root(root, below, advice):
    with pytest.raises(MissingData, match=advice):
        KittiRaw(root / below)


def test_unrectified_drives(tmp_path):
    (tmp_path / "2011_09_26/2011_09_26_drive_0001_extract").mkdir(parents=True)
    with pytest.raises(MissingData, match="'extract'"):
        KittiRaw(tmp_path)


@pytest.mark.parametrize("option", ["truth", "selection", "size", "cameras", "conflicts", "axis", "part"])
def test_options_that_are_none(root, option):
    with pytest.raises(BadInput, match=f"{option} is one of"):
        KittiRaw(root, **{option: "other"})


def test_titles_tell_truths_apart(root, tmp_path):
    assert KittiRaw(root, axis="lidar_x", conflicts="nearest").title == "kitti_velodyne_lidar_x_nearest"
    assert KittiRaw(root, title="mine").title == "mine"


# The real samples


def test_real_frames(shared_data):
    root = shared_data / "kitti_raw"
    data = KittiRaw(root, selection="all")
    assert [data.name_of(i)[-10:] for i in range(3)] == ["0000000000", "0000000026", "0000000052"]
    sample = data.read(0)
    assert sample.rgb.shape == (184, 612, 3)
    assert sample.camera.fx == pytest.approx(721.5377 * 612 / 1242)
    assert 15_000 < np.count_nonzero(~np.isnan(sample.depth_m)) < 16_500


def test_laser_and_annotated_depth_agree(shared_data):
    """KITTI's own projection of a scan and its annotated depth, both brought to half size, lie on one another."""
    folder = shared_data / "kitti_annotated/2011_09_26_drive_0001_sync/proj_depth"
    camera = read_calibration(shared_data / "kitti_raw/2011_09_26").camera("02")
    window = Window.of(camera, "half")
    laser, annotated = (
        window.truth(read_depth_m(folder / kind / "image_02/0000000005.png", 1 / 256))
        for kind in ("velodyne_raw", "groundtruth")
    )
    both = ~np.isnan(laser) & ~np.isnan(annotated)
    assert both.sum() > 5000
    assert np.median(np.abs(laser[both] / annotated[both] - 1)) < 0.02


def test_a_shot_knows_its_name():
    shot = Shot("2011_09_26_drive_0001", "02", "0000000007")
    assert (shot.name, shot.date) == ("2011_09_26_drive_0001_sync/image_02/0000000007", "2011_09_26")


def test_a_scan_cut_at_a_disk_block_is_doubted(root):
    """1,600 bytes are a whole number of points: only the drive's other scans tell."""
    path = root / "2011_09_26/2011_09_26_drive_0001_sync/velodyne_points/data/0000000001.bin"
    path.write_bytes(path.read_bytes()[:1600])
    doubts = [f for f in KittiRaw(root).examine() if f.verdict == "doubtful"]
    assert [f.where for f in doubts] == ["2011_09_26/2011_09_26_drive_0001_sync/velodyne_points/data"]
    assert "0000000001" in doubts[0].what


def test_another_days_calibration_is_noticed(root):
    wrong = (root / "2011_10_03/calib_cam_to_cam.txt").read_bytes()
    (root / "2011_09_26/calib_cam_to_cam.txt").write_bytes(wrong)
    said = [f.what for f in KittiRaw(root).examine() if f.verdict == "incomplete" and f.where == "2011_09_26"]
    assert any("1242x375" in words and "1241x376" in words for words in said)


def test_addresses_stay_whole_whatever_the_folder_is_called(root, monkeypatch):
    """The root's name may be a part of an address: "kitti" is one of datasets/kitti/raw_data.php."""
    monkeypatch.chdir(root.parent)
    (root / "2011_10_03/calib_cam_to_cam.txt").unlink()
    (root / "2011_09_26/calib_cam_to_cam.txt").unlink()
    said = " ".join(f.what for f in KittiRaw(root.name, drives="2011_10_03").examine())
    assert "https://www.cvlibs.net/datasets/kitti/raw_data.php" in said
