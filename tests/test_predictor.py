"""The road from photo to depth, with networks whose answer is known at every pixel."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import fathom
from fathom import shelf
from fathom.errors import BadCheckpoint, BadInput, MissingData, UnknownName
from fathom.files.checkpoint import write_weights
from fathom.models._base import DepthModel, InputSpec
from fathom.predictor import Predictor, network_input, place_paper, place_whole, predict
from fathom.records import Camera, Photo, Quantity
from fathom.saving import save, save_coloured
from reference.geometry import bilinear, paper_cell

NYU = InputSpec((240, 320), (228, 304), (55, 74), 4, (5, 5), (4, 4), 259.43)
KITTI = InputSpec((184, 612), (172, 576), (27, 142), 4, (61, 5), (60, 4), 355.5)
SMALL = InputSpec((20, 28), (16, 24), (6, 10), 2, (2, 2), (2, 2), 30.0)
TINY = InputSpec((9, 11), (7, 8), (3, 3), 2, (1, 2), (1, 1), 10.0)


class Fixed(DepthModel):
    """Answers with the log of a fixed map, whatever it sees; remembers what it saw."""

    scales = ("coarse", "fine")

    def __init__(self, spec, depth_m=None):
        super().__init__()
        self.spec = spec
        random = torch.Generator().manual_seed(0)
        values = torch.empty(spec.output).uniform_(1, 9, generator=random) if depth_m is None else depth_m
        self.depth_m = torch.nn.Parameter(values)
        self.seen = []

    def forward(self, rgb, scale=None):
        assert not self.training
        assert rgb.shape[1:] == (3, *self.spec.crop)
        self.seen.append(rgb.clone())
        return self.depth_m.log().expand(len(rgb), -1, -1) + (1.0 if scale == "coarse" else 0.0)


class Bright(Fixed):
    """The red channel at the pixel on which each output is centred, as log metres."""

    def forward(self, rgb, scale=None):
        (top, left), stride, (rows, columns) = self.spec.offset, self.spec.stride, self.spec.output
        return rgb[:, 0, top : top + rows * stride : stride, left : left + columns * stride : stride]


def photo_of(height, width, seed=0, camera=None):
    rgb = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    return Photo(rgb, camera or Camera.from_fov(width, height, 60, "calibration"), f"{width}x{height}")


@pytest.mark.parametrize(
    ("size", "rows", "columns"),
    [((480, 640), (20, 460), (24, 616)), ((240, 320), (10, 230), (12, 308))],
)
def test_paper_region_of_nyu(size, rows, columns):
    prediction = Predictor(Fixed(NYU), "fixed")(photo_of(*size), geometry="paper")
    expected = np.zeros(size, bool)
    expected[slice(*rows), slice(*columns)] = True
    np.testing.assert_array_equal(prediction.valid, expected)


def test_paper_cells_of_nyu_are_whole_blocks():
    model = Fixed(NYU)
    values = Predictor(model, "fixed")(photo_of(480, 640), "paper").values
    expected = np.repeat(np.repeat(model.depth_m.detach().numpy(), 8, axis=0), 8, axis=1)
    np.testing.assert_allclose(values[20:460, 24:616], expected, rtol=1e-6)


@settings(max_examples=40)
@given(
    st.sampled_from([SMALL, TINY, replace(SMALL, frame=(16, 24)), replace(TINY, footprint=(0, 2))]),
    st.integers(1, 40),
    st.integers(1, 40),
)
def test_paper_geometry_pixel_by_pixel(spec, height, width):
    model = Fixed(spec)
    values = (
        Predictor(model, "fixed")
        ._prediction(
            photo_of(height, width),
            place_paper((height, width), spec),
            model.depth_m.detach().log().numpy(),
            "paper",
        )
        .values
    )
    (fh, fw), (ch, cw), (oh, ow) = spec.frame, spec.crop, spec.output
    depth_m = model.depth_m.detach().numpy()
    # A pixel whose centre falls on the border of two cells may go to either, by rounding.
    rows, columns = (
        [[paper_cell(n + nudge, *axis) for nudge in (-1e-9, 1e-9)] for n in range(axis[0][0])]
        for axis in (
            ((height, width), (fh, fw), ch, spec.footprint[0], spec.stride, oh),
            ((width, height), (fw, fh), cw, spec.footprint[1], spec.stride, ow),
        )
    )
    for y in range(height):
        for x in range(width):
            pairs = itertools.product(rows[y], columns[x])
            allowed = {math.nan if None in pair else float(depth_m[pair]) for pair in pairs}
            assert any(float(values[y, x]) == pytest.approx(a, rel=1e-5, nan_ok=True) for a in allowed)


@settings(max_examples=40)
@given(st.sampled_from([SMALL, TINY, KITTI]), st.integers(1, 40), st.integers(1, 40), st.integers(10, 200))
def test_whole_geometry_pixel_by_pixel(spec, height, width, focal_px):
    camera = replace(Camera.from_fov(width, height, 60), fx=focal_px, fy=1.5 * focal_px, source="calibration")
    model = Fixed(spec)
    log_depth = model.depth_m.detach().log().numpy().astype(np.float64)
    at = place_whole((height, width), spec)
    values = (
        Predictor(model, "fixed")._prediction(photo_of(height, width, camera=camera), at, log_depth, "whole").values
    )
    scale_y, scale_x = spec.output[0] * spec.stride / height, spec.output[1] * spec.stride / width
    factor = math.sqrt(focal_px * scale_x * 1.5 * focal_px * scale_y) / spec.focal_px
    for y in range(0, height, 3):
        for x in range(0, width, 3):
            row = spec.footprint[0] + (y + 0.5) * scale_y - 0.5
            column = spec.footprint[1] + (x + 0.5) * scale_x - 0.5
            i, j = (row - spec.offset[0]) / spec.stride, (column - spec.offset[1]) / spec.stride
            assert values[y, x] == pytest.approx(math.exp(bilinear(log_depth, i, j)) * factor, rel=1e-5)


@pytest.mark.parametrize("size", [(1, 1), (1, 400), (300, 2), (37, 53), (480, 640), (700, 500)])
@pytest.mark.parametrize("spec", [NYU, KITTI, SMALL])
def test_whole_predicts_every_pixel_of_any_photo(size, spec):
    prediction = Predictor(Fixed(spec), "fixed")(photo_of(*size))
    assert prediction.values.shape == size
    assert prediction.values.dtype == np.float32
    assert prediction.valid.all()
    assert prediction.quantity is Quantity.METRES
    assert prediction.geometry == "whole"


def test_the_network_sees_the_centre_crop():
    model = Fixed(NYU)
    photo = photo_of(240, 320)
    Predictor(model, "fixed")(photo, "paper")
    np.testing.assert_allclose(model.seen[0][0].permute(1, 2, 0).numpy() * 255, photo.rgb[6:234, 8:312], atol=1e-4)


def test_a_large_photo_is_resized_as_pillow_does():
    photo = photo_of(480, 640)
    small = np.asarray(Image.fromarray(photo.rgb).resize((320, 240), Image.Resampling.BICUBIC))
    seen = network_input(photo.rgb, place_paper((480, 640), NYU), NYU)
    np.testing.assert_array_equal(seen, small[6:234, 8:312])


def test_a_wide_photo_loses_its_sides_in_paper_geometry():
    photo = photo_of(240, 480)
    seen = network_input(photo.rgb, place_paper((240, 480), NYU), NYU)
    np.testing.assert_array_equal(seen, photo.rgb[6:234, 88:392])


def test_whole_fills_the_rim_with_the_photos_edge():
    photo = photo_of(220, 296)
    seen = network_input(photo.rgb, place_whole((220, 296), NYU), NYU)
    np.testing.assert_array_equal(seen, np.pad(photo.rgb, ((4, 4), (4, 4), (0, 0)), mode="edge"))


@pytest.mark.parametrize(("geometry", "atol"), [("whole", 0.02), ("paper", 0.03)])
def test_there_and_back_lands_on_the_same_pixel(geometry, atol):
    """A smooth ramp that the network reads off its input comes back as the same ramp, to a fraction of a cell."""
    height, width = 96, 128
    y, x = np.mgrid[:height, :width]
    ramp = (x / width + y / height) / 2
    rgb = np.repeat(np.rint(ramp * 255).astype(np.uint8)[..., None], 3, axis=2)
    camera = Camera(1, 1, 0, 0, width, height)
    # With this focal length the factor of "whole" is 1.
    focal_px = NYU.focal_px / math.sqrt(296 / width * 220 / height)
    photo = Photo(rgb, replace(camera, fx=focal_px, fy=focal_px), "ramp")
    values = Predictor(Bright(NYU), "bright")(photo, geometry).values
    inner = (slice(8, -8), slice(8, -8))
    np.testing.assert_allclose(np.log(values[inner]), ramp[inner], atol=atol)
    assert np.log(values[inner] / np.exp(ramp[inner])).mean() == pytest.approx(0, abs=0.002)


def test_a_photo_enlarged_by_its_lens_is_farther_by_as_much():
    predictor = Predictor(Fixed(NYU), "fixed")
    near = predictor(photo_of(48, 64, camera=Camera(50, 50, 32, 24, 64, 48)))
    far = predictor(photo_of(48, 64, camera=Camera(100, 100, 32, 24, 64, 48)))
    np.testing.assert_allclose(far.values, 2 * near.values, rtol=1e-6)


def test_the_size_of_the_file_does_not_change_the_metres():
    predictor = Predictor(Fixed(NYU), "fixed")
    medians = [np.median(predictor(photo_of(s * 48, s * 64)).values) for s in (1, 4)]
    assert medians[0] == pytest.approx(medians[1], rel=0.02)


@pytest.mark.parametrize("size", [(480, 640), (640, 480)])
def test_an_assumed_camera_is_the_training_camera(size):
    photo = photo_of(*size, camera=Camera.from_fov(size[1], size[0], 60))
    prediction = Predictor(Fixed(NYU), "fixed")(photo)
    assert prediction.camera.fx == prediction.camera.fy == pytest.approx(2 * NYU.focal_px)
    assert prediction.camera.source.startswith("assumed 63.3 degrees")
    assert (prediction.camera.cx, prediction.camera.cy) == (photo.camera.cx, photo.camera.cy)
    known = Predictor(Fixed(NYU), "fixed")(replace(photo, camera=replace(prediction.camera, source="exif")))
    np.testing.assert_array_equal(known.values, prediction.values)


def test_a_known_camera_stays():
    photo = photo_of(48, 64)
    for geometry in ("whole", "paper"):
        assert Predictor(Fixed(NYU), "fixed")(photo, geometry).camera == photo.camera


def test_scales_and_names():
    model = Fixed(SMALL)
    fine, coarse = Predictor(model, "fixed"), Predictor(model, "fixed", scale="coarse")
    photo = photo_of(20, 28)
    np.testing.assert_allclose(coarse(photo).values, fine(photo).values * math.e, rtol=1e-5)
    assert (fine(photo).model, coarse(photo).model) == ("fixed", "fixed coarse")
    assert fine(photo).name == photo.name
    with pytest.raises(UnknownName, match="coarse, fine"):
        Predictor(model, "fixed", scale="medium")


def test_filled_geometry_is_the_papers_with_its_rim_extrapolated():
    """Inside the cells bilinear, outside what lies nearest in place and colour; nothing is absent."""
    photo = photo_of(240, 320)
    predictor = Predictor(Fixed(NYU), "fixed")
    paper, filled = predictor(photo, "paper"), predictor(photo, "filled")
    inside = paper.valid
    assert 0.8 < inside.mean() < 0.9
    assert filled.valid.all()
    assert filled.geometry == "filled"
    log_paper = np.log(paper.values)
    steps = [np.nanmax(np.abs(np.diff(log_paper, axis=axis))) for axis in (0, 1)]
    assert np.nanmax(np.abs(np.log(filled.values) - log_paper)) < sum(steps)
    assert filled.values.min() >= paper.values[inside].min() * 0.999
    assert filled.values.max() <= paper.values[inside].max() * 1.001


@pytest.mark.parametrize("geometry", ["whole", "paper", "filled"])
def test_many_photos_are_as_one_by_one_and_lazy(geometry):
    model = Bright(SMALL)
    predictor = Predictor(model, "bright")
    photos = [photo_of(20 + i, 30 - i, seed=i) for i in range(5)]
    together = list(predictor.predict_many(photos, geometry, batch=2))
    assert [p.name for p in together] == [p.name for p in photos]
    for photo, prediction in zip(photos, together, strict=True):
        np.testing.assert_allclose(prediction.values, predictor(photo, geometry).values, rtol=1e-6)
    assert next(predictor.predict_many(iter([photos[0], "missing.jpg"]), batch=1)).name == photos[0].name


def test_a_model_in_training_is_put_in_evaluation_mode():
    model = Fixed(SMALL)
    predictor = Predictor(model, "fixed")
    model.train()
    predictor(photo_of(20, 28))


def test_nan_of_a_model_stays_nan():
    depth_m = torch.full(SMALL.output, 2.0)
    depth_m[0, 0] = torch.nan
    prediction = Predictor(Fixed(SMALL, depth_m), "fixed")(photo_of(20, 28), "paper")
    assert np.isnan(prediction.values[4:6, 4:6]).all()
    np.testing.assert_allclose(prediction.values[6:16, 6:24], 2)


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
def test_weights_gone_astray(value):
    model = Fixed(SMALL, torch.full(SMALL.output, value))
    with pytest.raises(BadCheckpoint, match="no finite depth"):
        Predictor(model, "fixed")(photo_of(20, 28))


def test_relative_models_stay_relative():
    model = Fixed(SMALL)
    model.quantity = Quantity.RELATIVE_INVERSE_DEPTH
    prediction = Predictor(model, "fixed")(photo_of(20, 28))
    assert prediction.quantity is Quantity.RELATIVE_INVERSE_DEPTH


def test_wrong_words():
    predictor = Predictor(Fixed(SMALL), "fixed")
    with pytest.raises(BadInput, match="whole, paper, filled"):
        predictor(photo_of(20, 28), geometry="papre")
    for device in ("gpu", "meta"):  # one that there is not, and one that computes nothing
        with pytest.raises(BadInput, match=f"device '{device}'"):
            Predictor(Fixed(SMALL), "fixed", device=device)


@pytest.fixture
def fixed_on_the_shelf(monkeypatch):
    look_up = shelf.look_up
    monkeypatch.setattr(
        shelf, "look_up", lambda s, name: (lambda: Fixed(SMALL)) if name == "fixed" else look_up(s, name)
    )


def test_load_and_predict_a_file(tmp_path, fixed_on_the_shelf):
    depth_m = torch.full(SMALL.output, 3.0)
    write_weights(tmp_path / "weights.safetensors", {"depth_m": depth_m}, {"model": "fixed"})
    Image.fromarray(photo_of(20, 28).rgb).save(tmp_path / "a.png")
    for where in (tmp_path, tmp_path / "weights.safetensors"):
        prediction = fathom.predict(tmp_path / "a.png", model=where, geometry="paper", focal_px=30)
        assert prediction.model == "fixed"
        assert prediction.camera.fx == 30
        np.testing.assert_allclose(prediction.values[prediction.valid], 3, rtol=1e-6)


@pytest.mark.parametrize(
    ("tensors", "model", "words"),
    [
        ({}, "fixed", "not the weights of fixed"),
        ({"depth_m": torch.ones(2, 2)}, "fixed", "not the weights of fixed"),
        ({"depth_m": torch.ones(SMALL.output), "more": torch.ones(1)}, "fixed", "not the weights of fixed"),
        ({"depth_m": torch.ones(SMALL.output)}, "fixedd", "made for a model that is not here"),
    ],
)
def test_weights_that_do_not_fit(tmp_path, fixed_on_the_shelf, tensors, model, words):
    write_weights(tmp_path / "w.safetensors", tensors, {"model": model})
    with pytest.raises(BadCheckpoint, match=words):
        Predictor.load(tmp_path / "w.safetensors")


def test_no_weights_and_bad_weights(tmp_path):
    with pytest.raises(MissingData, match="make demo"):
        predict(photo_of(20, 28))
    with pytest.raises(MissingData):
        Predictor.load(tmp_path)
    (tmp_path / "weights.safetensors").write_bytes(b"not weights at all")
    with pytest.raises(BadCheckpoint):
        Predictor.load(tmp_path)


def test_a_photo_in_memory_has_its_own_camera():
    with pytest.raises(BadInput, match="own camera"):
        predict(photo_of(20, 28), model=Predictor(Fixed(SMALL), "fixed"), fov_deg=60)


def test_saving_by_suffix(tmp_path):
    photo = photo_of(20, 28)
    prediction = Predictor(Fixed(SMALL), "fixed")(photo, "paper")
    for name in ("a.npz", "a.png", "a.tiff"):
        save(prediction, tmp_path / name)
        back = fathom.read_depth(tmp_path / name)
        np.testing.assert_allclose(back.values, prediction.values, atol=0.00051)
        assert (back.model, back.geometry, back.camera) == ("fixed", "paper", photo.camera)
    save(prediction, tmp_path / "a.ply", photo=photo)
    header = (tmp_path / "a.ply").read_bytes()[:400]
    assert f"element vertex {prediction.valid.sum()}".encode() in header
    save(prediction, tmp_path / "b.ply")
    save_coloured(prediction, tmp_path / "c.png")
    with Image.open(tmp_path / "c.png") as picture:
        assert picture.height == 20
        assert picture.width > 28
    with pytest.raises(BadInput, match=r"not as '\.exr'"):
        save(prediction, tmp_path / "a.exr")


def test_eigen2014_itself():
    model = shelf.look_up("models", "eigen2014/nyu")()
    assert replace(model.spec, focal_px=NYU.focal_px) == NYU
    photos = [photo_of(480, 640), photo_of(200, 100, seed=1)]
    whole = list(Predictor(model, "eigen2014/nyu").predict_many(photos))
    assert all(p.valid.all() for p in whole)
    paper = Predictor(model, "eigen2014/nyu", scale="coarse")(photos[0], "paper")
    assert paper.valid.sum() == 440 * 592
