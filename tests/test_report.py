"""The HTML report: whole, self-contained, the table's own figures, and safe with any name."""

import base64
import io
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from fathom.errors import CannotWrite, MissingData, NotComparable
from fathom.evaluation import evaluate, see
from fathom.ops.metrics import METRICS
from fathom.protocols._base import Crop, PrintedRow, Protocol
from fathom.records import Camera, Prediction, Quantity, Sample
from fathom.report import write_report

RULES = Protocol(
    name="rules",
    version=1,
    data="official/test",
    truth="exact",
    geometry="whole",
    average="image",
    source="made up",
)
NAN = np.nan
VOID = {"meta", "img", "br", "rect", "path", "circle"}  # elements that need not be closed, and those closed by />


class Split:
    """Rooms-like samples of any sizes; truths at a share of the pixels."""

    title, fingerprint, frame = "made_up/test", "0123abcd", None

    def __init__(self, sizes, share=1.0, names=None):
        self.sizes, self.share = sizes, share
        self.names = names or [f"image_{i}" for i in range(len(sizes))]

    def __len__(self):
        return len(self.sizes)

    def depth_m(self, number):
        height, width = self.sizes[number]
        rng = np.random.default_rng(number)
        depth_m = np.linspace(1, 8, height * width, dtype=np.float32).reshape(height, width)
        depth_m[rng.random(depth_m.shape) >= self.share] = NAN
        return depth_m

    def __iter__(self):
        for number, (height, width) in enumerate(self.sizes):
            rgb = np.full((height, width, 3), 40 * number % 255, np.uint8)
            camera = Camera.from_fov(width, height, 60)
            yield Sample(rgb, self.depth_m(number), camera, self.names[number], f"scene {number // 2}")


def off_by(split, factor, asked=None, quantity=Quantity.METRES, rim=0):
    """A predictor whose error grows with the number of the image: image i is off by factor times (i + 1)."""

    def predict(photo, geometry):
        number = split.names.index(photo.name)
        if asked is not None:
            asked.append(photo.name)
        height, width = photo.rgb.shape[:2]
        whole = np.linspace(1, 8, height * width, dtype=np.float32).reshape(height, width)
        values = whole * np.float32(1 + factor * (number + 1))
        if rim:
            values[:rim], values[-rim:] = NAN, NAN
        return Prediction(values, quantity, photo.camera, "made up", geometry, photo.name)

    return predict


class Reader(HTMLParser):
    """Checks that elements are closed in order, and keeps texts, pictures and what is referred to."""

    def __init__(self, html):
        super().__init__()
        self.open, self.texts, self.pictures, self.references = [], [], [], []
        self.articles, self.tags = [], set()
        self.feed(html)
        self.close()
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        given = dict(attributes)
        self.references += [v for k, v in attributes if k in ("src", "href", "data", "action", "xlink:href")]
        if tag == "img":
            self.pictures.append((given["alt"], given["src"]))
        if tag == "article":
            self.articles.append([])
        if tag not in VOID or tag in ("rect",):
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.add(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data):
        if "style" not in self.open:
            self.texts.append(data)
            if "article" in self.open:
                self.articles[-1].append(data)

    def text(self):
        return " ".join(self.texts)


def report(tmp_path, split, predictors, protocol=RULES, **options):
    table = evaluate(predictors, split, protocol, **options)
    path = write_report(table, split, predictors, protocol, tmp_path / "report.html")
    html = path.read_text(encoding="utf-8")
    return table, html, Reader(html)


def picture(found, words):
    """The pixels of the picture with this alternative text, uint8 RGB."""
    (data,) = {src for alt, src in found.pictures if alt == words}
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data.partition(",")[2]))).convert("RGB"))


@pytest.fixture
def split():
    return Split([(12, 16)] * 5)


