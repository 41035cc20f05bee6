"""Rows of timesteps as columns: what the page draws, and where two versions of it differ.

Enters: a run and a range of its timesteps. Leaves: `Rows`, arrays side by side that are
written as JSON columns. Rows are compared bit by bit, so that a difference never depends on
how a change was made: what is equal is kept, everything else is sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loss_monitor.series.run import Run
from loss_monitor.statistics.distinct import distinct
from loss_monitor.statistics.moments import Moments, merge_groups
from loss_monitor.types import Floats

TIMESTEPS_MAX = 500
"""Newest timesteps that are sent whole."""
BUCKETS_MAX = 256
"""Most buckets of older timesteps: with the newest 500 more points than a chart has room
for, and few enough that a snapshot stays below its 200 KB."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Columns of equal length."""

    labels: list[str]
    arrays: Mapping[str, NDArray[Any]]
    """Each of shape (rows,), int64 or float64."""

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.labels)

    def since(self, start: int) -> dict[str, object]:
        """Return the columns of all rows from `start` on, ready to be written as JSON."""
        columns: dict[str, object] = {"label": self.labels[start:]}
        for name, array in self.arrays.items():
            # A range of a larger array is written only if it is laid out by itself.
            columns[name] = np.ascontiguousarray(array[start:])
        return columns

    def same_rows(self, older: Rows, drop: int) -> int:
        """Return how many leading rows are those of `older` from its row `drop` on."""
        size = min(len(older) - drop, len(self))
        if size <= 0:
            return 0
        equal = np.ones(size, dtype=np.bool_)
        for name, array in self.arrays.items():
            equal &= _bits(array[:size]) == _bits(older.arrays[name][drop : drop + size])
        before = older.labels[drop : drop + size]
        if before != self.labels[:size]:
            equal &= [one == other for one, other in zip(before, self.labels, strict=False)]
        return size if equal.all() else int(np.argmin(equal))


def _bits(array: NDArray[Any]) -> NDArray[np.int64]:
    # As numbers NaN would differ from itself; -0.0 and 0.0 differ, which does no harm.
    return np.ascontiguousarray(array).view(np.int64)


def timestep_rows(run: Run, start: int, stop: int) -> Rows:
    """Return timesteps [start, stop) of a run, one a row."""
    table = run.table
    rows = slice(start, stop)
    return Rows(
        run.labels(start, stop),
        {
            "x": _model_seconds(run)[rows],
            "count": table.count[rows],
            "non_finite": (table.count[rows] - table.finite[rows]),
            "inf": table.inf[rows],
            "mean": table.mean[rows],
            "std": table.std[rows],
            "min": table.min[rows],
            "max": table.max[rows],
            "wall_time": _wall_times(table.wall_time[rows]),
            "attempt": table.attempt[rows],
        },
    )


def bucket_size(timesteps: int) -> int:
    """Return the number of timesteps in a bucket, a power of two, for so many in all.

    >>> [bucket_size(TIMESTEPS_MAX + n) for n in (0, 256, 257, 1000)]
    [1, 1, 2, 4]
    """
    size = 1
    while (timesteps - TIMESTEPS_MAX) > size * BUCKETS_MAX:
        size *= 2
    return size


def bucket_rows(run: Run, stop: int, size: int) -> Rows:
    """Return timesteps [0, stop) of a run in buckets of `size`, aligned at the first.

    None joins two attempts: where one begins within a bucket, that is cut. Label and model time
    are of a bucket's first timestep, the wall time of its last.
    """
    starts = np.arange(0, stop, size)
    if not starts.size:
        return no_bucket_rows()
    table = run.table
    begins = np.flatnonzero(np.diff(table.attempt[:stop])) + 1
    if begins.size:
        # A run of nothing but restarts is drawn as well as it can be.
        starts = distinct(np.concatenate([starts, begins[-BUCKETS_MAX:]]))
    lasts = np.append(starts[1:], stop) - 1
    merged = merge_groups(_moments_until(run, stop), starts)
    count = np.add.reduceat(table.count[:stop], starts)
    return Rows(
        run.labels_at(starts),
        {
            "start": starts,
            "timesteps": lasts - starts + 1,
            "x": _model_seconds(run)[starts],
            "count": count,
            "non_finite": count - merged.finite,
            "inf": np.add.reduceat(table.inf[:stop], starts),
            "mean": merged.mean,
            "std": np.sqrt(merged.m2 / np.maximum(merged.finite, 1)),
            "min": merged.min,
            "max": merged.max,
            "wall_time": _wall_times(table.wall_time[lasts]),
            "attempt": table.attempt[starts],
        },
    )


def no_bucket_rows() -> Rows:
    """Return buckets of no timesteps."""
    floats, ints = np.zeros(0), np.zeros(0, dtype=np.int64)
    whole = ("start", "timesteps", "count", "non_finite", "inf", "attempt")
    names = ("x", "mean", "std", "min", "max", "wall_time")
    return Rows([], {**dict.fromkeys(whole, ints), **dict.fromkeys(names, floats)})


def _moments_until(run: Run, stop: int) -> Moments:
    whole = run.table.moments()
    return Moments(
        whole.finite[:stop],
        whole.mean[:stop],
        whole.m2[:stop],
        whole.min[:stop],
        whole.max[:stop],
    )


def _model_seconds(run: Run) -> Floats:
    seconds = run.model_seconds
    return np.full(run.n_timesteps, np.nan) if seconds is None else seconds


def _wall_times(seconds: Floats) -> Floats:
    """Return wall times to the millisecond, NaN where none is known."""
    return np.where(seconds > 0, np.round(seconds, 3), np.nan)
