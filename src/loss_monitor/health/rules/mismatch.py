"""Rule `mismatch`: a summary file disagrees with the losses it sums up."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np

from loss_monitor.health.rule import Judged, Limits, Told
from loss_monitor.health.words import evidence_at
from loss_monitor.parse.summary import mismatches
from loss_monitor.series.run import Run


class Mismatch:
    """The figures of a timestep's summary against those of its losses."""

    name = "mismatch"
    summary = "a timestep's summary disagrees with its losses beyond the printed precision"
    limits: Limits = MappingProxyType({})
    calm = 3

    def judge(self, run: Run, first: int, limits: Limits) -> Judged:
        """Return the opinion of the timesteps from index `first` on."""
        del limits
        size = run.n_timesteps - first
        bad = np.zeros(size, dtype=np.bool_)
        start = 0
        for leaf in run.leaves:
            stop = start + len(leaf)
            for row in range(max(0, first - start), len(leaf)):
                # A training that was not stopped writes the summary last: no summary is no fault.
                pairs = leaf.facts.summary(row)
                if pairs:
                    bad[start + row - first] = bool(mismatches(pairs, leaf.values_of(row)))
            start = stop
        return Judged(bad, ~bad, bad.astype(np.float64))

    def tell(self, run: Run, worst: int, limits: Limits) -> Told:
        """Return the names that disagree."""
        del limits
        timestep = run.timestep(worst)
        names = mismatches(timestep.summary, timestep.values)
        return Told(
            f"the summary disagrees with the losses: {', '.join(names)}",
            evidence_at(run, worst, None, ()),
            "warning",
        )
