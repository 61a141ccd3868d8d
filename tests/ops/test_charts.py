"""Charts: bars and lines stand where the numbers say."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from fathom.ops import charts
from fathom.ops.profile import DepthBin


def test_every_value_is_in_one_bar():
    values = [0.0, 0.01, 0.1, 0.1, 0.5, 9.0]
    assert charts.counted(values, 0.5, bins=5) == [2, 2, 0, 0, 2]
    drawn = ET.fromstring(charts.histogram(values, 0.5, 2, "abs rel", bins=5))
    bars = [e for e in drawn.iter("rect") if e.get("class") == "bar"]
    assert len(bars) == 3
    assert len({e.get("height") for e in bars}) == 1
    assert "0.4 or more: 2 images" in "".join(drawn.itertext())


def test_the_line_rises_with_the_error_and_is_held_at_the_limit():
    bins = [DepthBin(1, 2, 10, -0.1, 0.0, 0.1), DepthBin(2, 4, 20, 0.1, 0.2, 5.0)]
    drawn = charts.error_by_depth(bins, 1, 4, 0.5)
    ET.fromstring(drawn)
    (line,) = re.findall('class="line" d="M(.*?)"', drawn)
    (x0, y0), (x1, y1) = (map(float, p.split()) for p in line.split("L"))
    assert x0 < x1
    assert y1 < y0
    (band,) = re.findall('class="band" d="M(.*?)Z"', drawn)
    highest = min(float(p.split()[1]) for p in band.split("L"))
    grid = [float(y) for y in re.findall(r'class="grid" d="M\d+ ([\d.]+)H', drawn)]
    assert highest == min(grid)


@pytest.mark.parametrize(("near_m", "far_m"), [(1, 1.19), (0.7, 10), (1, 80), (0.1, 500), (9.5, 9.7)])
def test_round_metres(near_m, far_m):
    ticks = charts.depth_ticks(near_m, far_m)
    assert 2 <= len(ticks) <= 12
    for share, word in ticks:
        assert -0.01 <= share <= 1.01
        assert near_m * (far_m / near_m) ** share == pytest.approx(float(word.split()[0]), rel=1e-9)


def test_rounding_up():
    assert [charts.rounded_up(v) for v in (0.11, 0.15, 2.1, 7.5, 1e-3, 0, np.inf)] == pytest.approx(
        [0.15, 0.15, 3, 10, 1e-3, 1, 1]
    )


def test_words_are_escaped():
    drawn = charts.colour_bar(np.zeros((2, 3), np.uint8), [(0.0, "<1 m & more")], '"scale"')
    assert "".join(ET.fromstring(drawn).itertext()) == "<1 m & more"
