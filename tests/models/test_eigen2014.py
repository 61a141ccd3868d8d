"""Sizes of Fig. 1's table (width x height there, (height, width) here), field of view, alignment, variants."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from fathom.errors import UnknownName
from fathom.models import eigen2014
from fathom.models._base import DepthStatistics, InputSpec
from fathom.shelf import look_up

# As printed in Fig. 1: coarse 1, coarse 2, coarse 3 and 4, coarse 5, coarse 7 and fine 1 to 4.
TABLE = {
    "eigen2014/nyu": [(27, 37), (13, 18), (13, 18), (13, 18), (6, 8), (55, 74), (55, 74)],
    "eigen2014/kitti": [(20, 71), (9, 35), (9, 35), (9, 35), (4, 17), (27, 142), (27, 142)],
}
# Coarse convolutions are the same; section 1.1's 4096 units; worked out by hand from the sizes.
PARAMETERS = {
    "eigen2014/nyu": 3_747_200 + 50_335_744 + 16_674_790,
    "eigen2014/kitti": 3_747_200 + (17_408 + 1) * 4096 + (4096 + 1) * 3834,
}
STATISTICS = DepthStatistics(0.9, torch.full((240, 320), 2.5))


@pytest.fixture(scope="module", params=sorted(TABLE))
def model(request):
    torch.manual_seed(0)
    return request.param, look_up("models", request.param)().eval()


def sizes(model, picture):
    """(height, width) after every pool and convolution of a forward pass, as the modules and functions see them."""
    seen = {}
    hooks = [
        layer.register_forward_hook(lambda _m, _i, out, name=name: seen.__setitem__(name, tuple(out.shape[-2:])))
        for name, layer in model.named_modules()
        if isinstance(layer, nn.Conv2d)
    ]
    with torch.no_grad():
        seen["coarse7"] = tuple(model(picture, "coarse").shape[-2:])
        seen["output"] = tuple(model(picture).shape[-2:])
    for hook in hooks:
        hook.remove()
    return seen


def test_sizes_are_those_of_the_table(model):
    name, network = model
    pooled = []
    original = F.max_pool2d

    def spy(x, *args, **kwargs):
        out = original(x, *args, **kwargs)
        pooled.append((tuple(x.shape[-2:]), tuple(out.shape[-2:]), kwargs or args))
        return out

    eigen2014.F.max_pool2d = spy
    try:
        seen = sizes(network, torch.rand(1, 3, *network.spec.crop))
    finally:
        eigen2014.F.max_pool2d = original
    coarse1, coarse2, coarse5 = (out for _, out, _ in pooled[:3])
    found = [coarse1, coarse2, seen["coarse.conv3"], seen["coarse.conv4"], coarse5, seen["coarse7"]]
    assert [*found, pooled[-1][1]] == TABLE[name]
    assert {str(kind) for _, _, kind in pooled} == {"{'kernel_size': 3, 'stride': 2}"}
    assert seen["fine.conv2"] == seen["fine.conv3"] == seen["output"] == TABLE[name][-1]
    assert network.coarse.full6.in_features == 256 * coarse5[0] * coarse5[1]


def test_first_layers_have_the_derived_sizes(model):
    """Section 1.2: conv1 75x56 and 143x42; fine conv1 149x111 and, from the bottom 576x116, 285x55."""
    name, network = model
    seen = sizes(network, torch.rand(1, 3, *network.spec.crop))
    expected = {"eigen2014/nyu": [(56, 75), (111, 149)], "eigen2014/kitti": [(42, 143), (55, 285)]}
    assert [seen["coarse.conv1"], seen["fine.conv1"]] == expected[name]


def test_parameter_counts(model):
    name, network = model
    assert sum(p.numel() for p in network.coarse.parameters()) == PARAMETERS[name]
    assert sum(p.numel() for p in network.fine.parameters()) == 119_437
    widths = [network.coarse.get_submodule(f"conv{i}").out_channels for i in range(1, 6)]
    assert widths == [96, 256, 384, 384, 256]
    assert network.fine.conv1.out_channels == 63


def fine_gradient(network, row, column):
    """Where the input of the fine network moves its output (row, column): (height, width) of 0 and 1."""
    colour = torch.rand(1, 3, *network.spec.crop, requires_grad=True)
    top = network.spec.footprint[0] - 4
    coarse = torch.zeros(1, 1, *network.spec.output)
    network.fine(colour[:, :, top:], coarse)[0, 0, row, column].backward()
    return colour.grad[0].abs().sum(0) > 0


@pytest.fixture(scope="module")
def open_fine():
    """A fine network that passes gradients everywhere: positive weights, so that no ReLU or pool hides a pixel."""

    def build(name):
        network = look_up("models", name)()
        for parameter in network.fine.parameters():
            parameter.data.uniform_(0.001, 0.002)
        # A pool passes the gradient of its maximum alone; an average has the same extent and hides nothing.
        return network

    return build


@pytest.mark.parametrize("name", sorted(TABLE))
def test_field_of_view_of_the_fine_stack_is_45_pixels(name, open_fine, monkeypatch):
    network = open_fine(name)
    monkeypatch.setattr(
        eigen2014.F, "max_pool2d", lambda x, kernel_size, stride: F.avg_pool2d(x, kernel_size, stride)
    )
    row, column = network.spec.output[0] // 2, network.spec.output[1] // 2
    rows, columns = fine_gradient(network, row, column).nonzero().unbind(1)
    assert (rows.max() - rows.min() + 1, columns.max() - columns.min() + 1) == (45, 45)
    # Output p is centred on input pixel offset + 4p: 4p + 5 of what the fine network sees.
    assert (rows.max() + rows.min()) / 2 == network.spec.offset[0] + 4 * row
    assert (columns.max() + columns.min()) / 2 == network.spec.offset[1] + 4 * column


def test_kitti_fine_network_sees_the_bottom_116_rows_and_the_coarse_one_everything():
    network = look_up("models", "eigen2014/kitti")().eval()
    picture = torch.rand(1, 3, 172, 576)
    above = picture.clone()
    above[:, :, :56] = 0
    with torch.no_grad():
        assert not torch.equal(network(picture, "coarse"), network(above, "coarse"))
        coarse = torch.zeros(1, 1, 27, 142)
        fine = [network.fine(p[:, :, 56:], coarse) for p in (picture, above)]
        below = picture.clone()
        below[:, :, 56] = 0
        changed = network.fine(below[:, :, 56:], coarse)
    assert torch.equal(*fine)
    assert not torch.equal(fine[0], changed)
    assert picture[:, :, 56:].shape[-2:] == (116, 576)
    spec = network.spec
    assert spec.footprint[0] + 27 * 4 + 4 == 172  # the target area ends four pixels above the bottom


def test_footprint_in_the_frame_is_that_of_the_release():
    assert eigen2014.NYU.footprint_in_frame == (10, 12, 220, 296)
    assert eigen2014.KITTI.footprint_in_frame == (6 + 60, 18 + 4, 108, 568)


def test_pooling_before_the_relu_changes_nothing():
    x = torch.randn(2, 4, 21, 30)
    assert torch.equal(F.relu(eigen2014._pool(x)), eigen2014._pool(F.relu(x)))


def test_release_normalises_responses_as_its_code_does():
    network = eigen2014.Coarse(eigen2014.NYU, eigen2014.RELEASE)
    x = torch.rand(1, 9, 3, 4) * 40
    squares = F.pad(x.square(), (0, 0, 0, 0, 2, 2))
    window = sum(squares[:, i : i + 9] for i in range(5))
    assert torch.allclose(network._normalise(x), x * (2 + 1e-4 * window) ** -0.75, atol=1e-6)


def test_release_scales_input_features_and_output():
    """The two variants with the same weights agree once the release's constants are undone by hand."""
    release = look_up("models", "eigen2014/nyu_release")().eval()
    picture = torch.rand(1, 3, 228, 304)
    with torch.no_grad():
        for parameter in release.parameters():
            parameter.normal_(0, 0.01)
        x = F.relu(eigen2014._pool(release.coarse.conv1(picture * 255 - 128)))
        x = release.coarse._normalise(x)
        x = release.coarse._normalise(F.relu(eigen2014._pool(release.coarse.conv2(x))))
        x = F.relu(release.coarse.conv4(F.relu(release.coarse.conv3(x))))
        x = F.relu(eigen2014._pool(release.coarse.conv5(x))).flatten(1) * 0.01
        x = release.coarse.full7(F.relu(release.coarse.full6(x)) * 0.5)
        expected = x.view(1, 55, 74) * 0.45723134
        assert torch.allclose(release(picture, "coarse"), expected, atol=1e-6)


