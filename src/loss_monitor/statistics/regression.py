"""Least-squares line of loss over batch index, from sums that can be merged.

Enters: segments of values (every value counts in the index, only finite ones enter the sums).
Leaves: centred sums per segment, and slope, R squared and standard error of them all.
Formulas: ordinary least squares in centred form; the parts merge as covariances do (Chan,
Golub and LeVeque, see `moments`).
"""

from __future__ import annotations

from math import isfinite, sqrt
from typing import NamedTuple

import numpy as np

from loss_monitor.statistics.moments import Segments
from loss_monitor.types import Floats, Ints


class CentredSums(NamedTuple):
    """Per segment, over its finite values; index counted from the segment's start."""

    x_mean: Floats
    """Mean index; NaN where nothing is finite."""
    xx: Floats
    """Sum of squared deviations of the index."""
    xy: Floats
    """Sum of products of the deviations of index and value."""


class Line(NamedTuple):
    """A fitted line."""

    slope: float
    """Change of value per index."""
    r2: float
    """Share of the variance explained, 0 to 1; NaN where all values are equal."""
    standard_error: float
    """Of the slope; 0 where two points leave no freedom."""


def centred_sums(segments: Segments, mean: Floats) -> CentredSums:
    """Return the sums of each segment; `mean` as `moments.describe` gives it."""
    size = len(segments.counts)
    x_mean, xx, xy = np.full((3, size), np.nan)
    filled = segments.filled
    if not filled.size:
        return CentredSums(x_mean, xx, xy)
    starts, finite = segments.starts, segments.finite[filled]
    if segments.positions is None:
        # Indices and their halves are exact in float64, so this equals the other way.
        x_mean[filled] = (finite - 1) / 2
        x = np.arange(segments.values.size) - (starts + x_mean[filled]).repeat(finite)
    else:
        x_mean[filled] = np.add.reduceat(segments.positions, starts) / finite
        x = segments.positions - x_mean[filled].repeat(finite)
        xx[filled] = np.add.reduceat(x * x, starts)
    whole = segments.finite == segments.counts
    # The closed form for unbroken segments: their bits must not depend on their neighbours.
    count = segments.counts[whole].astype(np.float64)
    xx[whole] = count * (count * count - 1) / 12
    xx[segments.finite == 0] = np.nan
    with np.errstate(over="ignore", invalid="ignore"):
        y = segments.values - mean[filled].repeat(finite)
        xy[filled] = np.add.reduceat(x * y, starts)
    return CentredSums(x_mean, xx, xy)


def fit(finite: Ints, start: Ints, sums: CentredSums, y_mean: Floats, y_m2: Floats) -> Line | None:
    """Return the line through all segments, merged in the order given.

    `start` is the index of each segment's first value. All arrays have shape (segments,).
    Returns None with fewer than two finite values, or where sums exceed float64.
    """
    filled = finite > 0
    if not filled.all():
        finite, start, y_mean, y_m2 = finite[filled], start[filled], y_mean[filled], y_m2[filled]
        sums = CentredSums(*(column[filled] for column in sums))
    total = int(finite.sum())
    if total < 2:
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        # Counting from the first segment keeps the numbers small.
        x = (start - start[0]) + sums.x_mean
        x = x - float((finite * x).sum()) / total
        y = y_mean - y_mean[0]
        y = y - float((finite * y).sum()) / total
        xx = float((sums.xx + finite * x * x).sum())
        xy = float((sums.xy + finite * x * y).sum())
        yy = float((y_m2 + finite * y * y).sum())
        if not (xx > 0 and isfinite(xy) and isfinite(yy) and isfinite(xx)):
            return None
        slope = xy / xx
        unexplained = max(0.0, yy - slope * xy)
        error = sqrt(unexplained / (total - 2) / xx) if total > 2 else 0.0
        r2 = min(1.0, max(0.0, 1.0 - unexplained / yy)) if yy > 0 else float("nan")
    return Line(slope, r2, error)
