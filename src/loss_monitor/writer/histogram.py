"""Histograms as TensorBoard draws them: values into buckets with exponential limits.

Enters: values of any shape. Leaves: a `wire.event.Histogram`. The limits are those of
TensorFlow's `histogram.cc`: from 1e-12 to 1e20, each 1.1 times the one before, the same
below zero, and one in between. Empty buckets at both ends are left out.
"""

from __future__ import annotations

import math
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from functools import lru_cache

from loss_monitor.wire.event import Histogram
from loss_monitor.writer.sums import exact_sum

_LEAST_LIMIT = 1e-12
_GREATEST_LIMIT = 1e20
_GROWTH = 1.1


@lru_cache(maxsize=1)
def bucket_limits() -> tuple[float, ...]:
    """Return the upper limits of all buckets, rising, the last the largest double."""
    positive = []
    limit = _LEAST_LIMIT
    while limit < _GREATEST_LIMIT:
        positive.append(limit)
        limit *= _GROWTH
    largest = sys.float_info.max
    negative = [-limit for limit in reversed(positive)]
    return (*negative, 0.0, *positive, largest)


def histogram_of(values: object) -> Histogram | None:
    """Return the histogram of the finite numbers among `values`; None where there are none.

    Takes numbers in any nesting, and arrays and tensors by their own `tolist`. Sorting is
    the only work on each value; the buckets are then cut out of the sorted list.
    """
    finite = sorted(value for value in _flat(values) if math.isfinite(value))
    if not finite:
        return None
    limits = bucket_limits()
    # A bucket holds the values below its limit, down to and with the limit before.
    first = min(bisect_right(limits, finite[0]), len(limits) - 1)
    last = min(bisect_right(limits, finite[-1]), len(limits) - 1)
    counts = []
    taken = 0
    for limit in limits[first:last]:
        below = bisect_left(finite, limit, taken)
        counts.append(float(below - taken))
        taken = below
    counts.append(float(len(finite) - taken))
    return Histogram(
        min=finite[0],
        max=finite[-1],
        num=float(len(finite)),
        sum=exact_sum(finite),
        sum_squares=exact_sum([value * value for value in finite]),
        limits=limits[first : last + 1],
        counts=counts,
    )


def _flat(values: object) -> Iterable[float]:
    """Yield all numbers in `values`."""
    for step in ("detach", "cpu", "tolist"):
        # A tensor that is trained or lies on a device hands out its list only after these.
        convert = getattr(values, step, None)
        values = convert() if callable(convert) else values
    if isinstance(values, Iterable):
        for value in values:
            if isinstance(value, float):
                yield value
            else:
                yield from _flat(value)
    else:
        yield float(values)  # type: ignore[arg-type]
