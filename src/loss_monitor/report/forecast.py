"""How far a run gets: time used of the job's limit, the model time reached by then.

Enters: a run, its job. Leaves: times and labels. The pace is that of the newest timesteps of
the present attempt: model time that passed for each second of wall time.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from loss_monitor.model_time import ModelTime, add_seconds, seconds_between
from loss_monitor.series.run import Run
from loss_monitor.types import Job

RECENT_TIMESTEPS = 200
_AHEAD_MAX_S = 100 * 366 * 86400.0
"""Model time that nobody looks ahead by: a pace so fast is a fault of the clocks."""


class Pace(NamedTuple):
    """Where the newest timestep is, and how fast the model goes."""

    model_time: ModelTime
    wall_s: float
    """When it was written, seconds since 1970-01-01 UTC."""
    rate: float
    """Seconds of model time for each second of wall time."""
    calendar: str


def limit_ends_s(job: Job) -> float | None:
    """Return the wall time at which a job's limit is used up; None without one."""
    if job.limit_s is None or job.counts_from_s is None:
        return None
    return job.counts_from_s + job.limit_s - job.used_s


def used_s(job: Job, now_s: float) -> float | None:
    """Return the seconds that a job has used of its limit; None where nothing is known."""
    if not job.state:
        return None
    return job.used_s + (max(0.0, now_s - job.counts_from_s) if job.counts_from_s else 0.0)


def pace(run: Run) -> Pace | None:
    """Return the pace of a run; None while wall or model times do not tell it."""
    return run.answer(("pace",), lambda: _pace(run))


def _pace(run: Run) -> Pace | None:
    seconds, origin = run.model_seconds, run.table.origin
    if seconds is None or origin is None or run.n_timesteps < 2:
        return None
    newest = slice(-RECENT_TIMESTEPS, None)
    walls, model = run.table.wall_time[newest], seconds[newest]
    attempts = run.table.attempt[newest]
    used = (walls > 0) & np.isfinite(model) & (attempts == attempts[-1])
    walls, model = walls[used], model[used]
    if len(walls) < 2 or not (walls[-1] > walls[0] and model[-1] > model[0]):
        return None
    row = int(np.flatnonzero(used)[-1]) - len(used) + run.n_timesteps
    timestep = run.timestep(row)
    fields = timestep.model_fields or timestep.key
    rate = float((model[-1] - model[0]) / (walls[-1] - walls[0]))
    return Pace(ModelTime(*fields), float(walls[-1]), rate, origin[1])


def model_time_at(run: Run, wall_s: float | None) -> str | None:
    """Return the model time reached at a wall time, to the minute; None where unknown.

    `YYYY-MM-DD HH:MM`, at the pace of the newest timesteps.
    """
    now = pace(run)
    if now is None or wall_s is None:
        return None
    ahead_s = (wall_s - now.wall_s) * now.rate
    if not 0 <= ahead_s <= _AHEAD_MAX_S:
        return None
    return add_seconds(now.model_time, ahead_s, now.calendar).label[:16]


def reached_s(run: Run, end: ModelTime) -> float | None:
    """Return the wall time at which a run reaches a model time; None where unknown.

    Seconds since 1970-01-01 UTC; in the past where it was reached already.
    """
    now = pace(run)
    if now is None:
        return None
    return now.wall_s + seconds_between(now.model_time, end, now.calendar) / now.rate
