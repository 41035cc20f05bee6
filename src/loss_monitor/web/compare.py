"""`/api/compare`: several trainings on one axis, and a table of their figures.

Enters: runs, also more kept ones than are held open, or a tag that several trainings have.
Leaves: one series for each, reduced as in `/api/loss/range`, on an axis that begins at its own
beginning; one row of figures for each. A training is a run, or one of TensorBoard's runs that
has the tag.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from typing import Annotated, Literal

import orjson
from fastapi import Query, Request
from starlette.responses import Response

from loss_monitor.history.archive import Kept
from loss_monitor.web.answers import RequestError, shown, versioned_later
from loss_monitor.web.compare_parts import RUN_AXES, TAG_AXES, Part, Wanted, parts_of, table_of
from loss_monitor.web.loss import POINTS_MAX, Smoothing, check_order
from loss_monitor.web.runs import Found, Runs

Axis = Literal["batch", "timestep", "model_time", "wall_time", "step"]
TRAININGS_MAX = 50
"""More lines than anybody tells apart in one chart."""
_REMEMBERED_TIMESTEPS_MAX = 2_000_000
"""Timesteps of kept runs whose parts are remembered, of 16 bytes each."""


class CompareRoutes:
    """The route, bound to where snapshots come from; used by the event loop only."""

    def __init__(self, runs: Runs) -> None:
        """Compare what `runs` have."""
        self._runs = runs
        self._remembered: OrderedDict[object, list[Part]] = OrderedDict()

    async def compare(
        self,
        request: Request,
        runs: Annotated[
            str | None, Query(description="Ids, separated by commas; all current ones by default.")
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
        reach: Annotated[
            float | None,
            Query(
                allow_inf_nan=False,
                description="Mean loss of a timestep to be reached; by default the one that "
                "all have reached: the highest of their best means.",
            ),
        ] = None,
    ) -> Response:
        """Trainings on one axis that begins where each begins, and a table of their figures."""
        check_order(start, stop)
        names = runs.split(",") if runs else [one.run_id for one in self._runs.all()]
        if len(names) > TRAININGS_MAX:
            raise _too_many()
        named = [await self._runs.named(one) for one in names]
        axes = RUN_AXES if tag is None else TAG_AXES
        axis: str = x or next(iter([*axes]))
        if axis not in axes:
            what = "losses" if tag is None else "a tag"
            raise RequestError(400, f"x must be one of {', '.join(axes)} for {what}")
        wanted = Wanted(start, stop, points, axis, smoothing, tag, tuple(tb_run or ()))

        async def build() -> dict[str, object]:
            parts = await self._parts(named, wanted)
            # Written in a thread, where it was worked out: the event loop only passes it on.
            series = b"[" + b",".join(part.series for part in parts) + b"]"
            table = await asyncio.to_thread(table_of, parts, reach)
            return {"x": axis, "tag": tag, "series": orjson.Fragment(series), **table}

        return await versioned_later(request, "+".join(map(_version, named)), build)

    async def _parts(self, named: Sequence[Found | Kept], wanted: Wanted) -> list[Part]:
        """Return what is told of each training.

        One kept run is read after the other, and left as soon as its part is made.
        """
        parts: list[Part] = []
        for one in named:
            parts += await self._parts_of(one, wanted)
            if len(parts) > TRAININGS_MAX:
                raise _too_many()
        if wanted.tag is not None:
            _check_tag(parts, wanted.tag, wanted.tb_runs)
        return parts

    async def _parts_of(self, one: Found | Kept, wanted: Wanted) -> list[Part]:
        if isinstance(one, Found):
            return await asyncio.to_thread(parts_of, one.snapshot, one.run_id, wanted)
        name = (_version(one), wanted)
        if name in self._remembered:
            self._remembered.move_to_end(name)
            return self._remembered[name]
        found = await self._runs.opened(one)
        parts = await asyncio.to_thread(parts_of, found.snapshot, one.id, wanted)
        self._remembered[name] = parts
        while sum(map(_size, self._remembered.values())) > _REMEMBERED_TIMESTEPS_MAX:
            self._remembered.popitem(last=False)
        return parts


def _version(one: Found | Kept) -> str:
    return one.version if isinstance(one, Found) else f"{one.id}-{one.saved_s:.0f}"


def _size(parts: Sequence[Part]) -> int:
    # What is drawn counts, too: a hundred bytes a point.
    return sum(
        (part.course.mean.size if part.course else 0) + len(part.series) // 16 for part in parts
    )


def _too_many() -> RequestError:
    return RequestError(400, f"at most {TRAININGS_MAX} trainings are compared at a time")


def _check_tag(parts: Sequence[Part], tag: str, tb_runs: Sequence[str]) -> None:
    """Raise RequestError (404) where no training has a tag, or one that was named has not."""
    having = {part.row["tb_run"] for part in parts}
    unknown = [one for one in tb_runs if one not in having]
    if unknown or not parts:
        what = f"tb_run {shown(unknown[0])} with tag" if unknown else "tag"
        raise RequestError(404, f"unknown {what} {shown(tag)}; api/tensorboard/tags lists all")
