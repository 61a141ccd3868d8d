"""What every data set on the shelf must keep to. A new one needs an example here: how a small one is made."""

import inspect
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fathom import shelf
from fathom.datasets._base import Dataset
from fathom.records import Sample

NAMES = shelf.names("datasets")


def small_folder(tmp_path: Path):
    """Three pictures with depth in millimetres, two scenes, a hole in each depth."""
    rng = np.random.default_rng(0)
    for part in ("rgb", "depth"):
        (tmp_path / part).mkdir()
    for i in range(3):
        Image.fromarray(rng.integers(0, 256, (12, 16, 3), np.uint8)).save(tmp_path / f"rgb/{i}.png")
        depth_mm = rng.integers(500, 9000, (12, 16)).astype(np.uint16)
        depth_mm[2:4, 5:9] = 0
        Image.fromarray(depth_mm).save(tmp_path / f"depth/{i}.png")
    (tmp_path / "scenes.csv").write_text("name,scene\n0,kitchen\n1,kitchen\n2,study\n")
    return shelf.look_up("datasets", "folder")(tmp_path, scenes="scenes.csv", fov_deg=60)


def small_rooms(tmp_path: Path):
    """Four frames of two rooms."""
    return shelf.look_up("datasets", "rooms")(frames=4, width=48, height=32, frames_per_room=2, seed=3)


EXAMPLES = {"folder": small_folder, "rooms": small_rooms}


@pytest.fixture(params=NAMES)
def dataset(request, tmp_path):
    assert request.param in EXAMPLES, f"add to EXAMPLES how a small '{request.param}' is made"
    return EXAMPLES[request.param](tmp_path)


@pytest.mark.parametrize("name", NAMES)
def test_the_constructor_is_documented(name):
    entry = shelf.look_up("datasets", name)
    words = (inspect.getdoc(entry) or "") + (inspect.getdoc(entry.__init__) or "")
    for parameter in inspect.signature(entry).parameters.values():
        assert parameter.annotation is not parameter.empty, f"{parameter.name}: the command line needs its type"
        assert parameter.name in words, f"{parameter.name} is not in the docstring"


def test_is_a_dataset(dataset):
    assert isinstance(dataset, Dataset)
    assert dataset.title
    assert "/" not in dataset.title, "the split's name follows the title after a slash"
    assert len(dataset) > 0
    assert dataset.depth_step_m > 0


def test_names_differ(dataset):
    names = [dataset.name_of(i) for i in range(len(dataset))]
    assert len(set(names)) == len(names)


def test_samples_are_what_they_should_be(dataset):
    for i in range(len(dataset)):
        sample = dataset.read(i)
        assert isinstance(sample, Sample)
        assert sample.name == dataset.name_of(i)
        assert sample.scene
        assert sample.rgb.dtype == np.uint8
        assert sample.rgb.shape == (*dataset.frame, 3)
        assert sample.depth_m.dtype == np.float32
        assert sample.depth_m.shape == dataset.frame
        assert (sample.camera.height, sample.camera.width) == dataset.frame
        depth_m = sample.depth_m[~np.isnan(sample.depth_m)]
        assert depth_m.size
        assert depth_m.min() > 0
        assert depth_m.max() / dataset.depth_step_m < 2**16, "the Store keeps 16-bit multiples of depth_step_m"
        assert isinstance(dataset.split_of(i), str)


def test_reading_again_gives_the_same(dataset):
    last = len(dataset) - 1
    first, again = dataset.read(last), dataset.read(last)
    np.testing.assert_array_equal(first.rgb, again.rgb)
    np.testing.assert_array_equal(first.depth_m, again.depth_m)
    assert first.camera == again.camera


def test_samples_differ(dataset):
    """A data set that gives the same picture under every number would pass all of the above."""
    pictures = {dataset.read(i).rgb.tobytes() for i in range(len(dataset))}
    assert len(pictures) == len(dataset)


def test_scenes_group_samples(dataset):
    scenes = [dataset.read(i).scene for i in range(len(dataset))]
    assert 1 < len(set(scenes)) < len(dataset), "the examples have scenes of more than one sample"


def test_provenance_is_plain_data_without_machine_paths(dataset, tmp_path):
    text = json.dumps(dataset.provenance())
    assert str(tmp_path) not in text
