"""`/metrics`: how each run stands, for Prometheus.

Enters: a request. Leaves: text in the format of Prometheus 0.0.4: a gauge or counter a line,
each with the source and run it is of. Only numbers that are known are told.
Source: "Exposition formats", Prometheus documentation.
"""

from __future__ import annotations

import os
import resource
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from math import isfinite, isinf

import numpy as np
from starlette.responses import Response

from loss_monitor import __version__
from loss_monitor._native import CORE
from loss_monitor.clock import Clock
from loss_monitor.report.forecast import finishes_s, used_s
from loss_monitor.series.figures import PERCENTILES
from loss_monitor.types import Job, Level
from loss_monitor.web.answers import NO_STORE
from loss_monitor.web.describe import batches_per_s, statistics
from loss_monitor.web.runs import Found, Runs

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
TAGS_MAX = 200
"""Tags of a run whose latest value is told: each is a series of its own for Prometheus."""
_LEVELS: tuple[Level, ...] = ("info", "warning", "error")
_PREFIX = "loss_monitor_"


@dataclass(frozen=True, slots=True)
class Sample:
    """One line: a metric, a value, and labels beside those of the run."""

    name: str
    value: float | None
    labels: Mapping[str, str] = field(default_factory=dict)


_HELP = {
    "info": ("gauge", "Version of the monitor and which core reads."),
    "up": ("gauge", "Whether the watched place can be read."),
    "state": ("gauge", "1 for the state that the training is in, with how the job ended."),
    "heard_timestamp_seconds": ("gauge", "Last sign of life: a loss, or a line of the job log."),
    "finishes_timestamp_seconds": ("gauge", "When the run reaches its end, at this pace."),
    "job_info": ("gauge", "1 for the job, its state and who told it."),
    "job_used_seconds": ("gauge", "Time that the job has used of its limit."),
    "job_limit_seconds": ("gauge", "Time that the job may use."),
    "loading": ("gauge", "Share of the bytes that were read, until everything was."),
    "last_update_timestamp_seconds": ("gauge", "When data last changed."),
    "data_age_seconds": ("gauge", "Time since data last changed."),
    "timesteps": ("gauge", "Timesteps of the current run."),
    "batches": ("gauge", "Losses of the current run, NaN and infinity included."),
    "nan_batches": ("gauge", "Losses that are NaN."),
    "infinite_batches": ("gauge", "Losses that are infinite."),
    "batches_per_second": ("gauge", "Losses per second over the newest timesteps."),
    "latest_loss": ("gauge", "Last finite loss."),
    "latest_mean_loss": ("gauge", "Mean loss of the latest timestep with a finite one."),
    "best_loss": ("gauge", "Least loss of the run."),
    "best_mean_loss": ("gauge", "Least mean loss of a timestep."),
    "mean_loss": ("gauge", "Mean of all finite losses."),
    "loss_percentile": ("gauge", "Exact percentiles of all finite losses."),
    "recent_slope": ("gauge", "Loss per batch over the newest 100 timesteps."),
    "attempts": ("gauge", "Processes that the run was made by."),
    "incidents": ("gauge", "Incidents in the activity log."),
    "alerts_open": ("gauge", "Open alerts of each level."),
    "tag_latest": ("gauge", "Latest value of a scalar tag."),
    "looks_total": ("counter", "Looks at the watched place."),
    "stats_total": ("counter", "Calls of stat."),
    "opens_total": ("counter", "Files opened."),
    "read_bytes_total": ("counter", "Bytes read from files."),
    "readers": ("gauge", "Pages and scripts that follow the stream."),
}
"""Type and meaning of each metric; told in this order."""


class MetricsRoutes:
    """The route, bound to where snapshots come from."""

    def __init__(self, runs: Runs, clock: Clock) -> None:
        """Tell of what `runs` have; `clock` gives ages."""
        self._runs = runs
        self._clock = clock

    async def metrics(self) -> Response:
        """How each run stands, in the text format of Prometheus."""
        now_s = self._clock.wall_s()
        every = [(_run_labels(found), [*_samples(found, now_s)]) for found in self._runs.all()]
        text = "".join([*_lines(every), *_process()])
        return Response(text, 200, {"cache-control": NO_STORE}, MEDIA_TYPE)


def _run_labels(found: Found) -> dict[str, str]:
    return {
        "source": found.source.name,
        "run": found.run_id,
        "label": found.snapshot.run.label,
    }


