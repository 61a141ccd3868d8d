"""``fathom predict``: photos to depth in files."""

import os
from collections import Counter
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from fathom.cli.words import Device, say
from fathom.errors import BadInput, FathomError, NotComparable

if TYPE_CHECKING:
    from fathom.records import Photo, Prediction

PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")


class Format(StrEnum):
    """The files that ``predict`` can write; docs/prediction.md says what is in them."""

    NPZ = "npz"
    PNG = "png"
    TIFF = "tiff"
    PLY = "ply"
    COLOURED = "coloured"


ENDINGS = {
    Format.NPZ: "_depth.npz",
    Format.PNG: "_depth.png",
    Format.TIFF: "_depth.tiff",
    Format.PLY: "_points.ply",
    Format.COLOURED: "_coloured.png",
}


def predict(
    photos: Annotated[list[Path], typer.Argument(help="pictures, or folders of pictures")],
    model: Annotated[Path, typer.Option(help="a weights file or the folder of a run")],
    out: Annotated[Path, typer.Option(help="the folder to write to")],
    format: Annotated[list[Format] | None, typer.Option(help="may be given again; default npz")] = None,
    geometry: Annotated[
        Literal["whole", "paper", "filled"],
        typer.Option(help="paper: centre crop, NaN rim; filled: the same, the rim extrapolated"),
    ] = "whole",
    fov_deg: Annotated[float | None, typer.Option(help="horizontal field of view", min=0.01, max=179.99)] = None,
    focal_px: Annotated[float | None, typer.Option(help="focal length in pixels", min=0.01)] = None,
    device: Device = "auto",
) -> None:
    """Predict the depth of photos. One that cannot be read is reported and skipped; the exit code is then 1."""
    from fathom.files.photo import read_photo
    from fathom.predictor import Predictor

    if fov_deg is not None and focal_px is not None:
        raise typer.BadParameter("give --fov-deg or --focal-px, not both")
    files = _pictures(photos)
    _check_names(files, out)
    predictor = Predictor.load(model, device=device)
    print("photo\tnearest_m\tmedian_m\tfarthest_m\tpredicted_share")
    failed = 0
    for path in files:
        try:
            photo = read_photo(path, fov_deg=fov_deg, focal_px=focal_px)
            prediction = predictor(photo, geometry=geometry)
        except FathomError as error:
            failed += 1
            say(f"skipped {error}" if str(path) in str(error) else f"skipped {path}: {error}")
            continue
        print(path, *_summary(prediction), sep="\t")
        failed += not _write(prediction, photo, out / path.stem, format or [Format.NPZ])
    if failed:
        say(f"{failed} of {len(files)} photos were skipped or not written in every format")
        raise typer.Exit(1)


def _summary(prediction: "Prediction") -> list[str]:
    """Nearest, median and farthest depth in metres, and the share of pixels that have any."""
    import numpy as np

    depth_m = prediction.depth_m[prediction.valid]
    numbers = (depth_m.min(), np.median(depth_m), depth_m.max()) if depth_m.size else (np.nan,) * 3
    return [f"{x:.3f}" for x in (*numbers, prediction.valid.mean())]


def _write(prediction: "Prediction", photo: "Photo", stem: Path, formats: list[Format]) -> bool:
    """Writes the files and says so; False if some format cannot hold the prediction. Raises CannotWrite."""
    from fathom.saving import save, save_coloured

    written = 0
    for format in formats:
        target = stem.with_name(stem.name + ENDINGS[format])
        try:
            if format is Format.COLOURED:
                save_coloured(prediction, target)
            else:
                save(prediction, target, photo=photo)
            say(f"wrote {target}")
            written += 1
        except (BadInput, NotComparable) as error:
            say(f"not written {target}: {error}")
    return written == len(formats)


def _pictures(paths: list[Path]) -> list[Path]:
    """The photos named, and those in the folders named, in order."""
    files: list[Path] = []
    for path in paths:
        if os.path.isdir(path):  # noqa: PTH112 (Path.is_dir raises for odd names, which would stop the others)
            inside = sorted(p for p in path.iterdir() if p.suffix.lower() in PICTURES)
            if not inside:
                raise BadInput(f"{path}: no picture in this folder ({', '.join(PICTURES)})")
            files += inside
        else:
            files.append(path)
    return files


def _check_names(files: list[Path], out: Path) -> None:
    stem, count = Counter(path.stem for path in files).most_common(1)[0]
    if count > 1:
        same = ", ".join(str(path) for path in files if path.stem == stem)
        raise BadInput(f"{same} would all be written to {out}/{stem}_...; give each an --out of its own")
