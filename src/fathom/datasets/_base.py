"""What every data set is: numbered samples, read one at a time from the files as their authors publish them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

from fathom.records import Sample


@dataclass(frozen=True)
class Finding:
    """One thing that an examination of a data set's files found out.

    verdict  "good": as it should be; "note": worth knowing; "doubtful": look at it before you trust what comes of
             it; "incomplete": files are absent or damaged, the rest can be prepared; "broken": whatever were
             prepared from this would be wrong, so ``prepare`` refuses
    what     the finding in words, with the count, size or hash that was expected and the one that is there
    where    the file or folder, relative to the data set's root; "" for the whole
    advice   the line to type or the page to get it from, "" if nothing need be done
    """

    verdict: Literal["good", "note", "doubtful", "incomplete", "broken"]
    what: str
    where: str = ""
    advice: str = ""


@runtime_checkable
class Dataset(Protocol):
    """What ``prepare`` and ``doctor`` need of a data set. Each entry of the shelf is a subclass whose constructor
    takes options: it lists files but opens few, and raises MissingData or BadInput only where nothing can be said
    at all.

    title          the name that signatures show, e.g. "rooms" or "nyu_labeled"; other truths, another title
    frame          (height, width) of every sample; None where each has its own, which can be scored, not trained on
    depth_step_m   the finest difference of depth worth keeping; the Store keeps whole multiples of it
    """

    title: str
    frame: Any  # each entry says which of the two
    depth_step_m: float

    def __len__(self) -> int: ...

    def name_of(self, index: int) -> str:
        """The sample's name, without reading it."""
        ...

    def read(self, index: int) -> Sample:
        """The sample; BadInput or MissingData (with its path) if it cannot be had. Called from several threads."""
        ...

    def provenance(self) -> dict[str, object]:
        """What the samples were made from: paths as given, options, seeds, units; goes into the manifest."""
        ...

    def split_of(self, index: int) -> str:
        """The official split of the sample, "" where the data set has none."""
        return ""

    def times_of(self, index: int) -> int:
        """How many times the sample stands in the list that training draws from: more than once only where an
        uneven distribution over scenes is evened."""
        return 1

    def examine(self) -> Iterable[Finding]:
        """What is there, missing or wrong, without decoding it all: counts, sizes, hashes, calibration, units."""
        return ()
