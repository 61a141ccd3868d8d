"""NYU's raw dump: what belongs together, what is kept, what is found out about damage."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fathom.datasets._kinect_captures import associate, find_captures, scene_of
from fathom.datasets._splits import official
from fathom.datasets.nyu_raw import FAULTY, NyuRaw
from fathom.errors import BadInput, MissingData
from fathom.ops.kinect import mask_extremes, project_disparity, undistort_colour
from fathom.ops.resample import halve_colour, halve_depth
from small import nyu_raw as small


def _findings(dataset, verdict):
    return [f"{f.where}: {f.what} {f.advice}" for f in dataset.examine() if f.verdict == verdict]


def _files(root, pattern):
    return sorted(root.glob(f"**/{pattern}"))


def test_captures_in_parts_and_beside_them(tmp_path):
    small.write(tmp_path)
    dataset = NyuRaw(tmp_path)
    assert [dataset.name_of(i).partition("/")[0] for i in range(len(dataset))] == [
        "basement_0001a", "basement_0001a", "basement_0001b", "kitchen_0003",
    ]  # fmt: skip
    assert [dataset.read(i).scene for i in (0, 2, 3)] == ["basement_0001", "basement_0001", "kitchen_0003"]
    assert {dataset.split_of(i) for i in range(len(dataset))} == {"train"}
    assert NyuRaw(tmp_path / "kitchen_0003").name_of(0).startswith("kitchen_0003/d-1316653580.47")


@pytest.mark.parametrize("masked", [True, False])
@pytest.mark.parametrize("half", [True, False])
def test_a_sample_is_the_chain_of_its_two_files(tmp_path, masked, half):
    small.write_capture(tmp_path / "kitchen_0003", count=1, seed=3)
    dataset = NyuRaw(tmp_path, size="half" if half else "full", mask_extremes=masked)
    sample = dataset.read(0)
    rgb, depth_m = undistort_colour(small.picture(120)), project_disparity(small.wall(920))
    low_m, high_m = np.nanmin(depth_m), np.nanmax(depth_m)
    if masked:
        depth_m = mask_extremes(depth_m)
    if half:
        rgb, depth_m = halve_colour(rgb), halve_depth(depth_m)
    np.testing.assert_array_equal(sample.rgb, rgb)
    np.testing.assert_array_equal(sample.depth_m, depth_m)
    if not half:
        assert (np.nanmin(sample.depth_m) > low_m) == (np.nanmax(sample.depth_m) < high_m) == masked
    assert sample.camera.fx == pytest.approx(518.8579 / (2 if half else 1), abs=1e-3)
    assert dataset.title == "nyu_raw" + ("" if half else "_full") + ("" if masked else "_unmasked")


def test_another_value_has_another_title(tmp_path):
    small.write_capture(tmp_path / "kitchen_0003", count=1)
    usual, other = NyuRaw(tmp_path, size="full"), NyuRaw(tmp_path, size="full", value="colour_camera")
    assert other.title == "nyu_raw_full_z"
    assert 0 < np.nanmedian(np.abs(usual.read(0).depth_m - other.read(0).depth_m)) < 0.02


def test_one_to_many_is_thrown_away_or_kept():
    depth, colour = [0.0, 0.03, 0.1, 0.2], [0.01, 0.11, 0.205]
    paper = associate(depth, colour, "paper", 0.04)
    assert paper.pairs == [(2, 1), (3, 2)]
    assert (paper.alone, paper.shared) == (0, 2)
    toolbox = associate(depth, colour, "toolbox", 0.04)
    assert toolbox.pairs == [(0, 0), (1, 0), (2, 1), (3, 2)]
    assert toolbox.shared == 0


def test_a_depth_frame_far_from_every_picture_belongs_to_none():
    pairing = associate([0.0, 0.05], [0.001], "paper", 0.04)
    assert pairing.pairs == [(0, 0)]
    assert (pairing.alone, pairing.shared) == (1, 0)
    assert associate([0.0, 0.05], [0.001], "paper", 1.0).pairs == [], "near enough, it throws the other away"
    assert associate([1.0], [], "paper", 1.0).alone == 1
    assert associate([], [1.0], "paper", 1.0).pairs == []


@given(
    st.lists(st.integers(0, 300), max_size=20, unique=True).map(sorted),
    st.lists(st.integers(0, 300), max_size=20, unique=True).map(sorted),
    st.integers(0, 40),
    st.sampled_from(["paper", "toolbox"]),
)
def test_matching_against_trying_all(depth, colour, most_apart, rule):
    closest = {}
    for i, time in enumerate(depth):
        near = [(abs(c - time), -c, j) for j, c in enumerate(colour) if abs(c - time) <= most_apart]
        if near:
            closest[i] = min(near)[2]
    alone = len(depth) - len(closest)
    if rule == "paper":
        used = list(closest.values())
        closest = {i: j for i, j in closest.items() if used.count(j) == 1}
    pairing = associate(depth, colour, rule, most_apart)
    assert pairing.pairs == sorted(closest.items())
    assert (pairing.alone, pairing.shared) == (alone, len(depth) - alone - len(closest))


@pytest.mark.parametrize(
    ("capture", "scene"), [("kitchen_0004b", "kitchen_0004"), ("cafe_0001", "cafe_0001"), ("x", "x"), ("", "")]
)
def test_the_scene_of_a_capture(capture, scene):
    assert scene_of(capture) == scene


def test_284_captures_are_249_scenes():
    assert len({scene_of(name) for name in official("nyu_train_captures_284")}) == 249


def test_other_captures_are_taken_only_when_asked_for(tmp_path):
    small.write(tmp_path)
    small.write_capture(tmp_path / "kitchen_9999", count=1)
    assert len(NyuRaw(tmp_path)) == 4
    every = NyuRaw(tmp_path, selection="all")
    assert len(every) == 5
    assert every.split_of(4) == "test"
    with pytest.raises(MissingData, match=r"kitchen_9999 for one, but none of the 284 .* --selection all"):
        NyuRaw(tmp_path / "kitchen_9999")


def test_scenes_are_evened(tmp_path):
    small.write(tmp_path)
    assert [NyuRaw(tmp_path).times_of(i) for i in range(4)] == [2, 2, 2, 2]
    three = NyuRaw(tmp_path, per_scene=3, repeats=5)
    assert [three.times_of(i) for i in range(4)] == [1, 1, 1, 3]
    one = NyuRaw(tmp_path, per_scene=1)
    assert len(one) == 2
    assert one.name_of(0).startswith("basement_0001a/"), "the middle of three"
    assert [one.times_of(i) for i in range(2)] == [1, 1]


def test_the_faulty_frame_is_left_out(tmp_path):
    folder = tmp_path / "kitchen_0003"
    small.write_capture(folder, count=1)
    (folder / next(iter(FAULTY))).write_bytes(b"")
    small.write_colour(folder, 1315166703.13, small.picture(0))
    assert [capture.depth[0][1] for capture in find_captures(tmp_path)] == list(FAULTY)
    assert len(NyuRaw(tmp_path)) == 1


def test_one_bad_frame_stops_no_other(tmp_path):
    small.write(tmp_path)
    first, second = _files(tmp_path, "basement_0001a/d-*.pgm")
    first.write_bytes(first.read_bytes()[:1000])
    picture = _files(tmp_path, "kitchen_0003/r-*.ppm")[0]
    picture.write_bytes(b"")
    dataset = NyuRaw(tmp_path)
    assert len(dataset) == 4
    with pytest.raises(BadInput, match=f"{first.name} is cut short"):
        dataset.read(0)
    with pytest.raises(BadInput, match=f"{picture.name} is not a P6"):
        dataset.read(3)
    assert dataset.read(1).name.endswith(second.stem)
    second.unlink()
    with pytest.raises(MissingData, match=second.name):
        dataset.read(1)
    damaged = _findings(dataset, "incomplete")
    assert any(
        "basement_0001a: 1 frames have not" in text and f"{first.name} (1,000 bytes)" in text for text in damaged
    )
    assert any(f"{picture.name} (0 bytes)" in text for text in damaged)


def test_a_frame_without_any_depth_is_bad_input(tmp_path):
    folder = tmp_path / "kitchen_0003"
    small.write_capture(folder, count=1)
    small.write_depth(folder, small.FIRST_S, np.full((480, 640), 2047, np.uint16))
    with pytest.raises(BadInput, match="no pixel of the picture has a depth"):
        NyuRaw(tmp_path).read(0)


def test_nothing_here(tmp_path):
    with pytest.raises(MissingData, match="there is no such folder"):
        NyuRaw(tmp_path / "nothing")
    (tmp_path / "kitchen_0003").mkdir()
    with pytest.raises(MissingData, match=r"no capture is here.*nyu_depth_v2"):
        NyuRaw(tmp_path)
    small.write_depth(tmp_path / "kitchen_0003", 1.0, small.wall(900))
    with pytest.raises(MissingData, match=r"1 captures with 1 depth frames .* and 0 pictures"):
        NyuRaw(tmp_path)


@pytest.mark.parametrize(
    "options", [{"selection": "test"}, {"association": "none"}, {"size": "third"},
                {"value": "z"}, {"most_apart_s": -1.0}, {"most_apart_s": float("nan")}, {"per_scene": 0},
                {"repeats": 0}]
)  # fmt: skip
def test_options_that_mean_nothing(tmp_path, options):
    small.write_capture(tmp_path / "kitchen_0003", count=1)
    with pytest.raises(BadInput):
        NyuRaw(tmp_path, **options)


def test_what_an_examination_says_of_a_sound_part(tmp_path):
    small.write(tmp_path)
    dataset = NyuRaw(tmp_path)
    missing = _findings(dataset, "incomplete")
    assert len(missing) == 1
    assert "3 of the 284 captures" in missing[0]
    assert "281 are missing (75 bedroom, " in missing[0]
    assert not _findings(dataset, "broken") + _findings(dataset, "note")
    good = "\n".join(_findings(dataset, "good"))
    assert "3 captures with 4 depth frames, 4 pictures, 4 readings" in good
    assert "low byte first" in good
    assert "4 pairs of 2 scenes are kept, and the list of training has 8 entries" in good


def test_the_missing_kinds_name_their_parts(tmp_path):
    for name in official("nyu_train_captures_284"):
        if not name.startswith("bathroom"):
            folder = tmp_path / name
            folder.mkdir()
            (folder / "d-1.0-1.pgm").touch()
            (folder / "r-1.0-1.ppm").touch()
    text = next(iter(NyuRaw(tmp_path).examine()))
    assert "253 of the 284" in text.what
    assert "bathrooms_part1, bathrooms_part2, bathrooms_part3, bathrooms_part4 (.zip)" in text.advice


def test_what_an_examination_finds_wrong(tmp_path):
    small.write(tmp_path)
    a, b = tmp_path / "basement_0001a", tmp_path / "basements" / "basement_0001b"
    _files(a, "r-*.ppm")[0].unlink()
    for path in _files(b, "d-*.pgm"):
        path.unlink()
    (b / "Thumbs.db").touch()
    small.write_depth(tmp_path / "kitchen_0003", 5.0, small.wall(900))
    small.write_capture(tmp_path / "again" / "kitchen_0003", count=1)
    _files(tmp_path / "kitchen_0003", "a-*.dump")[0].write_bytes(b"xx")
    dataset = NyuRaw(tmp_path)
    notes, missing = "\n".join(_findings(dataset, "note")), "\n".join(_findings(dataset, "incomplete"))
    assert "1 captures have no pair at all: basement_0001b (0 depth, 1 pictures)" in missing
    assert "basement_0001a/INDEX.txt: 1 of 6 recorded files are not here: r-" in missing
    assert "1 files are no recorder's, e.g. Thumbs.db" in notes
    assert "INDEX.txt: 1 frames are not in it: d-5.0" in notes
    assert "kitchen_0003 is here more than once" in notes
    assert "1 readings of the accelerometer are not of 12 bytes" in notes
    assert "2 have none near enough" in notes
    assert not _findings(dataset, "broken")


def test_swapped_bytes_are_noted_and_read_right(tmp_path):
    folder = tmp_path / "kitchen_0003"
    small.write_capture(folder, count=1, seed=3)
    before = NyuRaw(tmp_path).read(0).depth_m
    small.write_depth(folder, small.FIRST_S, small.wall(920), ">")
    np.testing.assert_array_equal(NyuRaw(tmp_path).read(0).depth_m, before)
    assert "1 of 1 first depth frames have the high byte first" in "\n".join(_findings(NyuRaw(tmp_path), "note"))


def test_depth_that_is_no_disparity_is_broken(tmp_path):
    """Somebody's millimetres under the recorder's names."""
    folder = tmp_path / "kitchen_0003"
    small.write_capture(folder, count=1)
    small.write_depth(folder, small.FIRST_S, np.full((480, 640), 5000, np.uint16))
    assert "values up to 5000" in "\n".join(_findings(NyuRaw(tmp_path), "broken"))


def test_listing_opens_no_file(tmp_path):
    """400,000 frames are listed by name: files of no size will do."""
    for i in range(50):
        folder = tmp_path / "kitchen_0003" if i % 2 else tmp_path / "bathrooms" / "bathroom_0001"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"d-{i}.0-{i}.pgm").touch()
        (folder / f"r-{i}.01-{i}.ppm").touch()
    assert len(NyuRaw(tmp_path)) == 50


def test_the_real_pair(shared_data):
    dataset = NyuRaw(shared_data / "nyu_raw", size="full")
    sample = dataset.read(0)
    assert sample.name == "basement_0001a/d-1316653580.471513-1316138413"
    share = np.mean(~np.isnan(sample.depth_m))
    assert share == pytest.approx(0.7328, abs=1e-3)
    assert (np.nanmin(sample.depth_m), np.nanmax(sample.depth_m)) == pytest.approx((1.39, 6.62), abs=0.03)
