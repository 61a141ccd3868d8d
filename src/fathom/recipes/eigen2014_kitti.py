"""Eigen et al. 2014 on KITTI: the paper as printed, and what works from scratch."""

from dataclasses import replace

from fathom.ops.augment import Ranges
from fathom.recipes import eigen2014_nyu
from fathom.recipes._base import Recipe

_NYU = eigen2014_nyu.PRINTED

PRINTED = Recipe(
    name="eigen2014_kitti",
    model="eigen2014/kitti",
    initialisation="release",
    stages=(replace(_NYU.stages[0], samples=1_500_000), replace(_NYU.stages[1], samples=1_000_000)),
    augmentation=Ranges(scale=(1.0, 1.2), translate=True, flip=0.5, gain=(0.8, 1.2)),
    sources={
        **_NYU.sources,
        "samples": "P 4.2",
        "rates": "P 4.2: as for NYU",
        "weight_decay": "C for NYU, taken over (A); C has no KITTI configuration",
        "momentum": "P 4.1, taken over (A)",
        "batch": "P 4.1, taken over (A)",
        "augmentation": "P 3.3 and 4.2: scale to 1.2, no rotation",
    },
)

ENTRIES = {"": PRINTED, "scratch": eigen2014_nyu.from_scratch(PRINTED)}