def _samples(found: Found, now_s: float) -> Iterator[Sample]:
    snapshot, run, source = found.snapshot, found.snapshot.run, found.snapshot.source
    yield Sample("info", 1, {"version": __version__, "core": CORE})
    yield Sample("up", float(source.exists and not source.error))
    yield Sample("state", 1, {"state": source.state, "outcome": source.outcome})
    yield Sample("heard_timestamp_seconds", source.heard_s or None)
    yield Sample("finishes_timestamp_seconds", finishes_s(run, source))
    if source.job is not None:
        yield from _of_job(source.job, now_s)
    if source.loading is not None and source.loading.bytes_total:
        yield Sample("loading", source.loading.bytes_done / source.loading.bytes_total)
    if snapshot.changed_at:
        yield Sample("last_update_timestamp_seconds", snapshot.changed_at)
        yield Sample("data_age_seconds", max(0.0, now_s - snapshot.changed_at))
    yield from _of_losses(found)
    yield Sample("attempts", len(run.attempts))
    yield Sample("incidents", source.incidents)
    open_now = [alert.level for alert in snapshot.alerts if alert.closed_s is None]
    for level in _LEVELS:
        yield Sample("alerts_open", open_now.count(level), {"level": level})
    store = snapshot.tags
    tags = ((tb_run, tag) for tb_run in store.runs() for tag in store.scalars(tb_run))
    for tb_run, tag in islice(tags, TAGS_MAX):
        pieces, _ = store.pieces(tb_run, tag)
        value = float(pieces[-1].points.values[-1]) if pieces else None
        yield Sample("tag_latest", value, {"tb_run": tb_run, "tag": tag})
    yield Sample("looks_total", source.io.looks)
    yield Sample("stats_total", source.io.stats)
    yield Sample("opens_total", source.io.opens)
    yield Sample("read_bytes_total", source.io.bytes_read)
    yield Sample("readers", found.source.hub.n_readers)


def _of_job(job: Job, now_s: float) -> Iterator[Sample]:
    yield Sample("job_info", 1, {"job": job.id, "state": job.state, "told_by": job.source})
    yield Sample("job_used_seconds", used_s(job, now_s))
    yield Sample("job_limit_seconds", job.limit_s)


def _of_losses(found: Found) -> Iterator[Sample]:
    run = found.snapshot.run
    figures = statistics(run)
    yield Sample("timesteps", run.n_timesteps)
    yield Sample("batches", run.n_values)
    if figures is None:
        return
    means = run.table.mean[np.isfinite(run.table.mean)]
    yield Sample("nan_batches", figures.nan_batches)
    yield Sample("infinite_batches", figures.inf_batches)
    yield Sample("batches_per_second", batches_per_s(run))
    yield Sample("latest_loss", figures.latest_loss)
    yield Sample("latest_mean_loss", float(means[-1]) if means.size else None)
    yield Sample("best_loss", figures.best_loss)
    yield Sample("best_mean_loss", figures.best_mean)
    yield Sample("mean_loss", figures.overall_mean)
    yield Sample("recent_slope", figures.recent_slope)
    for q in PERCENTILES:
        yield Sample("loss_percentile", getattr(figures, f"percentile_{q}"), {"percentile": str(q)})


def _lines(every: Iterable[tuple[dict[str, str], list[Sample]]]) -> Iterator[str]:
    """Yield all samples of a metric together, as the format wants it."""
    told = list(every)
    for name, (kind, words) in _HELP.items():
        lines = [
            f"{_PREFIX}{name}{_labels({**run, **one.labels})} {_number(one.value)}\n"
            for run, samples in told
            for one in samples
            if one.name == name and one.value is not None
        ]
        if lines:
            yield f"# HELP {_PREFIX}{name} {words}\n# TYPE {_PREFIX}{name} {kind}\n"
            yield from lines


def _process() -> Iterator[str]:
    """Yield what Prometheus calls standard of a process."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    yield "# HELP process_cpu_seconds_total Processor time, user and system.\n"
    yield "# TYPE process_cpu_seconds_total counter\n"
    yield f"process_cpu_seconds_total {_number(usage.ru_utime + usage.ru_stime)}\n"
    with open("/proc/self/statm", encoding="ascii") as file:
        pages = int(file.read().split()[1])
    yield "# HELP process_resident_memory_bytes Resident memory.\n"
    yield "# TYPE process_resident_memory_bytes gauge\n"
    yield f"process_resident_memory_bytes {pages * os.sysconf('SC_PAGE_SIZE')}\n"


def _labels(labels: Mapping[str, str]) -> str:
    pairs = (f'{name}="{_escaped(text)}"' for name, text in labels.items())
    return "{" + ",".join(pairs) + "}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    if isfinite(value):
        return repr(value)
    return ("+Inf" if value > 0 else "-Inf") if isinf(value) else "NaN"
