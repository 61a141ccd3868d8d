"""What stored numbers are is found out or refused; where it is certain, it is right.

The scenes: a smooth truth; the prediction follows it with a low-frequency error, noise, and a factor of its own in
every image, as networks do.
"""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy.stats import chi2, spearmanr

from fathom.errors import BadInput, NotComparable
from fathom.files.depthmap import read_depth_m
from fathom.ops import detection
from fathom.ops._correlation import correlation, left_by_a_shift, ranks
from fathom.ops.detection import decode, detect, own_truth_fits_best
from fathom.records import Quantity

GOLDEN = "../reference/golden/predictions"
METRES, LOG, INVERSE = Quantity.METRES, Quantity.LOG_METRES, Quantity.INVERSE_METRES
UP, DOWN = Quantity.RELATIVE_DEPTH, Quantity.RELATIVE_INVERSE_DEPTH


def waves(rng, size=(24, 32)):
    """A smooth field of mean 0 and standard deviation 1."""
    y, x = np.mgrid[0 : 1 : size[0] * 1j, 0 : 1 : size[1] * 1j]
    field = sum(
        rng.normal() * np.cos(math.pi * (a * y + b * x) + rng.uniform(0, 6)) for a in range(3) for b in range(3)
    )
    return (field - field.mean()) / field.std()


