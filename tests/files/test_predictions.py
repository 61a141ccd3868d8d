"""Folders and files of predictions as people publish them, and what is wrong with some."""

import sys
import zipfile

import h5py
import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from fathom.errors import BadInput, MissingData
from fathom.files.depthmap import write_npz, write_png
from fathom.files.numbers import as_map, open_arrays
from fathom.files.pfm import write_pfm
from fathom.files.predictions import PredictionFolder, natural
from fathom.records import Camera, Prediction, Quantity

MAPS = np.random.default_rng(0).uniform(1, 9, (5, 6, 8)).astype(np.float32)
STEPS = (MAPS * 1000).astype(np.uint16)


def write_exr(path, channels):
    import OpenEXR

    OpenEXR.File({"compression": OpenEXR.ZIP_COMPRESSION}, channels).write(str(path))


def write_hdf5(path, **arrays):
    with h5py.File(path, "w") as file:
        for name, array in arrays.items():
            file[name.replace("__", "/")] = array


def write_matlab73(path, **arrays):
    """As MATLAB does: a user block, its signature, axes reversed."""
    with h5py.File(path, "w", userblock_size=512) as file:
        for name, array in arrays.items():
            file[name] = array.T
    with path.open("r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file")


ONE = {
    "a.npy": lambda p: np.save(p, MAPS[0]),
    "b.npy": lambda p: np.save(p, MAPS[:1, None]),  # (1, 1, H, W)
    "c.npz": lambda p: np.savez(p, pred=MAPS[0], intrinsics=np.eye(3)),
    "d.npz": lambda p: np.savez_compressed(p, x=MAPS[0][..., None]),
    "e.tif": lambda p: Image.fromarray(MAPS[0]).save(p),
    "f.tiff": lambda p: Image.fromarray(MAPS[0]).save(p, compression="tiff_lzw"),
    "g.pfm": lambda p: write_pfm(p, MAPS[0]),
    "h.exr": lambda p: write_exr(p, {"Z": MAPS[0]}),
    "i.exr": lambda p: write_exr(p, {"RGB": np.stack([MAPS[0]] * 3, -1)}),
    "j.h5": lambda p: write_hdf5(p, depth=MAPS[0]),
    "k.hdf5": lambda p: write_hdf5(p, out__depth=MAPS[0], out__photo=np.zeros((6, 8, 3), np.uint8)),
    "l.mat": lambda p: savemat(p, {"pred_depth": MAPS[0], "K": np.eye(3)}),
    "m.mat": lambda p: write_matlab73(p, depth=MAPS[0]),
    "n.EXR": lambda p: write_exr(p, {"V": MAPS[0], "A": np.ones_like(MAPS[0])}),
    "o.npy": lambda p: np.save(p, np.asfortranarray(MAPS[0])),
}


@pytest.mark.parametrize("name", ONE)
def test_every_format_gives_its_numbers(tmp_path, name):
    ONE[name](tmp_path / name)
    np.save(tmp_path / "other.npy", MAPS[1])
    folder = PredictionFolder(tmp_path)
    assert folder.names == (name[0], "other")
    stored = folder.read(name[0])
    np.testing.assert_array_equal(stored.values, MAPS[0])
    assert (stored.path, stored.own) == (tmp_path / name, None)
    alone = PredictionFolder(tmp_path / name, count=1)
    np.testing.assert_array_equal(alone.read(alone.names[0]).values, MAPS[0])


