"""Values that lie in several arrays, addressed as if they were one.

Enters: arrays, and where each begins. Leaves: values. Nothing is joined that is not asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loss_monitor.types import Ints


def part_starts(parts: Sequence[NDArray[Any]]) -> Ints:
    """Return the position of each part's first value, then the number of values."""
    starts = np.zeros(len(parts) + 1, dtype=np.int64)
    np.cumsum([len(part) for part in parts], out=starts[1:])
    return starts


def values_between(
    parts: Sequence[NDArray[Any]], starts: Ints, start: int, stop: int
) -> NDArray[Any]:
    """Return the values at positions [start, stop), cut off at both ends.

    A range within one part is not copied; the result must not be written to.
    """
    start, stop = max(0, start), min(stop, int(starts[-1]))
    if start >= stop:
        return np.zeros(0)
    first, last = np.searchsorted(starts, [start, stop - 1], side="right") - 1
    pieces = [
        parts[at][max(0, start - int(starts[at])) : stop - int(starts[at])]
        for at in range(int(first), int(last) + 1)
    ]
    return pieces[0] if len(pieces) == 1 else np.concatenate(pieces)


def values_at(parts: Sequence[NDArray[Any]], starts: Ints, positions: Ints) -> NDArray[Any]:
    """Return the values at rising `positions`; of the same shape."""
    if not positions.size:
        return np.zeros(0)
    bounds = np.searchsorted(positions, starts).tolist()
    begins = starts.tolist()
    pieces = [
        parts[at][positions[bounds[at] : bounds[at + 1]] - begins[at]]
        for at in range(len(parts))
        if bounds[at] < bounds[at + 1]
    ]
    return np.concatenate(pieces)


def ranges_joined(begins: Ints, sizes: Ints) -> Ints:
    """Return the positions of several ranges, one range after the other.

    >>> ranges_joined(np.array([7, 3]), np.array([2, 3])).tolist()
    [7, 8, 3, 4, 5]
    """
    ends = sizes.cumsum()
    total = int(ends[-1]) if ends.size else 0
    return np.arange(total) + np.repeat(begins - (ends - sizes), sizes)


def stretches(wanted: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return the half-open ranges in which all are wanted.

    >>> stretches(np.array([True, False, True, True]))
    [(0, 1), (2, 4)]
    """
    steps = np.flatnonzero(np.diff(wanted.astype(np.int8), prepend=0, append=0))
    return [(int(first), int(stop)) for first, stop in steps.reshape(-1, 2)]
