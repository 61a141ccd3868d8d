"""The page 'Which protocol did this paper use?', made from the protocol files: python -m fathom.protocols._page"""

from fathom import shelf
from fathom.protocols._base import Protocol

HEAD = """# Which protocol did this paper use?

Made from the files in `src/fathom/protocols` by `python -m fathom.protocols._page > docs/which_protocol.md`; a test
keeps it so. `fathom protocols NAME` shows every field of one. Marks: [P] read in the paper, [C] in the authors'
code, [paper-mem] from memory and not seen in a source, [A] our judgement where both are silent.
"""
_COLUMNS = ("protocol", "data", "truths", "scored pixels", "prediction", "average")


def page() -> str:
    """The page as Markdown: a table a family, with its sources and notes below."""
    families: dict[str, list[Protocol]] = {}
    for name in shelf.names("protocols"):
        families.setdefault(name.partition("/")[0], []).append(shelf.look_up("protocols", name))
    return "\n".join([HEAD, *(_family(name, entries) for name, entries in families.items())])


def _family(name: str, entries: list[Protocol]) -> str:
    lines = [f"## {name}", "", shelf.describe("protocols", entries[0].name), ""]
    lines += [_row(_COLUMNS), _row(("---",) * len(_COLUMNS))]
    lines += [_row(_cells(entry)) for entry in entries]
    said: dict[str, list[str]] = {}
    for entry in entries:
        said.setdefault(f"{entry.source}{f'. {entry.note}' if entry.note else ''}", []).append(entry.name)
    lines.append("")
    lines += [f"- {', '.join(f'`{n}`' for n in names)}: {words}" for words, names in said.items()]
    return "\n".join([*lines, ""])


def _cells(p: Protocol) -> tuple[str, ...]:
    rules = p.rules()
    region = [rules["region"]] + [rules["range"]] * (rules["range"] != "all")
    prediction: list[str] = [
        p.geometry,
        p.alignment_in_words() if p.alignment != "none" else "",
        f"clamped to {rules['clamp']}" if p.clamp else "",
        rules.get("resize", ""),
        p.inference,
    ]
    same = f" (same rules as `{p.same_as}`)" if p.same_as else ""
    count = f", {p.expected}" if p.expected else ""
    return (
        f"`{p.name}`{same}",
        f"{p.data}{count}",
        f"{p.truth}, {p.axis}",
        "; ".join(region),
        "; ".join(filter(None, prediction)),
        p.average,
    )


def _row(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    print(page(), end="")
