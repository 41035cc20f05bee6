"""`/api/export`: batches, timesteps or scalars as a file, however many there are.

Enters: requests. Leaves: responses that are made while they are sent, piece by piece in a
thread, so that neither memory nor the event loop feels their length.
"""

from __future__ import annotations

from typing import Annotated, Literal, cast

from fastapi import Query, Request
from starlette.responses import Response

from loss_monitor.export.formats import MEDIA_TYPES, Format, encoded
from loss_monitor.export.tables import (
    Table,
    batches_table,
    facts_table,
    marks_table,
    scalars_table,
    timesteps_table,
)
from loss_monitor.series import ranges, tag_ranges
from loss_monitor.series.run import Run
from loss_monitor.series.tags import Attempts, TagStore
from loss_monitor.web.about import printable
from loss_monitor.web.answers import RequestError, shown, validated
from loss_monitor.web.describe import iso_or_none, started_s
from loss_monitor.web.download import Downloads
from loss_monitor.web.loss import check_order
from loss_monitor.web.runs import Found, RunId, Runs
from loss_monitor.web.tensorboard import run_with

What = Literal["batches", "timesteps", "scalars", "marks", "run"]
Axis = Literal["batch", "timestep", "model_time", "wall_time", "step", "relative"]
_AXES: dict[What, tuple[Axis, ...]] = {
    "batches": ("batch", "timestep", "model_time", "wall_time", "relative"),
    "timesteps": ("timestep", "batch", "model_time", "wall_time", "relative"),
    "scalars": ("step", "wall_time", "relative"),
    # Few rows, told whole.
    "marks": (),
    "run": (),
}
"""Axes that a range may be on, the first by default."""


class ExportRoutes:
    """The route, bound to where snapshots come from."""

    def __init__(self, runs: Runs, downloads: Downloads) -> None:
        """Export from the snapshots of `runs`."""
        self._runs = runs
        self._downloads = downloads

    async def export(
        self,
        request: Request,
        what: What = "batches",
        format: Format = "csv",  # noqa: A002 - the interface's name
        start: Annotated[float | None, Query(allow_inf_nan=False)] = None,
        stop: Annotated[float | None, Query(allow_inf_nan=False)] = None,
        x: Annotated[Axis | None, Query(description="What start and stop count.")] = None,
        tag: Annotated[str | None, Query(description="Of scalars; all by default.")] = None,
        tb_run: Annotated[
            str | None, Query(description="TensorBoard's run; all by default.")
        ] = None,
        attempts: Attempts = "latest",
        run_id: RunId = None,
    ) -> Response:
        """Batches, timesteps or scalars as a file, all of them or those of a range."""
        check_order(start, stop)
        axis = x or next(iter(_AXES[what]), None)
        if not _AXES[what] and (x, start, stop) != (None, None, None):
            raise RequestError(400, f"start, stop and x are for losses and scalars, not for {what}")
        if axis is not None and axis not in _AXES[what]:
            allowed = ", ".join(_AXES[what])
            raise RequestError(400, f"x must be one of {allowed} for {what}, not {shown(axis)}")
        found = self._runs.find(run_id)
        snapshot = found.snapshot
        if what == "scalars":
            tags = _tags(snapshot.tags, tag, tb_run)
            along = cast("tag_ranges.TagAxis", axis)
            table = scalars_table(snapshot.tags, tags, start, stop, along, attempts)
        elif what == "marks":
            table = marks_table(snapshot.run)
        elif what == "run":
            table = facts_table(snapshot.run, _facts(found))
        else:
            table = _of_run(snapshot.run, what, start, stop, cast("ranges.Axis", axis))
        name = f"{snapshot.run.label}-{what}.{format}"
        return validated(
            request,
            found.version,
            lambda headers: self._downloads.send(
                encoded(table, format), name, MEDIA_TYPES[format], headers
            ),
        )


def _facts(found: Found) -> dict[str, str]:
    source = found.snapshot.source
    last = iso_or_none(found.snapshot.changed_at)
    return {
        "directory": printable(source.directory),
        "job_logs": ", ".join(map(printable, source.job_logs)),
        "state": source.state,
        "started": iso_or_none(started_s(found.snapshot.run)) or "",
        "last_update": last or "",
    }


def _of_run(
    run: Run, what: What, start: float | None, stop: float | None, axis: ranges.Axis
) -> Table:
    rows = ranges.timesteps_inside(run, start, stop, axis)
    if what == "timesteps":
        return timesteps_table(run, rows)
    if axis != "batch":
        return batches_table(run, rows)
    size = run.n_values
    first, end = ranges.position(start, 0, size), ranges.position(stop, size, size)
    return batches_table(run, rows, first, end)


def _tags(store: TagStore, tag: str | None, tb_run: str | None) -> list[tuple[str, str]]:
    """Return the pairs of TensorBoard's run and tag that are meant; all where none is named."""
    if tag is not None:
        # Of one run where one is named, else of all that have it; a tag of none is an error.
        named = run_with(store, tag, tb_run, store.scalars)
        runs = store.runs() if tb_run is None else (named,)
        return [(one, tag) for one in runs if tag in store.scalars(one)]
    if tb_run is not None and tb_run not in store.runs():
        raise RequestError(404, f"unknown tb_run {shown(tb_run)}; api/tensorboard/tags lists all")
    runs = store.runs() if tb_run is None else (tb_run,)
    return [(one, name) for one in runs for name in store.scalars(one)]
