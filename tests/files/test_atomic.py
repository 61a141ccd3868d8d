import errno
import os

import pytest

from fathom.errors import BadInput, CannotWrite
from fathom.files.atomic import replacing


def fail(path, error):
    with replacing(path) as draft:
        draft.write_text("half")
        raise error


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (errno.ENOSPC, "free some space"),
        (errno.EDQUOT, "free some space"),
        (errno.EACCES, "where you may write"),
        (errno.EROFS, "where you may write"),
        (errno.EIO, "choose another place"),
    ],
)
def test_what_fails_leaves_the_old_file_and_says_what_to_do(tmp_path, number, advice):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(CannotWrite, match=f"a.txt: {os.strerror(number)}; .*{advice}"):
        fail(path, OSError(number, os.strerror(number)))
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]
    assert path.read_text() == "old"


@pytest.mark.parametrize("place", ["file/a.txt", "file/sub/a.txt"])
def test_a_file_where_a_folder_is_needed(tmp_path, place):
    (tmp_path / "file").write_text("here")
    with pytest.raises(CannotWrite, match="a file stands where a folder is needed"):
        fail(tmp_path / place, AssertionError("not so far"))


@pytest.mark.parametrize("error", [BadInput("no"), KeyboardInterrupt()])
def test_other_errors_pass_and_leave_nothing(tmp_path, error):
    with pytest.raises(type(error)):
        fail(tmp_path / "new" / "a.txt", error)
    assert list((tmp_path / "new").iterdir()) == []
