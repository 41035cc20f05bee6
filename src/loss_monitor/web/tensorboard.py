"""Routes below `/api/tensorboard`: what the event files hold.

Enters: requests. Leaves: answers with the field names of the interface. TensorBoard's runs
are directories; here they are called `tb_run`, since a run is a training.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated

import numpy as np
from fastapi import Query, Request
from starlette.responses import Response

from loss_monitor.series.histogram_map import QUANTILES, Span, choose_steps, map_histograms
from loss_monitor.series.pieces import Piece
from loss_monitor.series.tag_ranges import TagAxis, reduce_points, whole_step
from loss_monitor.series.tags import Attempts, HistogramSeries, TagStore
from loss_monitor.settings import Settings
from loss_monitor.statistics.parts import part_starts, values_between
from loss_monitor.web.about import printable
from loss_monitor.web.answers import (
    Array,
    RequestError,
    Sliced,
    shown,
    versioned,
    versioned_in_thread,
)
from loss_monitor.web.loss import POINTS_MAX, Smoothing, check_order, vars_of
from loss_monitor.web.runs import RunId, Runs

DEFAULT_TAG = "Loss/batch"
_HISTOGRAMS_MAX = 100_000
_BINS_MAX = 500

TagsOf = Callable[[str], tuple[str, ...]]
"""From one of TensorBoard's runs to its tags of one kind."""
TbRun = Annotated[
    str | None, Query(description="TensorBoard's run; by default the last changed with the tag.")
]


class TensorboardRoutes:
    """The routes, bound to where snapshots come from."""

    def __init__(self, runs: Runs, settings: Settings) -> None:
        """Answer from the snapshots of `runs`."""
        self._runs = runs
        self._enabled = settings.tensorboard_enabled

    async def available(self, request: Request, run_id: RunId = None) -> Response:
        """Whether there are event files, and of which of TensorBoard's runs."""
        found = self._runs.find(run_id)
        runs = found.snapshot.tags.runs() if self._enabled else ()
        runs_dir = printable(str(found.source.settings.data_dir / "runs"))
        answer = {"available": bool(runs), "runs_dir": runs_dir, "runs": list(runs)}
        return versioned(request, found.version, lambda: answer)

    async def tags(self, request: Request, run_id: RunId = None) -> Response:
        """All tags of all of TensorBoard's runs."""
        found = self._runs.find(run_id)
        store = found.snapshot.tags

        def build() -> dict[str, object]:
            return {
                "runs": [
                    {
                        "tb_run": tb_run,
                        "scalars": list(store.scalars(tb_run)),
                        "histograms": list(store.histogram_tags(tb_run)),
                        "texts": list(store.texts.tags(tb_run)),
                    }
                    for tb_run in store.runs()
                ]
            }

        return versioned(request, found.version, build)

    async def scalars(
        self,
        request: Request,
        tag: str = DEFAULT_TAG,
        tb_run: TbRun = None,
        start: Annotated[float | None, Query(allow_inf_nan=False, description="First x.")] = None,
        stop: Annotated[
            float | None, Query(allow_inf_nan=False, description="The x to end before.")
        ] = None,
        points: Annotated[
            int | None, Query(ge=1, le=POINTS_MAX, description="Reduce to so many buckets.")
        ] = None,
        x: TagAxis = "step",
        smoothing: Smoothing = None,
        attempts: Attempts = "latest",
        run_id: RunId = None,
    ) -> Response:
        """All points of a tag in file order, or a range of them, whole or reduced."""
        check_order(start, stop)
        found = self._runs.find(run_id)
        store = found.snapshot.tags
        having = run_with(store, tag, tb_run, store.scalars, enabled=self._enabled)
        if points is None and (x, smoothing) != ("step", None):
            raise RequestError(400, "x and smoothing need points, such as points=2000")

        def build() -> dict[str, object]:
            head = {"tag": tag, "tb_run": having}
            pieces, dropped, begins = store.stretches(having, tag, attempts)
            if points is None:
                return {**head, **whole_points(pieces, start, stop), "dropped": dropped}
            buckets = reduce_points(pieces, start, stop, points, x, smoothing, begins)
            return {**head, **vars_of(buckets), "dropped": dropped}

        return await versioned_in_thread(request, found.version, build)

    async def histograms(
        self,
        request: Request,
        tag: str,
        tb_run: TbRun = None,
        last: Annotated[
            int | None, Query(ge=1, le=_HISTOGRAMS_MAX, description="Only the newest so many.")
        ] = None,
        bins: Annotated[
            int | None, Query(ge=2, le=_BINS_MAX, description="All over so many common bins.")
        ] = None,
        points: Annotated[
            int | None, Query(ge=1, le=POINTS_MAX, description="At most so many steps, with bins.")
        ] = None,
        span: Span = "central",
        run_id: RunId = None,
    ) -> Response:
        """The histograms of a tag, one for each step, oldest first."""
        if bins is None and (points, span) != (None, "central"):
            raise RequestError(400, "points and span need bins, such as bins=60")
        found = self._runs.find(run_id)
        store = found.snapshot.tags
        having = run_with(store, tag, tb_run, store.histogram_tags, enabled=self._enabled)

        def build() -> dict[str, object]:
            series = store.histograms(having, tag, last)
            if bins is None:
                return _histograms(tag, having, series)
            return _histogram_map(tag, having, series, bins, points, span)

        return await versioned_in_thread(request, found.version, build)


