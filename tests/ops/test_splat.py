import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fathom.errors import BadInput
from fathom.files.kitti import read_calibration, read_velodyne
from fathom.ops.splat import resample_sparse, splat_velodyne
from reference import splat as reference

FRAME = (5, 7)
# Scanner x forward, y left, z up; camera z forward, x right, y down, 0.25 m ahead. Halves in the numbers: exact.
AHEAD = np.array([[3.0, -4.0, 0.0, -0.75], [2.0, 0.0, -4.0, -0.5], [1.0, 0.0, 0.0, -0.25]])
# A camera that looks up along z: points before, beside and behind the scanner are all in front of it.
UPWARD = np.array([[1.0, 0.0, 3.0, 0.0], [0.0, 1.0, 2.0, 0.0], [0.0, 0.0, 1.0, 0.0]])
GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "velodyne_monodepth2.json").read_text())

coordinate = st.one_of(st.integers(-16, 40).map(lambda n: n / 4), st.integers(-6, 6).map(lambda n: n / 2))
clouds = st.lists(st.tuples(coordinate, coordinate, coordinate), max_size=60).map(
    lambda points: np.array(points, np.float32).reshape(-1, 3)
)
projections = st.sampled_from([AHEAD, UPWARD])
axes = st.sampled_from(["camera_z", "lidar_x"])


def scan(*points):
    return np.array(points, np.float32)


@given(clouds, projections, st.sampled_from(["nearest", "capture_time"]), axes)
def test_as_the_slow_twin(points, projection, rule, axis):
    fast = splat_velodyne(points, projection, FRAME, rule, axis)
    np.testing.assert_array_equal(fast, reference.splat(points, projection, FRAME, rule, axis))


@given(clouds, projections, axes, st.sampled_from([(5, 7), (4, 2), (1, 9), (6, 3)]))
def test_monodepth2_as_the_slow_twin(points, projection, axis, frame):
    fast = splat_velodyne(points, projection, frame, "monodepth2", axis)
    np.testing.assert_allclose(fast, reference.monodepth2(points, projection, frame, axis), rtol=1e-7)


@given(clouds, st.sampled_from(["nearest", "capture_time"]), axes, st.randoms(use_true_random=False))
def test_the_order_of_points_does_not_matter(points, rule, axis, random):
    order = list(range(len(points)))
    random.shuffle(order)
    first = splat_velodyne(points, AHEAD, FRAME, rule, axis)
    np.testing.assert_array_equal(first, splat_velodyne(points[order], AHEAD, FRAME, rule, axis))


@given(clouds, axes)
def test_nothing_behind_the_camera_is_seen(points, axis):
    points[:, 0] = np.minimum(points[:, 0], 0.25)  # the camera's own plane and behind
    for rule in ("nearest", "capture_time"):
        assert np.isnan(splat_velodyne(points, AHEAD, FRAME, rule, axis)).all()


@given(clouds)
def test_both_rules_fill_the_same_pixels(points):
    nearest = splat_velodyne(points, AHEAD, FRAME, "nearest")
    in_time = splat_velodyne(points, AHEAD, FRAME, "capture_time")
    np.testing.assert_array_equal(np.isnan(nearest), np.isnan(in_time))
    assert not (nearest > in_time).any()


def test_the_rules_by_hand():
    # u = 3 - 4 y / depth is 2.5 and 3: both on pixel 3, which spans [2.5, 3.5); the second is straight ahead
    points = scan((2.25, 0.25, 0.0), (8.25, 0.0, 0.0))
    depths = {rule: splat_velodyne(points, AHEAD, FRAME, rule) for rule in ("nearest", "capture_time")}
    assert [np.isnan(depth_m).sum() for depth_m in depths.values()] == [34, 34]
    assert depths["nearest"][2, 3] == 2.0
    assert depths["capture_time"][2, 3] == 8.0
    assert splat_velodyne(points, AHEAD, FRAME, "capture_time", "lidar_x")[2, 3] == 8.25


def test_equal_azimuths_leave_the_nearer():
    points = scan((8.25, 0, 0), (4.25, 0, 0), (6.25, 0, 0))
    assert splat_velodyne(points, AHEAD, FRAME, "capture_time")[2, 3] == 4.0


def test_capture_time_behind_the_scanner_comes_last():
    beside, behind, ahead = (0.0, 0.25, 1.0), (-0.5, 0.25, 2.0), (1.0, 0.75, 4.0)  # all on pixel (2, 3)
    order = [ahead, beside, behind]
    for count in (3, 2, 1):
        last = scan(*order[3 - count :])
        assert splat_velodyne(last, UPWARD, FRAME, "capture_time")[2, 3] == order[3 - count][2]


def test_monodepth2_keeps_the_points_beside_the_scanner_and_rounds_halves_to_even():
    kept = splat_velodyne(scan((0.0, 0.0, 5.0)), UPWARD, FRAME, "monodepth2")
    assert kept[1, 2] == 5.0  # u = 3, v = 2, less one; x = 0 is not behind
    halves = splat_velodyne(scan((0.5, 0.5, 1.0)), UPWARD, FRAME, "monodepth2")
    assert halves[1, 3] == 1.0  # u = 3.5 to 4, v = 2.5 to 2, less one
    edge = splat_velodyne(scan((4.5, 0.0, 1.0), (0.0, 3.5, 1.0)), UPWARD, FRAME, "monodepth2")
    assert np.isnan(edge).all(), "u = 7.5 rounds to 8 and v = 5.5 to 6: both one too many"


def test_points_that_are_not_finite_are_left_out():
    nan, inf = np.nan, np.inf
    points = scan((nan, 0, 0), (inf, 0, 0), (4, nan, 0), (4, inf, 0), (0, 0, 0), (0.25, 0, 0))
    for rule in ("nearest", "capture_time", "monodepth2"):
        assert np.isnan(splat_velodyne(points, AHEAD, FRAME, rule)).all()


