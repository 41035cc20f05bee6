"""Any stretch of a run, reduced to few buckets that keep every extreme.

Enters: a run, a half-open range on one of three axes, the most buckets wanted. Leaves:
`Buckets`. Where buckets are wider than blocks of 128 values, they are made of whole blocks,
whose figures are kept, so that the cost does not follow the length of the range.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from loss_monitor.series.run import Run
from loss_monitor.series.table import TimestepTable
from loss_monitor.statistics.moments import Moments, describe, merge_groups, split
from loss_monitor.statistics.reduction import BLOCK_VALUES, bucket_edges
from loss_monitor.types import Floats, Ints

Axis = Literal["batch", "timestep", "model_time"]


@dataclass(frozen=True, slots=True)
class Buckets:
    """One entry a bucket; figures over its finite values, NaN where it has none."""

    x_start: Ints | Floats
    """Position of the first value, index of the first timestep, or its model time in s."""
    x_stop: Ints | Floats
    """Where the bucket ends; half-open."""
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


def reduce_range(
    run: Run,
    start: float | None = None,
    stop: float | None = None,
    points: int = 2000,
    axis: Axis = "batch",
) -> Buckets:
    """Return [start, stop) of the run in at most `points` buckets (None: to the end).

    Axis `batch` counts values over the run, `timestep` timesteps over the run, `model_time`
    seconds since the first timestep; on the latter two a bucket is whole timesteps. What lies
    outside of the run is cut off; no bucket is empty of positions.
    """
    if axis == "model_time":
        return _by_model_time(run, start, stop, points)
    size = run.n_values if axis == "batch" else run.n_timesteps
    low = position(start, 0, size)
    high = position(stop, size, size)
    edges = bucket_edges(low, high, points)
    if not edges.size:
        return _no_buckets(np.int64)
    return _by_batch(run, edges) if axis == "batch" else _by_timestep(run, edges)


def position(x: float | None, default: int, size: int) -> int:
    """Return the first whole position at or after `x`, from 0 to `size`; None: `default`."""
    return default if x is None else int(min(max(np.ceil(x), 0), size))


def _by_batch(run: Run, edges: Ints) -> Buckets:
    start, stop = int(edges[0]), int(edges[-1])
    if stop - start <= BLOCK_VALUES * (len(edges) - 1):
        values = run.values(start, stop)
        figures = describe(split(values, np.diff(edges)))
        first, last = values[edges[:-1] - start], values[edges[1:] - 1 - start]
    else:
        edges, figures = _from_blocks(run, edges)
        # Interleaved, the ends of all buckets are rising positions.
        ends = np.stack([edges[:-1], edges[1:] - 1], axis=1).ravel()
        first, last = run.values_at(ends).reshape(-1, 2).T
    return _buckets(edges[:-1], edges[1:], np.diff(edges), figures, first, last)


def _from_blocks(run: Run, edges: Ints) -> tuple[Ints, Moments]:
    """Return edges moved to the nearest ends of blocks, and the figures between them.

    Edges are at least a block apart and move by half of one at most, ties to the right, so
    that they keep rising. The first and the last stay, and their buckets are read again.
    """
    table = run.table
    ends = run.answer(("block_ends",), lambda: _block_ends(table))
    start, stop = int(edges[0]), int(edges[-1])
    inner = edges[1:-1]
    above = np.searchsorted(ends, inner)
    nearest = above - (inner - ends[above - 1] < ends[above] - inner)
    low = int(np.searchsorted(ends, start, side="right")) - 1
    high = int(np.searchsorted(ends, stop))
    cuts = np.concatenate([[low], nearest, [high]])
    bounds = ends[cuts]
    bounds[0], bounds[-1] = start, stop
    figures = merge_groups(table.block_moments().rows(slice(low, high)), cuts[:-1] - low)
    for at in {0, len(cuts) - 2}:
        values = run.values(int(bounds[at]), int(bounds[at + 1]))
        if values.size < ends[cuts[at + 1]] - ends[cuts[at]]:
            fresh = describe(split(values, np.array([values.size])))
            for column, figure in zip(figures, fresh, strict=True):
                column[at] = figure[0]
    return bounds, figures


def _block_ends(table: TimestepTable) -> Ints:
    ends = np.zeros(len(table.column("block_count")) + 1, dtype=np.int64)
    np.cumsum(table.column("block_count"), out=ends[1:])
    return ends


def _by_timestep(run: Run, edges: Ints) -> Buckets:
    return _of_timesteps(run, edges[:-1], edges[1:], edges[:-1], edges[1:])


def _by_model_time(run: Run, start: float | None, stop: float | None, points: int) -> Buckets:
    seconds = run.model_seconds
    if seconds is None:
        return _no_buckets(np.float64)
    low = -np.inf if start is None else start
    high = np.inf if stop is None else stop
    inside = np.flatnonzero((seconds >= low) & (seconds < high))
    if not inside.size:
        return _no_buckets(np.float64)
    # A job that starts over lays several stretches over one range: no bucket joins them.
    breaks = np.flatnonzero((np.diff(inside) > 1) | (np.diff(seconds[inside]) < 0)) + 1
    cuts = bucket_edges(0, inside.size, max(1, points - breaks.size))
    cuts = np.unique(np.concatenate([cuts, breaks]))
    first, stops = inside[cuts[:-1]], inside[cuts[1:] - 1] + 1
    return _of_timesteps(run, first, stops, seconds[first], _ends(seconds, stops))


def _ends(seconds: Floats, stops: Ints) -> Floats:
    """Return where buckets end: at the next timestep, or one usual step after the last."""
    steps = np.diff(seconds)
    steps = steps[steps > 0]
    usual = float(np.median(steps)) if steps.size else 0.0
    following = np.append(seconds, np.nan)[stops]
    last = seconds[stops - 1]
    return np.where(following > last, following, last + usual)


def _of_timesteps(
    run: Run, first: Ints, stops: Ints, x_start: Ints | Floats, x_stop: Ints | Floats
) -> Buckets:
    """Return buckets of timesteps [first, stops), which follow each other without overlap."""
    table = run.table
    sizes = stops - first
    starts = np.cumsum(sizes) - sizes
    rows = np.arange(int(sizes.sum())) + np.repeat(first - starts, sizes)
    figures = merge_groups(table.moments().rows(rows), starts)
    counts = np.add.reduceat(table.count[rows], starts)
    begin = table.start[first]
    ends = np.full((len(first), 2), np.nan)
    filled = counts > 0
    places = np.stack([begin[filled], begin[filled] + counts[filled] - 1], axis=1)
    ends[filled] = run.values_at(places.ravel()).reshape(-1, 2)
    return _buckets(x_start, x_stop, counts, figures, ends[:, 0], ends[:, 1])


def _buckets(
    x_start: Ints | Floats,
    x_stop: Ints | Floats,
    count: Ints,
    figures: Moments,
    first: Floats,
    last: Floats,
) -> Buckets:
    std = np.sqrt(figures.m2 / np.maximum(figures.finite, 1))
    return Buckets(
        x_start=x_start,
        x_stop=x_stop,
        count=count,
        non_finite=count - figures.finite,
        min=figures.min,
        max=figures.max,
        mean=figures.mean,
        std=std,
        first=first,
        last=last,
    )


def _no_buckets(x_type: type[np.int64] | type[np.float64]) -> Buckets:
    whole, none = np.zeros(0, dtype=np.int64), np.zeros(0)
    x = whole if x_type is np.int64 else none
    figures = Moments(whole, none, none, none, none)
    return _buckets(x, x, whole, figures, none, none)
