"""Kinect frames onto the colour camera, step by step as section 4.3 of the facts tells the toolbox's steps.

Plain numpy on whole arrays, float64, the pixel grid counted from 1 where the toolbox counts from 1: slow, and
written to be compared with that list, not with fathom.ops.kinect.
"""

import numpy as np

RGB = dict(fx=518.85790117450188, fy=519.46961112127485, cx=325.58244941119034, cy=253.73616633400465)
RGB_LENS = (
    0.20796615318809061,
    -0.58613825163911781,
    0.72231363135888329e-3,
    1.0479627195765181e-3,
    0.49856986684705107,
)
DEPTH = dict(fx=582.62448167737955, fy=582.69103270988637, cx=313.04475870804731, cy=238.44389626620386)
DEPTH_LENS = (
    -0.099897236553084481,
    0.39065324602765344,
    1.9290592870229277e-3,
    -1.9422022475975055e-3,
    -0.51031725053400578,
)
NINE = [
    [0.99997798940829263, 5.0518419386157446e-3, 4.3011152014118693e-3],
    [-5.0359919480810989e-3, 0.99998051861143999, -3.6879781309514218e-3],
    [-4.3196624923060242e-3, 3.6662365748484798e-3, 0.99998394948385538],
]  # fmt: skip
T_X, T_Z, T_Y = 2.5031875059141302e-2, -2.9342312935846411e-4, 6.6238747008330102e-4


def distorted(x, y, lens):
    """Bouguet's model on rays (x, y, 1): where the lens bends them to."""
    k1, k2, p1, p2, k3 = lens
    r2 = x**2 + y**2
    radial = 1 + k1 * r2 + k2 * r2**2 + k3 * r2**3
    return (
        x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x**2),
        y * radial + p1 * (r2 + 2 * y**2) + 2 * p2 * x * y,
    )


def rect(image, camera, lens, outside, allowed=None):
    """Undistorted by bilinear interpolation; ``outside`` where a neighbour is beyond the picture.

    With ``allowed`` (bool), neighbours that are not allowed weigh nothing and the others more; 0 where none is.
    """
    height, width = image.shape
    v, u = np.mgrid[:height, :width].astype(float)  # this one step of the toolbox counts from 0
    x, y = distorted((u - camera["cx"]) / camera["fx"], (v - camera["cy"]) / camera["fy"], lens)
    px, py = camera["fx"] * x + camera["cx"], camera["fy"] * y + camera["cy"]
    left, top = np.floor(px).astype(int), np.floor(py).astype(int)
    inside = (left >= 0) & (left <= width - 2) & (top >= 0) & (top <= height - 2)
    px, py, left, top = px[inside] - left[inside], py[inside] - top[inside], left[inside], top[inside]
    weights = np.stack([(1 - py) * (1 - px), (1 - py) * px, py * (1 - px), py * px])
    places = [(top, left), (top, left + 1), (top + 1, left), (top + 1, left + 1)]
    if allowed is not None:
        weights = weights * np.stack([allowed[place] for place in places])
        total = weights.sum(axis=0)
        weights = np.where(total > 0, weights / np.where(total > 0, total, 1), 0)
    result = np.full((height, width), float(outside))
    result[inside] = sum(w * image[place] for w, place in zip(weights, places, strict=True))
    return result


def colour(rgb):
    """uint8 (480, 640, 3) undistorted; white outside."""
    planes = [rect(rgb[..., i].astype(float), RGB, RGB_LENS, 255) for i in range(3)]
    return np.floor(np.stack(planes, axis=-1) + 0.5).astype(np.uint8)


def straightened(raw):
    """Disparity undistorted, 2047 where noisy or below 600: steps 2 to 4."""
    noise = rect(255.0 * (raw == raw.max()), DEPTH, DEPTH_LENS, 255) > 0
    # The toolbox looks the *undistorted* mask up at the distorted places.
    raw = rect(raw.astype(float), DEPTH, DEPTH_LENS, 0, allowed=~noise)
    raw[raw < 600] = 2047
    raw[noise] = 2047
    return raw


def metres(raw):
    """0 where absent."""
    with np.errstate(divide="ignore"):
        depth = 351.3 / (1092.5 - raw)
    return np.where(depth < 0, 0, np.minimum(depth, 10))


def rotation():
    """As camera_params.m writes it, before the sign of a whole projection is taken out."""
    nine = -np.array(NINE).ravel()
    r = nine.reshape(3, 3, order="F")
    return np.linalg.inv(r.T)


def project(raw, value="depth_camera"):
    """Steps 2 to 8 with the value written: 0 where absent, float64 (480, 640)."""
    z = metres(straightened(raw))
    height, width = z.shape
    y, x = np.mgrid[1 : height + 1, 1 : width + 1]
    points = np.stack([(x - DEPTH["cx"]) * z / DEPTH["fx"], (y - DEPTH["cy"]) * z / DEPTH["fy"], z])
    moved = rotation() @ points.reshape(3, -1) + np.array([[T_X], [T_Z], [T_Y]])
    columns = np.floor(moved[0] * RGB["fx"] / moved[2] + RGB["cx"] + 0.5).astype(int)
    rows = np.floor(moved[1] * RGB["fy"] / moved[2] + RGB["cy"] + 0.5).astype(int)
    seen = (columns > 0) & (columns < width) & (rows > 0) & (rows < height)
    written = z.ravel() if value == "depth_camera" else -moved[2]
    order = np.flatnonzero(seen & (z.ravel() > 0))
    order = order[np.argsort(-written[order], kind="stable")]  # the nearest is written last
    result = np.zeros((height, width))
    for i in order:
        result[rows[i] - 1, columns[i] - 1] = written[i]
    return np.clip(result, 0, 10)
