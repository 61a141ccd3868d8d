"""The table: its figures, and that none of its forms goes without its signature."""

import csv
import errno
import io
import json
from pathlib import Path

import numpy as np
import pytest

from fathom.errors import BadInput, CannotWrite
from fathom.ops.metrics import METRICS, PixelSums, measure
from fathom.protocols._base import PrintedRow, ScoreTable

TRUTH = np.array([1.0, 2.0, 4.0])
FEW, MANY = measure(2 * TRUTH[:1], TRUTH[:1]), measure(1.1 * TRUTH, TRUTH)
SIGNATURE = "protocol:some/rules|version:1|data:made|up"


def table(**change):
    given = {
        "protocol": "some/rules",
        "signature": SIGNATURE,
        "average": "image",
        "images": ("one", "two", "three"),
        "sums": {"model a": (FEW, PixelSums(), MANY), "model|b": (FEW, PixelSums(), FEW)},
        "truth_pixels": 4,
        "printed": (PrintedRow("Mean", {"abs_rel": 0.408, "delta1": 0.418}, "Table 1"),),
    }
    return ScoreTable(**{**given, **change})


def test_mean_over_images_and_pooled_over_pixels_are_two_things():
    assert table().value("model a", "abs_rel") == pytest.approx((1.0 + 0.1) / 2)
    assert table(average="pixel").value("model a", "abs_rel") == pytest.approx((1.0 + 3 * 0.1) / 4)


@pytest.mark.parametrize("sums", [FEW, MANY])
def test_of_one_image_they_are_the_same(sums):
    one = {"images": ("one",), "sums": {"m": (sums,)}}
    assert table(**one).values("m") == table(**one, average="pixel").values("m")


def test_images_without_truth_are_named_and_count_nowhere():
    assert table().without_truth == ("two",)
    assert any(note.startswith("no valid truth in 1 of 3 images") and "two" in note for note in table().notes())
    assert table().per_image("model a")[1] == {"image": "two", "scene": "", "pixels": 0, **dict.fromkeys(METRICS)}


@pytest.mark.parametrize("average", ["image", "pixel"])
def test_nothing_to_score_is_no_value(average):
    empty = table(average=average, sums={"m": (PixelSums(),) * 3}, truth_pixels=0, printed=())
    assert set(empty.values("m").values()) == {None}
    assert "–" in empty.text()
    assert "0.000" not in empty.text()
    assert json.loads(empty.json())["models"]["m"]["values"] == dict.fromkeys(METRICS)


def test_text_shows_the_figures_in_the_papers_order_and_the_signature():
    text = table(departures=("other data than the protocol's own: made/up",)).text()
    labels = [m.label for m in METRICS.values()]
    assert labels[:8] == [
        *("δ<1.25", "δ<1.25²", "δ<1.25³"),
        *("abs rel", "sqr rel", "RMSE", "RMSE log", "RMSE log s.i."),
    ]
    header = text.splitlines()[0]
    assert [header.index(f" {label}") for label in labels] == sorted(header.index(f" {label}") for label in labels)
    lines = text.splitlines()
    row = next(line for line in lines if line.startswith("model a"))
    assert row.split()[5] == "0.550"
    heading = next(i for i, line in enumerate(lines) if "printed in the paper" in line)
    assert "other training data, other test images" in lines[heading]
    assert lines[heading + 1].split()[:5] == ["Mean", "0.418", "–", "–", "0.408"]
    assert lines.index(row) < heading
    assert "note: other data than the protocol's own: made/up" in lines
    assert lines[-1] == f"signature: {SIGNATURE}"
    assert str(table()) == table().text()


def test_what_the_footprint_leaves_out_is_said():
    assert not any("every model" in note for note in table().notes())
    assert any("50.0 % of the pixels" in note for note in table(truth_pixels=8).notes())


def test_markdown_is_a_table_with_notes_and_signature():
    lines = table().markdown().splitlines()
    rows = [line for line in lines if line.startswith("|")]
    assert {row.replace("\\|", "").count("|") for row in rows} == {len(METRICS) + 2}
    assert any(row.startswith("| model\\|b |") for row in rows)
    assert f"- signature: `{SIGNATURE}`" in lines


def test_every_line_of_the_csv_says_where_it_comes_from():
    rows = list(csv.DictReader(io.StringIO(table().csv())))
    assert [row["model"] for row in rows] == ["model a", "model|b", "Mean"]
    assert [row["signature"] for row in rows] == [SIGNATURE, SIGNATURE, "Table 1"]
    assert rows[2]["kind"] == "printed in the paper"
    assert float(rows[0]["abs_rel"]) == table().value("model a", "abs_rel")
    assert (rows[0]["images"], rows[0]["pixels"], rows[2]["rmse"]) == ("2", "4", "")


def test_json_holds_everything():
    held = json.loads(table().json())
    assert held["signature"] == SIGNATURE
    assert held["models"]["model a"]["values"] == table().values("model a")
    assert held["models"]["model a"]["per_image"] == table().per_image("model a")
    assert held["without_truth"] == ["two"]
    assert held["printed"][0]["values"]["abs_rel"] == 0.408


def test_save_writes_the_four_forms(tmp_path):
    folder = table().save(tmp_path / "new" / "scores")
    assert sorted(p.name for p in folder.iterdir()) == ["scores.csv", "scores.json", "scores.md", "scores.txt"]
    assert (folder / "scores.txt").read_text() == table().text() + "\n"
    assert (folder / "scores.csv").read_text() == table().csv()
    assert all(SIGNATURE in p.read_text() for p in folder.iterdir())


def test_a_full_disk_leaves_the_old_scores_whole(tmp_path, monkeypatch):
    table().save(tmp_path)
    before = {p.name: p.read_text() for p in tmp_path.iterdir()}
    write = Path.write_text

    def full(path, text, **how):
        if path.suffix == ".json":
            write(path, text[:10], **how)
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(path, text, **how)

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(CannotWrite, match="No space left"):
        table(average="pixel").save(tmp_path)
    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == before


@pytest.mark.parametrize(("model", "metric"), [("model c", "rmse"), ("model a", "rsme")])
def test_a_figure_that_is_not_there_is_named(model, metric):
    with pytest.raises(BadInput, match=r"model a, model\|b.*delta1"):
        table().value(model, metric)
