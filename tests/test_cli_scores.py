"""`fathom evaluate`, `compare` and `leaderboard` on folders of predictions: what is scored, and what is refused."""

import json

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def split(rooms_store):
    return rooms_store.split("test")


def write(folder, split, change, kind="mm"):
    """Predictions made of the truths: ``change(depth_m, rng)`` in millimetres as PNG, or in metres as npy."""
    folder.mkdir(parents=True)
    for number, sample in enumerate(split):
        depth_m = change(sample.depth_m.astype(np.float64), np.random.default_rng(number))
        if kind == "mm":
            Image.fromarray(np.rint(depth_m * 1000).astype(np.uint16)).save(folder / f"{sample.name}.png")
        else:
            np.save(folder / f"{sample.name}.npy", depth_m.astype(np.float32))
    return folder


def noisy(share):
    return lambda depth_m, rng: depth_m * np.exp(share * rng.standard_normal(depth_m.shape))


def test_a_folder_in_millimetres_is_understood_and_scored(run, split, rooms_store, tmp_path):
    folder = write(tmp_path / "theirs", split, lambda depth_m, _: depth_m * 1.1)
    code, out, err = run("evaluate", folder, "--data", rooms_store.path, "--protocol", "rooms/whole")
    assert code == 0
    row = next(line for line in out.splitlines() if line.startswith("theirs"))
    assert row.split()[4] == "0.100"
    assert f"{len(split)} of {len(split)} photos have a prediction" in err
    assert "--quantity metres --step 0.001" in err


def test_given_a_quantity_nothing_is_guessed(run, split, rooms_store, tmp_path):
    folder = write(tmp_path / "theirs", split, lambda depth_m, _: 1 / depth_m, "m")
    words = ("evaluate", folder, "--data", rooms_store.path, "--protocol", "rooms/whole")
    _, out, _ = run(*words, "--quantity", "inverse_metres")
    assert next(line for line in out.splitlines() if line.startswith("theirs")).split()[4] == "0.000"


def test_missing_and_broken_files_are_listed_or_left_out(run, split, rooms_store, tmp_path):
    folder = write(tmp_path / "theirs", split, noisy(0.05), "m")
    first, second = sorted(folder.iterdir())[:2]
    first.unlink()
    words = ("evaluate", folder, "--data", rooms_store.path, "--protocol", "rooms/whole")
    code, out, err = run(*words)
    assert (code, out) == (1, "")
    assert first.stem in err
    second.write_bytes(second.read_bytes()[:100])
    code, out, _ = run(*words, "--allow-missing")
    assert code == 0
    assert "|missing:2" in out
    assert "2 images have no prediction" in out


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda d, _: np.full_like(d, np.nan), ""),
        (lambda d, _: np.full_like(d, 2.0), "--quantity"),
        (lambda d, rng: rng.random(d.shape) * 5, "--quantity"),
    ],
    ids=["all NaN", "constant", "noise"],
)
def test_what_says_nothing_is_refused(run, split, rooms_store, tmp_path, change, word):
    folder = write(tmp_path / "theirs", split, change, "m")
    code, out, err = run("evaluate", folder, "--data", rooms_store.path, "--protocol", "rooms/whole")
    assert (code, out) == (1, "")
    assert word in err
    assert "Traceback" not in err


def test_a_constant_can_be_scored_if_it_is_said_what_it_is(run, split, rooms_store, tmp_path):
    folder = write(tmp_path / "theirs", split, lambda d, _: np.full_like(d, 2.0), "m")
    words = ("evaluate", folder, "--data", rooms_store.path, "--protocol", "rooms/whole", "--quantity", "metres")
    code, out, _ = run(*words)
    assert code == 0
    assert float(next(line for line in out.splitlines() if line.startswith("theirs")).split()[4]) > 0


def test_mixed_formats_are_refused(run, split, rooms_store, tmp_path):
    folder = write(tmp_path / "theirs", split, noisy(0.05))
    write(tmp_path / "again", split, noisy(0.05), "m")
    for path in (tmp_path / "again").iterdir():
        path.rename(folder / path.name)
    code, _, err = run("evaluate", folder, "--data", rooms_store.path, "--protocol", "rooms/whole")
    assert code == 1
    assert "formats" in err


def test_all_protocols_at_once(run, split, rooms_store, tmp_path):
    folder = write(tmp_path / "theirs", split, noisy(0.05), "m")
    code, out, err = run(
        "evaluate", folder, "--data", rooms_store.path, "--protocol", "all", "--out", tmp_path / "scores"
    )
    assert code == 0
    written = {path.name for path in (tmp_path / "scores").iterdir()}
    assert {"rooms_whole", "rooms_median"} <= written
    assert out.count("signature: ") == len(written)
    assert "not scored under nyu_eigen/community: " in err
    for path in (tmp_path / "scores").glob("*/scores.json"):
        values = json.loads(path.read_text())["models"]["theirs"]["values"]
        assert all(value is None or np.isfinite(value) for value in values.values())


def test_compare_and_leaderboard(run, split, rooms_store, tmp_path):
    scores = []
    for name, share in (("calm", 0.02), ("wild", 0.3)):
        folder = write(tmp_path / name, split, noisy(share), "m")
        scores.append(tmp_path / f"{name}_scores")
        words = ("evaluate", folder, "--data", rooms_store.path, "--protocol", "rooms/whole", "--out", scores[-1])
        assert run(*words)[0] == 0
    code, out, _ = run("leaderboard", *scores)
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()[1:3]] == ["calm", "wild"]
    assert run("compare", *scores)[1].startswith("the signatures are the same")
    code, out, _ = run("compare", "rooms/whole", "rooms/median")
    assert code == 0
    assert "alignment: none  |  ratio of medians" in out
    words = ("compare", "rooms/whole", "rooms/median", tmp_path / "calm", "--data", rooms_store.path)
    code, out, _ = run(*words)
    assert code == 0
    assert "alignment" in out
    code, _, err = run("compare", "abs rel 0.1", "rooms")
    assert code == 1
    assert "no protocol is called" in err
