from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fathom.errors import BadInput
from fathom.ops import statistics
from fathom.ops.metrics import METRICS, PixelSums, measure
from fathom.ops.statistics import (
    compare_means,
    compare_pooled,
    holm,
    mean_intervals,
    pooled_figures,
    pooled_intervals,
    rows_of,
)
from reference import statistics as plain


def rng(seed=0):
    return np.random.default_rng(seed)


def ratio(rows):
    return rows[:, 0] / rows[:, 1]


def clustered(generator, scenes, images=3, skew=0.0):
    """Values whose variance lies by two thirds between scenes, their scenes, and the true mean."""
    sizes = generator.poisson(images - 1, scenes) + 1
    labels = np.repeat(np.arange(scenes), sizes)
    values = generator.normal(0, 0.8, scenes)[labels] + generator.normal(0, 0.6, labels.size)
    return (np.exp(skew * values), labels, np.exp(skew**2 / 2)) if skew else (values, labels, 0.0)


# --- intervals ---------------------------------------------------------------------------------------------


def test_draws_are_those_of_whole_scenes_with_replacement():
    # Scene a: 1 2; b: 6; c: 0. All 27 draws: the mean over images is (3 i + 6 j) / (2 i + j + k).
    rows, scenes = [[1, 1], [2, 1], [6, 1], [0, 1]], ["a", "a", "b", "c"]
    possible = plain.every_draw(rows, scenes, lambda row: row[0] / row[1])
    by_scene = statistics._by_scene(np.array(rows, float), scenes)
    drawn = np.concatenate([ratio(block @ by_scene) for block in statistics._draws(3, 40_000, rng())])
    for value in set(possible):
        share = possible.count(value) / 27
        assert np.mean(np.isclose(drawn, value)) == pytest.approx(share, abs=4 * np.sqrt(share / 40_000))


def test_blocks_of_draws_are_one_stream(monkeypatch):
    values, scenes, _ = clustered(rng(), 30)
    once = mean_intervals(values, scenes, rng(5), resamples=1000)
    monkeypatch.setattr(statistics, "_CELLS", 3000)
    assert mean_intervals(values, scenes, rng(5), resamples=1000) == once


@pytest.mark.parametrize(("scenes", "skew"), [(40, 0.0), (40, 0.8), (8, 1.8)])
def test_bca_second_opinion_of_scipy(scenes, skew):
    from scipy import stats

    values, labels, _ = clustered(rng(1), scenes, skew=skew)
    by_scene = statistics._by_scene(statistics._counted(values), labels)

    def mean_of(places, axis=-1):
        return by_scene[places, 0].sum(axis=axis) / by_scene[places, 1].sum(axis=axis)

    reach = statistics._reach(0.95, scenes)
    level = 2 * NormalDist().cdf(reach) - 1
    theirs = stats.bootstrap(
        (np.arange(scenes),), mean_of, n_resamples=40_000, method="BCa", confidence_level=level, rng=rng(3)
    )
    ends = theirs.confidence_interval.low, theirs.confidence_interval.high
    without = ratio(by_scene.sum(axis=0) - by_scene)
    same_draws = statistics._bca(values.mean(), theirs.bootstrap_distribution, without, reach)
    width = ends[1] - ends[0]
    assert same_draws[:2] == pytest.approx(ends, abs=0.002 * width)  # scipy lets rounding break ties
    assert same_draws[2] == "BCa"
    own_draws = mean_intervals(values, labels, rng(2), resamples=40_000)[0]
    assert own_draws.value == pytest.approx(values.mean())
    assert (own_draws.low, own_draws.high) == pytest.approx(ends, abs=0.05 * width)


@pytest.mark.parametrize("degrees", [1, 2, 3, 8, 27, 214, 1000, 5000])
def test_student_quantiles_are_those_of_scipy(degrees):
    from scipy import stats

    for share in (0.6, 0.975, 0.995):
        expected = stats.t.ppf(share, degrees)
        assert statistics._student_quantile(share, degrees) == pytest.approx(expected, rel=1e-5)


def test_many_scenes_reach_as_far_as_usual_and_few_farther():
    assert statistics._reach(0.95, 100_000) == pytest.approx(1.96, abs=1e-3)
    assert statistics._reach(0.95, 5) == pytest.approx(2.776 * (5 / 4) ** 0.5, abs=1e-3)


def test_of_two_scenes_the_interval_is_all_that_can_be_drawn():
    found = mean_intervals(np.array([1.0, 4.0]), ["a", "b"], rng(), resamples=200)[0]
    assert (found.low, found.value, found.high) == (1, 2.5, 4)


@pytest.mark.parametrize(("scenes", "skew"), [(12, 0.0), (60, 0.0), (60, 0.8)])
def test_intervals_over_scenes_hold_the_truth_and_those_over_images_do_not(scenes, skew):
    generator = rng(scenes)
    held = np.zeros(2)
    for _ in range(300):
        values, labels, truth = clustered(generator, scenes, skew=skew)
        for kind, of in enumerate((labels, np.arange(values.size))):
            found = mean_intervals(values, of, generator, resamples=400)[0]
            held[kind] += found.low <= truth <= found.high
    over_scenes, over_images = held / 300
    assert 0.90 <= over_scenes <= 0.98
    assert over_images < 0.84


