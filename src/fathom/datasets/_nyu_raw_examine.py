"""What an examination of NYU's raw dump looks at: captures, counts, sizes, INDEX.txt, matching, byte order."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from fathom.datasets._base import Finding
from fathom.datasets._kinect_captures import Capture, Pairing, wrong_sizes
from fathom.errors import BadInput, FathomError
from fathom.files.kinect import BYTES, INDEX, is_swapped, read_index

PAGE = "https://cs.nyu.edu/~fergus/datasets/nyu_depth_v2.html"
PARTS_URL = "http://horatio.cs.nyu.edu/mit/silberman/nyu_depth_v2/"
# The 38 archives, as utils/nyudepthv2_archives_to_download.txt of cleinc/bts lists them, by the kind of scene whose
# name they carry. Their host refused connections in late 2023 and early 2024 (cleinc/bts issue 145,
# tensorflow/datasets issue 5263); the page was pointed to in 2024 (isl-org/ZoeDepth issue 113). We tried neither.
PARTS = {
    "basement": ("basements",),
    "bathroom": tuple(f"bathrooms_part{i}" for i in range(1, 5)),
    "bedroom": tuple(f"bedrooms_part{i}" for i in range(1, 8)),
    "bookstore": tuple(f"bookstore_part{i}" for i in range(1, 4)),
    "cafe": ("cafe",),
    "classroom": ("classrooms",),
    "dining_room": tuple(f"dining_rooms_part{i}" for i in range(1, 3)),
    "furniture_store": ("furniture_stores",),
    "home_office": ("home_offices",),
    "kitchen": tuple(f"kitchens_part{i}" for i in range(1, 4)),
    "library": ("libraries",),
    "living_room": tuple(f"living_rooms_part{i}" for i in range(1, 5)),
    "office": tuple(f"offices_part{i}" for i in range(1, 3)),
    "office_kitchen": ("office_kitchens",),
    "playroom": ("playrooms",),
    "reception_room": ("reception_rooms",),
    "study": ("studies",),
    "study_room": ("study_rooms",),
}
# Of every other kind we suppose that it is here [A].
MISC = ("misc_part1", "misc_part2")

_ENDINGS = {"ppm": BYTES["colour"], "pgm": BYTES["depth"], "dump": BYTES["acceleration"]}
_NAMED = 5
_PARTS_NAMED = 12
_TRIED = 3  # captures whose first depth frame is opened


def examine(
    root: Path,
    captures: Sequence[Capture],
    pairings: Sequence[Pairing],
    listed: Sequence[str],
    doubles: Sequence[Capture],
) -> Iterator[Finding]:
    """Findings of all captures; sizes are asked of the file system, and a few files are opened."""
    yield _expected(captures, listed)
    yield _counts(captures)
    for capture in doubles:
        yield Finding(
            "note",
            f"{capture.name} is here more than once; this one is not used",
            capture.below,
            "merge the folders if each holds a part of the recording",
        )
    yield from _matching(captures, pairings)
    yield from _byte_order(root, captures)
    for capture in captures:
        yield from _sizes(root, capture)
        yield from _index(root, capture)
    if strange := [capture for capture in captures if capture.strange]:
        count = sum(capture.strange for capture in strange)
        yield Finding(
            "note",
            f"{count:,} files are no recorder's, e.g. {strange[0].strange_name}; they are not used",
            strange[0].below,
        )


def _expected(captures: Sequence[Capture], listed: Sequence[str]) -> Finding:
    found = {capture.name for capture in captures}
    missing = [name for name in listed if name not in found]
    what = f"{len(listed) - len(missing)} of the {len(listed)} captures of the training scenes"
    if not missing:
        return Finding("good", what)
    kinds = Counter(_kind(name) for name in missing)
    parts = sorted({part for kind in kinds for part in PARTS.get(kind, MISC)})
    kinds_said = _some([f"{count} {kind}" for kind, count in kinds.most_common()])
    parts_said = ", ".join(parts) if len(parts) <= _PARTS_NAMED else f"{len(parts)} of the 38 parts"
    return Finding(
        "incomplete",
        f"{what}; {len(missing)} are missing ({kinds_said}): {_some(missing)}",
        advice=f"see {PAGE}; they should be in {parts_said} (.zip) at {PARTS_URL}, if it answers",
    )


def _counts(captures: Sequence[Capture]) -> Finding:
    depth, colour = (sum(len(getattr(c, kind)) for c in captures) for kind in ("depth", "colour"))
    accelerations = sum(c.accelerations for c in captures)
    return Finding(
        "good",
        f"{len(captures)} captures with {depth:,} depth frames, {colour:,} pictures, {accelerations:,} readings of "
        "the accelerometer (the whole dump: 407,024 frames)",
    )


def _matching(captures: Sequence[Capture], pairings: Sequence[Pairing]) -> Iterator[Finding]:
    pairs = sum(len(p.pairs) for p in pairings)
    alone, shared = sum(p.alone for p in pairings), sum(p.shared for p in pairings)
    yield Finding(
        "note" if alone or shared else "good",
        f"{pairs:,} depth frames have a picture; {alone:,} have none near enough, {shared:,} share theirs with "
        "others and are left out",
    )
    barren = [c for c, p in zip(captures, pairings, strict=True) if not p.pairs]
    if barren:
        described = [f"{c.name} ({len(c.depth)} depth, {len(c.colour)} pictures)" for c in barren]
        yield Finding(
            "incomplete",
            f"{len(barren)} captures have no pair at all: {_some(described)}",
            barren[0].below,
            f"unpack their part again: {PAGE}",
        )


def _byte_order(root: Path, captures: Sequence[Capture]) -> Iterator[Finding]:
    swapped, sound, reason = [], 0, None
    for capture in [c for c in captures if c.depth][:_TRIED]:
        path = root / capture.below / capture.depth[0][1]
        try:
            if is_swapped(path):
                swapped.append(path.relative_to(root).as_posix())
            else:
                sound += 1
        except FathomError as error:
            reason = error
    if swapped:
        yield Finding(
            "note",
            f"{len(swapped)} of {len(swapped) + sound} first depth frames have the high byte first: somebody wrote "
            "them again. They are read right",
            swapped[0],
        )
    elif sound:
        yield Finding("good", "disparities have the low byte first and end at 2047, as recorded")
    elif reason is not None:
        # A file that is cut short says nothing of the others; values that no Kinect gives do.
        verdict = "broken" if "values up to" in str(reason) else "incomplete"
        yield Finding(verdict, f"the first depth frames cannot be read: {reason}", advice=f"get them: {PAGE}")


def _sizes(root: Path, capture: Capture) -> Iterator[Finding]:
    try:
        wrong = sorted(wrong_sizes(root / capture.below, _ENDINGS))
    except BadInput as error:
        yield Finding("incomplete", str(error), capture.below)
        return
    # A reading of the accelerometer has never been needed here.
    frames = [f"{name} ({size:,} bytes)" for name, size in wrong if not name.endswith(".dump")]
    dumps = len(wrong) - len(frames)
    if frames:
        yield Finding(
            "incomplete",
            f"{len(frames)} frames have not the {BYTES['colour']:,} and {BYTES['depth']:,} bytes of a Kinect's and "
            f"will be left out: {_some(frames)}",
            capture.below,
            f"others found a few such in the archives themselves; if there are many, unpack again: {PAGE}",
        )
    if dumps:
        yield Finding("note", f"{dumps} readings of the accelerometer are not of 12 bytes; not used", capture.below)


def _index(root: Path, capture: Capture) -> Iterator[Finding]:
    """INDEX.txt against the files. That it is absent is no news: it is not needed."""
    if not capture.has_index:
        return
    where = f"{capture.below}/{INDEX}".lstrip("/")
    try:
        named = set(read_index(root / where))
    except FathomError as error:
        yield Finding("note", str(error), where)
        return
    there = {name for _, name in capture.depth + capture.colour}
    absent = sorted(name for name in named - there if name.endswith((".ppm", ".pgm")))
    if absent:
        yield Finding(
            "incomplete",
            f"{len(absent)} of {len(named)} recorded files are not here: {_some(absent)}",
            where,
            f"unpack their part again: {PAGE}",
        )
    if unnamed := sorted(there - named):
        yield Finding("note", f"{len(unnamed)} frames are not in it: {_some(unnamed)}", where)


def _kind(capture: str) -> str:
    return capture.rstrip("abcdefghijklmnopqrstuvwxyz").rstrip("0123456789").rstrip("_")


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_NAMED]) + (", …" if len(names) > _NAMED else "")
