"""Event files of runs, for tests of the views that show tags.

Values enter, files as TensorBoard's writers leave them come out: written by the package's own
writer, one directory a run.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path

from loss_monitor.writer.event_writer import EventWriter

WALL_S = 1_780_000_000.0
"""Wall time of the first point: 2026-05-28 20:26:40 UTC."""

LOSS = [math.exp(-step / 40) + 0.01 for step in range(200)]


class TaggedRuns:
    """A data directory whose `runs` hold event files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._open: dict[str, EventWriter] = {}

    def two_runs(self) -> TaggedRuns:
        """Write two runs; one was restarted, and a tag has values that are not finite."""
        self.scalars("long/a", "Loss/batch", LOSS)
        self.scalars("long/a", "Loss/mean", LOSS[::10])
        self.scalars("long/a", "Learning_rate", [0.1, 0.01, 0.001])
        self.scalars("long/a", "Grad/norm", [1.0, float("nan"), float("inf"), 2.0, -1.0])
        self.scalars("long/b", "Loss/batch", [value * 2 for value in LOSS])
        self.restart("long/b")
        return self.scalars("long/b", "Loss/batch", [5.0] * 20, first=150)

    def restart(self, run: str) -> None:
        """End a run's file; what follows goes into a further one."""
        self._open.pop(run).close()

    def scalars(
        self, run: str, tag: str, values: Iterable[float], first: int = 0, every_s: float = 60.0
    ) -> TaggedRuns:
        """Append a point a step, `every_s` apart in wall time, and flush."""
        writer = self.writer(run)
        for step, value in enumerate(values, first):
            writer.scalar(tag, value, step, WALL_S + step * every_s)
        writer.flush()
        return self

    def histogram(self, run: str, tag: str, values: object, step: int) -> TaggedRuns:
        """Append the histogram of some values."""
        writer = self.writer(run)
        writer.histogram(tag, values, step, WALL_S + step)
        writer.flush()
        return self

    def writer(self, run: str) -> EventWriter:
        """Return the writer of a run's present file."""
        if run not in self._open:
            self._open[run] = EventWriter(self.folder / "runs" / run, wall_time=WALL_S)
        assert self._open[run].failures == []
        return self._open[run]
