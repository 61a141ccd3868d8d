"""A Kinect's disparity as a depth map of its colour camera, with the calibration of NYU Depth v2.

What the data set's own toolbox does, so that depth maps made here and there are the same: camera_params.m (the
constants), undistort.m and project_depth_map.m. On the one raw frame of which the toolbox's result is at hand
(basement_0001a 00000) every pixel of ours equals it: depth after rounding to millimetres, colour after its JPEG.

Two steps of the toolbox are kept though they look like slips, as everybody's data is made with them:

1. Undistortion counts pixels from 0, projection from 1, with the same principal points. Both cameras shift alike,
   which nearly cancels: 0.1 pixels remain.
2. A depth is written as the depth camera measured it, not as the colour camera would: on that frame the two differ
   by 0.004 m in the median and 0.022 m at most. ``value="colour_camera"`` writes what geometry asks for.
"""

from functools import cache
from typing import Literal, NamedTuple, get_args

import numpy as np
from numba import njit

from fathom.errors import BadInput
from fathom.records import Camera

Value = Literal["depth_camera", "colour_camera"]

WIDTH, HEIGHT = 640, 480
NEAREST_DISPARITY = 600  # below: absent
FARTHEST_M = 10.0  # what is farther counts as this
_SCALE, _OFFSET = 351.3, 1092.5  # metres = scale / (offset - disparity)


class Lens(NamedTuple):
    """A camera with Bouguet's distortion: radial k1, k2, k3, tangential p1, p2; lengths in pixels."""

    fx: float
    fy: float
    cx: float
    cy: float
    k1: float
    k2: float
    p1: float
    p2: float
    k3: float


COLOUR = Lens(
    5.1885790117450188e02, 5.1946961112127485e02, 3.2558244941119034e02, 2.5373616633400465e02,
    2.0796615318809061e-01, -5.8613825163911781e-01, 7.2231363135888329e-04, 1.0479627195765181e-03,
    4.9856986684705107e-01,
)  # fmt: skip
DEPTH = Lens(
    5.8262448167737955e02, 5.8269103270988637e02, 3.1304475870804731e02, 2.3844389626620386e02,
    -9.9897236553084481e-02, 3.9065324602765344e-01, 1.9290592870229277e-03, -1.9422022475975055e-03,
    -5.1031725053400578e-01,
)  # fmt: skip
# camera_params.m turns all signs of this, and names the last two of the shift t_z and t_y; dividing by z takes the
# signs out again.
_INVERSE_ROTATION = np.array([
    [9.9997798940829263e-01, 5.0518419386157446e-03, 4.3011152014118693e-03],
    [-5.0359919480810989e-03, 9.9998051861143999e-01, -3.6879781309514218e-03],
    [-4.3196624923060242e-03, 3.6662365748484798e-03, 9.9998394948385538e-01],
])  # fmt: skip
ROTATION = np.linalg.inv(_INVERSE_ROTATION)  # depth camera to colour camera
SHIFT_M = -np.array([2.5031875059141302e-02, -2.9342312935846411e-04, 6.6238747008330102e-04])

# Of the undistorted picture. The toolbox makes points of pixels that count from 1; ours count from 0.
COLOUR_CAMERA = Camera(
    COLOUR.fx, COLOUR.fy, COLOUR.cx - 1, COLOUR.cy - 1, WIDTH, HEIGHT, "calibration, NYU toolbox"
)

_compiled = njit(cache=True, nogil=True, error_model="numpy")


def undistort_colour(rgb: np.ndarray) -> np.ndarray:
    """The colour camera's picture without the bend of its lens: uint8 (480, 640, 3), bilinear, to the nearest.

    White where the lens saw nothing, as in the toolbox: some pixels along every side. Raises BadInput for another
    size or type.
    """
    if rgb.shape != (HEIGHT, WIDTH, 3) or rgb.dtype != np.uint8:
        raise BadInput(f"a Kinect's picture is uint8 (480, 640, 3), not {rgb.dtype} {rgb.shape}")
    result = np.full((HEIGHT * WIDTH, 3), 255, np.uint8)
    places, across, down = _colour_map()
    _fill_colour(np.ascontiguousarray(rgb).reshape(-1, 3), places, across, down, result)
    return result.reshape(rgb.shape)


