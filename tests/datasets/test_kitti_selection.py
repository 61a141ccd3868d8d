import pytest

from fathom.datasets.kitti_selection import KittiSelection
from fathom.errors import BadInput, MissingData
from small import kitti_selection as small


def test_pictures_with_their_own_cameras(tmp_path):
    small.write(tmp_path)
    data = KittiSelection(tmp_path)
    assert [data.name_of(i) for i in range(3)] == [
        "2011_09_26_drive_0002_sync/image_02/0000000005",
        "2011_09_26_drive_0002_sync/image_03/0000000008",
        "2011_09_26_drive_0005_sync/image_02/0000000005",
    ]
    sample = data.read(1)
    assert (sample.camera.fx, sample.camera.cx, sample.camera.cy) == (721.5377, 596.5593, 149.854)
    assert sample.scene == "2011_09_26_drive_0002"
    assert {data.split_of(i) for i in range(3)} == {"val"}
    assert len(KittiSelection(tmp_path / "val_selection_cropped")) == 3


def test_what_is_missing_and_what_overlaps(tmp_path):
    small.write(tmp_path)
    (
        tmp_path / "val_selection_cropped/intrinsics/2011_09_26_drive_0005_sync_image_0000000005_image_02.txt"
    ).unlink()
    data = KittiSelection(tmp_path)
    findings = {f.verdict: f for f in data.examine()}
    incomplete = [f.what for f in data.examine() if f.verdict == "incomplete"]
    assert incomplete[0] == "3 of 1000 pictures are there"
    assert incomplete[1].startswith("1 of 3 are missing")
    assert findings["note"].what.startswith("1 of 3 pictures come from drives that are training drives")
    with pytest.raises(MissingData, match="data_depth_selection"):
        data.read(2)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1 2 3", "3 numbers"),
        ("700 0 600 0 700 150 0 0 x", "nine numbers"),
        ("700 0 1600 0 700 150 0 0 1", "lies outside"),
        ("700 0 600 0 700 150 0 0 2", "no camera matrix"),
    ],
)
def test_wrong_intrinsics(tmp_path, text, reason):
    small.write(tmp_path)
    for path in (tmp_path / "val_selection_cropped/intrinsics").iterdir():
        path.write_text(text)
    with pytest.raises(BadInput, match=reason):
        KittiSelection(tmp_path).read(0)


def test_no_selection(tmp_path):
    with pytest.raises(MissingData, match=r"data_depth_selection\.zip"):
        KittiSelection(tmp_path)
    (tmp_path / "image").mkdir()
    with pytest.raises(MissingData, match="named like"):
        KittiSelection(tmp_path)
