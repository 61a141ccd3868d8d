"""Every kind of picture, and everything that is none."""

import errno
import math
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image

from fathom.errors import BadInput, CannotWrite, MissingData
from fathom.files.photo import read_photo, write_photo
from fathom.records import Camera

# Six pixels in no symmetric order: every turning of them is another picture.
TINY = np.array([[[10, 0, 0], [20, 0, 0], [30, 0, 0]], [[40, 0, 0], [50, 0, 0], [60, 0, 0]]], np.uint8)
NOISE = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)


def exif_of(**tags):
    """EXIF whose camera tags (by their name in PIL.ExifTags.Base) lie in the Exif part, Orientation in the main."""
    exif = Image.Exif()
    for name, value in tags.items():
        part = exif if name == "Orientation" else exif.get_ifd(ExifTags.IFD.Exif)
        part[ExifTags.Base[name]] = value
    return exif


def test_rgb_is_read_as_it_is(tmp_path):
    write_photo(tmp_path / "a.png", NOISE)
    photo = read_photo(tmp_path / "a.png")
    np.testing.assert_array_equal(photo.rgb, NOISE)
    assert photo.rgb.dtype == np.uint8
    assert photo.name == "a.png"


# What EXIF's eight orientations mean for the stored array, from the standard's row 0 / column 0 descriptions.
TURNS = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.transpose(1, 0, 2),
    6: lambda a: a[::-1].transpose(1, 0, 2),
    7: lambda a: a[::-1, ::-1].transpose(1, 0, 2),
    8: lambda a: a[:, ::-1].transpose(1, 0, 2),
}


@pytest.mark.parametrize("orientation", TURNS)
def test_exif_orientation(tmp_path, orientation):
    exif = exif_of(Orientation=orientation, FocalLengthIn35mmFilm=26)
    Image.fromarray(TINY).save(tmp_path / "a.png", exif=exif)
    photo = read_photo(tmp_path / "a.png")
    np.testing.assert_array_equal(photo.rgb, TURNS[orientation](TINY))
    assert (photo.camera.height, photo.camera.width) == photo.rgb.shape[:2]
    assert photo.camera.fx == pytest.approx(26 * math.hypot(2, 3) / 43.27, rel=1e-4)


def test_grey_with_and_without_alpha(tmp_path):
    Image.fromarray(TINY[..., 0]).save(tmp_path / "grey.png")
    np.testing.assert_array_equal(read_photo(tmp_path / "grey.png").rgb, np.repeat(TINY[..., :1], 3, axis=2))
    Image.fromarray(np.array([[[100, 255], [100, 0]]], np.uint8), "LA").save(tmp_path / "la.png")
    np.testing.assert_array_equal(read_photo(tmp_path / "la.png").rgb, [[[100] * 3, [255] * 3]])


def test_transparency_lies_over_white(tmp_path):
    rgba = np.array([[[200, 100, 0, 255], [200, 100, 0, 0], [0, 0, 0, 128]]], np.uint8)
    Image.fromarray(rgba).save(tmp_path / "a.png")
    np.testing.assert_array_equal(
        read_photo(tmp_path / "a.png").rgb, [[[200, 100, 0], [255, 255, 255], [127, 127, 127]]]
    )


def test_palette_with_a_transparent_entry(tmp_path):
    picture = Image.new("P", (2, 1))
    picture.putpalette([255, 0, 0, 0, 0, 255])
    picture.putdata([0, 1])
    picture.save(tmp_path / "a.gif")
    np.testing.assert_array_equal(read_photo(tmp_path / "a.gif").rgb, [[[255, 0, 0], [0, 0, 255]]])
    picture.save(tmp_path / "t.png", transparency=1)
    np.testing.assert_array_equal(read_photo(tmp_path / "t.png").rgb, [[[255, 0, 0], [255, 255, 255]]])


def test_one_bit(tmp_path):
    Image.fromarray(np.array([[True, False]])).save(tmp_path / "a.png")
    np.testing.assert_array_equal(read_photo(tmp_path / "a.png").rgb, [[[255] * 3, [0] * 3]])


