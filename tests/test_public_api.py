"""The public surface, written out: a name that comes or goes is a decision, not an accident."""

import inspect
import re

import pytest

import fathom

NAMES = [
    "Camera",
    "FathomError",
    "FolderPredictor",
    "Photo",
    "Prediction",
    "Predictor",
    "Quantity",
    "Sample",
    "ScoreTable",
    "Store",
    "__version__",
    "compare",
    "diagnose",
    "evaluate",
    "evaluate_all",
    "explain",
    "leaderboard",
    "predict",
    "prepare",
    "read_depth",
    "read_photo",
    "save",
    "train",
    "write_report",
]


def test_the_names():
    assert fathom.__all__ == NAMES
    assert dir(fathom) == NAMES


@pytest.mark.parametrize("name", [n for n in NAMES if n != "__version__"])
def test_every_name_loads_and_says_what_it_is(name):
    value = getattr(fathom, name)
    assert value.__name__ == name
    assert inspect.getdoc(value)


def test_the_version_is_the_packages():
    from importlib.metadata import version

    assert fathom.__version__ == version("fathom-depth")
    assert re.fullmatch(r"\d+\.\d+\.\d+", fathom.__version__)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'predcit'"):
        fathom.predcit  # noqa: B018


@pytest.mark.parametrize(
    ("function", "words"),
    [
        ("predict", ["photo", "model", "geometry", "fov_deg", "focal_px"]),
        ("prepare", ["dataset", "out", "holdout", "seed", "progress"]),
        ("train", ["recipe", "store", "out", "resume", "seed", "device"]),
        ("evaluate", ["predictors", "split", "protocol"]),
        ("save", ["prediction", "path"]),
    ],
)
def test_arguments_that_others_rely_on(function, words):
    parameters = inspect.signature(getattr(fathom, function)).parameters
    assert [p for p in parameters if p in words] == words
