from types import SimpleNamespace

import pytest

from fathom import shelf
from fathom.errors import UnknownName


def test_private_files_are_not_on_the_shelf():
    assert "eigen2014" in shelf.files("models")
    assert not [f for name in shelf.SHELVES for f in shelf.files(name) if f.startswith("_")]


def test_a_bare_name_is_its_own_variant():
    assert shelf.look_up("recipes", "eigen2014_nyu").name == "eigen2014_nyu"
    assert {"eigen2014_nyu", "eigen2014_nyu/scratch"} <= set(shelf.names("recipes"))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("eigen2014/nyy", "no model is called 'eigen2014/nyy'; did you mean eigen2014/nyu"),
        ("eigen2014/a-wholly-different-word-of-some-length", "did you mean eigen2014/nyu or eigen2014/kitti"),
        ("qqqq", "`fathom models` lists what there is"),
    ],
)
def test_an_unknown_name_is_answered_with_near_ones(name, words):
    with pytest.raises(UnknownName, match=words):
        shelf.look_up("models", name)


def test_other_packages_join_by_entry_points(monkeypatch):
    module = SimpleNamespace(ENTRIES={"big": "theirs"}, __doc__="A guest.\n\nMore.")
    guest = SimpleNamespace(name="guest", load=lambda: module)
    monkeypatch.setattr(shelf, "entry_points", lambda group: [guest] if group == "fathom.models" else [])
    assert "guest" in shelf.files("models")
    assert "guest/big" in shelf.names("models")
    assert shelf.look_up("models", "guest/big") == "theirs"
    assert shelf.describe("models", "guest/big") == "A guest."
    assert "guest" not in shelf.files("recipes")