def project_disparity(disparity: np.ndarray, value: Value = "depth_camera") -> np.ndarray:
    """The depth map of the undistorted colour picture, float32 (480, 640) in metres, NaN where absent.

    disparity  uint16 (480, 640), as recorded
    value      of what is written: "depth_camera", as the toolbox does, or "colour_camera", z of the colour camera

    1. Absent is what equals the frame's largest disparity (2047 where there was no reading).
    2. Undistorted by bilinear interpolation. A pixel with an absent neighbour is absent.
    3. Absent below 600, which is 0.71 m. 4. Metres: 351.3 / (1092.5 - disparity), at most 10.
    5. Moved to the colour camera, rounded to its pixels; of several the nearest is kept. The last row and the last
    column receive none (the toolbox's bounds).

    Raises BadInput for another size or type, or another word for ``value``.
    """
    if disparity.shape != (HEIGHT, WIDTH) or disparity.dtype != np.uint16:
        raise BadInput(f"a Kinect's disparity is uint16 (480, 640), not {disparity.dtype} {disparity.shape}")
    if value not in get_args(Value):
        raise BadInput(f"value is one of {', '.join(get_args(Value))}, not '{value}'")
    places, across, down = _sampling(DEPTH)
    flat = np.ascontiguousarray(disparity).reshape(-1)
    noisy = np.empty(HEIGHT * WIDTH, np.bool_)
    _find_noise(flat, flat.max(), places, across, down, noisy)
    depth_m = np.full((HEIGHT, WIDTH), np.nan, np.float32)
    _splat(flat, noisy, places, across, down, *_to_colour(), value == "colour_camera", depth_m)
    return depth_m


def metres(disparity: np.ndarray) -> np.ndarray:
    """Disparity → depth of the depth camera in metres, float32: at most 10, NaN beyond the pole at 1092.5.

    Source: depth_rel2depth_abs.m. Nothing else is masked.
    """
    with np.errstate(divide="ignore"):
        depth_m = (_SCALE / (_OFFSET - disparity.astype(np.float64))).astype(np.float32)
    return np.where(depth_m < 0, np.float32(np.nan), np.minimum(depth_m, np.float32(FARTHEST_M)))


def mask_extremes(depth_m: np.ndarray) -> np.ndarray:
    """The same without the depths that equal the map's smallest or largest; float (H, W), NaN absent.

    Section 4.1 of Eigen et al. 2014: "depths equal to either the minimum or maximum recorded", for windows, doors
    and mirrors. On the projected map, where all that was clipped to 10 m is one value [A].
    """
    result = np.empty_like(depth_m, order="C")
    _mask_extremes(np.ascontiguousarray(depth_m).reshape(-1), result.reshape(-1))
    return result


