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
