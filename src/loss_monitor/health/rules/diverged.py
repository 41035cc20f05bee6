"""Rule `diverged`: the mean loss has left its best level for good."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from loss_monitor.health.robust import running_median
from loss_monitor.health.rule import Judged, Limits, Told
from loss_monitor.health.words import evidence_at, number
from loss_monitor.series.run import Run
from loss_monitor.types import Floats

WINDOW = 10
"""Timesteps whose median is the level: a spike of fewer than half of them does not move it."""
MEMORY = 1000
"""Timesteps back among which the best level is looked for."""


class Diverged:
    """The median mean loss of the newest timesteps against the best one before."""

    name = "diverged"
    summary = "the mean loss has risen far above its best level, or above where it began"
    limits: Limits = MappingProxyType({"factor": 10.0, "factor_untrained": 3.0})
    calm = 10

    def judge(self, run: Run, first: int, limits: Limits) -> Judged:
        """Return the opinion of the timesteps from index `first` on."""
        level, best, start = _levels(run, first)
        with np.errstate(divide="ignore", invalid="ignore"):
            times = np.where((level > 0) & (best > 0), level / best, np.nan)
        begun = np.arange(first, run.n_timesteps) >= WINDOW
        untrained = begun & (times > limits["factor_untrained"]) & (level > start)
        bad = (times > limits["factor"]) | untrained
        return Judged(bad, times < 2.0, np.nan_to_num(times))

    def tell(self, run: Run, worst: int, limits: Limits) -> Told:
        """Return the level and the best one."""
        del limits
        level, best, _ = (float(np.ravel(part)[0]) for part in _levels(run, worst, worst + 1))
        return Told(
            f"the mean loss is {number(level)}, {level / best:.0f} times its best level "
            f"of {number(best)}",
            evidence_at(run, worst, None, (level, best)),
            "error",
        )


def _levels(run: Run, first: int, stop: int | None = None) -> tuple[Floats, Floats, float]:
    """Return level and best level before for each timestep, and the level at the beginning."""
    means = run.table.mean[:stop]
    low = max(0, first - MEMORY + 1)
    level = running_median(means, low, WINDOW)
    # The first losses of an untrained network may be anything: a level takes a whole window.
    level[: max(0, WINDOW - 1 - low)] = np.nan
    padded = np.concatenate([np.full(MEMORY - 1 - (first - low), np.inf), level])
    rows = sliding_window_view(np.where(padded > 0, padded, np.inf), MEMORY)
    best = rows.min(axis=1)
    start = float(running_median(means[:WINDOW], 0, WINDOW)[-1]) if len(means) >= WINDOW else np.inf
    return level[first - low :], np.where(np.isfinite(best), best, np.nan), start
