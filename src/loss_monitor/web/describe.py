"""Parts of an answer that are told in more than one place: one function a part.

Enters: snapshots, runs, activity. Leaves: plain values with the names of the interface, so
that the page's stream and the other routes cannot disagree on a number.
"""

from __future__ import annotations

from dataclasses import asdict

import numpy as np

from loss_monitor.clock import iso_time
from loss_monitor.report.forecast import limit_ends_s, model_time_at_limit, used_s
from loss_monitor.scheduler.choice import follow_command, log_of
from loss_monitor.series.distribution import Distribution, distribution
from loss_monitor.series.figures import Figures, figures
from loss_monitor.series.run import Run
from loss_monitor.series.snapshot import Snapshot
from loss_monitor.types import ActivityEntry, Alert, Job
from loss_monitor.web.about import printable
from loss_monitor.web.marks import attempt_rows, mark_rows

_RATE_TIMESTEPS = 20
_MESSAGE_CHARACTERS_MAX = 400


def iso_or_none(wall_s: float | None) -> str | None:
    """Return a wall time as ISO 8601, None for one that is not known."""
    return iso_time(wall_s) if wall_s else None


def source_part(snapshot: Snapshot) -> dict[str, object]:
    """Return what is watched and how it stands."""
    source = snapshot.source
    usual_s = source.usual_interval_s
    return {
        "exists": source.exists,
        "error": source.error,
        "loading": loading(snapshot),
        "incidents": source.incidents,
        "poll_interval_s": source.poll_interval_s,
        "state": source.state,
        "state_text": source.state_text,
        "usual_interval_s": None if usual_s is None else _short(usual_s),
        "last_update": iso_or_none(snapshot.changed_at),
        "last_update_s": snapshot.changed_at or None,
        "batches_per_s": batches_per_s(snapshot.run),
        "heard_s": _heard_s(snapshot),
        "job": _job_part(source.job),
        "model_time_at_limit": model_time_at_limit(snapshot.run, source.job),
        "other_job": other_job(snapshot),
    }


def _heard_s(snapshot: Snapshot) -> float | None:
    # While data come, each one would be told twice.
    source = snapshot.source
    return source.heard_s if source.heard_s and source.state in ("stale", "waiting") else None


def _job_part(job: Job | None) -> dict[str, object] | None:
    if job is None:
        return None
    return {
        "id": job.id,
        "state": job.state,
        "reason": job.reason,
        "node": job.node,
        "limit_s": job.limit_s,
        "used_s": job.used_s,
        "counts_from_s": job.counts_from_s,
        "ends_s": limit_ends_s(job),
        "source": job.source,
    }


def job_answer(snapshot: Snapshot, now_s: float) -> dict[str, object] | None:
    """Return what is known of the run's job, None where no job is known."""
    job = snapshot.source.job
    if job is None:
        return None
    used = used_s(job, now_s)
    return {
        "id": job.id,
        "state": job.state or None,
        "reason": job.reason or None,
        "node": job.node or None,
        "user": job.user or None,
        "name": job.name or None,
        "started": iso_or_none(job.started_s),
        "ended": iso_or_none(job.ended_s),
        "limit_s": job.limit_s,
        "used_s": None if used is None else round(used, 3),
        "ends": iso_or_none(limit_ends_s(job)),
        "model_time_at_limit": model_time_at_limit(snapshot.run, job),
        "source": job.source,
    }


def other_job(snapshot: Snapshot) -> dict[str, str] | None:
    """Return the user's job whose log could be followed where nothing is read."""
    other = snapshot.source.other_job
    if other is None:
        return None
    return {
        "id": other.id,
        "name": other.name,
        "log": printable(log_of(other)),
        "command": printable(follow_command(other)),
    }


def loading(snapshot: Snapshot) -> dict[str, int] | None:
    """Return the progress of the first reading, None once everything was read."""
    return None if snapshot.source.loading is None else asdict(snapshot.source.loading)


