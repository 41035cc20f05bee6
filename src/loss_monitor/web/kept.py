"""Kept runs behind the routes: read when they are asked for, and a few held open.

Enters: the places where runs are kept. Leaves: sources that never change, each with a hub of
its own, so that every route and the stream answer for a kept run as when it was live. Files
are read in a thread; the event loop waits for none.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path

from loss_monitor.errors import MonitorError
from loss_monitor.history.archive import Kept, fingerprint, read_files, read_run
from loss_monitor.history.store import KeptRuns
from loss_monitor.series.run import Run
from loss_monitor.settings import Settings
from loss_monitor.source.found import FoundFile
from loss_monitor.web.answers import RequestError
from loss_monitor.web.broadcast import Hub

OPEN_MAX = 4
"""Kept runs in memory at a time; the one longest unasked is closed."""

MakeHub = Callable[[Settings], Hub]


@dataclass(frozen=True, slots=True)
class OpenRun:
    """A kept run that was read."""

    hub: Hub
    settings: Settings
    found: tuple[FoundFile, ...] = ()
    """The files that it was read from."""

    def files(self) -> Future[tuple[FoundFile, ...]]:
        """Return what a reader answers about the files of its run: at once."""
        answered: Future[tuple[FoundFile, ...]] = Future()
        answered.set_result(self.found)
        return answered


class KeptSources:
    """The kept runs of all sources; used by the event loop only, but for what it reads."""

    def __init__(self, places: Sequence[tuple[KeptRuns, Settings]], make_hub: MakeHub) -> None:
        """Look into `places`; `make_hub` makes the hub of a run that is opened."""
        self._places = tuple(places)
        self._make_hub = make_hub
        self._headers: dict[str, tuple[Kept, Settings]] = {}
        self._open: OrderedDict[str, OpenRun] = OrderedDict()
        self._opening: dict[str, asyncio.Task[OpenRun]] = {}

    async def refresh(self) -> None:
        """Look which runs are kept now."""
        loop = asyncio.get_running_loop()
        self._headers = await loop.run_in_executor(None, self._listed)

    def headers(self, live: Sequence[Run]) -> list[Kept]:
        """Return what was kept at the last look, the newest first, without the `live` runs."""
        every = [kept for kept, _ in self._headers.values()]
        found = [kept for kept in every if not any(_is_of(kept, run) for run in live)]
        return sorted(found, key=lambda kept: kept.saved_s, reverse=True)

    async def header(self, run_id: str) -> Kept | None:
        """Return what is told of a kept run without its arrays, None if there is none."""
        if run_id not in self._headers:
            await self.refresh()
        found = self._headers.get(run_id)
        return None if found is None else found[0]

    async def open(self, run_id: str) -> OpenRun | None:
        """Return a kept run, read if it was not open; None if there is none.

        What is returned can be used also when others have taken its place meanwhile. Raises
        RequestError.
        """
        if run_id in self._open:
            self._open.move_to_end(run_id)
            return self._open[run_id]
        if await self.header(run_id) is None:
            return None
        # Several questions about a run that is being read wait for one reading.
        task = self._opening.get(run_id)
        if task is None:
            task = asyncio.ensure_future(self._read(run_id))
            self._opening[run_id] = task
            task.add_done_callback(lambda _: self._opening.pop(run_id, None))
        return await asyncio.shield(task)

    def find(self, run_id: str) -> OpenRun | None:
        """Return a kept run that `open` has read."""
        return self._open.get(run_id)

    def close(self) -> None:
        """Close all."""
        for run in self._open.values():
            run.hub.close()
        self._open.clear()

    async def _read(self, run_id: str) -> OpenRun:
        kept, settings = self._headers[run_id]
        loop = asyncio.get_running_loop()
        try:
            snapshot = await loop.run_in_executor(None, read_run, kept.path)
            files = await loop.run_in_executor(None, read_files, kept.path)
        except MonitorError as error:
            raise RequestError(404, str(error)) from error
        settings = replace(settings, data_dir=Path(kept.directory), job_logs=kept.job_logs)
        hub = self._make_hub(settings)
        hub.attach()
        hub.publish(snapshot)
        opened = OpenRun(hub, settings, files)
        self._open[run_id] = opened
        while len(self._open) > OPEN_MAX:
            _, closed = self._open.popitem(last=False)
            closed.hub.close()
        return opened

    def _listed(self) -> dict[str, tuple[Kept, Settings]]:
        return {
            kept.id: (kept, settings) for place, settings in self._places for kept in place.all()
        }


def _is_of(kept: Kept, run: Run) -> bool:
    """Tell whether a kept run is one that is live: perhaps under the name of another monitor."""
    same = bool(run.n_timesteps) and kept.first == fingerprint(run)
    return kept.id == run.id or (same and kept.timesteps <= run.n_timesteps)