def test_release_drops_without_rescaling_and_halves_in_use():
    dropout = eigen2014.PlainDropout()
    x = torch.full((1000,), 3.0)
    torch.manual_seed(0)
    dropped = dropout.train()(x)
    assert set(dropped.unique().tolist()) == {0.0, 3.0}
    assert 400 < (dropped == 0).sum() < 600
    assert torch.equal(dropout.eval()(x), x / 2)


@pytest.mark.parametrize("how", ["release", "he", "he_from_mean_image"])
def test_initialisation_starts_at_the_mean_and_is_reproducible(how):
    network = look_up("models", "eigen2014/nyu")()
    network.initialise(how, STATISTICS, torch.Generator().manual_seed(3))
    first = {name: p.clone() for name, p in network.named_parameters()}
    picture = torch.rand(2, 3, 228, 304)
    with torch.no_grad():
        coarse, fine = network.eval()(picture, "coarse"), network(picture)
    assert torch.allclose(network.coarse.full7.bias, torch.full((4070,), 0.9))
    assert (coarse - 0.9).abs().mean() < 0.2
    assert (fine - 0.9).abs().mean() < 0.5
    network.initialise(how, STATISTICS, torch.Generator().manual_seed(3))
    assert all(torch.equal(first[name], p) for name, p in network.named_parameters())