def test_all_figures_of_one_call_share_their_draws():
    values, scenes, _ = clustered(rng(), 20)
    one, twice, other = mean_intervals(np.stack([values, 2 * values, -values], 1), scenes, rng(1), resamples=500)
    assert (twice.low, twice.high) == (pytest.approx(2 * one.low), pytest.approx(2 * one.high))
    assert (other.low, other.high) == (pytest.approx(-one.high, rel=0.05), pytest.approx(-one.low, rel=0.05))
    assert (one.scenes, one.images, one.resamples, one.level) == (20, len(values), 500, 0.95)


def test_an_interval_of_a_root_is_the_root_of_the_interval():
    squares, scenes = rng().gamma(2, 1, 80), np.arange(80) // 2
    mean = mean_intervals(squares, scenes, rng(1), resamples=999)[0]
    rows = np.stack([squares, np.ones(80)], 1)
    root = pooled_intervals(rows, lambda r: np.sqrt(ratio(r)), scenes, rng(1), resamples=999)[0]
    assert root.value == pytest.approx(mean.value**0.5)
    assert (root.low, root.high) == pytest.approx((mean.low**0.5, mean.high**0.5), rel=1e-3)


def test_a_share_near_1_stays_below_1():
    values = np.ones(60)
    values[:2] = 0.9
    found = mean_intervals(values, np.arange(60), rng(), resamples=2000)[0]
    assert found.low < found.value < found.high <= 1


def test_equal_images_have_an_interval_of_no_width():
    found = mean_intervals(np.full(9, 0.25), np.arange(9) // 3, rng(), resamples=200)[0]
    assert (found.value, found.low, found.high, found.method) == (0.25, 0.25, 0.25, "percentile")


def test_order_and_names_of_scenes_do_not_matter_but_their_images_do():
    values, scenes, _ = clustered(rng(), 15)
    names = np.array([f"room {s}" for s in scenes])
    named, together, alone = (
        mean_intervals(values, of, rng(1), resamples=300)[0] for of in (names, scenes, np.arange(values.size))
    )
    assert named == together
    assert alone.value == pytest.approx(together.value)
    assert alone.high - alone.low < 0.8 * (together.high - together.low)


def test_every_metric_pooled_over_pixels():
    generator = rng()
    truth = generator.uniform(1, 9, (12, 50))
    prediction = truth * generator.lognormal(0, 0.5, (12, 1)) * generator.lognormal(0, 0.3, truth.shape)
    images = [measure(p, g) for p, g in zip(prediction, truth, strict=True)]

    figures = pooled_figures(list(METRICS.values()))
    found = pooled_intervals(rows_of(images), figures, np.arange(12) // 2, rng(1), resamples=500)
    pooled = sum(images, PixelSums())
    for metric, interval in zip(METRICS.values(), found, strict=True):
        assert interval.value == pytest.approx(metric.value(pooled))
        assert interval.low < interval.value < interval.high


def test_rows_added_up_are_images_added_up():
    images = [measure([2.0, 3.0], [1.0, 4.0]), measure([1.0], [9.0]), measure([np.nan], [np.nan])]
    metrics = list(METRICS.values())
    together = pooled_figures(metrics)(rows_of(images).sum(axis=0, keepdims=True))[0]
    assert together.tolist() == pytest.approx([m.value(sum(images, PixelSums())) for m in metrics])
    assert np.isnan(pooled_figures(metrics)(rows_of(images))[2]).all()


# --- comparisons -------------------------------------------------------------------------------------------


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 8), st.integers(0, 8)), min_size=2, max_size=9).filter(
        lambda rows: len({row[0] for row in rows}) > 1
    )
)
@settings(max_examples=40)
def test_few_scenes_are_swapped_in_every_way(rows):
    scenes, first, second = zip(*rows, strict=True)
    found = compare_means(np.array(first, float), np.array(second, float), scenes, rng(), resamples=100)[0]
    ones = [[v, 1] for v in first], [[v, 1] for v in second]
    expected = plain.exact_p_value(*ones, scenes, lambda row: row[0] / row[1])
    assert found.exact
    assert found.arrangements == 2 ** len(set(scenes))
    assert found.p_value == pytest.approx(expected)
    assert found.difference.value == pytest.approx(np.mean(first) - np.mean(second))


def test_pooled_figures_are_swapped_too():
    generator = rng()
    first, second = generator.uniform(1, 3, (2, 10, 2))
    scenes = np.arange(10) // 2
    figure = lambda rows: np.sqrt(ratio(rows))  # noqa: E731
    found = compare_pooled(first, second, figure, scenes, rng(1))[0]
    expected = plain.exact_p_value(first.tolist(), second.tolist(), scenes, lambda row: (row[0] / row[1]) ** 0.5)
    assert found.exact
    assert found.p_value == pytest.approx(expected)


