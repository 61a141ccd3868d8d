"""Eigen et al. 2014 on NYU Depth v2: the paper as printed, and what works from scratch."""

from fathom.ops.augment import Ranges
from fathom.recipes._base import Recipe
from fathom.recipes._eigen2014 import COARSE, FINE, PRINTED_DEPARTURES, SOURCES, from_scratch

PRINTED = Recipe(
    name="eigen2014_nyu",
    model="eigen2014/nyu",
    initialisation="release",
    stages=(COARSE, FINE),
    lam=0.5,
    reduction="mean",
    optimiser="sgd",
    momentum=0.9,
    batch=32,
    augmentation=Ranges(scale=(1.0, 1.5), rotation_deg=(-5.0, 5.0), translate=True, flip=0.5, gain=(0.8, 1.2)),
    departures=PRINTED_DEPARTURES,
    sources=SOURCES,
)

ENTRIES = {"": PRINTED, "scratch": from_scratch(PRINTED)}