def test_release_initialisation_has_its_numbers():
    network = look_up("models", "eigen2014/nyu_release")()
    network.initialise("release", STATISTICS, torch.Generator().manual_seed(0))
    deviations = {
        "coarse.conv3": 0.01,
        "coarse.full6": 0.01,
        "fine.conv1": 0.001,
        "fine.conv2": 0.01,
        "fine.conv3": 0.01,
    }
    for name, deviation in deviations.items():
        assert network.get_submodule(name).weight.std().item() == pytest.approx(deviation, rel=0.06)
    assert network.coarse.full7.weight.abs().max() <= 0.005
    assert network.coarse.full7.weight.std().item() == pytest.approx(0.005 / 3**0.5, rel=0.01)
    assert torch.allclose(network.coarse.full7.bias, torch.tensor(0.9 / 0.45723134))


def test_he_initialisation_passes_the_coarse_prediction_through():
    network = look_up("models", "eigen2014/nyu")()
    network.initialise("he", STATISTICS, torch.Generator().manual_seed(0))
    coarse = torch.randn(1, 1, 55, 74)
    grey = torch.full((1, 3, 228, 304), 0.0)
    with torch.no_grad():
        network.fine.conv1.weight.zero_()
        network.fine.conv2.weight[2:] = 0
        assert torch.allclose(network.fine(grey, coarse), coarse, atol=1e-6)


def test_unknown_scale_and_initialisation_are_refused(model):
    _, network = model
    with pytest.raises(UnknownName, match="medium"):
        network(torch.rand(1, 3, *network.spec.crop), "medium")
    with pytest.raises(UnknownName, match="xavier"):
        network.initialise("xavier", STATISTICS, torch.Generator())


# Small enough to be quick; above, 16 rows that the fine network does not see, as for KITTI.
SMALL = InputSpec((88, 72), (84, 68), (15, 15), stride=4, offset=(21, 5), footprint=(20, 4), focal_px=100.0)