def test_permutation_second_opinion_of_scipy():
    from scipy import stats

    first, second = rng(4).normal(0.3, 1, 9), rng(5).normal(0, 1, 9)
    theirs = stats.permutation_test(
        (first, second), lambda a, b, axis: np.mean(a - b, axis=axis), permutation_type="samples", vectorized=True
    )
    found = compare_means(first, second, np.arange(9), rng())[0]
    assert found.p_value == pytest.approx(theirs.pvalue)


def test_random_swaps_agree_with_all_swaps():
    values, scenes, _ = clustered(rng(7), 12)
    other = values + 0.5 + rng(8).normal(0, 0.4, 12)[scenes]
    exact = compare_means(values, other, scenes, rng(), resamples=5000)[0]
    drawn = compare_means(values, other, scenes, rng(), resamples=4000)[0]
    assert (exact.exact, drawn.exact) == (True, False)
    assert 0.001 < exact.p_value < 0.5
    assert drawn.p_value == pytest.approx(exact.p_value, abs=4 * np.sqrt(exact.p_value / 4000))


def test_a_p_value_is_never_0():
    better = compare_means(np.zeros(60), np.ones(60), np.arange(60), rng(), resamples=999)[0]
    assert (better.p_value, better.exact, better.arrangements) == (1 / 1000, False, 999)
    few = compare_means(np.zeros(6), np.ones(6), np.arange(6), rng(), resamples=999)[0]
    assert few.p_value == 2 / 2**6


def test_a_model_is_no_better_than_itself():
    values, scenes, _ = clustered(rng(), 30)
    found = compare_means(values, values, scenes, rng(), resamples=300)[0]
    assert found.p_value == 1
    assert (found.difference.value, found.difference.low, found.difference.high) == (0, 0, 0)


def test_p_values_without_a_difference_are_even_over_scenes_and_not_over_images():
    generator = rng(3)
    found = np.empty((400, 2))
    for trial in found:
        values, scenes, _ = clustered(generator, 25)
        for kind, of in enumerate((scenes, np.arange(values.size))):
            trial[kind] = compare_means(values, np.zeros_like(values), of, generator, resamples=200)[0].p_value
    for level in (0.05, 0.2, 0.5, 0.8):
        expected = pytest.approx(level, abs=4 * np.sqrt(level * (1 - level) / 400))
        assert np.mean(found[:, 0] <= level) == expected
    assert np.mean(found[:, 1] <= 0.05) > 0.12


def test_pairing_sees_what_two_intervals_do_not():
    hard, scenes, _ = clustered(rng(2), 50)
    first, second = hard, hard + 0.1 + rng(3).normal(0, 0.1, hard.size)
    one, other = mean_intervals(np.stack([first, second], 1), scenes, rng(4), resamples=500)
    assert one.high > other.low  # they overlap
    pair = compare_means(first, second, scenes, rng(4), resamples=500)[0]
    assert pair.difference.high < 0
    assert pair.p_value < 0.01


def test_swapping_the_models_turns_the_difference_round():
    values, scenes, _ = clustered(rng(2), 20)
    other = values + rng(3).normal(0.1, 0.3, values.size)
    there, back = (compare_means(*p, scenes, rng(4), resamples=500)[0] for p in ((values, other), (other, values)))
    assert there.difference.value == -back.difference.value
    assert there.p_value == back.p_value


# --- several tests -----------------------------------------------------------------------------------------


def test_holm_by_hand():
    # sorted 0.005 0.01 0.03 0.04 times 4 3 2 1: 0.02 0.03 0.06 0.04, and never less than the one before
    np.testing.assert_allclose(holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02])
    np.testing.assert_allclose(holm([0.6, 0.7]), [1, 1])
    assert holm([]).shape == (0,)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=6))
def test_holm_second_opinion(p_values):
    np.testing.assert_allclose(holm(p_values), plain.holm_step_by_step(p_values), atol=1e-12)


# --- wrong input -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"scenes": [1, 1, 1]}, "two scenes or more"),
        ({"scenes": [1, 2]}, "one row and one scene"),
        ({"values": [1, np.nan, 2]}, "leave them out"),
        ({"values": np.ones((3, 1, 1))}, "images, figures"),
        ({"generator": 7}, "default_rng"),
        ({"level": 95}, "between 0 and 1"),
        ({"resamples": 10}, "100 or more"),
    ],
)
def test_what_cannot_be_is_refused(change, words):
    given = {"values": [1.0, 2.0, 3.0], "scenes": [1, 2, 2], "generator": rng(), **change}
    with pytest.raises(BadInput, match=words):
        mean_intervals(**given)


def test_p_values_are_probabilities():
    with pytest.raises(BadInput, match="between 0 and 1"):
        holm([0.5, 1.5])


def test_models_are_compared_on_the_same_images():
    with pytest.raises(BadInput, match="pair up"):
        compare_means(np.ones(3), np.ones(4), [1, 2, 3], rng())


def test_a_figure_that_some_draws_leave_without_a_value_is_refused():
    sums = np.array([[1.0, 1.0], [0.0, 0.0]])
    with pytest.raises(BadInput, match="not finite for some choice"), np.errstate(invalid="ignore"):
        pooled_intervals(sums, ratio, [1, 2], rng())
