"""Weights and training state on disk: safetensors with JSON beside the tensors; nothing is ever unpickled."""

import errno
import json
import os
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from fathom.errors import BadCheckpoint, CannotWrite, MissingData
from fathom.files.atomic import replacing


def write_weights(path: Path | str, tensors: Mapping[str, Tensor], meta: Mapping[str, Any]) -> None:
    """Writes tensors and what they are (``meta``: anything JSON can hold) to one file, whole or not at all.

    Raises CannotWrite if the disk is full.
    """
    contiguous = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    with replacing(path) as temporary:
        temporary.touch()
        mode = temporary.stat().st_mode  # as the user's umask has it; safetensors hides its files from all others
        try:
            save_file(contiguous, temporary, metadata={"fathom": json.dumps(meta)})
            temporary.chmod(mode)
        except SafetensorError as error:
            if "No space left" in str(error) or "os error 28" in str(error):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from error
            raise CannotWrite(f"{path}: {error}") from error


def read_weights(path: Path | str) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """(tensors on the CPU, meta) of a file written by ``write_weights``.

    Raises MissingData if there is no such file, BadCheckpoint if it is damaged, partial or not one of ours.
    """
    path = Path(path)
    if not path.is_file():
        raise MissingData(f"{path}: there is no such weights file; train one with `fathom train`")
    try:
        with safe_open(path, framework="pt") as file:
            meta = json.loads((file.metadata() or {}).get("fathom", "null"))
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
    except (SafetensorError, ValueError, struct.error, OSError) as error:
        raise BadCheckpoint(
            f"{path}: damaged or not a safetensors file ({error}); use an earlier checkpoint or train again"
        ) from error
    if not isinstance(meta, dict) or not isinstance(meta.get("model"), str):
        raise BadCheckpoint(
            f"{path}: a safetensors file, but not one that fathom wrote: it names no model; "
            "use the weights.safetensors of a run"
        )
    return tensors, meta
