"""Values in parts with the figures of their blocks: what any stretch is reduced from.

Enters: parts and the moments of blocks of at most 128 values, none of which crosses a part.
Leaves: buckets of neighbouring values. Where buckets are wider than blocks they are made of
whole blocks, so that the cost does not follow the length of the stretch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loss_monitor.statistics.moments import Moments, describe, merge_groups, split
from loss_monitor.statistics.parts import values_at, values_between
from loss_monitor.statistics.reduction import BLOCK_VALUES
from loss_monitor.types import Floats, Ints

_BUCKETS_AT_ONCE = 2048


@dataclass(frozen=True, slots=True)
class BlockedValues:
    """Parts laid end to end; float32 or float64."""

    parts: Sequence[NDArray[Any]]
    starts: Ints
    """Position of each part's first value, then the number of values."""
    block_ends: Ints
    """Where blocks end, from 0 on; shape (blocks + 1,)."""
    moments: Moments
    """Of each block."""

    def between(self, start: int, stop: int) -> Floats:
        """Return the values at positions [start, stop) as float64."""
        values = values_between(self.parts, self.starts, start, stop)
        return values.astype(np.float64, copy=False)

    def at(self, positions: Ints) -> Floats:
        """Return the values at rising positions as float64."""
        return values_at(self.parts, self.starts, positions).astype(np.float64, copy=False)

    def reduced(self, edges: Ints) -> tuple[Ints, Moments, Floats, Floats]:
        """Return edges, moments, first and last value of the buckets between rising `edges`.

        Where buckets are wider than blocks, all edges but the first and the last move to the
        nearest end of a block, by half of one at most.
        """
        start, stop = int(edges[0]), int(edges[-1])
        if stop - start <= BLOCK_VALUES * (len(edges) - 1):
            return edges, *self._of_values(edges)
        edges, figures = self._of_blocks(edges)
        # Interleaved, the ends of all buckets are rising positions.
        ends = np.stack([edges[:-1], edges[1:] - 1], axis=1).ravel()
        first, last = np.ascontiguousarray(self.at(ends).reshape(-1, 2).T)
        return edges, figures, first, last

    def _of_values(self, edges: Ints) -> tuple[Moments, Floats, Floats]:
        """Return moments, first and last values of buckets, from the values themselves."""
        columns = []
        # A few buckets at a time, so that the memory for it does not follow the range.
        for first in range(0, len(edges) - 1, _BUCKETS_AT_ONCE):
            some = edges[first : first + _BUCKETS_AT_ONCE + 1]
            start = int(some[0])
            values = self.between(start, int(some[-1]))
            figures = describe(split(values, np.diff(some)))
            columns.append((*figures, values[some[:-1] - start], values[some[1:] - 1 - start]))
        *moments, first_values, last_values = (
            np.concatenate(parts) for parts in zip(*columns, strict=True)
        )
        return Moments(*moments), first_values, last_values

    def _of_blocks(self, edges: Ints) -> tuple[Ints, Moments]:
        """Return edges moved to the nearest ends of blocks, and the figures between them.

        Edges are at least a block apart and move by half of one at most, ties to the right, so
        that they keep rising. The first and the last stay, and their buckets are read again.
        """
        ends = self.block_ends
        start, stop = int(edges[0]), int(edges[-1])
        inner = edges[1:-1]
        above = np.searchsorted(ends, inner)
        nearest = above - (inner - ends[above - 1] < ends[above] - inner)
        low = int(np.searchsorted(ends, start, side="right")) - 1
        high = int(np.searchsorted(ends, stop))
        cuts = np.concatenate([[low], nearest, [high]])
        bounds = ends[cuts]
        bounds[0], bounds[-1] = start, stop
        figures = merge_groups(self.moments.rows(slice(low, high)), cuts[:-1] - low)
        for at in {0, len(cuts) - 2}:
            values = self.between(int(bounds[at]), int(bounds[at + 1]))
            if values.size < ends[cuts[at + 1]] - ends[cuts[at]]:
                fresh = describe(split(values, np.array([values.size])))
                for column, figure in zip(figures, fresh, strict=True):
                    column[at] = figure[0]
        return bounds, figures


def block_ends(counts: Ints) -> Ints:
    """Return where blocks of `counts` values end, from 0 on."""
    ends = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(counts, out=ends[1:])
    return ends
