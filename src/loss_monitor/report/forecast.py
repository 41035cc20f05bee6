"""How far a run gets: time used of the job's limit, the model time reached by then.

Enters: a run, its job. Leaves: times and labels. The pace is that of the newest timesteps of
the present attempt: model time that passed for each second of wall time.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from loss_monitor.model_time import ModelTime, add_seconds, seconds_between
from loss_monitor.series.run import Run
from loss_monitor.types import Job, SourceState

RECENT_TIMESTEPS = 200
SPAN_MIN_S = 30.0
"""A pace that was seen for a shorter time says nothing of the hours to come."""
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


def pace(run: Run, began_s: float | None = None) -> Pace | None:
    """Return the pace of a run; None while wall or model times do not tell it.

    `began_s` is when its job began: the pace since then is told where the newest timesteps
    have none of their own yet, as of a log that was read at once.
    """
    return run.answer(("pace", began_s), lambda: _pace(run, began_s))


def _pace(run: Run, began_s: float | None) -> Pace | None:
    seconds, origin = run.model_seconds, run.table.origin
    if seconds is None or origin is None:
        return None
    attempts, walls = run.table.attempt, run.table.wall_time
    rows = np.flatnonzero((walls > 0) & np.isfinite(seconds) & (attempts == attempts[-1]))
    if not rows.size:
        return None
    wall_s, model_s = float(walls[rows[-1]]), float(seconds[rows[-1]])
    timestep = run.timestep(int(rows[-1]))
    model_time = ModelTime(*(timestep.model_fields or timestep.key))
    recent = rows[-RECENT_TIMESTEPS:]
    # Of timesteps that were read at once only the last one was new at that time.
    lasts = recent[np.append(np.diff(walls[recent]) != 0, True)]
    starts = [(float(walls[lasts[0]]), float(seconds[lasts[0]]))] if len(lasts) > 2 else []
    if began_s is not None:
        starts.append((began_s, float(seconds[rows[0]])))
    for then_s, then_model_s in starts:
        if wall_s - then_s >= SPAN_MIN_S and model_s > then_model_s:
            rate = (model_s - then_model_s) / (wall_s - then_s)
            return Pace(model_time, wall_s, rate, origin[1])
    return None


def model_time_at_limit(run: Run, job: Job | None) -> str | None:
    """Return the model time reached when a job's limit is used up; None where unknown.

    `YYYY-MM-DD HH:MM`, at the pace of the newest timesteps.
    """
    wall_s = None if job is None else limit_ends_s(job)
    now = None if job is None else pace(run, job.started_s)
    if now is None or wall_s is None:
        return None
    ahead_s = (wall_s - now.wall_s) * now.rate
    if not 0 <= ahead_s <= _AHEAD_MAX_S:
        return None
    return add_seconds(now.model_time, ahead_s, now.calendar).label[:16]


def finishes_s(run: Run, source: SourceState) -> float | None:
    """Return the wall time at which a run reaches its end at this pace; None where unknown.

    Seconds since 1970-01-01 UTC. None where it is there already, or has stopped before.
    """
    if not source.model_end or source.outcome:
        return None
    now = pace(run, None if source.job is None else source.job.started_s)
    if now is None:
        return None
    left_s = seconds_between(now.model_time, ModelTime(*source.model_end), now.calendar)
    return now.wall_s + left_s / now.rate if 0 < left_s <= _AHEAD_MAX_S else None
