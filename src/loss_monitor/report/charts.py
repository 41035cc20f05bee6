"""Charts of a report: a run in, figures of HTML with their SVG out.

Everything drawn is reduced as on the page: each bucket has its true minimum and maximum, and
what is not finite is a gap with an amber band.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from loss_monitor.report.axes import (
    Scale,
    Tick,
    apart,
    count_ticks,
    date_ticks,
    is_log,
    value_scale,
    value_ticks,
)
from loss_monitor.report.drawing import LEFT, TOP, Plot, band, bars, line, note, parted
from loss_monitor.report.text import number_text
from loss_monitor.series.distribution import distribution
from loss_monitor.series.figures import figures
from loss_monitor.series.online import KeptPercentiles, OnlineColumns, online_columns
from loss_monitor.series.pieces import Piece
from loss_monitor.series.ranges import Buckets, reduce_range
from loss_monitor.series.run import Run
from loss_monitor.series.tag_ranges import TagBuckets, reduce_points
from loss_monitor.statistics.parts import stretches
from loss_monitor.types import Floats, Ints

WIDE, HALF, SMALL = 940.0, 462.0, 302.0
"""Widths of charts in units of the drawing, which are pixels on a screen."""
HEIGHT, SMALL_HEIGHT = 250.0, 130.0
POINTS = 600
COLUMNS = 300
TAG_POINTS = 150
BINS = 40
BARS_MAX = 80


@dataclass(frozen=True, slots=True)
class Legend:
    """One entry of a chart's legend: how it is drawn, what it is, its latest value."""

    kind: str
    name: str
    value: float | None = None


def figure(title: str, note: str, legend: Sequence[Legend], svg: str, size: str = "wide") -> str:
    """Return a chart with its heading."""
    entries = "".join(
        f'<span class="key"><i class="{one.kind}"></i>{escape(one.name)}'
        + ("" if one.value is None else f" <b>{escape(number_text(one.value))}</b>")
        + "</span>"
        for one in legend
    )
    entries = f'<span class="legend">{entries}</span>' if legend else ""
    # A wide chart scrolls sideways on a phone, by keyboard too.
    focus = ' tabindex="0"' if size == "wide" else ""
    return (
        f'<figure class="{size}"{focus}><figcaption><strong>{escape(title)}</strong> '
        f'<span class="sub">{escape(note)}</span>{entries}</figcaption>{svg}</figure>'
    )


class TimeAxis:
    """The x-axis of a run: model time where all timesteps have one and it never goes back."""

    def __init__(self, run: Run) -> None:
        """Find out which axis the run can be drawn on."""
        self._run = run
        seconds = run.model_seconds
        self.is_model_time = bool(
            seconds is not None and np.isfinite(seconds).all() and (np.diff(seconds) > 0).all()
        )
        self.x: Floats = (
            seconds
            if self.is_model_time and seconds is not None
            else np.arange(run.n_timesteps, dtype=np.float64)
        )
        """Place of each timestep on the axis."""

    @property
    def note(self) -> str:
        """What the axis shows, in words."""
        return "model time" if self.is_model_time else "timestep"

    def buckets(self, points: int) -> Buckets:
        """Return the run's timesteps in buckets on this axis."""
        axis = "model_time" if self.is_model_time else "timestep"
        return reduce_range(self._run, points=points, axis=axis)  # type: ignore[arg-type]

    def scale(self, plot: Plot) -> tuple[Scale, list[Tick]]:
        """Return the scale of a plot and its ticks."""
        low, high = float(self.x[0]), float(self.x[-1])
        scale = Scale(*apart(low, high), plot.left, plot.right)
        if self.is_model_time:
            most = 8 if plot.width > HALF else 4
            return scale, date_ticks(self.x, self._run.table.model_fields(), most)
        return scale, count_ticks(scale)


