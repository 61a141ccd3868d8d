"""What every data set is: numbered samples, read one at a time from the files as their authors publish them."""

from typing import Protocol, runtime_checkable

from fathom.records import Sample


@runtime_checkable
class Dataset(Protocol):
    """What ``prepare`` needs of a data set. Each entry of the shelf is a class whose constructor takes options.

    title          the name that signatures show, e.g. "rooms" or "nyu_train_half"
    frame          (height, width) of every sample
    depth_step_m   the finest difference of depth worth keeping; the Store keeps whole multiples of it
    """

    title: str
    frame: tuple[int, int]
    depth_step_m: float

    def __len__(self) -> int: ...

    def name_of(self, index: int) -> str:
        """The sample's name, without reading it."""
        ...

    def read(self, index: int) -> Sample:
        """The sample; BadInput or MissingData (with its path) if it cannot be had."""
        ...

    def split_of(self, index: int) -> str:
        """The official split of the sample, "" where the data set has none."""
        ...

    def provenance(self) -> dict[str, object]:
        """What the samples were made from: paths as given, options, seeds, units; goes into the manifest."""
        ...
