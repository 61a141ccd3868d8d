"""The command line: exit codes, what goes to stdout and what to stderr, and how errors read."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import fathom
from fathom import shelf
from fathom.cli import main
from fathom.files.checkpoint import write_weights
from fathom.models._base import DepthModel, InputSpec


class Tiny(DepthModel):
    """Two scales: everything lies at 2 m, or at 3 m."""

    scales = ("coarse", "fine")

    def __init__(self):
        super().__init__()
        self.spec = InputSpec((48, 64), (40, 56), (8, 12), 4, (5, 5), (4, 4), 50.0)
        self.log_depth = torch.nn.Parameter(torch.tensor([2.0, 3.0]).log())

    def forward(self, rgb, scale=None):
        at = self.scales.index(scale or "fine")
        return self.log_depth[at].expand(len(rgb), *self.spec.output)


@pytest.fixture
def weights(tmp_path, monkeypatch):
    """A weights file of the model above, in the folder of a run called "tiny_run"."""
    look_up = shelf.look_up
    monkeypatch.setattr(shelf, "look_up", lambda s, name: Tiny if name == "tiny" else look_up(s, name))
    path = tmp_path / "tiny_run" / "weights.safetensors"
    path.parent.mkdir()
    write_weights(path, Tiny().state_dict(), {"model": "tiny"})
    return path


@pytest.fixture
def photos(tmp_path):
    """A folder with two pictures and a text file that calls itself one."""
    folder = tmp_path / "photos"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for name in ("a.jpg", "c.png"):
        Image.fromarray(rng.integers(0, 256, (30, 40, 3), np.uint8)).save(folder / name)
    (folder / "b.jpg").write_text("not a picture")
    (folder / "notes.txt").write_text("not meant")
    return folder


def test_help_names_every_command(run):
    code, out, err = run("--help")
    assert code == 0
    assert err == ""
    for command in ("prepare", "train", "evaluate", "predict", *shelf.SHELVES):
        assert f"  {command} " in out


@pytest.mark.parametrize("words", [["--help"], ["train", "--help"], ["predict", "--help"], ["--version"]])
def test_help_loads_nothing_heavy(words):
    program = (
        "import sys\nfrom fathom.cli import main\n"
        f"try:\n    main({words})\nexcept SystemExit as exit:\n    assert not exit.code\n"
        "print(*(m for m in ('torch', 'numpy', 'numba', 'PIL') if m in sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr.split() == []
    assert done.stdout


def test_the_version(run):
    assert run("--version") == (0, f"fathom {fathom.__version__}\n", "")


@pytest.mark.parametrize("name", shelf.SHELVES)
def test_a_shelf_is_listed_on_stdout(run, name):
    code, out, err = run(name)
    assert (code, err) == (0, "")
    assert [line.split()[0] for line in out.splitlines()] == shelf.names(name)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["models", "eigen2014/nyu"], 'Scales: "coarse", "fine"'),
        (["datasets", "rooms"], "frames_per_room"),
        (["recipes", "eigen2014_nyu"], "[P 4.1"),
        (["protocols", "nyu_eigen/community"], "(45, 471)"),
    ],
)
def test_one_entry_is_shown(run, words, expected):
    code, out, err = run(*words)
    assert (code, err) == (0, "")
    assert out.startswith(words[1])
    assert expected in out


def test_an_unknown_name_suggests(run):
    code, out, err = run("models", "eigen2014/nyyu")
    assert (code, out) == (1, "")
    assert err.startswith("fathom: no model is called 'eigen2014/nyyu'; did you mean eigen2014/nyu")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["trian"],
        ["train", "eigen2014_rooms"],
        ["predict", "a.jpg", "--model", "w", "--out", "o", "--format", "gif"],
        ["prepare", "roms", "--out", "o"],
        ["prepare", "rooms", "--out", "o", "--frames", "many"],
        ["prepare", "rooms", "--out", "o", "--holdout", "some"],
        ["train", "eigen2014_rooms", "--data", "d", "--out", "o", "--seed", "-1"],
        ["prepare", "rooms", "--out", "o", "--holdout", "test=0.1", "--holdout", "test=0.2"],
        ["predict", "a.jpg", "--model", "w", "--out", "o", "--geometry", "papr"],
        ["predict", "a.jpg", "--model", "w", "--out", "o", "--fov-deg", "180"],
        ["predict", "a.jpg", "--model", "w", "--out", "o", "--focal-px", "-1"],
        ["predict", "a.jpg", "--model", "w", "--out", "o", "--focal-px", "9", "--fov-deg", "9"],
        ["train", "eigen2014_rooms", "--data", "d", "--out", "o", "--samples", "coarse"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_2(run, words):
    code, out, err = run(*words)
    assert code == 2
    assert "Traceback" not in out + err
    # Typer says that an option is unknown where it is; none of these is.
    assert "No such option" not in err


@pytest.mark.parametrize(
    "words",
    [
        ["train", "eigen2014_rooms", "--data", "no/store", "--out", "o"],
        ["evaluate", "no/weights", "--data", "no/store", "--protocol", "rooms"],
        ["predict", "no.jpg", "--model", "no/weights", "--out", "o"],
        ["prepare", "folder", "no/folder", "--out", "o"],
    ],
    ids=" ".join,
)
def test_what_is_missing_is_one_line_and_1(run, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, err = run(*words)
    assert code == 1
    assert out == ""
    assert err.startswith("fathom: no/")
    assert err.count("\n") == 1


def test_the_traceback_can_be_had(monkeypatch):
    monkeypatch.setenv("FATHOM_TRACEBACK", "1")
    with pytest.raises(fathom.FathomError):
        main(["models", "no_such_model"])


def test_ctrl_c_is_130(run, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(shelf, "names", interrupted)
    assert run("models") == (130, "", "fathom: stopped\n")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_preparation_that_is_stopped_leaves_nothing_that_looks_whole(tmp_path, number, code):
    command = Path(sys.executable).with_name("fathom")
    words = ["prepare", "rooms", "--frames", "100000", "--width", "64", "--height", "48", "--out", tmp_path / "s"]
    heeded = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # also where a shell runs pytest with '&'
    pipe = subprocess.PIPE
    with subprocess.Popen([command, *words], stderr=pipe, text=True, preexec_fn=heeded) as process:
        while not list(tmp_path.glob("s/.rgb.npy.part")):
            time.sleep(0.05)
        process.send_signal(number)
        _, err = process.communicate()
    assert (process.returncode, err) == (code, "fathom: stopped\n")
    assert {p.name for p in (tmp_path / "s").iterdir()} == {".rgb.npy.part", ".depth.npy.part", ".journal.part"}


def test_predict_skips_a_bad_file_and_does_the_rest(run, photos, weights, tmp_path):
    code, out, err = run(
        "predict", photos, "--model", weights, "--out", tmp_path / "out", "--format", "npz", "--format", "coloured"
    )
    assert code == 1
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert written == {"a_depth.npz", "a_coloured.png", "c_depth.npz", "c_coloured.png"}
    heading, *rows = [line.split("\t") for line in out.splitlines()]
    assert heading == ["photo", "nearest_m", "median_m", "farthest_m", "predicted_share"]
    assert [Path(row[0]).name for row in rows] == ["a.jpg", "c.png"]
    assert [float(row[4]) for row in rows] == [1.0, 1.0]
    assert "skipped" in err
    assert "b.jpg" in err
    assert "1 of 3" in err
    assert "notes.txt" not in err
    assert fathom.read_depth(tmp_path / "out" / "a_depth.npz").values.shape == (30, 40)


def test_predict_writes_every_format(run, photos, weights, tmp_path):
    formats = ["npz", "png", "tiff", "ply", "coloured"]
    words = [word for each in formats for word in ("--format", each)]
    code, out, _ = run("predict", photos / "a.jpg", "--model", weights, "--out", tmp_path / "o", *words)
    assert code == 0
    names = {p.name for p in (tmp_path / "o").iterdir()}
    assert names == {"a_depth.npz", "a_depth.png", "a_depth.tiff", "a_points.ply", "a_coloured.png"}
    median_m = float(out.splitlines()[1].split("\t")[2])
    stored = fathom.read_depth(tmp_path / "o" / "a_depth.png").depth_m
    assert np.nanmedian(stored) == pytest.approx(median_m, abs=1.5e-3)  # the PNG's millimetres, and rounding


def test_predict_in_the_papers_geometry(run, photos, weights, tmp_path):
    words = ["--model", weights.parent, "--out", tmp_path / "o", "--geometry", "paper"]
    code, out, _ = run("predict", photos / "a.jpg", *words)
    assert code == 0
    _, nearest_m, _, farthest_m, share = out.splitlines()[1].split("\t")
    assert (nearest_m, farthest_m) == ("3.000", "3.000")
    assert 0 < float(share) < 1


def test_predict_will_not_write_two_photos_to_one_file(run, photos, weights, tmp_path):
    (tmp_path / "other").mkdir()
    Image.open(photos / "a.jpg").save(tmp_path / "other" / "a.png")
    words = ["predict", photos / "a.jpg", tmp_path / "other" / "a.png"]
    code, _, err = run(*words, "--model", weights, "--out", tmp_path / "o")
    assert code == 1
    assert "other/a.png" in err
    assert not (tmp_path / "o").exists()


def test_a_format_that_cannot_hold_the_depth_does_not_stop_the_others(run, photos, weights, tmp_path):
    """3 m of the model, times a focal length of 30000 on the input, does not fit 16 bits of millimetres."""
    words = ["predict", photos / "a.jpg", "--model", weights, "--out", tmp_path / "o", "--focal-px", 1e5]
    code, out, err = run(*words, "--format", "png", "--format", "npz")
    assert code == 1
    assert {path.name for path in (tmp_path / "o").iterdir()} == {"a_depth.npz"}
    assert len(out.splitlines()) == 2
    assert "not written" in err
    assert "a_depth.png" in err


def test_a_full_disk_ends_the_prediction(run, photos, weights, tmp_path, monkeypatch):
    def full(self, *_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_bytes", full)
    code, _, err = run("predict", photos, "--model", weights, "--out", tmp_path / "o", "--format", "png")
    assert code == 1
    assert err.count("\n") == 1
    assert err.startswith("fathom: cannot write")
    assert "free some space" in err


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere file names are not any bytes")
def test_a_file_name_that_is_no_text(photos, weights, tmp_path):
    name = os.fsdecode(b"odd \xff.png")
    (photos / "c.png").rename(photos / name)
    program = (
        "import sys\nfrom fathom.cli import main, shelf\nfrom test_cli import Tiny\n"
        "shelf.look_up = lambda *_: Tiny\nmain()"
    )
    words = ["predict", photos / name, "--model", weights, "--out", tmp_path / "o"]
    where = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    done = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, check=False, env=where)
    assert done.returncode == 0
    assert b"odd \xff.png\t2.1" in done.stdout
    assert [p.name for p in (tmp_path / "o").iterdir()] == [os.fsdecode(b"odd \xff_depth.npz")]


def test_damaged_exif_is_no_warning(photos, weights, tmp_path):
    """As a shell runs it: pytest keeps warnings to itself."""
    Image.open(photos / "a.jpg").save(photos / "a.jpg", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff rubbish")
    program = (
        "import sys\nfrom fathom.cli import main, shelf\nfrom test_cli import Tiny\n"
        "shelf.look_up = lambda *_: Tiny\nmain()"
    )
    words = ["predict", photos / "a.jpg", "--model", weights, "--out", tmp_path / "o"]
    where = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    done = subprocess.run(
        [sys.executable, "-c", program, *words], capture_output=True, text=True, check=False, env=where
    )
    assert done.returncode == 0
    assert done.stderr == f"wrote {tmp_path / 'o' / 'a_depth.npz'}\n"


def test_prepare_says_what_it_left_out(run, tmp_path):
    for part in ("rgb", "depth"):
        (tmp_path / "set" / part).mkdir(parents=True)
    for n in range(4):
        Image.fromarray(np.full((6, 8, 3), 50, np.uint8)).save(tmp_path / f"set/rgb/{n}.png")
        Image.fromarray(np.full((6, 8), 2000, np.uint16)).save(tmp_path / f"set/depth/{n}.png")
    (tmp_path / "set/depth/1.png").write_text("not a picture")
    (tmp_path / "set/depth/3.png").unlink()
    code, out, err = run("prepare", "folder", tmp_path / "set", "--out", tmp_path / "s")
    assert code == 1
    assert dict(line.split("\t") for line in out.splitlines()) == {"train": "1", "test": "1"}
    assert "skipped" in err
    assert "depth/1.png" in err
    assert "1 files have no partner of the same name: 3" in err


def test_an_unknown_data_set_suggests(run):
    code, _, err = run("prepare", "roms", "--out", "o")
    assert code == 2
    assert "did you mean rooms" in err


def test_a_damaged_checkpoint_is_said(run, photos, weights, tmp_path):
    weights.write_bytes(weights.read_bytes()[:-3])
    code, out, err = run("predict", photos, "--model", weights, "--out", tmp_path / "o")
    assert (code, out) == (1, "")
    assert str(weights) in err


def test_prepare_evaluate_from_end_to_end(run, weights, tmp_path):
    """Rooms → Store → a row for each scale of the model, on stdout and in files."""
    store = tmp_path / "store"
    size = ["--frames", 6, "--width", 64, "--height", 48, "--frames-per-room", 2]
    code, out, err = run("prepare", "rooms", *size, "--seed", 5, "--holdout", "test=0.34", "--out", store)
    assert code == 0
    assert dict(line.split("\t") for line in out.splitlines()) == {"train": "4", "test": "2"}
    assert str(store) in err
    manifest = json.loads((store / "manifest.json").read_text())
    assert manifest["seed"] == manifest["source"]["seed"] == 5

    code, out, err = run("evaluate", weights, "--data", store, "--protocol", "rooms", "--out", tmp_path / "scores")
    assert code == 0
    assert "tiny_run coarse" in out
    assert "tiny_run fine" in out
    assert "protocol:rooms" in out
    assert "protocol:rooms" not in err
    saved = {path.suffix for path in (tmp_path / "scores").iterdir()}
    assert saved == {".txt", ".md", ".csv", ".json"}


def test_the_command_is_installed():
    """The console script, as a shell runs it."""
    command = Path(sys.executable).with_name("fathom")
    done = subprocess.run([command, "recipes", "nothing_like_it"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("fathom: no recipe is called")
    done = subprocess.run(
        [command, "--help"], capture_output=True, text=True, check=False, env={**os.environ, "COLUMNS": "40"}
    )
    assert done.returncode == 0


def test_doctor_says_what_is_wrong_and_exits_so(run, tmp_path):
    from small import folder

    folder.write(tmp_path)
    code, out, err = run("doctor", "folder", tmp_path, "--scenes", "scenes.csv")
    assert (code, err) == (0, "")
    assert out.splitlines()[-1].endswith("nothing is missing or wrong")
    (tmp_path / "depth/1.png").write_bytes(b"no picture")
    code, out, _ = run("doctor", "folder", tmp_path, "--scenes", "scenes.csv")
    assert code == 1
    assert "depth/1.png" in out
    code, out, _ = run("doctor", "folder", tmp_path / "nowhere")
    assert code == 1
    assert "BROKEN" in out
    assert "no such folder" in out


def test_preparing_again_says_that_nothing_was_read(run, tmp_path):
    words = ("prepare", "rooms", "--frames", 4, "--width", 48, "--height", 32, "--out", tmp_path / "s")
    assert "nothing was read" not in run(*words, "--holdout", "test=0")[2]
    code, out, err = run(*words, "--holdout", "test=0")
    assert (code, out) == (0, "train\t4\n")
    assert f"nothing was read. To take files mended since, delete {tmp_path / 's'}" in err
