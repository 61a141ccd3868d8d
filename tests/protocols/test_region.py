"""The rectangles of the field, against the constants that others' programs end up with."""

import pytest

from fathom.errors import BadInput
from fathom.protocols._region import EIGEN_KB, EIGEN_KITTI, EIGEN_NYU, EIGEN_NYU_ANY_SIZE, GARG, GARG_KB, KB


def ends(crop, size):
    return tuple((s.start, s.stop) for s in crop.window(size))


@pytest.mark.parametrize(
    ("crop", "size", "rows", "columns"),
    [
        (GARG, (375, 1242), (153, 371), (44, 1197)),  # monodepth2's trainer has these numbers
        (GARG, (370, 1224), (151, 366), (43, 1180)),
        (EIGEN_KITTI, (375, 1242), (124, 342), (44, 1197)),
        (EIGEN_KITTI, (370, 1224), (122, 337), (43, 1180)),
        (GARG_KB, (375, 1242), (23 + 143, 23 + 349), (13 + 43, 13 + 1172)),  # 166:372, 56:1185
        (EIGEN_KB, (375, 1242), (23 + 117, 23 + 321), (13 + 43, 13 + 1172)),  # 140:344, 56:1185
        (KB, (375, 1242), (23, 375), (13, 1229)),
        (KB, (352, 1216), (0, 352), (0, 1216)),
        (EIGEN_NYU, (480, 640), (45, 471), (41, 601)),
        (EIGEN_NYU_ANY_SIZE, (768, 1024), (45, 471), (41, 601)),
    ],
)
def test_windows(crop, size, rows, columns):
    assert ends(crop, size) == (rows, columns)


def test_a_picture_too_small_for_the_window():
    with pytest.raises(BadInput, match="612x184 has no window of 1216x352"):
        GARG_KB.window((184, 612))


def test_they_are_told_apart_in_words():
    words = [str(crop) for crop in (EIGEN_KB, EIGEN_KITTI, EIGEN_NYU, EIGEN_NYU_ANY_SIZE, GARG, GARG_KB, KB)]
    assert len(set(words)) == len(words)
