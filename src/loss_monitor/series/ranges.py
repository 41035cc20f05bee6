"""Any stretch of a run, reduced to few buckets that keep every extreme.

Enters: a run, a half-open range on one of six axes, the most buckets wanted, perhaps the
weight of a moving average. Leaves: `Buckets`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from loss_monitor.series.run import Run
from loss_monitor.series.smoothing import smoothed_batches, smoothed_timesteps
from loss_monitor.statistics.distinct import distinct
from loss_monitor.statistics.moments import Moments, merge_groups
from loss_monitor.statistics.reduction import bucket_edges, edges_apart
from loss_monitor.types import Floats, Ints

Axis = Literal["batch", "timestep", "model_time", "wall_time", "relative", "step"]


@dataclass(frozen=True, slots=True)
class Buckets:
    """One entry a bucket; figures over its finite values, NaN where it has none."""

    x_start: Ints | Floats
    """Position of the first value, index of the first timestep, or its time in seconds."""
    x_stop: Ints | Floats
    """Where the bucket ends; half-open."""
    timestep: Ints
    """Index of the first timestep."""
    attempt: Ints
    """Index into the run's attempts; no bucket of whole timesteps joins two."""
    count: Ints
    """Values, NaN and infinity included."""
    non_finite: Ints
    min: Floats
    max: Floats
    mean: Floats
    std: Floats
    first: Floats
    """First value as it is, finite or not; NaN where the bucket holds no value."""
    last: Floats
    smooth: Floats | None
    """Moving average at the bucket's end, over everything before it; None: not asked for."""


def reduce_range(
    run: Run,
    start: float | None = None,
    stop: float | None = None,
    points: int = 2000,
    axis: Axis = "batch",
    smoothing: float | None = None,
) -> Buckets:
    """Return [start, stop) of the run in at most `points` buckets (None: to the end).

    Axis `batch` counts values over the run, `timestep` timesteps over the run; `model_time`
    is seconds since the first timestep, `wall_time` seconds since 1970-01-01 UTC at which a
    timestep was written, `relative` seconds since the first one was; `step` counts updates of
    the network from 1, in a job log as it counts them. But for batches a bucket is whole
    timesteps: by wall time in the order of writing, else in the order of the run. What lies
    outside of the run is cut off; no bucket is empty of positions.

    `smoothing` is the weight, from 0 to below 1, of a moving average (`statistics.smoothing`)
    over every batch of the run before, or over the means of all timesteps before.
    """
    if axis == "batch":
        return _by_batch(run, start, stop, points, smoothing)
    if axis == "step" and run.steps is None:
        return _by_update(run, start, stop, points, smoothing)
    return _by_timesteps(run, _places(run, axis), start, stop, points, smoothing)


def timesteps_inside(run: Run, start: float | None, stop: float | None, axis: Axis) -> Ints:
    """Return the indices of the timesteps in [start, stop) on an axis, as they follow there.

    On `batch` those that hold one of the positions.
    """
    if axis == "batch":
        begins, counts = run.table.start, run.table.count
        low, high = position(start, 0, run.n_values), position(stop, run.n_values, run.n_values)
        return np.flatnonzero((begins < high) & (begins + counts > low) & (counts > 0))
    places = _places(run, axis)
    return places.order[places.inside(start, stop)]


def position(x: float | None, default: int, size: int) -> int:
    """Return the first whole position at or after `x`, from 0 to `size`; None: `default`."""
    return default if x is None else int(min(max(np.ceil(x), 0), size))


def _by_batch(
    run: Run, start: float | None, stop: float | None, points: int, smoothing: float | None
) -> Buckets:
    size = run.n_values
    begins = run.table.start[np.flatnonzero(np.diff(run.table.attempt)) + 1]
    edges = edges_apart(position(start, 0, size), position(stop, size, size), points, begins)
    if not edges.size:
        return _no_buckets(np.int64, smoothing)
    edges, figures, first, last = run.blocked.reduced(edges)
    timestep = np.searchsorted(run.table.start, edges[:-1], side="right") - 1
    return _buckets(
        x_start=edges[:-1],
        x_stop=edges[1:],
        timestep=timestep,
        attempt=run.table.attempt[timestep],
        count=np.diff(edges),
        figures=figures,
        first=first,
        last=last,
        smooth=None if smoothing is None else smoothed_batches(run, smoothing, edges[1:] - 1),
    )


def _by_update(
    run: Run, start: float | None, stop: float | None, points: int, smoothing: float | None
) -> Buckets:
    """Return what `_by_batch` does with batches counted from 1, as summaries count steps."""
    first, last = (None if end is None else end - 1 for end in (start, stop))
    found = _by_batch(run, first, last, points, smoothing)
    return replace(found, x_start=found.x_start + 1, x_stop=found.x_stop + 1)


