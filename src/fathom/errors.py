"""What can go wrong, as a tree. Every message says what was wrong, where, and what to do next.

FathomError
├── UnknownName     a model, data set, protocol or recipe of that name does not exist
├── MissingData     files that should be there are not
├── BadInput        a file or value is there and cannot be right
├── NotComparable   a score was asked for that would mean nothing
├── BadCheckpoint   weights that are damaged, partial or for another network
├── CannotWrite     the disk is full or the place is not writable
└── TrainingFailed  the loss is no longer a number
"""


class FathomError(Exception):
    """The root of all errors that fathom raises on purpose."""


class UnknownName(FathomError, LookupError):
    """A name that no file on the shelf carries."""


class MissingData(FathomError, FileNotFoundError):
    """Files that should be there are not."""


class BadInput(FathomError, ValueError):
    """A file or a value is there and cannot be right."""


class NotComparable(FathomError):
    """A score, or a conversion, that would mean nothing."""


class BadCheckpoint(FathomError):
    """Weights that are damaged, partial or made for another network."""


class CannotWrite(FathomError, OSError):
    """The disk is full or the place is not writable; nothing half-written was left behind."""


class TrainingFailed(FathomError, ArithmeticError):
    """The loss is no longer a finite number."""
