import errno
import json

import pytest
import torch
from safetensors.torch import save_file

from fathom.errors import BadCheckpoint, CannotWrite, MissingData
from fathom.files import checkpoint
from fathom.files.checkpoint import read_weights, write_weights

TENSORS = {"a.weight": torch.arange(6.0).view(2, 3), "step": torch.tensor(3)}
META = {"model": "eigen2014/nyu", "seed": 1, "recipe": {"lam": 0.5}}


def test_what_is_written_is_read(tmp_path):
    path = tmp_path / "new" / "w.safetensors"
    write_weights(path, TENSORS, META)
    tensors, meta = read_weights(path)
    assert meta == META
    assert tensors.keys() == TENSORS.keys()
    assert all(torch.equal(tensors[name], TENSORS[name]) for name in TENSORS)


def test_a_channels_last_tensor_keeps_its_values(tmp_path):
    weight = torch.randn(4, 3, 5, 5).to(memory_format=torch.channels_last)
    write_weights(tmp_path / "w", {"w": weight}, META)
    assert torch.equal(read_weights(tmp_path / "w")[0]["w"], weight)


@pytest.mark.parametrize("keep", [0, 5, 60, 200, -1])
def test_a_partial_file_is_bad(tmp_path, keep):
    path = tmp_path / "w.safetensors"
    write_weights(path, TENSORS, META)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(BadCheckpoint, match="damaged"):
        read_weights(path)


def test_other_files_are_bad_and_missing_ones_missing(tmp_path):
    (tmp_path / "text").write_text("weights of the heart" * 9)
    with pytest.raises(BadCheckpoint, match="damaged"):
        read_weights(tmp_path / "text")
    save_file(TENSORS, tmp_path / "foreign", metadata={"format": "pt"})
    with pytest.raises(BadCheckpoint, match="names no model"):
        read_weights(tmp_path / "foreign")
    save_file(TENSORS, tmp_path / "odd", metadata={"fathom": json.dumps([1])})
    with pytest.raises(BadCheckpoint, match="names no model"):
        read_weights(tmp_path / "odd")
    with pytest.raises(MissingData, match="no such weights"):
        read_weights(tmp_path / "none")


def test_a_full_disk_leaves_the_old_file_as_it_was(tmp_path, monkeypatch):
    path = tmp_path / "w.safetensors"
    write_weights(path, TENSORS, META)
    before = path.read_bytes()

    def full(tensors, name, metadata):
        name.write_bytes(b"half of it")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoint, "save_file", full)
    with pytest.raises(CannotWrite, match="space"):
        write_weights(path, {"a": torch.zeros(9)}, META)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["w.safetensors"]


def test_a_file_is_for_whom_the_umask_says(tmp_path):
    (tmp_path / "any").touch()
    write_weights(tmp_path / "w.safetensors", TENSORS, META)
    assert (tmp_path / "w.safetensors").stat().st_mode == (tmp_path / "any").stat().st_mode


@pytest.mark.parametrize("meta", [{"model": 5}, {"model": None}, {}])
def test_a_file_that_names_no_model(tmp_path, meta):
    write_weights(tmp_path / "w.safetensors", TENSORS, meta)
    with pytest.raises(BadCheckpoint, match="names no model"):
        read_weights(tmp_path / "w.safetensors")