@dataclass(frozen=True, slots=True)
class _Places:
    """Where timesteps lie on an axis."""

    x: Ints | Floats
    """Of each timestep; NaN where unknown."""
    order: Ints
    """Indices of all timesteps as they follow each other."""
    counts: bool = False
    """Whether places are numbers, so that one ends where the next number begins."""

    def inside(self, start: float | None, stop: float | None) -> Ints:
        """Return the places in the order that lie in [start, stop)."""
        along = self.x[self.order]
        low = -np.inf if start is None else start
        high = np.inf if stop is None else stop
        return np.flatnonzero((along >= low) & (along < high))


def _places(run: Run, axis: Axis) -> _Places:
    order = np.arange(run.n_timesteps)
    if axis == "step" and run.steps is not None:
        return _Places(run.steps, order, counts=True)
    if axis == "model_time":
        seconds = run.model_seconds
        return _Places(np.full(len(order), np.nan) if seconds is None else seconds, order)
    if axis in ("wall_time", "relative"):
        walls = np.where(run.table.wall_time > 0, run.table.wall_time, np.nan)
        # Files that were copied have one time, or times in any order.
        order = np.argsort(walls, kind="stable")
        origin = walls[order[:1]] if axis == "relative" else 0.0
        return _Places(walls - origin, order)
    return _Places(order, order)


def _by_timesteps(
    run: Run,
    places: _Places,
    start: float | None,
    stop: float | None,
    points: int,
    smoothing: float | None,
) -> Buckets:
    along = places.x[places.order]
    inside = places.inside(start, stop)
    if not inside.size:
        return _no_buckets(places.x.dtype.type, smoothing)
    # A job that starts over lays several stretches over one range: no bucket joins them.
    attempt = run.table.attempt[places.order[inside]]
    breaks = (np.diff(inside) > 1) | (np.diff(along[inside]) < 0) | (np.diff(attempt) != 0)
    breaks = np.flatnonzero(breaks) + 1
    breaks = breaks[: points - 1]
    cuts = bucket_edges(0, inside.size, max(1, points - breaks.size))
    cuts = distinct(np.concatenate([cuts, breaks]))
    rows = places.order[inside]
    lasts = rows[cuts[1:] - 1]
    lasts_inside = inside[cuts[1:] - 1]
    stops = along[lasts_inside] + 1 if places.counts else _ends(along, lasts_inside)
    figures = merge_groups(run.table.moments().rows(rows), cuts[:-1])
    first, last = _first_and_last(run, rows, cuts)
    return _buckets(
        x_start=places.x[rows[cuts[:-1]]],
        x_stop=stops,
        timestep=rows[cuts[:-1]],
        attempt=run.table.attempt[rows[cuts[:-1]]],
        count=np.add.reduceat(run.table.count[rows], cuts[:-1]),
        figures=figures,
        first=first,
        last=last,
        smooth=None if smoothing is None else smoothed_timesteps(run, smoothing, lasts),
    )


def _ends(along: Ints | Floats, lasts: Ints) -> Ints | Floats:
    """Return where buckets end: at the next timestep, or one usual step after the last."""
    steps = np.diff(along)
    steps = steps[steps > 0]
    usual = np.sort(steps)[steps.size // 2] if steps.size else along.dtype.type(1)
    following = along[np.minimum(lasts + 1, len(along) - 1)]
    return np.where(following > along[lasts], following, along[lasts] + usual)


def _first_and_last(run: Run, rows: Ints, cuts: Ints) -> tuple[Floats, Floats]:
    """Return the first and the last value of each bucket of timesteps, NaN of an empty one."""
    table = run.table
    filled = table.count[rows] > 0
    places = np.arange(rows.size)
    first = np.minimum.reduceat(np.where(filled, places, rows.size), cuts[:-1])
    last = np.maximum.reduceat(np.where(filled, places, -1), cuts[:-1])
    empty = last < 0
    return (
        np.where(empty, np.nan, table.first[rows[np.where(empty, 0, first)]]),
        np.where(empty, np.nan, table.last[rows[last]]),
    )


def _buckets(
    *,
    x_start: Ints | Floats,
    x_stop: Ints | Floats,
    timestep: Ints,
    attempt: Ints,
    count: Ints,
    figures: Moments,
    first: Floats,
    last: Floats,
    smooth: Floats | None,
) -> Buckets:
    return Buckets(
        x_start=x_start,
        x_stop=x_stop,
        timestep=timestep,
        attempt=attempt,
        count=count,
        non_finite=count - figures.finite,
        min=figures.min,
        max=figures.max,
        mean=figures.mean,
        std=np.sqrt(figures.m2 / np.maximum(figures.finite, 1)),
        first=first,
        last=last,
        smooth=smooth,
    )


def _no_buckets(x_type: type[np.generic], smoothing: float | None) -> Buckets:
    whole, none = np.zeros(0, dtype=np.int64), np.zeros(0)
    x = none.astype(x_type)
    return _buckets(
        x_start=x,
        x_stop=x,
        timestep=whole,
        attempt=whole,
        count=whole,
        figures=Moments(whole, none, none, none, none),
        first=none,
        last=none,
        smooth=None if smoothing is None else none,
    )