@pytest.mark.parametrize("release", [False, True], ids=["printed", "release"])
def test_both_networks_compute_what_is_documented(release):
    """Layer by layer once more, with the constants written out."""
    torch.manual_seed(0)
    network = eigen2014.Eigen2014(SMALL, eigen2014.RELEASE if release else eigen2014.PRINTED).eval()
    weights = dict(network.named_parameters())
    for name, parameter in weights.items():
        if name.endswith("bias"):
            nn.init.normal_(parameter, 0, 0.3)
        else:
            nn.init.kaiming_normal_(parameter)

    def conv(x, name, **how):
        return F.conv2d(x, weights[f"{name}.weight"], weights[f"{name}.bias"], **how)

    def full(x, name):
        return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]

    def normalised(x):
        squares = F.pad(x.square(), (0, 0, 0, 0, 2, 2))
        window = sum(squares[:, i : i + x.shape[1]] for i in range(5))
        return x * (2 + 1e-4 * window) ** -0.75 if release else x

    pool = nn.MaxPool2d(3, 2)
    picture = torch.rand(2, 3, 84, 68)
    standardised = (picture * 255 - 109.31410628) / 76.18328376
    with torch.no_grad():
        x = conv(picture * 255 - 128 if release else standardised, "coarse.conv1", stride=4, padding=2)
        x = normalised(pool(x.relu()))
        x = normalised(pool(conv(x, "coarse.conv2", padding=2).relu()))
        x = conv(conv(x, "coarse.conv3", padding=1).relu(), "coarse.conv4", padding=1).relu()
        x = pool(conv(x, "coarse.conv5", padding=1).relu()).flatten(1)
        x = full(x * 0.01 if release else x, "coarse.full6").relu()
        coarse = full(x * 0.5 if release else x, "coarse.full7").view(2, 1, 15, 15)
        x = pool(conv(standardised[:, :, -68:], "fine.conv1", stride=2, padding=1).relu())
        x = conv(torch.cat([coarse, x], 1), "fine.conv2", padding=2).relu()
        fine = conv(x, "fine.conv3", padding=2)
        deviation = 0.45723134 if release else 1
        for scale, expected in (("coarse", coarse[:, 0] * deviation), (None, fine[:, 0] * deviation)):
            assert (network(picture, scale) - expected).abs().max() < 1e-4 * expected.abs().max()


def test_printed_dropout_drops_half_and_rescales():
    dropout = eigen2014.Coarse(SMALL, eigen2014.PRINTED).dropout
    torch.manual_seed(0)
    dropped = dropout.train()(torch.ones(1000))
    assert set(dropped.unique().tolist()) == {0.0, 2.0}
    assert 400 < (dropped == 0).sum() < 600


def test_he_initialisation_has_its_deviations():
    network = eigen2014.Eigen2014(SMALL)
    network.initialise("he", STATISTICS, torch.Generator().manual_seed(0))
    inputs = {"coarse.conv1": 3 * 121, "coarse.conv3": 256 * 9, "coarse.full6": 256, "fine.conv1": 3 * 81}
    for name, count in inputs.items():
        layer = network.get_submodule(name)
        assert layer.weight.std().item() == pytest.approx((2 / count) ** 0.5, rel=0.05)
        assert (layer.bias == 0).all()


@pytest.mark.parametrize(("how", "bias"), [("release", 0.9), ("he", 0.0)])
def test_the_refined_output_starts_at_the_mean_too(how, bias):
    """By its own bias, or by the coarse prediction that it passes through."""
    network = eigen2014.Eigen2014(SMALL)
    network.initialise(how, STATISTICS, torch.Generator().manual_seed(0))
    assert network.fine.conv3.bias.item() == pytest.approx(bias)


def test_the_coarse_network_can_start_at_the_mean_depth_image():
    rows, columns = torch.meshgrid(torch.arange(240.0), torch.arange(320.0), indexing="ij")
    mean_depth_m = 1 + rows / 100 + columns / 1000
    mean_depth_m[11, 13] = torch.nan  # under output (0, 0): crop origin (6, 8), offset (5, 5)
    network = look_up("models", "eigen2014/nyu_release")()
    network.initialise("he_from_mean_image", DepthStatistics(0.7, mean_depth_m), torch.Generator().manual_seed(0))
    network.coarse.full7.weight.data.zero_()
    with torch.no_grad():
        coarse = network.eval()(torch.rand(1, 3, 228, 304), "coarse")[0]
    assert coarse[0, 0].item() == pytest.approx(0.7, abs=1e-5)
    image = mean_depth_m[11 : 11 + 220 : 4, 13 : 13 + 296 : 4].log()
    difference = (coarse - image)[~image.isnan()]
    assert difference.std() < 1e-5
    assert coarse[~image.isnan()].mean().item() == pytest.approx(0.7, abs=1e-4)
