"""Eigen et al. 2014 on procedural rooms: for the demonstration, tests and ablations; sized for two CPU cores."""

from dataclasses import replace

from fathom.recipes import eigen2014_nyu

ENTRIES = {
    "": replace(
        eigen2014_nyu.ENTRIES["scratch"].with_samples(coarse=60_000, fine=15_000),
        name="eigen2014_rooms",
        departures=(
            *eigen2014_nyu.SCRATCH_DEPARTURES,
            "Procedural rooms in place of NYU Depth v2; 60,000 and 15,000 samples.",
        ),
        sources={**eigen2014_nyu.ENTRIES["scratch"].sources, "samples": "A"},
    )
}
