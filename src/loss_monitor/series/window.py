"""Finite values of a stretch of a run, as sorted arrays.

Enters: a run and the position of a first value. Leaves: the sorted copies that its leaves
keep, and one more of the leaf that the stretch begins in.
"""

from __future__ import annotations

from loss_monitor.series.run import Run
from loss_monitor.statistics.sorting import SortedValues, sorted_finite


def sorted_from(run: Run, start: int) -> list[SortedValues]:
    """Return all finite values from position `start` on, in one sorted array a leaf."""
    arrays = []
    offset = run.n_values
    for leaf in reversed(run.leaves):
        if offset <= start:
            break
        offset -= leaf.values.size
        if offset >= start:
            arrays.append(leaf.sorted)
        else:
            arrays.append(sorted_finite(leaf.values[start - offset :]))
    return arrays[::-1]


def first_timestep(run: Run, last: int | None) -> int:
    """Return the index of the first of the newest `last` timesteps (None: of all)."""
    return 0 if last is None else max(0, run.n_timesteps - last)
