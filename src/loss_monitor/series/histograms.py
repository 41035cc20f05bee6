"""Histograms of one tag in one file: bounded, the newest whole, older ones thinned.

Enters: histograms as event files hold them, in file order. Leaves: a new `HistogramColumn`.
A histogram of torch is some 9 kB, mostly empty bins: runs of them are joined into one, which
loses nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from loss_monitor.types import Floats

NEWEST_KEPT = 512
"""Newest histograms of a tag that are always kept: the page's heat map has as many columns."""


class HistogramLike(Protocol):
    """What a reader of event files says of one histogram."""

    @property
    def tag(self) -> int:
        """Number of its tag."""
        ...

    @property
    def step(self) -> int:
        """Step it was written at."""
        ...

    @property
    def wall_time(self) -> float:
        """Seconds since 1970-01-01 UTC; 0 where absent."""
        ...

    @property
    def min(self) -> float:
        """Least value."""
        ...

    @property
    def max(self) -> float:
        """Greatest value."""
        ...

    @property
    def num(self) -> float:
        """Number of values."""
        ...

    @property
    def sum(self) -> float:
        """Sum of the values."""
        ...

    @property
    def sum_squares(self) -> float:
        """Sum of the squared values."""
        ...

    @property
    def edges(self) -> Floats:
        """Edges of the buckets, shape (buckets + 1,)."""
        ...

    @property
    def counts(self) -> Floats:
        """Values in each bucket, shape (buckets,)."""
        ...


@dataclass(frozen=True, slots=True)
class Histogram:
    """One histogram at one step; neighbouring empty buckets are one."""

    step: int
    wall_time: float
    min: float
    max: float
    num: float
    sum: float
    sum_squares: float
    edges: Floats
    counts: Floats

    @classmethod
    def of(cls, point: HistogramLike) -> Histogram:
        """Return the histogram of `point`, without runs of empty buckets."""
        edges, counts = without_empty_runs(point.edges, point.counts)
        return cls(
            point.step,
            point.wall_time,
            point.min,
            point.max,
            point.num,
            point.sum,
            point.sum_squares,
            edges,
            counts,
        )


@dataclass(frozen=True, slots=True)
class HistogramColumn:
    """Histograms in the order of the file."""

    points: tuple[Histogram, ...] = ()
    thinned: bool = False
    """Whether steps older than the newest `NEWEST_KEPT` were passed over."""

    def append(self, points: Iterable[HistogramLike]) -> HistogramColumn:
        """Return the column with `points` behind its own."""
        kept, thinned = list(self.points), self.thinned
        for point in points:
            kept.append(Histogram.of(point))
            if len(kept) > 2 * NEWEST_KEPT:
                # Every second of the older half goes, again and again: the further back, the
                # rarer, and what a tag holds is bounded.
                kept[:-NEWEST_KEPT] = kept[:-NEWEST_KEPT:2]
                thinned = True
        return HistogramColumn(tuple(kept), thinned)


def without_empty_runs(edges: Floats, counts: Floats) -> tuple[Floats, Floats]:
    """Return edges and counts with each run of empty buckets joined into one.

    Shapes (buckets + 1,) and (buckets,), both copies.

    >>> [a.tolist() for a in without_empty_runs(np.arange(6.0), np.array([1, 0, 0, 0, 2.0]))]
    [[0.0, 1.0, 4.0, 5.0], [1.0, 0.0, 2.0]]
    """
    if len(counts) < 2:
        return edges.copy(), counts.copy()
    inside = (counts[1:] == 0) & (counts[:-1] == 0)
    begins = np.concatenate([[True], ~inside])
    return np.append(edges[:-1][begins], edges[-1]), counts[begins]
