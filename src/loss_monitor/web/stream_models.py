"""The shapes of the stream's events, schema 4, for `/api/openapi.json` and the tests.

Enters: nothing. Leaves: models. Fields ending in `_s` are seconds (since 1970-01-01 UTC for
moments); other times are ISO 8601 with offset.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from loss_monitor.web.alert_models import AlertRow
from loss_monitor.web.mark_models import AttemptPart, MarkPart
from loss_monitor.web.models import (
    ActivityRow,
    LoadingPart,
    Number,
    Shape,
    StatisticsAnswer,
)
from loss_monitor.web.status_models import JobPart, OtherJob


class AboutPart(Shape):
    """Who answers: fixed while the server runs."""

    version: str
    user: str
    host: str
    directory: str
    job_logs: list[str]
    core: Literal["native", "python"]
    refresh_rate_s: float
    max_history_limit: int
    histogram_bins: int
    demo: bool
    is_open: bool
    """True where whoever reaches the address is let in without a token."""


class SourcePart(Shape):
    """What is watched and how it stands."""

    exists: bool
    error: str
    loading: LoadingPart | None
    incidents: int
    poll_interval_s: float
    state: str
    state_text: str
    usual_interval_s: Number
    last_update: str | None
    last_update_s: Number
    batches_per_s: Number
    heard_s: Number
    """Last sign of life, a loss or any line of the job log."""
    job: JobPart | None
    model_time_at_limit: str | None
    """Model time reached when the job's limit is used up, `YYYY-MM-DD HH:MM`."""
    other_job: OtherJob | None


class BestPart(Shape):
    """The timestep of the lowest mean."""

    mean: Number
    index: int
    label: str


class RunPart(Shape):
    """The run beside its losses; the newest and the most severe marks only."""

    id: str
    label: str
    params: dict[str, str]
    unit: Literal["batch", "epoch", "rank"]
    timesteps: int
    batches: int
    started: str | None
    attempts: list[AttemptPart]
    dropped: int
    best: BestPart | None
    marks: list[MarkPart]


class Columns(Shape):
    """Timesteps as columns."""

    label: list[str]
    x: list[Number]
    count: list[int]
    non_finite: list[int]
    inf: list[int]
    mean: list[Number]
    std: list[Number]
    min: list[Number]
    max: list[Number]
    wall_time: list[Number]
    attempt: list[int]


class TimestepColumns(Columns):
    """The newest 500 timesteps; `start` is the index of the first."""

    start: int


class BucketColumns(Columns):
    """Older timesteps, `timesteps` of them a row from index `start` on."""

    start: list[int]
    timesteps: list[int]


class Buckets(BucketColumns):
    """All older timesteps, `size` in a row, a power of two."""

    size: int


class CurrentBuckets(Shape):
    """A timestep of more than 2,000 batches, reduced."""

    x_start: list[int]
    x_stop: list[int]
    min: list[Number]
    max: list[Number]
    mean: list[Number]
    count: list[int]


class CurrentPart(Shape):
    """The latest timestep that has batches; `start` is its first batch over the run."""

    index: int
    label: str
    unit: Literal["batch", "epoch", "rank"]
    complete: bool
    start: int
    count: int
    values: list[Number] | None = None
    buckets: CurrentBuckets | None = None


class LinearBins(Shape):
    """Evenly spaced bins from `lo` to `hi`."""

    lo: Number
    hi: Number
    counts: list[int]


class LogBins(LinearBins):
    """Bins of equal ratio; `left_out` finite values are not above zero."""

    left_out: int


class DistributionPart(Shape):
    """Histogram of all losses."""

    linear: LinearBins
    log: LogBins


class SnapshotEvent(Shape):
    """`event: snapshot`: everything the overview shows."""

    schema_number: Literal[4] = Field(alias="schema")
    version: str
    server_time: str
    server_time_s: float
    about: AboutPart
    source: SourcePart
    sentence: str
    run: RunPart
    buckets: Buckets
    timesteps: TimestepColumns
    current: CurrentPart | None
    statistics: StatisticsAnswer | None
    distribution: DistributionPart | None
    recent: list[Number]
    activity: list[ActivityRow]
    alerts: list[AlertRow]
    """The newest, in the order of their opening."""


class ReplacedParts(Shape):
    """Parts that are replaced whole; absent ones stay."""

    source: SourcePart | None = None
    sentence: str | None = None
    run: RunPart | None = None
    statistics: StatisticsAnswer | None = None
    distribution: DistributionPart | None = None
    current: CurrentPart | None = None


class TimestepSplice(Shape):
    """Remove `drop` rows at the front, cut to `keep`, append."""

    drop: int
    keep: int
    start: int
    append: Columns


class BucketSplice(Shape):
    """Cut to `keep` rows, append."""

    keep: int
    append: BucketColumns


class Splice(Shape):
    """Rows that changed at the end."""

    timesteps: TimestepSplice | None = None
    buckets: BucketSplice | None = None


class CurrentAppend(Shape):
    """The current timestep grew: cut its values to `keep`, append."""

    index: int
    keep: int
    values: list[Number]
    complete: bool
    count: int


class RecentSplice(Shape):
    """Remove `drop` values at the front, append."""

    drop: int
    append: list[Number]


class UpdateEvent(Shape):
    """`event: update`: an append at the end."""

    version: str
    server_time: str
    server_time_s: float
    set: ReplacedParts | None = None
    merge: dict[Literal["source", "run", "statistics"], dict[str, object]] | None = None
    """Fields of a part that take the place of the older ones; the others stay."""
    recent_splice: RecentSplice | None = None
    splice: Splice | None = None
    current_append: CurrentAppend | None = None


class ActivityEvent(Shape):
    """`event: activity`: append; an entry with a `row` replaces the older one of that row."""

    version: str
    entries: list[ActivityRow]


class AlertEvent(Shape):
    """`event: alert`: opened, updated and closed alerts; each replaces the one of its id."""

    version: str
    alerts: list[AlertRow]


class RunEvent(Shape):
    """`event: run`: another run; its snapshot follows."""

    id: str
    label: str


class HeartbeatEvent(Shape):
    """`event: heartbeat`, every 10 s."""

    version: str
    age_s: Number
    server_time: str
    server_time_s: float


EVENTS: dict[str, type[Shape]] = {
    "snapshot": SnapshotEvent,
    "update": UpdateEvent,
    "activity": ActivityEvent,
    "alert": AlertEvent,
    "run": RunEvent,
    "heartbeat": HeartbeatEvent,
}
"""Model of the data of each event, by the event's name."""
