"""Marks and attempts of a run: for the page few rows, for `/api/marks` all.

Enters: a run. Leaves: rows, each mark at its place. For the page near ones of a kind are one,
and the newest and most severe win: a training that saves a checkpoint each step has thousands.
"""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from loss_monitor.clock import iso_time
from loss_monitor.series.run import Run
from loss_monitor.source.names import shown_name
from loss_monitor.types import Key, Mark

MARKS_MAX = 100
"""Rows that are told: `run` is sent with each change."""
_CELLS = 128
"""Marks of a kind that fall into the same of so many parts of the run are told as one."""
_MESSAGE_CHARACTERS_MAX = 240
_SEVERITY = {"error": 3, "warning": 2, "ok": 1, "info": 1}
_WEIGHT = {"rollback": 2, "restart": 2, "end": 2, "note": 2, "checkpoint": -1}
"""Kinds that are kept longer, or given up sooner, than others of their level."""


@dataclass(slots=True)
class _Row:
    """Marks of one kind that stand for one."""

    mark: Mark
    """The newest of the most severe."""
    index: int | None
    first: int | None
    """Where the first of them begins."""
    count: int = 1


def attempt_rows(run: Run) -> list[dict[str, object]]:
    """Return the attempts of a run, in order."""
    return [
        {
            "label": attempt.label,
            "job": attempt.job,
            "started": iso_time(attempt.started) if attempt.started else None,
            "ended": iso_time(attempt.ended) if attempt.ended else None,
            "outcome": attempt.outcome,
        }
        for attempt in run.attempts
    ]


def every_mark(run: Run) -> list[dict[str, object]]:
    """Return all marks, by place; those without one come last."""
    places, starts = _places(run)
    rows = zip(run.marks, places, starts, strict=True)
    return _in_order([_Row(mark, index, first) for mark, index, first in rows])


def mark_rows(run: Run) -> list[dict[str, object]]:
    """Return marks for the page, by place; those without one come last."""
    if not run.marks:
        return []
    size = 1
    while size * _CELLS < run.n_timesteps:
        size *= 2
    rows: dict[tuple[str, int | None], _Row] = {}
    for mark, index, first in zip(run.marks, *_places(run), strict=True):
        cell = (mark.kind, None if index is None else index // size)
        row = rows.get(cell)
        if row is None:
            rows[cell] = _Row(mark, index, first)
            continue
        row.count += 1
        starts = [one for one in (row.first, first) if one is not None]
        row.first = min(starts, default=None)
        if _SEVERITY[mark.level] >= _SEVERITY[row.mark.level]:
            row.mark, row.index = mark, index
    told = list(rows.values())
    if len(told) > MARKS_MAX:
        told.sort(key=_weight, reverse=True)
        del told[MARKS_MAX:]
    return _in_order(told)


def _places(run: Run) -> tuple[list[int | None], list[int | None]]:
    """Return of each mark the timestep at or before which it happened, and where it began."""
    return (
        _indices(run, [mark.key for mark in run.marks]),
        _indices(run, [mark.from_key for mark in run.marks]),
    )


def _indices(run: Run, keys: Sequence[Key | None]) -> list[int | None]:
    known = [key for key in keys if key is not None] if run.n_timesteps else []
    if run.steps is not None:
        found = np.searchsorted(run.steps, np.array([key[0] for key in known], dtype=np.int64))
        places = iter(np.minimum(found, run.n_timesteps - 1).tolist())
    else:
        last = run.n_timesteps - 1
        places = iter([min(bisect_left(run.keys, key), last) for key in known])
    return [None if key is None or not run.n_timesteps else next(places) for key in keys]


def _in_order(rows: Sequence[_Row]) -> list[dict[str, object]]:
    placed = sorted(rows, key=lambda row: (row.index is None, row.index or 0))
    return [_as_json(row) for row in placed]


def _weight(row: _Row) -> tuple[int, int]:
    mark = row.mark
    return _SEVERITY[mark.level] + _WEIGHT.get(mark.kind, 0), row.index or 0


def _as_json(row: _Row) -> dict[str, object]:
    mark = row.mark
    message = mark.message
    if len(message) > _MESSAGE_CHARACTERS_MAX:
        message = message[: _MESSAGE_CHARACTERS_MAX - 1] + "…"
    return {
        "kind": mark.kind,
        "level": mark.level,
        "index": row.index,
        "from": row.first,
        "count": row.count,
        "time": iso_time(mark.wall_time) if mark.wall_time else None,
        "message": message,
        "file": shown_name(os.path.basename(mark.file)) if mark.file else None,
        "line": mark.line,
        "offset": mark.offset,
    }
