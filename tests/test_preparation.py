import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fathom import shelf
from fathom.datasets._base import Dataset, Finding
from fathom.errors import BadInput, CannotWrite, MissingData
from fathom.files.store import Store
from fathom.preparation import hold_out, prepare
from fathom.records import Camera, Sample


class Made(Dataset):
    """Ten scenes of three samples; sample 4 is damaged, 7 missing and 9 of another size."""

    title, frame, depth_step_m = "made", (6, 8), 0.001

    def __init__(self, official=""):
        self.official = official

    def __len__(self):
        return 30

    def name_of(self, index):
        return f"n{index}"

    def read(self, index):
        if index == 4:
            raise BadInput("n4.png: damaged")
        if index == 7:
            raise MissingData("n7.png: gone")
        height = 5 if index == 9 else 6
        rgb = np.full((height, 8, 3), index, np.uint8)
        depth_m = np.full((height, 8), 1 + index / 10, np.float32)
        return Sample(rgb, depth_m, Camera.from_fov(8, height, 60), self.name_of(index), f"scene{index // 3}")

    def split_of(self, index):
        return self.official

    def provenance(self):
        return {"dataset": "made"}


class Nothing(Made):
    def read(self, index):
        raise BadInput(f"n{index}: nothing here")

    def provenance(self):
        return {"dataset": "nothing"}


def test_bad_samples_are_left_out_and_said_so(tmp_path):
    calls = []
    store = prepare(Made(), tmp_path / "s", progress=lambda *call: calls.append(call))
    assert [s["name"] for s in store.manifest["left_out"]] == ["n4", "n7", "n9"]
    assert "damaged" in store.manifest["left_out"][0]["reason"]
    assert [s.name for s in store.split("all")] == [f"n{i}" for i in range(30) if i not in (4, 7, 9)]
    assert [call[:2] for call in calls] == [(i + 1, 30) for i in range(30)]
    assert [call[0] for call in calls if call[2]] == [5, 8, 10]
    assert store.manifest["source"] == {"dataset": "made"}


def test_no_scene_is_in_two_splits(tmp_path):
    store = prepare(Made(), tmp_path / "s", holdout={"test": 0.2, "val": 0.1}, seed=3)
    scenes = {name: {s.scene for s in store.split(name)} for name in store.splits}
    assert {name: len(found) for name, found in scenes.items()} == {"train": 7, "test": 2, "val": 1}
    assert not scenes["train"] & scenes["test"] | scenes["train"] & scenes["val"] | scenes["test"] & scenes["val"]


def test_official_splits_are_kept(tmp_path):
    assert prepare(Made("official"), tmp_path / "s").splits == {"official": 27}


def test_nothing_is_left_behind_when_nothing_can_be_read(tmp_path):
    with pytest.raises(BadInput, match="not one of 30"):
        prepare(Nothing(), tmp_path / "s")
    assert list((tmp_path / "s").iterdir()) == []
    with pytest.raises(MissingData):
        Store.open(tmp_path / "s")


def test_a_refused_preparation_leaves_the_store_that_was_there(tmp_path):
    before = prepare(Made(), tmp_path / "s").split("all").fingerprint
    for dataset, shares in ((Nothing(), None), (Made(), {"test": 2.0}), (Made(), {"test": 0.99})):
        with pytest.raises(BadInput):
            prepare(dataset, tmp_path / "s", holdout=shares)
    assert Store.open(tmp_path / "s").split("all").fingerprint == before
    visible = {p.name for p in (tmp_path / "s").iterdir() if not p.name.startswith(".")}
    assert visible == {"manifest.json", "rgb.npy", "depth.npy"}
    assert prepare(Made(), tmp_path / "s", holdout={"test": 0.3}).splits == {"train": 18, "test": 9}
    assert {p.name for p in (tmp_path / "s").iterdir()} == visible


@given(st.sets(st.text(max_size=5), min_size=2, max_size=40), st.floats(0.01, 0.4), st.integers(0, 5))
def test_held_out_scenes_depend_on_names_and_seed_alone(scenes, share, seed):
    splits = hold_out(scenes, {"test": share}, seed)
    assert splits == hold_out(set(reversed(sorted(scenes))), {"test": share}, seed)
    held = [s for s, split in splits.items() if split == "test"]
    assert len(held) == max(1, round(share * len(scenes)))


def test_impossible_shares_are_refused():
    with pytest.raises(BadInput, match="too few"):
        hold_out({"only"}, {"test": 0.1}, 0)
    for share in (1.0, -0.1, float("nan"), float("inf")):
        with pytest.raises(BadInput, match="shares"):
            hold_out({"a", "b"}, {"test": share}, 0)
    for name in ("", "all", "train"):
        with pytest.raises(BadInput, match="cannot be called"):
            hold_out({"a", "b"}, {name: 0.1}, 0)
    assert hold_out({"a"}, {}, 0) == {"a": "train"}


def test_the_seed_chooses_the_scenes_and_is_written_down(tmp_path):
    scenes = {f"scene{n}" for n in range(40)}
    held = [
        {s for s, split in hold_out(scenes, {"test": 0.25}, seed).items() if split == "test"} for seed in (0, 1)
    ]
    assert held[0] != held[1]
    store = prepare(Made(), tmp_path / "s", holdout={"test": 0.2}, seed=3)
    assert (store.manifest["seed"], store.manifest["holdout"]) == (3, {"test": 0.2})


