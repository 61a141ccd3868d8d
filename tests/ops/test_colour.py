"""Depth as colour, the scale bar and the contact sheet."""

import matplotlib
import numpy as np
import pytest

from fathom.errors import BadInput
from fathom.ops.colour import ABSENT_GREY, colour_limits_m, colourise, share_of_range
from fathom.ops.contactsheet import MARGIN_PX, _ticks, contact_sheet, scale_bar, with_scale_bar


def test_ends_of_the_map_and_absence():
    depth_m = np.array([[1.0, 4.0, np.nan, 0.1, 50.0]], np.float32)
    rgb = colourise(depth_m, near_m=1, far_m=4, map="viridis")
    ends = [np.array(matplotlib.colormaps["viridis"](x)[:3]) * 255 for x in (0.0, 1.0)]
    assert rgb.dtype == np.uint8
    assert rgb.shape == (1, 5, 3)
    for pixel, end in ((0, 0), (1, 1), (3, 0), (4, 1)):
        np.testing.assert_allclose(rgb[0, pixel], ends[end], atol=0.5)
    np.testing.assert_array_equal(rgb[0, 2], [ABSENT_GREY] * 3)


def test_logarithmic_and_linear_middle():
    assert share_of_range(np.array(2.0), 1, 4, logarithmic=True) == pytest.approx(0.5)
    assert share_of_range(np.array(2.5), 1, 4, logarithmic=False) == pytest.approx(0.5)


def test_zero_and_negative_depth_is_absent():
    assert np.isnan(share_of_range(np.array([0.0, -1.0]), 1, 4)).all()


def test_limits_leave_outliers_out():
    depth_m = np.linspace(2, 3, 1000)
    depth_m[0], depth_m[1], depth_m[2] = 0.001, 900.0, np.nan
    near_m, far_m = colour_limits_m(depth_m)
    assert 1.9 < near_m < 2.1
    assert 2.9 < far_m < 3.1


@pytest.mark.parametrize("depth_m", [np.full((2, 2), np.nan), np.full((2, 2), 3.0)])
def test_limits_are_a_range_even_of_nothing_or_a_wall(depth_m):
    near_m, far_m = colour_limits_m(depth_m)
    assert 0 < near_m < far_m
    assert colourise(depth_m).shape == (2, 2, 3)


def test_bad_limits_and_maps():
    with pytest.raises(BadInput, match="near < far"):
        colourise(np.ones((2, 2)), near_m=3, far_m=2)
    with pytest.raises(BadInput, match="no colour map 'no_such'"):
        colourise(np.ones((2, 2)), map="no_such")


@pytest.mark.parametrize("logarithmic", [True, False])
@pytest.mark.parametrize("limits_m", [(0.8, 4.7), (1.0, 80.0), (2.0, 2.1), (0.013, 0.02), (3.0, 600.0)])
def test_ticks_are_round_inside_and_apart(limits_m, logarithmic):
    ticks = _ticks(*limits_m, logarithmic, least_gap=0.05)
    shares = share_of_range(np.array(ticks), *limits_m, logarithmic)
    assert len(ticks) >= 2
    assert all(limits_m[0] * 0.99 <= t <= limits_m[1] * 1.01 for t in ticks)
    assert np.diff(shares).min() >= 0.05


def test_scale_bar_runs_from_near_to_far():
    bar = scale_bar(100, 1, 10)
    colours = colourise(np.array([[1.0, 10.0]]), 1, 10)[0]
    size = 10
    np.testing.assert_array_equal(bar[size // 2, MARGIN_PX], colours[0])
    np.testing.assert_array_equal(bar[size // 2 + 100 - size - 1, MARGIN_PX], colours[1])


def test_with_scale_bar_keeps_the_picture():
    depth_m = np.random.default_rng(0).uniform(1, 5, (60, 40))
    picture = with_scale_bar(depth_m)
    np.testing.assert_array_equal(picture[:, :40], colourise(depth_m))
    assert picture.shape[1] > 40


def test_contact_sheet_places_its_cells():
    red = np.zeros((30, 40, 3), np.uint8)
    red[..., 0] = 200
    near, far = np.full((30, 40), 1.0), np.full((30, 40), 4.0)
    sheet = contact_sheet(["photo", "a", "b"], [[red, near, far], [red, far, near]], cell_width_px=40)
    ends = colourise(np.array([[1.0, 4.0]]), 1, 4)[0]
    head_px = MARGIN_PX + 2 * 11
    first, second = head_px + 15, head_px + 30 + MARGIN_PX + 15
    columns = [MARGIN_PX + 20 + i * (40 + MARGIN_PX) for i in range(3)]
    for y, expected in ((first, [(200, 0, 0), ends[0], ends[1]]), (second, [(200, 0, 0), ends[1], ends[0]])):
        for x, colour in zip(columns, expected, strict=True):
            np.testing.assert_array_equal(sheet[y, x], colour)


def test_contact_sheet_takes_other_sizes_and_nothing_but_absence():
    photo = np.zeros((10, 20, 3), np.uint8)
    sheet = contact_sheet(["photo", "truth"], [[photo, np.full((5, 5), np.nan)]], cell_width_px=60)
    assert (sheet == ABSENT_GREY).all(axis=-1).any()


def test_contact_sheet_rows_must_fit_the_titles():
    with pytest.raises(BadInput, match="2 pictures"):
        contact_sheet(["photo", "truth"], [[np.zeros((4, 4, 3), np.uint8)]])
