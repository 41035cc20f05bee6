"""The state of the training, from what files and scheduler tell: pure functions.

Enters: the run, ages, the job log's last words, the job. Leaves: a word, a short text, and
how the job ended. Without new data the monitor cannot know that a model runs, so it never
says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from loss_monitor.parse.awaited import Waiting
from loss_monitor.parse.job_end import Outcome, more_telling
from loss_monitor.scheduler.slurm_rows import BEGINNING, PENDING, RUNNING, SUSPENDED
from loss_monitor.series.run import Run
from loss_monitor.types import Job

RECENT_TIMESTEPS = 50
STALE_INTERVALS = 3
STALE_MIN_S = 10.0
"""A training that writes ten times a second is not stale after a third of a second."""
STALE_UNKNOWN_S = 120.0
"""While no rhythm is known: an ICON timestep with training may well take a minute."""
BELIEVED_AFTER_END_S = 120.0
"""Files that grow for longer than this after the scheduler's end are not of that job."""

_ENDINGS: Mapping[str, tuple[str, str]] = {
    "finished": ("finished", "Finished"),
    "timed_out": ("failed", "Timed out"),
    "out_of_memory": ("failed", "Out of memory"),
    "cancelled": ("failed", "Cancelled"),
    "failed": ("failed", "Failed"),
}
_OUTCOMES: Mapping[str, Outcome] = {
    "COMPLETED": "finished",
    "TIMEOUT": "timed_out",
    "DEADLINE": "timed_out",
    "OUT_OF_MEMORY": "out_of_memory",
    "CANCELLED": "cancelled",
    "BOOT_FAIL": "failed",
    "FAILED": "failed",
    "LAUNCH_FAILED": "failed",
    "NODE_FAIL": "failed",
    "PREEMPTED": "failed",
    "RECONFIG_FAIL": "failed",
    "REVOKED": "failed",
}
_TEXTS: Mapping[str, str] = {
    "BOOT_FAIL": "Node failed",
    "NODE_FAIL": "Node failed",
    "PREEMPTED": "Preempted",
}
"""Where the scheduler's word says more than the outcome."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the state follows from, beside the run."""

    exists: bool = True
    loading: bool = False
    age_s: float | None = None
    """Age of the newest data in seconds, None without data."""
    log_age_s: float | None = None
    """Age of the job log's newest line, None without a log."""
    outcome: str = ""
    """How the job ended by its log, in the words of `parse.job_end`; empty while it goes on."""
    waiting: Waiting = field(default_factory=Waiting)
    """What the job log says that the training waits for."""
    job: Job | None = None
    """What the scheduler tells, None where there is none or it knows nothing."""


class Standing(NamedTuple):
    """How the training stands."""

    state: str
    text: str
    outcome: str = ""


def usual_interval_s(run: Run) -> float | None:
    """Return the median wall time between the newest timesteps; None below three moments."""
    return run.answer("usual_interval_s", lambda: _usual_interval_s(run))


def _usual_interval_s(run: Run) -> float | None:
    # Steps that were read from a log at once have one time: it says nothing of their rhythm.
    written = np.unique(run.newest("wall_time", RECENT_TIMESTEPS))
    if len(written) < 3:
        return None
    gaps = np.sort(np.diff(written))
    # numpy's own median takes a millisecond, and two megabytes that it imports.
    return float(gaps[(len(gaps) - 1) // 2] + gaps[len(gaps) // 2]) / 2


def stale_after_s(interval_s: float | None) -> float:
    """Return the age of the newest data at which they are called old."""
    if interval_s is None:
        return STALE_UNKNOWN_S
    return max(STALE_MIN_S, STALE_INTERVALS * interval_s)


def believed(job: Job | None, heard_s: float) -> Job | None:
    """Return the job unless the files, heard of last at `heard_s`, prove it another one."""
    if job is None or job.ended_s is None or heard_s <= job.ended_s + BELIEVED_AFTER_END_S:
        return job
    return None


def is_silent_by_right(job: Job | None) -> bool:
    """Tell whether nobody is to expect data: the job does not run (yet, or any more)."""
    if job is None:
        return False
    return job.state in PENDING | SUSPENDED | BEGINNING or job.state in _OUTCOMES


def training_state(run: Run, facts: Facts) -> Standing:
    """Return the state's word, its text, and how the job ended."""
    job_state = facts.job.state if facts.job is not None else ""
    ended = _end(facts.outcome, job_state)
    if ended is not None:
        return ended
    if facts.loading:
        return Standing("starting", "Reading files")
    stale_s = stale_after_s(usual_interval_s(run))
    is_fresh = facts.age_s is not None and facts.age_s <= stale_s
    log_grows = facts.log_age_s is not None and facts.log_age_s <= max(stale_s, STALE_UNKNOWN_S)
    if facts.job is not None and not (is_fresh or log_grows):
        held = _held(facts.job)
        if held is not None:
            return held
    if not facts.exists:
        gone = run.n_timesteps > 0
        words = ("stale", "Directory is gone") if gone else ("empty", "Waiting for the directory")
        return Standing(*words)
    if not run.n_timesteps:
        return _without_losses(facts, log_grows=log_grows)
    if is_fresh:
        return Standing(*facts.waiting) if facts.waiting.word else Standing("running", "Running")
    if log_grows:
        is_told = bool(facts.waiting.word)
        return Standing(*facts.waiting) if is_told else Standing("waiting", "No losses, model runs")
    return Standing("stale", "No new data")


def _end(outcome: str, job_state: str) -> Standing | None:
    """Return how it ended; of log and scheduler the one that says more."""
    by_log: Outcome = outcome  # type: ignore[assignment]
    by_scheduler = _OUTCOMES.get(job_state, "")
    if not by_log and not by_scheduler:
        return None
    if by_scheduler and (not by_log or more_telling(by_scheduler, by_log)):
        word, text = _ENDINGS[by_scheduler]
        return Standing(word, _TEXTS.get(job_state, text), by_scheduler)
    return Standing(*_ENDINGS[by_log], by_log)


def _held(job: Job) -> Standing | None:
    """Return what the scheduler says of a job that does not run."""
    if job.state in PENDING:
        why = f" ({job.reason})" if job.reason else ""
        return Standing("pending", f"Queued{why}")
    if job.state in SUSPENDED:
        return Standing("suspended", "Suspended")
    return Standing("starting", "Nodes are starting") if job.state in BEGINNING else None


def _without_losses(facts: Facts, *, log_grows: bool) -> Standing:
    runs = facts.job is not None and facts.job.state in RUNNING
    if facts.waiting.word and (log_grows or runs):
        return Standing(*facts.waiting)
    if log_grows or runs:
        return Standing("starting", "Starting, no losses yet")
    if facts.log_age_s is not None and facts.waiting.word:
        return Standing("stale", "No new data")
    return Standing("empty", "Waiting for the first losses")
