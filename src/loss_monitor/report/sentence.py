"""The state of a run in a few plain sentences, for the page's first line and for a shell.

Enters: a snapshot. Leaves: text that answers, in this order: is it training, how far is it,
is the loss lower, did anything go wrong. It depends on the snapshot alone, not on the time
it is asked at, so that page, stream and interface say the same.
"""

from __future__ import annotations

import time
from math import floor, isfinite

import numpy as np

from loss_monitor.activity import counted
from loss_monitor.model_time import label_of
from loss_monitor.report.forecast import finishes_s, limit_ends_s, model_time_at_limit
from loss_monitor.report.text import number_text
from loss_monitor.scheduler.choice import follow_command
from loss_monitor.series.figures import Figures, figures
from loss_monitor.series.run import Run
from loss_monitor.series.snapshot import Snapshot

_UNITS = {"batch": ("batch", "batches"), "epoch": ("epoch", "epochs"), "rank": ("rank", "ranks")}
_MARKS_TOLD = {"rollback": ("rollback", "rollbacks"), "restart": ("restart", "restarts")}


def sentence(snapshot: Snapshot) -> str:
    """Return the state of the run in a few sentences, without a line break."""
    run, source = snapshot.run, snapshot.source
    if not run.n_values:
        return _without_data(snapshot)
    state = f"{_state(snapshot)}{_since(snapshot)}"
    parts = [f"{state}: {_reached(run)}.", _limit(snapshot), _loss(run), _trouble(run)]
    parts += [_incidents(snapshot, "in the activity log"), _alerts(snapshot)]
    if source.loading is not None:
        done, total = source.loading.files_done, source.loading.files_total
        parts.append(f"Still reading: {done:,} of {counted(total, 'file', 'files')}.")
    return " ".join(part for part in parts if part)


def _alerts(snapshot: Snapshot) -> str:
    """Return what is the matter now; information is no matter."""
    open_now = [one for one in snapshot.alerts if one.closed_s is None and one.level != "info"]
    if not open_now:
        return ""
    worst = max(open_now, key=lambda alert: (alert.level == "error", alert.opened_s))
    more = f" ({len(open_now)} alerts are open)" if len(open_now) > 1 else ""
    return f"Alert: {worst.message}{more}."


def findings(snapshot: Snapshot) -> str:
    """Return what the losses say, without what depends on the time it is asked at."""
    run = snapshot.run
    if not run.n_values:
        return "No losses yet."
    ended = snapshot.source.state in ("finished", "failed")
    state = f"{_state(snapshot)}: " if ended else ""
    parts = [f"{state}{_reached(run)}.", _loss(run), _trouble(run)]
    parts.append(_incidents(snapshot, "listed below"))
    return " ".join(part for part in parts if part)


def _without_data(snapshot: Snapshot) -> str:
    source = snapshot.source
    place = source.directory or ", ".join(source.job_logs)
    if source.error:
        return f"{place} cannot be read: {source.error}."
    if not source.exists:
        return f"Waiting for {place}, which does not exist yet."
    if source.loading is not None:
        return f"Reading {counted(source.loading.files_total, 'file', 'files')} in {place}."
    state = f"{_state(snapshot)}{_since(snapshot)}"
    parts = [f"{state}: no losses in {place} yet.", _limit(snapshot), _other_job(snapshot)]
    return " ".join(part for part in parts if part)


def _state(snapshot: Snapshot) -> str:
    source = snapshot.source
    return source.state_text or source.state.capitalize()


def _since(snapshot: Snapshot) -> str:
    """Return since when nothing is heard, and what the scheduler says all the same."""
    source = snapshot.source
    if source.state != "stale" or not (snapshot.changed_at or source.heard_s):
        return ""
    text = f" since {_moment(snapshot.changed_at or source.heard_s)}"
    job = source.job
    if job is not None and job.state and not job.ended_s:
        text += f", though Slurm has job {job.id} as {job.state}"
    return text


def _limit(snapshot: Snapshot) -> str:
    """Return how long the job may go on, how far the model comes by then, and its end."""
    source, run = snapshot.source, snapshot.run
    job, end_s = source.job, finishes_s(run, source)
    ends_s = None if job is None or source.outcome else limit_ends_s(job)
    end = label_of(source.model_end)[:10] if source.model_end else ""
    finish = "" if end_s is None else f"its end, {end}, {_roughly(end_s, snapshot.changed_at)}"
    if job is None or ends_s is None:
        return f"At this pace the model is at {finish}." if finish else ""
    on = f" on {job.node}" if job.node else ""
    text = f"Job {job.id}{on} may run until {_moment(ends_s)}"
    label = model_time_at_limit(run, job)
    if label is None:
        return f"{text}."
    if end_s is not None and end_s <= ends_s:
        return f"{text}; at this pace the model is at {finish}."
    text += f"; at this pace the model is at {label[:10]} then"
    return f"{text}, and at {finish}." if finish else f"{text}."