def test_it_is_whole_and_needs_nothing_else(split, tmp_path):
    _, html, found = report(tmp_path, split, {"a": off_by(split, 0.1), "b": off_by(split, -0.05)})
    assert html.startswith("<!DOCTYPE html>")
    assert {"title", "table", "svg", "img", "style"} <= found.tags
    assert not {"script", "link", "iframe", "a", "object"} & found.tags
    assert found.references
    assert all(r.startswith("data:image/") for r in found.references)
    assert not re.search(r"https?:|url\(|@import", html)
    assert "prefers-color-scheme:dark" in html
    assert "@media print" in html


def test_its_figures_are_the_tables(split, tmp_path):
    printed = (PrintedRow("someone's", {"abs_rel": 0.777}, "a paper, Table 1"),)
    protocol = replace(RULES, printed=printed)
    models = {"a": off_by(split, 0.1), "b": off_by(split, -0.05)}
    table, html, found = report(tmp_path, split, models, protocol)
    rows = re.findall(r'<tr class="(own|printed)"><th>(.*?)</th>(.*?)</tr>', html)
    cells = {label: re.findall("<td>(.*?)</td>", row) for _, label, row in rows}
    for model in table.models:
        assert cells[model] == [f"{table.value(model, metric):.3f}" for metric in METRICS]
    assert cells["someone&#x27;s"] == ["0.777" if metric == "abs_rel" else "–" for metric in METRICS]
    assert table.signature in found.text()
    assert all(note in found.text() for note in table.notes())
    assert table.notes()
    assert (
        f"mean over images {table.value('a', 'abs_rel'):.3f}, median 0.300, middle half 0.200 to 0.400"
        in found.text()
    )


def test_best_median_and_worst_stand_with_their_names_and_figures(split, tmp_path):
    _, _, found = report(tmp_path, split, {"a": off_by(split, 0.1), "b": off_by(split, -0.05)})
    words = ["".join(article) for article in found.articles]
    expected = [("a: best", "image_0", 0.1), ("a: median", "image_2", 0.3), ("a: worst", "image_4", 0.5)]
    expected += [("b: best", "image_0", 0.05), ("b: median", "image_2", 0.15), ("b: worst", "image_4", 0.25)]
    for article, (which, name, error) in zip(words, expected, strict=True):
        assert which in article
        assert name in article
        assert f"abs rel {error:.3f}" in article
        assert "192 pixels" in article
        assert "scene scene" in article
    assert len(found.pictures) == 6 * 4 + 2


@pytest.mark.parametrize(("count", "shown"), [(1, ["the only image"]), (2, ["best", "worst"])])
def test_few_images(count, shown, tmp_path):
    split = Split([(6, 8)] * count)
    _, _, found = report(tmp_path, split, {"a": off_by(split, 0.1)})
    assert [article[0] for article in found.articles] == [f"a: {which}" for which in shown]


def test_names_are_words_and_never_code(tmp_path):
    evil = '<script>alert("1")</script>&\'"'
    split = Split([(6, 8)] * 2, names=[evil, 'x" onload="alert(1)'])
    split.title = evil
    _, html, found = report(tmp_path, split, {evil: off_by(split, 0.1)})
    assert "script" not in found.tags
    assert "<script" not in html
    assert 'onload="' not in html
    assert any(evil in "".join(article) for article in found.articles)
    assert found.text().count(evil) >= 5


def test_the_same_input_gives_the_same_bytes(split, tmp_path):
    predictors = {"a": off_by(split, 0.1)}
    table = evaluate(predictors, split, RULES)
    first = write_report(table, split, predictors, RULES, tmp_path / "one.html").read_bytes()
    assert write_report(table, split, predictors, RULES, tmp_path / "deep" / "two.html").read_bytes() == first


