"""The shapes of all answers, for `/api/openapi.json` and for the tests that hold them true.

Enters: nothing. Leaves: models. Answers are not built through them, since a check of each
number would cost more than the number; a test reads every answer back through its model,
which refuses fields that are not named here.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, RootModel

Number = float | None
"""`null` stands for a value that is not finite, or not known."""


class Shape(BaseModel):
    """A JSON object with exactly the fields named."""

    model_config = ConfigDict(extra="forbid", strict=True)


class ErrorAnswer(Shape):
    """What happened and what to do; also with status 200 before the first loss."""

    error: str
    available_tags: list[str] | None = None


class LoadingPart(Shape):
    """Progress from process start until every file was read once."""

    files_done: int
    files_total: int
    bytes_done: int
    bytes_total: int


class IoPart(Shape):
    """What was asked of the file system since the start."""

    looks: int
    stats: int
    opens: int
    bytes_read: int


class HealthAnswer(Shape):
    """That the server answers."""

    status: Literal["healthy"]
    timestamp: str


class CurrentAnswer(Shape):
    """The latest timestep that has batches."""

    timestamp: str
    mean_loss: Number
    std_loss: Number
    min_loss: Number
    max_loss: Number
    num_batches: int
    latest_loss: Number
    non_finite: int
    complete: bool


class HistoryAnswer(Shape):
    """Newest timesteps and newest batches, oldest first."""

    timestamps: list[str]
    mean_losses: list[Number]
    std_losses: list[Number]
    min_losses: list[Number]
    max_losses: list[Number]
    all_losses: list[Number]
    all_timestamps: list[str]
    batch_indices: list[int]
    losses: list[Number] | None = None


class StatisticsAnswer(Shape):
    """Figures over all finite losses; `null` where there are none."""

    total_batches: int
    total_timesteps: int
    overall_mean: Number
    overall_std: Number
    overall_min: Number
    overall_max: Number
    percentile_25: Number
    percentile_50: Number
    percentile_75: Number
    percentile_90: Number
    percentile_95: Number
    percentile_99: Number
    trend: Literal["increasing", "decreasing", "unknown"]
    trend_slope: Number
    first_loss: Number
    latest_loss: Number
    improvement: Number
    finite_batches: int
    nan_batches: int
    inf_batches: int
    trend_r2: Number
    recent_trend: Literal["increasing", "decreasing", "flat", "unknown"]
    recent_slope: Number
    recent_r2: Number
    best_loss: Number
    best_timestamp: str | None
    best_mean: Number
    best_mean_timestamp: str | None
    improvement_relative: Number


class TimestepsAnswer(Shape):
    """Labels in model-time order."""

    timesteps: list[str]


class TimestepAnswer(Shape):
    """All batches of one timestep."""

    timestamp: str
    losses: list[Number]
    batch_indices: list[int]
    mean_loss: Number
    std_loss: Number
    min_loss: Number
    max_loss: Number
    num_batches: int
    unit: Literal["batch", "epoch", "rank"]
    mismatch: list[str]
    summary: dict[str, int | float | str | None] | None = None


class Buckets(Shape):
    """Buckets of a half-open range; minimum and maximum are the true ones."""

    x_start: list[Number]
    x_stop: list[Number]
    count: list[int]
    non_finite: list[int]
    min: list[Number]
    max: list[Number]
    mean: list[Number]
    std: list[Number]
    first: list[Number]
    last: list[Number]
    smooth: list[Number] | None = None
    """Moving average behind a bucket's last value, over all values before; if asked for."""


class RangeAnswer(Buckets):
    """A range of a run."""

    timestep: list[int]
    """Index of a bucket's first timestep."""
    attempt: list[int]
    """Index into the run's attempts; no bucket joins two."""


class OnlineAnswer(Shape):
    """Timesteps in columns, oldest first; one timestep each, or 2^k of a long run.

    A signal is the mean over a column's timesteps, with its extremes beside it; the
    percentiles, `min` and `max` are of all of a column's finite batches.
    """

    labels: list[str]
    """Of a column's first timestep."""
    start: list[int]
    timesteps: list[int]
    attempt: list[int]
    """Index into the run's attempts; no column joins two."""
    batches: list[int]
    non_finite: list[int]
    first_batch: list[Number]
    first_batch_min: list[Number]
    first_batch_max: list[Number]
    last_batch: list[Number]
    last_batch_min: list[Number]
    last_batch_max: list[Number]
    gain: list[Number]
    """First less last batch of a timestep."""
    gain_min: list[Number]
    gain_max: list[Number]
    boundary_jump: list[Number]
    """First batch less the last one of the timestep before."""
    boundary_jump_min: list[Number]
    boundary_jump_max: list[Number]
    min: list[Number]
    percentile_10: list[Number]
    percentile_25: list[Number]
    percentile_50: list[Number]
    percentile_75: list[Number]
    percentile_90: list[Number]
    max: list[Number]
    wall_time: list[Number]
    """When a column's last timestep was written, seconds since 1970-01-01 UTC."""
    model_time: list[Number]
    """Of a column's first timestep, seconds since the run's first."""
    model_rate: list[Number]
    """Seconds of model time for each second of wall time."""


