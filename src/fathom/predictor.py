"""From a photo to depth: the only road.

    photo ── placed on the network's input ──► network ── log metres ──► metres at the photo's pixels

Three geometries say how a photo is placed and how the network's map comes back:

    whole   Every pixel gets depth. The whole photo is squeezed onto the part of the input for which the network
            answers; the rim that it sees beyond is filled with the photo's edge. The map comes back bilinearly in
            log metres, and its metres are multiplied by (the photo's focal length on the input) / (the training
            photos'): a picture enlarged s times shows everything s times nearer, which is what the network
            learnt (section 3 of the paper: "scale by s, divide depths by s").
    paper   What the paper scores. The photo covers the frame with its aspect kept, the centre crop goes to the
            network, each output stands for its cell of pixels (nearest), and pixels outside all cells are NaN.
            Metres are the network's own.
    filled  What Eigen & Fergus score in 2015. As paper, but the map comes back bilinearly, and the pixels outside
            all cells are extrapolated with the photo as a guide (fathom.ops.infill.fill_border).

A photo whose camera is unknown is taken to have the field of view of the training photos across its long side;
the Prediction's camera is that one, and its ``source`` says so. See docs/prediction.md.
"""

import math
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from fathom import shelf
from fathom.errors import BadCheckpoint, BadInput, MissingData, UnknownName
from fathom.files.checkpoint import read_weights
from fathom.files.photo import read_photo
from fathom.models._base import DepthModel, InputSpec
from fathom.ops.depth import to_metres
from fathom.ops.devices import choose_device
from fathom.ops.geometry import interpolate
from fathom.records import Camera, Photo, Prediction, Quantity

GEOMETRIES = ("whole", "paper", "filled")
PathLike = str | os.PathLike[str]


@dataclass(frozen=True)
class Placement:
    """Which part of a photo lies where on a network's input.

    The photo's rectangle ``box`` (left, top, width, height, in pixel edges) is resized onto the rectangle
    ``target`` (left, top, width, height) of the network's crop, which may reach beyond the crop or leave a rim.
    """

    box: tuple[float, float, float, float]
    target: tuple[int, int, int, int]

    @property
    def scale(self) -> tuple[float, float]:
        """Crop pixels per photo pixel, across and down."""
        return self.target[2] / self.box[2], self.target[3] / self.box[3]

    def columns(self, count: int) -> np.ndarray:
        """The crop's column, as a fraction, of the centre of each of the photo's columns."""
        return self.target[0] + (np.arange(count) + 0.5 - self.box[0]) * self.scale[0] - 0.5

    def rows(self, count: int) -> np.ndarray:
        """The crop's row, as a fraction, of the centre of each of the photo's rows."""
        return self.target[1] + (np.arange(count) + 0.5 - self.box[1]) * self.scale[1] - 0.5


