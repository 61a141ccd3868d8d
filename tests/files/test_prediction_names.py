"""Names of photos and of predictions: what fits, what does not, and what would fit and be wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fathom.errors import BadInput, MissingData
from fathom.files.prediction_names import Matching, match
from fathom.files.predictions import PredictionFolder

DRIVE = "2011_09_26_drive_0001_sync"
KITTI = [f"{DRIVE}/image_02/0000000005", f"{DRIVE}/image_02/0000000011"]


@pytest.mark.parametrize(
    ("photo", "prediction", "rule"),
    [
        ("00003", "00003", "same name"),
        ("scene/0003", "scene/0003", "same name"),
        ("basement_0001a/rgb_00000", "basement_0001a_rgb_00000", "folders as _"),  # BTS, NYU
        ("00003", "00003_depth", "without words"),
        ("00003", "depth_00003", "without words"),
        ("scene/rgb_0003", "scene/pred_0003", "without words"),
        ("scene/Frame-0003", "scene_frame_0003_pred_depth", "without words"),
        ("demo01", "demo01_raw_depth_meter", "without words"),
        ("00003", "3", "numbers without zeros"),
        ("scene/frame0003", "scene_frame3", "numbers without zeros"),
        (KITTI[0], f"{DRIVE}_0000000005", "KITTI's drive and frame"),  # BTS
        (KITTI[0], f"{DRIVE}_02_0000000005", "KITTI's drive and frame"),
        (f"{DRIVE}_03_0000000005", f"{DRIVE}/image_03/0000000005", "KITTI's drive and frame"),
        (KITTI[0], f"{DRIVE}_image_0000000005_image_02", "KITTI's drive and frame"),  # the benchmark's selection
        (KITTI[0], f"2011_09_26/{DRIVE}/image_02/data/0000000005", "KITTI's drive and frame"),
        (KITTI[0], f"val/{DRIVE}/proj_depth/groundtruth/image_02/0000000005", "KITTI's drive and frame"),
        (KITTI[0], f"2011_09_26/{DRIVE} 0000000005 l", "KITTI's drive and frame"),  # monodepth's lists
        (KITTI[0], f"{DRIVE}/0000000000_to_0000000099/0000000005", "KITTI's drive and frame"),
        (KITTI[0], "pred_2011_09_26_drive_0001_0000000005", "KITTI's drive and frame"),
        ("scene/0003", "0003", "end of the path"),
        ("scene/0003", "run1/scene/0003", "end of the path"),
        ("scene/rgb_0003", "run1/out/scene/3_depth", "end of the path"),
    ],
)
def test_names_that_fit(photo, prediction, rule):
    found = match([photo, "another"], ["other", prediction])
    assert found.pairs == {photo: prediction}
    assert found.rules == {rule: 1}
    assert (found.unmatched, found.left_over, found.ambiguous) == (("another",), ("other",), {})


@pytest.mark.parametrize(
    ("photo", "prediction"),
    [
        (f"{DRIVE}/image_03/0000000005", f"{DRIVE}_0000000005"),  # no camera is camera 2
        (f"{DRIVE}/image_02/0000000005", f"{DRIVE}/image_03/0000000005"),
        (f"{DRIVE}/image_02/0000000005", f"{DRIVE} 0000000005 r"),
        (f"{DRIVE}/image_02/0000000005", "2011_09_26_drive_0002_sync_0000000005"),
        (f"{DRIVE}/image_02/0000000005", f"{DRIVE}_0000000006"),
        ("scene_a/0003", "scene_b/0003"),
        ("room_00012_03", "03"),  # not a whole part of the path
        ("00003", "00030"),
        ("a_left", "a_right"),
        ("depth", "rgb"),
    ],
)
def test_names_that_do_not_fit(photo, prediction):
    found = match([photo], [prediction])
    assert found.pairs == {}
    with pytest.raises(MissingData, match="not one of 1 photos"):
        found.check()


def test_the_report_says_it_all():
    found = match(["a", "b", "c", "d"], ["a", "b_depth", "x", "c", "depth_c"])
    assert found.pairs == {"a": "a", "b": "b_depth", "c": "c"}
    assert found.ambiguous == {"c": ("c", "depth_c")}
    text = str(found)
    for line in (
        "3 of 4 photos have a prediction",
        "2 by the rule 'same name'",
        "1 by the rule 'without words'",
        "1 have none: d",
        "2 predictions are of no photo here: x, depth_c",
        "'c' fits 'c' and 'depth_c'",
    ):
        assert line in text
    with pytest.raises(BadInput, match="'c' fits 'c' and 'depth_c'"):
        found.check(allow_missing=True)


@pytest.mark.parametrize(
    ("photos", "predictions", "one"),
    [
        (["a"], ["a_depth", "a_pred"], "a"),
        (["a"], ["a", "a_depth"], "a"),  # is "a" a copy of the photo?
        (["a/1", "b/1"], ["1"], "1"),
        (["a/1"], ["x/a/1", "y/a/1"], "a/1"),
        (["1", "01"], ["001"], "001"),
        ([KITTI[0]], [f"{DRIVE}_0000000005", f"{DRIVE}_image_0000000005_image_02"], KITTI[0]),
    ],
)
def test_two_that_fit_are_refused_with_both_named(photos, predictions, one):
    found = match(photos, predictions)
    assert list(found.ambiguous) == [one]
    assert len(found.ambiguous[one]) == 2
    with pytest.raises(BadInput, match="fit more than one"):
        found.check()


def test_missing_ones_are_an_error_unless_allowed():
    found = match(["a", "b"], ["a"])
    with pytest.raises(MissingData, match=r"1 of 2 photos have no prediction: b; .*--allow-missing"):
        found.check()
    found.check(allow_missing=True)
    with pytest.raises(MissingData):
        match(["a"], ["b"]).check(allow_missing=True)
    match(["a"], ["a", "b", "c"]).check()  # more than needed is no error


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("name", ["{:05d}", "{}", "{:04d}_depth", "pred_{}"])
def test_counted_predictions_do_not_pass_for_names(first, name):
    """NYU's 654 test photos are numbered 1 to 1449, and people write 0.png to 653.png: some of the names fit, and
    all of those are wrong."""
    photos = [f"{n:05d}" for n in (1, 2, 9, 14, 15)]
    predictions = [name.format(first + i) for i in range(5)]
    found = match(photos, predictions)
    with pytest.raises(BadInput, match=r"counted in the order of the photos.*--by-order"):
        found.check(allow_missing=True)
    ordered = match(photos, list(reversed(predictions)), by_order=True)
    ordered.check()
    assert ordered.pairs == dict(zip(photos, predictions, strict=True))
    assert ordered.rules == {"order": 5}


def test_numbers_that_are_the_photos_own_are_no_doubt():
    match(["00000", "00001"], ["0", "1"]).check()
    match(["a/rgb_0", "a/rgb_1"], ["0", "1"]).check()
    match(["1", "2", "9"], ["1", "2", "9"]).check()


def test_by_order_counts_numbers_as_numbers_and_needs_as_many():
    assert match(["x", "y", "z"], ["p10", "p9", "p1"], by_order=True).pairs == {"x": "p1", "y": "p9", "z": "p10"}
    assert match(["x", "y"], ["0", "1"], is_pile=True).rules == {"place in the array": 2}
    with pytest.raises(BadInput, match="3 predictions and 2 photos"):
        match(["x", "y"], ["1", "2", "3"], by_order=True)
    with pytest.raises(BadInput, match="same name, 'x'"):
        match(["x", "x"], ["1", "2"])


words = st.lists(st.sampled_from("ab1_/0.-"), min_size=1, max_size=5).map("".join)


@given(st.lists(words, unique=True, max_size=7), st.lists(words, unique=True, max_size=7))
def test_each_is_used_once_and_none_is_lost(photos, predictions):
    found = match(photos, predictions)
    assert len(set(found.pairs.values())) == len(found.pairs)
    assert list(found.pairs) == [p for p in photos if p in found.pairs]
    assert set(found.pairs) | set(found.unmatched) == set(photos)
    assert set(found.pairs.values()) | set(found.left_over) == set(predictions)
    assert sum(found.rules.values()) == len(found.pairs)
    for name in set(photos) & set(predictions):
        assert found.pairs[name] == name
    assert found == Matching(**vars(match(photos, predictions)))
    again = match(photos[::-1], predictions[::-1])
    assert (again.pairs, set(again.left_over)) == (found.pairs, set(found.left_over))


@given(st.lists(st.integers(0, 99), min_size=1, max_size=8, unique=True))
def test_decorated_names_all_come_back(numbers):
    photos = [f"scene_{n % 3}/rgb_{n:05d}" for n in numbers]
    for write in ("scene_{}_rgb_{:05d}", "scene_{}/{:05d}_depth", "out/scene_{}/pred_{}", "scene_{}_{}"):
        predictions = [write.format(n % 3, n) for n in numbers]
        assert match(photos, predictions).pairs == dict(zip(photos, predictions, strict=True))


def test_the_golden_folders(shared_data):
    golden = shared_data.parent / "reference" / "golden" / "predictions"
    nyu = PredictionFolder(golden / "nyu_synced").names
    for photos in ("basement_0001a/rgb_{}", "basement_0001a_rgb_{}", "basement_0001a/sync_depth_{}"):
        names = [photos.format(n) for n in ("00000", "00050", "00100")]
        assert list(match(names, nyu).pairs) == names
    assert set(match(KITTI, PredictionFolder(golden / "kitti_annotated").names).rules) == {
        "KITTI's drive and frame"
    }
