"""The Kinect chain against its slow twin, against geometry, and against what the toolbox made of a real frame."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from fathom.errors import BadInput
from fathom.files.kinect import read_colour, read_disparity
from fathom.ops import kinect as fast
from reference import kinect as slow

SHAPE = (480, 640)


def _steps_and_holes(seed: int) -> np.ndarray:
    """Blocks of disparities with noise, holes, and values on both sides of every threshold."""
    rng = np.random.default_rng(seed)
    blocks = rng.integers(560, 1100, (24, 32)).repeat(20, axis=0).repeat(20, axis=1)
    raw = np.clip(blocks + rng.integers(-2, 3, SHAPE), 0, 2046)
    for _ in range(30):
        r, c, size = rng.integers(0, 470), rng.integers(0, 630), rng.integers(1, 30)
        raw[r : r + size, c : c + size] = 2047
    return raw.astype(np.uint16)


def _same(depth_m: np.ndarray, twin: np.ndarray) -> None:
    np.testing.assert_array_equal(np.isnan(depth_m), twin == 0)
    present = twin > 0
    assert present.mean() > 0.1
    np.testing.assert_allclose(depth_m[present], twin[present], rtol=0, atol=1e-6)


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("value", ["depth_camera", "colour_camera"])
def test_equals_the_slow_twin(seed, value):
    raw = _steps_and_holes(seed)
    _same(fast.project_disparity(raw, value), slow.project(raw, value))


def test_equals_the_slow_twin_without_any_hole():
    """Then the largest reading is taken for noise, as in the toolbox."""
    raw = np.minimum(_steps_and_holes(2), 1000).astype(np.uint16)
    depth_m = fast.project_disparity(raw)
    _same(depth_m, slow.project(raw))
    assert np.nanmax(depth_m) < fast.metres(np.array([1000]))[0]


def test_colour_equals_the_slow_twin():
    rgb = np.random.default_rng(3).integers(0, 256, (*SHAPE, 3), np.uint8)
    apart = np.abs(fast.undistort_colour(rgb).astype(int) - slow.colour(rgb))
    assert apart.max() <= 1, "single precision may turn a tie"
    assert (apart > 0).mean() < 1e-3


@given(disparity=st.integers(601, 1057))
@settings(max_examples=15)
def test_a_wall_stays_a_wall_at_its_distance(disparity):
    """A plane across the depth camera's axis: every depth that arrives is its distance."""
    raw = np.full(SHAPE, disparity, np.uint16)
    raw[0, 0] = 2047
    depth_m = fast.project_disparity(raw)
    expected = 351.3 / (1092.5 - disparity)
    np.testing.assert_allclose(depth_m[~np.isnan(depth_m)], expected, rtol=1e-6)
    # Enlarged by 518.9 / 582.6 from one camera to the other, it covers this share of the picture.
    assert np.mean(~np.isnan(depth_m)) == pytest.approx(0.775, abs=0.03)


# At exactly 600 the last bit of the interpolation decides.
@given(near=st.integers(601, 800), far=st.integers(900, 1050))
@settings(max_examples=15)
def test_what_is_near_hides_what_is_far(near, far):
    """A box before a wall: between box and wall a shadow or the box, never the wall over the box."""
    raw = np.full(SHAPE, far, np.uint16)
    raw[160:320, 200:440] = near
    raw[0, 0] = 2047
    depth_m = fast.project_disparity(raw)
    near_m, far_m = (351.3 / (1092.5 - d) for d in (near, far))
    box = np.isclose(depth_m, near_m, rtol=1e-5)
    rows, columns = np.nonzero(box)
    # Its sides are bent by some pixels, for the lens is taken to have bent them straight.
    inside = box[rows.min() + 12 : rows.max() - 11, columns.min() + 12 : columns.max() - 11]
    assert inside.size > 20_000
    assert inside.all()
    # The box moves by its own parallax of 25 mm, the wall by less.
    shift_px = 518.86 * 0.02503 / near_m
    middle = (319.5 - 312.04) * 518.86 / 582.62 + 324.58 - shift_px
    assert columns.mean() == pytest.approx(middle, abs=3)
    assert np.nanmax(depth_m) <= far_m * (1 + 1e-6)


@given(
    row=st.integers(60, 420),
    column=st.integers(60, 560),
    size=st.integers(1, 20),
    low=st.sampled_from([0, 1, 300, 599]),
)
@settings(max_examples=20)
def test_holes_stay_holes(row, column, size, low):
    """Where a block has no reading, or one below 600, fewer pixels have depth, and none has one never recorded."""
    raw = np.full(SHAPE, 900, np.uint16)
    raw[0, 0] = 2047
    whole = np.count_nonzero(~np.isnan(fast.project_disparity(raw)))
    for absent in (2047, low):
        raw[row : row + size, column : column + size] = absent
        depth_m = fast.project_disparity(raw)
        missing = whole - np.count_nonzero(~np.isnan(depth_m))
        # A lone 599 among 900s is gone once interpolated; of a block the inside stays.
        assert missing >= 0.75 * (size if absent == 2047 else size - 1) ** 2
        depths = depth_m[~np.isnan(depth_m)]
        if absent == 2047:
            np.testing.assert_allclose(depths, 351.3 / 192.5, rtol=1e-6)
        assert depths.min() >= 351.3 / (1092.5 - 600) - 1e-6


def test_farther_than_ten_metres_is_ten():
    raw = np.full(SHAPE, 1080, np.uint16)  # 28 m
    raw[0, 0] = 2047
    depth_m = fast.project_disparity(raw)
    assert set(depth_m[~np.isnan(depth_m)].tolist()) == {10.0}


def test_nothing_seen_is_no_depth():
    assert np.isnan(fast.project_disparity(np.full(SHAPE, 2047, np.uint16))).all()