class Predictor:
    """A model ready to be shown photos.

    ``scale`` names one of the model's outputs (None: its best), ``device`` where it runs ("auto": CUDA if there
    is any, else the CPU). Predictors may share one model; it is left in evaluation mode.
    """

    def __init__(self, model: DepthModel, name: str, scale: str | None = None, device: str = "auto"):
        if scale not in (None, *model.scales):
            raise UnknownName(f"{name} has no scale '{scale}'; it has {', '.join(model.scales)}")
        self.device = choose_device(device)
        self.model = model.to(self.device, memory_format=torch.channels_last)  # ty: ignore[no-matching-overload]
        self.name, self.scale = name, scale

    @classmethod
    def load(cls, path: PathLike, scale: str | None = None, device: str = "auto") -> "Predictor":
        """The model of a weights file, or of the ``weights.safetensors`` in a run's folder.

        Raises MissingData if there is none, BadCheckpoint if it is damaged or does not fit its model.
        """
        path = Path(path)
        path = path / "weights.safetensors" if path.is_dir() else path
        tensors, meta = read_weights(path)
        try:
            model = shelf.look_up("models", meta["model"])()
        except UnknownName as error:
            raise BadCheckpoint(f"{path}: made for a model that is not here: {error}") from error
        try:
            model.load_state_dict(tensors)
        except RuntimeError as error:
            raise BadCheckpoint(
                f"{path}: not the weights of {meta['model']}, though it says so; train again with this version "
                f"({' '.join(str(error).split())[:300]})"
            ) from error
        return cls(model, meta["model"], scale, device)

    def __call__(self, photo: Photo | PathLike, geometry: str = "whole") -> Prediction:
        """Depth at the photo's size, float32; metres, unless the model knows only relative depth."""
        return next(self.predict_many([photo], geometry))

    def predict_many(
        self, photos: Iterable[Photo | PathLike], geometry: str = "whole", batch: int = 8
    ) -> Iterator[Prediction]:
        """A Prediction for each photo, in order; the network sees ``batch`` of them at once."""
        if geometry not in GEOMETRIES:
            raise BadInput(f"no geometry is called '{geometry}'; there are {', '.join(GEOMETRIES)}")
        place = place_whole if geometry == "whole" else place_paper
        spec, waiting = self.model.spec, iter(photos)
        while group := [_photo(p) for p in islice(waiting, batch)]:
            placements = [place(p.rgb.shape[:2], spec) for p in group]
            maps = self._run([network_input(p.rgb, at, spec) for p, at in zip(group, placements, strict=True)])
            for photo, at, output in zip(group, placements, maps, strict=True):
                yield self._prediction(photo, at, output, geometry)

    @torch.inference_mode()
    def _run(self, pictures: list[np.ndarray]) -> np.ndarray:
        self.model.eval()
        batch = torch.from_numpy(np.stack(pictures)).to(self.device).permute(0, 3, 1, 2)
        return self.model(batch.float() / 255, scale=self.scale).float().cpu().numpy()

    def _prediction(self, photo: Photo, at: Placement, output: np.ndarray, geometry: str) -> Prediction:
        spec, quantity = self.model.spec, self.model.quantity
        camera = _camera(photo, spec, self.name)
        height, width = photo.rgb.shape[:2]
        rows, columns = at.rows(height), at.columns(width)
        with np.errstate(over="ignore", invalid="ignore"):  # what overflows is infinite, and caught below
            values = (spread_nearest if geometry == "paper" else spread_bilinear)(output, rows, columns, spec)
            if quantity.is_metric:
                values, quantity = to_metres(values, quantity), Quantity.METRES
                if geometry == "whole":
                    values *= np.float32(focal_factor(camera, at, spec))
        if np.isinf(output).any() or np.isinf(values).any() or np.isnan(output).all():
            raise BadCheckpoint(
                f"{self.name} gives no finite depth for {photo.name}; its training went astray: "
                "use an earlier checkpoint or train again"
            )
        if geometry == "filled":
            from fathom.ops.infill import fill_border  # numba takes a third of a second to import

            values[np.isnan(spread_nearest(output, rows, columns, spec))] = np.nan
            values = fill_border(values, photo.rgb)
        name = f"{self.name} {self.scale}" if self.scale else self.name
        return Prediction(values, quantity, camera, name, geometry, photo.name)


def predict(
    photo: Photo | PathLike,
    model: Predictor | PathLike | None = None,
    geometry: str = "whole",
    fov_deg: float | None = None,
    focal_px: float | None = None,
) -> Prediction:
    """Depth in metres of one photo by the weights file, run folder or Predictor ``model``.

    ``fov_deg`` (horizontal) or ``focal_px`` describe the camera of a photo given as a file. For many photos make
    one ``Predictor.load(model)`` and call that.
    """
    if model is None:
        raise MissingData(
            "fathom ships no weights yet: make some with `make demo` or `fathom train`, "
            "then name them: predict(photo, model='runs/.../weights.safetensors')"
        )
    if not isinstance(photo, Photo):
        photo = read_photo(photo, fov_deg=fov_deg, focal_px=focal_px)
    elif fov_deg is not None or focal_px is not None:
        raise BadInput("a Photo has its own camera; give fov_deg or focal_px to read_photo")
    predictor = model if isinstance(model, Predictor) else Predictor.load(model)
    return predictor(photo, geometry)


