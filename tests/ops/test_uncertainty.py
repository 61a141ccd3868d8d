import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fathom.errors import BadInput
from fathom.ops.metrics import METRICS, measure
from fathom.ops.uncertainty import LEVELS, Coverage, Sparsification, coverage, sparsify
from reference import uncertainty as plain


@pytest.fixture(scope="module")
def noisy():
    """(prediction, truth, the standard deviation of the noise between them) of 40,000 pixels."""
    rng = np.random.default_rng(0)
    truth = rng.uniform(5, 9, 40_000)
    std = rng.uniform(0.05, 0.6, truth.size)
    return truth + rng.normal(0, std), truth, std


# --- sparsification ----------------------------------------------------------------------------------------


def test_four_pixels_by_hand():
    # Relative errors 0, 1/4, 1/2, 1/4; all fall as the surest are kept in the order 1, 4, 2, 3.
    truth = np.array([4.0, 4.0, 4.0, 4.0])
    prediction = np.array([4.0, 5.0, 6.0, 3.0])
    found = sparsify(prediction, truth, np.array([0.1, 0.3, 0.4, 0.2]), intervals=4)
    # Thresholds at 1, 3/4, 1/2 and 1/4 of the ranks 0..3 keep 4, 3, 2, 1 pixels.
    np.testing.assert_allclose(found["abs_rel"].removed, [0, 0.25, 0.5, 0.75, 1])
    np.testing.assert_allclose(found["abs_rel"].model, [1 / 4, 1 / 6, 1 / 8, 0, 0])
    np.testing.assert_allclose(found["rmse"].model, np.sqrt([(1 + 4 + 1) / 4, 2 / 3, 1 / 2, 0, 0]))
    np.testing.assert_allclose(found["delta1"].model, [3 / 4, 2 / 3, 1 / 2, 0, 0])  # 4/3, 5/4 and 3/2 are >= 1.25
    np.testing.assert_allclose(found["delta1"].oracle, [3 / 4, 2 / 3, 1 / 2, 0, 0])
    # The oracle's thresholds are 5/16, 1/4 and 3/16 (interpolated), and both errors of 1/4 stay at the second.
    np.testing.assert_allclose(found["abs_rel"].oracle, [1 / 4, 1 / 6, 1 / 6, 0, 0])
    assert found["abs_rel"].ause == pytest.approx((1 / 8 - 1 / 6) / 4)
    assert found["abs_rel"].aurg == pytest.approx(1 / 4 - (1 / 8 + 1 / 6 + 1 / 8) / 4)


def test_the_error_at_the_start_is_the_metric_of_all_pixels(noisy):
    prediction, truth, std = noisy
    found, sums = sparsify(prediction, truth, std), measure(prediction, truth)
    assert found["abs_rel"].error == pytest.approx(METRICS["abs_rel"].value(sums))
    assert found["rmse"].error == pytest.approx(METRICS["rmse"].value(sums))
    assert found["delta1"].error == pytest.approx(1 - METRICS["delta1"].value(sums))


def test_the_oracle_has_no_sparsification_error(noisy):
    prediction, truth, _ = noisy
    for metric, values in {
        "abs_rel": np.abs(prediction - truth) / truth,
        "rmse": np.abs(prediction - truth),
        "delta1": np.maximum(prediction / truth, truth / prediction),
    }.items():
        found = sparsify(prediction, truth, values)[metric]
        assert found.ause == pytest.approx(0, abs=1e-12)
        assert found.aurg > 0.3 * found.error


def test_an_uncertainty_that_knows_is_better_than_chance_and_the_reverse_is_worse(noisy):
    prediction, truth, std = noisy
    for metric in ("abs_rel", "rmse", "delta1"):
        knows, reverse = (sparsify(prediction, truth, u)[metric] for u in (std, -std))
        assert 0 < knows.ause < reverse.ause
        assert reverse.aurg < 0 < knows.aurg


def test_at_random_the_gain_is_what_the_last_zero_gives(noisy):
    prediction, truth, _ = noisy
    random = np.random.default_rng(1).uniform(size=truth.size)
    for metric, found in sparsify(prediction, truth, random).items():
        luck = 0.3 if metric == "delta1" else 0.03  # few pixels are that far off
        assert found.aurg == pytest.approx(found.error / 100, abs=luck * found.error)
    for found in sparsify(prediction, truth, np.ones_like(truth)).values():  # ties take nothing away
        assert found.aurg == pytest.approx(found.error / 100)
        np.testing.assert_array_equal(found.model[:-1], found.error)


values = st.integers(1, 40).map(lambda n: n / 8)


@given(st.lists(st.tuples(values, values, st.integers(0, 5)), min_size=1, max_size=25), st.sampled_from([1, 7, 50]))
@settings(max_examples=60)
def test_second_opinion(pixels, intervals):
    prediction, truth, uncertainty = (np.array(column, float) for column in zip(*pixels, strict=True))
    found = sparsify(prediction, truth, uncertainty, intervals)
    for metric, curves in found.items():
        expected = plain.ause_and_aurg(metric, prediction, truth, uncertainty, intervals)
        assert (curves.ause, curves.aurg) == pytest.approx(expected, abs=1e-9)


