import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fathom.errors import BadInput
from fathom.ops._least_absolute import line_of_least_error, weighted_median
from fathom.ops.align import ALIGNMENTS, ratio_of_medians
from fathom.ops.metrics import METRICS, measure
from fathom.records import Quantity
from reference import align as plain

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "metrics.json").read_text())["cases"]
LINES = [name for name in ALIGNMENTS if "shift" in name]
IN_DISPARITY = [name for name in ALIGNMENTS if "disparity" in name]
FITTED = [name for name, a in ALIGNMENTS.items() if a.unknowns]

depths = st.integers(1, 400).map(lambda n: n / 8)  # far enough apart that no fit hangs on rounding


@st.composite
def pairs(draw, least=3, most=12):
    """(prediction, truth), depths; the predictions not all equal."""
    n = draw(st.integers(least, most))
    prediction, truth = (draw(arrays(np.float64, n, elements=depths)) for _ in range(2))
    assume(np.ptp(prediction) > 0)
    return prediction, truth


def test_ratio_of_medians_is_not_the_median_of_ratios():
    prediction, truth = np.array([1.0, 2.0, 10.0]), np.array([2.0, 6.0, 5.0])
    assert ratio_of_medians(prediction, truth) == 5.0 / 2.0
    assert ALIGNMENTS["ratio of medians"].fit(prediction, truth).scale == 5.0 / 2.0
    assert ALIGNMENTS["median of ratios"].fit(prediction, truth).scale == 2.0


def test_only_pixels_that_have_both_count():
    nan = np.nan
    assert ratio_of_medians(np.array([1.0, 100.0, nan, 3.0]), np.array([2.0, nan, 70.0, 6.0])) == 2.0


def test_medians_of_an_even_count_are_taken_in_float64():
    prediction = np.array([1, 1 + 2**-23], np.float32)  # their middle is no float32
    assert ratio_of_medians(prediction, np.ones(2, np.float32)) == 1 / (1 + 2**-24)


def test_no_common_pixel_no_scale():
    assert np.isnan(ratio_of_medians(np.array([np.nan, 1.0]), np.array([1.0, np.nan])))


@pytest.mark.parametrize("middle", [0.0, -2.0, np.inf])
def test_a_median_that_is_no_length_is_refused(middle):
    with pytest.raises(BadInput, match="median of the prediction"):
        ratio_of_medians(np.full(3, middle), np.ones(3))


@given(st.lists(st.floats(0.1, 50), min_size=1, max_size=30), st.floats(0.01, 100))
def test_a_scaled_truth_comes_back(values, scale):
    truth = np.array(values)
    aligned = ALIGNMENTS["ratio of medians"].apply(truth * scale, truth)
    np.testing.assert_allclose(aligned, truth, rtol=1e-12)


def test_none_changes_nothing_and_takes_metres_only():
    none = ALIGNMENTS["none"]
    prediction = np.array([1.0, np.nan, 7.0])
    np.testing.assert_array_equal(none.apply(prediction, np.ones(3)), prediction)
    assert none.accepts == (Quantity.METRES,)


def test_no_scale_alone_brings_an_inverse_depth_to_metres():
    in_depth = [a for a in ALIGNMENTS.values() if a.domain == "depth"]
    assert not [a.name for a in in_depth if Quantity.RELATIVE_INVERSE_DEPTH in a.accepts]
    assert {name for name, a in ALIGNMENTS.items() if Quantity.RELATIVE_INVERSE_DEPTH in a.accepts} == set(
        IN_DISPARITY
    )


# --- by hand -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "prediction", "truth", "scale", "shift"),
    [
        ("ratio of means", [1, 3], [1, 7], 2, 0),  # 4 / 2
        ("least squares scale", [1, 2], [4, 3], 2, 0),  # (4 + 6) / (1 + 4)
        ("least squares scale and shift", [1, 2, 3], [2, 5, 5], 1.5, 1),  # mean 2 and 4; (2 + 1) / 2
        ("least squares scale in disparity", [1, 2], [4, 1], 0.6, 0),  # x 1, 1/2; y 1/4, 1; (1/4 + 1/2) / (5/4)
        ("least squares scale in log depth", [1, 1], [2, 8], 1, math.log(4)),  # ln 2 and ln 8
        ("weighted L1 scale", [1, 1, 1], [1, 2, 4], 1, 0),  # ratios 1, 2, 4 with weights 1, 1/2, 1/4
        ("weighted L1 scale and shift", [1, 2, 3, 4], [3, 5, 7, 100], 2, 1),  # one far pixel does not bend it
        ("times 5.4", [1, 2], [9, 9], 5.4, 0),
    ],
)
def test_small_cases(name, prediction, truth, scale, shift):
    fitted = ALIGNMENTS[name].fit(np.array(prediction, float), np.array(truth, float), Quantity.METRES)
    assert (fitted.scale, fitted.shift) == (pytest.approx(scale), pytest.approx(shift))


