import json
import math
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fathom.errors import BadInput
from fathom.ops import metrics
from fathom.ops.align import ratio_of_medians
from fathom.ops.metrics import EXTRA_METRICS, METRICS, PixelSums, measure, measure_at
from reference import metrics as plain

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "metrics.json").read_text())
ALL = METRICS | EXTRA_METRICS
depths = st.floats(0.05, 80, allow_nan=False)


@st.composite
def depth_maps(draw, holes=True):
    """(prediction, truth) of one size; the truth with holes, the prediction with anything in them."""
    shape = draw(st.tuples(st.integers(1, 5), st.integers(1, 6)))
    prediction, truth = (draw(arrays(np.float64, shape, elements=depths)) for _ in range(2))
    if holes:
        absent = draw(arrays(np.bool_, shape))
        truth[absent] = np.nan
        prediction[absent] = draw(st.sampled_from([np.nan, 0.0, -1.0, np.inf, 3.0]))
    return prediction, truth


def all_figures(sums):
    return {name: metric.value(sums) for name, metric in ALL.items()}


def assert_same(found, expected):
    """Equal but for rounding."""
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        assert found[name] == (value if value is None else pytest.approx(value, rel=1e-9, abs=1e-11)), name


def test_metrics_by_hand():
    p, g = np.array([2.0, 1.0]), np.array([1.0, 4.0])
    assert metrics.abs_rel(p, g) == pytest.approx((1 + 3 / 4) / 2)
    assert metrics.sqr_rel(p, g) == pytest.approx((1 + 9 / 4) / 2)
    assert metrics.rmse(p, g) == pytest.approx(math.sqrt((1 + 9) / 2))
    assert metrics.rmse_log(p, g) == pytest.approx(math.log(2) * math.sqrt((1 + 4) / 2))
    assert metrics.rmse_log_si(p, g) == pytest.approx(1.5 * math.log(2))  # d = ln 2, -2 ln 2; mean -0.5 ln 2
    assert metrics.silog(p, g) == pytest.approx(150 * math.log(2))
    assert metrics.log10(p, g) == pytest.approx(1.5 * math.log10(2))
    assert metrics.mae(p, g) == 2.0
    assert metrics.imae(p, g) == pytest.approx(1000 * (1 / 2 + 3 / 4) / 2)
    assert metrics.irmse(p, g) == pytest.approx(1000 * math.sqrt((1 / 4 + 9 / 16) / 2))
    assert metrics.sqr_rel_by_square(p, g) == pytest.approx((1 + 9 / 16) / 2)
    assert metrics.silog_half(p, g) == pytest.approx(math.log(2) * math.sqrt(5 / 2 - 0.5 * 0.5**2))
    assert metrics.silog_unbiased(p, g) == pytest.approx(math.sqrt(2) * 150 * math.log(2))
    assert metrics.tau([1.02, 1.0, 2.1], [1.0, 1.04, 2.0]) == pytest.approx(1 / 3)
    assert metrics.delta1([1.2, 1.2, 2.0, 1.9], [1.0, 1.4, 1.0, 1.0]) == 0.5
    assert metrics.delta2([1.5, 1.6], [1.0, 1.0]) == 0.5
    assert metrics.delta3([1.9, 2.0], [1.0, 1.0]) == 0.5


def test_the_truth_divides_not_the_prediction():
    assert metrics.abs_rel(prediction_m=[2.0], truth_m=[1.0]) == 1.0
    assert metrics.abs_rel(prediction_m=[1.0], truth_m=[2.0]) == 0.5
    assert metrics.sqr_rel(prediction_m=[3.0], truth_m=[1.0]) == 4.0


@pytest.mark.parametrize(("name", "k"), [("delta1", 1), ("delta2", 2), ("delta3", 3)])
def test_the_thresholds_are_strict(name, k):
    edge = 1.25**k
    assert METRICS[name]([edge, 1.0], [1.0, edge]) == 0.0
    assert METRICS[name]([np.nextafter(edge, 0), 1.0], [1.0, np.nextafter(edge, 0)]) == 1.0


