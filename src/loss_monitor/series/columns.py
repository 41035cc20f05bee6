"""Append-only columns of points (step, wall time, value), shared between versions.

Enters: arrays of new points, in file order. Leaves: a new `Column`; the old one still sees
what it saw. Both lie in the same blocks: a newer version writes only behind the end of the
older, so that appending costs what is new. 20 bytes a point, 24 where values are doubles.
Written by one thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loss_monitor.series.pieces import Piece, Points
from loss_monitor.types import Floats, Ints

BLOCK_POINTS_MAX = 16_384
"""Points in a full block: what a growing column holds in reserve is half of this at most."""
_BLOCK_POINTS_MIN = 16


class _Block:
    """Room for points; `filled` of them are taken by some version."""

    __slots__ = ("filled", "piece", "steps", "values", "wall_times")

    def __init__(self, room: int, value_type: type[np.floating[Any]]) -> None:
        self.steps: Ints = np.empty(room, dtype=np.int64)
        self.wall_times: Floats = np.empty(room, dtype=np.float64)
        self.values: NDArray[Any] = np.empty(room, dtype=value_type)
        self.filled = 0
        self.piece: Piece | None = None
        """Once the block is full, so that its figures are worked out once."""


@dataclass(frozen=True, slots=True)
class Column:
    """All points of one tag in one file, in the order of the file."""

    full: tuple[_Block, ...] = ()
    last: _Block | None = None
    last_points: int = 0
    """Points of the last block that belong to this version."""

    def __len__(self) -> int:
        """Return the number of points."""
        return len(self.full) * BLOCK_POINTS_MAX + self.last_points

    def append(self, points: Points) -> Column:
        """Return the column with `points` behind its own."""
        full, block, size = self.full, self.last, self.last_points
        value_type = points.values.dtype.type
        at, count = 0, len(points)
        while at < count:
            wanted = size + count - at
            if block is None or not _fits(block, size, wanted, value_type):
                block = _moved(block, size, wanted, value_type)
            stop = min(wanted, len(block.steps))
            next_at = at + stop - size
            block.steps[size:stop] = points.steps[at:next_at]
            block.wall_times[size:stop] = points.wall_times[at:next_at]
            block.values[size:stop] = points.values[at:next_at]
            block.filled = size = stop
            at = next_at
            if size == BLOCK_POINTS_MAX:
                full = (*full, block)
                block, size = None, 0
        return Column(full, block, size)

    def pieces(self) -> list[Piece]:
        """Return the points in pieces; those of full blocks are the same in each version."""
        pieces = []
        for block in self.full:
            if block.piece is None:
                block.piece = Piece(Points(block.steps, block.wall_times, block.values))
            pieces.append(block.piece)
        if self.last is not None and self.last_points:
            block = self.last
            whole = Points(block.steps, block.wall_times, block.values)
            pieces.append(Piece(whole.part(0, self.last_points)))
        return pieces


def _fits(block: _Block, size: int, wanted: int, value_type: type[np.floating[Any]]) -> bool:
    # Behind `size` another version may have written already: then its points stay its own.
    room = len(block.steps)
    return (
        block.filled == size
        and (wanted <= room or room == BLOCK_POINTS_MAX)
        and block.values.dtype in (value_type, np.float64)
    )


def _moved(
    old: _Block | None, size: int, wanted: int, value_type: type[np.floating[Any]]
) -> _Block:
    """Return a block with the first `size` points of `old` and room for more."""
    room = max(_BLOCK_POINTS_MIN, wanted + wanted // 2)
    if old is not None and old.values.dtype == np.float64:
        value_type = np.float64
    block = _Block(min(room, BLOCK_POINTS_MAX), value_type)
    if old is not None:
        block.steps[:size] = old.steps[:size]
        block.wall_times[:size] = old.wall_times[:size]
        block.values[:size] = old.values[:size]
    return block
