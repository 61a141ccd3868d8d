import shutil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from fathom.datasets.tum import Tum, associate
from fathom.errors import BadInput, MissingData
from fathom.preparation import prepare
from small.tum import write


@pytest.fixture
def folder(tmp_path):
    write(tmp_path)
    return tmp_path


def slow_associate(first, second, most_apart):
    """Look for the closest pair that is left, again and again."""
    pairs = []
    while True:
        left = [
            (abs(a - b), i, j)
            for i, a in enumerate(first)
            for j, b in enumerate(second)
            if abs(a - b) < most_apart and i not in [p[0] for p in pairs] and j not in [p[1] for p in pairs]
        ]
        if not left:
            return sorted(pairs)
        pairs.append(min(left)[1:])


def test_pairs_by_hand():
    """The second picture is nearest to depth 0 and takes it; the first gets the other or none."""
    assert associate([0.00, 0.02], [0.018, 0.05], 0.02) == [(1, 0)]
    assert associate([0.00, 0.02], [0.018, 0.05], 0.06) == [(0, 1), (1, 0)]
    assert associate([1.0], [1.02001], 0.02) == []
    assert associate([], [1.0], 0.02) == []
    assert associate([1.0], [1.5], 0.5) == [], "the authors' rule is strict"


times = st.lists(st.integers(0, 60), max_size=8, unique=True).map(lambda ticks: [t / 10 for t in ticks])


@given(times, times, st.sampled_from([0.05, 0.35, 2.05]))
def test_pairs_are_the_slow_rule_s(first, second, most_apart):
    assert associate(first, second, most_apart) == slow_associate(first, second, most_apart)


def test_pairs_depth_and_names(folder):
    found = Tum(folder)
    assert len(found) == 5
    assert found.name_of(0) == "freiburg1_xyz/1305031102.175304"
    sample = found.read(4)
    path = next((folder / "rgbd_dataset_freiburg3_desk/depth").glob("1305031102.21*"))
    stored = np.asarray(Image.open(path))
    np.testing.assert_allclose(np.nan_to_num(sample.depth_m), stored / 5000, rtol=1e-6)
    assert (sample.scene, np.isnan(sample.depth_m).sum()) == ("freiburg3_desk", 8)


def test_cameras(folder):
    full = [Tum(folder, calibration=c, width=640, height=480).read(4).camera for c in ("ros", "camera")]
    # The small pictures are 16x12; resized to 640x480 the camera is the documented one again.
    assert (full[0].fx, full[0].fy, full[0].cx, full[0].cy) == pytest.approx((525, 525, 319.5, 239.5))
    assert (full[1].fx, full[1].fy, full[1].cx, full[1].cy) == pytest.approx((535.4, 539.2, 320.1, 247.6))
    first = Tum(folder, calibration="camera").read(0).camera
    assert first.fx == pytest.approx(517.3 / 40)
    assert "freiburg1" in first.source


def test_one_sequence_and_every_second_pair(folder):
    one = Tum(folder / "rgbd_dataset_freiburg1_xyz")
    assert [one.name_of(i) for i in range(len(one))] == [Tum(folder).name_of(i) for i in range(3)]
    assert len(Tum(folder, every=2)) == 2 + 1


def test_pictures_without_depth_in_time_are_said(folder):
    path = folder / "rgbd_dataset_freiburg1_xyz/depth.txt"
    path.write_text("\n".join(path.read_text().splitlines()[:-1]))
    found = Tum(folder)
    assert len(found) == 4
    assert any("1 pictures have no depth within 0.02 s" in f.what for f in found.examine())
    with pytest.raises(MissingData, match=r"within 0\.005 s"):
        Tum(folder, most_apart_s=0.005)


def test_depth_in_millimetres_is_found_out(folder):
    """0.6 to 6 m in millimetres, read as 1/5000 m, would be 0.12 to 1.2 m."""
    for path in folder.glob("*/depth/*.png"):
        Image.fromarray((np.asarray(Image.open(path)) // 5).astype(np.uint16)).save(path)
    broken = [f for f in Tum(folder).examine() if f.verdict == "broken"]
    assert len(broken) == 1
    assert "mm (median" in broken[0].what
    with pytest.raises(BadInput, match="mm"):
        prepare(Tum(folder), folder / "store")


def test_8_bits_are_found_out(folder):
    for path in folder.glob("*/depth/*.png"):
        Image.fromarray((np.asarray(Image.open(path)) // 256).astype(np.uint8)).save(path)
    broken = [f.what for f in Tum(folder).examine() if f.verdict == "broken"]
    assert len(broken) == 1
    assert "8 bits" in broken[0]


def test_one_bad_file_is_left_out(folder):
    bad = next((folder / "rgbd_dataset_freiburg1_xyz/depth").glob("*.png"))
    bad.write_bytes(bad.read_bytes()[:50])
    store = prepare(Tum(folder), folder / "store", holdout={})
    assert len(store) == 4
    assert bad.name in store.manifest["left_out"][0]["reason"]


def test_missing_and_wrong_files(folder):
    with pytest.raises(MissingData, match="no such folder"):
        Tum(folder / "elsewhere")
    (folder / "rgbd_dataset_freiburg3_desk/depth.txt").write_text("1.0 depth/a.png\nnow depth/b.png\n")
    with pytest.raises(BadInput, match=r"depth\.txt, line 2"):
        Tum(folder)
    (folder / "rgbd_dataset_freiburg3_desk/depth.txt").unlink()
    with pytest.raises(MissingData, match=r"depth\.txt"):
        Tum(folder)
    with pytest.raises(MissingData, match="no sequence"):
        Tum(folder / "rgbd_dataset_freiburg3_desk/rgb")
    with pytest.raises(BadInput, match="both"):
        Tum(folder, width=10)
    with pytest.raises(BadInput, match="every"):
        Tum(folder, every=0)


def test_the_real_pair(shared_data, tmp_path):
    folder = tmp_path / "rgbd_dataset_freiburg2_desk"
    for part, name in (("rgb", "TUM_color.png"), ("depth", "TUM_depth.png")):
        (folder / part).mkdir(parents=True)
        shutil.copy(shared_data / "rgbd" / name, folder / part / "5.0.png")
        (folder / f"{part}.txt").write_text(f"5.0 {part}/5.0.png\n")
    found = Tum(folder)
    depth_m = found.read(0).depth_m
    assert depth_m.shape == (480, 640)
    assert 2.3 < np.nanmedian(depth_m) < 2.5
    assert not [f for f in found.examine() if f.verdict == "broken"]