def scenes(seed, count=8, middle_m=3.0, wide=0.45, noise=0.08, bias=1.0, wander=0.1):
    """(prediction in metres, truth) of ``count`` images; ``wander`` is the spread of the images' own factors."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        truth_m = middle_m * np.exp(rng.normal(0, 0.3) + wide * waves(rng))
        wrong = noise * (waves(rng) + 0.3 * rng.normal(size=truth_m.shape)) + wander * rng.normal() + math.log(bias)
        truth = np.where(rng.random(truth_m.shape) < 0.2, np.nan, truth_m).astype(np.float32)
        yield truth_m * np.exp(wrong), truth


def stretch(values, top, dtype):
    low, high = values.min(), values.max()
    return (top * ((values - low) / (high - low))).astype(dtype)


WAYS = {
    "metres": (METRES, 1.0, lambda d: d.astype(np.float32)),
    "metres, half": (METRES, 1.0, lambda d: d.astype(np.float16)),
    "mm": (METRES, 1e-3, lambda d: np.rint(d * 1000).clip(0, 65535).astype(np.uint16)),
    "mm floats": (METRES, 1e-3, lambda d: d * 1000),
    "cm": (METRES, 1e-2, lambda d: np.rint(d * 100).astype(np.uint16)),
    "x256": (METRES, 1 / 256, lambda d: (d * 256).clip(0, 65535).astype(np.uint16)),
    "x5000": (METRES, 1 / 5000, lambda d: (d * 5000).clip(0, 65535).astype(np.uint16)),
    "log": (LOG, 1.0, np.log),
    "log10": (LOG, math.log(10), np.log10),
    "inverse": (INVERSE, 1.0, lambda d: 1 / d),
    "8 bits": (UP, 1.0, lambda d: stretch(d, 255, np.uint8)),
    "16 bits": (UP, 1.0, lambda d: stretch(d, 65535, np.uint16)),
    "0 to 1": (UP, 1.0, lambda d: stretch(d, 1, np.float32)),
    "8 bits inverse": (DOWN, 1.0, lambda d: stretch(1 / d, 255, np.uint8)),
    "16 bits inverse": (DOWN, 1.0, lambda d: stretch(1 / d, 65535, np.uint16)),
    "8 bits times 257": (UP, 1.0, lambda d: stretch(d, 255, np.uint8).astype(np.uint16) * 257),
    "disparity": (DOWN, 1.0, lambda d: 389.0 / d),
}
RELATIVE = {METRES: UP, LOG: UP, INVERSE: DOWN, UP: UP, DOWN: DOWN}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("middle_m", [2.5, 15.0])
def test_a_good_model_is_understood(way, middle_m):
    """Within 1.1 of the truth and steady to 5 %: nothing here is refused."""
    quantity, step, write = WAYS[way]
    if way == "x5000" and middle_m > 5:
        middle_m = 4.0  # 16 bits hold 13 m
    found = detect([(write(p), t) for p, t in scenes(3, middle_m=middle_m, bias=1.1, wander=0.05, noise=0.03)])
    assert (found.quantity, found.step) == (quantity, step), found.reasons
    assert 0 < found.score <= 1
    assert f"--quantity {quantity}" in found.flags
    assert ("--step" in found.flags) == quantity.is_metric


def understood_or_refused(pairs):
    """The meaning, or None where it is refused with what to type."""
    try:
        return detect(pairs)
    except NotComparable as error:
        said = str(error)
    return pytest.fail(said) if "--quantity" not in said else None


@settings(max_examples=80)
@given(
    st.sampled_from(sorted(WAYS)),
    st.integers(0, 10**6),
    st.integers(5, 16),
    st.floats(1.5, 12),
    st.floats(0, 0.35),
    st.floats(0.67, 1.5),
    st.floats(0, 0.3),
)
def test_never_wrong_in_silence(way, seed, count, middle_m, noise, bias, wander):
    """The condition: 5 images or more, a model within 1.5 of the truth. Found, refused, or the weaker truth that it
    is relative in the right direction; never another unit."""
    quantity, step, write = WAYS[way]
    pairs = [(write(p), t) for p, t in scenes(seed, count, middle_m, noise=noise, bias=bias, wander=wander)]
    found = understood_or_refused(pairs)
    assert not found or (found.quantity, found.step) in ((quantity, step), (RELATIVE[quantity], 1.0)), found


@settings(max_examples=50)
@given(
    st.integers(0, 10**6), st.integers(5, 16), st.floats(0.6, 1.5), st.floats(-9, 9), st.booleans(), st.booleans()
)
def test_an_unknown_scale_is_not_taken_for_a_unit(seed, count, wander, log_scale, inverse, shifted):
    """The condition: the scale wanders by 0.6 in its logarithm, or every image is shifted as well."""
    rng = np.random.default_rng(seed)
    pairs = []
    for prediction, truth in scenes(seed, count, wander=0.0, noise=0.1):
        values = 1 / prediction if inverse else prediction
        values = values * math.exp(log_scale + wander * rng.normal())
        pairs.append((values - 0.8 * values.min() if shifted else values, truth))
    found = understood_or_refused(pairs)
    assert not found or found.quantity == (DOWN if inverse else UP), found


@settings(max_examples=60)
@given(st.integers(0, 10**6), st.floats(-4, 4), st.floats(1.5, 12), st.booleans())
def test_a_steady_unknown_factor_is_no_logarithm(seed, log_scale, middle_m, inverse):
    """Networks trained without a scale give one that hardly wanders. Near a unit nobody can tell it from that unit;
    elsewhere it is no unit, and never a logarithm: small numbers look like one."""
    pairs = []
    for prediction, truth in scenes(seed, 10, middle_m, noise=0.1, wander=0.08):
        pairs.append(((1 / prediction if inverse else prediction) * math.exp(log_scale), truth))
    found = understood_or_refused(pairs)
    if found and found.quantity.is_metric:
        factor = found.step * math.exp(log_scale)
        assert found.quantity is (INVERSE if inverse else METRES)
        assert abs(math.log(factor)) < math.log(1.5)


def test_most_are_not_refused():
    """A detector that refuses everything is never wrong either."""
    understood = 0
    for seed in range(51):
        quantity, step, write = WAYS[sorted(WAYS)[seed % len(WAYS)]]
        try:
            found = detect([(write(p), t) for p, t in scenes(seed, 8, noise=0.15, bias=0.9, wander=0.15)])
        except NotComparable:
            continue
        understood += (found.quantity, found.step) == (quantity, step)
    assert understood >= 46


def test_a_steady_factor_is_told_with_the_step_to_type():
    found = detect([(p / 31, t) for p, t in scenes(0, wander=0.03, noise=0.03)])
    assert found.quantity is UP
    assert any("the factor is the same in all images: if it is a unit, type --quantity metres --step 3" in r
               for r in found.reasons)  # fmt: skip


@pytest.mark.parametrize(
    ("write", "words"),
    [
        (lambda d: 2.1 * d, "in doubt"),
        (lambda d: -d, "depth turned upside down"),
        (lambda d: stretch(-d, 255, np.uint8), "depth turned upside down"),
        (lambda d: -1 / d, "1/depth turned upside down"),
        (lambda d: 7 * np.log(d) + 50, "a logarithm of depth without a unit"),
        (lambda d: np.random.default_rng(int(1e6 * d[0, 0])).random(d.shape), "hardly follow the truth"),
    ],
)
def test_refused_with_what_to_type(write, words):
    pairs = [(write(p), t) for p, t in scenes(5, noise=0.02, wander=0.05)]
    if words == "in doubt":
        pairs = [(p / 1.3, t) for p, t in pairs]  # 1.6 times metres: a bad model of metres, or none?
        words = "not clear"
    with pytest.raises(NotComparable, match=words) as caught:
        detect(pairs)
    assert "--quantity" in str(caught.value)


def test_few_images_must_be_nearer():
    assert detect(scenes(5, 8, bias=1.32, wander=0.02, noise=0.01)).quantity is METRES
    with pytest.raises(NotComparable, match="not clear"):
        detect(scenes(5, 3, bias=1.32, wander=0.02, noise=0.01))


def test_millimetres_with_holes_that_end_at_65535_may_be_stretched():
    pairs = [((p * 1000).clip(0, 65535).astype(np.uint16), t) for p, t in scenes(5)]
    for stored, _ in pairs:
        stored[0, :2] = 0, 65535
    with pytest.raises(NotComparable, match=r"goes from 0 to its end.*step 0.001 or --quantity relative_depth"):
        detect(pairs)


def test_half_of_them_upside_down():
    pairs = [(p if i % 3 else 10 - p, t) for i, (p, t) in enumerate(scenes(5, 9, wander=0.02))]
    with pytest.raises(NotComparable, match="the same sign in 6 of 9"):
        detect(pairs)


def test_a_shift_is_a_doubt():
    """1/depth with a shift, as networks without a scale give it, may have the right middle in every image."""
    pairs = [(1.6 / p - 0.6 * np.median(1 / p), t) for p, t in scenes(5, 9, wander=0.02, noise=0.01, wide=0.25)]
    with pytest.raises(NotComparable, match="a shift besides takes away"):
        detect(pairs)


def test_whole_metres_in_8_bits_are_a_picture():
    found = detect([(np.rint(p).astype(np.uint8), t) for p, t in scenes(5, middle_m=20)])
    assert found.quantity is UP
    assert any("8 bits" in reason for reason in found.reasons)


def test_the_step_to_type_makes_an_inverse_right():
    pairs = [(400 / p, t) for p, t in scenes(0, wander=0.02, noise=0.01)]
    (words,) = [r for r in detect(pairs).reasons if "--quantity inverse_metres" in r]
    step = float(words.rpartition(" ")[2])
    assert step == pytest.approx(1 / 400, rel=0.05)


def test_photos_mixed_up_are_seen():
    pairs = list(scenes(7, count=16))
    assert own_truth_fits_best(pairs) == (16, 16)
    turned = [(stored, pairs[(i + 1) % 16][1]) for i, (stored, _) in enumerate(pairs)]
    assert own_truth_fits_best(turned)[0] < 12
    assert own_truth_fits_best(pairs[:1]) == (0, 0)
    assert own_truth_fits_best([pairs[0], (np.ones((3, 3)), np.ones((3, 3)))]) == (0, 0)


def test_nothing_to_look_at():
    truth = np.ones((8, 8), np.float32)
    for stored in (np.full((8, 8), 7), np.full((8, 8), np.nan), np.zeros((8, 8), np.uint16)):
        with pytest.raises(BadInput, match=r"none of 1 predictions .*(constant|finite)"):
            detect([(stored, truth)])
    with pytest.raises(BadInput, match="where there is truth"):
        detect([(np.arange(64.0).reshape(8, 8), np.full((8, 8), np.nan))])
    with pytest.raises(BadInput, match="cannot be compared"):
        detect([(np.ones((8, 9)), truth)])


def test_useless_predictions_are_passed_over():
    pairs = [(p, t) for p, t in scenes(1)]
    found = detect([*pairs, (np.full_like(pairs[0][0], 3.0), pairs[0][1])])
    assert found.quantity is METRES
    assert any("1 predictions were left out: constant" in reason for reason in found.reasons)


def test_holes_written_as_zero_do_not_count():
    rng = np.random.default_rng(0)
    pairs = [(np.where(rng.random(p.shape) < 0.5, 0, p * 1000).astype(np.uint16), t) for p, t in scenes(2)]
    assert detect(pairs).step == 1e-3


def test_order_and_shape_of_pixels_do_not_matter():
    pairs = list(scenes(4))
    again = [(p.T, t.T) for p, t in reversed(pairs)]
    one, two = detect(pairs), detect(again)
    assert (one.quantity, one.step, one.score) == (two.quantity, two.step, two.score)


def test_the_parts():
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 9, 200).astype(float), rng.normal(size=200)
    own = correlation(ranks(a), ranks(b))
    assert own == pytest.approx(spearmanr(a, b).statistic, abs=1e-12)
    for n, luck in detection._LUCK.items():
        assert luck == pytest.approx(math.sqrt(chi2.ppf(0.05, n) / n), abs=6e-4)
    design = np.stack([b, np.ones(200)], 1)
    values = 2 * b + 1 + 0.1 * rng.normal(size=200)
    both = np.linalg.lstsq(design, values, rcond=None)[1][0]
    alone = np.linalg.lstsq(b[:, None], values, rcond=None)[1][0]
    assert left_by_a_shift(values, b) == pytest.approx(math.sqrt(both / alone), rel=1e-6)


def test_decode():
    np.testing.assert_array_equal(decode(np.array([[0, 500]], np.uint16), METRES, 0.001), [[np.nan, 0.5]])
    np.testing.assert_array_equal(decode(np.array([[0.0, 0.5]]), LOG), [[0, 0.5]])
    np.testing.assert_array_equal(decode(np.array([[0, 255]], np.uint8), UP), [[0, 255]])
    assert decode(np.ones((2, 2)), INVERSE, 0.5).dtype == np.float32
    with pytest.raises(BadInput, match="step"):
        decode(np.ones((2, 2)), METRES, 0.0)


def test_real_predictions(shared_data):
    arrays, golden = shared_data / "arrays", shared_data / GOLDEN
    pair = (np.load(arrays / "fastdepth_pred.npy")[0, 0], np.load(arrays / "fastdepth_depth.npy"))
    assert detect([pair]).flags == "--quantity metres --step 1"
    assert detect([(1 / pair[0], pair[1])]).flags == "--quantity inverse_metres --step 1"

    def of(prediction, truth, step_m):
        return np.asarray(Image.open(golden / prediction)), read_depth_m(shared_data / truth, step_m)

    nyu, kitti = "nyu_synced/basement_0001a", "2011_09_26_drive_0001_sync"
    found = detect(
        of(f"{nyu}/rgb_{n}.png", f"{nyu}/sync_depth_{n}.png", 0.001) for n in ("00000", "00050", "00100")
    )
    assert (found.quantity, found.step) == (METRES, 0.001)
    found = detect(
        of(f"kitti_annotated/{kitti}_{n}.png",
           f"kitti_annotated/{kitti}/proj_depth/groundtruth/image_02/{n}.png", 1 / 256)
        for n in ("0000000005", "0000000011")
    )  # fmt: skip
    assert (found.quantity, found.step) == (METRES, 1 / 256)
