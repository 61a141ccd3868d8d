"""The official lists in ``splits/``: small text files that say where they come from and what their hash is.

# what this is
# origin: where the list was published
# sha256: of the lines below, each ended by one newline
first entry
...
"""

import hashlib
from functools import cache
from importlib.resources import files

from fathom.errors import BadInput, UnknownName


@cache
def official(name: str) -> tuple[str, ...]:
    """The entries of ``splits/<name>.txt``, in their order.

    Raises UnknownName if there is no such list, BadInput if its entries are not the ones its hash was taken of.
    """
    path = files("fathom.datasets") / "splits" / f"{name}.txt"
    if not path.is_file():
        raise UnknownName(f"there is no official list '{name}'")
    lines = path.read_text(encoding="utf-8").splitlines()
    head = {
        key.strip(): value.strip()
        for key, _, value in (line[1:].partition(":") for line in lines if _is_head(line))
    }
    entries = tuple(line for line in lines if line and not _is_head(line))
    if head.get("sha256") != digest(entries):
        raise BadInput(
            f"datasets/splits/{name}.txt was changed: its entries hash to {digest(entries)}, and it says "
            f"{head.get('sha256')}; install fathom again"
        )
    return entries


def digest(entries: tuple[str, ...]) -> str:
    """SHA-256 of the entries, each ended by one newline."""
    return hashlib.sha256("".join(f"{entry}\n" for entry in entries).encode()).hexdigest()


def _is_head(line: str) -> bool:
    return line.startswith("#")
