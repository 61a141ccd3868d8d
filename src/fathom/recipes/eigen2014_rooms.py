"""Eigen et al. 2014 on procedural rooms: for the demonstration, tests and ablations; sized for two CPU cores."""

from dataclasses import replace

from fathom.ops.augment import Ranges
from fathom.recipes._base import Recipe
from fathom.recipes._eigen2014 import COARSE, FINE, SCRATCH_DEPARTURES, SOURCES, from_scratch

_RECIPE = from_scratch(
    Recipe(
        name="eigen2014_rooms",
        model="eigen2014/nyu",
        initialisation="release",
        stages=(replace(COARSE, samples=60_000), replace(FINE, samples=15_000)),
        augmentation=Ranges(scale=(1.0, 1.5), rotation_deg=(-5.0, 5.0), translate=True, flip=0.5, gain=(0.8, 1.2)),
        sources={**SOURCES, "samples": "A"},
    )
)

ENTRIES = {
    "": replace(
        _RECIPE,
        name="eigen2014_rooms",
        initialisation="he_from_mean_image",
        departures=(
            *SCRATCH_DEPARTURES,
            "The coarse output starts at the mean depth image, so that a short run begins at that baseline.",
            "Procedural rooms in place of NYU Depth v2; 60,000 and 15,000 samples.",
        ),
    )
}
