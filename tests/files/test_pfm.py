import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from fathom.errors import BadInput, CannotWrite, MissingData
from fathom.files.pfm import read_pfm, write_pfm
from fathom.files.png16 import read_uint16
from small.middlebury import write_pfm as write_slowly

VALUES = np.array([[1.5, np.inf, -3.0], [0.0, 1e-8, 7.25]], np.float32)


@pytest.mark.parametrize("big", [False, True])
def test_both_byte_orders_bottom_up(tmp_path, big):
    write_slowly(tmp_path / "a.pfm", VALUES, big)
    found = read_pfm(tmp_path / "a.pfm")
    np.testing.assert_array_equal(found, VALUES)
    assert found.dtype == np.float32
    assert found.dtype.isnative


def test_bytes_by_hand(tmp_path):
    (tmp_path / "a.pfm").write_bytes(b"Pf\n1 2\n-1.0\n" + struct.pack("<ff", 5, 9))
    assert read_pfm(tmp_path / "a.pfm").tolist() == [[9.0], [5.0]]


def test_the_scale_is_not_applied(tmp_path):
    (tmp_path / "a.pfm").write_bytes(b"Pf\n1 1\n-0.25\n" + struct.pack("<f", 5))
    assert read_pfm(tmp_path / "a.pfm").tolist() == [[5.0]]


def test_header_in_fewer_lines_and_first_number_a_line_feed(tmp_path):
    """The first byte after the header may be a line feed of its own."""
    (tmp_path / "a.pfm").write_bytes(b"Pf 2 1\n-1\n" + b"\n\n\n\n" + struct.pack("<f", 3))
    assert read_pfm(tmp_path / "a.pfm")[0, 1] == 3


@given(arrays(np.float32, array_shapes(min_dims=2, max_dims=2, max_side=5), elements=st.floats(width=32)))
def test_written_and_read(tmp_path_factory, values):
    path = tmp_path_factory.mktemp("pfm") / "a.pfm"
    write_pfm(path, values)
    np.testing.assert_array_equal(read_pfm(path), values)


def test_files_that_are_none(tmp_path):
    path = tmp_path / "a.pfm"
    with pytest.raises(MissingData, match=r"a\.pfm"):
        read_pfm(path)
    write_pfm(path, VALUES)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(BadInput, match="23 of 24 bytes"):
        read_pfm(path)
    for content in (b"", b"Pf", b"P5\n3 2\n255\n" + bytes(6), b"Pf\n3 x\n-1\n", b"Pf\n3 2\n0\n", b"Pf\n0 2\n-1\n"):
        path.write_bytes(content)
        with pytest.raises(BadInput, match="not a PFM"):
            read_pfm(path)
    path.write_bytes(b"PF\n1 1\n-1\n" + bytes(12))
    with pytest.raises(BadInput, match="three channels"):
        read_pfm(path)
    with pytest.raises(BadInput, match="cannot be read"):
        read_pfm(tmp_path)


def test_what_cannot_be_written(tmp_path):
    with pytest.raises(BadInput, match=r"\(H, W\)"):
        write_pfm(tmp_path / "a.pfm", np.zeros((2, 2, 3)))
    (tmp_path / "file").touch()
    with pytest.raises(CannotWrite):
        write_pfm(tmp_path / "file" / "a.pfm", VALUES)


def test_16_bits(tmp_path):
    from PIL import Image

    values = np.array([[0, 1, 40000, 65535]], np.uint16)
    Image.fromarray(values).save(tmp_path / "a.png")
    found = read_uint16(tmp_path / "a.png")
    np.testing.assert_array_equal(found, values)
    assert found.dtype == np.uint16
    Image.fromarray(values.astype(np.uint8)).save(tmp_path / "b.png")
    with pytest.raises(BadInput, match=r"b\.png is a picture of mode L, not 16-bit"):
        read_uint16(tmp_path / "b.png")
