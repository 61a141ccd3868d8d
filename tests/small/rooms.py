"""Four frames of two rooms."""

from pathlib import Path

from fathom import shelf


def example(tmp_path: Path):
    return shelf.look_up("datasets", "rooms")(frames=4, width=48, height=32, frames_per_room=2, seed=3)
