"""A Kinect's files: names, sizes, the order of bytes, and everything that can be wrong with them."""

import numpy as np
import pytest

from fathom.errors import BadInput, MissingData
from fathom.files.kinect import (
    BYTES,
    is_swapped,
    parse_name,
    read_acceleration,
    read_colour,
    read_disparity,
    read_index,
)
from small.nyu_raw import FIRST_S, picture, wall, write_acceleration, write_colour, write_depth


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("r-1316653580.484909-1316138413.ppm", ("colour", 1316653580.484909, 1316138413)),
        ("d-12942.665769-31455701.pgm", ("depth", 12942.665769, 31455701)),
        ("a-1316653580.5-0.dump", ("acceleration", 1316653580.5, 0)),
    ],
)
def test_a_name_says_kind_time_and_counter(name, expected):
    assert parse_name(name) == expected


@pytest.mark.parametrize(
    "name",
    [
        "INDEX.txt", "d-1.5-2.ppm", "r-1.5-2.pgm", "d-1.5.pgm", "d-1.5-2.pgm.part", "x-1.5-2.pgm", "d--1.5-2.pgm",
        "d-1.5.6-2.pgm", "d-nan-2.pgm", "d-١.٥-٢.pgm", "", "._d-1.5-2.pgm",
    ],
)  # fmt: skip
def test_other_names_say_nothing(name):
    assert parse_name(name) is None


def test_frames_come_back_as_written(tmp_path):
    raw, rgb = wall(900), picture(30)
    depth, colour = (
        tmp_path / write_depth(tmp_path, FIRST_S, raw),
        tmp_path / write_colour(tmp_path, FIRST_S, rgb),
    )
    assert (depth.stat().st_size, colour.stat().st_size) == (BYTES["depth"], BYTES["colour"])
    np.testing.assert_array_equal(read_disparity(depth), raw)
    np.testing.assert_array_equal(read_colour(colour), rgb)
    assert read_disparity(depth).dtype == np.uint16


def test_high_byte_first_is_found_out_and_read_right(tmp_path):
    raw = wall(900)
    recorded = tmp_path / write_depth(tmp_path, 1.0, raw)
    again = tmp_path / write_depth(tmp_path, 2.0, raw, ">")
    assert not is_swapped(recorded)
    assert is_swapped(again)
    np.testing.assert_array_equal(read_disparity(again), raw)


def test_values_of_no_kinect_are_refused_in_either_order(tmp_path):
    raw = wall(900)
    raw[5, 5] = 2048 + 9  # 0x0809
    path = tmp_path / write_depth(tmp_path, 1.0, raw)
    with pytest.raises(BadInput, match=rf"{path.name} holds values up to 2057 .* end at 2047"):
        read_disparity(path)


def test_the_largest_disparity_is_allowed(tmp_path):
    raw = np.full((480, 640), 2047, np.uint16)
    path = tmp_path / write_depth(tmp_path, 1.0, raw)
    assert read_disparity(path).min() == 2047
    assert not is_swapped(path)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"P5 640 480 65535\n" + bytes(614_399), "cut short: 614,399 bytes of pixels, not 614,400"),
        (b"P5 640 480 65535\n" + bytes(614_401), "too long"),
        (b"P5 640 480", "is not a P5"),
        (b"P6 640 480 65535\n" + bytes(614_400), "is not a P5"),
        (b"P5 320 240 65535\n" + bytes(153_600), "is 320x240"),
        (b"P5 640 480 255\n" + bytes(307_200), "values up to 255"),
        (b"P5 99999999999999999999 480 65535\n", "is 999999999x480"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "is not a P5"),
    ],
)
def test_damaged_depth_is_bad_input_with_its_path(tmp_path, data, words):
    path = tmp_path / "d-1.0-1.pgm"
    path.write_bytes(data)
    with pytest.raises(BadInput, match=words) as caught:
        read_disparity(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("data", [b"", b"P6 640 480 255\n" + bytes(921_599), b"P5 640 480 255\n" + bytes(921_600)])
def test_damaged_colour_is_bad_input_with_its_path(tmp_path, data):
    path = tmp_path / "r-1.0-1.ppm"
    path.write_bytes(data)
    with pytest.raises(BadInput, match=r"r-1\.0-1\.ppm"):
        read_colour(path)


def test_a_header_may_have_comments_and_lines(tmp_path):
    raw = wall(900)
    path = tmp_path / "d-1.0-1.pgm"
    path.write_bytes(b"P5\n# written again\n640 480\n65535\n" + raw.astype("<u2").tobytes())
    np.testing.assert_array_equal(read_disparity(path), raw)


@pytest.mark.parametrize("read", [read_disparity, read_colour, read_acceleration, read_index])
def test_no_file_and_a_folder(tmp_path, read):
    with pytest.raises(MissingData, match="nothing"):
        read(tmp_path / "nothing")
    with pytest.raises(BadInput, match=tmp_path.name):
        read(tmp_path)


def test_the_accelerometer_in_si_units(tmp_path):
    path = tmp_path / write_acceleration(tmp_path, FIRST_S)
    assert path.stat().st_size == BYTES["acceleration"]
    reading = read_acceleration(path)
    np.testing.assert_allclose(reading.m_s2, [-12 / 819 * 9.80665, 9.80665, 40 / 819 * 9.80665])
    assert reading.tilt_deg == -3.0
    assert reading.tilt_status == 0
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(BadInput, match="has 11 bytes, not the 12"):
        read_acceleration(path)


def test_the_index(tmp_path):
    path = tmp_path / "INDEX.txt"
    path.write_bytes(b"d-1.0-1.pgm\r\nr-1.1-2.ppm\n\n")
    assert read_index(path) == ["d-1.0-1.pgm", "r-1.1-2.ppm"]
    path.write_bytes(b"\xff\xfe\x00d")
    with pytest.raises(BadInput, match=r"INDEX\.txt is not a list"):
        read_index(path)


def test_the_real_frame(shared_data):
    folder = shared_data / "nyu_raw" / "basement_0001a"
    raw = read_disparity(folder / "d-1316653580.471513-1316138413.pgm")
    assert (raw.min(), raw.max()) == (839, 2047)
    assert not is_swapped(folder / "d-1316653580.471513-1316138413.pgm")
    assert read_colour(folder / "r-1316653580.484909-1316138413.ppm").std() > 20
