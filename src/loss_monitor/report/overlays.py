"""Charts of several runs over each other: means as lines, extremes as bands.

Enters: compared runs. Leaves: figures of HTML with their SVG. A run has the same look in all
charts: a colour, and a dash beyond six of them. No line joins two attempts.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from loss_monitor.report.axes import (
    Scale,
    Tick,
    count_ticks,
    duration_ticks,
    is_log,
    value_scale,
    value_ticks,
)
from loss_monitor.report.charts import WIDE, Legend, figure
from loss_monitor.report.compared import AXES, ComparedRun
from loss_monitor.report.drawing import TOP, Plot, band, line
from loss_monitor.report.text import number_text
from loss_monitor.series.ranges import Axis, Buckets
from loss_monitor.types import Floats

COLOURS, DASHES = 6, 4
HEIGHT = 320.0
BANDS_MAX = 8
"""Runs of which the bands are drawn: those of more hide each other."""
_NOTES: dict[Axis, str] = {
    "model_time": "since the first timestep of each run",
    "step": "batches, or the steps of a job log",
    "relative": "since the first timestep of each run was written",
}


def look(number: int) -> str:
    """Return the classes of the `number`-th run's line.

    >>> look(1), look(7)
    ('run1', 'run1 dash1')
    """
    dash = number // COLOURS % DASHES
    return f"run{number % COLOURS}" + (f" dash{dash}" if dash else "")


def overlays(runs: Sequence[ComparedRun]) -> list[str]:
    """Return a chart for each axis that some run can be drawn on."""
    return [drawn for axis in AXES if (drawn := _overlay(runs, axis))]


def _overlay(runs: Sequence[ComparedRun], axis: Axis) -> str:
    series = [one.series[axis] for one in runs]
    places = [buckets.x_start.astype(np.float64) for buckets in series]
    known = [x[np.isfinite(x)] for x in places]
    ends = [float(x.max()) for x in known if x.size]
    lows = np.concatenate([buckets.min for buckets in series])
    if not ends or not np.isfinite(lows).any():
        return ""
    # Files that were copied have one time: nothing is seen by it.
    begin = min(float(x.min()) for x in known if x.size)
    if max(ends) <= begin:
        return ""
    plot = Plot(WIDE, HEIGHT)
    x = Scale(begin, max(ends), plot.left, plot.right)
    y = _y(plot, series, with_bands=len(runs) <= BANDS_MAX)
    rows = list(zip(places, series, strict=True))
    if len(runs) <= BANDS_MAX:
        for number, (at, buckets) in enumerate(rows):
            columns = (at, buckets.min, buckets.max)
            xs, low, high = (_with_gaps(column, buckets) for column in columns)
            plot.marks.append(
                band(x.place(xs), y[0].place(low), y[0].place(high), f"over {look(number)}")
            )
    for number, (at, buckets) in enumerate(rows):
        xs, mean = _with_gaps(at, buckets), _with_gaps(buckets.mean, buckets)
        plot.marks.append(line(x.place(xs), y[0].place(mean), look(number)))
    legend = [
        Legend(look(number), one.label, _last(one.series[axis].mean))
        for number, one in enumerate(runs)
        if known[number].size
    ]
    ticks = count_ticks(x) if axis == "step" else duration_ticks(x)
    told = "; ".join(f"{one.name} ends at {number_text(one.value or 0.0)}" for one in legend)
    svg = plot.svg((x, ticks), y, f"{AXES[axis]}: {told}")
    note = _NOTES[axis]
    if len(runs) > BANDS_MAX:
        note += "; means only"
    return figure(AXES[axis], note, legend, svg)


def _with_gaps(column: Floats, buckets: Buckets) -> Floats:
    """Return a column with NaN between two attempts, and where places go back."""
    starts = buckets.x_start
    breaks = np.flatnonzero((np.diff(buckets.attempt) != 0) | (np.diff(starts) < 0)) + 1
    return np.insert(column.astype(np.float64), breaks, np.nan)


def _y(plot: Plot, series: Sequence[Buckets], *, with_bands: bool) -> tuple[Scale, list[Tick]]:
    if with_bands:
        lows = np.concatenate([buckets.min for buckets in series])
        highs = np.concatenate([buckets.max for buckets in series])
    else:
        lows = highs = np.concatenate([buckets.mean for buckets in series])
    low, high = float(np.nanmin(lows)), float(np.nanmax(highs))
    scale = value_scale(low, high, plot.bottom, TOP, is_log=is_log(low, high))
    return scale, value_ticks(scale)


def _last(values: Floats) -> float | None:
    finite = values[np.isfinite(values)]
    return float(finite[-1]) if finite.size else None
