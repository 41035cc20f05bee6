"""Words of the domain that several rooms share: small immutable records, no behaviour.

A **timestep** is one step of ICON's model time; a **batch** is one update of the network
within it; a **step** is the global counter of updates.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

Unit = Literal["batch", "epoch", "rank"]
"""What one loss of a timestep stands for."""

Level = Literal["info", "ok", "warning", "error"]

Key = tuple[int, ...]
"""Sort key of a timestep: model-time fields for files, `(step,)` for job logs.

All keys of one run have the same length.
"""

SummaryValue = float | int | str
REFUSAL_SAMPLE_MAX = 80
"""Characters of refused input kept as a sample: enough to recognise it, bounded for ever."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One piece of input that was refused: what was wrong, where, and a sample of it."""

    reason: str
    """What happened and what was expected, in words."""
    line: int | None = None
    """Line in the file, from 1."""
    offset: int | None = None
    """Bytes from the beginning of the file, where lines mean nothing."""
    sample: str = ""
    """At most `REFUSAL_SAMPLE_MAX` characters of the input, control characters escaped."""


class Timestep(NamedTuple):
    """All that is known of one timestep; values in batch order. A tuple: there are many."""

    key: Key
    label: str
    """`YYYY-MM-DD HH:MM:SS`, or `step N` where no model time is known."""
    values: Floats
    """float64, shape (batches,), NaN and infinity included."""
    unit: Unit = "batch"
    source: str = ""
    """Path of the file that the values came from."""
    attempt: int = 0
    """Index into the run's attempts."""
    wall_time: float = 0.0
    """When the values were written, seconds since 1970-01-01 UTC."""
    summary: tuple[tuple[str, SummaryValue], ...] = ()
    """The summary file's pairs, names as in the file."""
    complete: bool = True
    """False while the timestep may still grow."""
    model_fields: tuple[int, ...] = ()
    """Fields of its model time as in `model_time.ModelTime`; empty while unknown."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One process (job) of a run."""

    label: str
    started: float
    """Wall time of its beginning, seconds since 1970-01-01 UTC; 0 where nothing tells it."""
    ended: float | None = None
    """Wall time of the last that was heard of it; None while it may go on."""
    outcome: str = ""
    """`finished`, `timed_out`, `out_of_memory`, `cancelled` or `failed`, from the log's own last
    words; empty where it said nothing."""
    job: int | None = None
    """Id of its job, where a job log's name tells it."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened at one place of a run, or over a stretch of it."""

    kind: str
    """`checkpoint`, `rollback`, `restart`, `restored`, `dry_run`, `non_finite`, `end`, `note`."""
    key: Key | None
    """Timestep at or before which it happened, or ended."""
    wall_time: float
    """When it was read, at the latest; seconds since 1970-01-01 UTC."""
    message: str
    file: str = ""
    """Path of the file that told it."""
    line: int | None = None
    """Line in that file, from 1."""
    offset: int | None = None
    """Where that line begins, in bytes."""
    level: Level = "info"
    from_key: Key | None = None
    """Where it began, for what lasts: the checkpoint that a rollback went back to."""


@dataclass(frozen=True, slots=True)
class ActivityEntry:
    """One row of the activity log."""

    id: int
    """Grows by one with every entry written, also when it replaces an older row."""
    time: float
    """Wall time, seconds since 1970-01-01 UTC."""
    level: Level
    kind: str
    message: str
    file: str | None = None
    line: int | None = None
    offset: int | None = None
    row: str | None = None
    """Entries of equal `row` replace each other: a counting row stays one row."""
    incident: bool = False
    """True for what went wrong; counted in `incidents`."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an alert was raised on; None and empty where it does not apply."""

    values: tuple[float, ...] = ()
    """The figures that were compared, the present one first."""
    timestamp: str = ""
    """Label of the timestep."""
    batch: int | None = None
    """Index within the timestep, from 0."""
    file: str = ""
    """Path of the file that the value came from."""
    line: int | None = None
    """Line in that file, from 1."""
    tag: str = ""
    """Tag of event files that the first value came from."""
    step: int | None = None
    """Its step."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One incident that a health rule found: opened once, updated, closed."""

    id: int
    rule: str
    level: Level
    message: str
    """What is the matter, with figures, as it stood at its worst."""
    opened_s: float
    """Wall time of the data that raised it, seconds since 1970-01-01 UTC."""
    updated_s: float
    closed_s: float | None = None
    """None while it is open."""
    evidence: Evidence = field(default_factory=Evidence)