@given(depth_maps())
def test_second_opinion(maps):
    prediction, truth = maps
    expected = plain.figures(prediction.ravel().tolist(), truth.ravel().tolist())
    found = all_figures(measure(prediction, truth))
    if expected is None:
        assert set(found.values()) == {None}
    else:
        assert_same(found, expected)


@given(st.lists(depth_maps(), min_size=1, max_size=4))
def test_pooled_is_all_pixels_as_one_image(images):
    """All but the paper's scale-invariant error, which keeps one scale per image."""
    pooled = sum((measure(p, g) for p, g in images), PixelSums())
    joined = measure(*(np.concatenate([image[i].ravel() for image in images]) for i in range(2)))
    assert pooled.pixels == joined.pixels
    found, expected = all_figures(pooled), all_figures(joined)
    pairs = [[(a, b) for a, b in zip(p.flat, g.flat, strict=True) if b == b] for p, g in images]
    expected["rmse_log_si"] = plain.pooled_spread([few for few in pairs if few]) if pooled.pixels else None
    del found["silog_unbiased"], expected["silog_unbiased"]  # it too is of one image
    assert_same(found, expected)


@given(depth_maps(), depth_maps(), depth_maps())
def test_sums_add_in_any_order(one, two, three):
    a, b, c = (measure(*maps) for maps in (one, two, three))
    assert a + PixelSums() == a
    assert a + b == b + a
    assert_same(all_figures(a + (b + c)), all_figures((a + b) + c))


@given(depth_maps(holes=False), st.randoms(use_true_random=False))
def test_the_order_of_pixels_does_not_matter(maps, random):
    order = list(range(maps[0].size))
    random.shuffle(order)
    shuffled = [m.ravel()[order] for m in maps]
    assert_same(all_figures(measure(*shuffled)), all_figures(measure(*maps)))


@given(depth_maps(holes=False), st.floats(0.01, 100))
def test_scale_invariance(maps, scale):
    prediction, truth = maps
    before, after = measure(prediction, truth), measure(scale * prediction, truth)
    assert metrics.rmse_log_si.of(after) == pytest.approx(metrics.rmse_log_si.of(before), rel=1e-7, abs=1e-9)
    assert metrics.silog.of(after) == pytest.approx(metrics.silog.of(before), rel=1e-6, abs=1e-4)


def test_the_other_figures_do_see_a_scale():
    truth = np.array([1.0, 2.0, 4.0])
    for name, metric in ALL.items():
        if name not in ("rmse_log_si", "silog", "silog_unbiased"):
            assert metric(3 * truth, truth) != metric(truth, truth), name


@given(depth_maps(holes=False))
def test_deltas_and_logs_are_symmetric(maps):
    there, back = (all_figures(measure(*pair)) for pair in (maps, maps[::-1]))
    for name in ("delta1", "delta2", "delta3", "tau", "rmse", "mae", "rmse_log", "rmse_log_si", "log10", "silog"):
        assert there[name] == pytest.approx(back[name], rel=1e-9, abs=1e-12)


@given(depth_maps(holes=False))
def test_swapped_the_prediction_divides(maps):
    """The slip of a well-known program: its figures are others, and must not come out of ours."""
    p, g = maps
    swapped = measure(g, p)
    assert swapped.rel == pytest.approx(float(np.sum(abs(p - g) / p)), rel=1e-9, abs=1e-12)


@given(depth_maps(holes=False))
def test_truth_itself_is_perfect(maps):
    figures = all_figures(measure(maps[1], maps[1]))
    for name, metric in ALL.items():
        assert figures[name] in ((1.0,) if metric.better == "higher" else (0.0, None))


@pytest.mark.parametrize("shape", [(0,), (2, 3)])
def test_no_pixel_no_value(shape):
    nothing = np.full(shape, np.nan)
    assert measure(np.ones(shape), nothing) == PixelSums()
    assert {metric(np.ones(shape), nothing) for metric in ALL.values()} == {None}
    assert measure(np.ones(shape), np.ones(shape), np.zeros(shape, bool)) == PixelSums()


