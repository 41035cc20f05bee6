"""The runs that can be asked for: one current run of each watched source.

Enters: the hubs, and a client's `?run=`. Leaves: the snapshot that is meant and its version.
A source is one directory, or the job logs of one experiment; each is read by a thread of its
own into a hub of its own, and asking for a run tells only the thread that reads it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Annotated

from fastapi import Query, Request

from loss_monitor.clock import Clock
from loss_monitor.history.archive import Kept
from loss_monitor.series.snapshot import Snapshot
from loss_monitor.settings import Settings
from loss_monitor.source.found import FoundFile
from loss_monitor.web.answers import RequestError, shown
from loss_monitor.web.broadcast import Hub
from loss_monitor.web.kept import KeptSources

RunId = Annotated[
    str | None,
    Query(alias="run", description="Id of a run, or `source-N`; the first by default."),
]


@dataclass(frozen=True, slots=True)
class Source:
    """One watched place."""

    hub: Hub
    settings: Settings
    """Its place and number, and what all sources share."""
    files: Callable[[], Future[tuple[FoundFile, ...]]] = Future
    """Asks its reader for the files of the run."""
    is_kept: bool = False
    """True for a run that is read from its file; then it never changes."""

    @property
    def name(self) -> str:
        """What always means the current run of this source."""
        if self.is_kept:
            return "kept"
        return f"source-{self.settings.source_number}"


@dataclass(frozen=True, slots=True)
class Found:
    """One version of the run that was asked for."""

    source: Source
    snapshot: Snapshot
    version: str
    """Name of the version, as in its `ETag`."""

    @property
    def run_id(self) -> str:
        """The run's id; before its first file the name of its source."""
        return self.snapshot.run.id or self.source.name


class Runs:
    """All sources; used by the event loop only."""

    def __init__(self, sources: Sequence[Source], kept: KeptSources | None = None) -> None:
        """Answer for `sources`, one at least; the first is the default."""
        self.sources = tuple(sources)
        self.kept = kept or KeptSources((), _no_hub)

    @property
    def clock(self) -> Clock:
        """The clock that ages are told by."""
        return self.sources[0].hub.clock

    @property
    def n_readers(self) -> int:
        """Number of connected pages, those of kept runs included."""
        return sum(source.hub.n_readers for source in self.sources) + self.kept.n_readers

    def close(self) -> None:
        """End all streams and stop working; may be called twice."""
        for source in self.sources:
            source.hub.close()
        self.kept.close()

    async def open(self, request: Request) -> None:
        """Read the kept run that a request names; a dependency of every route."""
        run_id = request.query_params.get("run")
        if run_id and not any(map(partial(_is_of, run_id), self.sources)):
            await self.kept.open(run_id)

    async def named(self, run_id: str) -> Found | Kept:
        """Return the current version of a run, or what is told of a kept one without reading it.

        Raises RequestError as `find` does.
        """
        if not any(map(partial(_is_of, run_id), self.sources)):
            kept = await self.kept.header(run_id)
            if kept is not None:
                return kept
        return self.find(run_id)

    async def opened(self, kept: Kept) -> Found:
        """Return a kept run after reading it; it stays open while few others are asked for."""
        opened = await self.kept.open(kept.id)
        if opened is None:
            raise _unknown(kept.id, self.sources)
        return _found(Source(opened.hub, opened.settings, opened.files, is_kept=True))

    def find(self, run_id: str | None) -> Found:
        """Return the current version of a run, and tell its reader that somebody looks.

        Raises RequestError: 404 for a run that is not there, 503 before a source's first look.
        """
        for source in self.sources:
            if run_id is None or run_id in (source.name, source.hub.run_id):
                source.hub.touch()
                return _found(source)
        kept = self._kept(run_id)
        if kept is not None:
            return _found(kept)
        raise _unknown(run_id, self.sources)

    def _kept(self, run_id: str | None) -> Source | None:
        """Return a kept run as a source, None where it is not open."""
        found = self.kept.find(run_id) if run_id is not None else None
        if found is None:
            return None
        return Source(found.hub, found.settings, found.files, is_kept=True)

    def all(self) -> list[Found]:
        """Return the current version of each source that was looked at once.

        Does not tell their readers: a list of runs is no look at each. Raises RequestError
        (503) before the first look of all of them.
        """
        looked_at = [one for one in self.sources if one.hub.snapshot is not None]
        return [_found(source) for source in looked_at or self.sources]

    def followed(self, run_id: str | None) -> Source:
        """Return the source of a run, also of one that another has taken the place of.

        A page that follows a source goes on with its next run; its reader is told that
        somebody looks. Raises RequestError (404).
        """
        for source in self.sources:
            if run_id is None or run_id == source.name or run_id in source.hub.run_ids:
                source.hub.touch()
                return source
        kept = self._kept(run_id)
        if kept is not None:
            return kept
        raise _unknown(run_id, self.sources)


def _is_of(run_id: str, source: Source) -> bool:
    return run_id in (source.name, source.hub.run_id)


def _no_hub(settings: Settings) -> Hub:
    raise AssertionError(f"nothing is kept of {settings.data_dir}")


def _found(source: Source) -> Found:
    snapshot = source.hub.current()
    return Found(source, snapshot, source.hub.version(snapshot.counter))


def _unknown(run_id: str | None, sources: Sequence[Source]) -> RequestError:
    for source in sources:
        if run_id in source.hub.run_ids:
            text = f"run {shown(run_id)} is over: {source.hub.run_id} has taken its place"
            return RequestError(404, text)
    return RequestError(404, f"unknown run {shown(run_id)}; api/runs lists all")