@dataclass(frozen=True, slots=True)
class Loading:
    """Progress from process start until every file was read once."""

    files_done: int
    files_total: int
    bytes_done: int
    bytes_total: int


@dataclass(frozen=True, slots=True)
class Io:
    """What the monitor has asked of the file system since it started."""

    looks: int = 0
    stats: int = 0
    opens: int = 0
    bytes_read: int = 0


@dataclass(frozen=True, slots=True)
class Job:
    """A batch job, as its scheduler or its log tells of it; equal while nothing happens to it."""

    id: str
    """Number as the scheduler has it; `4711_3` for a task of an array."""
    state: str = ""
    """The scheduler's own word, such as `RUNNING`; empty where only the log names the job."""
    reason: str = ""
    """Why it waits or ended, in the scheduler's word; empty where there is none."""
    node: str = ""
    """Its nodes, such as `l[40123-40126]`."""
    user: str = ""
    name: str = ""
    started_s: float | None = None
    """Seconds since 1970-01-01 UTC; None before it starts."""
    ended_s: float | None = None
    """None while it has not ended."""
    limit_s: float | None = None
    """Time that it may use; None where there is no limit, or none is known."""
    used_s: float = 0.0
    """Time that it had used at `counts_from_s`, or in all where that is None."""
    counts_from_s: float | None = None
    """From when on its time runs; None while it waits, is suspended, or has ended."""
    log: str = ""
    """Path of its standard output, empty where unknown."""
    directory: str = ""
    """Its working directory."""
    source: str = "log"
    """Who told: `squeue`, `scontrol`, `sacct`, `log` (its file's name), `option` (`--job`)."""


@dataclass(frozen=True, slots=True)
class SourceState:
    """What is watched and how it stands; part of each snapshot."""

    directory: str
    """The watched directory, or that of the job log."""
    job_logs: tuple[str, ...] = ()
    exists: bool = False
    """False while the watched place is missing."""
    error: str = ""
    """Why it cannot be read (permission, not a directory), empty if it can."""
    last_look: float = 0.0
    loading: Loading | None = None
    io: Io = field(default_factory=Io)
    incidents: int = 0
    poll_interval_s: float = 0.0
    """Seconds from the last look to the next."""
    has_ended: bool = False
    """True once the job log, or the scheduler, told the end of the job."""
    state: str = "starting"
    """`starting`, `empty`, `dry_run`, `pending`, `suspended`, `running`, `waiting`, `stale`,
    `finished`, `failed`."""
    state_text: str = ""
    """The state in words, for the page's pill."""
    outcome: str = ""
    """How the job ended: `finished`, `failed`, `cancelled`, `out_of_memory`, `timed_out`."""
    heard_s: float = 0.0
    """Last sign of life, a loss or any line of the job log; seconds since 1970-01-01 UTC."""
    job: Job | None = None
    """The job that the run is made by, as far as it is known."""
    model_end: tuple[int, ...] = ()
    """Model time at which the experiment ends, fields as in `ModelTime`; empty if unknown."""
    other_job: Job | None = None
    """A running job of the user whose log could be followed; told where nothing is read."""
    usual_interval_s: float | None = None
    """Median wall time between timesteps, once two are known."""
    model_status: Mapping[str, object] | None = None
    """Last `monitor_status.json` that parsed."""
