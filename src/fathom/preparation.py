"""prepare(): a data set as its authors publish it → a checked Store."""

import hashlib
import json
import math
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np

from fathom import __version__
from fathom.datasets._base import Dataset
from fathom.errors import BadInput, FathomError
from fathom.files.store import Encoded, Store, StoreWriter

# What `prepare` calls as it goes: (samples done, samples in all, what is wrong with this one or "").
Progress = Callable[[int, int, str], None]


def prepare(
    dataset: Dataset,
    out: Path | str,
    holdout: Mapping[str, float] | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Store:
    """Examines a data set, reads every sample once, checks it, and writes a Store.

    dataset   an entry of ``fathom.datasets``, constructed
    out       the folder of the Store
    holdout   share of the *scenes* in each split beside "train"; default {"test": 0.1}. No scene is in two
              splits. A data set with official splits keeps its own.
    seed      which scenes are held out; that depends on the scenes' names and the seed alone
    progress  called after every sample

    A sample that cannot be read is left out, reported through ``progress`` and listed with its reason in
    ``store.manifest["left_out"]``. Stopped at any moment, by Ctrl-C, a kill or a full disk, the same call goes on
    from where it was. Called again when all is done, it returns the Store that is there: to prepare anew, say after
    a file was mended, delete the folder or choose another.

    Raises BadInput if the data set's examination finds something broken (the text says what; ``fathom doctor``
    says all) or if not one sample is left, and CannotWrite if the disk is full. A Store that was in ``out`` stays.
    """
    shares = {"test": 0.1} if holdout is None else dict(holdout)
    _check_shares(shares)
    if not len(dataset):
        raise BadInput(f"{dataset.title}: there is not one sample to prepare")
    if holdout and any(shares.values()) and all(dataset.split_of(i) for i in range(len(dataset))):
        raise BadInput(f"{dataset.title} has splits of its own: none can be held out of them; leave --holdout away")
    about = {"holdout": shares, "seed": seed, "identity": _identity(dataset)}
    if (finished := _finished(Path(out), about)) is not None:
        return finished
    _refuse_what_is_broken(dataset)
    writer = StoreWriter(out, dataset.frame, dataset.depth_step_m, about["identity"])
    try:
        _fill(writer, dataset, progress)
        if not writer.samples:
            last = writer.left_out[-1]["reason"]
            writer.abandon()
            raise BadInput(f"{dataset.title}: not one of {len(dataset)} samples could be read; the last: {last}")
        scenes = {s["scene"] for s in writer.samples if not s["split"]}
        splits = hold_out(scenes, shares, seed) if scenes else {}
        samples = [{**s, "split": s["split"] or splits[s["scene"]]} for s in writer.samples]
        return writer.close(dataset.title, {"source": dataset.provenance(), **about}, samples)
    finally:
        writer.pause()


def _fill(writer: StoreWriter, dataset: Dataset, progress: Progress | None) -> None:
    """Adds or leaves out every sample from the first that the writer does not have yet."""
    for index, encoding in _read_ahead(dataset, writer):
        reason = ""
        try:
            writer.add(encoding.result())
        except (BadInput, FileNotFoundError) as error:
            reason = str(error)
            writer.leave_out(dataset.name_of(index), reason)
        if progress:
            progress(index + 1, len(dataset), reason)


def _identity(dataset: Dataset) -> str:
    """A hash of all that decides what is read, but for the contents of the files."""
    fixed = [__version__, dataset.title, dataset.frame, dataset.depth_step_m, dataset.provenance()]
    digest = hashlib.sha256(json.dumps(fixed, sort_keys=True).encode())
    for index in range(len(dataset)):
        digest.update(f"{dataset.name_of(index)}|{dataset.split_of(index)}|{dataset.times_of(index)}\n".encode())
    return digest.hexdigest()


def _finished(out: Path, about: Mapping[str, object]) -> Store | None:
    """The Store that this call would make, if it is here already and sound."""
    try:
        store = Store.open(out)
    except FathomError:
        return None
    return store if all(store.manifest.get(key) == value for key, value in about.items()) else None


def _refuse_what_is_broken(dataset: Dataset) -> None:
    broken = [finding for finding in dataset.examine() if finding.verdict == "broken"]
    if broken:
        said = "; ".join(f"{f.what}{f' ({f.advice})' if f.advice else ''}" for f in broken[:5])
        more = f"; and {len(broken) - 5} more, which `fathom doctor` lists" if len(broken) > 5 else ""
        raise BadInput(f"{dataset.title} is not fit to be prepared: {said}{more}")


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


def _read_ahead(dataset: Dataset, writer: StoreWriter) -> Iterator[tuple[int, Future[Encoded]]]:
    """The samples from ``writer.done`` on in order, decoded a few ahead by one thread a core; pictures are never
    all in memory."""

    def encode(index: int) -> Encoded:
        sample = dataset.read(index)
        if np.isnan(sample.depth_m).all():
            raise BadInput(f"{sample.name}: not one pixel has depth")
        return writer.encode(sample, dataset.split_of(index), dataset.times_of(index))

    workers = os.cpu_count() or 1
    first, ahead = writer.done, 4 * workers
    with ThreadPoolExecutor(workers) as pool:
        pending = {i: pool.submit(encode, i) for i in range(first, min(first + ahead, len(dataset)))}
        try:
            for index in range(first, len(dataset)):
                reading = pending.pop(index)
                reading.exception()  # waits
                yield index, reading
                if index + ahead < len(dataset):
                    pending[index + ahead] = pool.submit(encode, index + ahead)
        finally:
            pool.shutdown(cancel_futures=True)