def place_whole(size: tuple[int, int], spec: InputSpec) -> Placement:
    """The whole photo of ``size`` (height, width) on the cells of the network's outputs."""
    (top, left), (rows, columns) = spec.footprint, spec.output
    return Placement((0, 0, size[1], size[0]), (left, top, columns * spec.stride, rows * spec.stride))


def place_paper(size: tuple[int, int], spec: InputSpec) -> Placement:
    """The centred part of a photo that has the frame's aspect, on the frame, of which the crop is the centre."""
    (height, width), (rows, columns), (top, left) = size, spec.frame, spec.crop_origin
    scale = max(rows / height, columns / width)
    box_width, box_height = columns / scale, rows / scale
    box = ((width - box_width) / 2, (height - box_height) / 2, box_width, box_height)
    return Placement(box, (-left, -top, columns, rows))


def network_input(rgb: np.ndarray, at: Placement, spec: InputSpec) -> np.ndarray:
    """uint8 (*spec.crop, 3): the photo resized (bicubic, antialiased) into its place, its edge beyond."""
    left, top, width, height = at.target
    x, y, box_width, box_height = at.box
    # Rounding must not carry the box out of the photo by a billionth: Pillow refuses that.
    box = (max(x, 0), max(y, 0), min(x + box_width, rgb.shape[1]), min(y + box_height, rgb.shape[0]))
    picture = np.asarray(Image.fromarray(rgb).resize((width, height), Image.Resampling.BICUBIC, box))
    rows = np.clip(np.arange(spec.crop[0]) - top, 0, height - 1)
    columns = np.clip(np.arange(spec.crop[1]) - left, 0, width - 1)
    return picture[rows][:, columns]


def spread_bilinear(output: np.ndarray, rows: np.ndarray, columns: np.ndarray, spec: InputSpec) -> np.ndarray:
    """The network's map at the given crop positions, bilinear between the centres of its outputs."""
    return interpolate(output, (rows - spec.offset[0]) / spec.stride, (columns - spec.offset[1]) / spec.stride)


def spread_nearest(output: np.ndarray, rows: np.ndarray, columns: np.ndarray, spec: InputSpec) -> np.ndarray:
    """The network's map at the given crop positions, each output over its cell, NaN outside all cells."""
    i = np.floor((rows + 0.5 - spec.footprint[0]) / spec.stride).astype(int)
    j = np.floor((columns + 0.5 - spec.footprint[1]) / spec.stride).astype(int)
    values = output[np.clip(i, 0, spec.output[0] - 1)][:, np.clip(j, 0, spec.output[1] - 1)]
    values[(i < 0) | (i >= spec.output[0])] = np.nan
    values[:, (j < 0) | (j >= spec.output[1])] = np.nan
    return values


def focal_factor(camera: Camera, at: Placement, spec: InputSpec) -> float:
    """The photo's focal length on the network's input (geometric mean of both axes) over the training photos'."""
    return math.sqrt(camera.fx * at.scale[0] * camera.fy * at.scale[1]) / spec.focal_px


def _camera(photo: Photo, spec: InputSpec, name: str) -> Camera:
    camera = photo.camera
    if not camera.source.startswith("assumed"):
        return camera
    focal_px = spec.focal_px * max(camera.width, camera.height) / max(spec.frame)
    fov_deg = math.degrees(2 * math.atan(max(spec.frame) / 2 / spec.focal_px))
    source = f"assumed {fov_deg:.1f} degrees across the long side, as in the training of {name}"
    return replace(camera, fx=focal_px, fy=focal_px, source=source)


def _photo(photo: Photo | PathLike) -> Photo:
    return photo if isinstance(photo, Photo) else read_photo(photo)