def test_cmyk_jpeg(tmp_path):
    ink = Image.merge("CMYK", [Image.new("L", (16, 16), v) for v in (0, 255, 255, 0)])
    ink.save(tmp_path / "a.jpg")
    np.testing.assert_allclose(read_photo(tmp_path / "a.jpg").rgb.mean((0, 1)), [255, 0, 0], atol=6)


@pytest.mark.parametrize("name", ["a.png", "a.tiff"])
def test_16_bit_grey_is_scaled_not_clipped(tmp_path, name):
    grey = np.array([[0, 257, 257 * 100, 65535, 300]], np.uint16)
    Image.fromarray(grey).save(tmp_path / name)
    np.testing.assert_array_equal(read_photo(tmp_path / name).rgb[0, :, 0], [0, 1, 100, 255, 1])


def test_32_bit_and_float_grey(tmp_path):
    Image.fromarray(np.array([[0, 257 * 50, 65535]], np.int32)).save(tmp_path / "i.tiff")
    np.testing.assert_array_equal(read_photo(tmp_path / "i.tiff").rgb[0, :, 1], [0, 50, 255])
    Image.fromarray(np.array([[0, 0.2, 1]], np.float32)).save(tmp_path / "f.tiff")
    np.testing.assert_array_equal(read_photo(tmp_path / "f.tiff").rgb[0, :, 2], [0, 51, 255])


def test_of_several_frames_the_first(tmp_path):
    first, second = (Image.new("RGB", (4, 4), c) for c in ("red", "blue"))
    first.save(tmp_path / "a.gif", save_all=True, append_images=[second])
    np.testing.assert_array_equal(read_photo(tmp_path / "a.gif").rgb[0, 0], [255, 0, 0])


def test_assumed_camera_is_60_degrees_across_the_long_side(tmp_path):
    for name, shape in (("wide", (40, 60)), ("tall", (60, 40))):
        write_photo(tmp_path / f"{name}.png", np.zeros((*shape, 3), np.uint8))
        camera = read_photo(tmp_path / f"{name}.png").camera
        assert camera.fx == camera.fy == pytest.approx(30 / math.tan(math.radians(30)))
        assert (camera.cx, camera.cy) == ((shape[1] - 1) / 2, (shape[0] - 1) / 2)
        assert camera.source.startswith("assumed 60")


@pytest.mark.parametrize(("orientation", "size"), [(1, (60, 40)), (6, (40, 60))])
def test_camera_from_the_sensor(tmp_path, orientation, size):
    # 5 mm lens, 500 pixels per millimetre, taken 120 pixels wide and halved since: 1250 pixels.
    tags = {"FocalLength": 5.0, "FocalPlaneXResolution": 5000.0, "FocalPlaneResolutionUnit": 3}
    exif = exif_of(Orientation=orientation, ExifImageWidth=120, **tags)
    Image.fromarray(NOISE).save(tmp_path / "a.jpg", exif=exif)
    camera = read_photo(tmp_path / "a.jpg").camera
    assert (camera.width, camera.height) == size
    assert camera.fx == camera.fy == pytest.approx(1250)
    assert camera.source == "exif"


@pytest.mark.parametrize("tags", [{"FocalLengthIn35mmFilm": 0}, {"FocalLength": 5.0}])
def test_exif_that_does_not_say_enough(tmp_path, tags):
    Image.fromarray(NOISE).save(tmp_path / "a.jpg", exif=exif_of(**tags))
    assert read_photo(tmp_path / "a.jpg").camera.source.startswith("assumed")