def test_pictures_of_8_and_16_bits(tmp_path):
    grey = (STEPS[0] // 40).astype(np.uint8)
    Image.fromarray(STEPS[0]).save(tmp_path / "sixteen.png")
    Image.fromarray(grey).save(tmp_path / "eight.png")
    Image.fromarray(np.stack([grey] * 3, -1)).save(tmp_path / "three.png")
    Image.fromarray(grey).convert("P").save(tmp_path / "palette.png")
    folder = PredictionFolder(tmp_path)
    np.testing.assert_array_equal(folder.read("sixteen").values, STEPS[0])
    for name in ("eight", "three", "palette"):
        np.testing.assert_array_equal(folder.read(name).values, grey)
        assert folder.read(name).values.dtype == np.uint8


PILES = {
    "a.npy": lambda p: np.save(p, MAPS),
    "b.npy": lambda p: np.save(p, MAPS[:, None]),
    "c.npy": lambda p: np.save(p, MAPS.transpose(1, 2, 0)),
    "d.npz": lambda p: np.savez(p, MAPS),
    "e.npz": lambda p: np.savez_compressed(p, depths=MAPS, names=np.array(list("abcde"))),
    "f.npz": lambda p: np.savez_compressed(p, np.asfortranarray(MAPS)),
    "g.h5": lambda p: write_hdf5(p, pred=MAPS),
    "h.mat": lambda p: savemat(p, {"depths": MAPS.transpose(1, 2, 0)}),
    "i.mat": lambda p: write_matlab73(p, depths=MAPS.transpose(1, 2, 0)),
    "j.mat": lambda p: savemat(p, {"depths": MAPS}),
}


@pytest.mark.parametrize("name", PILES)
def test_one_file_with_all(tmp_path, name):
    PILES[name](tmp_path / name)
    for path in (tmp_path, tmp_path / name):  # the only file of a folder, or the file itself
        folder = PredictionFolder(path, count=5)
        assert folder.is_pile
        assert folder.names == ("0", "1", "2", "3", "4")
        for place in (0, 1, 4, 2, 2, 0):  # also out of order
            np.testing.assert_array_equal(folder.read(str(place)).values, MAPS[place])
    with pytest.raises(BadInput, match=rf"{name}.* there are 7 photos"):
        PredictionFolder(tmp_path, count=7)


@pytest.mark.parametrize("write", [write_hdf5, lambda p, **a: np.savez(p, **a)], ids=["hdf5", "npz"])
def test_one_array_for_each_name(tmp_path, write):
    path = tmp_path / ("all.h5" if write is write_hdf5 else "all.npz")
    write(path, frame_10=MAPS[0], frame_9=MAPS[1])
    folder = PredictionFolder(path, count=2)
    assert folder.names == ("frame_9", "frame_10")
    assert not folder.is_pile
    np.testing.assert_array_equal(folder.read("frame_9").values, MAPS[1])
    with pytest.raises(BadInput, match=r"2 arrays \(frame_10, frame_9\) and there are 3 photos"):
        PredictionFolder(path, count=3)


def test_what_fathom_wrote_is_believed(tmp_path):
    prediction = Prediction(MAPS[0], Quantity.METRES, Camera(9, 9, 3, 2, 8, 6), "theirs", "whole", "a")
    write_png(tmp_path / "a.png", prediction, 1 / 256)
    write_npz(tmp_path / "b.npz", prediction)
    folder = PredictionFolder(tmp_path)
    np.testing.assert_allclose(folder.read("a").own.values, MAPS[0], atol=1 / 512 * 1.01)
    assert folder.read("b").own.model == "theirs"
    assert PredictionFolder(tmp_path / "b.npz", count=654).names == ("b",)


def test_folders_are_searched_and_counted(tmp_path):
    for name in ("s1/d_10.npy", "s1/d_9.npy", "s2/x/d.npy", ".hidden/d.npy", "s1/.d.npy"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        np.save(tmp_path / name, MAPS[0])
    (tmp_path / "readme.txt").write_text("x")
    folder = PredictionFolder(tmp_path)
    assert folder.names == ("s1/d_9", "s1/d_10", "s2/x/d")
    assert (folder.formats, folder.others, len(folder)) == ({"npy": 3}, {".txt": 1}, 3)


def test_formats_may_be_mixed_but_not_for_one_name(tmp_path):
    for name in ("a", "b"):
        np.save(tmp_path / f"{name}.npy", MAPS[0])
    Image.fromarray(STEPS[0]).save(tmp_path / "c.png")
    assert PredictionFolder(tmp_path).formats == {"npy": 2, "png": 1}
    (tmp_path / "bw").mkdir()
    Image.fromarray(STEPS[0]).save(tmp_path / "bw" / "a.png")
    with pytest.raises(
        BadInput, match=r"several formats \(2 npy, 2 png\), and names .* 'a' for one; .* --format npy"
    ):
        PredictionFolder(tmp_path)
    assert PredictionFolder(tmp_path, "npy").names == ("a", "b")
    assert PredictionFolder(tmp_path, "png").names == ("bw/a", "c")
    with pytest.raises(BadInput, match="no format is called 'gif'"):
        PredictionFolder(tmp_path, "gif")
    with pytest.raises(MissingData, match="no exr file"):
        PredictionFolder(tmp_path, "exr")
    Image.fromarray(STEPS[0]).save(tmp_path / "c.PNG")
    if len(list(tmp_path.glob("c.*"))) == 2:  # not on a disk that does not tell them apart
        with pytest.raises(BadInput, match=r"c\.png.* have one name"):
            PredictionFolder(tmp_path, "png")


def test_nothing_there(tmp_path):
    with pytest.raises(MissingData, match="no such folder"):
        PredictionFolder(tmp_path / "x")
    with pytest.raises(MissingData, match="it is empty"):
        PredictionFolder(tmp_path)
    Image.fromarray(STEPS[0] // 256).convert("L").save(tmp_path / "a.jpg")
    with pytest.raises(MissingData, match=r"1 \.jpg.*JPEG changes the numbers"):
        PredictionFolder(tmp_path)
    with pytest.raises(BadInput, match=r"a\.jpg: predictions are read from"):
        PredictionFolder(tmp_path / "a.jpg")


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
@pytest.mark.parametrize("name", ONE)
def test_a_damaged_file_does_not_stop_the_others(tmp_path, name):
    ONE[name](tmp_path / name)
    np.save(tmp_path / "whole.npy", MAPS[1])
    for spoil in (cut, lambda p: p.write_bytes(b"what is this?"), lambda p: p.write_bytes(b"")):
        spoil(tmp_path / name)
        folder = PredictionFolder(tmp_path)
        with pytest.raises(BadInput, match=name):
            folder.read(name[0])
        np.testing.assert_array_equal(folder.read("whole").values, MAPS[1])
    (tmp_path / name).unlink()
    with pytest.raises(MissingData, match=name):
        folder.read(name[0])


@pytest.mark.parametrize("name", PILES)
def test_a_damaged_pile_says_so(tmp_path, name):
    PILES[name](tmp_path / name)
    cut(tmp_path / name)
    with pytest.raises(BadInput, match=name):
        PredictionFolder(tmp_path, count=5).read("4")


class Bomb:
    def __reduce__(self):
        return sys.exit, ("unpickled",)


def test_python_objects_are_never_read(tmp_path):
    np.save(tmp_path / "a.npy", np.array([Bomb()], object), allow_pickle=True)
    np.savez(tmp_path / "b.npz", depth=np.array([Bomb()], object), allow_pickle=True)
    np.savez(tmp_path / "c.npz", depth=MAPS[0], extra=np.array([Bomb()], object), allow_pickle=True)
    folder = PredictionFolder(tmp_path)
    with pytest.raises(BadInput, match=r"a\.npy holds Python objects"):
        folder.read("a")
    with pytest.raises(BadInput, match=r"b\.npz"):
        folder.read("b")
    np.testing.assert_array_equal(folder.read("c").values, MAPS[0])
    with pytest.raises(BadInput, match="Python objects"):
        PredictionFolder(tmp_path / "a.npy", count=3)


@pytest.mark.parametrize(
    ("array", "word"),
    [
        (np.random.default_rng(0).integers(0, 256, (6, 8, 3), np.uint8), "in colours"),
        (MAPS, "a depth map is"),
        (MAPS[0] > 4, "no numbers"),
        (MAPS[0, 0], "a depth map is"),
        (np.zeros((0, 8)), "a depth map is"),
        (MAPS[0] * 1j, "no numbers"),
        (np.array([["a"]]), "no numbers"),
    ],
)
def test_what_is_no_depth_map(tmp_path, array, word):
    np.save(tmp_path / "a.npy", array)
    np.save(tmp_path / "b.npy", MAPS[0])
    with pytest.raises(BadInput, match=word) as caught:
        PredictionFolder(tmp_path).read("a")
    assert "a.npy" in str(caught.value)


def test_pictures_that_are_no_numbers(tmp_path):
    colours = np.random.default_rng(0).integers(0, 256, (6, 8, 3), np.uint8)
    Image.fromarray(colours).save(tmp_path / "colour.png")
    Image.fromarray(colours).quantize(16).save(tmp_path / "palette.png")
    Image.fromarray(STEPS[0] > 4000).save(tmp_path / "mask.png")
    Image.fromarray(MAPS[0]).save(tmp_path / "two.tif", save_all=True, append_images=[Image.fromarray(MAPS[1])])
    folder = PredictionFolder(tmp_path)
    for name, word in (("colour", "colours"), ("palette", "colours"), ("mask", "one bit"), ("two", "several")):
        with pytest.raises(BadInput, match=word) as caught:
            folder.read(name)
        assert name in str(caught.value)


def test_16_bits_in_colour_are_not_cut_to_8(tmp_path):
    """Pillow reads a PNG of three times 16 bits as 8 without a word."""
    import struct
    import zlib

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + np.repeat(row.astype(">u2"), 3).tobytes() for row in STEPS[0])
    head = struct.pack(">IIBBBBB", 8, 6, 16, 2, 0, 0, 0)
    (tmp_path / "a.png").write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    )
    with pytest.raises(BadInput, match="16 bits in several channels"):
        PredictionFolder(tmp_path).read("a")


def test_which_array(tmp_path):
    np.savez(tmp_path / "a.npz", near=MAPS[0], far=MAPS[1])
    np.savez(tmp_path / "b.npz", near=MAPS[2], far=MAPS[3])
    with pytest.raises(BadInput, match=r"a\.npz holds near .* far .*--key"):
        PredictionFolder(tmp_path).read("a")
    np.testing.assert_array_equal(PredictionFolder(tmp_path, key="far").read("b").values, MAPS[3])
    with pytest.raises(BadInput, match="no array 'x'"):
        PredictionFolder(tmp_path, key="x").read("a")


def test_a_header_that_promises_the_moon(tmp_path):
    with (tmp_path / "a.npy").open("wb") as file:
        np.lib.format.write_array_header_1_0(
            file, {"descr": "<f4", "fortran_order": False, "shape": (10**6, 10**6)}
        )
    with zipfile.ZipFile(tmp_path / "b.npz", "w") as members:
        members.write(tmp_path / "a.npy", "depth.npy")
    folder = PredictionFolder(tmp_path)
    for name, word in (("a", "cut short"), ("b", "no picture's depth")):
        with pytest.raises(BadInput, match=rf"{name}\.np.*{word}"):
            folder.read(name)


def test_as_map_says_where():
    with pytest.raises(BadInput, match=r"^somewhere holds"):
        as_map("somewhere", MAPS)
    np.testing.assert_array_equal(as_map("", MAPS[:1, :, :, None]), MAPS[0])


def test_shapes_are_known_without_reading(tmp_path):
    for name, shape in (("a.npy", (5, 6, 8)), ("d.npz", (5, 6, 8)), ("g.h5", (5, 6, 8)), ("i.mat", (6, 8, 5))):
        PILES[name](tmp_path / name)
        assert list(open_arrays(tmp_path / name).shapes.values()) == [shape]


def test_packages_that_are_not_installed(tmp_path, monkeypatch):
    for name in ("h.exr", "j.h5", "l.mat", "m.mat"):
        ONE[name](tmp_path / name)
    folder = PredictionFolder(tmp_path)
    for module in ("OpenEXR", "h5py", "scipy.io"):
        monkeypatch.setitem(sys.modules, module, None)
    for name in "hjlm":
        with pytest.raises(MissingData, match=r"pip install 'fathom-depth\[(formats|data)\]'"):
            folder.read(name)


def test_numbers_in_names_are_numbers():
    assert sorted(["a10", "a9", "10", "b", "9"], key=natural) == ["9", "10", "a9", "a10", "b"]


def test_where_both_ends_would_fit_custom_decides(tmp_path):
    """MATLAB's people put the photos last, numpy's first."""
    square = np.random.default_rng(0).random((5, 6, 5))
    savemat(tmp_path / "a.mat", {"depths": square})
    np.save(tmp_path / "b.npy", square)
    np.testing.assert_array_equal(PredictionFolder(tmp_path / "a.mat", count=5).read("1").values, square[..., 1])
    np.testing.assert_array_equal(PredictionFolder(tmp_path / "b.npy", count=5).read("1").values, square[1])