def test_only_the_order_of_the_uncertainty_counts(noisy):
    prediction, truth, std = noisy
    once, again = (sparsify(prediction, truth, u) for u in (np.round(std, 3), np.round(std, 3) ** 3))
    for metric in once:
        assert again[metric].ause == pytest.approx(once[metric].ause, rel=2e-3)


def test_order_of_pixels_and_absent_pixels_do_not_count(noisy):
    prediction, truth, std = (m[:500] for m in noisy)
    once = sparsify(prediction, truth, std)
    shuffled = np.random.default_rng(2).permutation(500)
    more = [np.append(m[shuffled], v) for m, v in ((prediction, np.nan), (truth, np.nan), (std, np.inf))]
    for metric, found in sparsify(*more).items():
        assert found.ause == pytest.approx(once[metric].ause)


def test_an_image_without_truth_has_no_curves():
    assert sparsify([1.0], [np.nan], [1.0]) == {}


def test_curves_are_of_equal_parts():
    curves = Sparsification(np.linspace(0, 1, 3), np.array([2.0, 1, 0]), np.array([2.0, 0, 0]), 2.0)
    assert (curves.ause, curves.aurg) == (0.5, 1.0)


# --- calibration -------------------------------------------------------------------------------------------


def test_coverage_by_hand():
    # Errors of 1 and 2 standard deviations; a normal interval of 68.3 % reaches 1, of 95.4 % reaches 2.
    found = coverage([3.0, 5.0], [2.0, 1.0], [1.001, 2.001], levels=(0.5, 0.683, 0.955))
    assert (found.within, found.pixels) == ((0, 1, 2), 2)
    assert found.observed == (0, 0.5, 1)
    assert found.error == pytest.approx((0.5 + 0.183 + 0.045) / 3)


def test_a_laplace_interval_reaches_the_logarithm():
    # Within b ln 2 lies half of it; b = std / sqrt 2.
    edge = math.log(2)
    found = coverage([5 + edge * 0.999, 5 + edge * 1.001], [5, 5], [2**0.5] * 2, "laplace", levels=(0.5,))
    assert found.within == (1,)


@pytest.mark.parametrize("distribution", ["normal", "laplace"])
def test_the_right_spread_is_calibrated_and_the_wrong_one_is_not(distribution):
    rng = np.random.default_rng(3)
    truth, std = rng.uniform(20, 30, 40_000), rng.uniform(0.1, 1, 40_000)
    noise = rng.normal(0, std) if distribution == "normal" else rng.laplace(0, std / 2**0.5)
    right, small, large = (coverage(truth + noise, truth, f * std, distribution) for f in (1, 0.5, 2))
    assert right.error < 0.005
    assert all(o < level for o, level in zip(small.observed, LEVELS, strict=True))
    assert all(o > level for o, level in zip(large.observed, LEVELS, strict=True))
    other = "laplace" if distribution == "normal" else "normal"
    assert coverage(truth + noise, truth, std, other).error > 0.02


def test_images_add_up(noisy):
    prediction, truth, std = noisy
    halves = [coverage(*(m[part] for m in noisy)) for part in (slice(0, 9000), slice(9000, None))]
    assert halves[0] + halves[1] == coverage(prediction, truth, std)
    with pytest.raises(BadInput, match="same levels"):
        halves[0] + coverage([1.0], [1.0], [1.0], levels=(0.5,))


def test_a_spread_of_0_holds_only_what_is_exact():
    assert coverage([2.0, 3.0], [2.0, 2.0], [0.0, 0.0], levels=(0.1, 0.99)).within == (1, 1)


def test_no_pixels_no_figures():
    empty = coverage([1.0], [np.nan], [np.nan])
    assert (empty.observed, empty.error) == (None, None)
    assert empty + coverage([1.0], [1.0], [1.0]) == Coverage(LEVELS, (1,) * len(LEVELS), 1)


# --- wrong input -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("judge", [sparsify, coverage])
@pytest.mark.parametrize(
    ("given", "words"),
    [
        (([1.0], [1.0, 2.0], [1.0]), "size of the truth"),
        (([0.0, 1.0], [1.0, 1.0], [1.0, 1.0]), "prediction is no positive length at 1 of 2"),
        (([np.nan], [1.0], [1.0]), "prediction is no positive length"),
        (([1.0], [0.0], [1.0]), "truth is no positive length"),
        (([1.0], [1.0], [np.nan]), "uncertainty is not finite at 1 of 1"),
    ],
)
def test_what_cannot_be_is_refused(judge, given, words):
    with pytest.raises(BadInput, match=words):
        judge(*given)


def test_parameters_that_cannot_be_are_refused():
    with pytest.raises(BadInput, match="negative"):
        coverage([1.0], [1.0], [-1.0])
    with pytest.raises(BadInput, match=r"as 0\.9 for 90 %"):
        coverage([1.0], [1.0], [1.0], levels=(90,))
    with pytest.raises(BadInput, match="no distribution"):
        coverage([1.0], [1.0], [1.0], "cauchy")
    with pytest.raises(BadInput, match="at least 1"):
        sparsify([1.0], [1.0], [1.0], intervals=0)
