"""Writing a file whole or not at all."""

import os
import secrets
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from fathom.errors import CannotWrite, FathomError


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
        reason = error.strerror or str(error) or type(error).__name__
        raise CannotWrite(
            f"cannot write {path}: {reason}; free some space or choose another place (nothing was changed)"
        ) from error
    finally:
        with suppress(OSError):
            temporary.unlink()
