"""Counts, means, deviations and extremes of many short stretches of values at once.

Enters: values laid end to end and the length of each segment. Leaves: arrays with one entry
per segment. The figures of a segment depend on its own values only, to the last bit, whatever
lies beside it: this is what makes a run independent of the order in which it arrived.
Formulas: T. F. Chan, G. H. Golub, R. J. LeVeque, "Algorithms for computing the sample
variance", The American Statistician 37 (1983), in their form for many parts.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from loss_monitor.types import Floats, Ints

# Scaling by a power of two is exact; 2**64 leaves room for sums of 2**64 largest doubles.
_SUM_SCALE = 2.0**-64
_MERGE_PARTS = 8_192


class Segments(NamedTuple):
    """Finite values of consecutive segments, and what was left out of each."""

    values: Floats
    """Finite values of all segments, in order; float64, shape (finite values,)."""
    counts: Ints
    """Values of each segment, non-finite included; int64, shape (segments,)."""
    finite: Ints
    """Finite values of each segment; int64, shape (segments,)."""
    nan: Ints
    """NaN of each segment; int64, shape (segments,)."""
    positions: Floats | None
    """Place of each finite value in its segment, from 0; None where all are finite."""
    filled: Ints
    """Indices of the segments that hold a finite value."""
    starts: Ints
    """Index in `values` of the first value of each filled segment."""


class Moments(NamedTuple):
    """Per segment: NaN where it holds no finite value."""

    finite: Ints
    mean: Floats
    m2: Floats
    """Sum of squared deviations from the mean; infinity where it exceeds float64."""
    min: Floats
    max: Floats

    def rows(self, rows: slice | Ints) -> Moments:
        """Return the moments of some of the segments."""
        return Moments(
            self.finite[rows], self.mean[rows], self.m2[rows], self.min[rows], self.max[rows]
        )


class Merged(NamedTuple):
    """Moments of several segments taken as one."""

    finite: int
    mean: float
    """NaN where nothing is finite."""
    m2: float


def split(values: Floats, counts: Ints) -> Segments:
    """Return the finite values of segments of `counts` values each.

    `values` is float64 of shape (sum of counts,); segments may be empty.
    """
    mask = np.isfinite(values)
    if mask.all():
        filled, starts = _filled(counts)
        none = np.zeros(len(counts), dtype=np.int64)
        return Segments(values, counts, counts, none, None, filled, starts)
    size = len(counts)
    segment = np.repeat(np.arange(size), counts)
    first = np.repeat(np.cumsum(counts) - counts, counts)
    finite = np.bincount(segment[mask], minlength=size)
    nan = np.bincount(segment[np.isnan(values)], minlength=size)
    positions = (np.arange(values.size) - first)[mask].astype(np.float64)
    return Segments(values[mask], counts, finite, nan, positions, *_filled(finite))


def _filled(finite: Ints) -> tuple[Ints, Ints]:
    filled = finite.nonzero()[0]
    return filled, (finite.cumsum() - finite)[filled]


def describe(segments: Segments) -> Moments:
    """Return the moments of each segment; arrays of shape (segments,)."""
    size = len(segments.counts)
    mean, m2, low, high = np.full((4, size), np.nan)
    filled = segments.filled
    if filled.size:
        starts, finite = segments.starts, segments.finite[filled]
        values = segments.values
        # Which of 0.0 and -0.0 is the less is left open; adding zero makes both 0.0.
        least = np.minimum.reduceat(values, starts) + 0.0
        most = np.maximum.reduceat(values, starts) + 0.0
        with np.errstate(over="ignore", invalid="ignore"):
            centre = np.add.reduceat(values, starts) / finite
            if not np.isfinite(centre).all():
                scaled = np.add.reduceat(values * _SUM_SCALE, starts) / finite
                centre = np.where(np.isfinite(centre), centre, scaled / _SUM_SCALE)
            # Rounding may put the mean of equal values an ulp beside them.
            centre = np.minimum(np.maximum(centre, least), most) + 0.0
            deviations = values - centre.repeat(finite)
            m2[filled] = np.add.reduceat(deviations * deviations, starts)
        mean[filled], low[filled], high[filled] = centre, least, most
    return Moments(segments.finite, mean, m2, low, high)


def merge(finite: Ints, mean: Floats, m2: Floats) -> Merged:
    """Return the moments of all segments together, merged in the order given.

    Arrays of shape (segments,); segments without a finite value are passed over.
    """
    filled = finite > 0
    if not filled.all():
        finite, mean, m2 = finite[filled], mean[filled], m2[filled]
    if not finite.size:
        return Merged(0, np.nan, np.nan)
    total = int(finite.sum())
    with np.errstate(over="ignore", invalid="ignore"):
        # Sums of differences from one of the means lose less than sums of the means.
        centre = mean[0] + float((finite * (mean - mean[0])).sum()) / total
        if not np.isfinite(centre):
            centre = float((mean * (finite / total)).sum())
        centre = min(max(centre, float(mean.min())), float(mean.max()))
        squares = float((m2 + finite * (mean - centre) ** 2).sum())
    return Merged(total, float(centre), squares)


def merge_groups(parts: Moments, starts: Ints) -> Moments:
    """Return the moments of consecutive groups of segments.

    `starts` is the index of each group's first segment, strictly rising from 0.
    """
    size = len(parts.finite)
    # In pieces whose intermediate arrays the allocator keeps: larger ones go back to the
    # system each time, and faulting their pages in again takes most of the time.
    cuts = [*np.searchsorted(starts, np.arange(0, size, _MERGE_PARTS)).tolist(), len(starts)]
    done = []
    for first, stop in pairwise(cuts):
        if first < stop:
            low = int(starts[first])
            high = int(starts[stop]) if stop < len(starts) else size
            done.append(_merge_groups(parts.rows(slice(low, high)), starts[first:stop] - low))
    return Moments(*(np.concatenate(columns) for columns in zip(*done, strict=True)))


def _merge_groups(parts: Moments, starts: Ints) -> Moments:
    finite = np.add.reduceat(parts.finite, starts)
    sizes = np.diff(starts, append=len(parts.finite))
    holds = parts.finite > 0
    means = np.where(holds, parts.mean, 0.0)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        # fmin and fmax pass over the NaN of segments without a finite value.
        low = np.fmin.reduceat(parts.min, starts)
        high = np.fmax.reduceat(parts.max, starts)
        weights = parts.finite / np.repeat(finite, sizes)
        mean = np.add.reduceat(np.where(holds, weights * means, 0.0), starts)
        mean = np.clip(mean, low, high)
        offsets = means - np.repeat(mean, sizes)
        squares = np.where(holds, parts.m2 + parts.finite * offsets * offsets, 0.0)
        m2 = np.add.reduceat(squares, starts)
    none = finite == 0
    mean[none] = np.nan
    m2[none] = np.nan
    return Moments(finite, mean, m2, low, high)
