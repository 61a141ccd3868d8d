"""Predictions on the disk as a predictor: from files to values that can be scored."""

import json

import numpy as np
import pytest
from PIL import Image

from fathom.errors import BadInput, MissingData, NotComparable
from fathom.files.depthmap import read_depth_m, write_npz
from fathom.ops.resize import resize_values
from fathom.predictions import FolderPredictor
from fathom.records import Camera, Photo, Prediction, Quantity

NAMES = [f"scene_{n // 4}/rgb_{n:05d}" for n in range(8)]
RNG = np.random.default_rng(0)


def _scene(n):
    y, x = np.mgrid[0:1:24j, 0:1:32j]
    return (2 + n % 3 + 3 * y + np.sin(5 * x + n)).astype(np.float32)


TRUTHS = [_scene(n) for n in range(8)]
PREDICTIONS = [t * np.exp(0.05 * RNG.normal() + 0.03 * RNG.normal(size=t.shape)) for t in TRUTHS]


def photo(name, height=24, width=32):
    return Photo(np.zeros((height, width, 3), np.uint8), Camera.from_fov(width, height, 60), name)


def write_steps(folder, step_m=0.001):
    for name, depth_m in zip(NAMES, PREDICTIONS, strict=True):
        path = folder / f"{name.replace('/', '_')}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(np.rint(depth_m / step_m).astype(np.uint16)).save(path)
    return folder


def truth_of(index):
    return TRUTHS[index]


def test_millimetres_are_found_and_scored_as_metres(tmp_path):
    predict = FolderPredictor(write_steps(tmp_path / "theirs"), NAMES, truth_of)
    for name, depth_m in zip(NAMES, PREDICTIONS, strict=True):
        found = predict(photo(name), geometry="whole")
        np.testing.assert_allclose(found.depth_m, depth_m, atol=0.00051)
        assert (found.model, found.name, found.geometry) == ("theirs", name, "")
    for words in ("8 of 8 photos", "folders as _", "--quantity metres --step 0.001", "millimetres"):
        assert words in predict.report


def test_what_is_said_is_not_doubted(tmp_path):
    predict = FolderPredictor(write_steps(tmp_path), NAMES, quantity="inverse_metres", step=1e-4)
    values = predict(photo(NAMES[0])).depth_m
    np.testing.assert_allclose(values, 1e4 / np.rint(PREDICTIONS[0] * 1000), rtol=1e-5)
    assert "as given" in predict.report
    with pytest.raises(BadInput, match="no quantity is called 'mm'"):
        FolderPredictor(tmp_path, NAMES, quantity="mm")
    with pytest.raises(BadInput, match="does not say what its numbers are"):
        FolderPredictor(tmp_path, NAMES)(photo(NAMES[0]))


@pytest.mark.parametrize(
    ("write", "quantity"),
    [
        (lambda d: 1 / d, Quantity.METRES),
        (np.log, Quantity.METRES),
        (lambda d: 40 / d, Quantity.RELATIVE_INVERSE_DEPTH),
    ],
)
def test_a_pile_in_any_quantity(tmp_path, write, quantity):
    np.save(tmp_path / "all.npy", np.stack([write(p) for p in PREDICTIONS]))
    predict = FolderPredictor(tmp_path / "all.npy", NAMES, truth_of)
    found = predict(photo(NAMES[5]))
    assert found.quantity is quantity
    expected = PREDICTIONS[5] if quantity is Quantity.METRES else write(PREDICTIONS[5])
    np.testing.assert_allclose(found.values, expected, rtol=1e-5)
    assert "place in the array" in predict.report


def test_fathoms_own_files_say_what_they_are(tmp_path):
    for name, depth_m in zip(NAMES, PREDICTIONS, strict=True):
        camera = photo(name).camera
        path = tmp_path / f"{name.replace('/', '_')}.npz"
        write_npz(path, Prediction(1 / depth_m, Quantity.INVERSE_METRES, camera, "m", "paper", name))
    predict = FolderPredictor(tmp_path, NAMES)
    found = predict(photo(NAMES[2]))
    np.testing.assert_allclose(found.depth_m, PREDICTIONS[2], rtol=1e-6)
    assert (found.model, found.geometry) == ("m", "paper")
    assert "say themselves" in predict.report
    np.savez(tmp_path / f"{NAMES[3].replace('/', '_')}.npz", PREDICTIONS[3])
    with_one = FolderPredictor(tmp_path, NAMES, truth_of)  # one of them is somebody else's
    assert with_one.meaning.quantity is Quantity.METRES
    np.testing.assert_allclose(with_one(photo(NAMES[2])).depth_m, PREDICTIONS[2], rtol=1e-6)