def test_given_cameras(tmp_path):
    Image.fromarray(NOISE).save(tmp_path / "a.jpg", exif=exif_of(FocalLengthIn35mmFilm=26))
    own = Camera(50, 51, 29, 20, 60, 40)
    assert read_photo(tmp_path / "a.jpg", camera=own).camera == own
    assert read_photo(tmp_path / "a.jpg", focal_px=77).camera.fy == 77
    assert read_photo(tmp_path / "a.jpg", fov_deg=90).camera.fx == pytest.approx(30)
    assert not read_photo(tmp_path / "a.jpg", fov_deg=90).camera.source.startswith("assumed")
    with pytest.raises(BadInput, match="one of"):
        read_photo(tmp_path / "a.jpg", fov_deg=90, focal_px=77)
    with pytest.raises(BadInput, match=r"resized\(60, 40\)"):
        read_photo(tmp_path / "a.jpg", camera=own.resized(30, 20))
    for wrong in ({"fov_deg": 180}, {"focal_px": 0}, {"focal_px": math.nan}):
        with pytest.raises(BadInput):
            read_photo(tmp_path / "a.jpg", **wrong)


def test_no_file_and_a_folder(tmp_path):
    with pytest.raises(MissingData, match=r"a\.png"):
        read_photo(tmp_path / "a.png")
    with pytest.raises(BadInput, match="folder"):
        read_photo(tmp_path)


@pytest.mark.parametrize(
    ("content", "words"), [(b"", "empty"), (b"dear diary\n" * 20, "not a picture"), (b"\xff\xd8\xff", "not a pict")]
)
def test_what_is_no_picture(tmp_path, content, words):
    (tmp_path / "a.jpg").write_bytes(content)
    with pytest.raises(BadInput, match=words):
        read_photo(tmp_path / "a.jpg")


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tiff", "bmp", "gif"])
@pytest.mark.parametrize("share", [0.5, 0.9])
def test_a_picture_cut_short(tmp_path, suffix, share):
    path = tmp_path / f"a.{suffix}"
    write_photo(path, NOISE)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(BadInput, match=rf"a\.{suffix}"):
        read_photo(path)


def test_a_picture_too_large(tmp_path, monkeypatch):
    write_photo(tmp_path / "a.png", NOISE)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", NOISE[..., 0].size // 2 - 1)
    with pytest.raises(BadInput, match="too large"):
        read_photo(tmp_path / "a.png")


def test_a_png_that_claims_no_width(tmp_path):
    write_photo(tmp_path / "a.png", NOISE)
    content = bytearray((tmp_path / "a.png").read_bytes())
    content[16:20] = bytes(4)  # the width in IHDR
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(BadInput):
        read_photo(tmp_path / "a.png")


def test_write_checks_what_it_gets(tmp_path):
    for wrong in (NOISE / 255, NOISE[..., 0]):
        with pytest.raises(BadInput, match="uint8"):
            write_photo(tmp_path / "a.png", wrong)
    with pytest.raises(BadInput, match="suffix"):
        write_photo(tmp_path / "a.txt", NOISE)


def test_a_full_disk_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "a.png"
    write_photo(path, NOISE)
    before = path.read_bytes()

    def full(self, data):
        self.write_text("half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(CannotWrite, match="No space left"):
        write_photo(path, TINY)
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]
    assert path.read_bytes() == before


def test_a_place_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(CannotWrite):
        write_photo(tmp_path / "file" / "a.png", NOISE)


@pytest.mark.parametrize("film_mm", [1, 60000])
def test_exif_of_no_lens_is_not_believed(tmp_path, film_mm):
    exif = Image.Exif()
    exif[ExifTags.IFD.Exif] = {ExifTags.Base.FocalLengthIn35mmFilm: film_mm}
    Image.fromarray(NOISE).save(tmp_path / "a.jpg", exif=exif)
    assert read_photo(tmp_path / "a.jpg").camera.source.startswith("assumed")


def test_a_name_that_cannot_be_opened(tmp_path):
    with pytest.raises(BadInput, match="File name too long; check its name"):
        read_photo(tmp_path / ("a" * 300 + ".jpg"))
    (tmp_path / "loop.jpg").symlink_to("loop.jpg")
    with pytest.raises(BadInput, match="cannot be opened"):
        read_photo(tmp_path / "loop.jpg")
