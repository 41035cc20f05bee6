"""Rule `non-finite`: losses that are NaN or infinite."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np

from loss_monitor.health.rule import Judged, Limits, Told
from loss_monitor.health.words import evidence_at
from loss_monitor.series.run import Run


class NonFinite:
    """Any loss of a timestep that is no finite number."""

    name = "non-finite"
    summary = "a loss is NaN or infinite"
    limits: Limits = MappingProxyType({})
    calm = 3

    def judge(self, run: Run, first: int, limits: Limits) -> Judged:
        """Return the opinion of the timesteps from index `first` on."""
        del limits
        count, finite = run.table.count[first:], run.table.finite[first:]
        bad = finite < count
        return Judged(bad, (finite == count) & (count > 0), (count - finite).astype(np.float64))

    def tell(self, run: Run, worst: int, limits: Limits) -> Told:
        """Return how many losses, and the first of them."""
        del limits
        values = run.values_of(worst)
        broken = np.flatnonzero(~np.isfinite(values))
        infinite = int(np.isinf(values).sum())
        words = "infinite" if infinite == len(broken) else "NaN or infinite" if infinite else "NaN"
        batch = int(broken[0])
        verb = "is" if len(broken) == 1 else "are"
        return Told(
            f"{len(broken):,} of {len(values):,} losses {verb} {words}",
            evidence_at(run, worst, batch, (float(values[batch]),)),
            "error" if len(broken) == len(values) else "warning",
        )