def test_one_bad_file_stops_only_its_own_photo(tmp_path):
    write_steps(tmp_path)
    names = [name.replace("/", "_") for name in NAMES]
    (tmp_path / f"{names[0]}.png").write_bytes(b"no picture")
    Image.fromarray(np.zeros((24, 32), np.uint16)).save(tmp_path / f"{names[1]}.png")
    predict = FolderPredictor(tmp_path, NAMES, truth_of)
    assert predict(photo(NAMES[2])).values.shape == (24, 32)
    for name, words in ((NAMES[0], "not a picture"), (NAMES[1], "not one of the numbers")):
        with pytest.raises(BadInput, match=words):
            predict(photo(name))


def test_missing_ones(tmp_path):
    write_steps(tmp_path)
    (tmp_path / f"{NAMES[4].replace('/', '_')}.png").unlink()
    with pytest.raises(MissingData, match=f"1 of 8 photos have no prediction: {NAMES[4]}"):
        FolderPredictor(tmp_path, NAMES, truth_of)
    predict = FolderPredictor(tmp_path, NAMES, truth_of, allow_missing=True)
    assert predict.missing == (NAMES[4],)
    with pytest.raises(MissingData, match=NAMES[4]):
        predict(photo(NAMES[4]))


def test_predictions_of_something_else_are_refused(tmp_path):
    for n, name in enumerate(NAMES):
        np.save(tmp_path / f"{name.replace('/', '_')}.npy", np.random.default_rng(n).random((24, 32)))
    with pytest.raises(NotComparable, match="hardly follow the truth"):
        FolderPredictor(tmp_path, NAMES, truth_of)(photo(NAMES[0]))


def test_a_pile_in_another_order_is_refused(tmp_path):
    """All scenes go down to the bottom, so that any prediction follows any truth; but its own best."""
    np.save(tmp_path / "all.npy", np.stack([PREDICTIONS[(n + 4) % 8] for n in range(8)]))
    with pytest.raises(NotComparable, match="in the order of the photos"):
        FolderPredictor(tmp_path, NAMES, truth_of)(photo(NAMES[0]))
    np.save(tmp_path / "all.npy", np.stack(PREDICTIONS))
    assert "8 of 8 predictions follow their own" in FolderPredictor(tmp_path, NAMES, truth_of).report


@pytest.mark.parametrize(
    ("method", "over_inverse"), [("bilinear", True), ("bilinear, corners", False), ("nearest", False)]
)
def test_other_sizes_are_resized_as_asked(tmp_path, method, over_inverse):
    small = [resize_values(p, 12, 16, "bilinear") for p in PREDICTIONS]
    np.save(tmp_path / "all.npy", np.stack(small))
    predict = FolderPredictor(tmp_path, NAMES, truth_of, resize=method, over_inverse=over_inverse)
    expected = resize_values(small[3], 24, 32, method, over_inverse)
    np.testing.assert_array_equal(predict(photo(NAMES[3])).values, expected)
    assert predict.meaning.flags == "--quantity metres --step 1"


def test_the_kb_crop_is_put_in_its_place(tmp_path):
    y = np.linspace(60, 3, 375, dtype=np.float32)[:, None]
    truth = np.broadcast_to(y, (375, 1242)).copy()
    for name in "ab":
        np.save(tmp_path / f"{name}.npy", truth[23:, 13:1229])
    predict = FolderPredictor(tmp_path, ["a", "b"], lambda i: truth)
    values = predict(photo("a", 375, 1242)).values
    np.testing.assert_array_equal(values[23:, 13:1229], truth[23:, 13:1229])
    assert np.isnan(values[:23]).all()
    assert np.isnan(values[:, :13]).all()
    assert np.isnan(values[:, 1229:]).all()


def test_the_golden_predictions_score_as_bts_scores_them(shared_data):
    """From the folders to abs_rel, as BTS's own program gave it on them."""
    reference = shared_data.parent / "reference" / "golden"
    golden = json.loads((reference / "evaluation_bts.json").read_text())["nyu_synced, eigen crop, 1e-3..10 m"]
    numbers = [file[-9:-4] for file in golden["files"]]
    truths = [read_depth_m(shared_data / f"nyu_synced/basement_0001a/sync_depth_{n}.png", 0.001) for n in numbers]
    names = [f"basement_0001a/rgb_{n}" for n in numbers]
    predict = FolderPredictor(reference / "predictions" / "nyu_synced", names, truths.__getitem__)
    for name, truth_m, expected in zip(names, truths, golden["per_image"]["abs_rel"], strict=True):
        depth_m = np.clip(predict(photo(name, 480, 640)).depth_m, 1e-3, 10)[45:471, 41:601]
        there = truth_m[45:471, 41:601]
        scored = (there > 1e-3) & (there < 10)
        found = np.mean(np.abs(depth_m - there)[scored] / there[scored])
        assert found == pytest.approx(expected, rel=1e-5)
