"""Signals of online training: what a network learns within a timestep and loses between two.

Enters: a run and a range of its timesteps. Leaves: `OnlineColumns`, one column a timestep or,
of a long run, one for each 2^k timesteps aligned at the run's first, so that all columns but
the last stay the same while the run grows. The loss that a plugin prints is computed before
the update on data that the network has not seen: the first batch of a timestep tells how well
what was learned carries over, the last one what the timestep itself has given.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loss_monitor.series.ranges import position
from loss_monitor.series.run import Run
from loss_monitor.statistics.distinct import distinct
from loss_monitor.statistics.parts import stretches
from loss_monitor.statistics.segment_quantiles import segment_percentiles
from loss_monitor.types import Floats, Ints

PERCENTILES = (10, 25, 50, 75, 90)
_UNKNOWN = np.full(len(PERCENTILES), np.nan)
_KEPT_MAX = 20_000
"""Columns whose percentiles are kept: 2 MB."""


@dataclass(frozen=True, slots=True)
class Spread:
    """One signal of each column: over its timesteps where it is finite, NaN where nowhere."""

    mean: Floats
    """The signal itself where a column is one timestep."""
    min: Floats
    max: Floats


@dataclass(frozen=True, slots=True)
class OnlineColumns:
    """One entry a column."""

    start: Ints
    """Index of its first timestep."""
    timesteps: Ints
    """Timesteps that it stands for."""
    attempt: Ints
    """Index into the run's attempts; no column joins two."""
    batches: Ints
    """Values, NaN and infinity included."""
    non_finite: Ints
    first_batch: Spread
    """Loss of the timestep's first batch."""
    last_batch: Spread
    gain: Spread
    """First less last batch of a timestep: above zero where the loss fell."""
    boundary_jump: Spread
    """First batch less the last one of the timestep before, which had batches and was of the
    same attempt: above zero where the new data were harder."""
    percentiles: Floats
    """`PERCENTILES` of all finite batches, shape (columns, 5)."""
    min: Floats
    max: Floats
    wall_time: Floats
    """When the last timestep was written, seconds since 1970-01-01 UTC; NaN if unknown."""
    model_time: Floats
    """Of the first timestep, seconds since the run's first; NaN if unknown."""
    model_rate: Floats
    """Seconds of model time for each second of wall time, since the timestep before the
    column; NaN where a time is unknown, stands still or goes back, or an attempt begins."""


class KeptPercentiles:
    """Percentiles of columns that were worked out before; bounded, for any thread.

    A column is known by the number of its timesteps and by the revisions of the first, the
    last and the newest of them. A revision is of one written row alone and a later change has
    a higher one, so that no other timesteps can show the same four numbers.
    """

    def __init__(self) -> None:
        """Know nothing yet."""
        self._kept: dict[tuple[int, ...], Floats] = {}

    def of(self, run: Run, edges: Ints) -> Floats:
        """Return the percentiles of the columns between `edges`, rising indices of timesteps."""
        names = _names(run, edges)
        kept = self._kept
        rows = [kept.get(name, _UNKNOWN) for name in names]
        wanted = np.array([row is _UNKNOWN for row in rows])
        places = np.append(run.table.start, run.n_values)
        for first, stop in stretches(wanted):
            bounds = places[edges[first : stop + 1]]
            values = run.values(int(bounds[0]), int(bounds[-1]))
            rows[first:stop] = segment_percentiles(values, np.diff(bounds), PERCENTILES)
        fresh = dict(zip(names, rows, strict=True))
        if len(kept) + len(fresh) > _KEPT_MAX:
            kept = self._kept = {}
        kept.update(fresh)
        return np.stack(rows)


