"""Bochkovskii et al. 2024 (Depth Pro), metric and zero-shot: delta1 within a range, data set by data set."""

from fathom.protocols._base import Protocol

# Least and largest depth in metres, and how many pictures.
_DATA = {
    "booster": (1e-3, 10.0, 228),
    "eth3d": (0.1, 200.0, 454),
    "middlebury": (1e-3, 10.0, 15),
    "nuscenes": (1e-3, 80.0, 881),
    "sintel": (0.01, 80.0, 1064),
    "sun_rgbd": (1e-3, 10.0, 5050),
}
_SPLIT = {"sun_rgbd": "test"}

ENTRIES = {
    name: Protocol(
        name=f"depth_pro/{name}",
        version=1,
        data=f"{name}/{_SPLIT.get(name, 'train')}",
        expected=expected,
        truth="raw",
        geometry="whole",
        average="image",
        min_m=min_m,
        max_m=max_m,
        source="Bochkovskii et al. 2024, its table of zero-shot data sets: delta1, mean over images [P]; the "
        "true focal "
        "length is used where the paper says so",
        note="which of their pictures make up the split was not compared [unconfirmed]",
    )
    for name, (min_m, max_m, expected) in _DATA.items()
}
