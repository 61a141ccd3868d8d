"""What every data set on the shelf must keep to. A new one needs tests/small/NAME.py, which makes a small one."""

import inspect
import json
from importlib import import_module

import numpy as np
import pytest

from fathom import shelf
from fathom.datasets._base import Dataset, Finding
from fathom.records import Sample

NAMES = shelf.names("datasets")


@pytest.fixture(params=NAMES)
def dataset(request, tmp_path):
    return import_module(f"small.{request.param.partition('/')[0]}").example(tmp_path)


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


def test_a_sound_example_is_found_sound(dataset):
    """Nothing is broken or missing in the small example, and what was found out is said in words."""
    findings = list(dataset.examine())
    assert all(isinstance(f, Finding) and f.what for f in findings)
    assert not [f for f in findings if f.verdict == "broken"]


def test_stands_in_the_list_at_least_once(dataset):
    assert all(dataset.times_of(i) >= 1 for i in range(len(dataset)))
