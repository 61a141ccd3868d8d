"""Three drives of two days in KITTI's own layout: flat pictures of the true sizes, scans of a wall and a road.

The calibration is a plausible car's, not KITTI's: scanner x forward, camera 0.27 m ahead of it, 8 cm below.
"""

from pathlib import Path

import numpy as np
from PIL import Image

from fathom import shelf

SIZES = {"2011_09_26": (1242, 375), "2011_10_03": (1241, 376)}
# drive → its frames; 0001 and 0042 are training drives of the paper's choice, 0002 is a test drive
DRIVES = {
    "2011_09_26_drive_0001": (0, 1, 2),
    "2011_09_26_drive_0002": (0, 6),
    "2011_10_03_drive_0042": (0, 1),
}
CAMERAS = ("02", "03")


def write(root: Path, drives=DRIVES, suffix=".png", annotated: Path | None = None) -> None:
    """``annotated`` also writes data_depth_annotated there, for all frames but the first of each drive."""
    rng = np.random.default_rng(0)
    for date in {name[:10] for name in drives}:
        (root / date).mkdir(parents=True, exist_ok=True)
        (root / date / "calib_cam_to_cam.txt").write_text(cam_to_cam(*SIZES[date]))
        (root / date / "calib_velo_to_cam.txt").write_text(velo_to_cam())
    for name, frames in drives.items():
        folder = root / name[:10] / f"{name}_sync"
        for part in (*(f"image_{c}" for c in CAMERAS), "velodyne_points", "oxts"):
            (folder / part / "data").mkdir(parents=True)
            (folder / part / "timestamps.txt").write_text(timestamps(max(frames) + 1))
        for frame in frames:
            for camera in CAMERAS:
                picture(rng, SIZES[name[:10]]).save(folder / f"image_{camera}/data/{frame:010d}{suffix}")
            scan(rng).tofile(folder / f"velodyne_points/data/{frame:010d}.bin")
            (folder / f"oxts/data/{frame:010d}.txt").write_text(oxts(forward_m_s=8.0))
        if annotated:
            part = "val" if name.endswith("0002") else "train"
            for camera in CAMERAS:
                below = annotated / part / f"{name}_sync/proj_depth/groundtruth/image_{camera}"
                below.mkdir(parents=True)
                for frame in frames[1:]:
                    depth(rng, SIZES[name[:10]]).save(below / f"{frame:010d}.png")


def cam_to_cam(width: int, height: int) -> str:
    lines = ["calib_time: 09-Jan-2012 13:57:47", "corner_dist: 9.950000e-02"]
    for camera, shift, left in (("00", 0.0, 11.5), ("02", 45.0, 11.5), ("03", -340.0, 15.5)):
        p = (720.0, 0, width / 2 - left, shift, 0, 720.0, 173.0, 0.25, 0, 0, 1, 0.003)
        lines += [f"S_rect_{camera}: {width:e} {height:e}", f"R_rect_{camera}: {numbers(np.eye(3).ravel())}"]
        lines += [f"P_rect_{camera}: {numbers(p)}"]
    return "\n".join(lines) + "\n"


def velo_to_cam() -> str:
    rotation = (0, -1, 0, 0, 0, -1, 1, 0, 0)
    return (
        f"calib_time: 15-Mar-2012 11:37:16\nR: {numbers(rotation)}\nT: {numbers((0, -0.08, -0.27))}\n"
        "delta_f: 0.000000e+00 0.000000e+00\n"
    )


def numbers(values) -> str:
    return " ".join(f"{v:e}" for v in values)


def timestamps(count: int) -> str:
    return "".join(f"2011-09-26 13:02:{25 + i // 10:02d}.{i % 10}97379968\n" for i in range(count))


def oxts(forward_m_s: float = 8.0, leftward_m_s: float = 0.0, af: float = 0.5, al: float = 0.1) -> str:
    """The thirty numbers of oxts/dataformat.txt."""
    place, angles = (49.0, 8.4, 113.9), (0.01, 0.01, 2.9)
    velocity = (2.0, -8.6, forward_m_s, leftward_m_s, -0.08)
    acceleration, level = (-0.01, 0.49, 9.70), (af, al, 9.70)
    rates, accuracy, status = (0.0,) * 6, (0.17, 0.03), (4, 6, 5, 5, 0)
    return " ".join(
        f"{v:g}" for v in (*place, *angles, *velocity, *acceleration, *level, *rates, *accuracy, *status)
    )


def scan(rng) -> np.ndarray:
    """A wall 20 m ahead, a road 1.7 m below, points beside and behind: float32 (N, 4)."""
    wall = np.stack([np.full(400, 20.0), rng.uniform(-15, 15, 400), rng.uniform(-1.5, 1, 400)], 1)
    road = np.stack([rng.uniform(5, 40, 800), rng.uniform(-10, 10, 800), np.full(800, -1.7)], 1)
    behind = np.stack([rng.uniform(-30, -3, 200), rng.uniform(-10, 10, 200), np.full(200, -1.7)], 1)
    points = np.concatenate([wall, road, behind])
    return np.concatenate([points, rng.uniform(0, 1, (len(points), 1))], 1).astype("<f4")


def picture(rng, size: tuple[int, int]) -> Image.Image:
    """A few flat blocks: small as a file, and no two alike."""
    blocks = rng.integers(0, 256, (3, 6, 3), np.uint8)
    return Image.fromarray(blocks).resize(size, Image.Resampling.NEAREST)


def depth(rng, size: tuple[int, int]) -> Image.Image:
    """Annotated depth of 4 to 70 m on one pixel in nine of the lower half."""
    width, height = size
    steps = np.zeros((height, width), np.uint16)
    grid = steps[height // 2 :: 3, ::3]
    grid[...] = rng.integers(4 * 256, 70 * 256, grid.shape)
    return Image.fromarray(steps)


def example(tmp_path: Path):
    write(tmp_path)
    return shelf.look_up("datasets", "kitti_raw")(tmp_path, cameras="left")
