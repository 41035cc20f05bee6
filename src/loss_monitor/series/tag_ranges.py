"""Any stretch of a tag's points, reduced to few buckets that keep every extreme.

Enters: the pieces of a tag, a half-open range on one of three axes, the most buckets wanted,
perhaps the weight of a moving average. Leaves: `TagBuckets`. Points stay in the order of the
file on each axis, since wall times of real files stand still and go back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from loss_monitor.series.blocked import BlockedValues, block_ends
from loss_monitor.series.pieces import Piece
from loss_monitor.statistics.moments import Moments, describe, split
from loss_monitor.statistics.parts import part_starts, values_at
from loss_monitor.statistics.reduction import edges_apart
from loss_monitor.statistics.smoothing import averages_at
from loss_monitor.types import Floats, Ints

TagAxis = Literal["step", "wall_time", "relative"]
_STEP_MIN, _STEP_MAX = -(2**63), 2**63 - 1


@dataclass(frozen=True, slots=True)
class TagBuckets:
    """One entry a bucket of neighbouring points; figures over its finite values."""

    x_start: Ints | Floats
    """Of the first point: its step, its wall time, or seconds since the tag's first point."""
    x_stop: Ints | Floats
    """Of the last point; of steps one more."""
    step: Ints
    """Step of the first point."""
    attempt: Ints
    """Number of the attempt among those that are told apart; no bucket joins two."""
    count: Ints
    non_finite: Ints
    min: Floats
    max: Floats
    mean: Floats
    std: Floats
    first: Floats
    last: Floats
    smooth: Floats | None
    """Moving average behind the last point, over all points before it; None: not asked for."""


