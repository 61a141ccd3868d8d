import pytest
import torch

from fathom.errors import UnknownName
from fathom.models._base import DepthStatistics
from fathom.shelf import look_up


def test_it_answers_every_picture_with_the_mean_image():
    model = look_up("models", "mean_depth/nyu")()
    mean_depth_m = torch.rand(240, 320) + 1
    mean_depth_m[0, 0] = torch.nan
    model.initialise("mean", DepthStatistics(0.5, mean_depth_m), torch.Generator())
    out = model(torch.rand(2, 3, 240, 320)).exp()
    assert torch.allclose(out[1].nan_to_num(-1), mean_depth_m.nan_to_num(-1))
    assert out[:, 0, 0].isnan().all()
    assert model.spec.footprint_in_frame == (0, 0, 240, 320)
    with pytest.raises(UnknownName):
        model.initialise("he", DepthStatistics(0.5, mean_depth_m), torch.Generator())
