"""The sums of fathom.ops.metrics in one pass: pixels are gathered into a small buffer that stays in the cache, and
the buffer is summed with vector instructions.

Three things make it both fast and exact:

* One division a pixel. With s = p + g 2^k, 1 / (p g s) gives 1/g, 1/p and 1/s by multiplications.
* The log of p/g without log: k is the whole number nearest to log2 p/g, read off the bits of p and g, and
      ln p/g = k ln 2 + 2 artanh((p - g 2^k) / (p + g 2^k)),    |argument| < 0.201,
  artanh by a polynomial (relative error 2e-15, fitted at Chebyshev's nodes). p - g is exact where they are close,
  so that a nearly perfect prediction has a good log too, better than ln p - ln g.
* Sums of at most 1024 pixels, then sums of those. The spread of logs is taken about a pixel of the same block, and
  blocks are joined by their means (Chan, Golub and LeVeque 1983), so that a constant offset cancels nothing.

Division and polynomial hold for lengths within 2^-300 .. 2^300; pixels outside are counted, and the caller then
takes the slow way. That count also finds zeros, negative and not finite values: here nothing is refused.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

FIELDS = (
    "pixels", "usual", "within_1", "within_2", "within_3", "within_tau", "absolute", "square",
    "rel", "rel_square", "square_rel", "inverse", "inverse_square",
    "log_absolute", "log", "log_square", "log_spread", "log_mean", "outside",
)  # fmt: skip
"""What stands where in the array of sums.

As in fathom.ops.metrics.PixelSums; "usual" counts the pixels for which the fast way holds, "log_absolute" is the
sum of |ln p/g|, "log_mean" the mean of ln p/g, "outside" counts places that are no pixels.
"""
_PIXELS, _USUAL, _WITHIN, _ABSOLUTE, _REL, _LOG_ABSOLUTE, _LOG, _OUTSIDE = (
    FIELDS.index(name)
    for name in ("pixels", "usual", "within_1", "absolute", "rel", "log_absolute", "log", "outside")
)

_CAPACITY = 1024
_ALL = np.uint64(2**64 - 1)
_SMALLEST, _LARGEST = 2.0**-300, 2.0**300
_LN2 = 0.6931471805599453
_ROUNDING = (1024 << 52) + (1 << 51)  # keeps the difference of two bit patterns positive, and rounds to the nearest
_WHOLE = 0x433 << 52  # the bits of 2^52: a small whole number put into them is that number added
_WHOLE_ZERO = 2.0**52 + 1024

# Only the sums may be re-ordered: each term is computed as it is written, but for multiply and add in one rounding.
_term = njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "nsz"})
_summing = njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "nsz", "reassoc"})


def _same_bits(to: types.Type, of: types.Type, llvm: ir.Type) -> Any:
    """A function that takes the bits of a number for another type of number."""

    def typing(_context, _number):
        return to(of), lambda _, builder, __, given: builder.bitcast(given[0], llvm)

    return intrinsic(typing)


def _lowest_bit() -> Any:
    """A function that gives the number of the lowest bit that is set."""

    def typing(_context, _mask):
        return types.uint64(types.uint64), lambda _, builder, __, given: builder.cttz(
            given[0], ir.Constant(ir.IntType(1), 1)
        )

    return intrinsic(typing)


def _mask_of_64(compare: Callable[..., Any], limits: int) -> Any:
    """A function (array, first, *limits) of 64 elements at once: bit i of the answer is what holds for element
    first + i. The limits are of the array's type."""

    def generate(context, builder, signature, given):
        data = context.make_array(signature.args[0])(context, builder, given[0]).data
        line = ir.VectorType(context.get_data_type(signature.args[0].dtype), 64)
        place = builder.bitcast(builder.gep(data, [given[1]]), line.as_pointer())
        spread = []
        for limit in given[2:]:
            one = builder.insert_element(ir.Constant(line, ir.Undefined), limit, ir.Constant(ir.IntType(32), 0))
            zeros = ir.Constant(ir.VectorType(ir.IntType(32), 64), 64 * [0])
            spread.append(builder.shuffle_vector(one, ir.Constant(line, ir.Undefined), zeros))
        return builder.bitcast(compare(builder, builder.load(place, align=1), *spread), ir.IntType(64))

    def typing(_context, array, first):
        return types.uint64(array, first), generate

    def typing_between(_context, array, first, low, high):
        return types.uint64(array, first, low, high), generate

    return intrinsic(typing_between if limits else typing)


