"""The shapes of `/api/status` and of what is told of the job.

Enters: nothing. Leaves: models. Fields ending in `_s` are seconds, of moments since 1970-01-01
UTC; other times are ISO 8601 with offset.
"""

from __future__ import annotations

from typing import Literal

from loss_monitor.web.models import IoPart, LoadingPart, Number, Shape

JobSource = Literal["squeue", "scontrol", "sacct", "log", "option"]
"""Who told: a command of Slurm, the job log's name, or `--job`."""


class JobAnswer(Shape):
    """The batch job of a run. `state` is `null` where no command knows the job."""

    id: str
    state: str | None
    """As Slurm has it, such as `RUNNING`."""
    reason: str | None
    node: str | None
    user: str | None
    name: str | None
    started: str | None
    ended: str | None
    limit_s: Number
    """`null` where there is no limit, or none is known."""
    used_s: Number
    ends: str | None
    """When the limit is used up."""
    model_time_at_limit: str | None
    """Model time reached then, at the pace of the newest timesteps."""
    source: JobSource


class OtherJob(Shape):
    """A running job of the user whose log could be followed; told where nothing is read."""

    id: str
    name: str
    log: str
    command: str
    """What to type."""


class JobPart(Shape):
    """The batch job as the page has it, unchanging while nothing happens to it."""

    id: str
    state: str
    reason: str
    node: str
    limit_s: Number
    used_s: float
    """Up to `counts_from_s`, or in all."""
    counts_from_s: Number
    ends_s: Number
    source: JobSource


class StatusAnswer(Shape):
    """The monitor as a whole."""

    status: Literal["running"]
    monitoring_dir: str
    last_update: str | None
    total_timesteps: int
    total_batches: int
    version: str
    """The version of the data, as in every `ETag`."""
    monitor_version: str
    user: str
    host: str
    run: str | None
    label: str
    params: dict[str, str]
    age_s: Number
    loading: LoadingPart | None
    incidents: int
    core: Literal["native", "python"]
    is_open: bool
    """True where whoever reaches the address is let in without a token."""
    io: IoPart
    state: str
    """`starting`, `empty`, `dry_run`, `pending`, `suspended`, `running`, `waiting`, `stale`,
    `finished`, `failed`, or `kept`; others may come."""
    state_text: str
    """The state in words."""
    outcome: Literal["finished", "failed", "cancelled", "out_of_memory", "timed_out"] | None
    """How the job ended; `null` while it goes on, or nothing told."""
    heard: str | None
    """Last sign of life: a loss, or any line of the job log."""
    model_end: str | None
    """Model time at which the experiment ends, as ICON printed it in the job log."""
    finishes: str | None
    """When the run is there, at the pace of the newest timesteps."""
    job: JobAnswer | None
    other_job: OtherJob | None
