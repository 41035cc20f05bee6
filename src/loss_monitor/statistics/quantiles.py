"""Exact percentiles of values that lie in several sorted arrays, without joining them.

Enters: sorted arrays of finite values, float32 or float64. Leaves: the values of given ranks,
or percentiles by linear interpolation as `numpy.percentile` defines them.
Method: a pool of every 256th value guesses a narrow bracket round each rank, binary search in
each array counts exactly what lies below it (a wrong guess is seen and widened), and only the
few values inside are gathered and partitioned.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loss_monitor.statistics.distinct import distinct, distinct_places
from loss_monitor.statistics.sorting import SortedValues
from loss_monitor.types import Floats, Ints

_POOL_STRIDE = 256
_POOL_GOLDEN = 159
# Below this many values, joining and partitioning them is quicker than searching.
_JOIN_MAX = 65_536


def percentiles(arrays: Sequence[SortedValues], q: Sequence[float]) -> Floats:
    """Return the percentiles `q` (0 to 100) of all values; float64, shape (len(q),).

    Linear interpolation with the very operations of `numpy.percentile`, so that the bits are
    the same. NaN where there are no values.
    """
    total = sum(array.size for array in arrays)
    if total == 0:
        return np.full(len(q), np.nan)
    place = np.true_divide(np.asarray(q, dtype=np.float64), 100) * (total - 1)
    below = np.floor(place).astype(np.int64)
    above = np.minimum(below + 1, total - 1)
    ranks, back = distinct_places(np.concatenate([below, above]))
    values = values_at_ranks(arrays, ranks)[back]
    return interpolated(values[: len(q)], values[len(q) :], place - below)


def interpolated(low: Floats, high: Floats, share: Floats) -> Floats:
    """Return what lies at `share` of the way, by the very operations of `numpy.percentile`."""
    with np.errstate(over="ignore", invalid="ignore"):
        step = high - low
        result: Floats = np.where(share >= 0.5, high - step * (1 - share), low + step * share)
    return result


def values_at_ranks(arrays: Sequence[SortedValues], ranks: Ints) -> Floats:
    """Return the values that would stand at `ranks` (from 0) if all were sorted together.

    `ranks` is int64 of shape (n,), each below the number of values; so is the result, as
    float64.
    """
    arrays = [array for array in arrays if array.size]
    total = sum(array.size for array in arrays)
    if len(arrays) == 1:
        return arrays[0][ranks].astype(np.float64)
    if total <= _JOIN_MAX or total < _POOL_STRIDE * len(arrays):
        joined: NDArray[Any] = np.concatenate(arrays)
        return np.partition(joined, distinct(ranks))[ranks].astype(np.float64)
    # Arrays of one length and one distribution would all err to the same side, so that each
    # begins its samples elsewhere: multiples of the golden ratio spread evenly.
    starts = (np.arange(len(arrays)) * _POOL_GOLDEN % _POOL_STRIDE).tolist()
    sampled = [a[start::_POOL_STRIDE] for a, start in zip(arrays, starts, strict=True)]
    pool: NDArray[Any] = np.concatenate(sampled)
    pool.sort()
    result = np.full(len(ranks), np.nan)
    # Each array's share of a place in the pool is off by up to half a place to either side:
    # together they are off by sqrt(arrays / 12), and seven times that hardly ever misses.
    margin = 2 * int(np.sqrt(len(arrays))) + 2
    open_ranks = np.arange(len(ranks))
    while open_ranks.size:
        guess = ranks[open_ranks] // _POOL_STRIDE
        brackets = np.stack([_pivot(pool, guess - margin), _pivot(pool, guess + margin)])
        found = _search(arrays, ranks[open_ranks], brackets)
        result[open_ranks] = found
        open_ranks = open_ranks[np.isnan(found)]
        margin *= 8
    return result


class Pivots:
    """Values to compare sorted arrays with, in the arrays' own types.

    Searching a float32 array for float64 values would convert the whole array each time, so
    they are rounded once, to the side that keeps comparisons true.
    """

    __slots__ = ("_above", "_below", "_exact")

    def __init__(self, values: Floats) -> None:
        """Keep `values`, float64 of shape (n,), infinity allowed."""
        with np.errstate(over="ignore", under="ignore"):
            narrow = values.astype(np.float32)
            up = np.nextafter(narrow, np.float32(np.inf))
            down = np.nextafter(narrow, np.float32(-np.inf))
        self._exact = values
        self._above = np.where(narrow < values, up, narrow)
        self._below = np.where(narrow > values, down, narrow)

    def count_below(self, array: SortedValues) -> Ints:
        """Return how many values of `array` are less than each pivot."""
        pivots = self._exact if array.dtype == np.float64 else self._above
        return array.searchsorted(pivots, side="left")

    def count_up_to(self, array: SortedValues) -> Ints:
        """Return how many values of `array` are less than or equal to each pivot."""
        pivots = self._exact if array.dtype == np.float64 else self._below
        return array.searchsorted(pivots, side="right")


def _pivot(pool: NDArray[Any], places: Ints) -> Floats:
    """Return the pool's values at `places`, infinite where that is outside of the pool."""
    inside = pool[np.clip(places, 0, pool.size - 1)].astype(np.float64)
    return np.where(places < 0, -np.inf, np.where(places >= pool.size, np.inf, inside))


def _search(arrays: Sequence[SortedValues], ranks: Ints, brackets: Floats) -> Floats:
    """Return the values of `ranks`, NaN where a bracket (row 0 to row 1) misses its rank."""
    # Ranks side by side, as a percentile needs them, mostly share a bracket.
    ends, columns = distinct_places(brackets.ravel())
    pivots = Pivots(ends)
    below = np.stack([pivots.count_below(array) for array in arrays])
    up_to = np.stack([pivots.count_up_to(array) for array in arrays])
    total_below, total_up_to = below.sum(axis=0), up_to.sum(axis=0)
    result = np.full(len(ranks), np.nan)
    inner: dict[tuple[int, int], NDArray[Any]] = {}
    for i, rank in enumerate(ranks.tolist()):
        low, high = int(columns[i]), int(columns[i + len(ranks)])
        if not total_below[low] <= rank < total_up_to[high]:
            continue
        # Ties at the ends, however many, are answered without gathering them.
        if rank < total_up_to[low]:
            result[i] = ends[low]
        elif rank >= total_below[high]:
            result[i] = ends[high]
        else:
            if (low, high) not in inner:
                inner[low, high] = _between(arrays, up_to[:, low], below[:, high])
            place = rank - int(total_up_to[low])
            # Partitioning in place leaves less to do for the next rank.
            inner[low, high].partition(place)
            result[i] = inner[low, high][place]
    return result


def _between(arrays: Sequence[SortedValues], starts: Ints, stops: Ints) -> NDArray[Any]:
    bounds = zip(arrays, starts.tolist(), stops.tolist(), strict=True)
    return np.concatenate([array[start:stop] for array, start, stop in bounds])
