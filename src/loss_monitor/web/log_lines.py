"""`/api/log`: the lines of a job log around one that a mark or the activity log points at.

Enters: the name of a log that is followed now, and where in it the line begins. Leaves: that
line and twenty to either side. No other file can be named, and at most 128 KiB are read.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from loss_monitor.monitor.reading import within_of
from loss_monitor.parse.job_messages import said_by, without_colours
from loss_monitor.parse.refused import printable
from loss_monitor.source.names import shown_name
from loss_monitor.tail.around import Around, lines_around
from loss_monitor.types import Mark
from loss_monitor.web.answers import RequestError, json_answer, shown
from loss_monitor.web.limits import RETRY_AFTER_S
from loss_monitor.web.runs import Found, RunId, Runs

LINES = 20
"""Lines before and behind the one that is asked for."""
LINE_CHARACTERS_MAX = 1000
AT_A_TIME = 4
"""Requests that read at a time: a file server that does not answer holds a thread for each."""
_OFFSET_MAX = 2**62
_OF_THE_LINE = frozenset({"checkpoint", "rollback", "restored", "non_finite", "end"})
"""Kinds of marks whose message begins with what the line says."""


class LogRoutes:
    """The route, bound to where snapshots come from."""

    def __init__(self, runs: Runs) -> None:
        """Show lines of the logs that `runs` follow."""
        self._runs = runs
        self._reading = 0

    async def log(
        self,
        file: Annotated[str, Query(description="Name of a job log that is followed.")],
        offset: Annotated[
            int, Query(ge=0, le=_OFFSET_MAX, description="Where the line begins, in bytes.")
        ],
        line: Annotated[int, Query(ge=1, le=_OFFSET_MAX, description="Its number, from 1.")],
        run_id: RunId = None,
    ) -> Response:
        """A line of a job log, with twenty before and twenty behind it."""
        found = self._runs.find(run_id)
        paths = _named(found, file)
        if self._reading >= AT_A_TIME:
            busy = RequestError(503, "too many logs are read at a time: try again in a moment")
            busy.headers["retry-after"] = str(RETRY_AFTER_S)
            raise busy
        self._reading += 1
        try:
            around = await asyncio.to_thread(_read, found, paths, offset)
        finally:
            self._reading -= 1
        if around.fault:
            raise RequestError(404, f"{shown(file)} {around.fault}")
        return json_answer(
            {
                "file": file,
                "line": line,
                "first_line": line - len(around.before),
                "lines": [_text(one) for one in (*around.before, *around.lines)],
                "begins": around.begins,
                "ends": around.ends,
            }
        )


def _named(found: Found, file: str) -> list[str]:
    """Return the paths of the followed logs of a name, the newest first."""
    if found.source.is_kept:
        raise RequestError(404, "the logs of a kept run are not followed any more")
    logs = found.snapshot.source.job_logs
    paths = [path for path in reversed(logs) if _name(path) == file]
    if not paths:
        known = ", ".join(_name(path) for path in logs) or "none"
        raise RequestError(404, f"no job log {shown(file)} is followed now; there are: {known}")
    return paths


def _name(path: str) -> str:
    return shown_name(os.path.basename(path))


def _read(found: Found, paths: Sequence[str], offset: int) -> Around:
    within = within_of(found.source.settings)
    told = {mark.file: mark for mark in found.snapshot.run.marks if mark.offset == offset}
    # Of two logs of one name in two directories the mark's own is meant.
    path = next((path for path in paths if path in told), paths[0])
    around = lines_around(path, offset, LINES, within)
    mark = told.get(path)
    if mark is not None and not around.fault and not _says(around.lines[0], mark):
        return Around(fault="was rewritten: another line stands there now")
    return around


def _says(line: bytes, mark: Mark) -> bool:
    if mark.kind not in _OF_THE_LINE or mark.message.startswith("step="):
        return True
    return mark.message.startswith(said_by(line)[1])


def _text(line: bytes) -> str:
    text = without_colours(line[: 4 * LINE_CHARACTERS_MAX]).decode("utf-8", "backslashreplace")
    text = printable(text.rstrip("\r").expandtabs())
    if len(text) <= LINE_CHARACTERS_MAX:
        return text
    return text[: LINE_CHARACTERS_MAX - 1] + "…"
