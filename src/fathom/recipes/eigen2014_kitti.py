"""Eigen et al. 2014 on KITTI: the paper as printed, and what works from scratch."""

from dataclasses import replace

from fathom.ops.augment import Ranges
from fathom.recipes._base import Recipe
from fathom.recipes._eigen2014 import COARSE, FINE, PRINTED_DEPARTURES, SOURCES, from_scratch

PRINTED = Recipe(
    name="eigen2014_kitti",
    model="eigen2014/kitti",
    initialisation="release",
    stages=(replace(COARSE, samples=1_500_000), replace(FINE, samples=1_000_000)),
    lam=0.5,
    reduction="mean",
    optimiser="sgd",
    momentum=0.9,
    batch=32,
    augmentation=Ranges(scale=(1.0, 1.2), translate=True, flip=0.5, gain=(0.8, 1.2)),
    departures=PRINTED_DEPARTURES,
    sources={
        **SOURCES,
        "samples": "P 4.2",
        "rates": "P 4.2: as for NYU",
        "weight_decay": "C for NYU, taken over (A); C has no KITTI configuration",
        "momentum": "P 4.1, taken over (A)",
        "batch": "P 4.1, taken over (A)",
        "augmentation": "P 3.3 and 4.2: scale to 1.2, no rotation",
    },
)

ENTRIES = {"": PRINTED, "scratch": from_scratch(PRINTED)}
