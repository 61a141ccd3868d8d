"""Scoring: which pixels count, what is refused, and that the table is what the rules say."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from fathom import shelf
from fathom.errors import BadCheckpoint, BadInput, MissingData, NotComparable, UnknownName
from fathom.evaluation import evaluate, evaluate_all
from fathom.ops.metrics import METRICS
from fathom.protocols._base import Crop, Protocol, ShareCrop, parse_signature
from fathom.records import Quantity
from reference import metrics as plain
from reference.truths import FakeSplit, answering

RULES = Protocol(
    name="rules",
    version=1,
    data="official/test",
    truth="exact",
    geometry="whole",
    average="image",
    source="made up",
)
FOOTPRINT = replace(RULES, footprint=True, geometry="paper")
NAN = np.nan


def maps(*rows):
    """Depth maps of one row each."""
    return [np.array([row], np.float32) for row in rows]


def test_mean_over_images_and_pooled_over_pixels():
    split = FakeSplit(maps([1, 1, 1], [2, NAN, NAN]))
    model = {"m": answering(maps([2, 2, 2], [2, 2, 2]))}
    assert evaluate(model, split, RULES).value("m", "abs_rel") == 0.5
    assert evaluate(model, split, replace(RULES, average="pixel")).value("m", "abs_rel") == 0.75


@given(
    arrays(np.float32, (3, 2, 4), elements=st.floats(0.125, 50, width=32)),
    arrays(np.float32, (3, 2, 4), elements=st.one_of(st.floats(0.125, 50, width=32), st.just(NAN))),
    st.permutations(range(3)),
)
def test_second_opinion_and_order_independence(predicted, truth, order):
    assume(not np.isnan(truth).all())
    split = FakeSplit(list(truth))
    table = evaluate({"m": answering(list(predicted))}, split, RULES)
    figures = [plain.figures(p.ravel().tolist(), g.ravel().tolist()) for p, g in zip(predicted, truth, strict=True)]
    known = [f for f in figures if f]
    again = evaluate({"m": answering([predicted[i] for i in order])}, FakeSplit([truth[i] for i in order]), RULES)
    for metric in METRICS:
        expected = sum(f[metric] for f in known) / len(known)
        loose = 1e-5 if metric == "silog" else 1e-9
        for found in (table.value("m", metric), again.value("m", metric)):
            assert found == pytest.approx(expected, rel=1e-7, abs=loose)
    assert len(table.without_truth) == 3 - len(known)


def test_all_models_are_scored_where_all_predict():
    split = FakeSplit(maps([1, 1, 1, NAN]))
    narrow, wide = answering(maps([NAN, 2, 1, 1])), answering(maps([5, 1, NAN, 1]))
    table = evaluate({"narrow": narrow, "wide": wide}, split, FOOTPRINT)
    assert table.value("narrow", "abs_rel") == 1.0
    assert table.value("wide", "abs_rel") == 0.0
    assert table.pixels == 1
    assert parse_signature(table.signature)["pixels"] == "1"
    assert any("33.3 % of the pixels" in note for note in table.notes())
    assert evaluate({"narrow": narrow}, split, FOOTPRINT).pixels == 2


def test_a_hole_in_a_prediction_is_refused_without_a_footprint():
    split = FakeSplit(maps([1, 1, 1, NAN]))
    evaluate({"m": answering(maps([1, 1, 1, NAN]))}, split, RULES)
    with pytest.raises(
        NotComparable, match=r"holey gives no depth at 33\.3 % .* of image_0.*nyu_eigen/paper_image"
    ):
        evaluate({"holey": answering(maps([1, NAN, 1, 1]))}, split, RULES)


def test_a_model_that_says_nothing_of_an_image_cannot_shrink_the_test_set():
    split = FakeSplit(maps([1, 1], [1, 1]))
    with pytest.raises(NotComparable, match="image_1 has truth, but no pixel of it where shy"):
        evaluate({"shy": answering(maps([1, 1], [NAN, NAN]))}, split, FOOTPRINT)


def test_images_without_truth_are_listed_and_not_averaged_as_zero():
    split = FakeSplit(maps([NAN, NAN], [1, 1]))
    for protocol in (RULES, FOOTPRINT):
        table = evaluate({"m": answering(maps([1, 1], [2, 2]))}, split, protocol)
        assert table.without_truth == ("image_0",)
        assert table.value("m", "abs_rel") == 1.0
        assert "no valid truth in 1 of 2 images" in table.text()


def test_no_truth_at_all_is_no_table():
    nothing = FakeSplit(maps([NAN, NAN]))
    with pytest.raises(NotComparable, match="not one pixel of the 1 images"):
        evaluate({"one": answering(maps([1, 1]))}, nothing, RULES)


def test_too_few_truths_of_the_official_data_are_an_error():
    rules = replace(RULES, expected=2)
    model = {"m": answering(maps([1, 1])[0])}
    assert evaluate(model, FakeSplit(maps([1, 1], [1, 1]), "official/test"), rules).departures == ()
    with pytest.raises(NotComparable, match="1 are missing"):
        evaluate(model, FakeSplit(maps([1, 1]), "official/test"), rules)
    with pytest.raises(NotComparable, match="1 of the 2 truths of official/test have no valid pixel: image_1"):
        evaluate(model, FakeSplit(maps([1, 1], [NAN, NAN]), "official/test"), rules)


def test_a_split_that_loses_samples_on_the_way_is_an_error():
    class Losing(FakeSplit):
        def __len__(self):
            return len(self.depths) + 1

    with pytest.raises(NotComparable, match="holds 2 samples and gave 1"):
        evaluate({"m": answering(maps([1, 1]))}, Losing(maps([1, 1])), RULES)


def test_other_data_than_the_protocols_own_are_called_so():
    split = FakeSplit([np.full((24, 32), 2, np.float32)], "nyu_train_half/held_out")
    table = evaluate({"m": answering(split.depths)}, split, "nyu_eigen/paper_image")
    assert parse_signature(table.signature)["own data"] == "no, nyu_labeled/test"
    assert "other data than the protocol's own: nyu_train_half/held_out (1 images), not nyu_labeled/test" in str(
        table
    )
    assert "printed in the paper: other training data, other test images" in str(table)


@pytest.mark.parametrize("bad", [0.0, -1.0, np.inf])
def test_what_is_no_depth_is_refused_with_model_and_image(bad):
    split = FakeSplit(maps([1, 1], [1, 1]))
    predictor = answering(maps([1, 1], [bad, 1]))
    for protocol in (RULES, FOOTPRINT):
        with pytest.raises(BadInput, match=r"odd on image_1: .* at 1 of the 2 pixels"):
            evaluate({"odd": predictor}, split, protocol)


def test_weights_gone_astray_are_told_by_their_row():
    def astray(photo, geometry):
        raise BadCheckpoint("no finite depth")

    split = FakeSplit(maps([1, 1]))
    with pytest.raises(BadCheckpoint, match="second: no finite depth"):
        evaluate({"first": answering(maps([1, 1])), "second": astray}, split, RULES)


def test_a_clamp_mends_it_first():
    rules = replace(RULES, min_m=0.5, max_m=4.0, clamp=True)
    split = FakeSplit(maps([1, 1, 1, 4, 0.5]))  # the last two are not inside 0.5 < d < 4
    table = evaluate({"m": answering(maps([-3, np.inf, 1, 9, 9]))}, split, rules)
    assert table.pixels == 3
    assert table.value("m", "abs_rel") == pytest.approx((0.5 + 3 + 0) / 3)


def test_crop_and_mask_come_before_alignment_and_alignment_before_the_clamp():
    crop = Crop((0, 1), (0, 4))
    rules = replace(RULES, frame=(1, 5), crop=crop, min_m=1.0, max_m=10.0, clamp=True, alignment="ratio of medians")
    split = FakeSplit(maps([2, 4, 6, 50, 9]))
    # scored: 2, 4, 6. Medians 4 and 40 → x 0.1 → 3, 4, 10 (the last clamped from 12)
    table = evaluate({"m": answering(maps([30, 40, 120, 1, 1]))}, split, rules)
    assert table.value("m", "abs_rel") == pytest.approx((0.5 + 0 + 4 / 6) / 3)


def test_relative_depth_is_scored_under_an_aligned_protocol_only():
    split = FakeSplit(maps([2, 4, 6]))
    relative = {"m": answering(maps([1, 2, 3]), Quantity.RELATIVE_DEPTH)}
    with pytest.raises(NotComparable, match=r"m gives relative_depth.*score it under rooms/median or"):
        evaluate(relative, split, "rooms")
    assert evaluate(relative, split, "rooms/median").value("m", "rmse") == pytest.approx(0)
    inverse = {"m": answering(maps([1, 2, 3]), Quantity.RELATIVE_INVERSE_DEPTH)}
    with pytest.raises(NotComparable, match="score it under marigold/"):
        evaluate(inverse, split, "rooms/median")
    with pytest.raises(NotComparable, match="to_metres"):
        evaluate({"m": answering(maps([1, 2, 3]), Quantity.LOG_METRES)}, split, "rooms")


def test_the_geometry_that_the_protocol_names_is_asked_for():
    split = FakeSplit(maps([1, 1]))
    asked = []

    def predictor(photo, geometry):
        asked.append((photo.name, photo.camera.width, geometry))
        return answering(maps([1, 1]))(photo, geometry)

    evaluate({"m": predictor}, split, RULES)
    evaluate({"m": predictor}, split, FOOTPRINT)
    assert asked == [("image_0", 2, "whole"), ("image_0", 2, "paper")]
    with pytest.raises(NotComparable, match=r"geometry 'paper'.*'whole'"):
        evaluate({"m": answering(maps([1, 1]), always="paper")}, split, RULES)


def test_a_prediction_has_the_size_of_its_photo():
    with pytest.raises(BadInput, match=r"small answers image_0 with \(1, 1\)"):
        evaluate({"small": answering(maps([1]))}, FakeSplit(maps([1, 1])), RULES)


def test_a_sample_has_the_size_of_its_split():
    with pytest.raises(BadInput, match="image_1 is"):
        evaluate({"m": answering(maps([1, 1], [1]))}, FakeSplit(maps([1, 1], [1])), RULES)


def test_someone_must_be_scored_by_known_rules():
    with pytest.raises(BadInput, match="no predictor"):
        evaluate({}, FakeSplit(maps([1])), RULES)
    with pytest.raises(UnknownName, match="nyu_eigen/community"):
        evaluate({"m": answering(maps([1]))}, FakeSplit(maps([1])), "nyu_eigen/comunity")


def test_progress_is_told_after_each_sample():
    told = []
    split = FakeSplit(maps([1], [1], [1]))
    evaluate({"m": answering(maps([1])[0])}, split, RULES, progress=lambda *now: told.append(now))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_community_rules_give_what_bts_gives(shared_data):
    """BTS's own evaluation of the same files (float32 there, hence 1e-4), up to its printed mean."""
    golden = json.loads((Path(__file__).parent / "golden" / "nyu_community_bts.json").read_text())
    predictions = shared_data.parent / "reference" / "golden" / "predictions" / "nyu_synced" / "basement_0001a"
    if not predictions.is_dir():
        pytest.skip("the golden predictions are not beside this checkout")
    truths = shared_data / "nyu_synced" / "basement_0001a"
    depths, predicted = [], []
    for frame in golden["frames"]:
        depth_m = np.array(Image.open(truths / f"sync_depth_{frame}.png")).astype(np.float32) / 1000
        depth_m[depth_m == 0] = NAN
        depths.append(depth_m)
        predicted.append(np.array(Image.open(predictions / f"rgb_{frame}.png")).astype(np.float32) / 1000)
    community = shelf.look_up("protocols", "nyu_eigen/community")
    table = evaluate({"bts": answering(predicted)}, FakeSplit(depths), community)
    for metric, figures in golden["per_image"].items():
        assert [image[metric] for image in table.per_image("bts")] == pytest.approx(figures, rel=1e-4), metric
        assert table.value("bts", metric) == pytest.approx(golden["mean"][metric], rel=1e-4), metric


