"""Routes about the monitor and its run as a whole: status, health, activity, runs, summary.

Enters: requests. Leaves: answers. `status` and `health` tell ages and counters, so they have
no `ETag`; everything else depends on the version of the data alone.
"""

from __future__ import annotations

import socket
from dataclasses import asdict
from typing import Annotated

from fastapi import Query, Request
from starlette.responses import Response

from loss_monitor import __version__
from loss_monitor._native import CORE
from loss_monitor.clock import Clock, iso_time
from loss_monitor.history.archive import Kept
from loss_monitor.model_time import label_of
from loss_monitor.report.forecast import finishes_s
from loss_monitor.report.sentence import sentence
from loss_monitor.series.snapshot import Snapshot
from loss_monitor.web.about import printable, user_name
from loss_monitor.web.answers import json_answer, versioned, versioned_body
from loss_monitor.web.describe import (
    activity_row,
    iso_or_none,
    job_answer,
    loading,
    other_job,
    started_s,
    statistics,
)
from loss_monitor.web.runs import Found, RunId, Runs


class StatusRoutes:
    """The routes, bound to where snapshots come from."""

    def __init__(self, runs: Runs, clock: Clock) -> None:
        """Answer from the snapshots of `runs`; `clock` dates the answers."""
        self._runs = runs
        self._clock = clock
        self._user = user_name()
        self._host = socket.gethostname()

    async def status(self, run_id: RunId = None) -> Response:
        """What is monitored, how much was read, how old it is, what it cost."""
        found = self._runs.find(run_id)
        snapshot = found.snapshot
        changed_at = snapshot.changed_at
        age_s = max(0.0, self._clock.wall_s() - changed_at) if changed_at else None
        return json_answer(
            {
                "status": "running",
                "monitoring_dir": printable(str(found.source.settings.data_dir)),
                "last_update": iso_or_none(changed_at),
                "total_timesteps": snapshot.run.n_timesteps,
                "total_batches": snapshot.run.n_values,
                "version": found.version,
                "monitor_version": __version__,
                "user": self._user,
                "host": self._host,
                "run": snapshot.run.id or None,
                "label": snapshot.run.label,
                "params": dict(snapshot.run.params),
                "age_s": None if age_s is None else round(age_s, 3),
                "loading": loading(snapshot),
                "incidents": snapshot.source.incidents,
                "core": CORE,
                "is_open": found.source.settings.is_open,
                "io": asdict(snapshot.source.io),
                "state": snapshot.source.state,
                "state_text": snapshot.source.state_text,
                "outcome": snapshot.source.outcome or None,
                "heard": iso_or_none(snapshot.source.heard_s),
                "model_end": _model_end(snapshot),
                "finishes": iso_or_none(finishes_s(snapshot.run, snapshot.source)),
                "job": job_answer(snapshot, self._clock.wall_s()),
                "other_job": other_job(snapshot),
            }
        )

    async def health(self) -> Response:
        """Whether the server answers; open to everyone."""
        return json_answer({"status": "healthy", "timestamp": iso_time(self._clock.wall_s())})

    async def activity(
        self,
        request: Request,
        after: Annotated[int, Query(ge=0, description="Only entries with a higher id.")] = 0,
        run_id: RunId = None,
    ) -> Response:
        """The activity log, oldest first."""
        found = self._runs.find(run_id)
        entries = [entry for entry in found.snapshot.activity if entry.id > after]
        return versioned(
            request, found.version, lambda: {"entries": [activity_row(entry) for entry in entries]}
        )

    async def runs(self, request: Request) -> Response:
        """The runs that can be asked for: the current one of each source, then the kept ones."""
        await self._runs.kept.refresh()
        every = self._runs.all()
        kept = self._runs.kept.headers([found.snapshot.run for found in every])
        names = [found.version for found in every]
        version = "+".join([*names, *(f"{one.id}-{one.saved_s:.0f}" for one in kept)])
        return versioned(
            request,
            version,
            lambda: {"runs": [*map(_run, every), *map(_kept_run, kept)]},
        )

    async def summary(self, request: Request, run_id: RunId = None) -> Response:
        """The state of the run in a few plain sentences."""
        found = self._runs.find(run_id)
        return versioned_body(
            request,
            found.version,
            "text/plain; charset=utf-8",
            lambda: (sentence(found.snapshot) + "\n").encode("utf-8", "backslashreplace"),
        )


def _model_end(snapshot: Snapshot) -> str | None:
    return label_of(snapshot.source.model_end) if snapshot.source.model_end else None


def _run(found: Found) -> dict[str, object]:
    snapshot, run = found.snapshot, found.snapshot.run
    figures = statistics(run)
    return {
        "id": found.run_id,
        "source": found.source.name,
        "label": run.label,
        "params": dict(run.params),
        "directory": printable(snapshot.source.directory),
        "job_logs": [printable(path) for path in snapshot.source.job_logs],
        "started": iso_or_none(started_s(run)),
        "ended": iso_or_none(run.attempts[-1].ended if run.attempts else None),
        "last_update": iso_or_none(snapshot.changed_at),
        "unit": run.unit,
        "timesteps": run.n_timesteps,
        "batches": run.n_values,
        "latest": None if figures is None else figures.latest_loss,
        "best": None if figures is None else figures.best_loss,
        "state": snapshot.source.state,
        "state_text": snapshot.source.state_text,
        "outcome": snapshot.source.outcome or None,
    }


def _kept_run(kept: Kept) -> dict[str, object]:
    return {
        "id": kept.id,
        "source": "kept",
        "label": kept.label,
        "params": dict(kept.params),
        "directory": printable(kept.directory),
        "job_logs": [printable(path) for path in kept.job_logs],
        "started": iso_or_none(kept.started_s),
        "ended": iso_or_none(kept.ended_s),
        "last_update": iso_or_none(kept.ended_s),
        "unit": kept.unit,
        "timesteps": kept.timesteps,
        "batches": kept.batches,
        "latest": kept.latest,
        "best": kept.best,
        "state": "kept",
        "state_text": "Kept run",
        "outcome": None,
    }
