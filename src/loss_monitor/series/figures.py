"""Figures of a run: the numbers of `/api/loss/statistics`, cards and tables.

Enters: a run, and how many of its newest timesteps count. Leaves: `Figures`, percentiles.
All are over finite losses, exact, and merged over the timesteps in their order, so that the
order of arrival changes no bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, sqrt
from typing import Literal

import numpy as np

from loss_monitor.series.run import Run
from loss_monitor.series.window import first_timestep, sorted_from
from loss_monitor.statistics import moments, quantiles, regression
from loss_monitor.types import Floats

RECENT_TIMESTEPS = 100
"""Timesteps over which the recent trend is taken."""
PERCENTILES = (25, 50, 75, 90, 95, 99)
# Two standard errors: a slope that chance alone gives in one of twenty windows at most.
_FLAT_STANDARD_ERRORS = 2.0

Trend = Literal["decreasing", "increasing", "unknown"]
RecentTrend = Literal["decreasing", "increasing", "flat", "unknown"]


@dataclass(frozen=True, slots=True)
class Figures:
    """Statistics of a run; None where there is no finite value to take them from."""

    total_batches: int
    """NaN and infinity included."""
    total_timesteps: int
    finite_batches: int
    nan_batches: int
    inf_batches: int
    overall_mean: float | None
    overall_std: float | None
    """Population standard deviation."""
    overall_min: float | None
    overall_max: float | None
    percentile_25: float | None
    percentile_50: float | None
    percentile_75: float | None
    percentile_90: float | None
    percentile_95: float | None
    percentile_99: float | None
    trend: Trend
    trend_slope: float | None
    """Loss per batch, least squares; every batch counts in the index."""
    trend_r2: float | None
    recent_trend: RecentTrend
    """Of the newest `RECENT_TIMESTEPS`; flat where the slope is below two standard errors."""
    recent_slope: float | None
    recent_r2: float | None
    first_loss: float | None
    """First finite loss."""
    latest_loss: float | None
    """Last finite loss."""
    improvement: float | None
    """First less latest loss."""
    improvement_relative: float | None
    """Share of the first loss; None where that is 0."""
    best_loss: float | None
    """Least loss of any batch."""
    best_timestamp: str | None
    """Label of the timestep that `best_loss` is in, the first of equals."""
    best_mean: float | None
    """Least mean of any timestep."""
    best_mean_timestamp: str | None


def figures(run: Run, last: int | None = None) -> Figures:
    """Return the figures of the newest `last` timesteps (None: of all).

    Worked out once for each version; on ten million losses in about 2 ms once the leaves'
    sorted copies exist.
    """
    first = first_timestep(run, last)
    return run.answer(("figures", first), lambda: _figures(run, first))


def percentiles(run: Run, q: Sequence[float], last: int | None = None) -> Floats:
    """Return the percentiles `q` (0 to 100) of the newest `last` timesteps' finite losses.

    float64 of shape (len(q),), as `numpy.percentile` gives them; NaN where there are none.
    """
    return _percentiles(run, q, first_timestep(run, last))


def _percentiles(run: Run, q: Sequence[float], first: int) -> Floats:
    start = int(run.table.start[first]) if first < run.n_timesteps else run.n_values
    return quantiles.percentiles(sorted_from(run, start), q)


def _figures(run: Run, first: int) -> Figures:
    table = run.table
    finite = table.finite[first:]
    means, lows = table.mean[first:], table.min[first:]
    whole = moments.merge(finite, means, table.m2[first:])
    filled = np.flatnonzero(finite)
    line = _line(run, first)
    recent = _line(run, max(first, run.n_timesteps - RECENT_TIMESTEPS))
    p25, p50, p75, p90, p95, p99 = map(_number, _percentiles(run, PERCENTILES, first))
    any_finite = filled.size > 0
    first_loss = _finite_value(run, first + int(filled[0]), 0) if any_finite else None
    latest_loss = _finite_value(run, first + int(filled[-1]), -1) if any_finite else None
    improvement = _difference(first_loss, latest_loss)
    # argmin takes NaN for the least of all, so timesteps without a finite loss stay out.
    best = int(filled[np.argmin(lows[filled])]) if any_finite else None
    best_mean = int(filled[np.argmin(means[filled])]) if any_finite else None
    return Figures(
        total_batches=int(table.count[first:].sum()),
        total_timesteps=run.n_timesteps - first,
        finite_batches=whole.finite,
        nan_batches=int(table.nan[first:].sum()),
        inf_batches=int(table.inf[first:].sum()),
        overall_mean=_number(whole.mean),
        overall_std=_number(sqrt(whole.m2 / whole.finite)) if any_finite else None,
        overall_min=None if best is None else float(lows[best]),
        overall_max=float(table.max[first:][filled].max()) if any_finite else None,
        percentile_25=p25,
        percentile_50=p50,
        percentile_75=p75,
        percentile_90=p90,
        percentile_95=p95,
        percentile_99=p99,
        trend=_trend(line),
        trend_slope=_number(line.slope) if line else None,
        trend_r2=_number(line.r2) if line else None,
        recent_trend=_recent_trend(recent),
        recent_slope=_number(recent.slope) if recent else None,
        recent_r2=_number(recent.r2) if recent else None,
        first_loss=first_loss,
        latest_loss=latest_loss,
        improvement=improvement,
        improvement_relative=_relative(improvement, first_loss),
        best_loss=None if best is None else float(lows[best]),
        best_timestamp=None if best is None else run.label_of(first + best),
        best_mean=None if best_mean is None else float(means[best_mean]),
        best_mean_timestamp=None if best_mean is None else run.label_of(first + best_mean),
    )


def _line(run: Run, first: int) -> regression.Line | None:
    table = run.table
    return regression.fit(
        table.finite[first:],
        table.start[first:],
        table.slope_sums(first),
        table.mean[first:],
        table.m2[first:],
    )


def _trend(line: regression.Line | None) -> Trend:
    if line is None or line.slope == 0:
        return "unknown"
    return "decreasing" if line.slope < 0 else "increasing"


def _recent_trend(line: regression.Line | None) -> RecentTrend:
    if line is None:
        return "unknown"
    if line.slope == 0 or abs(line.slope) < _FLAT_STANDARD_ERRORS * line.standard_error:
        return "flat"
    return _trend(line)


def _finite_value(run: Run, index: int, which: int) -> float:
    values = run.values_of(index)
    return float(values[np.flatnonzero(np.isfinite(values))[which]])


def _difference(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else _number(one - other)


def _relative(improvement: float | None, first: float | None) -> float | None:
    return _number(improvement / abs(first)) if improvement is not None and first else None


def _number(value: float) -> float | None:
    """Return a plain float, None for what JSON cannot say."""
    return float(value) if isfinite(value) else None