def test_one_pixel():
    figures = all_figures(measure([3.0], [2.0]))
    assert figures["rmse_log_si"] == figures["silog"] == 0.0
    assert figures["silog_unbiased"] is None  # the unbiased variance of one value is no number
    assert figures["abs_rel"] == 0.5


@pytest.mark.parametrize("bad", [0.0, -0.5, np.nan, np.inf])
def test_a_prediction_that_is_no_depth_is_refused_with_its_count(bad):
    truth = np.array([1.0, 2.0, np.nan, 3.0])
    with pytest.raises(BadInput, match=r"the prediction is .* at 2 of the 3 pixels"):
        measure([bad, 1.0, 1.0, bad], truth)
    assert measure([1.0, 1.0, bad, 1.0], truth).pixels == 3


@pytest.mark.parametrize("bad", [0.0, -0.5, np.inf])
def test_a_truth_that_is_no_depth_is_refused(bad):
    with pytest.raises(BadInput, match=r"the truth is .* at 1 of the 2 pixels"):
        measure([1.0, 1.0], [1.0, bad])


def test_shapes_must_agree():
    with pytest.raises(BadInput, match="size of the truth"):
        measure(np.ones((2, 3)), np.ones((3, 2)))


def test_float16_and_float32_are_summed_in_float64():
    truth = np.full(300_000, 1.001, np.float32)
    prediction = np.full(300_000, 1.003, np.float32)
    exact = float(np.float32(1.003)) - float(np.float32(1.001))
    assert metrics.rmse(prediction, truth) == pytest.approx(exact, rel=1e-9)
    assert metrics.rmse(prediction.astype(np.float16), truth) > 0


def pair_of_maps(shape, seed=0, holes=0.3, dtype=np.float32):
    rng = np.random.default_rng(seed)
    truth = rng.uniform(0.5, 80, shape).astype(dtype)
    prediction = (truth * np.exp(rng.normal(0.1, 0.4, shape))).astype(dtype)
    truth[rng.random(shape) < holes] = np.nan
    return prediction, truth


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("holes", [0.0, 0.02, 0.5, 0.97])
@pytest.mark.parametrize("size", [63, 64, 65, 127, 1023, 1024, 1025, 1500, 3000])
def test_any_size_and_any_share_of_holes(size, holes, dtype):
    """Around the sizes in which pixels are gathered and summed."""
    prediction, truth = pair_of_maps(size, size, holes, dtype)
    expected = plain.figures(prediction.tolist(), truth.tolist())
    assert_same(all_figures(measure(prediction, truth)), expected)
    there = ~np.isnan(truth)
    assert_same(all_figures(measure_at(prediction, np.flatnonzero(there), truth[there])), expected)
    assert_same(all_figures(measure(prediction, np.where(there, truth, 1), there)), expected)


@given(st.floats(1e-12, 1e12), st.floats(1e-12, 1e12))
def test_the_log_of_any_ratio(p, g):
    found = measure([p], [g])
    assert found.log == pytest.approx(math.log(p) - math.log(g), rel=1e-13, abs=1e-14)
    assert found.log == pytest.approx(-measure([g], [p]).log, rel=1e-14)


@pytest.mark.parametrize("offset", [1.0, 1.3, 7.7, 0.01])
def test_a_tiny_spread_beside_a_large_offset(offset):
    """All that differs is the rounding of float32; the sum of squares is a million million times as large."""
    _, truth = pair_of_maps(5000, holes=0)
    prediction = truth * np.float32(offset)
    pairs = zip(prediction.tolist(), truth.tolist(), strict=True)
    logs = [math.log1p(Fraction(p) / Fraction(g) / Fraction(offset) - 1) for p, g in pairs]  # but for the offset's
    mean = math.fsum(logs) / len(logs)
    exact = math.fsum((d - mean) ** 2 for d in logs)
    halves = [measure(prediction[part], truth[part]) for part in (slice(0, 700), slice(700, None))]
    for found in (measure(prediction, truth).log_spread, (halves[0] + halves[1]).log_spread_pooled):
        assert found == pytest.approx(exact, rel=1e-9, abs=0)


