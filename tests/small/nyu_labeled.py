"""A labelled file of six frames as MATLAB 7.3 writes it, and its split as MATLAB 5 writes it."""

from pathlib import Path

import h5py
import numpy as np
from scipy.io import savemat

from fathom import shelf

SCENES = ("kitchen_0004a", "kitchen_0004b", "office_0003", "study_0001", "study_0001", "cafe_0001a")
TYPES = ("kitchen", "kitchen", "office", "study", "study", "cafe")
TRAIN, TEST = (1, 2, 3), (4, 5, 6)


def write(root: Path, scenes=SCENES, types=TYPES, train=TRAIN, test=TEST, height=24, width=32) -> None:
    write_labeled(root / "nyu_depth_v2_labeled.mat", scenes, types, height, width)
    write_splits(root / "splits.mat", train, test)


def write_splits(path: Path, train=TRAIN, test=TEST) -> None:
    savemat(
        path, {"trainNdxs": np.array(train, np.uint16)[:, None], "testNdxs": np.array(test, np.uint16)[:, None]}
    )


def write_labeled(path: Path, scenes=SCENES, types=TYPES, height=24, width=32) -> None:
    """The arrays that fathom reads and two that it does not, axes reversed, behind a user block of 512 bytes."""
    rgb, infilled_m, raw_m = arrays(len(scenes), height, width)
    with h5py.File(path, "w", userblock_size=512) as file:
        for name, values, matlab in (
            ("images", rgb.transpose(3, 2, 1, 0), "uint8"),
            ("depths", infilled_m.transpose(2, 1, 0), "single"),
            ("rawDepths", raw_m.transpose(2, 1, 0), "single"),
            ("accelData", np.zeros((4, len(scenes)), np.float32), "single"),
            ("labels", np.zeros(infilled_m.T.shape, np.uint16), "uint16"),
        ):
            made = file.create_dataset(name, data=values, chunks=(1, *values.shape[1:]), compression="gzip")
            made.attrs["MATLAB_class"] = np.bytes_(matlab)
        for name, texts in (("scenes", scenes), ("sceneTypes", types)):
            references = np.empty((1, len(texts)), h5py.ref_dtype)
            for i, text in enumerate(texts):
                codes = np.frombuffer(text.encode("utf-16-le"), np.uint16)[:, None]
                cell = file.create_dataset(f"#refs#/{name}{i}", data=codes)
                cell.attrs["MATLAB_class"] = np.bytes_("char")
                cell.attrs["MATLAB_int_decode"] = np.int32(2)
                references[0, i] = cell.ref
            file.create_dataset(name, data=references, dtype=h5py.ref_dtype).attrs["MATLAB_class"] = np.bytes_(
                "cell"
            )
    header = b"MATLAB 7.3 MAT-file, Platform: GLNXA64, Created on: Sat Jan 01 00:00:00 2000 HDF5 schema 1.00 ."
    with path.open("r+b") as file:
        file.write(header.ljust(116) + bytes(8) + b"\x00\x02IM")


def arrays(frames: int, height: int, width: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """As MATLAB shows them: pictures (H, W, 3, N), filled-in and raw depth (H, W, N) in metres."""
    rng = np.random.default_rng(0)
    rgb = rng.integers(0, 256, (height, width, 3, frames), np.uint8)
    infilled_m = rng.uniform(0.7, 9.9, (height, width, frames)).astype(np.float32)
    raw_m = np.where(rng.random(infilled_m.shape) < 0.2, np.float32(0), infilled_m)
    return rgb, infilled_m, raw_m


def example(tmp_path: Path):
    write(tmp_path)
    return shelf.look_up("datasets", "nyu_labeled")(tmp_path)
