"""The page of protocols is made from the protocols, and is up to date."""

from pathlib import Path

from fathom import shelf
from fathom.protocols._page import page

PAGE = Path(__file__).parents[2] / "docs" / "which_protocol.md"


def test_it_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m fathom.protocols._page > docs/which_protocol.md"


def test_every_protocol_is_on_it_with_its_source():
    text = page()
    for name in shelf.names("protocols"):
        assert f"| `{name}`" in text
        assert shelf.look_up("protocols", name).source in text


def test_what_was_not_seen_is_marked():
    lines = [line for line in page().splitlines() if line.startswith("- `midas/eth3d`")]
    assert len(lines) == 1
    assert "[paper-mem]" in lines[0]
