"""Histograms of values that lie in sorted arrays.

Enters: sorted arrays and a scale. Leaves: edges and counts. Bins are half-open, the last one
closed, as in `numpy.histogram`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from loss_monitor.statistics.quantiles import Pivots
from loss_monitor.statistics.sorting import SortedValues
from loss_monitor.types import Floats, Ints

_LARGEST = float(np.finfo(np.float64).max)


def linear_edges(low: float, high: float, bins: int) -> Floats:
    """Return `bins` + 1 evenly spaced edges from `low` to `high`; float64.

    Where both are one value, the bins lie half of it (or 0.5 round zero) to either side.
    """
    if low == high:
        half = abs(low) / 2 or 0.5
        low, high = max(low - half, -_LARGEST), min(high + half, _LARGEST)
    if max(abs(low), abs(high)) < _LARGEST / 4:
        return np.linspace(low, high, bins + 1)
    share = np.linspace(0.0, 1.0, bins + 1)
    return low * (1 - share) + high * share


def log_edges(low: float, high: float, bins: int) -> Floats:
    """Return `bins` + 1 edges in equal ratios from `low` to `high`, both above 0; float64.

    Where both are one value, the bins lie a factor of 2 to either side.
    """
    if low == high:
        low, high = low / 2 or low, min(high * 2, _LARGEST)
    edges = np.exp(np.linspace(np.log(low), np.log(high), bins + 1))
    # Rounding must neither lose the extremes nor put an inner edge beyond them.
    edges = np.clip(edges, low, high)
    edges[0], edges[-1] = low, high
    return edges


def count_sorted(arrays: Sequence[SortedValues], edges: Floats) -> Ints:
    """Return the number of values in each bin; int64, shape (len(edges) - 1,)."""
    pivots, end = Pivots(edges[:-1]), Pivots(edges[-1:])
    below = np.zeros(len(edges), dtype=np.int64)
    for array in arrays:
        below[:-1] += pivots.count_below(array)
        below[-1:] += end.count_up_to(array)
    return np.diff(below)
