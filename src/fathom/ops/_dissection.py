"""A direct solver for sparse systems on a picture, by nested dissection: exact, and quick since pictures are flat.

Solves  diagonal[p] x[p] - sum over neighbours q of weights[p, q] x[q] = right[p]  at a picture's active pixels; at
all others x is given. The picture is halved by lines of pixels, its halves likewise, down to leaves of a few
active pixels (George, "Nested dissection of a regular finite element mesh", 1973). From the leaves up each part's
own pixels (a leaf's all, else its dividing line's) are eliminated in a small dense matrix, its front, which also
holds the pixels just outside the part, its border; what elimination leaves there is added to the front of the part
around it (Duff & Reid, "The multifrontal solution of indefinite sparse symmetric linear equations", 1983). Rows are
diagonally dominant, so nothing needs pivoting, and the matrix need not be symmetric.

Small fronts, which are thousands, are eliminated by numba, large ones, a few hundred, by BLAS through numpy.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numba import njit

compiled = njit(cache=True, nogil=True, error_model="numpy")

LEAF = 12  # active pixels of a part that is not halved any more; this and the next by measurement
LARGE = 130  # rows of a front that is left to BLAS


class System(NamedTuple):
    """What is to be solved: the arguments of solve_active of the same names."""

    weights: np.ndarray
    diagonal: np.ndarray
    right: np.ndarray
    active: np.ndarray
    x: np.ndarray
    steps: np.ndarray


class Tree(NamedTuple):
    """The parts of a picture in the order of elimination, children before parents.

    Part k eliminates the pixels own[own_at[k]:own_at[k + 1]], has the border border[border_at[k]:border_at[k + 1]]
    and ``children[k]`` children, 0 or 2, whose leavings lie on top of the stack. ``turn[p]`` is the part that
    eliminates pixel p, one more than any part's for a pixel that is not active.
    """

    own: np.ndarray
    own_at: np.ndarray
    border: np.ndarray
    border_at: np.ndarray
    children: np.ndarray
    turn: np.ndarray


def solve_active(
    weights: np.ndarray,
    diagonal: np.ndarray,
    right: np.ndarray,
    active: np.ndarray,
    x: np.ndarray,
    shape: tuple[int, int],
    steps: np.ndarray,
) -> None:
    """Sets x at the active pixels. All arrays are flat with a rim of one pixel around ``shape``; the rim is not
    active, and weights (..., 8) into it are 0. ``steps`` leads to the eight neighbours, the n-th opposite to the
    (7 - n)-th."""
    system = System(weights, diagonal, right, active, x, steps)
    tree = dissect(active.reshape(shape[0] + 2, shape[1] + 2), steps)
    owned, bordering = np.diff(tree.own_at), np.diff(tree.border_at)
    rows = owned + bordering
    small = rows <= LARGE
    runs = _runs(small)
    stack, top = np.empty(_stack_needed(bordering, tree.children)), 0
    kept_at = np.concatenate([[0], np.cumsum(np.where(small, owned * (rows + 1), 0))])
    kept, solved = np.empty(kept_at[-1]), {}
    place = np.zeros(active.size, np.int32)  # of a pixel in the front in hand
    space = np.empty(LARGE * (LARGE + 1))
    for first, last in runs:
        if small[first]:
            top = _eliminate_small(first, last, tree, system, place, space, stack, top, kept, kept_at)
        else:
            top, solved[first] = _eliminate_large(first, tree, system, place, stack, top)
    for first, last in reversed(runs):
        if small[first]:
            _substitute_small(first, last, tree, kept, kept_at, x)
        else:
            own = tree.own[tree.own_at[first] : tree.own_at[first + 1]]
            border = tree.border[tree.border_at[first] : tree.border_at[first + 1]]
            x[own] = solved[first][:, -1] - solved[first][:, :-1] @ x[border]


def _runs(small: np.ndarray) -> list[tuple[int, int]]:
    """(first, last + 1) of each stretch of small fronts, and of each large front by itself."""
    cuts = [0, *(np.flatnonzero((np.diff(small) != 0) | ~small[1:]) + 1), len(small)]
    return list(pairwise(cuts))


def _eliminate_large(part, tree, system, place, stack, top):
    owned = tree.own_at[part + 1] - tree.own_at[part]
    rows = owned + tree.border_at[part + 1] - tree.border_at[part]
    front = np.zeros((rows, rows + 1))
    top = _assemble(part, tree, system, place, front, stack, top)
    answer = np.linalg.solve(front[:owned, :owned], front[:owned, owned:])
    left = front[owned:, owned:] - front[owned:, :owned] @ answer
    stack[top : top + left.size] = left.ravel()
    return top + left.size, answer


@compiled
def _stack_needed(bordering, children):
    most, now = 0, 0
    sizes = np.zeros(len(children) + 1, np.int64)
    depth = 0
    for k in range(len(children)):
        for _ in range(children[k]):
            depth -= 1
            now -= sizes[depth]
        sizes[depth] = bordering[k] * (bordering[k] + 1)
        now += sizes[depth]
        depth += 1
        most = max(most, now)
    return most


def dissect(active: np.ndarray, steps: np.ndarray) -> Tree:
    """The parts of a picture whose rimmed mask of active pixels, (H + 2, W + 2), is given."""
    parts = _halve(active)
    return Tree(*_list_pixels(parts, active.ravel(), active.shape[1], steps))


@compiled
def _halve(active):
    """Rectangles and their dividing lines, (parts, 6): top, bottom, left, right, row or 0, column or 0."""
    height, width = active.shape
    count = np.zeros((height + 1, width + 1), np.int32)
    for i in range(height):
        for j in range(width):
            count[i + 1, j + 1] = count[i, j + 1] + count[i + 1, j] - count[i, j] + active[i, j]
    parts = np.zeros((64, 6), np.int32)
    waiting = np.zeros((256, 4), np.int32)
    _put(waiting, 0, 1, height - 1, 1, width - 1)
    waits, n = 1, 0
    while waits:
        waits -= 1
        top, bottom, left, right = waiting[waits]
        if n == len(parts):
            parts = np.concatenate((parts, np.zeros_like(parts)))
        parts[n, 0], parts[n, 1], parts[n, 2], parts[n, 3] = top, bottom, left, right
        here = count[bottom, right] - count[top, right] - count[bottom, left] + count[top, left]
        tall, wide = bottom - top, right - left
        if here > LEAF and max(tall, wide) > 2:
            if tall > wide:
                row = top + tall // 2
                parts[n, 4] = row
                _put(waiting, waits, top, row, left, right)
                _put(waiting, waits + 1, row + 1, bottom, left, right)
            else:
                column = left + wide // 2
                parts[n, 5] = column
                _put(waiting, waits, top, bottom, left, column)
                _put(waiting, waits + 1, top, bottom, column + 1, right)
            waits += 2
        n += 1
    return parts[:n][::-1].copy()


@compiled
def _put(waiting, n, top, bottom, left, right):
    waiting[n, 0], waiting[n, 1], waiting[n, 2], waiting[n, 3] = top, bottom, left, right


@compiled
def _list_pixels(parts, active, stride, steps):
    """What Tree holds. A part's border is its children's borders and its own pixels' neighbours, as far as they
    are not eliminated by then."""
    n = len(parts)
    own = np.empty(active.sum(), np.int32)
    own_at, border_at = np.zeros(n + 1, np.int64), np.zeros(n + 1, np.int64)
    border = np.empty(4 * len(own) + 64, np.int32)
    children = np.zeros(n, np.int32)
    turn = np.full(len(active), n, np.int32)
    seen = np.full(len(active), -1, np.int32)
    waiting = np.empty(n, np.int32)  # the parts whose parent has not come yet
    waits = 0
    for k in range(n):
        top, bottom, left, right, row, column = parts[k]
        if row:
            top, bottom = row, row + 1
        if column:
            left, right = column, column + 1
        end = own_at[k]
        for y in range(top, bottom):
            for p in range(y * stride + left, y * stride + right):
                if active[p]:
                    own[end] = p
                    turn[p] = k
                    end += 1
        own_at[k + 1] = end
        room = 8 * (end - own_at[k])
        children[k] = 2 if row or column else 0
        for c in range(children[k]):
            child = waiting[waits - 1 - c]
            room += border_at[child + 1] - border_at[child]
        end = border_at[k]
        while end + room > len(border):
            border = np.concatenate((border, np.empty_like(border)))
        for _ in range(children[k]):
            waits -= 1
            child = waiting[waits]
            for b in range(border_at[child], border_at[child + 1]):
                p = border[b]
                if turn[p] > k and seen[p] != k:
                    seen[p] = k
                    border[end] = p
                    end += 1
        for o in range(own_at[k], own_at[k + 1]):
            for s in steps:
                p = own[o] + s
                if active[p] and turn[p] > k and seen[p] != k:
                    seen[p] = k
                    border[end] = p
                    end += 1
        border_at[k + 1] = end
        waiting[waits] = k
        waits += 1
    return own, own_at, border[:end].copy(), border_at, children, turn


@compiled
def _assemble(part, tree, system, place, front, stack, top):
    """Fills the front (zeros before) of a part: its own pixels first, then its border; the right side is the last
    column. Takes the children's leavings off the stack, returns its new top."""
    first, border_first = tree.own_at[part], tree.border_at[part]
    owned, bordering = tree.own_at[part + 1] - first, tree.border_at[part + 1] - border_first
    last = owned + bordering
    for n in range(owned):
        place[tree.own[first + n]] = n
    for n in range(bordering):
        place[tree.border[border_first + n]] = owned + n
    for n in range(owned):
        p = tree.own[first + n]
        front[n, n] += system.diagonal[p]
        front[n, last] += system.right[p]
        for k in range(8):
            q = p + system.steps[k]
            if not system.active[q]:
                front[n, last] += system.weights[p, k] * system.x[q]
            elif tree.turn[q] >= part:
                front[n, place[q]] -= system.weights[p, k]
                if tree.turn[q] > part:
                    front[place[q], n] -= system.weights[q, 7 - k]
    child = part - 1
    for _ in range(tree.children[part]):
        a, b = tree.border_at[child], tree.border_at[child + 1]
        count = b - a
        top -= count * (count + 1)
        for i in range(count):
            row = front[place[tree.border[a + i]]]
            at = top + i * (count + 1)
            for j in range(count):
                row[place[tree.border[a + j]]] += stack[at + j]
            row[last] += stack[at + count]
        child = _before(tree.children, child)
    return top


