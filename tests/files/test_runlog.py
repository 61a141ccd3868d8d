from pathlib import Path
from types import SimpleNamespace

import pytest

from fathom.errors import CannotWrite
from fathom.files import runlog
from fathom.files.runlog import RunLog, read_log


def test_what_a_resumed_run_writes_after_a_line_cut_short_is_read(tmp_path):
    with RunLog(tmp_path, keep=False, show=False) as log:
        log.begin("coarse", 100, 0)
        log.step("coarse", 10, 0.5, 0.1)
    with (tmp_path / "log.jsonl").open("a") as file:
        file.write('{"stage": "coa')
    assert [line["loss"] for line in read_log(tmp_path / "log.jsonl")] == [0.5]
    with RunLog(tmp_path, keep=True, show=False) as log:
        log.begin("coarse", 100, 10)
        for samples in (20, 30):
            log.step("coarse", samples, 0.4, 0.1)
    assert [line["samples"] for line in read_log(tmp_path / "log.jsonl")] == [10, 20, 30]


def test_a_new_run_begins_a_new_log(tmp_path):
    for loss in (0.5, 0.4):
        with RunLog(tmp_path, keep=False, show=False) as log:
            log.begin("coarse", 100, 0)
            log.step("coarse", 10, loss, 0.1)
    assert [line["loss"] for line in read_log(tmp_path / "log.jsonl")] == [0.4]


def test_images_per_second_are_of_training_alone(tmp_path, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(runlog, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    with RunLog(tmp_path, keep=False, show=False) as log:
        log.begin("coarse", 100, 40)  # 40 were done by an earlier run
        with log.paused():
            clock[0] += 10
        clock[0] += 2
        log.step("coarse", 60, 0.5, 0.1)
    assert read_log(tmp_path / "log.jsonl")[0]["images_per_s"] == 10


def test_a_full_disk_is_told_once(tmp_path):
    """/dev/full takes the place of the log: opening it works, writing to it says that no space is left."""
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full here")
    (tmp_path / "log.jsonl").symlink_to("/dev/full")

    def run():
        with RunLog(tmp_path, keep=False, show=False) as log:
            log.begin("coarse", 100, 0)
            log.step("coarse", 10, 0.5, 0.1)

    with pytest.raises(CannotWrite, match=r"log\.jsonl: No space left.*free some space"):
        run()


def test_what_is_said_is_neither_wrapped_nor_read_as_markup(tmp_path, capsys):
    words = f"stopped: {'runs/[bold]/' * 20} holds what was done"
    with RunLog(tmp_path, keep=False, show=True) as log:
        log.say(words)
    assert capsys.readouterr().err == f"{words}\n"


def test_a_resumed_run_forgets_what_its_checkpoint_does_not_know(tmp_path):
    with RunLog(tmp_path, keep=False, show=False) as log:
        log.begin("coarse", 100, 0)
        for samples in (10, 20, 30):
            log.step("coarse", samples, 0.5, 0.1)
    with RunLog(tmp_path, keep=True, show=False) as log:
        log.begin("coarse", 100, 20)
        log.step("coarse", 30, 0.25, 0.1)
    lines = read_log(tmp_path / "log.jsonl")
    assert [(line["samples"], line["loss"]) for line in lines] == [(10, 0.5), (20, 0.5), (30, 0.25)]
