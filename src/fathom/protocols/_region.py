"""Which part of a picture is scored: rectangles in pixels, or in shares of the picture's own size."""

from dataclasses import dataclass

from fathom.errors import BadInput
from fathom.ops.resize import KB_FRAME


@dataclass(frozen=True)
class Crop:
    """A rectangle in pixels of the protocol's frame: Python's half-open rows and columns.

    ``any_size``: applied to pictures of whatever size all the same, as ZoeDepth does; a negative end counts from
    the far side.
    """

    rows: tuple[int, int]
    columns: tuple[int, int]
    any_size: bool = False

    def window(self, size: tuple[int, int]) -> tuple[slice, slice]:
        """Rows and columns of a picture of (height, width) that are scored."""
        return slice(*self.rows), slice(*self.columns)

    def fits(self, frame: tuple[int, int]) -> bool:
        """Whether it is a rectangle inside a (height, width) frame."""
        ends = ((self.rows, frame[0]), (self.columns, frame[1]))
        return all(0 <= first < end <= size for (first, end), size in ends)

    def __str__(self) -> str:
        words = f"rows {self.rows[0]}:{self.rows[1]} columns {self.columns[0]}:{self.columns[1]}"
        return f"{words} at any size" if self.any_size else words


@dataclass(frozen=True)
class ShareCrop:
    """A rectangle in shares of the picture, each end cut off to a whole pixel: int(share * size).

    ``of_kb``: shares of the 352x1216 pixels in the middle of the lower edge (top H - 352, left (W - 1216) / 2, cut
    off), to which BTS and its followers cut KITTI's frames first; what is outside them is not scored.
    """

    name: str
    rows: tuple[float, float] = (0.0, 1.0)
    columns: tuple[float, float] = (0.0, 1.0)
    of_kb: bool = False

    def window(self, size: tuple[int, int]) -> tuple[slice, slice]:
        """Rows and columns of a picture of (height, width) that are scored; BadInput if the window is not in it."""
        (height, width), (top, left) = size, (0, 0)
        if self.of_kb:
            top, left = height - KB_FRAME[0], (width - KB_FRAME[1]) // 2
            if top < 0 or left < 0:
                raise BadInput(
                    f"a picture of {width}x{height} has no window of {KB_FRAME[1]}x{KB_FRAME[0]}; these rules are "
                    "for KITTI's pictures at their original size (fathom prepare kitti_raw ... --size original)"
                )
            height, width = KB_FRAME
        rows = slice(top + int(self.rows[0] * height), top + int(self.rows[1] * height))
        columns = slice(left + int(self.columns[0] * width), left + int(self.columns[1] * width))
        return rows, columns

    def __str__(self) -> str:
        return f"{self.name} in the 1216x352 window" if self.of_kb else self.name


# Monodepth: "crop we found by trial and error to reproduce Eigen NIPS14 results"; Garg et al. 2016. Decoded:
# 123/370 .. 338/370 and 151/370 .. 367/370 of the rows, 44/1224 .. 1180/1224 of the columns.
GARG = ShareCrop("Garg crop", (0.40810811, 0.99189189), (0.03594771, 0.96405229))
EIGEN_KITTI = ShareCrop("Eigen crop", (0.3324324, 0.91351351), (0.0359477, 0.96405229))
KB = ShareCrop("all", of_kb=True)
GARG_KB = ShareCrop("Garg crop", GARG.rows, GARG.columns, of_kb=True)
EIGEN_KB = ShareCrop("Eigen crop", EIGEN_KITTI.rows, EIGEN_KITTI.columns, of_kb=True)
# The toolbox's MATLAB rectangle 45:471, 41:601 read as Python's.
EIGEN_NYU = Crop((45, 471), (41, 601))
EIGEN_NYU_ANY_SIZE = Crop((45, 471), (41, 601), any_size=True)
