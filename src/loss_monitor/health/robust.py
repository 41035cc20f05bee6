"""Robust comparison of a series with its own recent past.

Enters: a positive series, a window. Leaves: for each entry, how many robust deviations its
logarithm lies above the median of the entries before it, and what was usual. Losses fall over
decades and their noise is multiplicative, so the logarithm is what has a steady scale; the
median and the median absolute deviation (times 1.4826, which makes it the deviation of a normal
distribution) are not moved by the outliers that are looked for.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from loss_monitor.types import Floats

_TO_DEVIATION = 1.4826
_AT_ONCE = 4096
"""Windows that are sorted at a time: bounds the memory of a long run."""


class Past(NamedTuple):
    """How entries compare with those before them; arrays of one entry each."""

    deviations: Floats
    """Robust deviations of the logarithm above the median before; 0 where unknown."""
    median: Floats
    """NaN where unknown."""
    upper: Floats
    """What nine of ten entries before did not exceed; NaN where unknown."""


def compared(series: Floats, first: int, window: int, least: int, floor: float) -> Past:
    """Return how the entries from `first` on compare with the `window` before each.

    `series` is float64 of shape (n,), entries that are not positive count as missing. With
    fewer than `least` entries before it nothing is known. `floor` is the least deviation of the
    logarithm that is believed. The results have shape (n - first,).
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.where(series > 0, np.log(series), np.nan)
    low = max(0, first - window)
    padded = np.concatenate([np.full(window - (first - low), np.nan), logs[low:]])
    size = len(series) - first
    past = Past(np.zeros(size), np.full(size, np.nan), np.full(size, np.nan))
    rows = sliding_window_view(padded[:-1], window) if len(padded) > window else None
    for start in range(0, size if rows is not None else 0, _AT_ONCE):
        assert rows is not None
        part = np.sort(rows[start : start + _AT_ONCE], axis=1)  # NaN comes last.
        known = np.count_nonzero(~np.isnan(part), axis=1)
        enough = known >= least
        if not enough.any():
            continue
        part, known = part[enough], known[enough]
        row, at = np.arange(len(part)), np.flatnonzero(enough) + start
        centre = (part[row, (known - 1) // 2] + part[row, known // 2]) / 2
        scale = _TO_DEVIATION * _median(np.abs(part - centre[:, None]))
        past.deviations[at] = np.nan_to_num((logs[first + at] - centre) / np.maximum(scale, floor))
        past.median[at] = np.exp(centre)
        past.upper[at] = np.exp(part[row, (9 * (known - 1)) // 10])
    return past


def _median(rows: Floats) -> Floats:
    """Return the median of each row, NaN left out; every row has a number."""
    ordered = np.sort(rows, axis=1)  # NaN comes last.
    known = np.count_nonzero(~np.isnan(ordered), axis=1)
    row = np.arange(len(rows))
    # Halved first, since the sum of two losses may be more than any number.
    result: Floats = ordered[row, (known - 1) // 2] / 2 + ordered[row, known // 2] / 2
    return result


def running_median(series: Floats, first: int, window: int) -> Floats:
    """Return the median of the last `window` entries up to each one, from `first` on.

    NaN where an entry is missing throughout; float64 of shape (n - first,).
    """
    low = max(0, first - window + 1)
    padded = np.concatenate([np.full(window - 1 - (first - low), np.nan), series[low:]])
    if len(padded) < window:
        return np.full(len(series) - first, np.nan)
    rows = sliding_window_view(padded, window)
    result = np.full(len(rows), np.nan)
    for start in range(0, len(rows), _AT_ONCE):
        part = rows[start : start + _AT_ONCE]
        some = ~np.isnan(part).all(axis=1)
        if some.any():
            result[start : start + _AT_ONCE][some] = _median(part[some])
    return result
