from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from fathom.errors import BadInput, MissingData
from fathom.ops import _dissection
from fathom.ops._colorization import CUT_OFF, neighbour_weights, solve_exactly, solve_fast, steps, widened
from fathom.ops.infill import colorize, cross_bilateral, fill_border, grey
from reference import infill as slow


def scene(seed, size=(12, 16), holes=0.7):
    """Depth with random holes, 1 to 9 m, and a picture of noise on some steps."""
    rng = np.random.default_rng(seed)
    rgb = rng.integers(0, 256, (*size, 3), dtype=np.uint8)
    if seed % 2:
        rgb = rgb // 16 + 96 * (np.indices(size).sum(axis=0) // 6 % 2)[..., None].astype(np.uint8)
    depth_m = rng.uniform(1, 9, size)
    depth_m[rng.random(size) < holes] = np.nan
    depth_m[size[0] // 2, size[1] // 3] = 5
    return depth_m, rgb


def solve(solver, depth_m, rgb, alpha=1.0, *more):
    """The float64 answer before it is rounded and clipped."""
    known = ~np.isnan(depth_m)
    return solver(neighbour_weights(grey(rgb)), np.where(known, depth_m, 0), known, alpha, *more)


i, j = np.indices((30, 40))
HOLES = {
    "none": i < 0,
    "one pixel": (i == 7) & (j == 9),
    "a corner": (i < 9) & (j < 12),
    "a border": (i < 5) | (i > 24) | (j < 4) | (j > 33),
    "a ring": (np.hypot(i - 15, j - 20) < 12) & (np.hypot(i - 15, j - 20) > 6),
    "stripes": j % 7 > 1,
    "squares": (i // 4 + j // 4) % 2 == 0,
    "all but one": (i != 29) | (j != 0),
    "all but a row": i != 12,
}


@pytest.mark.parametrize("alpha", [1.0, 0.3])
@pytest.mark.parametrize("seed", range(4))
def test_both_solvers_equal_the_slow_twin(seed, alpha):
    depth_m, rgb = scene(seed)
    expected = slow.colorize(depth_m, rgb, alpha)
    np.testing.assert_allclose(solve(solve_exactly, depth_m, rgb, alpha), expected, rtol=0, atol=1e-9)
    np.testing.assert_allclose(solve(solve_fast, depth_m, rgb, alpha, True), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("size", [(1, 2), (1, 30), (23, 1), (2, 2), (3, 50), (17, 5)])
def test_narrow_pictures(size):
    depth_m, rgb = scene(3, size)
    np.testing.assert_allclose(
        solve(solve_fast, depth_m, rgb, 1.0, True), slow.colorize(depth_m, rgb), rtol=0, atol=1e-5
    )


def test_a_picture_of_one_pixel():
    assert colorize(np.array([[2.0]]), np.zeros((1, 1, 3), np.uint8)).tolist() == [[2.0]]


@pytest.mark.parametrize("shape", HOLES)
@pytest.mark.parametrize("large", [_dissection.LARGE, 12])
def test_fast_equals_exact_for_holes_of_all_shapes(shape, large, monkeypatch):
    monkeypatch.setattr(_dissection, "LARGE", large)  # at 12 BLAS gets its share in a small picture too
    depth_m, rgb = scene(5, (30, 40), holes=0)
    depth_m[HOLES[shape]] = np.nan
    exact = solve(solve_exactly, depth_m, rgb)
    np.testing.assert_allclose(solve(solve_fast, depth_m, rgb, 1.0, True), exact, rtol=0, atol=1e-5)
    holes = np.isnan(depth_m)
    unsettled = solve(solve_fast, depth_m, rgb, 1.0, False)
    np.testing.assert_allclose(unsettled[holes], exact[holes], rtol=0, atol=1e-5)


@pytest.mark.parametrize("alpha", [0.5, 1.0, 50.0])
def test_the_margin_around_holes_is_wide_enough(alpha):
    """A picture far larger than hole and margin, in which known depth next to the hole jumps."""
    depth_m, rgb = scene(8, (90, 90), holes=0)
    depth_m[40:50, 42:55] = np.nan
    exact, holes = solve(solve_exactly, depth_m, rgb, alpha), np.isnan(depth_m)
    error = abs(solve(solve_fast, depth_m, rgb, alpha, True) - exact)
    assert error[holes].max() < CUT_OFF * 8
    assert error.max() < CUT_OFF * 8 + 1e-5


@pytest.mark.parametrize(("alpha", "spread_m"), [(1.0, 1e-15), (1e-6, 4.0), (0.1, 4.0), (1e6, 4.0)])
def test_extremes_end_and_are_right(alpha, spread_m):
    depth_m, rgb = scene(4, (60, 60), holes=0)
    depth_m = 5 + spread_m * (depth_m - 5)
    depth_m[:3, :4] = np.nan
    exact = solve(solve_exactly, depth_m, rgb, alpha)
    np.testing.assert_allclose(solve(solve_fast, depth_m, rgb, alpha, True), exact, rtol=0, atol=1e-5)


def test_the_direct_solver_on_any_diagonally_dominant_system():
    rng = np.random.default_rng(0)
    height, width = 19, 26
    active = np.pad(rng.random((height, width)) < 0.8, 1)
    inside = np.pad(np.ones((height, width), bool), 1).ravel()
    weights = rng.uniform(-1, 1, (inside.size, 8))
    weights[:, 4] *= 30  # by no means symmetric
    for k, step in enumerate(steps(width)):
        weights[~inside | ~np.roll(inside, -step), k] = 0
    diagonal, right, x = abs(weights).sum(axis=1) + 0.1, rng.normal(size=inside.size), rng.normal(size=inside.size)
    matrix = np.diag(diagonal)
    for p in np.flatnonzero(inside):
        for k, step in enumerate(steps(width)):
            matrix[p, p + step] -= weights[p, k]
    a = active.ravel()
    expected = x.copy()
    expected[a] = np.linalg.solve(matrix[a][:, a], right[a] - matrix[a][:, ~a] @ x[~a])
    _dissection.solve_active(weights, diagonal, right, a, x, (height, width), steps(width))
    np.testing.assert_allclose(x, expected, rtol=0, atol=1e-10)


def test_every_active_pixel_is_eliminated_once():
    active = np.pad(np.random.default_rng(1).random((40, 33)) < 0.6, 1)
    tree = _dissection.dissect(active, steps(33))
    assert sorted(tree.own) == list(np.flatnonzero(active.ravel()))


@given(
    seed=st.integers(0, 10**6),
    metres=st.floats(0.01, 100),
    holes=st.floats(0, 1),
    height=st.integers(1, 20),
    width=st.integers(2, 20),
)
@settings(max_examples=40)
@pytest.mark.parametrize("fill", [colorize, cross_bilateral])
def test_constants_bounds_and_units(fill, seed, metres, holes, height, width):
    depth_m, rgb = scene(seed, (height, width), holes)
    filled = fill(depth_m, rgb)
    assert filled.dtype == np.float32
    assert filled.shape == depth_m.shape
    low, high = np.float32(np.nanmin(depth_m)), np.float32(np.nanmax(depth_m))
    assert (filled >= low * (1 - 1e-6)).all()
    assert (filled <= high * (1 + 1e-6)).all()
    np.testing.assert_allclose(fill(depth_m * metres, rgb), filled * np.float32(metres), rtol=1e-4)
    same = np.where(np.isnan(depth_m), np.nan, metres)
    np.testing.assert_allclose(fill(same, rgb), metres, rtol=1e-5)


def test_depth_stays_on_its_side_of_an_edge_in_the_picture():
    rgb = np.full((40, 60, 3), 20, np.uint8)
    rgb[:, 30:] = 235
    depth_m = np.where(np.arange(60) < 30, 1.0, 4.0) * np.ones((40, 1))
    holed = depth_m.copy()
    holed[5:35, 20:38] = np.nan
    assert abs(colorize(holed, rgb, known="kept") - depth_m).max() < 0.1
    assert abs(cross_bilateral(holed, rgb) - depth_m).max() < 0.1
    assert abs(cross_bilateral(holed, rgb * 0) - depth_m).max() > 1  # without a picture to guide it


def test_known_depth_is_smoothed_or_kept():
    depth_m, rgb = scene(2)
    known = ~np.isnan(depth_m)
    smoothed, kept = colorize(depth_m, rgb), colorize(depth_m, rgb, known="kept")
    assert abs(smoothed - depth_m)[known].max() > 0.5
    assert (kept[known] == depth_m[known].astype(np.float32)).all()
    np.testing.assert_allclose(kept[~known], smoothed[~known], rtol=1e-5)
    assert (cross_bilateral(depth_m, rgb)[known] == depth_m[known].astype(np.float32)).all()


@pytest.mark.parametrize("frame", ["00000", "00050", "00100"])
def test_real_frames(shared_data, frame):
    """A quarter of each, with some of the empty rim; benchmarks/infill.py does them whole."""
    folder = shared_data / "nyu_synced" / "basement_0001a"
    rgb = np.asarray(Image.open(folder / f"rgb_{frame}.jpg"))[:240, :320]
    steps_mm = np.asarray(Image.open(folder / f"sync_depth_{frame}.png"))[:240, :320]
    depth_m = np.where(steps_mm > 0, steps_mm / 1000, np.nan)
    assert 0.1 < np.isnan(depth_m).mean() < 0.6
    error_m = abs(solve(solve_fast, depth_m, rgb, 1.0, True) - solve(solve_exactly, depth_m, rgb))
    assert error_m.max() < 1e-4  # the promise is 2e-3


def test_threads_do_not_disturb_each_other():
    scenes = [scene(seed, (60, 70)) for seed in range(8)]
    alone = [colorize(*s) for s in scenes]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda s: colorize(*s), scenes))
    np.testing.assert_allclose(together, alone, rtol=1e-6)


def test_widened_is_a_square_neighbourhood():
    mask = np.zeros((9, 8), bool)
    mask[2, 6] = True
    expected = np.zeros((9, 8), bool)
    expected[0:5, 4:8] = True
    assert (widened(mask, 2) == expected).all()
    assert (widened(mask, 0) == mask).all()


@pytest.mark.parametrize(
    ("seed", "size", "holes"), [(0, (12, 16), 0.5), (1, (13, 17), 0.97), (2, (9, 50), 0.999), (3, (1, 40), 0.98)]
)
def test_cross_bilateral_equals_its_slow_twin(seed, size, holes):
    depth_m, rgb = scene(seed, size, holes)
    depth_m = depth_m.astype(np.float32)
    sigmas = (12, 5, 8), (0.2, 0.08, 0.02)
    shades = [[round(value * 255) for value in row] for row in grey(rgb)]
    expected = slow.cross_bilateral(depth_m, np.array(shades), *sigmas)
    filled = cross_bilateral(depth_m, rgb)
    assert {p: filled[p] for p in expected} == pytest.approx(expected, rel=1e-5)
    assert len(expected) == filled.size


def test_the_sigmas_of_cross_bilateral_count():
    depth_m, rgb = scene(0)
    assert abs(cross_bilateral(depth_m, rgb, (12,), (0.2,)) - cross_bilateral(depth_m, rgb)).max() > 0.01
    with pytest.raises(BadInput, match="one positive sigma"):
        cross_bilateral(depth_m, rgb, (12, 5), (0.2,))


def test_a_missing_border_is_filled_in():
    """As geometry "paper" leaves it; a slanted floor, and a near dark thing that reaches into the border."""
    rows, columns = np.indices((240, 320))
    rgb = np.full((240, 320, 3), 235, np.uint8)
    thing = abs(columns - 160) < 30
    rgb[thing] = 20
    whole = np.where(thing, 1.5, 5 - rows / 120)
    values = whole.copy()
    values[:14], values[-14:], values[:, :18], values[:, -18:] = np.nan, np.nan, np.nan, np.nan
    filled = fill_border(values, rgb)
    inside = ~np.isnan(values)
    assert (filled[inside] == whole[inside].astype(np.float32)).all()
    assert abs(filled - whole)[thing].max() < 0.1  # the colour keeps the floor out, up to the edge
    assert abs(fill_border(values, rgb * 0) - whole)[thing].max() > 1
    assert abs(filled - whole).max() < 0.25  # the slope is not continued: 14 rows of it are 0.12 m
    with pytest.raises(BadInput, match="not only on the border"):
        fill_border(np.where((rows == 100) & (columns == 100), np.nan, values), rgb)
    np.testing.assert_allclose(fill_border(np.where(inside, -0.7, np.nan), rgb), -0.7, rtol=1e-6)


@pytest.mark.parametrize("fill", [colorize, cross_bilateral, fill_border])
def test_what_cannot_be_filled(fill):
    depth_m, rgb = scene(0)
    with pytest.raises(BadInput, match="absent everywhere"):
        fill(np.full_like(depth_m, np.nan), rgb)
    with pytest.raises(BadInput, match="finite"):
        fill(np.full_like(depth_m, np.inf), rgb)
    with pytest.raises(BadInput, match="its picture uint8"):
        fill(depth_m, rgb[:-1])
    with pytest.raises(BadInput, match="its picture uint8"):
        fill(depth_m, rgb / 255)


def test_wrong_words_and_a_missing_scipy(monkeypatch):
    depth_m, rgb = scene(0)
    with pytest.raises(BadInput, match="fast or exact"):
        colorize(depth_m, rgb, solver="quick")
    with pytest.raises(BadInput, match="smoothed or kept"):
        colorize(depth_m, rgb, known="yes")
    with pytest.raises(BadInput, match="alpha"):
        colorize(depth_m, rgb, alpha=0)
    monkeypatch.setitem(__import__("sys").modules, "scipy", None)
    with pytest.raises(MissingData, match="fathom-depth"):
        colorize(depth_m, rgb, "exact")
    colorize(depth_m, rgb)
