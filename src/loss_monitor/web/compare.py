"""`/api/compare`: several trainings on one axis, and a table of their figures.

Enters: runs, or a tag that several trainings have. Leaves: one series for each, reduced as in
`/api/loss/range`, on an axis that begins at its own beginning; one row of figures for each. A
training is a run, or one of TensorBoard's runs that has the tag.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
import orjson
from fastapi import Query, Request
from starlette.responses import Response

from loss_monitor.clock import iso_time
from loss_monitor.series import ranges, tag_ranges
from loss_monitor.series.figures import PERCENTILES
from loss_monitor.series.pieces import Piece
from loss_monitor.series.tag_figures import tag_figures
from loss_monitor.web.answers import RequestError, encode, shown, versioned_in_thread
from loss_monitor.web.describe import iso_or_none, statistics
from loss_monitor.web.loss import POINTS_MAX, Smoothing, check_order, vars_of
from loss_monitor.web.runs import Found, Runs

Axis = Literal["batch", "timestep", "model_time", "wall_time", "step"]
_RUN_AXES: dict[str, ranges.Axis] = {
    "batch": "batch",
    "timestep": "timestep",
    "model_time": "model_time",
    "wall_time": "relative",
}
_TAG_AXES: dict[str, tag_ranges.TagAxis] = {"step": "step", "wall_time": "relative"}
TRAININGS_MAX = 50
"""More lines than anybody tells apart in one chart."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which part of each training, and how it is reduced."""

    start: float | None
    stop: float | None
    points: int
    x: str
    smoothing: float | None


class CompareRoutes:
    """The route, bound to where snapshots come from."""

    def __init__(self, runs: Runs) -> None:
        """Compare what `runs` have."""
        self._runs = runs

    async def compare(
        self,
        request: Request,
        runs: Annotated[
            str | None, Query(description="Ids, separated by commas; all by default.")
        ] = None,
        tag: Annotated[
            str | None, Query(description="Compare this tag in place of the losses.")
        ] = None,
        tb_run: Annotated[
            list[str] | None, Query(description="TensorBoard's runs; all with the tag by default.")
        ] = None,
        start: Annotated[float | None, Query(allow_inf_nan=False)] = None,
        stop: Annotated[float | None, Query(allow_inf_nan=False)] = None,
        points: Annotated[int, Query(ge=1, le=POINTS_MAX)] = 1000,
        x: Axis | None = None,
        smoothing: Smoothing = None,
    ) -> Response:
        """Trainings on one axis that begins where each begins, and a table of their figures."""
        check_order(start, stop)
        names = runs.split(",") if runs else [one.run_id for one in self._runs.all()]
        every = [self._runs.find(one) for one in names]
        axes = _RUN_AXES if tag is None else _TAG_AXES
        axis: str = x or next(iter([*axes]))
        if axis not in axes:
            what = "losses" if tag is None else "a tag"
            raise RequestError(400, f"x must be one of {', '.join(axes)} for {what}")
        wanted = Wanted(start, stop, points, axis, smoothing)
        trainings = _having(every, tag, tb_run or []) if tag is not None else []
        if max(len(every), len(trainings)) > TRAININGS_MAX:
            raise RequestError(400, f"at most {TRAININGS_MAX} trainings are compared at a time")

        def build() -> dict[str, object]:
            if tag is None:
                made = [_of_run(found, wanted) for found in every]
            else:
                made = [_of_tag(*training, tag, wanted) for training in trainings]
            series, table = [one for one, _ in made], [row for _, row in made]
            head = {"x": axis, "tag": tag}
            # Written here, in the thread: the event loop only passes it on.
            return {**head, "series": orjson.Fragment(encode(series)), "table": table}

        version = "+".join(found.version for found in every)
        return await versioned_in_thread(request, version, build)


def _having(every: Sequence[Found], tag: str, tb_runs: Sequence[str]) -> list[tuple[Found, str]]:
    """Return the trainings that have a tag; raises RequestError (404) where none has."""
    having = [
        (found, tb_run)
        for found in every
        for tb_run in found.snapshot.tags.runs()
        if tag in found.snapshot.tags.scalars(tb_run)
    ]
    unknown = [one for one in tb_runs if one not in [tb_run for _, tb_run in having]]
    if unknown or not having:
        what = f"tb_run {shown(unknown[0])} with tag" if unknown else "tag"
        raise RequestError(404, f"unknown {what} {shown(tag)}; api/tensorboard/tags lists all")
    return [pair for pair in having if not tb_runs or pair[1] in tb_runs]


def _of_run(found: Found, wanted: Wanted) -> tuple[dict[str, object], dict[str, object]]:
    run, source = found.snapshot.run, found.snapshot.source
    buckets = ranges.reduce_range(
        run, wanted.start, wanted.stop, wanted.points, _RUN_AXES[wanted.x], wanted.smoothing
    )
    name = {"run": found.run_id, "tb_run": None, "label": run.label}
    figures = statistics(run)
    walls = run.table.wall_time[run.table.wall_time > 0]
    seconds = run.model_seconds
    row: dict[str, object] = {
        **name,
        "unit": run.unit,
        "state": source.state,
        "timesteps": run.n_timesteps,
        "values": run.n_values,
        "started": iso_time(float(walls.min())) if walls.size else None,
        "last_update": iso_or_none(found.snapshot.changed_at),
        "elapsed_s": float(np.ptp(walls)) if walls.size else None,
        "model_time_s": None if seconds is None else float(np.nanmax(seconds)),
    }
    names = {
        "finite": "finite_batches", "first": "first_loss", "latest": "latest_loss",
        "best": "best_loss", "best_at": "best_timestamp", "mean": "overall_mean",
        "std": "overall_std", "min": "overall_min", "max": "overall_max",
        **{f"percentile_{q}": f"percentile_{q}" for q in PERCENTILES},
    }  # fmt: skip
    row |= {ours: getattr(figures, theirs, None) for ours, theirs in names.items()}
    return {**name, **vars_of(buckets)}, {**row, "finite": row["finite"] or 0}


def _of_tag(
    found: Found, tb_run: str, tag: str, wanted: Wanted
) -> tuple[dict[str, object], dict[str, object]]:
    pieces, _ = found.snapshot.tags.pieces(tb_run, tag)
    buckets = tag_ranges.reduce_points(
        pieces, wanted.start, wanted.stop, wanted.points, _TAG_AXES[wanted.x], wanted.smoothing
    )
    name = {"run": found.run_id, "tb_run": tb_run, "label": f"{found.snapshot.run.label}/{tb_run}"}
    return {**name, **vars_of(buckets)}, {**name, **_tag_row(found, pieces)}


def _tag_row(found: Found, pieces: Sequence[Piece]) -> dict[str, object]:
    figures = tag_figures(pieces)
    first_s, last_s = figures.wall_times
    return {
        "unit": None,
        "state": found.snapshot.source.state,
        "timesteps": None,
        "values": figures.points,
        "started": iso_or_none(first_s),
        "last_update": iso_or_none(last_s),
        "elapsed_s": last_s - first_s if first_s else None,
        "model_time_s": None,
        "finite": figures.finite,
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