class FromFolder:
    """Answers in any size; has nothing for some images, and a damaged file for others."""

    any_size = True

    def __init__(self, maps, absent=(), damaged=(), quantity=Quantity.METRES):
        self.answer, self.absent, self.damaged = answering(maps, quantity), absent, damaged

    def __call__(self, photo, geometry):
        if photo.name in self.absent:
            raise MissingData(f"no prediction for {photo.name}")
        if photo.name in self.damaged:
            raise BadInput(f"{photo.name}.npy is cut short")
        return self.answer(
            photo,
            geometry,
        )


def test_missing_and_damaged_predictions_are_listed_or_left_out_and_counted():
    split = FakeSplit(maps([1, 1], [2, 2], [4, 4], [8, 8]))
    models = {"whole": FromFolder(maps([2, 2])[0]), "holes": FromFolder(maps([1, 1])[0], ["image_1"], ["image_2"])}
    with pytest.raises(MissingData, match=r"2 of 4 samples .* no prediction for image_1; image_2.npy is cut short"):
        evaluate(models, split, RULES)
    table = evaluate(models, split, RULES, allow_missing=True)
    assert table.images == ("image_0", "image_3")
    assert table.missing == ("image_1", "image_2")
    assert parse_signature(table.signature)["missing"] == "2"
    assert table.value("whole", "abs_rel") == (1 + 0.75) / 2
    assert any("2 images have no prediction" in note for note in table.notes())
    nothing = {"m": FromFolder(maps([1, 1])[0], [f"image_{i}" for i in range(4)])}
    with pytest.raises(NotComparable, match="not one of the 4 samples"):
        evaluate(nothing, split, RULES, allow_missing=True)


