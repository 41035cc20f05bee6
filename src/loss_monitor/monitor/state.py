"""The state of the training, from what the files show: pure functions.

Enters: the run, its age, the job log's last words. Leaves: a word and a short text.
Without new data the monitor cannot know that a model runs, so it never says so.
"""

from __future__ import annotations

import numpy as np

from loss_monitor.series.run import Run

RECENT_TIMESTEPS = 50
STALE_INTERVALS = 3
STALE_MIN_S = 10.0
"""A training that writes ten times a second is not stale after a third of a second."""
STALE_UNKNOWN_S = 120.0
"""While no rhythm is known: an ICON timestep with training may well take a minute."""

_ENDINGS = {
    "finished": ("finished", "Finished"),
    "timed_out": ("failed", "Timed out"),
    "out_of_memory": ("failed", "Out of memory"),
    "cancelled": ("failed", "Cancelled"),
    "failed": ("failed", "Failed"),
}


def usual_interval_s(run: Run) -> float | None:
    """Return the median wall time between the newest timesteps; None below three of them."""
    return run.answer("usual_interval_s", lambda: _usual_interval_s(run))


def _usual_interval_s(run: Run) -> float | None:
    written = run.newest("wall_time", RECENT_TIMESTEPS)
    if len(written) < 3:
        return None
    gaps = np.sort(np.diff(np.sort(written)))
    # numpy's own median takes a millisecond, and two megabytes that it imports.
    return float(gaps[(len(gaps) - 1) // 2] + gaps[len(gaps) // 2]) / 2


def stale_after_s(interval_s: float | None) -> float:
    """Return the age of the newest data at which they are called old."""
    if interval_s is None:
        return STALE_UNKNOWN_S
    return max(STALE_MIN_S, STALE_INTERVALS * interval_s)


def training_state(
    run: Run, *, exists: bool, loading: bool, age_s: float | None, outcome: str, waiting: str
) -> tuple[str, str]:
    """Return the state's word and its text.

    `age_s` is the age of the newest data in seconds, None without data; `outcome` is how
    the job ended, in the words of `parse.job_log`, empty while it goes on; `waiting` is
    what the job log says the training waits for.
    """
    if outcome in _ENDINGS:
        return _ENDINGS[outcome]
    if loading:
        return "starting", "Reading files"
    if not exists:
        gone = run.n_timesteps > 0
        return ("stale", "Directory is gone") if gone else ("empty", "Waiting for the directory")
    if not run.n_timesteps and waiting:
        return "waiting", waiting
    if not run.n_timesteps:
        return "empty", "Waiting for the first losses"
    if age_s is not None and age_s > stale_after_s(usual_interval_s(run)):
        return "stale", "No new data"
    return ("waiting", waiting) if waiting else ("running", "Running")
