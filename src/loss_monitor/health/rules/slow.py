"""Rule `slow`: timesteps take much longer than they used to."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np

from loss_monitor.health.robust import compared, running_median
from loss_monitor.health.rule import Judged, Limits, Told
from loss_monitor.health.words import duration, evidence_at
from loss_monitor.series.run import Run
from loss_monitor.types import Floats, Ints

RECENT = 10
WINDOW = 100
LEAST = 30


class Slow:
    """The median interval of the newest timesteps against the usual one before."""

    name = "slow"
    summary = "timesteps take much longer than they used to"
    limits: Limits = MappingProxyType({"factor": 3.0, "least_s": 1.0})
    calm = 5

    def judge(self, run: Run, first: int, limits: Limits) -> Judged:
        """Return the opinion of the timesteps from index `first` on."""
        recent, usual = _intervals(run.table.wall_time, run.table.attempt, first)
        with np.errstate(divide="ignore", invalid="ignore"):
            times = np.nan_to_num(recent / usual)
        bad = (times > limits["factor"]) & (recent - usual > limits["least_s"])
        return Judged(bad, times < (1.0 + limits["factor"]) / 2, times)

    def tell(self, run: Run, worst: int, limits: Limits) -> Told:
        """Return both intervals."""
        del limits
        table, stop = run.table, worst + 1
        recent, usual = _intervals(table.wall_time[:stop], table.attempt[:stop], worst)
        return Told(
            f"a timestep takes {duration(float(recent[0]))}, usually {duration(float(usual[0]))}",
            evidence_at(run, worst, None, (float(recent[0]), float(usual[0]))),
            "warning",
        )


def _intervals(walls: Floats, attempts: Ints, first: int) -> tuple[Floats, Floats]:
    """Return recent and usual interval in seconds for each timestep, NaN where unknown."""
    gaps = np.full(len(walls), np.nan)
    gaps[1:] = np.where(attempts[1:] == attempts[:-1], np.diff(walls), np.nan)
    gaps[~(gaps > 0)] = np.nan
    recent = running_median(gaps, first, RECENT)
    # What is usual was usual before the newest ones, or slowness would hide itself.
    lead = max(0, first - RECENT)
    usual = compared(gaps[: len(gaps) - RECENT], lead, WINDOW, LEAST, 0.1).median
    missing = (len(walls) - first) - len(usual)
    usual = np.concatenate([np.full(max(0, missing), np.nan), usual])[-len(recent) :]
    return recent, usual
