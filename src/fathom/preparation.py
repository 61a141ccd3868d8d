"""prepare(): a data set as its authors publish it → a checked Store."""

import hashlib
import math
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from fathom.datasets._base import Dataset
from fathom.errors import BadInput
from fathom.files.store import Store, StoreWriter
from fathom.records import Sample

# What `prepare` calls as it goes: (samples done, samples in all, what is wrong with this one or "").
Progress = Callable[[int, int, str], None]


def prepare(
    dataset: Dataset,
    out: Path | str,
    holdout: Mapping[str, float] | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Store:
    """Reads every sample once, checks it, and writes a Store.

    dataset   an entry of ``fathom.datasets``, constructed
    out       the folder of the Store
    holdout   share of the *scenes* in each split beside "train"; default {"test": 0.1}. No scene is in two
              splits. A data set with official splits keeps its own.
    seed      which scenes are held out; that depends on the scenes' names and the seed alone
    progress  called after every sample

    A sample that cannot be read is left out, reported through ``progress`` and listed with its reason in
    ``store.manifest["left_out"]``. Raises BadInput if none is left, CannotWrite if the disk is full; a
    Store that was in ``out`` then stays.
    """
    shares = {"test": 0.1} if holdout is None else holdout
    _check_shares(shares)
    if not len(dataset):
        raise BadInput(f"{dataset.title}: there is not one sample to prepare")
    writer = StoreWriter(out, dataset.frame, dataset.depth_step_m)
    left_out: list[dict[str, str]] = []
    try:
        for index, reading in _read_ahead(dataset):
            reason = ""
            try:
                writer.add(reading.result(), dataset.split_of(index))
            except (BadInput, FileNotFoundError) as error:
                reason = str(error)
                left_out.append({"name": dataset.name_of(index), "reason": reason})
            if progress:
                progress(index + 1, len(dataset), reason)
        if not writer.samples:
            raise BadInput(f"{dataset.title}: not one of {len(dataset)} samples could be read; the last: {reason}")
        scenes = {s["scene"] for s in writer.samples if not s["split"]}
        splits = hold_out(scenes, shares, seed) if scenes else {}
        for sample in writer.samples:
            sample["split"] = sample["split"] or splits[sample["scene"]]
        about = {"source": dataset.provenance(), "holdout": dict(shares), "seed": seed, "left_out": left_out}
        return writer.close(dataset.title, about)
    except BaseException:
        writer.abandon()
        raise


def hold_out(scenes: set[str], shares: Mapping[str, float], seed: int) -> dict[str, str]:
    """scene → split. The scenes are put in an order that hashing gives them; each split takes its share of it,
    rounded to the nearest scene but at least one, and the rest is "train"."""
    _check_shares(shares)
    order = sorted(scenes, key=lambda scene: hashlib.sha256(f"{seed}:{scene}".encode()).digest())
    splits = dict.fromkeys(order, "train")
    start = 0
    for split, share in shares.items():
        count = max(1, round(share * len(order))) if share else 0
        splits.update(dict.fromkeys(order[start : start + count], split))
        start += count
    if start >= len(order):
        raise BadInput(
            f"{len(order)} scenes are too few to hold out {dict(shares)} and still train; take "
            "more scenes, or hold out none (--holdout test=0)"
        )
    return splits


def _check_shares(shares: Mapping[str, float]) -> None:
    if wrong := [name for name in shares if name in ("", "all", "train")]:
        raise BadInput(f"a split that is held out cannot be called '{wrong[0]}'; call it 'test' or 'val'")
    if not all(math.isfinite(s) and s >= 0 for s in shares.values()) or sum(shares.values()) >= 1:
        raise BadInput(f"the shares held out must be positive and leave some training scenes, not {dict(shares)}")


def _read_ahead(dataset: Dataset) -> Iterator[tuple[int, Future[Sample]]]:
    """The samples in order, decoded a few ahead by one thread a core; pictures are never all in memory."""
    workers = os.cpu_count() or 1
    ahead = 4 * workers
    with ThreadPoolExecutor(workers) as pool:
        pending = {i: pool.submit(dataset.read, i) for i in range(min(ahead, len(dataset)))}
        for index in range(len(dataset)):
            reading = pending.pop(index)
            reading.exception()  # waits
            yield index, reading
            if index + ahead < len(dataset):
                pending[index + ahead] = pool.submit(dataset.read, index + ahead)