def test_many_equal_pixels():
    shape = (2000, 1500)
    found = measure(np.full(shape, 2.6, np.float32), np.full(shape, 2.0, np.float32))
    error = float(np.float32(2.6)) - 2
    assert found.log_spread == found.log_spread_pooled == 0
    assert found.square == pytest.approx(3e6 * error**2, rel=1e-12)
    assert found.log == pytest.approx(3e6 * math.log1p(error / 2), rel=1e-12)
    assert metrics.silog.value(found + found) == 0


@given(depth_maps())
def test_absent_pixels_change_no_digit(maps):
    prediction, truth = maps
    there = ~np.isnan(truth)
    assert measure(prediction, truth) == measure(prediction[there], truth[there])


@pytest.mark.parametrize("first", [np.float32, np.float64])
@pytest.mark.parametrize("second", [np.float32, np.float64])
def test_parts_of_larger_maps_are_scored_as_they_lie(first, second):
    prediction, truth = pair_of_maps((37, 190))
    prediction, truth = prediction.astype(first), truth.astype(second)
    region = np.random.default_rng(1).random(truth.shape) < 0.5
    for view in (
        np.s_[3:30, 5:170],
        np.s_[::2, 1:],
        np.s_[:, ::3],
        np.s_[::-1, ::-1],
        np.s_[4],
        np.s_[:, 7],
        np.s_[5:5],
    ):
        given_, copied = ([m[view] for m in (prediction, truth, region)] for _ in range(2))
        copied = [m.copy() for m in copied]
        assert_same(all_figures(measure(*given_)), all_figures(measure(*copied)))
        assert measure(*given_).pixels == np.count_nonzero(copied[2] & ~np.isnan(copied[1]))
        assert_same(all_figures(measure(given_[0], copied[1])), all_figures(measure(*copied[:2])))
    assert measure(prediction.T, truth.T).pixels == measure(prediction, truth).pixels
    for other in (prediction.astype(">f4"), np.broadcast_to(first(3), truth.shape)):
        assert_same(all_figures(measure(other, truth)), all_figures(measure(other.astype(np.float64), truth)))


@given(depth_maps(holes=False), st.floats(0.2, 5), st.floats(0, 2))
def test_scale_shift_and_clamp_inside_the_pass(maps, scale, shift):
    prediction, truth = maps
    expected = measure(np.clip(scale * prediction + shift, 0.5, 20), truth)
    assert_same(
        all_figures(measure(prediction, truth, scale=scale, shift=shift, min_m=0.5, max_m=20)),
        all_figures(expected),
    )
    places = np.arange(truth.size)
    found = measure_at(prediction, places, truth.ravel(), scale=scale, shift=shift, min_m=0.5, max_m=20)
    assert_same(all_figures(found), all_figures(expected))


def test_a_clamp_mends_all_but_nan():
    truth = np.full(5, 2.0)
    assert measure([np.inf, -np.inf, 0.0, -3.0, 2.0], truth, min_m=1, max_m=4).absolute == 2 + 1 + 1 + 1
    with pytest.raises(BadInput, match=r"the prediction is .* at 1 of the 5"):
        measure([np.nan, 1, 1, 1, 1], truth, min_m=1, max_m=4)
    with pytest.raises(BadInput, match=r"the prediction is .* at 1 of the 5"):
        measure([np.inf, 1, 1, 1, 1], truth, min_m=1)
    with pytest.raises(BadInput, match=r"the prediction is .* at 2 of the 2"):
        measure_at([1.0, 2.0, 3.0], [0, 1], [1.0, 1.0], shift=-2)


