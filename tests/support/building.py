"""Runs, snapshots and rows of the activity log made by hand, for tests of what shows them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from loss_monitor.model_time import ModelTime
from loss_monitor.series.run import Run
from loss_monitor.series.snapshot import Snapshot
from loss_monitor.series.tags import TagStore
from loss_monitor.types import ActivityEntry, Attempt, SourceState, Timestep


class Build:
    """Runs and snapshots made by hand."""

    @staticmethod
    def timestep(number: int, values: object, **fields: object) -> Timestep:
        """The timestep `number` quarters of an hour after the start of 1979."""
        days, quarter = divmod(number, 96)
        years, days = divmod(days, 336)
        date = (1979 + years, 1 + days // 28, 1 + days % 28)
        time = ModelTime(*date, quarter // 4, quarter % 4 * 15, 0, 0)
        given = {"wall_time": 1_000_000_000.0 + number, **fields}
        return Timestep(tuple(time), time.label, np.asarray(values, dtype=np.float64), **given)

    @staticmethod
    def run(*values: object, run_id: str = "run-1") -> Run:
        """A run whose timesteps hold `values`, one list each."""
        steps = [Build.timestep(number, losses) for number, losses in enumerate(values)]
        run = Run.empty(run_id, "experiment").put(steps)
        return run.with_attempts([Attempt("1", 1_000_000_000.0)])

    @staticmethod
    def snapshot(run: Run, counter: int = 1, **fields: object) -> Snapshot:
        """A snapshot of a run that goes on."""
        source = SourceState(
            "/data", exists=True, state="running", state_text="Running", poll_interval_s=0.1
        )
        whole = Snapshot(counter, 1_000_000_000.5, run, TagStore(), source)
        return replace(whole, **fields)

    @staticmethod
    def entry(number: int, **fields: object) -> ActivityEntry:
        """A row of the activity log."""
        entry = ActivityEntry(number, 1_000_000_000.0 + number, "info", "test", f"entry {number}")
        return replace(entry, **fields)