def test_monodepth2_shares_a_number_between_the_end_of_a_row_and_the_next():
    matrix = np.array([[0.0, 0, 0, 0], [0, 0, 0, 0], [1, 0, 0, 0]])

    def at(row, column, depth):  # a point whose rounded projection less one is that pixel
        return (depth, (column + 1) * depth, (row + 1) * depth)

    matrix[0, 1] = matrix[1, 2] = 1
    last, next_first = at(1, 6, 9.0), at(2, 0, 4.0)
    one = splat_velodyne(scan(last, next_first), matrix, FRAME, "monodepth2")
    assert (one[1, 6], one[2, 0]) == (4.0, 4.0)  # the first hit gets the group's smallest, the other keeps its own
    other = splat_velodyne(scan(next_first, last), matrix, FRAME, "monodepth2")
    assert (other[1, 6], other[2, 0]) == (9.0, 4.0)


def test_monodepth2_lets_a_point_behind_the_camera_erase_one_in_front():
    behind, front = (0.125, 0.0, 0.0), (4.25, -0.25, -0.25)
    matrix = np.array([[2.0, 0, 0, -0.5], [2.0, 0, 0, -0.5], [1.0, 0, 0, -0.25]])  # all on one pixel
    assert splat_velodyne(scan(front), matrix, FRAME, "monodepth2")[1, 1] == 4.0
    assert np.isnan(splat_velodyne(scan(front, behind), matrix, FRAME, "monodepth2")[1, 1])
    assert splat_velodyne(scan(front, behind), matrix, FRAME, "monodepth2", "lidar_x")[1, 1] == 0.125
    assert splat_velodyne(scan(front, behind), matrix, FRAME, "nearest")[2, 2] == 4.0


@pytest.mark.parametrize("camera", [2, 3])
@pytest.mark.parametrize("frame", ["0000000000", "0000000026", "0000000052"])
@pytest.mark.parametrize("axis", ["camera_z", "lidar_x"])
def test_real_scans_as_monodepth2_itself_says(shared_data, camera, frame, axis):
    day = shared_data / "kitti_raw" / "2011_09_26"
    scan = read_velodyne(day / "2011_09_26_drive_0060_sync" / "velodyne_points" / "data" / f"{frame}.bin")
    calibration = read_calibration(day)
    to_pixels, size = calibration.scanner_to_pixels(f"0{camera}"), calibration.sizes["02"]
    depth_m = splat_velodyne(scan, to_pixels, size, "monodepth2", axis)
    there = ~np.isnan(depth_m)
    key = f"f{frame}_cam{camera}_{'cam_z' if axis == 'camera_z' else axis}"
    golden = GOLDEN["maps"][key]
    assert int(there.sum()) == golden["count"]
    assert depth_m[there].sum(dtype=np.float64) == pytest.approx(golden["sum_m"], abs=1e-5 * golden["count"])
    assert depth_m[there].min() == pytest.approx(golden["min_m"], abs=1e-5)
    assert depth_m[there].max() == pytest.approx(golden["max_m"], abs=1e-5)
    slow_m = reference.monodepth2(scan, to_pixels, size, axis)
    np.testing.assert_allclose(depth_m, slow_m, rtol=0, atol=1e-5)
    whole = shared_data.parent / "reference" / "golden" / "velodyne_monodepth2.npz"
    if camera == 2 and whole.is_file():
        with np.load(whole) as arrays:
            expected = np.full(size, np.nan, np.float32)
            expected[arrays[f"{key}_row"], arrays[f"{key}_col"]] = arrays[f"{key}_depth"]
        np.testing.assert_array_equal(there, ~np.isnan(expected))
        np.testing.assert_allclose(depth_m[there], expected[there], rtol=0, atol=1e-5)


sparse_maps = st.lists(st.one_of(st.none(), st.integers(1, 90)), min_size=48, max_size=48).map(
    lambda values: np.array([np.nan if v is None else v for v in values], np.float32).reshape(6, 8)
)


@given(sparse_maps, st.sampled_from([1.0, 0.5, 0.75, 0.9]), st.sampled_from([0.0, 0.5, 1.0]))
def test_resampling_as_the_slow_twin(depth_m, scale, top):
    frame = (int(6 * scale - top), int(8 * scale))
    fast = resample_sparse(depth_m, scale, top, frame)
    np.testing.assert_array_equal(fast, reference.resample(depth_m, scale, top, frame))


@given(sparse_maps)
def test_resampling_to_the_same_size_changes_nothing_and_never_mixes(depth_m):
    np.testing.assert_array_equal(resample_sparse(depth_m, 1.0, 0.0, depth_m.shape), depth_m)
    values = resample_sparse(depth_m, 0.5, 0.0, (3, 4))
    assert set(values[~np.isnan(values)].tolist()) <= set(depth_m[~np.isnan(depth_m)].tolist())


def test_what_cannot_be_is_refused():
    points = scan((1, 0, 0))
    with pytest.raises(BadInput, match="conflicts is one of"):
        splat_velodyne(points, AHEAD, FRAME, "last")
    with pytest.raises(BadInput, match="axis one of"):
        splat_velodyne(points, AHEAD, FRAME, "nearest", "range")
    with pytest.raises(BadInput, match="float32"):
        splat_velodyne(points.astype(float), AHEAD, FRAME)
    with pytest.raises(BadInput, match="3, 4"):
        splat_velodyne(points, np.eye(4), FRAME)
    with pytest.raises(BadInput, match="one pixel wide"):
        splat_velodyne(points, AHEAD, (4, 1), "monodepth2")