def _names(run: Run, edges: Ints) -> list[tuple[int, ...]]:
    revisions = run.table.revision
    newest = np.maximum.reduceat(revisions[edges[0] : edges[-1]], edges[:-1] - edges[0])
    columns = (np.diff(edges), revisions[edges[:-1]], revisions[edges[1:] - 1], newest)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def online_columns(
    run: Run,
    kept: KeptPercentiles,
    start: float | None = None,
    stop: float | None = None,
    columns: int = 500,
) -> OnlineColumns:
    """Return timesteps [start, stop) in at most `columns` columns (None: to the end).

    What lies outside of the run is cut off. Where a column is more than one timestep, the first
    and the last may stand for fewer than the others, and so may those at the beginning of an
    attempt, which come on top of `columns`.
    """
    low = position(start, 0, run.n_timesteps)
    high = max(low, position(stop, run.n_timesteps, run.n_timesteps))
    size = column_size(low, high, columns)
    edges = np.clip(np.arange(low // size, -(-high // size) + 1) * size, low, high)
    begins = np.flatnonzero(np.diff(run.table.attempt)) + 1
    begins = begins[(begins > low) & (begins < high)][-columns:]
    if begins.size:
        edges = distinct(np.concatenate([edges, begins]))
    return _columns(run, kept, edges)


def column_size(start: int, stop: int, columns: int) -> int:
    """Return the timesteps of a column, the least power of two that needs few enough.

    >>> [column_size(*range_, 500) for range_ in ((0, 1), (0, 500), (0, 501), (1, 1001))]
    [1, 1, 2, 4]
    """
    size = 1
    while -(-stop // size) - start // size > max(1, columns):
        size *= 2
    return size


def _columns(run: Run, kept: KeptPercentiles, edges: Ints) -> OnlineColumns:
    table = run.table
    if len(edges) < 2:
        return _no_columns()
    rows = slice(int(edges[0]), int(edges[-1]))
    groups = edges[:-1] - edges[0]
    count = table.count[rows]
    batches = np.add.reduceat(count, groups)
    first, last = table.first[rows], table.last[rows]
    with np.errstate(invalid="ignore", over="ignore"):
        gain = first - last
        jump = first - _last_before(run)[rows]
    walls = np.where(table.wall_time > 0, table.wall_time, np.nan)
    seconds = run.model_seconds
    model = np.full(run.n_timesteps, np.nan) if seconds is None else seconds
    return OnlineColumns(
        start=edges[:-1],
        timesteps=np.diff(edges),
        attempt=table.attempt[edges[:-1]],
        batches=batches,
        non_finite=batches - np.add.reduceat(table.finite[rows], groups),
        first_batch=_spread(first, groups),
        last_batch=_spread(last, groups),
        gain=_spread(gain, groups),
        boundary_jump=_spread(jump, groups),
        percentiles=kept.of(run, edges),
        min=np.fmin.reduceat(table.min[rows], groups),
        max=np.fmax.reduceat(table.max[rows], groups),
        wall_time=walls[edges[1:] - 1],
        model_time=model[edges[:-1]],
        model_rate=_rates(edges, walls, model, table.attempt),
    )


def _last_before(run: Run) -> Floats:
    """Return for each timestep the last batch of the one before it that has batches.

    NaN for the first, and where the one before is of another attempt.
    """
    table = run.table
    places = np.where(table.count > 0, np.arange(run.n_timesteps), -1)
    before = np.append(-1, np.maximum.accumulate(places)[:-1])
    same = (before >= 0) & (table.attempt[before] == table.attempt)
    return np.where(same, table.last[before], np.nan)


def _spread(signal: Floats, groups: Ints) -> Spread:
    finite = np.isfinite(signal)
    known = np.where(finite, signal, np.nan)
    number = np.add.reduceat(finite.astype(np.int64), groups)
    least, most = np.fmin.reduceat(known, groups), np.fmax.reduceat(known, groups)
    with np.errstate(invalid="ignore", over="ignore"):
        mean = np.add.reduceat(np.where(finite, signal, 0.0), groups) / np.where(number, number, 1)
    mean = np.where(number > 0, np.clip(mean, least, most), np.nan)
    return Spread(np.where(number == 1, least, mean), least, most)


def _rates(edges: Ints, walls: Floats, model: Floats, attempt: Ints) -> Floats:
    last, before = edges[1:] - 1, edges[:-1] - 1
    with np.errstate(invalid="ignore", divide="ignore"):
        elapsed = walls[last] - walls[before]
        passed = model[last] - model[before]
        rate = passed / elapsed
    begins = (before < 0) | (attempt[before] != attempt[last])
    return np.where(begins | ~(elapsed > 0) | ~(passed > 0), np.nan, rate)


def _no_columns() -> OnlineColumns:
    whole, none = np.zeros(0, dtype=np.int64), np.zeros(0)
    spread = Spread(none, none, none)
    return OnlineColumns(
        start=whole,
        timesteps=whole,
        attempt=whole,
        batches=whole,
        non_finite=whole,
        first_batch=spread,
        last_batch=spread,
        gain=spread,
        boundary_jump=spread,
        percentiles=np.zeros((0, len(PERCENTILES))),
        min=none,
        max=none,
        wall_time=none,
        model_time=none,
        model_rate=none,
    )
