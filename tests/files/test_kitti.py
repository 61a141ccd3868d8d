import numpy as np
import pytest

from fathom.errors import BadInput, MissingData
from fathom.files.kitti import OXTS_COLUMNS, read_calibration, read_oxts, read_timestamps, read_velodyne
from small import kitti_raw as small


@pytest.fixture
def day(tmp_path):
    (tmp_path / "calib_cam_to_cam.txt").write_text(small.cam_to_cam(1242, 375))
    (tmp_path / "calib_velo_to_cam.txt").write_text(small.velo_to_cam())
    return tmp_path


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def line(path, key):
    return next(text for text in path.read_text().splitlines() if text.startswith(key + ":"))


def test_calibration(day):
    calibration = read_calibration(day)
    camera = calibration.camera("03")
    assert (camera.fx, camera.cy, camera.width, camera.height) == (720, 173, 1242, 375)
    assert camera.source == "calibration"
    # A point 10.27 m ahead of the scanner, 1 m to the left: by hand, through T and P.
    u, v, w = calibration.scanner_to_pixels("02") @ (10.27, 1.0, 0.5, 1.0)
    assert w == pytest.approx(10.003)
    assert u == pytest.approx(-720 + 609.5 * 10 + 45)
    assert v == pytest.approx(720 * -0.58 + 173 * 10 + 0.25)


def test_without_the_scanner_its_file_is_not_needed(day):
    (day / "calib_velo_to_cam.txt").unlink()
    assert read_calibration(day, scanner=False).sizes["02"] == (375, 1242)
    with pytest.raises(MissingData, match=r"calib_velo_to_cam\.txt"):
        read_calibration(day)


def test_the_real_calibration(shared_data):
    calibration = read_calibration(shared_data / "kitti_raw" / "2011_09_26")
    assert calibration.camera("02").fx == 721.5377
    assert calibration.p_rect["03"][0, 3] == -339.5242
    assert calibration.sizes == {"02": (375, 1242), "03": (375, 1242)}


@pytest.mark.parametrize(
    ("name", "key", "value", "reason"),
    [
        ("cam_to_cam", "P_rect_02", None, "has no P_rect_02"),
        ("cam_to_cam", "S_rect_03", None, "has no S_rect_03"),
        ("cam_to_cam", "P_rect_03", "1 2 3", "3 numbers, not 12"),
        ("cam_to_cam", "P_rect_03", "720 0 600 0 0 720 170 0 0 0 nan 0", "not finite"),
        ("cam_to_cam", "P_rect_03", "720 0 600 0 0 720 170 0 0 0 x 0", "something else than numbers"),
        ("cam_to_cam", "P_rect_02", "720 0 600 0 0 720 170 0 0 0 2 0", "not the projection of a rectified camera"),
        ("cam_to_cam", "P_rect_02", "-720 0 600 0 0 720 170 0 0 0 1 0", "not the projection of a rectified camera"),
        ("cam_to_cam", "P_rect_02", "720 0 1600 0 0 720 170 0 0 0 1 0", "does not fit pictures of 1242x375"),
        ("cam_to_cam", "P_rect_02", "7.2 0 600 0 0 7.2 170 0 0 0 1 0", "does not fit pictures of 1242x375"),
        ("cam_to_cam", "S_rect_02", "1242.5 375", "which is no size"),
        ("cam_to_cam", "R_rect_00", "1 0 0 0 1 0 0 0 1.01", "not a rotation"),
        ("cam_to_cam", "R_rect_00", "1 0 0 0 1 0 0 0 -1", "not a rotation"),
        ("velo_to_cam", "R", "0 -1 0 0 0 -1 1.1 0 0", "not a rotation"),
        ("velo_to_cam", "R", "1 0 0 0 1 0 0 0 1", "scanner's forward"),
        ("velo_to_cam", "T", "0 -80 -270", "from where it stands"),
        ("velo_to_cam", "T", None, "has no T"),
        # Numbers exchanged or signs lost: a rotation, a pinhole, and wrong all the same.
        ("velo_to_cam", "R", "0 1 0 0 0 1 1 0 0", "degrees from taking"),
        ("velo_to_cam", "R", "0 -0.93969262 0.34202014 0 -0.34202014 -0.93969262 1 0 0", "R is 20 degrees"),
        ("velo_to_cam", "T", "-0.27 0 -0.08", "from where it stands"),
        ("cam_to_cam", "P_rect_02", "609.5 0 720 45 0 720 173 0.2 0 0 1 0", "focal lengths"),
        ("cam_to_cam", "P_rect_02", "720 0 609.5 0.2 0 720 173 45 0 0 1 0", "numbers are exchanged"),
        ("cam_to_cam", "P_rect_02", "720 0 605 -340 0 720 173 2 0 0 1 0", "numbers are exchanged"),
    ],
)
def test_wrong_calibration(day, name, key, value, reason):
    path = day / f"calib_{name}.txt"
    edit(path, line(path, key) + "\n", f"{key}: {value}\n" if value else "")
    with pytest.raises(BadInput, match=reason) as raised:
        read_calibration(day)
    assert path.name in str(raised.value)


