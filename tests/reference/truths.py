"""Small made-up splits and predictors for tests of scoring."""

from dataclasses import dataclass

import numpy as np

from fathom.records import Camera, Prediction, Quantity, Sample


@dataclass
class FakeSplit:
    """A split of depth maps held in memory; pictures are black."""

    depths: list
    title: str = "made_up/test"
    fingerprint: str = "0123abcd"

    @property
    def frame(self):
        return self.depths[0].shape if self.depths else (2, 2)

    def __len__(self):
        return len(self.depths)

    def __iter__(self):
        for i, depth_m in enumerate(self.depths):
            height, width = depth_m.shape
            camera = Camera.from_fov(width, height, 60)
            yield Sample(np.zeros((height, width, 3), np.uint8), depth_m, camera, f"image_{i}", "scene")


def answering(maps, quantity=Quantity.METRES, always=None):
    """A predictor that answers image i with maps[i] (or every image with the one map given).

    ``always`` is the geometry that it claims whatever it is asked.
    """

    def predict(photo, geometry):
        index = int(photo.name.rpartition("_")[2])
        values = maps[index] if isinstance(maps, list) else maps
        return Prediction(values, quantity, photo.camera, "fake", always or geometry, photo.name)

    return predict
