"""Histograms of many steps over the same bins: what a heat map and its quantile lines need.

Enters: histograms of one tag, each with buckets of its own. Leaves: a `HistogramMap`. Within
a bucket values are taken to lie evenly, so that counts are split where a bin ends inside it;
no value is lost, and what lies beyond the bins is counted there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from loss_monitor.series.histograms import Histogram
from loss_monitor.statistics.histogram import linear_edges
from loss_monitor.types import Floats

Span = Literal["central", "all"]
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)

_TAIL = 0.005
"""Share of a step's values at either end that need not lie within the central span."""
_STEPS_TAIL = 0.02
"""Share of the steps whose spread may be passed over: one outburst must not flatten the rest."""
_WORTH_CUTTING = 2.0
"""The central span is used where all values take at least so many times its room."""


@dataclass(frozen=True, slots=True)
class HistogramMap:
    """Histograms over common bins; arrays of shape (steps, ...), steps in file order."""

    edges: Floats
    """Edges of the bins, shape (bins + 1,)."""
    counts: Floats
    """Values in each bin, shape (steps, bins); fractions where a bucket was split."""
    below: Floats
    """Values below the first edge."""
    above: Floats
    """Values above the last edge."""
    quantiles: Floats
    """Values of `QUANTILES`, shape (steps, 5); NaN for a histogram of nothing."""


def map_histograms(
    histograms: Sequence[Histogram], bins: int, span: Span = "central"
) -> HistogramMap:
    """Return `histograms` over `bins` even bins.

    `all` reaches from the least value to the greatest one; `central` leaves out the tails
    where these would take most of the room.
    """
    parts = [_Cumulative(one) for one in histograms]
    edges = linear_edges(*_span(parts, span), bins)
    rising = np.array([part.count_below(edges) for part in parts]).reshape(-1, bins + 1)
    total = np.array([part.total for part in parts])
    return HistogramMap(
        edges=edges,
        counts=np.diff(rising, axis=1),
        below=rising[:, 0],
        above=total - rising[:, -1],
        quantiles=np.array([part.values_at(np.array(QUANTILES)) for part in parts]).reshape(
            -1, len(QUANTILES)
        ),
    )


def quantiles_of(histograms: Sequence[Histogram]) -> Floats:
    """Return the values of `QUANTILES` of each, shape (steps, 5); NaN for one of nothing."""
    shares = np.array(QUANTILES)
    found = [_Cumulative(one).values_at(shares) for one in histograms]
    return np.array(found).reshape(-1, len(QUANTILES))


def choose_steps(total: int, most: int) -> list[int]:
    """Return at most `most` positions out of `total`, evenly apart; the newest is one of them.

    >>> choose_steps(10, 4)
    [0, 3, 6, 9]
    """
    if total <= most:
        return list(range(total))
    if most == 1:
        return [total - 1]
    return [round(place) for place in np.linspace(0, total - 1, most).tolist()]


class _Cumulative:
    """How many values of one histogram lie below any place."""

    def __init__(self, histogram: Histogram) -> None:
        """Take a histogram; counts below zero, which no writer means, are taken as zero."""
        counts = np.maximum(histogram.counts, 0.0)
        filled = np.flatnonzero(counts)
        first, last = (filled[0], filled[-1]) if filled.size else (0, 0)
        edges = histogram.edges[first : last + 2].copy()
        # The outer buckets of some writers reach to the largest double there is.
        if edges[0] < histogram.min <= edges[1]:
            edges[0] = histogram.min
        if edges[-2] <= histogram.max < edges[-1]:
            edges[-1] = histogram.max
        self.edges: Floats = edges
        self.below: Floats = np.concatenate([[0.0], np.cumsum(counts[first : last + 1])])
        self.total = float(self.below[-1])

    def count_below(self, places: Floats) -> Floats:
        """Return how many values lie below each of rising places; up to the last one."""
        counts: Floats = np.interp(places, self.edges, self.below)
        # A bucket of no width (all values are one) counts for the bin that it begins.
        first = np.searchsorted(self.edges, places, side="left")
        at_edge = (first < len(self.edges)) & (self.edges[first % len(self.edges)] == places)
        counts[at_edge] = self.below[first[at_edge]]
        if places[-1] >= self.edges[-1]:
            counts[-1] = self.total
        return counts

    def values_at(self, shares: Floats) -> Floats:
        """Return the values below which these shares of all values lie; NaN without any."""
        if self.total <= 0:
            return np.full(len(shares), np.nan)
        values: Floats = np.interp(shares * self.total, self.below, self.edges)
        return values


def _span(parts: Sequence[_Cumulative], span: Span) -> tuple[float, float]:
    filled = [part for part in parts if part.total > 0]
    if not filled:
        return 0.0, 0.0
    low = min(float(part.edges[0]) for part in filled)
    high = max(float(part.edges[-1]) for part in filled)
    if span == "all":
        return low, high
    ends = np.array([part.values_at(np.array([_TAIL, 1 - _TAIL])) for part in filled])
    least = float(np.quantile(ends[:, 0], _STEPS_TAIL))
    most = float(np.quantile(ends[:, 1], 1 - _STEPS_TAIL))
    if least < most and (high - low) >= _WORTH_CUTTING * (most - least):
        return least, most
    return low, high