def batches_per_s(run: Run) -> float | None:
    """Return batches per second of wall time over the newest timesteps of one attempt.

    None until two of them were written at different times.
    """
    table = run.table
    attempts = table.attempt[-_RATE_TIMESTEPS:]
    same = attempts == attempts[-1:]
    walls = table.wall_time[-_RATE_TIMESTEPS:][same]
    counts = table.count[-_RATE_TIMESTEPS:][same]
    known = walls > 0
    walls, counts = walls[known], counts[known]
    if len(walls) < 2 or walls[-1] <= walls[0]:
        return None
    return _short(float(counts[1:].sum() / (walls[-1] - walls[0])))


def _short(value: float) -> float:
    # A rate that nobody reads to the tenth digit need not fill a stream with them.
    return float(f"{value:.4g}")


def run_part(run: Run) -> dict[str, object]:
    """Return what is known of a run beside its losses."""
    return {
        "id": run.id,
        "label": run.label,
        "params": dict(run.params),
        "unit": run.unit,
        "timesteps": run.n_timesteps,
        "batches": run.n_values,
        "started": iso_or_none(started_s(run)),
        "attempts": attempt_rows(run),
        "dropped": run.dropped,
        "best": _best(run),
        "marks": mark_rows(run),
    }


def _best(run: Run) -> dict[str, object] | None:
    """Return the timestep of the lowest mean, None where no loss is finite."""
    means = run.table.mean
    if not np.isfinite(means).any():
        return None
    index = int(np.nanargmin(means))
    return {"mean": float(means[index]), "index": index, "label": run.labels(index, index + 1)[0]}


def started_s(run: Run) -> float | None:
    """Return the wall time of a run's beginning, None while nothing tells it."""
    if run.attempts and run.attempts[0].started:
        return run.attempts[0].started
    walls = run.table.wall_time
    known = walls[walls > 0]
    return float(known[0]) if known.size else None


def statistics(run: Run, last: int | None = None) -> Figures | None:
    """Return the figures of the newest `last` timesteps, None for a run without a batch."""
    return figures(run, last) if run.n_values else None


def distributions(run: Run, bins: int) -> dict[str, object] | None:
    """Return the histogram of all losses on both scales, None for a run without a batch."""
    if not run.n_values:
        return None
    linear, log = distribution(run, bins, "linear"), distribution(run, bins, "log")
    return {"linear": _bins(linear), "log": {**_bins(log), "left_out": log.left_out}}


def _bins(found: Distribution) -> dict[str, object]:
    low, high = (found.edges[0], found.edges[-1]) if found.edges.size else (np.nan, np.nan)
    return {"lo": float(low), "hi": float(high), "counts": found.counts}


def activity_row(entry: ActivityEntry) -> dict[str, object]:
    """Return one row of the activity log."""
    return {
        "id": entry.id,
        "time": iso_time(entry.time),
        "level": entry.level,
        "kind": entry.kind,
        "message": _cut(entry.message),
        "file": entry.file,
        "line": entry.line,
        "offset": entry.offset,
        "row": entry.row,
        "incident": entry.incident,
    }


def alert_row(alert: Alert) -> dict[str, object]:
    """Return one alert."""
    evidence = alert.evidence
    return {
        "id": alert.id,
        "rule": alert.rule,
        "level": alert.level,
        "message": _cut(alert.message),
        "opened": iso_time(alert.opened_s),
        "updated": iso_time(alert.updated_s),
        "closed": iso_or_none(alert.closed_s),
        "evidence": {
            "values": list(evidence.values),
            "timestamp": evidence.timestamp,
            "batch": evidence.batch,
            "file": printable(evidence.file),
            "line": evidence.line,
            "tag": printable(evidence.tag),
            "step": evidence.step,
        },
    }


def _cut(text: str) -> str:
    if len(text) <= _MESSAGE_CHARACTERS_MAX:
        return text
    return text[: _MESSAGE_CHARACTERS_MAX - 1] + "…"
