"""Points of a tag in pieces, whose figures are worked out once.

Enters: points (step, wall time, value) in file order. Leaves: pieces, and which of their
points a restarted training did not do again. A piece of a full block is shared by all later
versions, so that a question about ten million points costs what is new since the last one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from loss_monitor.statistics.distinct import distinct
from loss_monitor.statistics.moments import Moments, describe, split
from loss_monitor.statistics.reduction import BLOCK_VALUES, block_counts
from loss_monitor.statistics.smoothing import KeptSums
from loss_monitor.statistics.sorting import SortedValues, sorted_finite
from loss_monitor.types import Floats, Ints

Values = NDArray[np.float32] | NDArray[np.float64]
"""float32 as event files hold it, float64 where a tag had doubles."""


@dataclass(frozen=True, slots=True)
class Points:
    """Points side by side; arrays of shape (points,)."""

    steps: Ints
    wall_times: Floats
    """Seconds since 1970-01-01 UTC; 0 where absent."""
    values: Values

    def __len__(self) -> int:
        """Return the number of points."""
        return len(self.steps)

    def part(self, start: int, stop: int | None = None) -> Points:
        """Return points [start, stop)."""
        wanted = slice(start, stop)
        return Points(self.steps[wanted], self.wall_times[wanted], self.values[wanted])

    def where(self, wanted: NDArray[np.bool_]) -> Points:
        """Return a copy of the points that are wanted."""
        return Points(self.steps[wanted], self.wall_times[wanted], self.values[wanted])


class Piece:
    """Neighbouring points of one tag; never changed once made."""

    __slots__ = ("_begins", "_blocks", "_latest", "_sorted", "_walls_rise", "points", "smoothing")

    def __init__(self, points: Points) -> None:
        """Keep `points`, which nobody may write to any more."""
        self.points = points
        self.smoothing = KeptSums(points.values)
        self._blocks: tuple[Ints, Moments] | None = None
        self._latest: Piece | None = None
        self._begins: Ints | None = None
        self._sorted: SortedValues | None = None
        self._walls_rise: bool | None = None

    def __len__(self) -> int:
        """Return the number of points."""
        return len(self.points)

    @property
    def blocks(self) -> tuple[Ints, Moments]:
        """Sizes and moments of blocks of at most 128 points."""
        if self._blocks is None:
            counts = block_counts(np.array([len(self)]), BLOCK_VALUES)
            values = self.points.values.astype(np.float64, copy=False)
            self._blocks = counts, describe(split(values, counts))
        return self._blocks

    @property
    def sorted(self) -> SortedValues:
        """All finite values in rising order."""
        if self._sorted is None:
            self._sorted = sorted_finite(self.points.values.astype(np.float64, copy=False))
        return self._sorted

    @property
    def latest(self) -> Piece:
        """The points that no later one of the piece drops: their steps rise strictly."""
        if self._latest is None:
            kept = latest_attempt(self.points.steps)
            self._latest = self if kept.all() else Piece(self.points.where(kept))
            self._begins = _behind_gaps(np.flatnonzero(kept), len(kept))
        return self._latest

    @property
    def begins(self) -> Ints:
        """Positions among `latest` before which points were dropped; its length if behind it."""
        if self._begins is None:
            _ = self.latest
            assert self._begins is not None
        return self._begins

    def between(self, start: int | None, stop: int | None) -> Points:
        """Return the points with steps in [start, stop), None for no bound."""
        if start is None and stop is None:
            return self.points
        steps = self.points.steps
        if self.latest is self:
            low = 0 if start is None else int(np.searchsorted(steps, start))
            high = None if stop is None else int(np.searchsorted(steps, stop))
            return self.points.part(low, high)
        inside = np.ones(len(steps), dtype=np.bool_)
        if start is not None:
            inside &= steps >= start
        if stop is not None:
            inside &= steps < stop
        return self.points.where(inside)

    @property
    def walls_rise(self) -> bool:
        """Whether all wall times are known and none goes back."""
        if self._walls_rise is None:
            walls = self.points.wall_times
            self._walls_rise = bool((walls > 0).all() and (np.diff(walls) >= 0).all())
        return self._walls_rise


def latest_attempt(steps: Ints) -> NDArray[np.bool_]:
    """Return which points remain when each point drops all before it at or above its step.

    What TensorBoard's page shows of restarted trainings; what remains rises strictly.

    >>> latest_attempt(np.array([1, 2, 3, 2, 3, 3])).tolist()
    [True, False, False, True, False, True]
    """
    kept = np.ones(len(steps), dtype=np.bool_)
    if len(steps) > 1:
        # A point remains if every later one has a higher step: if the least of them has.
        least_behind = np.minimum.accumulate(steps[:0:-1])[::-1]
        kept[:-1] = steps[:-1] < least_behind
    return kept


def _behind_gaps(kept: Ints, size: int) -> Ints:
    """Return before which of the `kept` positions others of `size` are missing."""
    around = np.concatenate([[-1], kept, [size]])
    return np.flatnonzero(np.diff(around) > 1)


class LatestPieces(NamedTuple):
    """What `latest_attempt` leaves of several pieces together."""

    pieces: list[Piece]
    """None of them empty."""
    sizes: list[int]
    """How many points are left of each of those pieces that were given."""
    begins: Ints
    """Positions among the points that are left, rising, before which others were dropped: what
    stands on both sides is of two attempts."""


def latest_pieces(pieces: Sequence[Piece]) -> LatestPieces:
    """Return what `latest_attempt` leaves of all pieces together."""
    kept: list[Piece] = []
    # Counted from the end, where each piece's own begin; turned round below.
    begins: list[Ints] = []
    behind = 0
    sizes: list[int] = []
    least: int | None = None
    for piece in reversed(pieces):
        rising = piece.latest
        steps = rising.points.steps
        size = len(steps) if least is None else int(np.searchsorted(steps, least))
        own = piece.begins[piece.begins <= size]
        if size < len(steps):
            own = np.append(own, size)
        begins.append(behind + size - own)
        if size:
            kept.append(rising if size == len(steps) else Piece(rising.points.part(0, size)))
            least = int(steps[0])
        behind += size
        sizes.append(size)
    found = distinct(behind - np.concatenate([np.zeros(0, np.int64), *begins]))
    return LatestPieces(kept[::-1], sizes[::-1], found[(found > 0) & (found < behind)])


def points_of(pieces: Sequence[Piece]) -> Points:
    """Return the points of all pieces side by side, of the wider of their value types."""
    parts = [piece.points for piece in pieces if len(piece)]
    if not parts:
        return Points(np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.float32))
    if len(parts) == 1:
        return parts[0]
    return Points(
        np.concatenate([part.steps for part in parts]),
        np.concatenate([part.wall_times for part in parts]),
        np.concatenate([part.values for part in parts]),
    )
