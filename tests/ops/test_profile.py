"""Errors by depth and place against the plain way."""

import numpy as np
import pytest

from fathom.ops.profile import NEAREST_M, PER_OCTAVE, ErrorByDepth, ErrorByPlace


def test_quartiles_are_those_of_the_pixels():
    rng = np.random.default_rng(0)
    truth_m = rng.uniform(0.7, 80, 200_000).astype(np.float32)
    prediction_m = (truth_m * np.exp(rng.normal(0.1, 0.3, truth_m.size))).astype(np.float32)
    profile = ErrorByDepth()
    for part in np.array_split(np.arange(truth_m.size), 7):
        profile.add(prediction_m[part], truth_m[part])
    bins = profile.bins()
    assert sum(b.pixels for b in bins) == truth_m.size
    error = prediction_m.astype(float) / truth_m - 1
    for b in (b for b in bins if b.pixels > 500):
        inside = (truth_m >= np.float32(b.near_m)) & (truth_m < np.float32(b.far_m))
        assert abs(int(inside.sum()) - b.pixels) <= 2
        expected = np.quantile(error[inside], [0.25, 0.5, 0.75])
        assert [b.lower, b.median, b.upper] == pytest.approx(expected, abs=0.01)
    assert bins[-1].far_m / bins[-1].near_m == pytest.approx(2 ** (1 / PER_OCTAVE))


def test_the_sign_of_an_error_and_the_ends():
    profile = ErrorByDepth()
    profile.add(np.array([1.5, 1.5, 1e4, 1e-4]), np.array([1.0, 1.0, 1e5, 1e-5]))
    bins = profile.bins()
    assert bins[0].near_m == NEAREST_M
    assert bins[0].pixels == 1
    assert bins[1].median == pytest.approx(0.5, abs=0.003)
    assert bins[1].near_m <= 1.0 < bins[1].far_m
    assert bins[2].pixels == 1
    assert bins[2].median == pytest.approx(-0.9, abs=0.003)
    assert len(profile.bins(least_share=0.3)) == 1


def test_places_of_images_of_several_sizes():
    places = ErrorByPlace(2, 2)
    places.add(np.array([[1.0, 1, 3, 3]] * 4), np.ones((4, 4), bool))
    region = np.array([[True, False], [False, False]])
    places.add(np.array([[7.0, np.nan], [np.nan, np.nan]]), region)
    assert places.mean().tolist() == [[(4 + 7) / 5, 3.0], [1.0, 3.0]]


def test_nothing_is_no_error():
    places = ErrorByPlace(1, 2)
    places.add(np.array([[0.5, 0.5]]), np.array([[True, False]]))
    assert places.mean()[0, 0] == 0.5
    assert np.isnan(places.mean()[0, 1])
    assert ErrorByDepth().bins() == []
