"""What the values tell: counting rows for timesteps, one row for each non-finite stretch.

Enters: the timesteps that were just put. Leaves: rows of the activity log.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from loss_monitor.activity import ActivityLog, counted
from loss_monitor.series.run import Run
from loss_monitor.types import Key, Timestep


@dataclass(slots=True)
class _Stretch:
    """Neighbouring timesteps that hold non-finite losses."""

    number: int
    labels: dict[Key, str]
    counts: dict[Key, tuple[int, int]]


class Incidents:
    """Rows about losses; used by the reading thread only."""

    def __init__(self, activity: ActivityLog) -> None:
        """Have told nothing yet."""
        self._activity = activity
        self._stretch_of: dict[Key, _Stretch] = {}
        self._stretches = 0

    def reset(self) -> None:
        """Begin again with a new run; rows of the old one stay in the log."""
        self._stretch_of.clear()

    def tell(self, run: Run, timesteps: Iterable[Timestep]) -> None:
        """Tell of timesteps that are part of `run` now."""
        told = False
        for timestep in timesteps:
            told = True
            if not np.isfinite(timestep.values).all():
                self._tell_non_finite(run, timestep)
        if told:
            self.tell_routine(run)

    def tell_loaded(self, run: Run) -> None:
        """Tell of everything in a run that was read whole, in the order of its timesteps."""
        table = run.table
        for index in np.flatnonzero(table.finite < table.count):
            self._tell_non_finite(run, run.timestep(int(index)))
        self.tell_routine(run)

    def tell_routine(self, run: Run) -> None:
        """Renew the one row that counts timesteps."""
        if not run.n_timesteps:
            return
        latest = run.timestep(run.n_timesteps - 1)
        unit = latest.unit
        values = counted(len(latest.values), unit, "batches" if unit == "batch" else f"{unit}s")
        finite = latest.values[np.isfinite(latest.values)]
        with np.errstate(over="ignore"):
            mean = f", mean {finite.mean():.4g}" if len(finite) else ""
        self._activity.tell(
            "info",
            "timestep",
            f"{_named(latest)}: {values}{mean} "
            f"({counted(run.n_timesteps, 'timestep', 'timesteps')} so far)",
            row="timesteps",
        )

    def _tell_non_finite(self, run: Run, timestep: Timestep) -> None:
        nan = int(np.isnan(timestep.values).sum())
        infinite = int(np.isinf(timestep.values).sum())
        stretch = self._stretch_of.get(timestep.key) or self._neighbour(run, timestep)
        if stretch is None:
            self._stretches += 1
            stretch = _Stretch(self._stretches, {}, {})
        self._stretch_of[timestep.key] = stretch
        if stretch.counts.get(timestep.key) == (nan, infinite):
            return
        stretch.counts[timestep.key] = (nan, infinite)
        stretch.labels[timestep.key] = timestep.label
        self._activity.tell(
            "warning",
            "non_finite",
            _sentence(stretch, timestep),
            file=timestep.source.rpartition("/")[2],
            row=f"non_finite:{stretch.number}",
            incident=True,
            at_s=timestep.wall_time,
        )

    def _neighbour(self, run: Run, timestep: Timestep) -> _Stretch | None:
        index = run.index_of(timestep.key)
        if index is None:
            return None
        for other in (index - 1, index + 1):
            if 0 <= other < run.n_timesteps:
                stretch = self._stretch_of.get(run.timestep(other).key)
                if stretch is not None:
                    return stretch
        return None


def _named(timestep: Timestep) -> str:
    """Return the timestep's name at the beginning of a sentence."""
    if timestep.label.startswith("step "):
        return timestep.label.capitalize()
    return f"Timestep {timestep.label}"


def _sentence(stretch: _Stretch, newest: Timestep) -> str:
    nan = sum(count for count, _ in stretch.counts.values())
    infinite = sum(count for _, count in stretch.counts.values())
    parts = [f"{nan:,} NaN" if nan else "", f"{infinite:,} infinite" if infinite else ""]
    what = " and ".join(part for part in parts if part)
    first, last = stretch.labels[min(stretch.labels)], stretch.labels[max(stretch.labels)]
    if len(stretch.labels) == 1:
        batch = int(np.argmin(np.isfinite(newest.values)))
        return f"{what} in timestep {first}, first at {newest.unit} {batch}"
    return f"{what} in {len(stretch.labels):,} timesteps, {first} to {last}"