def run_with(
    store: TagStore, tag: str, tb_run: str | None, tags_of: TagsOf, *, enabled: bool = True
) -> str:
    """Return the run to take a tag from; raises RequestError (404) where none has it.

    `enabled` tells whether event files are read at all.
    """
    runs = store.runs()
    everywhere = sorted({known for one in runs for known in tags_of(one)})
    if tb_run is not None:
        if tb_run not in runs:
            text = f"unknown tb_run {shown(tb_run)}; api/tensorboard/tags lists all"
            raise RequestError(404, text, available_tags=everywhere)
        runs, everywhere = (tb_run,), list(tags_of(tb_run))
    having = [one for one in runs if tag in tags_of(one)]
    if not having:
        text = f"unknown tag {shown(tag)}; available_tags lists what there is"
        if not enabled:
            text += " (event files are not read: TENSORBOARD_ENABLED is False)"
        raise RequestError(404, text, available_tags=everywhere)
    newest = store.run_of(tag)
    return newest if newest in having else having[-1]


def whole_points(
    pieces: Sequence[Piece], start: float | None, stop: float | None
) -> dict[str, object]:
    """Return the fields that list each point with a step in [start, stop)."""
    low = None if start is None else whole_step(start)
    high = None if stop is None else whole_step(stop)
    parts = [part for piece in pieces if len(part := piece.between(low, high))]
    starts = part_starts([part.steps for part in parts])
    walls = [part.wall_times for part in parts]

    def known_walls(first: int, end: int) -> Array:
        found = values_between(walls, starts, first, end)
        return np.where(found == 0, np.nan, found)

    count = int(starts[-1])
    return {
        "steps": Sliced(count, partial(values_between, [part.steps for part in parts], starts)),
        "values": Sliced(count, partial(values_between, [part.values for part in parts], starts)),
        "wall_times": Sliced(count, known_walls),
        "count": count,
    }


def _histogram_map(
    tag: str, tb_run: str, found: HistogramSeries, bins: int, points: int | None, span: Span
) -> dict[str, object]:
    total = len(found.points)
    chosen = [found.points[i] for i in choose_steps(total, points or total)]
    mapped = map_histograms(chosen, bins, span)
    return {
        "tag": tag,
        "tb_run": tb_run,
        "steps": [point.step for point in chosen],
        "wall_times": [point.wall_time or None for point in chosen],
        **{name: [getattr(point, name) for point in chosen] for name in ("min", "max", "num")},
        "edges": mapped.edges,
        **{name: list(np.round(getattr(mapped, name), 2)) for name in ("counts", "below", "above")},
        "quantile_shares": QUANTILES,
        "quantiles": list(mapped.quantiles),
        "thinned": found.thinned or len(chosen) < total,
        "total": total,
        "dropped": found.dropped,
    }


def _histograms(tag: str, tb_run: str, found: HistogramSeries) -> dict[str, object]:
    points = found.points
    walls = [point.wall_time or None for point in points]
    names = ("edges", "counts", "min", "max", "num", "sum", "sum_squares")
    return {
        "tag": tag,
        "tb_run": tb_run,
        "steps": [point.step for point in points],
        "wall_times": walls,
        **{name: [getattr(point, name) for point in points] for name in names},
        "thinned": found.thinned,
        "dropped": found.dropped,
    }
