"""Every protocol on a few pixels whose score is derived by hand, and that each of its rules is needed for it."""

from dataclasses import replace

import numpy as np
import pytest

from fathom import shelf
from fathom.errors import BadInput, NotComparable
from fathom.evaluation import evaluate
from fathom.ops.align import ALIGNMENTS
from fathom.protocols._region import (
    EIGEN_KB,
    EIGEN_KITTI,
    EIGEN_NYU_ANY_SIZE,
    GARG,
    GARG_KB,
    KB,
    Crop,
    ShareCrop,
)
from reference.protocol_cases import CASES, IN_TOOLBOX_NYU, KITTI
from reference.truths import FakeSplit, answering


def score(case, protocol, maps=None):
    truths, predictions = maps or case.maps()
    table = evaluate({"m": answering(predictions, case.quantity)}, FakeSplit(truths), protocol)
    return table.value("m", case.metric)


@pytest.mark.parametrize("name", CASES)
def test_by_hand(name):
    case = CASES[name]
    assert score(case, name) == pytest.approx(float(case.expected), rel=2e-6)


def test_no_protocol_is_left_out():
    assert set(CASES) == set(shelf.names("protocols"))


# How a prediction of another size is brought to the truth's; the others are bilinear, edges on edges.
RESIZES = {
    "nearest": ("nyu_eigen/paper_", "kitti_eigen/", "rooms", "rooms/median"),
    "nearest, floor": ("make3d/c1_monodepth",),
    "corners": ("adabins/", "zoedepth/", "depth_anything/"),
    "over the inverse": ("monodepth/", "monodepth2/"),
}
# By the width of the frame: columns of a prediction that is one row of 1, 4, 4, ..., and where the ways part.
PARTING = {640: (3, 213), 1024: (3, 341), 1224: (11, 111), 1242: (4, 310)}


def _is_of(name, beginning):
    return name == beginning or (beginning[-1] in "/_" and name.startswith(beginning))


@pytest.mark.parametrize("name", CASES)
def test_resize(name):
    """The column's centre lies in the second column of the prediction, its left edge in the first.

    So nearest gives 4, nearest of the corner 1; bilinear is 3t + 1, t from centre to centre with edges on edges, or
    from corner to corner; over the inverse it is 1 / (1 - 3/4 t).
    """
    protocol = shelf.look_up("protocols", name)
    way = next((way for way, names in RESIZES.items() if any(_is_of(name, each) for each in names)), "bilinear")
    height, width = protocol.frame or KITTI
    columns, column = PARTING[width]
    assert column * columns // width == 0
    assert (2 * column + 1) * columns // (2 * width) == 1
    t = (column + 0.5) * columns / width - 0.5
    expected = {
        "nearest": 4,
        "nearest, floor": 1,
        "corners": 1 + 3 * column * (columns - 1) / (width - 1),
        "bilinear": 1 + 3 * t,
        "over the inverse": 1 / (1 - 0.75 * t),
    }
    truth = np.full((height, width), np.nan, np.float32)
    truth[250, column] = 0.5
    predict = answering(np.array([[1, *[4] * (columns - 1)]], np.float32))
    predict.any_size = True
    as_it_is = replace(
        protocol, alignment="none", clamp=False, limit_m=None, min_m=None, max_m=None, align_per="image"
    )
    found = evaluate({"m": predict}, FakeSplit([truth]), as_it_is).value("m", "abs_rel")
    assert 0.5 * found + 0.5 == pytest.approx(expected[way], rel=1e-6), way


TOOLBOX_NYU_ANY_SIZE = Crop(*IN_TOOLBOX_NYU, any_size=True)


def mutations(p, frame, quantity):
    """A protocol with one rule changed at a time."""
    crops = [None, GARG, GARG_KB, EIGEN_KITTI, EIGEN_KB, KB, EIGEN_NYU_ANY_SIZE, TOOLBOX_NYU_ANY_SIZE]
    if p.crop:
        own = p.crop.window(frame)
        crops = [c for c in crops if not (isinstance(c, ShareCrop) and c.of_kb and frame != KITTI)]
        yield from (("crop", replace(p, crop=c)) for c in crops if c is None or c.window(frame) != own)
    if p.min_m or p.max_m is not None:
        yield "strict", replace(p, strict=not p.strict)
    if p.min_m is not None:
        yield "min_m", replace(p, min_m=1.5 * p.min_m if p.min_m >= 1e-3 else 1e-3)
    if p.max_m is not None and np.isfinite(p.max_m):
        yield from (("max_m", replace(p, max_m=factor * p.max_m)) for factor in (0.75, 1.25))
    else:
        yield "max_m", replace(p, max_m=8)
    if p.clamp or (p.min_m is not None and p.max_m is not None):
        yield "clamp", replace(p, clamp=not p.clamp)
    tried = ALIGNMENTS if p.alignment != "none" else ("ratio of medians", "least squares scale and shift")
    others = [name for name in tried if name != p.alignment and quantity in ALIGNMENTS[name].accepts]
    yield "average", replace(p, average="pixel" if p.average == "image" else "image")
    yield from (("alignment", replace(p, alignment=name)) for name in others)
    if p.alignment != "none":
        yield "align_per", replace(p, align_per="scene" if p.align_per == "image" else "image")
        if p.clamp:
            yield "order", replace(p, order="clamp, align")
    if p.limit_m is not None:
        yield from (("limit_m", replace(p, limit_m=limit)) for limit in (None, p.limit_m * 2, p.limit_m / 2))


