"""What the recipes of eigen2014 share: the paper's numbers for both data sets, and the way from scratch."""

from dataclasses import replace

from fathom.recipes._base import Recipe, Stage

# P 4.1, "learning rates are the same" for KITTI; the released code has the same rates and adds the weight decay.
COARSE = Stage(
    scale="coarse",
    samples=2_000_000,
    rates={"coarse.conv": 0.001, "coarse.full": 0.1},
    weight_decay={"coarse.conv": 5e-4, "coarse.full": 1e-4},
)
FINE = Stage(
    scale="fine",
    samples=1_500_000,
    rates={"fine.conv1": 0.001, "fine.conv2": 0.01, "fine.conv3": 0.001},
    weight_decay={"fine.conv": 1e-4},
)

SOURCES = {
    "model": "P Fig. 1",
    "initialisation": "C; the coarse convolutions begin at C's fallback, for want of its ImageNet weights",
    "stages": "P 3.3: coarse first, then fine with the coarse network frozen",
    "samples": "P 4.1",
    "rates": "P 4.1; C has the same",
    "weight_decay": "C; P prints none",
    "schedule": "P prints no decay and C has none",
    "lam": "P 3.2",
    "reduction": "P 3.2, Eqn 4 for each image; C weights images by n squared",
    "optimiser": "P 4.1",
    "momentum": "P 4.1",
    "batch": "P 4.1",
    "augmentation": "P 3.3; corners exposed by rotation masked and colours cut at 1 (A)",
}

PRINTED_DEPARTURES = (
    "Coarse convolutions start from random numbers (the released code's fallback), not from ImageNet.",
)
SCRATCH_DEPARTURES = (
    "Convolutions start from He et al.'s random numbers, not from ImageNet; the last full layer from N(0, 0.001).",
    "AdamW (coarse 2e-4, fine 1e-4, decay 1e-4 on every weight), warmed up, cosine to zero, in place of SGD with "
    "momentum at the printed rates.",
    "The fine network starts by passing the coarse prediction through.",
)


def from_scratch(printed: Recipe) -> Recipe:
    """What works without ImageNet weights: the same networks, data, loss and augmentation, another optimiser."""
    rates = {"coarse": {"coarse.": 2e-4}, "fine": {"fine.": 1e-4}}
    return replace(
        printed,
        name=f"{printed.name}/scratch",
        initialisation="he",
        optimiser="adamw",
        stages=tuple(
            replace(s, rates=rates[s.scale], weight_decay={"": 1e-4}, schedule="cosine") for s in printed.stages
        ),
        departures=SCRATCH_DEPARTURES,
        sources={
            **printed.sources,
            "initialisation": "A",
            "optimiser": "A",
            "rates": "A",
            "weight_decay": "A",
            "schedule": "A",
        },
    )
