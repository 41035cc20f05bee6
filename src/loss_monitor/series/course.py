"""The course of a run: how far it had come, and when, with each timestep.

Enters: a run. Leaves: `Course`, columns with one entry a timestep that has a finite loss, and
from it what a comparison asks for: the loss at a model time, when a loss was reached, how fast
it goes. A course holds no losses and no leaves: those of many runs may be compared while only
one of these is in memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from loss_monitor.series.run import Run
from loss_monitor.types import Floats, Ints


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a run goes, over the time spent within its attempts; None where not known."""

    trained_s: float | None
    """Wall time from the first to the last timestep of each attempt, added up: what passes
    between two attempts is no training."""
    steps_per_s: float | None
    """Updates of the network: batches, or the steps of a job log, whose values are ranks."""
    model_rate: float | None
    """Seconds of model time for each second of wall time."""


@dataclass(frozen=True, slots=True)
class Reached:
    """Where the mean of a timestep was at or below a target for the first time."""

    timesteps: int
    """Timesteps up to and with it."""
    steps: int
    """Updates up to and with it: batches, or the step that a job log counts."""
    label: str
    mean: float
    model_time_s: float | None
    """Since the run's first timestep, in its calendar."""
    trained_s: float | None
    """Wall time within attempts, as in `Pace`."""


@dataclass(frozen=True, slots=True)
class Course:
    """Columns of shape (timesteps with a finite loss,), in the order of the run."""

    mean: Floats
    model_time_s: Floats
    """Since the run's first timestep; NaN where unknown."""
    records: Ints
    """Entries whose mean is below all before: a target is reached for the first time there."""
    reached: tuple[Reached, ...]
    """Of each record."""
    pace: Pace

    @property
    def best(self) -> float | None:
        """Least mean of a timestep, None without a finite loss."""
        return float(self.mean[self.records[-1]]) if self.records.size else None

    @property
    def model_time_max_s(self) -> float | None:
        """The largest model time that has a loss, None where none is known."""
        known = self.model_time_s[np.isfinite(self.model_time_s)]
        return float(known.max()) if known.size else None

    def mean_at(self, model_time_s: float) -> float | None:
        """Return the mean of the last timestep at or before a model time, None before all.

        Of timesteps at one model time, which a job that starts ICON over makes again, the
        later one counts.
        """
        until = np.flatnonzero(self.model_time_s <= model_time_s)
        if not until.size:
            return None
        times = self.model_time_s[until]
        return float(self.mean[until[np.flatnonzero(times == times.max())[-1]]])

    def reach(self, target: float) -> Reached | None:
        """Return where the mean was at or below `target` first, None where it never was."""
        at = int(np.searchsorted(-self.mean[self.records], -target))
        return self.reached[at] if at < self.records.size else None


def course_of(run: Run) -> Course:
    """Return the course of a run; worked out once for each version."""
    return run.answer(("course",), lambda: _course_of(run))


def _course_of(run: Run) -> Course:
    table = run.table
    filled = np.flatnonzero(table.finite > 0)
    means = table.mean[filled]
    best = np.minimum.accumulate(means) if means.size else means
    is_record = np.append(True, means[1:] < best[:-1]) if means.size else np.zeros(0, np.bool_)
    records = np.flatnonzero(is_record)
    seconds = run.model_seconds
    model = np.full(run.n_timesteps, np.nan) if seconds is None else seconds
    trained = _trained_s(run)
    steps = np.cumsum(table.count) if run.steps is None else run.steps
    rows = filled[records]
    reached = tuple(
        Reached(row + 1, int(steps[row]), label, mean, _known(model[row]), _known(trained[row]))
        for row, label, mean in zip(
            rows.tolist(), run.labels_at(rows), table.mean[rows].tolist(), strict=True
        )
    )
    return Course(means, model[filled], records, reached, pace_of(run))


def pace_of(run: Run) -> Pace:
    """Return how fast a run goes.

    What the first look at an attempt found at once (a job log that was there before the
    monitor) has one wall time, and so tells no speed: only what came after it counts.
    """
    table = run.table
    updates = np.ones(run.n_timesteps) if run.unit == "rank" else table.count
    model = run.model_seconds
    trained = passed = done = 0.0
    for start, stop in _attempts(run):
        walls = table.wall_time[start:stop]
        known = walls > 0
        if not known.any():
            continue
        later = walls > walls[known][0]
        if not later.any():
            continue
        trained += float(walls[later].max() - walls[known][0])
        done += float(updates[start:stop][later].sum())
        if model is not None:
            times = model[start:stop]
            ends = times[later & np.isfinite(times)]
            begins = times[~later & np.isfinite(times)]
            if ends.size and begins.size:
                passed += max(0.0, float(ends.max() - begins.max()))
    if not trained > 0:
        return Pace(None, None, None)
    return Pace(trained, done / trained, passed / trained if passed > 0 else None)


def _trained_s(run: Run) -> Floats:
    """Return the time within attempts until each timestep; NaN where it is not known."""
    found = np.full(run.n_timesteps, np.nan)
    before = 0.0
    for start, stop in _attempts(run):
        walls = run.table.wall_time[start:stop]
        known = walls > 0
        if not known.any():
            continue
        first = float(walls[known][0])
        since = np.maximum.accumulate(np.where(known, walls, first)) - first
        # What was found at once was not written at once.
        told = known & ((since > 0) | (np.arange(stop - start) == 0))
        found[start:stop] = np.where(told, before + since, np.nan)
        before += float(since[-1])
    return found


def _attempts(run: Run) -> list[tuple[int, int]]:
    """Return the stretches of timesteps of one attempt each, half open."""
    attempt = run.table.attempt
    edges = [0, *(np.flatnonzero(np.diff(attempt)) + 1).tolist(), len(attempt)]
    return [(start, stop) for start, stop in pairwise(edges) if stop > start]


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
