"""Rule `boundary-jump`: the first loss of a timestep far above the last one before it.

The network meets the next model time's data for the first time there; a jump beyond what is
usual between timesteps says that data, not the training, changed.
"""

from __future__ import annotations

from types import MappingProxyType

import numpy as np

from loss_monitor.health.robust import compared
from loss_monitor.health.rule import Judged, Limits, Told
from loss_monitor.health.words import evidence_at, number
from loss_monitor.series.run import Run
from loss_monitor.types import Floats

WINDOW = 50
LEAST = 20
FLOOR = 0.1


class BoundaryJump:
    """The ratio of a timestep's first loss to the last of the timestep before."""

    name = "boundary-jump"
    summary = "the first loss of a timestep is far above the last of the timestep before"
    limits: Limits = MappingProxyType({"deviations": 8.0, "factor": 3.0})
    calm = 3

    def judge(self, run: Run, first: int, limits: Limits) -> Judged:
        """Return the opinion of the timesteps from index `first` on."""
        ratios = _ratios(run)
        past = compared(ratios, first, WINDOW, LEAST, FLOOR)
        beyond = ratios[first:] > limits["factor"] * np.maximum(past.upper, 1.0)
        bad = (past.deviations > limits["deviations"]) & beyond
        return Judged(bad, past.deviations < limits["deviations"] / 2, past.deviations)

    def tell(self, run: Run, worst: int, limits: Limits) -> Told:
        """Return both losses."""
        del limits
        value, before = float(run.table.first[worst]), float(run.table.last[worst - 1])
        return Told(
            f"the first loss is {number(value)}, {value / before:.0f} times the last of the "
            "timestep before",
            evidence_at(run, worst, 0, (value, before)),
            "warning",
        )


def _ratios(run: Run) -> Floats:
    """Return the ratios, NaN where there is none: at the beginning of an attempt, among ranks."""
    table = run.table
    ratios = np.full(len(table), np.nan)
    if run.unit != "batch":
        return ratios
    same = table.attempt[1:] == table.attempt[:-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios[1:] = np.where(same, table.first[1:] / table.last[:-1], np.nan)
    ratios[~np.isfinite(ratios)] = np.nan
    return ratios