@pytest.mark.parametrize(("name", "else_scale"), [("medians", 4 / 2), ("means", 5 / 2)])
def test_a_line_that_falls_gives_way_to_a_scale(name, else_scale):
    prediction, truth = np.array([1.0, 2.0, 3.0]), np.array([8.0, 4.0, 3.0])
    alignment = ALIGNMENTS[f"least squares scale and shift, else ratio of {name}"]
    fitted = alignment.fit(prediction, truth)
    assert (fitted.scale, fitted.shift) == (else_scale, 0)
    assert f"ratio of {name} instead" in fitted.note
    rising = alignment.fit(prediction, truth[::-1])
    assert (rising.scale, rising.note) == (2.5, "")


def test_where_the_scale_is_exactly_0_metric3d_keeps_it_and_leres_does_not():
    prediction, truth = np.array([1.0, 2.0, 3.0]), np.array([4.0, 1.0, 4.0])
    assert ALIGNMENTS["least squares scale and shift, else ratio of medians"].fit(prediction, truth).scale == 0
    assert ALIGNMENTS["least squares scale and shift, else ratio of means"].fit(prediction, truth).scale == 1.5


# --- limits of disparity -----------------------------------------------------------------------------------


def test_a_disparity_that_is_not_positive_lies_at_the_limit():
    # 1/truth = 1 1/2 1/4; the line through the first two misses the third prediction by far: 3, 2 → -2
    line = ALIGNMENTS["least squares scale and shift in disparity"]
    fitted = line.fit(np.array([3.0, 2.0]), np.array([1.0, 2.0]), Quantity.RELATIVE_INVERSE_DEPTH)
    assert (fitted.scale, fitted.shift) == (pytest.approx(0.5), pytest.approx(-0.5))
    prediction = np.array([5.0, 1.1, -2.0, np.nan])
    np.testing.assert_allclose(fitted.metres(prediction, max_m=10), [0.5, 10, 10, np.nan])
    np.testing.assert_allclose(fitted.metres(prediction), [0.5, 20, np.inf, np.nan])


def test_marigold_floors_disparity_at_a_thousandth_and_fits_where_the_prediction_is_positive():
    # Without the second and third pixel the line is 1/truth = prediction.
    alignment = ALIGNMENTS["least squares scale and shift in disparity, at most 1000 m"]
    prediction, truth = np.array([1.0, 0.0, -1.0, 0.5]), np.array([1.0, 3.0, 5.0, 2.0])
    fitted = alignment.fit(prediction, truth, Quantity.RELATIVE_INVERSE_DEPTH)
    assert (fitted.scale, fitted.shift, fitted.pixels) == (pytest.approx(1), pytest.approx(0), 2)
    np.testing.assert_allclose(fitted.metres(prediction), [1, 1000, 1000, 2])
    np.testing.assert_allclose(fitted.metres(prediction, max_m=80), [1, 80, 80, 2])


def test_moge_floors_disparity_at_the_farthest_truth():
    alignment = ALIGNMENTS["least squares scale and shift in disparity, at most the farthest truth"]
    fitted = alignment.fit(np.array([1.0, 0.5]), np.array([1.0, 2.0]), Quantity.INVERSE_METRES)
    np.testing.assert_allclose(fitted.metres(np.array([4.0, 0.25, -1.0])), [0.25, 2, 2])


def test_depth_is_limited_too_where_the_protocol_says_so():
    fitted = ALIGNMENTS["least squares scale"].fit(np.array([1.0, 2.0]), np.array([2.0, 4.0]))
    np.testing.assert_allclose(fitted.metres(np.array([1.0, 9.0]), max_m=10), [2, 10])


