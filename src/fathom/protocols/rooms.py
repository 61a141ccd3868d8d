"""Held-out rooms: exact depth, no crop and no cap, scored where every compared model gives depth.

The rooms are made, not published: any number, size and seed of them goes by the same title, and the fingerprint in
the signature is what tells two selections apart.
"""

from dataclasses import replace

from fathom.protocols._base import Protocol

rooms = Protocol(
    name="rooms",
    version=1,
    data="rooms/test",
    truth="exact",
    footprint=True,
    geometry="paper",
    average="image",
    resize="nearest",
    source="fathom's own, after Eigen et al. 2014: the network's region, nearest upsampling, no alignment [A]",
)

whole = replace(
    rooms,
    name="rooms/whole",
    footprint=False,
    geometry="whole",
    resize="bilinear",
    source="fathom's own: every pixel of the picture, bilinear upsampling, no alignment [A]",
)

median = replace(
    rooms,
    name="rooms/median",
    alignment="ratio of medians",
    source="as rooms, after the ratio of medians per image on the scored pixels [A]",
    note="for models whose scale is unknown; not to be set beside metric scores",
)

ENTRIES = {"": rooms, "whole": whole, "median": median}
