"""Rule `spike`: one loss far above the greatest ones of the timesteps before."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np

from loss_monitor.health.robust import compared
from loss_monitor.health.rule import Judged, Limits, Told
from loss_monitor.health.words import evidence_at, number
from loss_monitor.series.run import Run

WINDOW = 50
"""Timesteps before, whose greatest losses are the measure."""
LEAST = 20
FLOOR = 0.05
"""Of the logarithm: a series steadier than 5 % is not believed to be that steady."""


class Spike:
    """The greatest loss of a timestep against those of the timesteps before."""

    name = "spike"
    summary = "one loss is far above the greatest of the timesteps before"
    limits: Limits = MappingProxyType({"deviations": 8.0, "factor": 3.0})
    calm = 3

    def judge(self, run: Run, first: int, limits: Limits) -> Judged:
        """Return the opinion of the timesteps from index `first` on."""
        greatest = run.table.max
        past = compared(greatest, first, WINDOW, LEAST, FLOOR)
        # Where losses have heavy tails, one in ten of the greatest is far off as well.
        beyond = greatest[first:] > limits["factor"] * past.upper
        bad = (past.deviations > limits["deviations"]) & beyond
        return Judged(bad, past.deviations < limits["deviations"] / 2, past.deviations)

    def tell(self, run: Run, worst: int, limits: Limits) -> Told:
        """Return the loss and what is usual."""
        del limits
        past = compared(run.table.max[: worst + 1], worst, WINDOW, LEAST, FLOOR)
        values = run.values_of(worst)
        batch = int(np.nanargmax(np.where(np.isfinite(values), values, -np.inf)))
        value, usual = float(values[batch]), float(past.median[0])
        return Told(
            f"a loss of {number(value)}, {value / usual:.0f} times the usual greatest",
            evidence_at(run, worst, batch, (value, usual)),
            "warning",
        )