@compiled
def _before(children, part):
    """The part that comes before a part and all its descendants."""
    open_, k = 1, part
    while open_:
        open_ += children[k] - 1
        k -= 1
    return k


@compiled
def _eliminate_small(start, stop, tree, system, place, space, stack, top, kept, kept_at):
    for part in range(start, stop):
        owned = tree.own_at[part + 1] - tree.own_at[part]
        rows = owned + tree.border_at[part + 1] - tree.border_at[part]
        front = space[: rows * (rows + 1)].reshape(rows, rows + 1)
        front[:] = 0.0
        top = _assemble(part, tree, system, place, front, stack, top)
        _eliminate(front, owned)
        at = kept_at[part]
        for k in range(owned):
            for j in range(k, rows + 1):
                kept[at + j] = front[k, j]
            at += rows + 1
        for i in range(owned, rows):
            for j in range(owned, rows + 1):
                stack[top] = front[i, j]
                top += 1
    return top


@compiled
def _eliminate(front, owned):
    """Gauss without pivoting: the first ``owned`` unknowns out of a front; their rows stay, triangular."""
    for k in range(owned):
        pivot = front[k, k + 1 :]
        per = 1.0 / front[k, k]
        for i in range(k + 1, len(front)):
            factor = front[i, k] * per
            if factor != 0.0:
                row = front[i, k + 1 :]
                for j in range(len(row)):  # on slices from 0: only so does numba use the vector unit
                    row[j] -= factor * pivot[j]


@compiled
def _substitute_small(start, stop, tree, kept, kept_at, x):
    for part in range(stop - 1, start - 1, -1):
        first, border_first = tree.own_at[part], tree.border_at[part]
        owned, bordering = tree.own_at[part + 1] - first, tree.border_at[part + 1] - border_first
        rows = owned + bordering
        for k in range(owned - 1, -1, -1):
            row = kept[kept_at[part] + k * (rows + 1) :]
            value = row[rows]
            for j in range(k + 1, owned):
                value -= row[j] * x[tree.own[first + j]]
            for j in range(bordering):
                value -= row[owned + j] * x[tree.border[border_first + j]]
            x[tree.own[first + k]] = value / row[k]
