"""Parts of a comparison: one training in, its series and its row of figures out.

Enters: snapshots. Leaves: a `Part` for each training, which holds nothing of the snapshot, and
the table of several parts: what each had come to at a model time that all have reached, and
when it reached a loss.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from loss_monitor.clock import iso_time
from loss_monitor.series import ranges, tag_ranges
from loss_monitor.series.course import Course, Pace, course_of
from loss_monitor.series.figures import PERCENTILES
from loss_monitor.series.pieces import Piece
from loss_monitor.series.snapshot import Snapshot
from loss_monitor.series.tag_figures import tag_figures
from loss_monitor.web.answers import encode
from loss_monitor.web.describe import iso_or_none, statistics
from loss_monitor.web.loss import vars_of

RUN_AXES: dict[str, ranges.Axis] = {
    "batch": "batch",
    "step": "step",
    "timestep": "timestep",
    "model_time": "model_time",
    "wall_time": "relative",
}
"""Axis of the losses by its name in the interface; the first is the default."""
TAG_AXES: dict[str, tag_ranges.TagAxis] = {"step": "step", "wall_time": "relative"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which part of each training, and how it is reduced."""

    start: float | None
    stop: float | None
    points: int
    x: str
    smoothing: float | None
    tag: str | None
    """None: the losses."""
    tb_runs: tuple[str, ...]
    """TensorBoard's runs; empty: all that have the tag."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a comparison tells of one training."""

    series: bytes
    """JSON of what is drawn."""
    row: dict[str, object]
    """Figures that do not depend on the others."""
    course: Course | None
    """None for a tag."""


def parts_of(snapshot: Snapshot, run_id: str, wanted: Wanted) -> list[Part]:
    """Return the part of a run, or of each of its trainings that has the tag."""
    if wanted.tag is None:
        return [_of_run(snapshot, run_id, wanted)]
    return [
        _of_tag(snapshot, run_id, tb_run, wanted.tag, wanted)
        for tb_run in snapshot.tags.runs()
        if wanted.tag in snapshot.tags.scalars(tb_run)
        and (not wanted.tb_runs or tb_run in wanted.tb_runs)
    ]


def table_of(parts: Sequence[Part], target: float | None) -> dict[str, object]:
    """Return the rows of all parts, and what they are compared at.

    `target` is the mean loss to reach; None: the highest of the best means, so that all have.
    """
    courses = [part.course for part in parts if part.course is not None]
    ends = [one.model_time_max_s for one in courses]
    equal_s = min((end for end in ends if end is not None), default=None)
    if target is None:
        target = max((one.best for one in courses if one.best is not None), default=None)
    return {
        "equal_model_time_s": equal_s,
        "reach": target,
        "table": [{**part.row, **_beside(part.course, equal_s, target)} for part in parts],
    }


def _beside(
    course: Course | None, equal_s: float | None, target: float | None
) -> dict[str, object]:
    if course is None:
        return {"at_equal_model_time": None, "reached": None}
    reached = None if target is None else course.reach(target)
    return {
        "at_equal_model_time": None if equal_s is None else course.mean_at(equal_s),
        "reached": None if reached is None else asdict(reached),
    }


def _of_run(snapshot: Snapshot, run_id: str, wanted: Wanted) -> Part:
    run = snapshot.run
    buckets = ranges.reduce_range(
        run, wanted.start, wanted.stop, wanted.points, RUN_AXES[wanted.x], wanted.smoothing
    )
    name = {"run": run_id, "tb_run": None, "label": run.label}
    series = encode({**name, **vars_of(buckets)})
    return Part(series, {**name, **_run_row(snapshot)}, course_of(run))


def _run_row(snapshot: Snapshot) -> dict[str, object]:
    run, course = snapshot.run, course_of(snapshot.run)
    figures = statistics(run)
    walls = run.table.wall_time[run.table.wall_time > 0]
    seconds = run.model_seconds
    row: dict[str, object] = {
        "params": dict(run.params),
        "unit": run.unit,
        "state": snapshot.source.state,
        "timesteps": run.n_timesteps,
        "values": run.n_values,
        "started": iso_time(float(walls.min())) if walls.size else None,
        "last_update": iso_or_none(snapshot.changed_at),
        "attempts": len(run.attempts),
        "elapsed_s": float(np.ptp(walls)) if walls.size else None,
        "model_time_s": None if seconds is None else float(np.nanmax(seconds)),
        **asdict(course.pace),
        "best_mean": course.best,
    }
    names = {
        "finite": "finite_batches", "nan": "nan_batches", "inf": "inf_batches",
        "first": "first_loss", "latest": "latest_loss",
        "best": "best_loss", "best_at": "best_timestamp", "mean": "overall_mean",
        "std": "overall_std", "min": "overall_min", "max": "overall_max",
        **{f"percentile_{q}": f"percentile_{q}" for q in PERCENTILES},
    }  # fmt: skip
    row |= {ours: getattr(figures, theirs, None) for ours, theirs in names.items()}
    return {**row, "finite": row["finite"] or 0}


def _of_tag(snapshot: Snapshot, run_id: str, tb_run: str, tag: str, wanted: Wanted) -> Part:
    pieces, _, begins = snapshot.tags.stretches(tb_run, tag)
    axis = TAG_AXES[wanted.x]
    buckets = tag_ranges.reduce_points(
        pieces, wanted.start, wanted.stop, wanted.points, axis, wanted.smoothing, begins
    )
    name = {"run": run_id, "tb_run": tb_run, "label": f"{snapshot.run.label}/{tb_run}"}
    series = encode({**name, **vars_of(buckets)})
    return Part(series, {**name, **_tag_row(snapshot, pieces)}, None)


def _tag_row(snapshot: Snapshot, pieces: Sequence[Piece]) -> dict[str, object]:
    figures = tag_figures(pieces)
    first_s, last_s = figures.wall_times
    return {
        "params": dict(snapshot.run.params),
        "unit": None,
        "state": snapshot.source.state,
        "timesteps": None,
        "values": figures.points,
        "started": iso_or_none(first_s),
        "last_update": iso_or_none(last_s),
        "attempts": None,
        "elapsed_s": last_s - first_s if first_s else None,
        "model_time_s": None,
        **asdict(Pace(None, None, None)),
        "best_mean": None,
        "finite": figures.finite,
        "nan": None,
        "inf": None,
        "first": figures.first,
        "latest": figures.latest,
        "best": figures.best,
        "best_at": None if figures.best_step is None else f"step {figures.best_step}",
        "mean": figures.mean,
        "std": figures.std,
        "min": figures.best,
        "max": figures.max,
        **{f"percentile_{q}": p for q, p in zip(PERCENTILES, figures.percentiles, strict=True)},
    }