def _between_limits(builder: Any, values: Any, low: Any, high: Any) -> Any:
    """Not NaN, and not beyond a limit; a limit of NaN is none."""
    inside = builder.and_(builder.fcmp_unordered(">", values, low), builder.fcmp_unordered("<", values, high))
    return builder.and_(builder.fcmp_ordered("ord", values, values), inside)


def _not_zero(builder: Any, values: Any) -> Any:
    return builder.icmp_unsigned("!=", values, ir.Constant(values.type, 64 * [0]))


_bits = _same_bits(types.int64, types.float64, ir.IntType(64))
_number = _same_bits(types.float64, types.int64, ir.DoubleType())
_between = _mask_of_64(_between_limits, 2)
_true = _mask_of_64(_not_zero, 0)
_lowest = _lowest_bit()


@_term
def _power(p, g):
    """1024 + the whole number nearest to log2 p/g (off by at most 0.586)."""
    return types.int64(types.uint64(_bits(p) - _bits(g) + _ROUNDING) >> types.uint64(52))


@_term
def _scaled(g, power):
    return g * _number((power - 1) << 52)


@_term
def _minus(a, b):
    return a - b


@_term
def _log(s, power):
    z = s * s
    tail = 0.09050727917864972 + z * 0.08557413812306931
    tail = 0.2000000002810126 + z * (0.14285706191471692 + z * (0.11111961418657097 + z * tail))
    return 2 * s * (1 + z * (0.33333333333317555 + z * tail)) + _LN2 * (_number(power | _WHOLE) - _WHOLE_ZERO)


@_term
def _metres(value, scale, shift, low, high):
    """Aligned, then clamped; NaN stays NaN."""
    metres = np.float64(value) * scale + shift
    metres = low if metres < low else metres
    return high if metres > high else metres


@_summing
def _add_counts(ps, gs, n, sums):
    """Products instead of ratios: for float32 they are exact, and so are the counts."""
    usual = within_1 = within_2 = within_3 = within_tau = 0
    absolute = square = 0.0
    for i in range(n):
        p, g = ps[i], gs[i]
        less, more = (p, g) if p < g else (g, p)  # a p of NaN is `more`
        usual += (less > _SMALLEST) & (more < _LARGEST)
        within_tau += more < 1.03 * less
        within_1 += more < 1.25 * less
        within_2 += more < 1.5625 * less
        within_3 += more < 1.953125 * less
        error = p - g
        absolute += abs(error)
        square += error * error
    sums[_PIXELS] += n
    sums[_USUAL] += usual
    sums[_WITHIN] += within_1
    sums[_WITHIN + 1] += within_2
    sums[_WITHIN + 2] += within_3
    sums[_WITHIN + 3] += within_tau
    sums[_ABSOLUTE] += absolute
    sums[_ABSOLUTE + 1] += square


@_summing
def _add_ratios(ps, gs, logs, n, sums):
    """Also writes the logs of the ratios."""
    rel = rel_square = square_rel = inverse = inverse_square = 0.0
    for i in range(n):
        p, g = ps[i], gs[i]
        power = _power(p, g)
        scaled = _scaled(g, power)
        both, total = p * g, p + scaled
        over_all = 1.0 / (both * total)
        logs[i] = _log(_minus(p, scaled) * (both * over_all), power)
        error = abs(_minus(p, g))
        between = error * (over_all * total)
        relative = between * p
        rel += relative
        rel_square += relative * relative
        square_rel += error * relative
        inverse += between
        inverse_square += between * between
    sums[_REL] += rel
    sums[_REL + 1] += rel_square
    sums[_REL + 2] += square_rel
    sums[_REL + 3] += inverse
    sums[_REL + 4] += inverse_square