# --- quantities --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", IN_DISPARITY)
def test_a_depth_and_its_inverse_are_aligned_alike(name):
    depth, truth = np.array([1.0, 2.0, 4.0, 5.0]), np.array([3.0, 3.5, 7.0, 9.0])
    of_depth = ALIGNMENTS[name].apply(depth, truth, Quantity.RELATIVE_DEPTH)
    of_inverse = ALIGNMENTS[name].apply(1 / depth, truth, Quantity.RELATIVE_INVERSE_DEPTH)
    np.testing.assert_allclose(of_inverse, of_depth, rtol=1e-12)


def test_a_depth_and_its_log_are_aligned_alike():
    depth, truth = np.array([1.0, 2.0, 4.0, 5.0]), np.array([3.0, 3.5, 7.0, 9.0])
    line = ALIGNMENTS["least squares scale and shift in log depth"]
    of_log = line.apply(np.log(depth), truth, Quantity.LOG_METRES)
    np.testing.assert_allclose(of_log, line.apply(depth, truth, Quantity.METRES), rtol=1e-12)


def test_what_the_prediction_is_must_be_said_where_it_could_be_either():
    for name, alignment in ALIGNMENTS.items():
        if alignment.domain == "depth":
            alignment.apply(np.array([1.0, 2.0]), np.array([1.0, 3.0]))
        else:
            with pytest.raises(BadInput, match=r"say what the prediction is, as in quantity=Quantity\."):
                alignment.apply(np.array([1.0, 2.0]), np.array([1.0, 3.0]))
        with pytest.raises(BadInput, match=rf"'{name}' is for metres|'{name}' is for"):
            alignment.fit(np.ones(2), np.ones(2), _refused(alignment))


def _refused(alignment):
    return next(q for q in Quantity if q not in alignment.accepts)


def test_one_fit_is_for_one_quantity():
    gathering = ALIGNMENTS["least squares scale in disparity"].gather()
    gathering.add(np.ones(1), np.ones(1), Quantity.INVERSE_METRES)
    with pytest.raises(BadInput, match="one fit is for one quantity"):
        gathering.add(np.ones(1), np.ones(1), Quantity.METRES)


# --- second opinions and properties ------------------------------------------------------------------------


@pytest.mark.parametrize("name", ALIGNMENTS)
@settings(max_examples=30)
@given(pairs())
def test_second_opinion(name, pair):
    prediction, truth = pair
    assume("else" not in name or abs(np.polyfit(prediction, truth, 1)[0]) > 1e-6)
    found = ALIGNMENTS[name].apply(prediction, truth, Quantity.METRES, max_m=60)
    if name == "weighted L1 scale and shift":  # several lines may be as good
        fitted = ALIGNMENTS[name].fit(prediction, truth)
        best = plain.l1(prediction, truth, *plain.l1_line(prediction, truth))
        assert plain.l1(prediction, truth, fitted.scale, fitted.shift) == pytest.approx(best, rel=1e-9, abs=1e-12)
    elif name == "weighted L1 scale":
        fitted = ALIGNMENTS[name].fit(prediction, truth)
        best = min(plain.l1(prediction, truth, g / p, 0) for p, g in zip(prediction, truth, strict=True))
        assert plain.l1(prediction, truth, fitted.scale, 0) == pytest.approx(best, rel=1e-9, abs=1e-12)
    else:
        expected = np.minimum(plain.aligned(name, prediction, truth, 60), 60)
        np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("name", FITTED)
@settings(max_examples=30)
@given(pairs(), st.floats(0.1, 10))
def test_the_scale_of_the_prediction_does_not_matter(name, pair, scale):
    prediction, truth = pair
    alignment = ALIGNMENTS[name]
    once, again = (alignment.fit(p, truth, Quantity.METRES) for p in (prediction, prediction * scale))
    if name == "weighted L1 scale and shift":
        costs = [plain.l1(p, truth, f.scale, f.shift) for p, f in ((prediction, once), (prediction * scale, again))]
        assert costs[0] == pytest.approx(costs[1], rel=1e-9, abs=1e-12)
    elif name == "weighted L1 scale":
        costs = [plain.l1(p, truth, f.scale, 0) for p, f in ((prediction, once), (prediction * scale, again))]
        assert costs[0] == pytest.approx(costs[1], rel=1e-9, abs=1e-12)
    else:
        expected = once.metres(prediction, max_m=60)
        np.testing.assert_allclose(again.metres(prediction * scale, max_m=60), expected, rtol=1e-6, atol=1e-9)


_NATIVE = {"depth": Quantity.METRES, "disparity": Quantity.RELATIVE_INVERSE_DEPTH, "log depth": Quantity.LOG_METRES}


