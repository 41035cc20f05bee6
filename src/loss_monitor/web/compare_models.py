"""The shapes of `/api/compare`, as `web/models.py` has those of all other answers."""

from __future__ import annotations

from typing import Literal

from loss_monitor.web.models import Buckets, Number, Shape


class ComparedSeries(Buckets):
    """One training on an axis that begins at its own beginning."""

    run: str
    tb_run: str | None
    label: str
    timestep: list[int] | None = None
    attempt: list[int] | None = None
    """Index into the run's attempts: buckets of two are not joined."""
    step: list[int] | None = None


class ReachedLoss(Shape):
    """Where the mean of a timestep was at or below the loss to reach for the first time."""

    timesteps: int
    steps: int
    """Updates of the network up to it: batches, or the step of a job log."""
    label: str
    mean: float
    model_time_s: Number
    trained_s: Number


class ComparedRow(Shape):
    """Figures of one training over its finite values."""

    run: str
    tb_run: str | None
    label: str
    params: dict[str, str]
    """Of its run."""
    unit: Literal["batch", "epoch", "rank"] | None
    state: str
    timesteps: int | None
    values: int
    finite: int
    nan: int | None
    inf: int | None
    """Null for tags, of which only the sum is known."""
    started: str | None
    last_update: str | None
    attempts: int | None
    elapsed_s: Number
    model_time_s: Number
    trained_s: Number
    """Wall time within attempts: from the first to the last timestep of each, added up."""
    steps_per_s: Number
    model_rate: Number
    """Seconds of model time for each second within attempts."""
    first: Number
    latest: Number
    best: Number
    best_at: str | None
    """Label of the timestep, or the step."""
    best_mean: Number
    """Least mean of a timestep."""
    at_equal_model_time: Number
    """Mean of the timestep at the largest model time that all have reached."""
    reached: ReachedLoss | None
    """Null where the loss was not reached, and for tags."""
    mean: Number
    std: Number
    min: Number
    max: Number
    percentile_25: Number
    percentile_50: Number
    percentile_75: Number
    percentile_90: Number
    percentile_95: Number
    percentile_99: Number


class CompareAnswer(Shape):
    """Several trainings: what is drawn of each, and a row of figures for each."""

    x: Literal["batch", "timestep", "model_time", "wall_time", "step"]
    tag: str | None
    equal_model_time_s: Number
    """Since each run's first timestep."""
    reach: Number
    """Mean loss that is to be reached."""
    series: list[ComparedSeries]
    table: list[ComparedRow]