def test_the_pictures_show_what_they_say(tmp_path):
    """Too far is red, too near blue, right is pale; truth and prediction share one scale."""
    split = Split([(12, 16)])
    models = {"far": off_by(split, 0.1), "near": off_by(split, -0.1), "right": off_by(split, 0.0)}
    _, _, found = report(tmp_path, split, models)
    pictures = [src for alt, src in found.pictures if alt == "relative error of image_0"]
    red, blue, pale = (
        np.asarray(Image.open(io.BytesIO(base64.b64decode(src.partition(",")[2]))).convert("RGB")).mean((0, 1))
        for src in pictures
    )
    assert red[0] > red[2] + 100
    assert blue[2] > blue[0] + 100
    assert pale.min() > 240
    truths = {src for alt, src in found.pictures if alt == "truth of image_0"}
    predictions = [src for alt, src in found.pictures if alt == "prediction of image_0"]
    assert len(truths) == 1
    assert predictions[2] in truths
    assert predictions[0] not in truths
    assert "image/jpeg" in next(src for alt, src in found.pictures if alt == "photo of image_0")


def test_large_pictures_are_made_small(tmp_path):
    split = Split([(200, 640)])
    _, _, found = report(tmp_path, split, {"a": off_by(split, 0.1)})
    assert picture(found, "photo of image_0").shape == (100, 320, 3)
    assert picture(found, "truth of image_0").shape == (100, 320, 3)


def test_sparse_truth_is_drawn_larger_and_said_to_be(tmp_path):
    split, dense = Split([(120, 400)] * 2, share=0.02), Split([(120, 400)] * 2)
    _, _, found = report(tmp_path, split, {"a": off_by(split, 0.1)})
    assert "The truth is sparse (2.0 to 2.0 % of the pixels): its dots are drawn larger" in found.text()
    for what in ("truth", "relative error"):
        drawn = picture(found, f"{what} of image_0")
        share = 1 - np.mean((drawn == 128).all(axis=-1))
        assert 0.15 < share < 0.35  # 2 % in dots of 3x3, a little smaller than it was
    assert "sparse" not in report(tmp_path, dense, {"a": off_by(dense, 0.1)})[2].text()


def test_of_dots_that_fall_together_the_nearest_is_seen(tmp_path):
    """A far wall with a few near dots before it, at a size that makes them fall together."""
    split = Split([(320, 1280)], share=0.25)
    depth_m = split.depth_m(0)
    depth_m[~np.isnan(depth_m)] = 40.0
    depth_m[100:110, 100:1180:4] = 2.0
    split.depth_m = lambda _: depth_m
    _, _, found = report(tmp_path, split, {"a": off_by(split, 0.1)})
    band = picture(found, "truth of image_0")[25:27, 30:290].astype(int).sum(axis=-1)
    assert (band > 600).all()  # near is light
    # Where the near ones are not scored, the error of those behind them is seen.
    _, _, found = report(tmp_path, split, {"a": off_by(split, 0.1)}, replace(RULES, min_m=5.0))
    assert not (picture(found, "relative error of image_0")[25:27, 30:290] == 128).all(axis=-1).all()


def test_rims_without_prediction_are_grey_and_counted_by_no_one(tmp_path):
    split = Split([(12, 16)] * 3)
    footprint = replace(RULES, footprint=True)
    _, _, found = report(tmp_path, split, {"a": off_by(split, 0.1, rim=3)}, footprint)
    grey = (picture(found, "relative error of image_0") == 128).all(axis=-1)
    assert grey[:3].all()
    assert grey[-3:].all()
    assert not grey[3:-3].any()
    assert ((picture(found, "prediction of image_0") == 128).all(axis=-1) == grey).all()
    places = (picture(found, "mean relative error by place, a") == 128).all(axis=-1)
    assert places[:3].all()
    assert not places[3:-3].any()
    assert "50.0 % of the pixels with a truth" in found.text()