@pytest.mark.parametrize("name", [name for name in LINES if "else" not in name and "1000 m" not in name])
@settings(max_examples=30)
@given(pairs(), st.floats(0.1, 10), st.floats(-5, 5))
def test_scale_and_shift_in_the_domain_do_not_matter(name, pair, scale, shift):
    prediction, truth = pair
    alignment = ALIGNMENTS[name]
    native = _NATIVE[alignment.domain]
    moved = prediction * scale + shift
    once, again = (alignment.fit(p, truth, native) for p in (prediction, moved))
    if "L1" in name:
        costs = [plain.l1(p, truth, f.scale, f.shift) for p, f in ((prediction, once), (moved, again))]
        assert costs[0] == pytest.approx(costs[1], rel=1e-9, abs=1e-12)
    else:
        np.testing.assert_allclose(again.metres(moved, 60), once.metres(prediction, 60), rtol=1e-5, atol=1e-9)


def _cost(name, x, y, scale, shift):
    error = scale * x + shift - y
    return np.sum(np.abs(error) / y) if "L1" in name else np.sum(error**2)


@pytest.mark.parametrize(
    "name", [name for name in ALIGNMENTS if name.startswith(("least", "weighted")) and "else" not in name]
)
@settings(max_examples=30)
@given(pairs(), st.integers(0, 2**32 - 1))
def test_no_other_parameters_are_better(name, pair, seed):
    prediction, truth = pair
    alignment = ALIGNMENTS[name]
    fitted = alignment.fit(prediction, truth, Quantity.METRES)
    into = {"depth": np.asarray, "disparity": np.reciprocal, "log depth": np.log}[alignment.domain]
    x, y = into(prediction), into(truth)
    best = _cost(name, x, y, fitted.scale, fitted.shift)
    rng = np.random.default_rng(seed)
    for size in (1e-6, 1e-3, 0.1, 10):
        scale, shift = rng.normal(0, size, (2, 20))
        scale, shift = (
            scale * (name != "least squares scale in log depth"),
            shift * ("shift" in name or "log" in name),
        )
        others = [_cost(name, x, y, fitted.scale + a, fitted.shift + b) for a, b in zip(scale, shift, strict=True)]
        assert min(others) >= best * (1 - 1e-9) - 1e-12


@pytest.mark.parametrize("seed", range(4))
def test_weighted_l1_is_the_optimum_of_the_linear_program(seed):
    rng = np.random.default_rng(seed)
    truth = rng.uniform(0.5, 9, 200)
    prediction = 0.5 * truth + 1 + rng.laplace(0, 0.3, 200)
    if seed % 2:  # many pixels on one line
        prediction, truth = np.round(prediction * 4) / 4, np.round(truth * 4) / 4 + 0.25
    scale, shift = line_of_least_error(prediction, truth, 1 / truth)
    cost = _cost("L1", prediction, truth, scale, shift)
    assert cost == pytest.approx(plain.l1_least_cost_by_linear_program(prediction, truth), rel=1e-9)


@pytest.mark.parametrize("grid", [0, 32])
def test_weighted_l1_of_many_pixels_is_not_beaten(grid):
    rng = np.random.default_rng(7)
    truth = np.exp(rng.uniform(-2, 5, 40_000))  # more pixels than are sorted at once, and far ones among them
    prediction = 0.3 * truth + 2 + rng.standard_cauchy(truth.size) * 0.1
    if grid:
        prediction, truth = np.round(prediction * grid) / grid, np.ceil(truth * grid) / grid
    scale, shift = line_of_least_error(prediction, truth, 1 / truth)
    best = _cost("L1", prediction, truth, scale, shift)
    for size in (1e-9, 1e-6, 1e-3, 0.1):
        for a, b in rng.normal(0, size, (30, 2)):
            assert _cost("L1", prediction, truth, scale + a, shift + b) >= best * (1 - 1e-12)


def test_weighted_median_of_many_values_is_that_of_the_sorted_ones():
    rng = np.random.default_rng(1)
    for values in (rng.normal(size=30_001), rng.integers(0, 5, 30_000) * 1.0, np.exp(rng.normal(0, 9, 30_000))):
        weights = rng.integers(1, 9, values.size) * 1.0  # sums are exact
        order = np.argsort(values)
        reached = np.cumsum(weights[order])
        assert weighted_median(values, weights) == values[order][reached >= reached[-1] / 2][0]


