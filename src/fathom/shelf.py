"""A shelf: a folder of Python files whose names are the names that users type.

Each file of a shelf has one dictionary ``ENTRIES`` of variant → object. The variant ``""`` is what the bare
file name stands for; every other one is reached by ``file/variant``: ``eigen2014/nyu``, ``nyu_eigen/community``.
Looking a name up imports that one file and no other. Other packages join by an entry point in the group
``fathom.<shelf>`` whose name is the file name and whose value is a module with ``ENTRIES``.
"""

import difflib
import importlib
import pkgutil
from functools import cache
from importlib import metadata
from types import ModuleType
from typing import Any

from fathom.errors import UnknownName

SHELVES = {"models": "model", "datasets": "data set", "protocols": "protocol", "recipes": "recipe"}


@cache
def entry_points(group: str) -> metadata.EntryPoints:
    """Those of every installed package: finding them takes 20 ms, and none is installed while a program runs."""
    return metadata.entry_points(group=group)


def files(shelf: str) -> list[str]:
    """The file names on a shelf, sorted; nothing but the shelf's own package is imported."""
    package = importlib.import_module(f"fathom.{shelf}")
    own = [m.name for m in pkgutil.iter_modules(package.__path__) if not m.name.startswith("_")]
    return sorted({*own, *(e.name for e in entry_points(group=f"fathom.{shelf}"))})


def names(shelf: str) -> list[str]:
    """Every full name on a shelf, sorted; imports every file of it."""
    return sorted(_full(file, variant) for file in files(shelf) for variant in _module(shelf, file).ENTRIES)


def look_up(shelf: str, name: str) -> Any:
    """The object that a name stands for.

    Raises UnknownName, with the nearest names, if there is none.
    """
    file, _, variant = name.partition("/")
    if file in files(shelf):
        entries = _module(shelf, file).ENTRIES
        if variant in entries:
            return entries[variant]
        candidates = [_full(file, v) for v in entries]
        near = difflib.get_close_matches(name, candidates, n=3, cutoff=0.5) or candidates
    else:
        near = difflib.get_close_matches(name, names(shelf), n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"`fathom {shelf}` lists what there is."
    raise UnknownName(f"no {SHELVES[shelf]} is called '{name}'; {hint}")


def describe(shelf: str, name: str) -> str:
    """The first line of the docstring of the file behind a name."""
    return (_module(shelf, name.partition("/")[0]).__doc__ or "").strip().partition("\n")[0]


def _full(file: str, variant: str) -> str:
    return f"{file}/{variant}" if variant else file


def _module(shelf: str, file: str) -> ModuleType:
    for entry in entry_points(group=f"fathom.{shelf}"):
        if entry.name == file:
            return entry.load()
    return importlib.import_module(f"fathom.{shelf}.{file}")