def one_of_each():
    """Names of protocols of which no two have the same rules for the same pixels."""
    names = {}
    for name, case in CASES.items():
        p = shelf.look_up("protocols", name)
        fitted = p.alignment, p.align_per, p.order, p.limit_m
        rules = p.crop, p.min_m, p.max_m, p.strict, p.clamp, p.average, *fitted
        names.setdefault((case.frame, *map(str, rules)), name)
    return sorted(names.values())


@pytest.mark.parametrize("name", one_of_each())
def test_every_rule_is_needed(name):
    """With any one rule changed the same pixels give another score, or none."""
    case, protocol = CASES[name], shelf.look_up("protocols", name)
    maps = case.maps()
    for field, changed in mutations(protocol, case.frame, case.quantity):
        if field in case.blind:
            continue
        try:
            found = score(case, changed, maps)
        except (BadInput, NotComparable):
            continue
        assert found != pytest.approx(float(case.expected), rel=2e-6), (field, getattr(changed, field))


@pytest.mark.parametrize("name", CASES)
def test_order_and_pixels_without_truth_do_not_matter(name):
    case, protocol = CASES[name], shelf.look_up("protocols", name)
    truths, predictions = case.maps()
    elsewhere = [np.where(np.isnan(t), 1e6, p).astype(np.float32) for t, p in zip(truths, predictions, strict=True)]
    assert score(case, protocol, (truths[::-1], elsewhere[::-1])) == pytest.approx(float(case.expected), rel=2e-6)


FITTED = [name for name in CASES if ALIGNMENTS[shelf.look_up("protocols", name).alignment].unknowns]


@pytest.mark.parametrize("name", FITTED)
def test_what_is_fitted_does_not_matter(name):
    """The scale of the prediction; and its shift, where one is fitted to every pixel and in every image."""
    case, protocol = CASES[name], shelf.look_up("protocols", name)
    alignment = ALIGNMENTS[protocol.alignment]
    shifts = alignment.unknowns == 2 and not alignment.positive and "else" not in alignment.name
    truths, predictions = case.maps()
    others = [3 * p + 0.5 * shifts for p in predictions]
    assert score(case, protocol, (truths, others)) == pytest.approx(float(case.expected), rel=1e-5)


@pytest.mark.parametrize("name", one_of_each())
def test_every_rule_shows_in_the_signature(name):
    case, protocol = CASES[name], shelf.look_up("protocols", name)
    split = FakeSplit(case.maps()[0])
    line = protocol.signature(split, 1)
    for field, changed in mutations(protocol, case.frame, case.quantity):
        assert changed.signature(split, 1) != line, field


def test_the_limit_shows_in_the_signature():
    protocol, split = shelf.look_up("protocols", "midas/nyu"), FakeSplit(CASES["midas/nyu"].maps()[0])
    assert replace(protocol, limit_m=20).signature(split, 1) != protocol.signature(split, 1)


# How many truths the official data have, by the protocol or the beginning of its name.
COUNTS = {
    "eigen2015/": 654,
    "nyu_eigen/": 654,
    "kitti_eigen/": 697,
    "monodepth/": 697,
    "monodepth2/eigen": 697,
    "monodepth2/benchmark": 652,
    "sfmlearner/kitti": 697,
    "packnet/kitti": 697,
    "packnet/kitti_annotated": 652,
    **{
        f"{family}/kitti": 652
        for family in ("bts", "adabins", "newcrfs", "toolbox", "zoedepth", "unidepth", "marigold")
    },
    **{
        f"{family}/nyu": 654
        for family in ("bts", "adabins", "newcrfs", "zoedepth", "unidepth", "marigold", "midas")
    },
    "midas/kitti": 161,
    "marigold/eth3d": 454,
    "marigold/diode": 771,
    "marigold/scannet": 800,
    "depth_anything/v2_kitti": 652,
    "metric3d/": 652,
    "diode/devkit": 771,
    "diode/devkit_indoors": 325,
    "diode/devkit_outdoor": 446,
    "depth_pro/booster": 228,
    "depth_pro/eth3d": 454,
    "depth_pro/middlebury": 15,
    "depth_pro/nuscenes": 881,
    "depth_pro/sintel": 1064,
    "depth_pro/sun_rgbd": 5050,
    "zoedepth/sun_rgbd": 5050,
    "make3d/": 134,
    "fcrn/": 654,
    "densedepth/": 654,
}


def test_official_counts():
    for name in CASES:
        beginnings = sorted((b for b in COUNTS if name.startswith(b)), key=len)
        expected = COUNTS[beginnings[-1]] if beginnings else None
        assert shelf.look_up("protocols", name).expected == expected, name


def test_what_was_not_seen_in_a_source_says_so():
    unseen = ("nyu_eigen/paper_", "kitti_eigen/", "sfmlearner/", "midas/eth3d", "midas/sintel", "midas/tum")
    for name in CASES:
        protocol = shelf.look_up("protocols", name)
        assert "[paper-mem" in protocol.source or not name.startswith(unseen), name
        assert any(mark in protocol.source for mark in ("[C]", "[P]", "[A]", "[paper-mem")), name
