"""The paper's baseline "Mean": no stage of training, the training set's mean depth image is all there is."""

from fathom.recipes._base import Recipe

_SOURCES = {"model": "P Tables 1 and 2", "initialisation": "P", "stages": "P"}

ENTRIES = {
    size: Recipe(
        name=f"mean_depth/{size}",
        model=f"mean_depth/{size}",
        initialisation="mean",
        stages=(),
        sources=_SOURCES,
    )
    for size in ("nyu", "kitti")
}
