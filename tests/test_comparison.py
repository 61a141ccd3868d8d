"""Why two scores differ: the fields, and what each rule does to the figure."""

from dataclasses import replace

import numpy as np
import pytest

import fathom
from fathom.comparison import compare, explain
from fathom.errors import BadInput, NotComparable
from fathom.evaluation import evaluate
from fathom.protocols._base import Crop, Protocol
from fathom.protocols._region import ShareCrop
from reference.truths import FakeSplit, answering

FIRST = Protocol(
    name="first", version=1, data="d/test", truth="raw", geometry="whole", average="image", source="made up"
)
LOWER = ShareCrop("lower half", rows=(0.5, 1.0))
SECOND = replace(FIRST, name="second", crop=LOWER, alignment="ratio of medians", average="pixel")
# Upper row: twice too far. Lower row: right, but for a factor of 1.5.
SPLIT = FakeSplit([np.array([[2, 2, 2], [4, 4, 4]], np.float32)] * 2)
MODEL = {"m": answering(np.array([[4, 4, 4], [6, 6, 6]], np.float32))}


def test_each_rule_alone_and_all_together():
    steps = {step.rule: step.values.get("m") for step in explain(MODEL, SPLIT, FIRST, SECOND).steps}
    assert list(steps) == ["", "region", "alignment", "average", "second"]
    assert steps[""] == pytest.approx((1 + 0.5) / 2)
    assert steps["region"] == pytest.approx(0.5)
    # medians 3 and 5: x 0.6 → 2.4 and 3.6
    assert steps["alignment"] == pytest.approx((0.2 + 0.1) / 2)
    assert steps["average"] == pytest.approx(0.75)
    assert steps["second"] == pytest.approx(0)


def test_the_ends_are_the_protocols_own_scores():
    steps = explain(MODEL, SPLIT, FIRST, SECOND, "rmse").steps
    assert steps[0].values["m"] == evaluate(MODEL, SPLIT, FIRST).value("m", "rmse")
    assert steps[-1].values["m"] == evaluate(MODEL, SPLIT, SECOND).value("m", "rmse")


def test_other_truths_are_a_step_of_their_own():
    other = FakeSplit([np.array([[2, 2, 2], [6, 6, 6]], np.float32)] * 2, title="annotated/test")
    steps = {
        s.rule: s.values["m"]
        for s in explain(MODEL, SPLIT, FIRST, replace(SECOND, crop=None), other_split=other).steps
    }
    assert steps["truth: annotated/test"] == pytest.approx(0.5)
    assert steps["second"] == evaluate(MODEL, other, replace(SECOND, crop=None)).value("m", "abs_rel")


def test_a_rule_that_does_not_fit_these_data_is_said_so():
    cropped = replace(FIRST, name="cropped", frame=(480, 640), crop=Crop((45, 471), (41, 601)))
    explanation = explain(MODEL, SPLIT, FIRST, cropped)
    (region,) = [s for s in explanation.steps if s.rule == "region"]
    assert region.values == {}
    assert "never scaled" in region.reason
    assert "region: " in explanation.text()
    with pytest.raises(NotComparable, match="cropped cannot score these"):
        explain(MODEL, SPLIT, cropped, FIRST)


def test_the_text_says_how_far_each_rule_moves_it():
    text = explain(MODEL, SPLIT, FIRST, SECOND).text()
    assert "0.750" in text
    assert "0.500 (-0.250)" in text
    assert "0.150 (-0.600)" in text


def test_signatures_differ_in_named_fields():
    one, other = FIRST.signature(SPLIT, 12), SECOND.signature(SPLIT, 6)
    lines = compare(one, other).splitlines()
    assert [line.partition(":")[0] for line in lines] == ["protocol", "region", "alignment", "average", "pixels"]
    assert "region: whole image  |  lower half" in lines
    assert "the same" in compare(one, one)
    assert (
        compare(evaluate(MODEL, SPLIT, FIRST), one)
        == "the signatures are the same: the scores may be set side by side"
    )
    with pytest.raises(BadInput, match="not a signature"):
        compare("abs rel 0.1", one)
    assert fathom.compare is compare


def test_wrong_words():
    with pytest.raises(BadInput, match="no figure is called"):
        explain(MODEL, SPLIT, FIRST, SECOND, metric="abs")
