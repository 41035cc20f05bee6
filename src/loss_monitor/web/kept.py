"""Kept runs behind the routes: read when they are asked for, and a few held open.

Enters: the places where runs are kept. Leaves: sources that never change, each with a hub of
its own, so that every route and the stream answer for a kept run as when it was live. One that
was kept anew meanwhile takes the place of the older one. Files are read in a thread; the event
loop waits for none.
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

    kept: Kept
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
        self._headers: dict[str, tuple[Kept, KeptRuns, Settings]] = {}
        self._asking: set[str] = set()
        self._open: OrderedDict[str, OpenRun] = OrderedDict()
        self._opening: dict[str, asyncio.Task[OpenRun]] = {}

    async def refresh(self) -> None:
        """Look which runs are kept now."""
        loop = asyncio.get_running_loop()
        self._headers = await loop.run_in_executor(None, self._listed)

    def headers(self, live: Sequence[Run]) -> list[Kept]:
        """Return what was kept at the last look, the newest first, without the `live` runs."""
        every = [kept for kept, *_ in self._headers.values()]
        found = [kept for kept in every if not any(_is_of(kept, run) for run in live)]
        return sorted(found, key=lambda kept: kept.saved_s, reverse=True)

    async def header(self, run_id: str) -> Kept | None:
        """Return what is told of a kept run without its arrays, None if there is none."""
        if run_id not in self._headers or await self._has_changed(run_id):
            await self.refresh()
        found = self._headers.get(run_id)
        return None if found is None else found[0]

    async def open(self, run_id: str) -> OpenRun | None:
        """Return a kept run, read if it was not open; None if there is none.

        What is returned can be used also when others have taken its place meanwhile. Raises
        RequestError.
        """
        kept = await self.header(run_id)
        opened = self._open.get(run_id)
        if opened is not None and kept in (None, opened.kept):
            self._open.move_to_end(run_id)
            return opened
        if kept is None:
            return None
        # Several questions about a run that is being read wait for one reading.
        task = self._opening.get(run_id)
        if task is None:
            task = asyncio.ensure_future(self._read(*self._headers[run_id]))
            self._opening[run_id] = task
            task.add_done_callback(lambda _: self._opening.pop(run_id, None))
        return await asyncio.shield(task)

    @property
    def n_readers(self) -> int:
        """Number of pages that follow an open run."""
        return sum(run.hub.n_readers for run in self._open.values())

    def find(self, run_id: str) -> OpenRun | None:
        """Return a kept run that `open` has read."""
        return self._open.get(run_id)

    def close(self) -> None:
        """Close all."""
        for run in self._open.values():
            run.hub.close()
        self._open.clear()

    async def _has_changed(self, run_id: str) -> bool:
        """Tell whether a run was kept anew since the last look, as far as the disk answers."""
        if run_id in self._asking:
            # A disk that hangs holds one thread, and what is open still answers.
            return False
        kept, place, _ = self._headers[run_id]
        self._asking.add(run_id)
        try:
            return await asyncio.to_thread(place.has_changed, kept)
        finally:
            self._asking.discard(run_id)

    async def _read(self, kept: Kept, _place: KeptRuns, settings: Settings) -> OpenRun:
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
        opened = OpenRun(kept, hub, settings, files)
        older = self._open.pop(kept.id, None)
        if older is not None:
            older.hub.close()
        self._open[kept.id] = opened
        while len(self._open) > OPEN_MAX:
            _, closed = self._open.popitem(last=False)
            closed.hub.close()
        return opened

    def _listed(self) -> dict[str, tuple[Kept, KeptRuns, Settings]]:
        return {
            kept.id: (kept, place, settings)
            for place, settings in self._places
            for kept in place.all()
        }


def _is_of(kept: Kept, run: Run) -> bool:
    """Tell whether a kept run is one that is live: perhaps under the name of another monitor."""
    same = bool(run.n_timesteps) and kept.first == fingerprint(run)
    return kept.id == run.id or (same and kept.timesteps <= run.n_timesteps)
