"""Histogram of a run's losses, of all of them.

Enters: a run, a number of bins, a scale, how many of the newest batches count. Leaves: edges
and counts. Counting goes over the sorted copies of the leaves: ten million losses in 1-2 ms.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from loss_monitor.series.run import Run
from loss_monitor.series.window import sorted_from
from loss_monitor.statistics.histogram import count_sorted, linear_edges, log_edges
from loss_monitor.statistics.sorting import SortedValues
from loss_monitor.types import Floats, Ints

Scale = Literal["linear", "log"]


@dataclass(frozen=True, slots=True)
class Distribution:
    """Counts between edges; with `left_out` they sum to the number of finite values."""

    edges: Floats
    """float64, shape (bins + 1,); shape (0,) where there is nothing to count."""
    counts: Ints
    """int64, shape (bins,)."""
    non_finite: int
    scale: Scale
    left_out: int = 0
    """Finite values that a log scale cannot show: zero and below."""


def distribution(
    run: Run, bins: int, scale: Scale = "linear", last: int | None = None
) -> Distribution:
    """Return the histogram of the newest `last` batches (None: of all) in `bins` bins.

    A log scale covers the values above zero.
    """
    start = 0 if last is None else max(0, run.n_values - last)
    question = ("distribution", bins, scale, start)
    return run.answer(question, lambda: _distribution(run, bins, scale, start))


def _distribution(run: Run, bins: int, scale: Scale, start: int) -> Distribution:
    arrays = [array for array in sorted_from(run, start) if array.size]
    finite = sum(array.size for array in arrays)
    non_finite = run.n_values - start - finite
    if scale == "log":
        arrays = [positive for array in arrays if (positive := _above_zero(array)).size]
    shown = sum(array.size for array in arrays)
    if not shown:
        nothing = np.zeros(0, dtype=np.int64)
        return Distribution(np.zeros(0), nothing, non_finite, scale, finite)
    low = min(float(array[0]) for array in arrays)
    high = max(float(array[-1]) for array in arrays)
    edges = (log_edges if scale == "log" else linear_edges)(low, high, bins)
    return Distribution(edges, count_sorted(arrays, edges), non_finite, scale, finite - shown)


def _above_zero(array: SortedValues) -> SortedValues:
    return array[int(array.searchsorted(array.dtype.type(0), side="right")) :]
