"""Signatures: everything that a score depends on, in one line, like sacrebleu's: ``key:value|key:value``."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote

from fathom.errors import BadInput


def written(facts: Mapping[str, object]) -> str:
    """The line of these facts."""
    return "|".join(f"{key}:{_quoted(str(value))}" for key, value in facts.items())


def parse_signature(text: str) -> dict[str, str]:
    """The facts of a signature, key → value as text, in their order; BadInput if it is none."""
    pairs = [part.partition(":") for part in text.strip().split("|")]
    if not all(key and colon for key, colon, _ in pairs) or pairs[0][0] != "protocol":
        raise BadInput(f"this is not a signature of fathom: {text[:80]!r}; it begins with 'protocol:'")
    return {key: unquote(value) for key, _, value in pairs}


@dataclass(frozen=True)
class Difference:
    """A field of two signatures that is not the same; None where one of them has no such field."""

    field: str
    first: str | None
    second: str | None


def differences(first: str, second: str) -> tuple[Difference, ...]:
    """The fields in which two signatures differ, in the order of the first."""
    one, other = parse_signature(first), parse_signature(second)
    fields = [*one, *(field for field in other if field not in one)]
    return tuple(Difference(f, one.get(f), other.get(f)) for f in fields if one.get(f) != other.get(f))


def _quoted(value: str) -> str:
    """Titles are people's own words: what would break the line is written as %XX."""
    return "".join(c if c.isprintable() and c not in "%|" else quote(c, safe="") for c in value)
