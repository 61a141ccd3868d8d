"""Evening the distribution over scenes, as section 4 of Eigen et al. 2014 asks for and does not spell out.

The paper makes, of its unique frames, "a shuffled list of 220K after evening the scene distribution (1200 per
scene)" for NYU, and of 20K a list of 40K for KITTI. 249 scenes of 1200 would be 298,800, so not every scene reached
1200. Our rule [A]:

1. A scene with more than ``most`` frames keeps ``most`` of them, evenly spaced in time.
2. A scene with fewer than ``target`` stands in the list ``target`` times, but no frame of it more than ``repeats``
   times; frames that stand once more than others are evenly spaced too.

Nothing is drawn at random: the same files give the same list, and training shuffles it anyway.
"""

from collections.abc import Sequence

from fathom.errors import BadInput


def evenly(count: int, wanted: int) -> list[int]:
    """``wanted`` of the indices 0 .. count-1, evenly spaced and in order; all of them if there are no more."""
    if wanted >= count:
        return list(range(count))
    return [(2 * i + 1) * count // (2 * wanted) for i in range(wanted)]


def keep(scenes: Sequence[str], most: int) -> list[int]:
    """Rule 1: the indices kept, in order, of frames whose scenes are given in order of time."""
    if most < 1:
        raise BadInput(f"at least one frame of a scene has to be kept, not {most}")
    return sorted(members[i] for members in _by_scene(scenes).values() for i in evenly(len(members), most))


def times(scenes: Sequence[str], target: int, repeats: int) -> list[int]:
    """Rule 2: how many times each frame stands in the list."""
    if target < 1 or repeats < 1:
        raise BadInput(f"target and repeats of the evening are at least 1, not {target} and {repeats}")
    result = [1] * len(scenes)
    for members in _by_scene(scenes).values():
        wanted = max(len(members), min(target, repeats * len(members)))
        each, more = divmod(wanted, len(members))
        extra = set(evenly(len(members), more)) if more else set()
        for place, index in enumerate(members):
            result[index] = each + (place in extra)
    return result


def _by_scene(scenes: Sequence[str]) -> dict[str, list[int]]:
    members: dict[str, list[int]] = {}
    for index, scene in enumerate(scenes):
        members.setdefault(scene, []).append(index)
    return members