def test_official_splits_of_a_single_scene_are_kept(tmp_path):
    class OneScene(Made):
        def __len__(self):
            return 3

    assert prepare(OneScene("test"), tmp_path / "s").splits == {"test": 3}


class Stopping(Made):
    """The power goes off, or Ctrl-C is pressed, when sample ``stop`` is read."""

    def __init__(self, stop, error):
        super().__init__()
        self.stop, self.error, self.reads = stop, error, []

    def read(self, index):
        self.reads.append(index)
        if index == self.stop:
            raise self.error
        return super().read(index)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), CannotWrite("disk"), RuntimeError("a defect")])
@pytest.mark.parametrize("stop", [0, 8, 29])
def test_a_preparation_that_stops_goes_on_from_there(tmp_path, stop, error):
    whole = prepare(Made(), tmp_path / "whole")
    with pytest.raises(type(error)):
        prepare(Stopping(stop, error), tmp_path / "s")
    with pytest.raises(MissingData):
        Store.open(tmp_path / "s")
    again = Stopping(None, None)
    store = prepare(again, tmp_path / "s")
    assert sorted(again.reads) == list(range(stop, 30))
    assert store.manifest == whole.manifest
    np.testing.assert_array_equal(store.rgb, whole.rgb)
    np.testing.assert_array_equal(store.depth, whole.depth)


def test_doing_it_again_does_nothing(tmp_path):
    first = prepare(Made(), tmp_path / "s", seed=3)
    written = {p.name: p.stat().st_mtime_ns for p in (tmp_path / "s").iterdir()}
    again = Stopping(0, RuntimeError("it reads"))
    assert prepare(again, tmp_path / "s", seed=3).manifest == first.manifest
    assert {p.name: p.stat().st_mtime_ns for p in (tmp_path / "s").iterdir()} == written
    assert prepare(Made(), tmp_path / "s", seed=4).splits == first.splits  # as many, others
    assert {p.name: p.stat().st_mtime_ns for p in (tmp_path / "s").iterdir()} != written


def test_a_split_that_cannot_be_is_no_reason_to_read_again(tmp_path):
    with pytest.raises(BadInput, match="too few"):
        prepare(Made(), tmp_path / "s", holdout={"test": 0.99})
    again = Stopping(0, RuntimeError("it reads"))
    assert set(prepare(again, tmp_path / "s", holdout={"test": 0.2}).splits) == {"train", "test"}


def test_what_is_broken_is_not_prepared(tmp_path):
    class Broken(Made):
        def examine(self):
            yield Finding("incomplete", "one drive is missing")
            yield Finding("broken", "the rotation is not one", advice="get the calibration again")

    with pytest.raises(BadInput, match=r"the rotation is not one \(get the calibration again\)"):
        prepare(Broken(), tmp_path / "s")
    assert not (tmp_path / "s").exists()


def test_the_evened_list_is_kept(tmp_path):
    class Uneven(Made):
        def times_of(self, index):
            return 3 if index < 2 else 1

    store = prepare(Uneven(), tmp_path / "s", holdout={"test": 0})
    assert [s.name for s in store.split("train").evened()][:7] == ["n0"] * 3 + ["n1"] * 3 + ["n2"]


def test_a_killed_preparation_goes_on(tmp_path):
    """Really killed, several times, at moments that differ."""
    words = ["prepare", "rooms", "--frames", "300", "--width", "64", "--height", "48", "--out"]
    command = [Path(sys.executable).with_name("fathom"), *words]
    environment = {**os.environ, "NUMBA_NUM_THREADS": "1"}
    kills = 0
    for n in range(25):
        with subprocess.Popen([*command, tmp_path / "s"], stderr=subprocess.PIPE, env=environment) as process:
            try:
                process.wait(1.6 * 1.2**n)  # longer each time, whatever else the machine does
            except subprocess.TimeoutExpired:
                process.kill()
                kills += 1
            else:
                break
    assert process.returncode == 0
    assert kills
    whole = prepare(shelf.look_up("datasets", "rooms")(frames=300, width=64, height=48), tmp_path / "whole")
    assert Store.open(tmp_path / "s").manifest == whole.manifest
    assert Store.open(tmp_path / "s").split("all").fingerprint == whole.split("all").fingerprint


def test_nothing_can_be_held_out_of_official_splits(tmp_path):
    with pytest.raises(BadInput, match="splits of its own"):
        prepare(Made("official"), tmp_path / "s", holdout={"val": 0.1})
    assert prepare(Made("official"), tmp_path / "s", holdout={"val": 0}).splits == {"official": 27}


def test_a_sample_without_any_depth_is_left_out(tmp_path):
    class Empty(Made):
        def read(self, index):
            sample = super().read(index)
            return replace(sample, depth_m=np.full_like(sample.depth_m, np.nan)) if index == 2 else sample

    store = prepare(Empty(), tmp_path / "s")
    assert "n2" in [left["name"] for left in store.manifest["left_out"]]
