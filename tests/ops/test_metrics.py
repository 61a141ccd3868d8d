import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fathom.errors import BadInput
from fathom.ops import metrics
from fathom.ops.align import ratio_of_medians
from fathom.ops.metrics import METRICS, PixelSums, measure
from reference import metrics as plain

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "metrics.json").read_text())
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
    return {name: metric.value(sums) for name, metric in METRICS.items()}


def assert_same(found, expected):
    """Equal but for rounding; SILog's differences of sums leave up to the root of it, and it is times 100."""
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        loose = 1e-5 if name == "silog" else 1e-12
        assert found[name] == (value if value is None else pytest.approx(value, rel=1e-9, abs=loose)), name


def test_metrics_by_hand():
    p, g = np.array([2.0, 1.0]), np.array([1.0, 4.0])
    assert metrics.abs_rel(p, g) == pytest.approx((1 + 3 / 4) / 2)
    assert metrics.sqr_rel(p, g) == pytest.approx((1 + 9 / 4) / 2)
    assert metrics.rmse(p, g) == pytest.approx(math.sqrt((1 + 9) / 2))
    assert metrics.rmse_log(p, g) == pytest.approx(math.log(2) * math.sqrt((1 + 4) / 2))
    assert metrics.rmse_log_si(p, g) == pytest.approx(1.5 * math.log(2))  # d = ln 2, -2 ln 2; mean -0.5 ln 2
    assert metrics.silog(p, g) == pytest.approx(150 * math.log(2))
    assert metrics.log10(p, g) == pytest.approx(1.5 * math.log10(2))
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
    for name, metric in METRICS.items():
        if name not in ("rmse_log_si", "silog"):
            assert metric(3 * truth, truth) != metric(truth, truth), name


@given(depth_maps(holes=False))
def test_deltas_and_logs_are_symmetric(maps):
    there, back = (all_figures(measure(*pair)) for pair in (maps, maps[::-1]))
    for name in ("delta1", "delta2", "delta3", "rmse_log", "rmse_log_si", "log10", "silog"):
        assert there[name] == pytest.approx(back[name], rel=1e-9, abs=1e-12)


@given(depth_maps(holes=False))
def test_truth_itself_is_perfect(maps):
    figures = all_figures(measure(maps[1], maps[1]))
    for name, metric in METRICS.items():
        assert figures[name] == (1.0 if metric.better == "higher" else 0.0)


@pytest.mark.parametrize("shape", [(0,), (2, 3)])
def test_no_pixel_no_value(shape):
    nothing = np.full(shape, np.nan)
    assert measure(np.ones(shape), nothing) == PixelSums()
    assert {metric(np.ones(shape), nothing) for metric in METRICS.values()} == {None}


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