def _roughly(wall_s: float, now_s: float) -> str:
    """Return a moment to come, no finer than a pace can tell it."""
    ahead_s = max(0.0, wall_s - now_s)
    if ahead_s > 10 * 86_400:
        return time.strftime("about %Y-%m-%d", time.localtime(wall_s))
    step_s = 3600 if ahead_s > 86_400 else 600 if ahead_s > 7200 else 60
    return f"about {_moment(round(wall_s / step_s) * step_s)}"


def _other_job(snapshot: Snapshot) -> str:
    """Return which job of the user's could be followed in place of nothing."""
    other = snapshot.source.other_job
    if other is None:
        return ""
    return f"Your job {other.id} is running; its log is followed by: {follow_command(other)}"


def _moment(wall_s: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M %Z", time.localtime(wall_s))


def _reached(run: Run) -> str:
    one, many = _UNITS[run.unit]
    text = f"{counted(run.n_timesteps, 'timestep', 'timesteps')} with "
    text += counted(run.n_values, one if run.unit != "rank" else "loss", _many(run, many))
    last = run.labels(run.n_timesteps - 1)[0]
    return f"{text}, up to {last}"


def _many(run: Run, many: str) -> str:
    # A rank of each step is no new rank: what is counted are losses.
    return many if run.unit != "rank" else "losses"


def _loss(run: Run) -> str:
    found = figures(run)
    finite = np.flatnonzero(run.table.finite)
    if not finite.size:
        return "No loss so far is finite."
    means = run.table.mean[finite]
    text = f"The latest mean loss is {number_text(float(means[-1]))}"
    if finite.size > 1:
        text += _compared(float(means[0]), float(means[-1]))
    return text + _trend(found) + "."


def _compared(first: float, latest: float) -> str:
    if not (first > 0 and latest >= 0 and isfinite(latest / first)):
        return ""
    share = latest / first
    if abs(share - 1) < 0.005:
        return ", as in the first timestep"
    if share >= 2:
        return f", {share:,.1f} times that of the first timestep"
    direction = "below" if share < 1 else "above"
    return f", {_percent_apart(share)}\u202f% {direction} that of the first timestep"


def _percent_apart(share: float) -> str:
    """Return the distance from 1 in percent; all of it only where nothing is left."""
    percent = abs(share - 1) * 100
    return f"{percent:.0f}" if share == 0 or percent < 99 else f"{floor(percent * 10) / 10:.1f}"


def _trend(found: Figures) -> str:
    words = {
        "decreasing": "; of late the loss decreases",
        "increasing": "; of late the loss increases",
        "flat": "; of late the loss is flat",
    }
    return words.get(found.recent_trend, "")


def _incidents(snapshot: Snapshot, where: str) -> str:
    if not snapshot.source.incidents:
        return ""
    return f"{counted(snapshot.source.incidents, 'incident is', 'incidents are')} {where}."


def _trouble(run: Run) -> str:
    found = figures(run)
    told = []
    if found.nan_batches:
        told.append(f"{found.nan_batches:,} NaN")
    if found.inf_batches:
        told.append(f"{found.inf_batches:,} infinite")
    text = ""
    if told:
        losses = "loss" if found.nan_batches + found.inf_batches == 1 else "losses"
        text = f"{' and '.join(told)} {losses}, the last {_last_non_finite(run)}."
    kinds = [mark.kind for mark in run.marks]
    for kind, (one, many) in _MARKS_TOLD.items():
        if kind in kinds:
            text += f" {counted(kinds.count(kind), one, many).capitalize()}."
    return text.strip()


def _last_non_finite(run: Run) -> str:
    table = run.table
    index = int(np.flatnonzero(table.count > table.finite)[-1])
    label = run.labels(index, index + 1)[0]
    behind = run.n_timesteps - 1 - index
    if behind == 0:
        return f"in the latest timestep, {label}"
    return f"at {label}, {counted(behind, 'timestep', 'timesteps')} before the latest"
