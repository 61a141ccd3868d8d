"""Models side by side: who leads, with what error bar, and what is more than chance."""

from dataclasses import replace

import numpy as np
import pytest

from fathom.errors import BadInput, MissingData, NotComparable
from fathom.evaluation import evaluate
from fathom.ops.metrics import METRICS
from fathom.protocols._base import Protocol, ScoreTable
from fathom.ranking import leaderboard
from fathom.records import Camera, Sample
from reference.truths import answering

RULES = Protocol(
    name="rules", version=1, data="d/test", truth="raw", geometry="whole", average="image", source="made up"
)


class Scenes:
    """Forty images of twenty scenes; the last has no truth."""

    title, fingerprint, frame = "d/test", "0123abcd", (2, 3)

    def __len__(self):
        return 40

    def __iter__(self):
        for i in range(40):
            depth_m = np.full((2, 3), 1 + i % 7, np.float32) if i < 39 else np.full((2, 3), np.nan, np.float32)
            camera = Camera.from_fov(3, 2, 60)
            yield Sample(np.zeros((2, 3, 3), np.uint8), depth_m, camera, f"image_{i}", f"scene{i // 2}")


def off_by(errors):
    """Too far by a share of the truth that differs from image to image."""
    return answering([np.full((2, 3), (1 + i % 7) * (1 + e), np.float32) for i, e in enumerate(errors)])


RNG = np.random.default_rng(0)
GOOD, SAME, BAD = 0.1 + RNG.random((3, 40)) * 0.05 + np.array([[0], [0], [0.1]])
MODELS = {"bad": off_by(BAD), "good": off_by(GOOD), "same": off_by(SAME)}


@pytest.mark.parametrize("average", ["image", "pixel"])
def test_order_intervals_and_chance(average):
    board = leaderboard([evaluate(MODELS, Scenes(), replace(RULES, average=average))])
    assert [row.model for row in board.rows][2] == "bad"
    best, second, last = board.rows
    assert best.p_value is None
    assert not second.worse, "two models of the same errors are not told apart"
    assert last.worse
    assert last.p_value < 0.01
    assert best.figure.value == pytest.approx(min(GOOD[:39].mean(), SAME[:39].mean()), abs=1e-6)
    for row in board.rows:
        assert row.figure.low < row.figure.value < row.figure.high
        assert (row.figure.images, row.figure.scenes) == (39, 20)
    assert "*" in board.text().splitlines()[3]
    assert board.signature in board.text()


def test_where_higher_is_better_the_highest_leads():
    board = leaderboard([evaluate(MODELS, Scenes(), RULES)], "delta1")
    values = [row.figure.value for row in board.rows]
    assert values == sorted(values, reverse=True)


def test_the_same_seed_gives_the_same_board():
    table = evaluate(MODELS, Scenes(), RULES)
    assert leaderboard([table], seed=3) == leaderboard([table], seed=3)
    assert leaderboard([table], seed=3) != leaderboard([table], seed=4)


def test_tables_are_read_back_and_joined(tmp_path):
    together = evaluate(MODELS, Scenes(), RULES)
    tables = []
    for name, model in MODELS.items():
        folder = evaluate({name: model}, Scenes(), RULES).save(tmp_path / name)
        tables.append(ScoreTable.load(folder))
    assert leaderboard(tables) == leaderboard([together])
    assert ScoreTable.load(together.save(tmp_path / "all") / "scores.json") == together
    for metric in METRICS:
        assert tables[0].value("bad", metric) == together.value("bad", metric)


def test_what_cannot_be_set_side_by_side(tmp_path):
    table = evaluate(MODELS, Scenes(), RULES)
    other = evaluate({"x": MODELS["good"]}, Scenes(), replace(RULES, alignment="ratio of medians"))
    with pytest.raises(NotComparable, match="alignment: none against ratio of medians"):
        leaderboard([table, other])
    with pytest.raises(BadInput, match="two models are called 'bad'"):
        leaderboard([table, table])
    with pytest.raises(BadInput, match="no table"):
        leaderboard([])
    with pytest.raises(BadInput, match="no figure"):
        leaderboard([table], "rsme")
    with pytest.raises(MissingData, match="no scores here"):
        ScoreTable.load(tmp_path)
    (tmp_path / "scores.json").write_text("{}")
    with pytest.raises(BadInput, match="no table of scores"):
        ScoreTable.load(tmp_path)
