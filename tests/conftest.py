"""What every test may use: the real samples, one thread, and a small Store of rooms."""

import os
from pathlib import Path

import hypothesis
import pytest

# The test processes run side by side. Read when torch, numpy or numba is first imported, which is later.
for _name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

ROOT = Path(__file__).parents[1]

# A loaded machine is no reason to fail: no deadlines. The same examples every time: a failure can be repeated.
hypothesis.settings.register_profile("fathom", deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("fathom")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real samples beside the checkout; the test is skipped where there is none."""
    path = ROOT.parent / "shared" / "data"
    if not path.is_dir():
        pytest.skip("the real samples are not beside this checkout (../shared/data)")
    return path


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """torch uses one thread, whatever the machine, if a test uses torch at all."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def rooms_store(tmp_path_factory):
    """A Store of twelve 64x48 rooms, two frames a room, a third of the rooms in "test"."""
    from fathom import shelf
    from fathom.preparation import prepare

    rooms = shelf.look_up("datasets", "rooms")(frames=12, width=64, height=48, frames_per_room=2, seed=1)
    return prepare(rooms, tmp_path_factory.mktemp("rooms") / "store", holdout={"test": 1 / 3})


@pytest.fixture
def run(capsys):
    """run("models") → (exit code, stdout, stderr) of the command line."""
    from fathom.cli import main

    def run(*words):
        with pytest.raises(SystemExit) as exit:
            main([str(word) for word in words])
        said = capsys.readouterr()
        return exit.value.code or 0, said.out, said.err

    return run
