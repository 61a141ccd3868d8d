"""The rules that every protocol keeps: what it refuses, what it scores, and that its signature tells everything."""

from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fathom import __version__
from fathom.errors import BadInput, NotComparable
from fathom.protocols._base import Crop, Protocol, parse_signature
from fathom.protocols._region import GARG
from reference.truths import FakeSplit

BASE = Protocol(
    name="some/rules",
    version=3,
    data="official/test",
    expected=2,
    truth="exact",
    frame=(4, 6),
    geometry="whole",
    average="image",
    source="made up",
)
MAPS = [np.full((4, 6), 2.0, np.float32)] * 2


def test_a_protocol_is_frozen():
    with pytest.raises(FrozenInstanceError):
        BASE.average = "pixel"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"alignment": "ratio of ratios"}, "no alignment 'ratio of ratios'"),
        ({"crop": Crop((0, 2), (0, 2)), "frame": None}, "frame"),
        ({"clamp": True, "max_m": 10.0}, "clamp"),
        ({"crop": Crop((0, 5), (0, 2))}, "outside"),
    ],
)
def test_rules_that_contradict_themselves_are_refused(change, message):
    with pytest.raises(BadInput, match=message):
        replace(BASE, **change)


def test_official_data_must_be_complete():
    BASE.check(FakeSplit(MAPS, "official/test"))
    with pytest.raises(NotComparable, match="2 truths of official/test, and here are 1: 1 are missing"):
        BASE.check(FakeSplit(MAPS[:1], "official/test"))
    with pytest.raises(NotComparable, match="too many"):
        BASE.check(FakeSplit(MAPS * 2, "official/test"))


def test_other_data_may_have_any_number_but_not_none():
    BASE.check(FakeSplit(MAPS * 3))
    with pytest.raises(NotComparable, match="no samples"):
        BASE.check(FakeSplit([]))


def test_other_data_are_called_so():
    assert BASE.departures(FakeSplit(MAPS, "official/test")) == ()
    (other,) = BASE.departures(FakeSplit(MAPS * 2))
    assert other.startswith("other data than the protocol's own: made_up/test (4 images), not official/test")
    assert any("frame 3x5" in d for d in BASE.departures(FakeSplit([np.ones((5, 3))], "official/test")))


def test_a_crop_is_never_scaled():
    cropped = replace(BASE, crop=Crop((1, 3), (1, 5)))
    cropped.check(FakeSplit(MAPS))
    with pytest.raises(NotComparable, match="never scaled"):
        cropped.check(FakeSplit([np.ones((2, 3))]))
    BASE.check(FakeSplit([np.ones((2, 3))]))


def test_region_is_the_half_open_crop_where_truth_is():
    truth = np.full((4, 6), 2.0)
    truth[1, 1] = np.nan
    region = replace(BASE, crop=Crop((1, 3), (1, 5))).region(truth)
    expected = np.zeros((4, 6), bool)
    expected[1:3, 1:5] = True
    expected[1, 1] = False
    np.testing.assert_array_equal(region, expected)


def test_strict_and_inclusive_ranges_differ_at_their_ends_only():
    truth = np.array([[0.5, 1.0, 1.5, 10.0, 10.5, np.nan]])
    strict = replace(BASE, frame=None, min_m=1.0, max_m=10.0)
    assert strict.region(truth).tolist() == [[False, False, True, False, False, False]]
    assert replace(strict, strict=False).region(truth).tolist() == [[False, True, True, True, False, False]]
    assert replace(strict, max_m=None).region(truth).sum() == 3


@pytest.mark.parametrize(
    "change",
    [
        {"name": "other/rules"},
        {"version": 4},
        {"truth": "raw"},
        {"axis": "lidar x"},
        {"crop": Crop((1, 3), (1, 5))},
        {"footprint": True},
        {"min_m": 0.1},
        {"max_m": 10.0},
        {"min_m": 0.1, "strict": False},
        {"min_m": 0.1, "max_m": 10.0, "clamp": True},
        {"min_m": 0.1, "clamp": True},
        {"alignment": "ratio of medians"},
        {"geometry": "paper"},
        {"average": "pixel"},
        {"data": "official2/test"},
        {"crop": GARG},
        {"crop": Crop((1, 3), (1, 5), any_size=True)},
        {"alignment": "median of ratios", "align_per": "scene"},
        {"alignment": "median of ratios", "order": "clamp, align"},
        {"resize": "nearest"},
        {"over_inverse": True},
        {"inference": "mean with the mirrored picture"},
    ],
    ids=str,
)
def test_every_rule_shows_in_the_signature(change):
    split = FakeSplit(MAPS, "official/test")
    changed = replace(BASE, **change)
    assert changed.signature(split, 48) != BASE.signature(split, 48)
    partly = replace(changed, **{"strict": True}) if "strict" in change else BASE
    assert changed.signature(split, 48) != partly.signature(split, 48)


def test_the_data_show_in_the_signature():
    split = FakeSplit(MAPS, "official/test")
    others = [
        FakeSplit(MAPS, "official/train"),
        FakeSplit(MAPS * 2, "official/test"),
        FakeSplit(MAPS, "official/test", fingerprint="ffff"),
        FakeSplit([m[:2] for m in MAPS], "official/test"),
    ]
    seen = {BASE.signature(s, 48) for s in [split, *others]} | {BASE.signature(split, 47)}
    assert len(seen) == len(others) + 2


@given(
    title=st.text(min_size=1), fingerprint=st.text(alphabet="0123456789abcdef", min_size=1), pixels=st.integers(0)
)
def test_a_signature_is_one_line_and_reads_back(title, fingerprint, pixels):
    line = BASE.signature(FakeSplit(MAPS, title, fingerprint), pixels)
    assert len(line.splitlines()) == 1
    facts = parse_signature(line)
    assert facts["protocol"] == BASE.name
    assert facts["version"] == "3"
    assert facts["data"] == title
    assert facts["fingerprint"] == fingerprint
    assert facts["pixels"] == str(pixels)
    assert facts["frame"] == "6x4"
    assert facts["fathom"] == __version__
    assert facts["own data"] == ("yes" if title == "official/test" else "no, official/test")


@pytest.mark.parametrize("text", ["", "abs rel 0.2", "data:x|protocol:y", "protocol:x||y:z"])
def test_what_is_no_signature_is_refused(text):
    with pytest.raises(BadInput, match="not a signature"):
        parse_signature(text)
