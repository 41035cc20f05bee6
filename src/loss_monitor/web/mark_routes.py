"""`/api/marks`: the attempts of a run, and everything that happened in it.

Enters: requests. Leaves: answers; the page's stream has the few of them that it draws.
"""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from loss_monitor.web.answers import versioned
from loss_monitor.web.marks import attempt_rows, every_mark
from loss_monitor.web.runs import RunId, Runs


class MarkRoutes:
    """The route, bound to where snapshots come from."""

    def __init__(self, runs: Runs) -> None:
        """Answer from the snapshots of `runs`."""
        self._runs = runs

    async def marks(self, request: Request, run_id: RunId = None) -> Response:
        """The attempts of a run, how each ended, and all marks in the order of timesteps."""
        found = self._runs.find(run_id)
        run = found.snapshot.run
        return versioned(
            request,
            found.version,
            lambda: {
                "attempts": attempt_rows(run),
                "dropped": run.dropped,
                "marks": every_mark(run),
            },
        )