@pytest.mark.parametrize("name", ALIGNMENTS)
@pytest.mark.parametrize("parts", [2, 5])
def test_frames_gathered_are_as_one_image(name, parts):
    rng = np.random.default_rng(parts)
    truth = rng.uniform(1, 50, 1000) + 1000 * np.repeat([0, 1], 500)  # frames of different means
    prediction = 0.1 * truth + rng.uniform(1, 2, 1000)
    truth[::7] = np.nan
    gathering = ALIGNMENTS[name].gather()
    for p, g in zip(np.array_split(prediction, parts), np.array_split(truth, parts), strict=True):
        gathering.add(p, g, Quantity.METRES)
    together, once = gathering.fit(), ALIGNMENTS[name].fit(prediction, truth, Quantity.METRES)
    assert (together.pixels, together.farthest_m) == (once.pixels, once.farthest_m)
    assert (together.scale, together.shift) == (
        pytest.approx(once.scale, rel=1e-11),
        pytest.approx(once.shift, rel=1e-9),
    )


@pytest.mark.parametrize("name", FITTED)
def test_frames_may_be_read_into_one_array(name):
    gathering, fresh = (ALIGNMENTS[name].gather() for _ in range(2))
    buffer, truth = np.empty(4), np.empty(4)
    for frame in ([1.0, 2, 4, 5], [3.0, 9, 2, 2]):
        buffer[:], truth[:] = frame, np.sqrt(frame)
        gathering.add(buffer, truth, Quantity.METRES)
        fresh.add(np.array(frame), np.sqrt(frame), Quantity.METRES)
    assert gathering.fit() == fresh.fit()


def test_sums_keep_no_pixels():
    for alignment in ALIGNMENTS.values():
        gathering = alignment.gather()
        gathering.add(np.ones(1000), np.ones(1000), Quantity.METRES)
        assert bool(gathering._kept) == (alignment.gathers in ("pixels", "both"))


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: case["alignment"])
def test_golden_values_of_other_programs(shared_data, case):
    truth = np.load(shared_data / "arrays" / "fastdepth_depth.npy")
    prediction = np.load(shared_data / "arrays" / "fastdepth_pred.npy")[0, 0]
    names = {
        "scale and shift of 1/depth, then at least 1/10": "least squares scale and shift in disparity",
        "scale and shift of depth, then 1e-3..10 m": "least squares scale and shift",
    }
    alignment = ALIGNMENTS[names.get(case["alignment"], case["alignment"])]
    fitted = alignment.fit(prediction, truth, Quantity.METRES)
    expected = case.get("ratio", case.get("scale", 1)), case.get("shift", 0)
    assert (fitted.scale, fitted.shift) == (
        pytest.approx(expected[0], rel=1e-9),
        pytest.approx(expected[1], rel=1e-9),
    )
    clamped = "1e-3" in case["alignment"]
    depth_m = fitted.metres(prediction, max_m=10 if alignment.domain == "disparity" else None)
    sums = measure(depth_m, truth, min_m=1e-3 if clamped else None, max_m=10 if clamped else None)
    found = {name: METRICS[name].value(sums) for name in case["figures"]}
    assert found == pytest.approx(case["figures"], rel=1e-5)


# --- input that says little or nothing ---------------------------------------------------------------------


@pytest.mark.parametrize("name", FITTED)
def test_no_pixel(name):
    nan = np.array([np.nan, 1.0]), np.array([1.0, np.nan])
    with pytest.raises(BadInput, match="no pixel has both"):
        ALIGNMENTS[name].fit(*nan, Quantity.METRES)
    with pytest.raises(BadInput, match="no pixel has both"):
        ALIGNMENTS[name].apply(*nan, Quantity.METRES)
    empty = ALIGNMENTS[name].apply(np.empty(0, np.float32), np.empty(0, np.float32))
    assert empty.size == 0


@pytest.mark.parametrize("name", FITTED)
def test_one_pixel_is_fitted_exactly_and_that_is_told(name):
    fitted = ALIGNMENTS[name].fit(np.array([2.0]), np.array([5.0]), Quantity.METRES)
    np.testing.assert_allclose(fitted.metres(np.array([2.0])), [5.0], rtol=1e-12)
    assert fitted.exact
    assert "exact whatever the model says" in fitted.note
    assert not ALIGNMENTS[name].fit(np.arange(1.0, 5), np.arange(2.0, 6), Quantity.METRES).exact


