"""Second opinions on error bars: every possible draw and swap, one after the other, in plain Python."""

from itertools import product


def by_scene(rows, scenes):
    """{scene: the sum of its rows}, in order of first appearance."""
    found = {}
    for row, scene in zip(rows, scenes, strict=True):
        before = found.get(scene, [0.0] * len(row))
        found[scene] = [a + b for a, b in zip(before, row, strict=True)]
    return found


def every_draw(rows, scenes, figure):
    """The figure of each of the C**C equally likely draws of C scenes."""
    parts = list(by_scene(rows, scenes).values())
    return [
        figure([sum(column) for column in zip(*drawn, strict=True)]) for drawn in product(parts, repeat=len(parts))
    ]


def exact_p_value(first, second, scenes, figure):
    """The share of the 2**C swaps of whole scenes whose difference is as large as the observed one, or larger."""
    a, b = by_scene(first, scenes), by_scene(second, scenes)
    differences = []
    for swapped in product([False, True], repeat=len(a)):
        one = [b[s] if swap else a[s] for s, swap in zip(a, swapped, strict=True)]
        other = [a[s] if swap else b[s] for s, swap in zip(a, swapped, strict=True)]
        total = [[sum(column) for column in zip(*side, strict=True)] for side in (one, other)]
        differences.append(abs(figure(total[0]) - figure(total[1])))
    as_large = [d for d in differences if d >= differences[0] * (1 - 1e-9)]
    return len(as_large) / len(differences)


def holm_step_by_step(p_values):
    """Which hypotheses Holm's procedure rejects at each level, turned into adjusted p-values by bisection."""
    return [_least_level(p_values, k) for k in range(len(p_values))]


def _least_level(p_values, k):
    low, high = 0.0, 1.0
    if not _rejected(p_values, 1.0, k):
        return 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if _rejected(p_values, middle, k) else (middle, high)
    return high


def _rejected(p_values, level, k):
    left = sorted(range(len(p_values)), key=lambda i: p_values[i])
    while left and p_values[left[0]] <= level / len(left):
        if left.pop(0) == k:
            return True
    return False
