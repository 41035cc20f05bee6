"""`/api/report.html`: the run in one file that opens anywhere.

Enters: a request. Leaves: a file to be kept, made in a thread. The list of files comes from the
thread that reads them; where that does not answer, the report says so.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator

from fastapi import Request
from starlette.responses import Response

from loss_monitor.clock import Clock
from loss_monitor.report.provenance import SourceFile, provenance_of, source_files
from loss_monitor.web.answers import validated
from loss_monitor.web.download import Downloads
from loss_monitor.web.runs import RunId, Runs, Source

FILES_WITHIN_S = 5.0
"""How long a report waits for the list of files."""


class ReportRoutes:
    """The route, bound to where snapshots come from."""

    def __init__(self, runs: Runs, downloads: Downloads, clock: Clock) -> None:
        """Report of what `runs` have; `clock` dates the reports."""
        self._runs = runs
        self._downloads = downloads
        self._clock = clock

    async def report(self, request: Request, run_id: RunId = None) -> Response:
        """The run as one HTML file: charts, statistics, incidents, provenance."""
        found = self._runs.find(run_id)
        files = await _files(found.source)
        made_at_s = self._clock.wall_s()

        def pieces() -> Iterator[bytes]:
            # Made for who asks: what draws its charts would stay in memory from the start on.
            from loss_monitor.report.document import report_html  # noqa: PLC0415

            facts = provenance_of(found.source.settings, files)
            yield report_html(found.snapshot, facts, made_at_s).encode()

        return validated(
            request,
            found.version,
            lambda headers: self._downloads.send(
                pieces(), f"{found.snapshot.run.label}-report.html", "text/html", headers
            ),
        )


async def _files(source: Source) -> tuple[SourceFile, ...] | None:
    with contextlib.suppress(asyncio.TimeoutError):
        asked = asyncio.wrap_future(source.files())
        return source_files(await asyncio.wait_for(asked, FILES_WITHIN_S))
    return None