@pytest.mark.parametrize("name", FITTED)
def test_two_pixels(name):
    fitted = ALIGNMENTS[name].fit(np.array([1.0, 3.0]), np.array([5.0, 6.0]), Quantity.METRES)
    assert fitted.exact == (name in LINES)
    assert np.allclose(fitted.metres(np.array([1.0, 3.0])), [5, 6]) == fitted.exact


@pytest.mark.parametrize("name", FITTED)
@pytest.mark.parametrize("value", [0.3, 1 / 3, 1e-6, 7.1e5])
def test_a_constant_prediction(name, value):
    truth = np.array([1.0, 2.0, 4.0, 8.0, 3.0])
    fitted = ALIGNMENTS[name].fit(np.full(5, value), truth, Quantity.METRES)
    depth_m = fitted.metres(np.full(5, value))
    np.testing.assert_array_equal(depth_m, depth_m[0])
    assert 1 <= depth_m[0] <= 8
    if name == "least squares scale and shift, else ratio of means":
        assert "ratio of means instead" in fitted.note
    elif name in LINES:
        assert (fitted.scale, "same at every pixel" in fitted.note) == (0, True)


@pytest.mark.parametrize("name", FITTED)
def test_a_constant_truth_is_met(name):
    prediction = np.array([1.0, 2.0, 4.0])
    depth_m = ALIGNMENTS[name].apply(prediction, np.full(3, 5.0), Quantity.METRES)
    assert np.isfinite(depth_m).all()
    if name in LINES and "means" not in name:
        np.testing.assert_allclose(depth_m, 5, rtol=1e-12)


@pytest.mark.parametrize("name", FITTED)
@pytest.mark.parametrize("wrong", [0.0, -1.0, np.inf])
def test_a_truth_that_is_no_length_is_refused(name, wrong):
    with pytest.raises(BadInput, match="the truth is zero, negative or not finite"):
        ALIGNMENTS[name].fit(np.array([1.0, 2.0]), np.array([1.0, wrong]), Quantity.METRES)


@pytest.mark.parametrize("name", FITTED)
def test_infinity_is_borne_by_medians_and_refused_by_others(name):
    prediction, truth = np.array([1.0, 2.0, np.inf]), np.array([2.0, 4.0, 6.0])
    alignment = ALIGNMENTS[name]
    if alignment.infinite:
        assert alignment.fit(prediction, truth).scale > 0
    elif alignment.domain == "disparity":
        assert np.isfinite(alignment.fit(prediction, truth, Quantity.METRES).scale)  # a disparity of 0
    else:
        with pytest.raises(BadInput, match=f"no finite {alignment.domain} at 1 of 3 pixels"):
            alignment.fit(prediction, truth, Quantity.METRES)


@pytest.mark.parametrize("name", [n for n, a in ALIGNMENTS.items() if a.domain != "depth" and not a.positive])
def test_a_depth_that_is_not_positive_has_no_disparity_and_no_log(name):
    with pytest.raises(BadInput, match="at 2 of 3 pixels"):
        ALIGNMENTS[name].fit(np.array([1.0, 0.0, -2.0]), np.ones(3), Quantity.METRES)


@pytest.mark.parametrize("name", FITTED)
def test_zeros_everywhere_have_no_scale_but_a_best_constant(name):
    alignment = ALIGNMENTS[name]
    prediction, truth = np.zeros(3), np.array([1.0, 2.0, 4.0])
    if name in LINES and "means" not in name and not alignment.positive:
        assert np.isfinite(alignment.apply(prediction, truth, _NATIVE[alignment.domain])).all()
    elif alignment.domain == "log depth":  # a log of 0 is a depth of 1
        assert alignment.fit(prediction, truth, Quantity.LOG_METRES).shift == pytest.approx(math.log(2))
    else:
        with pytest.raises(BadInput, match=r"no scale|no pixel has both a prediction above 0"):
            alignment.apply(prediction, truth, _NATIVE[alignment.domain])


def test_a_prediction_that_runs_against_the_truth_is_told():
    prediction, truth = np.array([1.0, 2.0, 3.0]), np.array([3.0, 2.0, 1.5])
    for name in LINES:
        note = ALIGNMENTS[name].fit(prediction, truth, Quantity.METRES).note
        assert ("not positive" if "means" in name else "negative") in note


def test_shapes_must_agree():
    with pytest.raises(BadInput, match="size of the truth"):
        ALIGNMENTS["least squares scale"].fit(np.ones((2, 3)), np.ones(3))