class DistributionAnswer(Shape):
    """Histogram; the counts and `left_out` sum to the number of finite values."""

    edges: list[Number]
    counts: list[int]
    non_finite: int
    scale: Literal["linear", "log"]
    left_out: int


class AvailableAnswer(Shape):
    """Whether there are event files."""

    available: bool
    runs_dir: str
    runs: list[str]


class ScalarsAnswer(Shape):
    """Points of a tag in file order."""

    tag: str
    tb_run: str
    steps: list[int]
    values: list[Number]
    wall_times: list[Number]
    count: int
    dropped: int


class ScalarsRangeAnswer(Buckets):
    """Points of a tag, reduced; `x_stop` is of a bucket's last point (of steps one more)."""

    tag: str
    tb_run: str
    step: list[int]
    """Step of a bucket's first point."""
    attempt: list[int]
    """Number of the attempt among those that are told apart; no bucket joins two."""
    dropped: int


class TagsOfRun(Shape):
    """The tags of one of TensorBoard's runs."""

    tb_run: str
    scalars: list[str]
    histograms: list[str]
    texts: list[str]


class TagsAnswer(Shape):
    """All tags."""

    runs: list[TagsOfRun]


class HistogramsAnswer(Shape):
    """Histograms of a tag, one entry a step, oldest first."""

    tag: str
    tb_run: str
    steps: list[int]
    wall_times: list[Number]
    edges: list[list[Number]]
    counts: list[list[Number]]
    min: list[Number]
    max: list[Number]
    num: list[Number]
    sum: list[Number]
    sum_squares: list[Number]
    thinned: bool
    """Whether older steps were left out, so that memory stays bounded; the newest are whole."""
    dropped: int
    """Kept histograms of earlier attempts that are not among these."""


class HistogramMapAnswer(Shape):
    """Histograms of a tag over common bins, one entry a step, oldest first."""

    tag: str
    tb_run: str
    steps: list[int]
    wall_times: list[Number]
    min: list[Number]
    max: list[Number]
    num: list[Number]
    edges: list[float]
    """Of the bins, one more than there are bins."""
    counts: list[list[float]]
    """Values in each bin; fractions where a bucket of the file was split."""
    below: list[float]
    """Values below the first edge."""
    above: list[float]
    quantile_shares: list[float]
    quantiles: list[list[Number]]
    """Values below which these shares of a step's values lie."""
    thinned: bool
    """Whether steps were left out: to bound memory, or since fewer points were asked for."""
    total: int
    """Steps that are kept, of which these are some."""
    dropped: int


class RunRow(Shape):
    """One run that can be asked for."""

    id: str
    """For `?run=`; of a source without a run yet the source's name."""
    source: str
    """Name of its source; in `?run=` it means the source's current run."""
    label: str
    params: dict[str, str]
    """Parameters of the run by name, as its user gave them."""
    directory: str
    job_logs: list[str]
    started: str | None
    ended: str | None
    last_update: str | None
    unit: Literal["batch", "epoch", "rank"]
    timesteps: int
    batches: int
    latest: Number
    best: Number
    state: str
    state_text: str
    outcome: str | None
    """How its job ended, as in `/api/status`; `null` while it goes on."""


class RunsAnswer(Shape):
    """The current run of each source, the default first; then the kept runs, the newest first."""

    runs: list[RunRow]


class ActivityRow(Shape):
    """One row of the activity log; entries of equal `row` replace each other."""

    id: int
    time: str
    level: Literal["info", "ok", "warning", "error"]
    kind: str
    message: str
    file: str | None
    line: int | None
    offset: int | None
    row: str | None
    incident: bool


class ActivityAnswer(Shape):
    """The activity log, oldest first."""

    entries: list[ActivityRow]


class SummaryText(RootModel[str]):
    """Plain text."""