@_summing
def _add_logs(logs, n, sums):
    """To be called after the pixels were counted."""
    middle = logs[0]
    size = off = off_square = 0.0
    for i in range(n):
        distance = _minus(logs[i], middle)
        size += abs(logs[i])
        off += distance
        off_square += distance * distance
    share = n / sums[_PIXELS]  # of these pixels among all so far
    apart = middle + off / n - sums[_LOG + 3]
    sums[_LOG_ABSOLUTE] += size
    sums[_LOG] += n * middle + off
    sums[_LOG + 1] += off_square + 2 * middle * off + n * middle * middle
    sums[_LOG + 2] += max(off_square - off * off / n, 0.0) + apart * apart * n * (1 - share)
    sums[_LOG + 3] += apart * share


@_term
def _add(ps, gs, logs, n, sums):
    """Adds the first n pairs of the buffers to the sums. Three passes, for one would not fit the registers."""
    if n:
        _add_counts(ps, gs, n, sums)
        _add_ratios(ps, gs, logs, n, sums)
        _add_logs(logs, n, sums)


@_term
def _few_scored(truth, first, above, below, region, region_first, size):
    """The mask of less than 64 elements, at the end of a row."""
    mask = np.uint64(0)
    for i in range(size):
        t = truth[first + i]
        scored = (t == t) & ~(t <= above) & ~(t >= below)
        if region is not None:
            scored &= region[region_first + i]
        mask |= np.uint64(scored) << np.uint64(i)
    return mask


@_term
def sum_rows(
    prediction, prediction_step, truth, truth_step, region, region_step, rows, columns, above, below, line
):
    """The sums over rows x columns pixels of flat arrays, whose rows begin every so many elements.

    region        None or bool
    above, below  of truth's type: what is not between them does not count; NaN for no limit
    line          scale, shift and both ends of the clamp

    Returns float64 (len(FIELDS),).
    """
    scale, shift, low, high = line
    sums = np.zeros(len(FIELDS))
    ps, gs, logs = np.empty(_CAPACITY), np.empty(_CAPACITY), np.empty(_CAPACITY)
    n = 0
    for row in range(rows):
        for start in range(0, columns, 64):
            size = min(64, columns - start)
            p_first = np.uint64(row * prediction_step + start)
            g_first = np.uint64(row * truth_step + start)
            if size == 64:
                scored = _between(truth, g_first, above, below)
                if region is not None:
                    scored &= _true(region, np.uint64(row * region_step + start))
            else:
                scored = _few_scored(
                    truth, row * truth_step + start, above, below, region, row * region_step + start, size
                )
            if scored == _ALL:
                end = np.uint64(n)
                for i in range(np.uint64(64)):
                    ps[end + i] = _metres(prediction[p_first + i], scale, shift, low, high)
                    gs[end + i] = truth[g_first + i]
                n += 64
            else:
                while scored:
                    i = _lowest(scored)
                    scored &= scored - np.uint64(1)
                    ps[n] = _metres(prediction[p_first + i], scale, shift, low, high)
                    gs[n] = truth[g_first + i]
                    n += 1
            if n > _CAPACITY - 64:
                _add(ps, gs, logs, n, sums)
                n = 0
    _add(ps, gs, logs, n, sums)
    return sums


@_term
def sum_places(prediction, places, truth, line):
    """The sums over the pixels at these places of a flat prediction; truth has one value for each.

    Places outside the prediction are counted as such and left out. line: as in ``sum_rows``.
    """
    scale, shift, low, high = line
    sums = np.zeros(len(FIELDS))
    ps, gs, logs = np.empty(_CAPACITY), np.empty(_CAPACITY), np.empty(_CAPACITY)
    n, size, outside = 0, np.uint64(prediction.size), 0
    for i in range(places.size):
        place = np.uint64(places[i])  # a negative place is a very large one
        if place >= size:
            outside += 1
            continue
        ps[n] = _metres(prediction[place], scale, shift, low, high)
        gs[n] = truth[i]
        n += truth[i] == truth[i]
        if n == _CAPACITY:
            _add(ps, gs, logs, n, sums)
            n = 0
    _add(ps, gs, logs, n, sums)
    sums[_OUTSIDE] = outside
    return sums
