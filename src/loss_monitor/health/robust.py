"""Robust comparison of a series with its own recent past.

Enters: a positive series, a window. Leaves: for each entry, how many robust deviations its
logarithm lies above the median of the entries before it. Losses fall over decades and their
noise is multiplicative, so the logarithm is what has a steady scale; the median and the
median absolute deviation (times 1.4826, which makes it the deviation of a normal
distribution) are not moved by the outliers that are looked for.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from loss_monitor.types import Floats

_TO_DEVIATION = 1.4826
_AT_ONCE = 4096
"""Windows that are sorted at a time: bounds the memory of a long run."""


def excess(
    series: Floats, first: int, window: int, least: int, floor: float
) -> tuple[Floats, Floats]:
    """Return robust deviations and medians for the entries from `first` on.

    `series` is float64 of shape (n,), entries that are not positive count as missing. Of each
    entry the `window` before it are looked at; with fewer than `least` of them the deviation is
    0. `floor` is the least deviation of the logarithm that is believed. Both results have
    shape (n - first,); a median is NaN where it is unknown.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.where(series > 0, np.log(series), np.nan)
    low = max(0, first - window)
    padded = np.concatenate([np.full(window - (first - low), np.nan), logs[low:]])
    deviations = np.zeros(len(series) - first)
    medians = np.full(len(series) - first, np.nan)
    before = sliding_window_view(padded[:-1], window) if len(padded) > window else None
    for start in range(0, len(deviations), _AT_ONCE):
        if before is None:
            break
        stop = min(start + _AT_ONCE, len(deviations))
        part = before[start:stop]
        known = np.count_nonzero(~np.isnan(part), axis=1)
        enough = known >= least
        if not enough.any():
            continue
        chosen = part[enough]
        centre = _median(chosen)
        scale = _TO_DEVIATION * _median(np.abs(chosen - centre[:, None]))
        now = logs[first + start : first + stop][enough]
        at = np.flatnonzero(enough) + start
        deviations[at] = np.nan_to_num((now - centre) / np.maximum(scale, floor))
        medians[at] = np.exp(centre)
    return deviations, medians


def _median(rows: Floats) -> Floats:
    """Return the median of each row, NaN left out; every row has a number."""
    ordered = np.sort(rows, axis=1)  # NaN comes last.
    known = np.count_nonzero(~np.isnan(ordered), axis=1)
    row = np.arange(len(rows))
    result: Floats = (ordered[row, (known - 1) // 2] + ordered[row, known // 2]) / 2
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