@cache
def _sampling(lens: Lens) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where the undistorted picture looks each pixel up in the recorded one, flat: the place of the upper left
    neighbour (-1: a neighbour lies outside), and how far across and down from it."""
    rows, columns = np.indices((HEIGHT, WIDTH), dtype=np.float64)
    x, y = (columns - lens.cx) / lens.fx, (rows - lens.cy) / lens.fy
    squared = x * x + y * y
    radial = 1 + squared * (lens.k1 + squared * (lens.k2 + squared * lens.k3))
    bent_x = x * radial + 2 * lens.p1 * x * y + lens.p2 * (squared + 2 * x * x)
    bent_y = y * radial + lens.p1 * (squared + 2 * y * y) + 2 * lens.p2 * x * y
    bent_x, bent_y = bent_x * lens.fx + lens.cx, bent_y * lens.fy + lens.cy
    left, top = np.floor(bent_x), np.floor(bent_y)
    inside = (left >= 0) & (left <= WIDTH - 2) & (top >= 0) & (top <= HEIGHT - 2)
    places = np.where(inside, top * WIDTH + left, -1).astype(np.int32)
    return places.ravel(), (bent_x - left).ravel(), (bent_y - top).ravel()


@cache
def _colour_map() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """As ``_sampling``, in half the memory: enough for 8 bits."""
    places, across, down = _sampling(COLOUR)
    return places, across.astype(np.float32), down.astype(np.float32)


@cache
def _to_colour() -> tuple[np.ndarray, np.ndarray]:
    """(3, 3) and (3,): a pixel (column, row, 1) of the depth camera times its depth z goes to matrix * z + shift,
    homogeneous pixels of the colour camera. Both count from 1."""
    colour, depth = (
        np.array([[lens.fx, 0, lens.cx], [0, lens.fy, lens.cy], [0, 0, 1]]) for lens in (COLOUR, DEPTH)
    )
    return colour @ ROTATION @ np.linalg.inv(depth), colour @ SHIFT_M


@_compiled
def _fill_colour(rgb, places, across, down, result):
    one, half = np.float32(1), np.float32(0.5)
    for i in range(len(places)):
        place = places[i]
        if place < 0:
            continue
        x, y = across[i], down[i]
        w00, w01, w10, w11 = (one - y) * (one - x), (one - y) * x, y * (one - x), y * x
        for c in range(3):
            level = w00 * rgb[place, c] + w01 * rgb[place + 1, c]
            level += w10 * rgb[place + WIDTH, c] + w11 * rgb[place + WIDTH + 1, c]
            result[i, c] = np.uint8(level + half)


@_compiled
def _mask_extremes(depth_m, result):
    low, high = np.inf, -np.inf
    for depth in depth_m:
        low, high = min(low, depth), max(high, depth)  # a NaN is neither
    for i in range(len(depth_m)):
        result[i] = np.nan if depth_m[i] == low or depth_m[i] == high else depth_m[i]


@_compiled
def _find_noise(raw, top, places, across, down, noisy):
    """Whether any neighbour that weighs something has no reading, or lies outside."""
    for i in range(len(places)):
        place = places[i]
        if place < 0:
            noisy[i] = True
            continue
        right, below = across[i] > 0, down[i] > 0
        noisy[i] = (
            raw[place] == top
            or (right and raw[place + 1] == top)
            or (below and raw[place + WIDTH] == top)
            or (right and below and raw[place + WIDTH + 1] == top)
        )


@_compiled
def _undistort_row(raw, noisy, first, places, across, down, disparity):
    """A row's disparities between four pixels each, NaN where nothing may be taken.

    The toolbox takes neighbours out by the *undistorted* noise at their places, though a pixel with a noisy
    neighbour of its own is dropped anyway: around holes this shifts the weights a little.
    """
    for c in range(len(disparity)):
        i = np.uint32(first + c)
        disparity[c] = np.nan
        if noisy[i]:
            continue
        p00 = np.uint32(places[i])
        p01, p10, p11 = np.uint32(p00 + 1), np.uint32(p00 + WIDTH), np.uint32(p00 + WIDTH + 1)
        x, y = across[i], down[i]
        w00, w01, w10, w11 = (1 - y) * (1 - x), (1 - y) * x, y * (1 - x), y * x
        if noisy[p00] or noisy[p01] or noisy[p10] or noisy[p11]:
            w00 = 0.0 if noisy[p00] else w00
            w01 = 0.0 if noisy[p01] else w01
            w10 = 0.0 if noisy[p10] else w10
            w11 = 0.0 if noisy[p11] else w11
            total = w00 + w01 + w10 + w11  # if 0, then NaN
            w00, w01, w10, w11 = w00 / total, w01 / total, w10 / total, w11 / total
        disparity[c] = w00 * raw[p00] + w01 * raw[p01] + w10 * raw[p10] + w11 * raw[p11]


@_compiled
def _splat(raw, noisy, places, across, down, matrix, shift, in_colour, kept):
    # Three passes a row: the one in the middle has neither branches nor scattered places, and runs on vectors.
    height, width = kept.shape
    disparity, z, depth = np.empty(width), np.empty(width), np.empty(width)
    columns, rows = np.empty(width), np.empty(width)
    a0, a1, a2, a3 = matrix[0, 0], matrix[0, 1], matrix[0, 2], shift[0]
    b0, b1, b2, b3 = matrix[1, 0], matrix[1, 1], matrix[1, 2], shift[1]
    c0, c1, c2, c3 = matrix[2, 0], matrix[2, 1], matrix[2, 2], shift[2]
    for r in range(height):
        _undistort_row(raw, noisy, r * width, places, across, down, disparity)
        v = r + 1.0
        for c in range(width):
            u = c + 1.0
            metres = _SCALE / (_OFFSET - disparity[c])
            z[c] = FARTHEST_M if metres > FARTHEST_M else metres
            depth[c] = (c0 * u + c1 * v + c2) * z[c] + c3
            inverse = 1 / depth[c]
            columns[c] = ((a0 * u + a1 * v + a2) * z[c] + a3) * inverse
            rows[c] = ((b0 * u + b1 * v + b2) * z[c] + b3) * inverse
        for c in range(width):
            if not (disparity[c] >= NEAREST_DISPARITY and z[c] >= 0):
                continue
            if not (0.5 <= columns[c] < width - 0.5 and 0.5 <= rows[c] < height - 0.5):
                continue
            value = np.float32(min(depth[c], FARTHEST_M) if in_colour else z[c])
            row, column = np.uint32(rows[c] + 0.5) - 1, np.uint32(columns[c] + 0.5) - 1
            if not value >= kept[row, column]:  # also where nothing is kept yet: NaN compares false
                kept[row, column] = value