def test_sizes_may_differ_and_truths_be_absent(tmp_path):
    split, asked = Split([(12, 16), (30, 20), (5, 40), (12, 16)]), []
    depth_m = split.depth_m
    split.depth_m = lambda i: depth_m(i) * NAN if i == 3 else depth_m(i)
    predictors = {"a": off_by(split, 0.1, asked)}
    table = evaluate(predictors, split, RULES)
    asked.clear()
    told = []
    path = write_report(table, split, predictors, RULES, tmp_path / "r.html", lambda *at: told.append(at))
    assert asked == ["image_0", "image_1", "image_2"]  # once each, and not where there is nothing to show
    assert told == [(1, 3), (2, 3), (3, 3)]
    found = Reader(path.read_text(encoding="utf-8"))
    assert "no valid truth in 1 of 4 images" in found.text()
    assert picture(found, "truth of image_1").shape == (30, 20, 3)


def test_missing_predictions_are_left_out(split, tmp_path):
    whole = off_by(split, 0.1)

    def predict(photo, geometry):
        if photo.name == "image_4":
            raise MissingData("none for image_4")
        return whole(photo, geometry)

    _, _, found = report(tmp_path, split, {"a": predict}, allow_missing=True)
    assert "1 images have no prediction and were left out: image_4" in found.text()
    assert "image_3" in "".join(found.articles[-1])


@pytest.mark.parametrize("align_per", ["image", "scene"])
def test_aligned_predictions_are_shown_aligned(split, align_per, tmp_path):
    protocol = replace(RULES, alignment="least squares scale", align_per=align_per)
    predictors = {"a": off_by(split, 0.1, quantity=Quantity.RELATIVE_DEPTH)}
    table, _, found = report(tmp_path, split, predictors, protocol)
    for seen, sums in zip(see(predictors, split, protocol), table.sums["a"], strict=True):
        error = np.abs(seen.metres["a"] / seen.sample.depth_m - 1)[seen.region]
        assert error.sum() == pytest.approx(sums.rel, rel=1e-5, abs=1e-4)
    last = "".join(found.articles[-1])
    assert f"abs rel {max(s.rel / s.pixels for s in table.sums['a']):.3f}" in last


def test_what_is_seen_is_clamped_and_cropped_as_it_is_scored(split):
    protocol = replace(RULES, min_m=1.0, max_m=6.0, clamp=True, frame=(12, 16), crop=Crop((2, 10), (3, 13)))
    split.frame = (12, 16)
    predictors = {"a": off_by(split, 0.5)}
    table = evaluate(predictors, split, protocol)
    for seen, sums in zip(see(predictors, split, protocol), table.sums["a"], strict=True):
        assert seen.region.sum() == sums.pixels
        assert not seen.region[:2].any()
        assert not seen.region[:, :3].any()
        assert seen.metres["a"].max() == 6.0
        truth_m = seen.sample.depth_m[seen.region]
        error = np.abs(seen.metres["a"][seen.region] - truth_m) / truth_m
        assert error.sum() == pytest.approx(sums.rel, rel=1e-5)


def test_a_report_is_of_its_own_table(split, tmp_path):
    predictors = {"a": off_by(split, 0.1)}
    table = evaluate(predictors, split, RULES)
    path = tmp_path / "report.html"
    path.write_text("as it was")
    changed = Split([(12, 16)] * 5)
    changed.fingerprint = "ffffffff"
    cases = [
        (changed, predictors, RULES, "truths: 0123abcd; given for its report: ffffffff"),
        (split, {"b": predictors["a"]}, RULES, "models: a; given for its report: b"),
        (split, predictors, replace(RULES, version=2), "version: 1"),
        (split, predictors, replace(RULES, name="other"), "protocol: rules"),
        (split, {"a": off_by(split, 0.2)}, RULES, r"a on image_0: abs rel 0\.1000 .* now 0\.2000"),
    ]
    for truths, models, protocol, words in cases:
        with pytest.raises(NotComparable, match=words):
            write_report(table, truths, models, protocol, path)
    assert path.read_text() == "as it was"
    with pytest.raises(CannotWrite):
        write_report(table, split, predictors, RULES, path / "below" / "a file.html")
