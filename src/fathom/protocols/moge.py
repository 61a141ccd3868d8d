"""Wang et al. 2025 (MoGe): scale-, affine- and disparity-invariant scores on its own warped bundles."""

from fathom.protocols._base import Protocol

_WARPED = (
    "MoGe scores pictures warped to a fixed size around the principal point (NYU 640x480, KITTI 750x375, ...), "
    "which is "
    "its bundles' doing and not done here; depth beyond 1000 times the 1 % quantile is dropped there"
)
_KINDS = {
    "scale_invariant": (
        "weighted L1 scale",
        "fitted there to the nearest valid pixels of a 64x64 grid, here to all",
    ),
    "affine_invariant": ("weighted L1 scale and shift", "fitted there to a 64x64 grid, here to all pixels"),
    "disparity_invariant": (
        "least squares scale and shift in disparity, at most the farthest truth",
        "fitted to every valid pixel, as here",
    ),
}

ENTRIES = {
    kind: Protocol(
        name=f"moge/{kind}",
        version=1,
        data="moge_bundle/test",
        truth="raw",
        geometry="whole",
        average="image",
        alignment=alignment,
        source="microsoft/MoGe, moge/test/metrics.py [C]; which pixels are fitted to: " + how + " [A]",
        note=_WARPED + "; MoGe prints abs rel and delta1 alone, the mean of benchmarks",
    )
    for kind, (alignment, how) in _KINDS.items()
}
