"""Rule `purge`: files are about to be deleted by the file system's own rule."""

from __future__ import annotations

from math import ceil
from types import MappingProxyType

import numpy as np

from loss_monitor.health.rule import Limits, Now, Told
from loss_monitor.types import Evidence

_DAY_S = 86_400.0
_PURGED = "/scratch/"


class Purge:
    """The age of the run's oldest file where old files are deleted."""

    name = "purge"
    summary = "files on SCRATCH are old enough to be deleted in the coming days"
    limits: Limits = MappingProxyType({"after_days": 12.0, "deleted_after_days": 14.0})

    def judge(self, now: Now, limits: Limits, *, is_open: bool) -> Told | None:
        """Return how many files, and when the first goes."""
        del is_open
        if not now.directory.startswith(_PURGED) or not now.run.n_timesteps:
            return None
        walls = now.run.table.wall_time
        ages = (now.now_s - walls[walls > 0]) / _DAY_S
        old = int(np.count_nonzero(ages > limits["after_days"]))
        if not old:
            return None
        left = limits["deleted_after_days"] - float(ages.max())
        when = f"in {ceil(left)} days" if left > 1 else "within a day" if left > 0 else "any moment"
        files = "file" if old == 1 else "files"
        text = f"{old:,} {files} older than {limits['after_days']:.0f} days: deleted {when}"
        return Told(text, Evidence((float(ages.max()),)), "warning")