def test_metres():
    np.testing.assert_allclose(
        fast.metres(np.array([600, 1057, 1058, 1092], np.uint16)), [351.3 / 492.5, 351.3 / 35.5, 10, 10], rtol=1e-6
    )
    assert np.isnan(fast.metres(np.array([1093, 2047], np.uint16))).all()


def test_rotation_and_shift_are_the_toolbox_s_without_their_sign():
    np.testing.assert_allclose(fast.ROTATION, -slow.rotation(), atol=1e-15)
    np.testing.assert_allclose(fast.ROTATION @ fast.ROTATION.T, np.eye(3), atol=1e-4)
    np.testing.assert_array_equal(fast.SHIFT_M, [-slow.T_X, -slow.T_Z, -slow.T_Y])


def test_a_straight_line_in_space_is_straight_after_undistortion():
    """Points of a line are bent by the lens as by Bouguet's model; undistorted, they lie on the line again."""
    rgb = np.zeros((*SHAPE, 3), np.uint8)
    x = np.linspace(-0.5, 0.5, 2000)
    y = 0.3 * x + 0.1
    bent = slow.distorted(x, y, slow.RGB_LENS)
    columns = np.rint(bent[0] * slow.RGB["fx"] + slow.RGB["cx"]).astype(int)
    rows = np.rint(bent[1] * slow.RGB["fy"] + slow.RGB["cy"]).astype(int)
    seen = (columns >= 0) & (columns < 640) & (rows >= 0) & (rows < 480)
    rgb[rows[seen], columns[seen]] = 255
    straight = fast.undistort_colour(rgb)[..., 0]
    inner = straight[20:-20, 20:-20]  # the border is white
    rows, columns = np.nonzero(inner > 100)
    off = (rows + 20 - slow.RGB["cy"]) / slow.RGB["fy"] - (
        0.3 * (columns + 20 - slow.RGB["cx"]) / slow.RGB["fx"] + 0.1
    )
    assert len(off) > 400
    assert np.abs(off * slow.RGB["fy"]).max() < 1.2


@given(levels=st.lists(st.sampled_from([0.8, 1.0, 2.5, 9.0, 10.0, np.nan]), min_size=12, max_size=12))
def test_extremes_are_masked_and_nothing_else(levels):
    depth_m = np.array(levels, np.float32).reshape(3, 4)
    before = depth_m.copy()
    masked = fast.mask_extremes(depth_m)
    np.testing.assert_array_equal(depth_m, before)
    assert masked.dtype == np.float32
    present = [level for level in levels if level == level]
    for level, new in zip(depth_m.ravel().tolist(), masked.ravel().tolist(), strict=True):
        out = level != level or level in (np.float32(min(present)), np.float32(max(present)))
        assert (new != new) if out else new == level


def test_wrong_arrays_and_words():
    with pytest.raises(BadInput, match=r"not uint8 \(480, 640\)"):
        fast.project_disparity(np.zeros(SHAPE, np.uint8))
    with pytest.raises(BadInput, match=r"not uint16 \(240, 320\)"):
        fast.project_disparity(np.zeros((240, 320), np.uint16))
    with pytest.raises(BadInput, match="not 'rgb'"):
        fast.project_disparity(np.zeros(SHAPE, np.uint16), "rgb")
    with pytest.raises(BadInput, match=r"not uint8 \(480, 640\)"):
        fast.undistort_colour(np.zeros(SHAPE, np.uint8))


@pytest.fixture
def real(shared_data):
    raw, synced = shared_data / "nyu_raw" / "basement_0001a", shared_data / "nyu_synced" / "basement_0001a"
    return {
        "disparity": read_disparity(raw / "d-1316653580.471513-1316138413.pgm"),
        "rgb": read_colour(raw / "r-1316653580.484909-1316138413.ppm"),
        "depth_mm": np.asarray(Image.open(synced / "sync_depth_00000.png")),
        "jpeg": Image.open(synced / "rgb_00000.jpg"),
    }


def test_the_real_frame_is_the_toolbox_s_to_the_millimetre(real):
    """Measured: every one of 307,200 pixels equal after rounding to millimetres, the twin in double precision."""
    np.testing.assert_array_equal(np.rint(slow.project(real["disparity"]) * 1000), real["depth_mm"])
    depth_m = fast.project_disparity(real["disparity"])
    np.testing.assert_array_equal(np.isnan(depth_m), real["depth_mm"] == 0)
    apart_m = np.abs(np.nan_to_num(depth_m.astype(np.float64)) - real["depth_mm"] / 1000)
    assert apart_m.max() < 0.000501, "half a millimetre of rounding, and single precision"
    z_m = fast.project_disparity(real["disparity"], "colour_camera")
    assert 0.002 < np.nanmedian(np.abs(z_m - depth_m)) < 0.006, "the alternative is another thing"


def test_the_real_picture_is_the_toolbox_s_but_for_jpeg(real):
    """Measured: encoded with the same tables, its pixels are those of the synced picture; what differs is JPEG."""
    straight = fast.undistort_colour(real["rgb"])
    encoded = io.BytesIO()
    Image.fromarray(straight).save(encoded, "JPEG", qtables=real["jpeg"].quantization, subsampling="4:2:0")
    apart = np.abs(np.asarray(Image.open(encoded)).astype(int) - np.asarray(real["jpeg"]))
    # Another version of the codec may round otherwise; without undistortion the mean is above 20.
    assert apart.mean() < 0.1
    np.testing.assert_allclose(straight, np.asarray(real["jpeg"]), atol=140)


def test_the_real_frame_equals_the_slow_twin(real):
    _same(fast.project_disparity(real["disparity"]), slow.project(real["disparity"]))
