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

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

# Places in the array of sums.
FIELDS = (
    "pixels", "usual", "within_1", "within_2", "within_3", "within_tau", "rel", "rel_square", "square_rel",
    "absolute", "square", "inverse", "inverse_square", "log", "log_square", "log_spread", "log_absolute", "outside",
)  # fmt: skip
_OUTSIDE = len(FIELDS) - 1
_LOG, _LOG_SPREAD = FIELDS.index("log"), FIELDS.index("log_spread")

_CAPACITY, _STEP = 1024, 64
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


_bits = _same_bits(types.int64, types.float64, ir.IntType(64))
_number = _same_bits(types.float64, types.int64, ir.DoubleType())


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
def _log_of_ratio(p, g):
    power = _power(p, g)
    scaled = _scaled(g, power)
    return _log((p - scaled) / (p + scaled), power)


@_term
def _metres(value, scale, shift, low, high):
    """Aligned, then clamped; NaN stays NaN."""
    metres = np.float64(value) * scale + shift
    metres = low if metres < low else metres
    return high if metres > high else metres


@_summing
def _add(ps, gs, n, sums):
    """Adds the first n pairs of the buffers to the sums."""
    if n == 0:
        return
    usual = within_1 = within_2 = within_3 = within_tau = 0
    rel = rel_square = square_rel = absolute = square = inverse = inverse_square = log_absolute = 0.0
    off = off_square = 0.0
    middle = _log_of_ratio(ps[0], gs[0])
    for i in range(n):
        p, g = ps[i], gs[i]
        less, more = (p, g) if p < g else (g, p)  # a p of NaN is `more`
        usual += (less > _SMALLEST) & (more < _LARGEST)
        within_tau += more < 1.03 * less
        within_1 += more < 1.25 * less
        within_2 += more < 1.5625 * less
        within_3 += more < 1.953125 * less
        power = _power(p, g)
        scaled = _scaled(g, power)
        both, total = p * g, p + scaled
        over_all = 1.0 / (both * total)
        over_both = over_all * total
        error = abs(_minus(p, g))
        relative = error * (p * over_both)
        rel += relative
        rel_square += relative * relative
        square_rel += error * relative
        absolute += error
        square += error * error
        inverse += error * over_both
        inverse_square += (error * over_both) * (error * over_both)
        log = _log(_minus(p, scaled) * (both * over_all), power)
        log_absolute += abs(log)
        distance = _minus(log, middle)
        off += distance
        off_square += distance * distance
    before = sums[0]
    apart = middle + off / n - (sums[_LOG] / before if before else 0.0)
    spread = max(off_square - off * off / n, 0.0)
    spread += apart * apart * (before * n / (before + n))
    log_square = off_square + 2 * middle * off + n * middle * middle
    found = (
        float(n), float(usual), float(within_1), float(within_2), float(within_3), float(within_tau),
        rel, rel_square, square_rel, absolute, square, inverse, inverse_square,
        n * middle + off, log_square, spread, log_absolute,
    )  # fmt: skip
    for place in range(len(found)):
        sums[place] += found[place]


@_term
def sum_rows(
    prediction, prediction_step, truth, truth_step, region, region_step, rows, columns, scale, shift, low, high
):
    """The sums over rows x columns pixels of flat arrays, whose rows begin every so many elements.

    region is None or bool. Returns float64 (len(FIELDS),).
    """
    sums = np.zeros(len(FIELDS))
    ps, gs = np.empty(_CAPACITY), np.empty(_CAPACITY)
    n = 0
    for row in range(rows):
        for start in range(0, columns, _STEP):
            size = min(_STEP, columns - start)
            first = row * prediction_step + start
            p = prediction[first : first + size]
            first = row * truth_step + start
            g = truth[first : first + size]
            first = row * region_step + start
            inside = None if region is None else region[first : first + size]
            count = 0
            for i in range(size):
                count += _scored(g[i], inside, i)
            if count == 0:
                continue
            p_end, g_end = ps[n : n + size], gs[n : n + size]
            if count == size:
                for i in range(size):
                    p_end[i] = _metres(p[i], scale, shift, low, high)
                    g_end[i] = g[i]
            else:
                k = 0
                for i in range(size):  # every pixel is written, and the next one overwrites it if it does not count
                    p_end[k] = _metres(p[i], scale, shift, low, high)
                    g_end[k] = g[i]
                    k += _scored(g[i], inside, i)
            n += count
            if n > _CAPACITY - _STEP:
                _add(ps, gs, n, sums)
                n = 0
    _add(ps, gs, n, sums)
    return sums


@_term
def _scored(truth, inside, i):
    has_truth = truth == truth
    if inside is None:
        return np.int64(has_truth)
    return np.int64(has_truth & inside[i])


@_term
def sum_places(prediction, places, truth, scale, shift, low, high):
    """The sums over the pixels at these places of a flat prediction; truth has one value for each.

    Places outside the prediction are counted as such and left out.
    """
    sums = np.zeros(len(FIELDS))
    ps, gs = np.empty(_CAPACITY), np.empty(_CAPACITY)
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
            _add(ps, gs, n, sums)
            n = 0
    _add(ps, gs, n, sums)
    sums[_OUTSIDE] = outside
    return sums
