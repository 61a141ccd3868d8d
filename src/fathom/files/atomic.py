"""Writing a file whole or not at all."""

import errno
import os
import secrets
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from fathom.errors import CannotWrite, FathomError

_NEXT = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT), "free some space or choose another place"),
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), "choose a place where you may write"),
    **dict.fromkeys((errno.EEXIST, errno.ENOTDIR), "a file stands where a folder is needed: choose another place"),
}


def cannot_write(path: str | os.PathLike[str], error: OSError) -> CannotWrite:
    """The CannotWrite to raise from an OSError: where, why and what to do next."""
    reason = error.strerror or str(error) or type(error).__name__
    return CannotWrite(f"cannot write {path}: {reason}; {_NEXT.get(error.errno or 0, 'choose another place')}")


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Generator[Path]:
    """A temporary path beside ``path``, with its suffix, that takes its place when the block ends well.

    Folders on the way are made. If the block fails the temporary file is removed and what stood at ``path``
    stays as it was. Raises CannotWrite where the disk is full or the place is not writable.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.stem}.{secrets.token_hex(4)}.part{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        temporary.replace(path)
    except FathomError:
        raise
    except OSError as error:
        raise cannot_write(path, error) from error
    finally:
        with suppress(OSError):
            temporary.unlink()