def history(run: Run, axis: TimeAxis) -> str:
    """Mean, minimum and maximum of each timestep."""
    plot = Plot(WIDE, HEIGHT)
    buckets = axis.buckets(POINTS)
    x, y = axis.scale(plot), _y(plot, buckets.min, buckets.max)
    _non_finite(plot, x[0], buckets)
    for kind in ("max", "min", "mean"):
        xs, ys = parted(buckets.attempt, _places(x[0], buckets), y[0].place(getattr(buckets, kind)))
        plot.marks.append(line(xs, ys, kind))
    _attempts(plot, x[0], run, axis)
    table = run.table
    legend = [Legend(kind, kind, _last(getattr(table, kind))) for kind in ("mean", "max", "min")]
    return figure(
        "Loss history", axis.note, legend, plot.svg(x, y, _told("Loss history", table.mean))
    )


def deviation(run: Run, axis: TimeAxis) -> str:
    """Mean of each timestep with a band of one standard deviation to either side."""
    plot = Plot(HALF, HEIGHT)
    buckets = axis.buckets(POINTS // 2)
    low, high = buckets.mean - buckets.std, buckets.mean + buckets.std
    log = is_log(float(np.nanmin(buckets.mean)), float(np.nanmax(buckets.mean)))
    if log:
        # A deviation may reach below zero, where a logarithmic axis has no place.
        low = np.maximum(low, np.minimum(buckets.mean, buckets.min))
    x, y = axis.scale(plot), _y(plot, low, high, log=log)
    places = [y[0].place(column) for column in (low, high, buckets.mean)]
    xs, low, high, mean = parted(buckets.attempt, _places(x[0], buckets), *places)
    plot.marks.append(band(xs, low, high, "std"))
    plot.marks.append(line(xs, mean, "std"))
    legend = [
        Legend("std", "mean", _last(run.table.mean)),
        Legend("std area", "± deviation", _last(run.table.std)),
    ]
    told = _told("Mean with standard deviation", run.table.mean)
    return figure("Mean ± deviation", axis.note, legend, plot.svg(x, y, told), "half")


def histogram(run: Run) -> str:
    """Distribution of all finite losses."""
    plot = Plot(HALF, HEIGHT)
    told = figures(run)
    log = is_log(told.overall_min or 0.0, told.overall_max or 0.0)
    found = distribution(run, BINS, "log" if log else "linear")
    if not found.counts.size:
        return ""
    x = Scale(float(found.edges[0]), float(found.edges[-1]), plot.left, plot.right, log)
    y = value_scale(0, float(found.counts.max()), plot.bottom, TOP, is_log=False)
    edges = x.place(found.edges)
    tops = y.place(found.counts.astype(np.float64))
    plot.marks.append(bars(edges[:-1] + 0.5, edges[1:] - 0.5, tops, plot.bottom, "count"))
    legend = []
    for kind, name, value in (
        ("max", "median", told.percentile_50),
        ("fifth", "95 %", told.percentile_95),
    ):
        if value is not None:
            at = float(x.place(np.array([value]))[0])
            plot.upright(at, kind)
            legend.append(Legend(f"{kind} dashed", name, value))
    note = "all finite losses" + (", log scale" if log else "")
    svg = plot.svg((x, value_ticks(x)), (y, count_ticks(y, 4)), "Distribution of all losses")
    return figure("Loss distribution", note, legend, svg, "half")


def online(run: Run, axis: TimeAxis) -> str:
    """First and last batch of each timestep: what is carried over, and what is gained."""
    columns = online_columns(run, KeptPercentiles(), columns=COLUMNS)
    if not (np.isfinite(columns.gain.mean) & (columns.gain.mean != 0)).any():
        return ""
    # Ranks have an order of their numbers alone: none of them is the first.
    first_and_last = _first_and_last(columns, axis) if run.unit != "rank" else ""
    return first_and_last + _spread(columns, axis, _MANY[run.unit])


def _first_and_last(columns: OnlineColumns, axis: TimeAxis) -> str:
    plot = Plot(HALF, HEIGHT)
    first, last = columns.first_batch.mean, columns.last_batch.mean
    x, y = axis.scale(plot), _y(plot, np.fmin(first, last), np.fmax(first, last))
    places = [y[0].place(column) for column in (first, last)]
    xs, above, below = parted(columns.attempt, x[0].place(axis.x[columns.start]), *places)
    plot.marks.append(line(xs, above, "max"))
    plot.marks.append(line(xs, below, "mean"))
    legend = [Legend("max", "first", _last(first)), Legend("mean", "last", _last(last))]
    svg = plot.svg(x, y, _told("First batch of each timestep", first))
    return figure("First and last batch", axis.note, legend, svg, "half")


def _spread(columns: OnlineColumns, axis: TimeAxis, many: str) -> str:
    plot = Plot(HALF, HEIGHT)
    p10, p25, p50, p75, p90 = columns.percentiles.T
    x, y = axis.scale(plot), _y(plot, p10, p90)
    places = [y[0].place(one) for one in (p10, p25, p50, p75, p90)]
    xs, *places = parted(columns.attempt, x[0].place(axis.x[columns.start]), *places)
    plot.marks.append(band(xs, places[0], places[4], "outer"))
    plot.marks.append(band(xs, places[1], places[3], "inner"))
    plot.marks.append(line(xs, places[2], "median"))
    legend = [
        Legend("median", "median", _last(p50)),
        Legend("inner area", "25 to 75 %"),
        Legend("outer area", "10 to 90 %"),
    ]
    svg = plot.svg(x, y, _told("Median of each timestep", p50))
    return figure(f"Spread of {many}", axis.note, legend, svg, "half")


def latest(run: Run) -> str:
    """Every batch of the latest timestep that has some."""
    filled = np.flatnonzero(run.table.count)
    index = int(filled[-1])
    start, count = int(run.table.start[index]), int(run.table.count[index])
    buckets = reduce_range(run, start, start + count, COLUMNS)
    plot = Plot(WIDE, 190.0)
    values = run.values_of(index)
    if not np.isfinite(values).any():
        return ""
    has_bars = count <= BARS_MAX and np.nanmin(buckets.min) >= 0
    y = _y(plot, np.append(buckets.min, 0.0) if has_bars else buckets.min, buckets.max, log=False)
    x = Scale(-0.5, count - 0.5, plot.left, plot.right)
    mean, std = float(run.table.mean[index]), float(run.table.std[index])
    ends = x.place(np.array([-0.5, count - 0.5]))
    edges = y[0].place(np.array([mean - std, mean + std]))
    plot.marks.append(band(ends, edges[[0, 0]], edges[[1, 1]], "std"))
    if has_bars:
        edges_of = x.place(np.linspace(-0.5, count - 0.5, count + 1))
        gap = min(2.0, (edges_of[1] - edges_of[0]) * 0.15)
        tops = y[0].place(values)
        plot.marks.append(bars(edges_of[:-1] + gap, edges_of[1:] - gap, tops, plot.bottom, "count"))
    else:
        at = x.place(np.asarray(buckets.x_start - start, dtype=np.float64))
        plot.marks.append(band(at, y[0].place(buckets.min), y[0].place(buckets.max), "inner"))
        plot.marks.append(line(at, y[0].place(buckets.mean), "mean"))
    level = y[0].place(np.array([mean, mean]))
    plot.over.append(f'<path class="level" d="M{LEFT},{level[0]:.1f}H{plot.right:.1f}"/>')
    legend = [Legend("level dashed", "mean", mean), Legend("std area", "± deviation", std)]
    note = f"{run.label_of(index)}, {count:,} {run.unit if count == 1 else _MANY[run.unit]}"
    svg = plot.svg((x, count_ticks(x)), y, _told("Losses of the latest timestep", values))
    return figure("Latest timestep", note, legend, svg)


_MANY = {"batch": "batches", "epoch": "epochs", "rank": "ranks"}


def tag(name: str, pieces: Sequence[Piece], begins: Ints) -> str:
    """One tag over its steps, small; at the positions `begins` another attempt begins."""
    buckets = reduce_points(pieces, points=TAG_POINTS, begins=begins)
    if not np.isfinite(buckets.mean).any():
        return ""
    plot = Plot(SMALL, SMALL_HEIGHT)
    y = _y(plot, buckets.min, buckets.max, ticks=3)
    low, high = float(buckets.x_start[0]), float(buckets.x_stop[-1] - 1)
    x = Scale(*apart(low, high), plot.left, plot.right)
    places = [y[0].place(column) for column in (buckets.min, buckets.max, buckets.mean)]
    xs, lows, highs, means = parted(buckets.attempt, _places(x, buckets), *places)
    if (buckets.count > 1).any():
        plot.marks.append(band(xs, lows, highs, "outer"))
    plot.marks.append(line(xs, means, "mean"))
    last = _last(buckets.last)
    svg = plot.svg((x, count_ticks(x, 3)), y, _told(name, buckets.mean))
    return figure(name, "" if last is None else number_text(last), [], svg, "small")


def _y(
    plot: Plot, lows: Floats, highs: Floats, *, log: bool | None = None, ticks: int = 5
) -> tuple[Scale, list[Tick]]:
    finite_low, finite_high = lows[np.isfinite(lows)], highs[np.isfinite(highs)]
    if not finite_low.size:
        scale = Scale(0.0, 1.0, plot.bottom, TOP)
        return scale, value_ticks(scale)
    low, high = float(finite_low.min()), float(finite_high.max())
    wanted = is_log(low, high) if log is None else log and low > 0
    scale = value_scale(low, high, plot.bottom, TOP, is_log=wanted)
    return scale, value_ticks(scale, ticks)


def _places(x: Scale, buckets: Buckets | TagBuckets) -> Floats:
    return x.place(buckets.x_start.astype(np.float64))


def _non_finite(plot: Plot, x: Scale, buckets: Buckets) -> None:
    """Draw an amber band where losses are not finite, with their number where that fits."""
    holds = stretches(buckets.non_finite > 0)
    for first, stop in holds:
        ends = x.place(np.array([buckets.x_start[first], buckets.x_stop[stop - 1]], np.float64))
        left, width = float(ends[0]), max(2.0, float(ends[1] - ends[0]))
        left = min(left, plot.right - width)
        plot.marks.append(
            f'<rect class="amber" x="{left:.1f}" y="{TOP}" width="{width:.1f}" '
            f'height="{plot.bottom - TOP:.1f}"/>'
        )
        if len(holds) <= 3:
            count = int(buckets.non_finite[first:stop].sum())
            plot.over.append(note(left - 4, f"{count:,} not finite", "amber", "end"))


def _attempts(plot: Plot, x: Scale, run: Run, axis: TimeAxis) -> None:
    begins = np.flatnonzero(np.diff(run.table.attempt)) + 1
    for at in begins.tolist():
        place = float(x.place(axis.x[at : at + 1])[0])
        number = int(run.table.attempt[at]) + 1
        plot.upright(place, "attempt", f"attempt {number}" if len(begins) <= 6 else "")


def _last(values: Floats) -> float | None:
    finite = values[np.isfinite(values)]
    return float(finite[-1]) if finite.size else None


def _told(what: str, values: Floats) -> str:
    """Return in words what a chart shows: where it begins, ends and lies between."""
    finite = values[np.isfinite(values)]
    if not finite.size:
        return f"{what}: no finite value"
    first, last, low, high = (
        number_text(float(value)) for value in (finite[0], finite[-1], finite.min(), finite.max())
    )
    return f"{what}: from {first} to {last}, between {low} and {high}"