def test_a_prediction_of_another_size_is_brought_to_the_truths_as_the_protocol_says():
    truth = [np.array([[1, 1, 3, 3]], np.float32)]
    two = np.array([[1, 3]], np.float32)
    nearest = replace(RULES, resize="nearest")
    assert evaluate({"m": FromFolder(two)}, FakeSplit(truth), nearest).value("m", "abs_rel") == 0
    # bilinear: 1, 1.5, 2.5, 3 against 1, 1, 3, 3
    bilinear = evaluate({"m": FromFolder(two)}, FakeSplit(truth), RULES).value("m", "abs_rel")
    assert bilinear == pytest.approx((0.5 + 0.5 / 3) / 4)
    with pytest.raises(BadInput, match="the size of its photo"):
        evaluate({"m": answering(two)}, FakeSplit(truth), nearest)


def test_one_scale_for_a_scene_is_not_one_for_each_image():
    split = FakeSplit(maps([1, 1, 1], [2, 2, 2]))
    wavering = {"m": answering(maps([1, 1, 1], [1, 1, 1]))}
    rules = replace(RULES, alignment="ratio of medians")
    assert evaluate(wavering, split, rules).value("m", "abs_rel") == 0
    video = evaluate(wavering, split, replace(rules, align_per="scene"))
    # The medians of all six pixels: 1.5 / 1; so 1.5 against 1 and against 2.
    assert video.value("m", "abs_rel") == pytest.approx((0.5 + 0.25) / 2)
    assert "one a scene" in parse_signature(video.signature)["alignment"]


