"""Which prediction belongs to which photo, by their names; what does not fit exactly one is refused, never guessed.

People write "depth_0005.png" for "scene/rgb_00005.jpg", flatten folders and drop the camera. Names are compared
first as they are, then ever more loosely, and the report says how many matched by which rule:

same name                 "scene/0005" and "scene/0005.png"
folders as _              "basement_0001a_rgb_00000" for "basement_0001a/rgb_00000"
without words             such as depth, pred, rgb, which say what a file is and not of what photo
numbers without zeros     "7" for "00007"
KITTI's drive and frame   in any of the ways in which they are written; no camera means the left colour one (02)
end of the path           "0005" for "scene/0005", or "run1/scene/0005", where only one fits
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from fathom.errors import BadInput, MissingData
from fathom.files.predictions import natural

WORDS = frozenset((
    "depth", "depths", "disp", "disparity", "inv", "inverse", "raw", "metric",
    "meter", "meters", "metre", "metres", "pred", "preds", "predict", "predicted", "prediction", "out", "output",
    "result", "rgb", "color", "colors", "colour", "colours", "img", "image", "sync",
))  # fmt: skip
_KITTI = re.compile(r"(\d{4}_\d\d_\d\d_drive_\d{4})(?:_sync|_extract)?(?=[^0-9]|$)(.*)")
_KITTI_FRAME = re.compile(r"(?<!\d)(\d{10})(?!\d)")
_KITTI_CAMERA = re.compile(r"(?:image_|cam|(?<![0-9a-zA-Z]))0?([23])(?!\d)|(?<![a-zA-Z])(l|r)(?![a-zA-Z])")
_LISTED = 5
Key = tuple[str, ...]


@dataclass(frozen=True)
class Matching:
    """Photos and the predictions found for them.

    pairs      photo → prediction, in the photos' order
    rules      how many were matched by which rule
    unmatched  photos without a prediction
    left_over  predictions of no photo
    ambiguous  photo or prediction → the several that fit it
    doubts     what else looks wrong, in words
    by_order   whether not names but places were matched
    """

    pairs: dict[str, str] = field(default_factory=dict)
    rules: dict[str, int] = field(default_factory=dict)
    unmatched: tuple[str, ...] = ()
    left_over: tuple[str, ...] = ()
    ambiguous: dict[str, tuple[str, ...]] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()
    by_order: bool = False

    def __str__(self) -> str:
        total = len(self.pairs) + len(self.unmatched)
        lines = [f"{len(self.pairs)} of {total} photos have a prediction"]
        lines += [f"  {count} by the rule '{rule}'" for rule, count in self.rules.items()]
        if self.unmatched:
            lines.append(f"  {len(self.unmatched)} have none: {_listed(self.unmatched)}")
        if self.left_over:
            lines.append(f"  {len(self.left_over)} predictions are of no photo here: {_listed(self.left_over)}")
        lines += [f"  '{one}' fits {' and '.join(map(repr, several))}" for one, several in self.ambiguous.items()]
        return "\n".join([*lines, *(f"  doubtful: {doubt}" for doubt in self.doubts)])

    def check(self, allow_missing: bool = False) -> None:
        """Raises BadInput where several fit or the rules would mislead, MissingData where photos have none."""
        if self.ambiguous:
            some = list(self.ambiguous.items())[:_LISTED]
            listed = "; ".join(f"'{one}' fits {' and '.join(map(repr, several))}" for one, several in some)
            raise BadInput(
                f"{len(self.ambiguous)} names fit more than one: {listed}; move the others away or name the "
                "sub-folder that holds the predictions"
            )
        if self.doubts:
            raise BadInput("; ".join(self.doubts))
        if not self.pairs:
            raise MissingData(
                f"not one of {len(self.unmatched)} photos has a prediction: photos are called "
                f"{_listed(self.unmatched)}, predictions {_listed(self.left_over)}; if they are in the order of "
                "the photos, say so with --by-order"
            )
        if self.unmatched and not allow_missing:
            raise MissingData(
                f"{len(self.unmatched)} of {len(self.pairs) + len(self.unmatched)} photos have no prediction: "
                f"{_listed(self.unmatched)}; predict them, or --allow-missing scores the rest and says so"
            )


def match(
    photos: Sequence[str], predictions: Sequence[str], by_order: bool = False, is_pile: bool = False
) -> Matching:
    """Finds the prediction of each photo; names without ending, "/" between folders.

    ``by_order`` takes the predictions in their natural order (numbers as numbers) for the photos in theirs; so
    does a pile (``is_pile``), in which they have no names. BadInput if their numbers then differ.
    """
    if repeated := [name for name, count in Counter(photos).items() if count > 1]:
        raise BadInput(
            f"{len(repeated)} photos have the same name, '{repeated[0]}' for one; predictions cannot fit"
        )
    if by_order or is_pile:
        ordered = list(predictions) if is_pile else sorted(predictions, key=natural)
        if len(ordered) != len(photos):
            raise BadInput(
                f"there are {len(ordered)} predictions and {len(photos)} photos; to match them by their order, "
                "there must be as many of both"
            )
        rule = "place in the array" if is_pile else "order"
        return Matching(dict(zip(photos, ordered, strict=True)), {rule: len(ordered)}, by_order=True)
    search = _Search(photos, predictions)
    for rule, key in _RULES:
        search.apply(rule, key)
    search.apply_ends(_words_left)
    search.apply_ends(_without_zeros)
    search.refuse_twins()
    doubts = _numbered_doubt(photos, predictions)
    return Matching(
        {photo: search.pairs[photo] for photo in photos if photo in search.pairs},
        dict(search.rules),
        tuple(p for p in photos if p not in search.pairs),
        tuple(search.files),
        search.ambiguous,
        (doubts,) if doubts else (),
    )


class _Search:
    """What is still to be matched, and what was."""

    def __init__(self, photos: Iterable[str], files: Iterable[str]):
        self.photos, self.files = dict.fromkeys(photos), dict.fromkeys(files)
        self.pairs: dict[str, str] = {}
        self.rules: Counter[str] = Counter()
        self.ambiguous: dict[str, tuple[str, ...]] = {}

    def apply(self, rule: str, key: Callable[[str], Key | None]) -> None:
        """Pairs photos and files with the same key, where there is one of each."""
        files, photos = _by_key(self.files, key), _by_key(self.photos, key)
        for one_key, named in photos.items():
            found = files.get(one_key, [])
            if found:
                self._take(rule, named, found)

    def apply_ends(self, key: Callable[[str], Key]) -> None:
        """Pairs a name with one that ends like it: the parts in front are folders that the other leaves out."""
        photos, files = _by_key(self.photos, key), _by_key(self.files, key)
        photo_ends, file_ends = _by_ends(self.photos, key), _by_ends(self.files, key)
        for one_key in list(photos):
            self._take("end of the path", photos[one_key], file_ends.get(one_key, []))
        for one_key in list(files):
            self._take("end of the path", photo_ends.get(one_key, []), files[one_key])

    def _take(self, rule: str, photos: list[str], files: list[str]) -> None:
        photos, files = [p for p in photos if p in self.photos], [f for f in files if f in self.files]
        if not photos or not files:
            return
        if len(photos) == len(files) == 1:
            self.pairs[photos[0]] = files[0]
            self.rules[rule] += 1
            del self.photos[photos[0]], self.files[files[0]]
        elif len(photos) == 1:
            self.ambiguous[photos[0]] = tuple(files)
            del self.photos[photos[0]]
        else:
            for file in files:
                self.ambiguous[file] = tuple(photos)
            for photo in photos:
                del self.photos[photo]

    def refuse_twins(self) -> None:
        """A file left over that fits a photo as well but for its words: which of the two is the prediction?"""
        left = _by_key(self.files, _words_left)
        for photo, file in list(self.pairs.items()):
            if twins := left.get(_words_left(file)):
                self.ambiguous[photo] = (file, *twins)


def _same(name: str) -> Key:
    return (name,)


def _flat(name: str) -> Key:
    return (name.replace("/", "_"),)


def _words_left(name: str) -> Key:
    """The parts of a name that say which photo it is: small letters, without the words that say what it shows."""
    parts = [part for part in re.split(r"[/_\-. ]+", name.lower()) if part]
    return tuple(part for part in parts if part not in WORDS) or tuple(parts)


def _without_zeros(name: str) -> Key:
    """The same, "00007" as "7", and letters parted from numbers, "frame7" as "frame", "7"."""
    parts = [part for word in _words_left(name) for part in re.findall(r"\d+|\D+", word)]
    return tuple((part.lstrip("0") or "0") if part.isdigit() else part for part in parts if part not in WORDS)


def _kitti(name: str) -> Key | None:
    """Drive, camera and frame, or None. The last of several numbers of ten digits is the frame."""
    if not (found := _KITTI.search(_last_drive(name))):
        return None
    drive, rest = found.groups()
    frames = _KITTI_FRAME.findall(rest)
    if not frames:
        return None
    camera = _KITTI_CAMERA.search(_KITTI_FRAME.sub(" ", rest))
    return (drive, {"l": "2", "r": "3"}.get(camera[2], camera[1]) if camera else "2", frames[-1])


def _last_drive(name: str) -> str:
    """The name from its last mention of a drive on: the date's folder and the drive's may both stand in front."""
    starts = [found.start() for found in re.finditer(r"\d{4}_\d\d_\d\d_drive_", name)]
    return name[starts[-1] :] if starts else name


_RULES: tuple[tuple[str, Callable[[str], Key | None]], ...] = (
    ("same name", _same),
    ("folders as _", _flat),
    ("KITTI's drive and frame", _kitti),
    ("without words", _words_left),
    ("numbers without zeros", _without_zeros),
)


def _by_key(names: Iterable[str], key: Callable[[str], Key | None]) -> dict[Key, list[str]]:
    found: dict[Key, list[str]] = defaultdict(list)
    for name in names:
        if one := key(name):
            found[one].append(name)
    return found


def _by_ends(names: Iterable[str], key: Callable[[str], Key]) -> dict[Key, list[str]]:
    """Key of every end of a path, without one, two ... of its folders → names."""
    found: dict[Key, list[str]] = defaultdict(list)
    for name in names:
        parts = name.split("/")
        for end in {key("/".join(parts[start:])) for start in range(1, len(parts))} - {()}:
            found[end].append(name)
    return found


def _numbered_doubt(photos: Sequence[str], predictions: Sequence[str]) -> str:
    """Predictions counted from 0 or 1 in the photos' order look like names, and match the wrong photos."""
    numbers = _numbers(predictions)
    if numbers is None or len(numbers) != len(photos):
        return ""
    first = min(numbers)
    own = _numbers([photo.rpartition("/")[2] for photo in photos])
    if first not in (0, 1) or numbers != set(range(first, first + len(photos))) or own == numbers:
        return ""
    return (
        f"the predictions are numbered {first} to {max(numbers)} and the photos are not ({_listed(photos)}): they "
        "seem to be counted in the order of the photos; if that is so, say --by-order"
    )


def _numbers(names: Sequence[str]) -> set[int] | None:
    """The numbers that names consist of but for words, None if they are other names."""
    keys = [_without_zeros(name) for name in names]
    if not keys or any(len(key) != 1 or not key[0].isdigit() for key in keys):
        return None
    found = {int(key[0]) for key in keys}
    return found if len(found) == len(names) else None


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more