def test_calibration_that_is_something_else(day):
    (day / "calib_cam_to_cam.txt").write_bytes(b"\x89PNG\xff\xfe")
    with pytest.raises(BadInput, match="not plain text"):
        read_calibration(day)
    (day / "calib_cam_to_cam.txt").write_text("")
    with pytest.raises(BadInput, match="not one line"):
        read_calibration(day)


def test_a_scan(tmp_path):
    points = np.arange(12, dtype="<f4").reshape(3, 4)
    points.tofile(tmp_path / "a.bin")
    np.testing.assert_array_equal(read_velodyne(tmp_path / "a.bin"), points)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "0 bytes"),
        (b"\0" * 33, "33 bytes"),
        (b"\0" * 36, "36 bytes"),
        (np.array([1, 2, np.nan, 0], "<f4").tobytes(), "not finite"),
        (np.array([1, 2, np.inf, 0], "<f4").tobytes(), "not finite"),
        (np.array([np.inf, 2, -np.inf, 0], "<f4").tobytes(), "not finite"),
    ],
)
def test_a_bad_scan(tmp_path, content, reason):
    (tmp_path / "a.bin").write_bytes(content)
    with pytest.raises(BadInput, match=reason) as raised:
        read_velodyne(tmp_path / "a.bin")
    assert "a.bin" in str(raised.value)


def test_no_scan(tmp_path):
    with pytest.raises(MissingData, match=r"b\.bin"):
        read_velodyne(tmp_path / "b.bin")
    with pytest.raises(BadInput, match="cannot be read"):
        read_velodyne(tmp_path)


def test_oxts(tmp_path):
    (tmp_path / "a.txt").write_text(small.oxts(forward_m_s=7.5, leftward_m_s=-0.5, af=0.25, al=-0.125))
    record = read_oxts(tmp_path / "a.txt")
    assert [record[OXTS_COLUMNS[name]] for name in ("vf", "vl", "af", "al")] == [7.5, -0.5, 0.25, -0.125]
    for text, reason in (("1 2 3", "3 numbers"), ("a b", "something else"), (small.oxts(float("nan")), "finite")):
        (tmp_path / "a.txt").write_text(text)
        with pytest.raises(BadInput, match=reason):
            read_oxts(tmp_path / "a.txt")


def test_the_columns_of_oxts_are_those_of_its_own_description(shared_data):
    folder = shared_data / "kitti_raw/2011_09_26/2011_09_26_drive_0023_sync/oxts"
    described = [text.partition(":")[0] for text in (folder / "dataformat.txt").read_text().splitlines()]
    assert all(described[place] == name for name, place in OXTS_COLUMNS.items())
    record = read_oxts(folder / "data/0000000003.txt")
    # Speed is the same along the car's axes and along the compass's.
    np.testing.assert_allclose(np.hypot(record[8], record[9]), np.hypot(record[6], record[7]), rtol=1e-4)
    assert len(read_timestamps(folder / "timestamps.txt")) == 474


def test_timestamps(tmp_path):
    (tmp_path / "t.txt").write_text(small.timestamps(12))
    times = read_timestamps(tmp_path / "t.txt")
    assert len(times) == 12
    assert times[11] - times[0] == np.timedelta64(1100, "ms")
    (tmp_path / "t.txt").write_text("2011-09-26 13:02:25.1\nnot a time\n")
    with pytest.raises(BadInput, match="no time"):
        read_timestamps(tmp_path / "t.txt")
