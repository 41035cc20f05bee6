"""The moving average of a run's losses, over all of them.

Enters: a run, a weight, places. Leaves: the average there. Leaves of the run keep their sums,
so that an update costs the leaf that it changed.
"""

from __future__ import annotations

from loss_monitor.series.run import Run
from loss_monitor.statistics.distinct import distinct_places
from loss_monitor.statistics.smoothing import averages_at, part_sums
from loss_monitor.types import Floats, Ints


def smoothed_batches(run: Run, weight: float, positions: Ints) -> Floats:
    """Return the average of all batches up to those at strictly rising `positions`."""
    sums = [leaf.smoothing.of(weight) for leaf in run.leaves]
    return averages_at(run.parts, sums, weight, positions)


def smoothed_timesteps(run: Run, weight: float, indices: Ints) -> Floats:
    """Return the average of the means of all timesteps up to those at `indices`, in any order."""
    means = run.table.mean
    rising, places = distinct_places(indices)
    return averages_at([means], [part_sums(means, weight)], weight, rising)[places]