def test_clamping_before_or_after_aligning():
    """Truths 2, 4, 6; predictions 10, 20, 90. Clamped to 30 first the median ratio is the same, the rest is not."""
    split = FakeSplit(maps([2, 4, 6]))
    rules = replace(RULES, alignment="ratio of medians", min_m=0.1, max_m=30.0, clamp=True)
    model = {"m": answering(maps([10, 20, 90]))}
    after = evaluate(model, split, rules).value("m", "abs_rel")
    first = evaluate(model, split, replace(rules, order="clamp, align")).value("m", "abs_rel")
    assert after == pytest.approx((0 + 0 + (18 - 6) / 6) / 3)
    assert first == pytest.approx(0)


@given(
    arrays(np.float32, (2, 3, 4), elements=st.floats(0.5, 8, width=32)),
    st.floats(0.25, 4),
    st.sampled_from(["ratio of medians", "median of ratios", "least squares scale", "weighted L1 scale"]),
)
def test_scale_does_not_matter_once_it_is_aligned(predicted, factor, alignment):
    split = FakeSplit([np.linspace(1, 9, 12, dtype=np.float32).reshape(3, 4)] * 2)
    rules = replace(RULES, alignment=alignment)
    one = evaluate({"m": answering(list(predicted))}, split, rules)
    other = evaluate({"m": answering(list(predicted * np.float32(factor)))}, split, rules)
    for metric in METRICS:
        assert other.value("m", metric) == pytest.approx(one.value("m", metric), rel=1e-4, abs=1e-4)


def test_all_protocols_in_one_pass_and_why_the_others_do_not_apply():
    asked = []

    def predictor(photo, geometry):
        asked.append((photo.name, geometry))
        return answering(np.full((4, 6), 2, np.float32))(photo, geometry)

    split = FakeSplit([np.full((4, 6), 3, np.float32)] * 2)
    share = replace(RULES, name="share", crop=ShareCrop("lower half", rows=(0.5, 1.0)))
    official = replace(RULES, name="official", frame=(480, 640), crop=Crop((45, 471), (41, 601)))
    relative = replace(RULES, name="relative", alignment="least squares scale and shift in log depth")
    tables, refused = evaluate_all({"m": predictor}, split, [RULES, share, official, relative])
    assert set(tables) == {"rules", "share", "relative"}
    assert "480" in refused["official"]
    assert tables["share"].pixels == 24
    assert asked == [("image_0", "whole"), ("image_1", "whole")], "a prediction is asked for once"
    every, reasons = evaluate_all({"m": predictor}, split)
    assert set(every) | set(reasons) == set(shelf.names("protocols"))
    assert not set(every) & set(reasons)


def test_a_fit_with_as_many_unknowns_as_pixels_is_no_score():
    """One pixel and one scale: the error is 0 whatever the model says, so there is no value."""
    split = FakeSplit(maps([1, 2, 4], [3, NAN, NAN]))
    rules = replace(RULES, alignment="ratio of medians")
    table = evaluate({"m": answering(maps([1, 2, 2], [7, 7, 7]))}, split, rules)
    assert table.without_truth == ("image_1",)
    assert table.value("m", "abs_rel") == pytest.approx(0.5 / 3)
    assert any("as few pixels as unknowns" in note for note in table.notes())


def test_what_is_not_metres_cannot_be_clamped_before_it_is_aligned():
    rules = replace(RULES, alignment="ratio of medians", order="clamp, align", min_m=0.1, max_m=9.0, clamp=True)
    relative = {"m": answering(maps([1, 2, 3]), Quantity.RELATIVE_DEPTH)}
    with pytest.raises(NotComparable, match="clamps metres, then aligns"):
        evaluate(relative, FakeSplit(maps([2, 4, 6])), rules)