def test_the_region_decides_what_may_be_wrong():
    prediction, truth = np.array([1.0, np.nan, 3.0, 1.0]), np.array([1.0, 1.0, 0.0, 2.0])
    region = np.array([True, False, False, True])
    assert measure(prediction, truth, region).pixels == 2
    with pytest.raises(BadInput, match=r"truth is .* at 1 of the 3"):
        measure(prediction, truth, np.array([True, False, True, True]))
    with pytest.raises(BadInput, match=r"prediction is .* at 1 of the 3"):
        measure(prediction, truth, np.array([True, True, False, True]))
    with pytest.raises(BadInput, match="truth is"):  # before the prediction
        measure(prediction, truth)
    for wrong in (region[:3], region.astype(int)):
        with pytest.raises(BadInput, match="region"):
            measure(prediction, truth, wrong)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_truths_at_and_beyond_the_limits_do_not_count(dtype):
    truth = np.tile(np.array([0.0, 0.5, 0.7, 3.0, 10.0, np.inf, np.nan, -1.0], dtype), 20)  # 64 at a time, and 32
    prediction = np.full(truth.shape, 2.0, dtype)
    assert measure(prediction, truth, above_m=0.5, below_m=10).pixels == 40
    prediction[truth == 0.5] = np.nan
    assert measure(prediction, truth, above_m=0.5, below_m=10).pixels == 40
    assert measure(prediction, truth, above_m=0.5, below_m=10.5).pixels == 60
    assert measure(prediction, truth, truth < 1, above_m=0.5, below_m=10).pixels == 20
    with pytest.raises(BadInput, match=r"truth is .* at 20 of the 80"):  # without a limit inf is no truth
        measure(prediction, truth, above_m=0.5)
    with pytest.raises(BadInput, match=r"prediction is .* at 20 of the 60"):
        measure(prediction, truth, above_m=0, below_m=10)
    with pytest.raises(BadInput, match=r"truth is .* at 40 of the 100"):
        measure(prediction, truth, below_m=10)


@pytest.mark.parametrize("size", [1e-200, 1e-100, 1e100, 1e150])
def test_lengths_of_any_size_are_taken(size):
    """Where the fast way would overflow there is a slow one."""
    few = measure(size * np.array([1.0, 3.0]), size * np.array([2.0, 3.0]))
    assert (few.rel, few.within_1, few.rel_square) == (0.5, 1, 0.25)
    assert few.log_spread == pytest.approx(math.log(2) ** 2 / 2, rel=1e-12)


@pytest.mark.parametrize("places", [[0, 6], [-1, 0]])
def test_a_place_outside_is_refused(places):
    with pytest.raises(BadInput, match=r"1 of the 2 places .* 6 pixels"):
        measure_at(np.ones((2, 3)), places, [1.0, 1.0])


def test_places_and_their_truth_are_lines_of_one_length():
    for places, truth in (([0, 1], [1.0]), ([0.0, 1.0], [1.0, 1.0]), ([[0, 1]], [[1.0, 1.0]])):
        with pytest.raises(BadInput, match="one line"):
            measure_at(np.ones(6), places, truth)
    assert measure_at(np.ones(6), [], []) == PixelSums()
    assert measure_at(np.arange(1.0, 7), np.array([5, 1], np.uint8), [6.0, np.nan]).absolute == 0


def test_threads_do_not_disturb_one_another():
    images = [pair_of_maps((60, 70), seed) for seed in range(16)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda image: measure(*image), images)) == [measure(*image) for image in images]


def test_numba_waits_until_something_is_measured():
    program = "import sys, fathom.ops.metrics; print('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout == "False\n"


@pytest.mark.parametrize("case", GOLDEN["cases"], ids=lambda case: case["alignment"])
def test_golden_values_of_three_other_programs(shared_data, case):
    truth = np.load(shared_data / "arrays" / "fastdepth_depth.npy").astype(np.float64)
    prediction = np.load(shared_data / "arrays" / "fastdepth_pred.npy")[0, 0].astype(np.float64)
    if "ratio" in case:
        assert ratio_of_medians(prediction, truth) == pytest.approx(case["ratio"], rel=1e-9)
        prediction = prediction * case["ratio"]
    elif "1/depth" in case["alignment"]:
        prediction = 1 / np.maximum(case["scale"] / prediction + case["shift"], 1 / 10)
    elif "scale" in case:
        prediction = np.clip(case["scale"] * prediction + case["shift"], 1e-3, 10)
    found = all_figures(measure(prediction, truth))
    assert {name: found[name] for name in case["figures"]} == pytest.approx(case["figures"], abs=1e-6, rel=0)