class TagPoints:
    """All points of one tag, addressed as if they were one array."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        """Address `pieces`: one at least, none of them empty."""
        self.pieces = pieces
        self.starts = part_starts([piece.points.steps for piece in pieces])
        blocks = [piece.blocks for piece in pieces]
        columns = zip(*(moments for _, moments in blocks), strict=True)
        self.blocked = BlockedValues(
            [piece.points.values for piece in pieces],
            self.starts,
            block_ends(np.concatenate([counts for counts, _ in blocks])),
            Moments(*(np.concatenate(column) for column in columns)),
        )

    def steps_at(self, positions: Ints) -> Ints:
        """Return the steps of the points at rising positions."""
        return values_at([p.points.steps for p in self.pieces], self.starts, positions)

    def walls_at(self, positions: Ints) -> Floats:
        """Return the wall times of the points at rising positions; NaN where unknown."""
        walls = values_at([p.points.wall_times for p in self.pieces], self.starts, positions)
        return np.where(walls > 0, walls, np.nan)

    @property
    def steps_rise(self) -> bool:
        """Whether no step is below the one before."""
        return all(piece.latest is piece for piece in self.pieces) and _joins_rise(
            [piece.points.steps for piece in self.pieces]
        )

    @property
    def walls_rise(self) -> bool:
        """Whether all wall times are known and none is below the one before."""
        return all(piece.walls_rise for piece in self.pieces) and _joins_rise(
            [piece.points.wall_times for piece in self.pieces]
        )

    @property
    def first_wall_s(self) -> float:
        """The first known wall time, NaN where none is."""
        for piece in self.pieces:
            known = piece.points.wall_times[piece.points.wall_times > 0]
            if known.size:
                return float(known[0])
        return np.nan


def _joins_rise(columns: Sequence[Ints] | Sequence[Floats]) -> bool:
    return all(one[-1] <= other[0] for one, other in pairwise(columns))


def reduce_points(
    pieces: Sequence[Piece],
    start: float | None = None,
    stop: float | None = None,
    points: int = 2000,
    axis: TagAxis = "step",
    smoothing: float | None = None,
    begins: Ints | None = None,
) -> TagBuckets:
    """Return the points in [start, stop) on an axis in at most `points` buckets.

    `begins` are positions of points, rising, at which another attempt begins.

    `wall_time` is seconds since 1970-01-01 UTC, `relative` seconds since the first point of
    the tag whose wall time is known; points without a wall time lie on neither.
    """
    filled = [piece for piece in pieces if len(piece)]
    if not filled:
        return _no_buckets(axis, smoothing)
    parts = np.zeros(0, np.int64) if begins is None else begins
    whole = TagPoints(_parted(filled, parts))
    inside = positions_inside(whole, axis, start, stop)
    if isinstance(inside, range):
        edges = edges_apart(inside.start, inside.stop, points, parts)
    else:
        edges = edges_apart(0, inside.size, points, np.searchsorted(inside, parts))
    if not edges.size:
        return _no_buckets(axis, smoothing)
    if isinstance(inside, range):
        edges, figures, first, last = whole.blocked.reduced(edges)
        firsts, lasts = edges[:-1], edges[1:] - 1
    else:
        values = whole.blocked.at(inside)
        figures = describe(split(values, np.diff(edges)))
        first, last = values[edges[:-1]], values[edges[1:] - 1]
        firsts, lasts = inside[edges[:-1]], inside[edges[1:] - 1]
    return TagBuckets(
        x_start=_x_at(whole, axis, firsts),
        x_stop=_x_at(whole, axis, lasts) + (axis == "step"),
        step=whole.steps_at(firsts),
        attempt=np.searchsorted(parts, firsts, side="right"),
        count=np.diff(edges),
        non_finite=np.diff(edges) - figures.finite,
        min=figures.min,
        max=figures.max,
        mean=figures.mean,
        std=np.sqrt(figures.m2 / np.maximum(figures.finite, 1)),
        first=first,
        last=last,
        smooth=None if smoothing is None else _smooth(whole, smoothing, lasts),
    )


def _smooth(whole: TagPoints, weight: float, positions: Ints) -> Floats:
    sums = [piece.smoothing.of(weight) for piece in whole.pieces]
    return averages_at(whole.blocked.parts, sums, weight, positions)


def _x_at(whole: TagPoints, axis: TagAxis, positions: Ints) -> Ints | Floats:
    if axis == "step":
        return whole.steps_at(positions)
    walls = whole.walls_at(positions)
    return walls if axis == "wall_time" else walls - whole.first_wall_s


def _parted(pieces: Sequence[Piece], begins: Ints) -> list[Piece]:
    """Return pieces of which none holds points from both sides of one of some positions.

    Edges of wide buckets move to ends of blocks, and blocks end where pieces do.
    """
    parted: list[Piece] = []
    start = 0
    for piece in pieces:
        stop = start + len(piece)
        inside = begins[(begins > start) & (begins < stop)] - start
        cuts = [0, *inside.tolist(), len(piece)]
        whole = len(cuts) == 2
        parted += [piece] if whole else [Piece(piece.points.part(*cut)) for cut in pairwise(cuts)]
        start = stop
    return parted


def positions_inside(
    whole: TagPoints, axis: TagAxis, start: float | None, stop: float | None
) -> range | Ints:
    """Return the positions of the points in [start, stop) on an axis, as in `reduce_points`.

    A range where that is possible.
    """
    low, high = start, stop
    if axis == "step":
        along = _Along([piece.points.steps for piece in whole.pieces], 0)
        low = None if start is None else whole_step(start)
        high = None if stop is None else whole_step(stop)
        rises = whole.steps_rise
    else:
        origin = whole.first_wall_s if axis == "relative" else 0.0
        along = _Along([piece.points.wall_times for piece in whole.pieces], origin)
        rises = whole.walls_rise
    size = int(whole.starts[-1])
    if rises or (axis == "step" and low is None and high is None):
        first = 0 if low is None else along.first_at(low, whole.starts)
        return range(first, size if high is None else along.first_at(high, whole.starts))
    return np.flatnonzero(along.inside(low, high))


def whole_step(x: float) -> int:
    """Return the least step at or above `x`, as far as int64 goes."""
    return min(max(ceil(x), _STEP_MIN), _STEP_MAX)


@dataclass(frozen=True, slots=True)
class _Along:
    """Where points lie on an axis: columns of pieces, less an origin."""

    columns: Sequence[NDArray[Any]]
    origin: float

    def first_at(self, x: float, starts: Ints) -> int:
        """Return the position of the first point at or above `x`, of points that rise."""
        ends = np.array([column[-1] for column in self.columns]) - self.origin
        at = int(np.searchsorted(ends, x))
        if at == len(self.columns):
            return int(starts[-1])
        return int(starts[at] + np.searchsorted(self.columns[at] - self.origin, x))

    def inside(self, low: float | None, high: float | None) -> NDArray[np.bool_]:
        """Return which points lie in [low, high); those without a wall time do not."""
        joined = np.concatenate(self.columns)
        inside = joined > 0 if joined.dtype == np.float64 else np.ones(len(joined), np.bool_)
        if low is not None:
            inside &= joined - self.origin >= low
        if high is not None:
            inside &= joined - self.origin < high
        return inside


def _no_buckets(axis: TagAxis, smoothing: float | None) -> TagBuckets:
    whole, none = np.zeros(0, dtype=np.int64), np.zeros(0)
    x = whole if axis == "step" else none
    return TagBuckets(
        x_start=x,
        x_stop=x,
        step=whole,
        attempt=whole,
        count=whole,
        non_finite=whole,
        min=none,
        max=none,
        mean=none,
        std=none,
        first=none,
        last=none,
        smooth=None if smoothing is None else none,
    )
