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
    step: list[int] | None = None


class ComparedRow(Shape):
    """Figures of one training over its finite values."""

    run: str
    tb_run: str | None
    label: str
    unit: Literal["batch", "epoch", "rank"] | None
    state: str
    timesteps: int | None
    values: int
    finite: int
    started: str | None
    last_update: str | None
    elapsed_s: Number
    model_time_s: Number
    first: Number
    latest: Number
    best: Number
    best_at: str | None
    """Label of the timestep, or the step."""
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
    series: list[ComparedSeries]
    table: list[ComparedRow]
