"""Routes below `/api/tensorboard`: what the event files hold.

Enters: requests. Leaves: answers with the field names of the interface. TensorBoard's runs
are directories; here they are called `tb_run`, since a run is a training.
"""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from fastapi import Query, Request
from starlette.responses import Response

from loss_monitor.series.snapshot import Snapshot
from loss_monitor.series.tags import TagSeries, TagStore
from loss_monitor.settings import Settings
from loss_monitor.statistics.moments import describe, split
from loss_monitor.statistics.reduction import bucket_edges
from loss_monitor.web.answers import RequestError, shown, versioned
from loss_monitor.web.broadcast import Hub
from loss_monitor.web.loss import POINTS_MAX
from loss_monitor.web.status import printable

DEFAULT_TAG = "Loss/batch"
_HISTOGRAMS_MAX = 512

TbRun = Annotated[
    str | None, Query(description="TensorBoard's run; by default the last changed with the tag.")
]


class TensorboardRoutes:
    """The routes, bound to where snapshots come from."""

    def __init__(self, hub: Hub, settings: Settings) -> None:
        """Answer from the snapshots of `hub`."""
        self._hub = hub
        self._enabled = settings.tensorboard_enabled
        self._runs_dir = printable(str(settings.data_dir / "runs"))

    def _snapshot(self) -> tuple[Snapshot, str]:
        snapshot = self._hub.current()
        return snapshot, self._hub.version(snapshot.counter)

    async def available(self, request: Request) -> Response:
        """Whether there are event files, and of which of TensorBoard's runs."""
        snapshot, version = self._snapshot()
        runs = snapshot.tags.runs() if self._enabled else ()
        answer = {"available": bool(runs), "runs_dir": self._runs_dir, "runs": list(runs)}
        return versioned(request, version, lambda: answer)

    async def tags(self, request: Request) -> Response:
        """All tags of all of TensorBoard's runs."""
        snapshot, version = self._snapshot()
        store = snapshot.tags

        def build() -> dict[str, object]:
            return {
                "runs": [
                    {
                        "tb_run": tb_run,
                        "scalars": list(store.scalars(tb_run)),
                        "histograms": list(store.histogram_tags(tb_run)),
                    }
                    for tb_run in store.runs()
                ]
            }

        return versioned(request, version, build)

    async def scalars(
        self,
        request: Request,
        tag: str = DEFAULT_TAG,
        tb_run: TbRun = None,
        start: Annotated[int | None, Query(description="First step.")] = None,
        stop: Annotated[int | None, Query(description="Step to end before.")] = None,
        points: Annotated[
            int | None, Query(ge=1, le=POINTS_MAX, description="Reduce to so many buckets.")
        ] = None,
        attempts: Literal["latest", "all"] = "latest",
    ) -> Response:
        """All points of a tag in file order, or a range of steps, whole or reduced."""
        snapshot, version = self._snapshot()
        store = snapshot.tags
        wanted = self._run_with(store, tag, tb_run, of_histograms=False)
        series = store.series(wanted, tag, attempts)

        def build() -> dict[str, object]:
            return scalar_points(tag, _between(series, start, stop), points)

        return versioned(request, version, build)

    async def histograms(
        self, request: Request, tag: str, tb_run: TbRun = None,
        last: Annotated[
            int | None, Query(ge=1, le=_HISTOGRAMS_MAX, description="Only the newest so many.")
        ] = None,
    ) -> Response:
        """The histograms of a tag, one for each step, oldest first."""
        snapshot, version = self._snapshot()
        store = snapshot.tags
        wanted = self._run_with(store, tag, tb_run, of_histograms=True)
        return versioned(request, version, lambda: _histograms(store, wanted, tag, last))

    def _run_with(
        self, store: TagStore, tag: str, tb_run: str | None, *, of_histograms: bool
    ) -> str:
        """Return the run to take a tag from; raises RequestError (404) where none has it."""
        if not self._enabled:
            raise RequestError(
                404, "event files are not read: TENSORBOARD_ENABLED is False", available_tags=[]
            )
        tags_of = store.histogram_tags if of_histograms else store.scalars
        if tb_run is not None and tb_run not in store.runs():
            raise RequestError(
                404, f"unknown tb_run {shown(tb_run)}; api/tensorboard/tags lists all",
                available_tags=_all_tags(store, of_histograms=of_histograms),
            )
        found = store.run_of(tag) if tb_run is None else tb_run
        if found is not None and tag in tags_of(found):
            return found
        known = tags_of(tb_run) if tb_run is not None else None
        raise RequestError(
            404,
            f"unknown tag {shown(tag)}; available_tags lists what there is",
            available_tags=(
                _all_tags(store, of_histograms=of_histograms) if known is None else list(known)
            ),
        )


def _all_tags(store: TagStore, *, of_histograms: bool) -> list[str]:
    tags_of = store.histogram_tags if of_histograms else store.scalars
    return sorted({tag for tb_run in store.runs() for tag in tags_of(tb_run)})
