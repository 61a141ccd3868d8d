"""What every model on the shelf must keep to. A new model is tested as soon as its file is there."""

import re

import pytest
import torch

from fathom import shelf
from fathom.errors import UnknownName
from fathom.models._base import DepthModel, DepthStatistics
from fathom.records import Quantity

NAMES = shelf.names("models")


def on_meta(name: str) -> DepthModel:
    """The model without memory for its weights: shapes only."""
    with torch.device("meta"):
        return shelf.look_up("models", name)()


def ways_of(model: DepthModel) -> list[str]:
    """The initialisations that the docstring names, as quoted words."""
    return re.findall(r'"(\w+)"', type(model).initialise.__doc__ or "")


def initialised(name: str, how: str, seed: int = 0) -> DepthModel:
    """The model on the CPU: every number NaN at first, then initialised."""
    model = on_meta(name).to_empty(device="cpu")
    for tensor in model.state_dict().values():
        tensor.fill_(torch.nan)
    height, width = model.spec.frame
    mean_depth_m = torch.linspace(1.0, 4.0, height * width).view(height, width)
    statistics = DepthStatistics(float(mean_depth_m.log().mean()), mean_depth_m)
    model.initialise(how, statistics, torch.Generator().manual_seed(seed))
    return model.eval()


@pytest.mark.parametrize("name", NAMES)
def test_spec_is_consistent(name):
    spec = on_meta(name).spec
    for axis in (0, 1):
        assert spec.crop[axis] <= spec.frame[axis]
        assert 0 <= spec.footprint[axis] <= spec.offset[axis] < spec.footprint[axis] + spec.stride
        assert spec.footprint[axis] + spec.output[axis] * spec.stride <= spec.crop[axis]
    top, left, height, width = spec.footprint_in_frame
    assert top >= 0
    assert left >= 0
    assert top + height <= spec.frame[0]
    assert left + width <= spec.frame[1]
    assert spec.focal_px > 0


@pytest.mark.parametrize("name", NAMES)
def test_says_what_it_is(name):
    model = on_meta(name)
    assert isinstance(model, DepthModel)
    assert type(model).__doc__
    assert model.quantity in Quantity
    assert model.scales
    assert len(set(model.scales)) == len(model.scales)
    assert ways_of(model), "initialise() names its ways in its docstring, each in double quotes"


@pytest.mark.parametrize("name", NAMES)
def test_every_scale_has_the_shape_of_the_spec(name):
    model = on_meta(name).eval()
    rgb = torch.empty(2, 3, *model.spec.crop, device="meta")
    for scale in (None, *model.scales):
        assert model(rgb, scale).shape == (2, *model.spec.output)


@pytest.mark.parametrize("name", NAMES)
def test_unknown_names_are_said(name):
    model = on_meta(name).eval()
    with pytest.raises(UnknownName, match="no such way"):
        model.initialise("no such way", DepthStatistics(0.0, torch.ones(model.spec.frame)), torch.Generator())
    if len(model.scales) > 1:
        with pytest.raises(UnknownName, match="no such scale"):
            model(torch.empty(1, 3, *model.spec.crop, device="meta"), "no such scale")


@pytest.mark.parametrize(("name", "how"), [(name, how) for name in NAMES for how in ways_of(on_meta(name))])
def test_initialised_it_predicts(name, how):
    before = torch.random.get_rng_state()
    model = initialised(name, how)
    assert torch.equal(torch.random.get_rng_state(), before), "initialise() draws from its generator only"
    assert not [k for k, v in model.state_dict().items() if not v.isfinite().all()], "left as they were"
    rgb = torch.rand(1, 3, *model.spec.crop, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        for scale in model.scales:
            log_depth = model(rgb, scale)
            assert log_depth.dtype == torch.float32
            assert log_depth.isfinite().all()
            # It begins somewhere near the training set's depths (1 to 4 m), not at another order of magnitude.
            assert 0.1 < log_depth.exp().median() < 40


@pytest.mark.parametrize("name", NAMES)
def test_the_seed_decides(name):
    """Equal seeds give equal weights; different seeds give different ones, if anything is drawn at all."""
    how = ways_of(on_meta(name))[0]
    first, again, other = (_fingerprint(initialised(name, how, seed)) for seed in (0, 0, 1))
    assert first == again
    if list(on_meta(name).parameters()):
        assert first != other


def _fingerprint(model: DepthModel) -> list[float]:
    return [float(tensor.flatten()[:1000].double().sum()) for tensor in model.state_dict().values()]
