"""diagnose(): everything that is wrong becomes a finding, and the verdict follows from the findings."""

import numpy as np
import pytest
from PIL import Image

from fathom import shelf
from fathom.datasets._base import Dataset, Finding
from fathom.doctor import diagnose
from fathom.errors import BadInput, MissingData
from fathom.records import Camera, Sample
from small import folder as small_folder


class Made(Dataset):
    """Five samples at 2 m; ``examine`` answers with the given findings."""

    title, frame, depth_step_m = "made", (6, 8), 0.001

    def __init__(self, findings=(), bad=None, empty=None):
        self.findings, self.bad, self.empty = findings, bad, empty

    def __len__(self):
        return 5

    def name_of(self, index):
        return f"n{index}"

    def read(self, index):
        if index == self.bad:
            raise MissingData(f"n{index}.png is not there")
        depth_m = np.full((6, 8), np.nan if index == self.empty else 2, np.float32)
        return Sample(np.zeros((6, 8, 3), np.uint8), depth_m, Camera.from_fov(8, 6, 60), f"n{index}", "scene")

    def provenance(self):
        return {}

    def examine(self):
        yield from self.findings


def test_what_is_sound_is_called_so():
    diagnosis = diagnose(Made)
    assert diagnosis.sound
    assert [f.where for f in diagnosis.findings] == ["n0", "n2", "n4"]
    assert "8x6, 100.0 % of the pixels have depth, 2.00 to 2.00 m" in diagnosis.text()
    assert diagnosis.text().endswith("made: nothing is missing or wrong")


@pytest.mark.parametrize(
    ("verdict", "sound", "word"),
    [
        ("good", True, "nothing is missing"),
        ("note", True, "nothing is missing"),
        ("doubtful", False, "1 doubtful"),
        ("incomplete", False, "1 missing"),
        ("broken", False, "1 broken"),
    ],
)
def test_the_verdict_follows_from_the_findings(verdict, sound, word):
    diagnosis = diagnose(lambda: Made([Finding(verdict, "something", "there", "do this")]))
    assert diagnosis.sound is sound
    last = diagnosis.text().splitlines()[-1]
    assert word in last
    assert "there: something" in diagnosis.text()
    assert "→ do this" in diagnosis.text()


def test_the_worst_is_said_last():
    order = ["broken", "good", "incomplete", "note", "doubtful"]
    lines = diagnose(lambda: Made([Finding(v, f"it is {v}") for v in order])).text().splitlines()
    said = [line.rpartition(" it is ")[2] for line in lines if line.split()[-1] in order]
    assert said == ["good", "note", "doubtful", "incomplete", "broken"]


def test_samples_that_cannot_be_read_or_are_empty_are_found():
    for made in (Made(bad=2), Made(empty=2)):
        diagnosis = diagnose(lambda made=made: made)
        assert not diagnosis.sound
        assert [f.where for f in diagnosis.findings if f.verdict == "incomplete"] == ["n2"]


def test_what_the_constructor_or_the_examination_raises_is_a_finding():
    def fails():
        raise BadInput("the .mat is not one")

    assert "the .mat is not one" in diagnose(fails).text()
    assert not diagnose(fails).sound

    class Failing(Made):
        def examine(self):
            yield Finding("good", "so far")
            raise MissingData("calibration is not there")

    assert "calibration is not there" in diagnose(Failing).text()
    assert "so far" in diagnose(Failing).text()

    class Empty(Made):
        def __len__(self):
            return 0

    assert "not one sample" in diagnose(Empty).text()


def test_a_folder_of_the_wrong_unit_is_doubted(tmp_path):
    small_folder.write(tmp_path)
    depth_mm = np.asarray(Image.open(tmp_path / "depth/0.png"))
    rng = np.random.default_rng(0)
    for name in ("0", "1", "2"):
        tum = np.tile(depth_mm, (8, 8)) * 5 // 5 * 5
        Image.fromarray(tum.astype(np.uint16)).save(tmp_path / f"depth/{name}.png")
        Image.fromarray(rng.integers(0, 256, (96, 128, 3), np.uint8)).save(tmp_path / f"rgb/{name}.png")
    (tmp_path / "rgb/alone.png").write_bytes((tmp_path / "rgb/0.png").read_bytes())
    folder = shelf.look_up("datasets", "folder")
    text = diagnose(lambda: folder(tmp_path, scenes="scenes.csv")).text()
    assert "3 of 3 depth maps looked at do not look like depth in mm" in text
    assert "no partner of the same name: alone" in text
    right = diagnose(lambda: folder(tmp_path, scenes="scenes.csv", depth_unit="1/5000")).text()
    assert "do not look like" not in right
