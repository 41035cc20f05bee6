"""Tables of a run and of tags: their columns, and their rows in pieces.

Enters: a run or a store of tags, and which part of it. Leaves: `Table`s, whose pieces are made
one after the other while they are written, so that a table of any length takes the memory of
one piece. Units are part of the columns' names.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loss_monitor.clock import iso_time
from loss_monitor.series.run import Run
from loss_monitor.series.tag_ranges import TagAxis, TagPoints, positions_inside
from loss_monitor.series.tags import Attempts, TagStore
from loss_monitor.statistics.parts import ranges_joined
from loss_monitor.types import Ints, Key

PIECE_ROWS = 8192
"""Rows of one piece: half a megabyte of text, a few milliseconds of work."""

Cells = NDArray[Any] | Sequence[str]
"""A column of a piece: int64, float32 or float64, or texts."""


@dataclass(frozen=True, slots=True)
class Table:
    """Named columns, and rows that are made when they are asked for; once."""

    columns: tuple[str, ...]
    pieces: Iterator[tuple[Cells, ...]]
    """Columns of equal length, one piece after the other."""


def batches_table(run: Run, rows: Ints, first: int = 0, stop: int | None = None) -> Table:
    """Return every batch of the timesteps of the indices `rows`, in that order.

    Of them only those at positions [first, stop) over the run.
    """
    names = ("batch", "timestep_index", "timestep", "batch_in_timestep", "loss")
    return Table(names, _batches(run, rows, first, run.n_values if stop is None else stop))


def _batches(run: Run, rows: Ints, first: int, stop: int) -> Iterator[tuple[Cells, ...]]:
    starts = run.table.start[rows]
    lows = np.maximum(starts, first)
    sizes = np.maximum(np.minimum(starts + run.table.count[rows], stop) - lows, 0)
    # Long timesteps are cut, and short ones share a piece.
    cuts = -(-sizes // PIECE_ROWS)
    of = np.repeat(np.arange(len(rows)), cuts)
    begins = ranges_joined(np.zeros(len(rows), dtype=np.int64), cuts) * PIECE_ROWS
    widths = np.minimum(sizes[of] - begins, PIECE_ROWS)
    ends = widths.cumsum()
    at = 0
    while at < len(of):
        room = PIECE_ROWS + int(ends[at] - widths[at])
        to = max(at + 1, int(np.searchsorted(ends, room, side="right")))
        which, width = of[at:to], widths[at:to]
        low = lows[which] + begins[at:to]
        positions = ranges_joined(low, width)
        labels = [run.label_of(index) for index in rows[which].tolist()]
        values = [run.values(one, one + size) for one, size in zip(low, width, strict=True)]
        yield (
            positions,
            np.repeat(rows[which], width),
            [label for label, size in zip(labels, width, strict=True) for _ in range(size)],
            positions - np.repeat(starts[which], width),
            np.concatenate(values),
        )
        at = to


def timesteps_table(run: Run, rows: Ints) -> Table:
    """Return the figures of the timesteps of the indices `rows`, in that order."""
    names = (
        "timestep_index", "timestep", "model_time_s", "wall_time", "wall_time_s", "attempt",
        "unit", "batches", "nan", "infinite", "mean", "std", "min", "max", "first", "last",
        "source",
    )  # fmt: skip
    return Table(names, _timesteps(run, rows))


def _timesteps(run: Run, rows: Ints) -> Iterator[tuple[Cells, ...]]:
    table = run.table
    seconds = run.model_seconds
    model = np.full(run.n_timesteps, np.nan) if seconds is None else seconds
    walls = np.where(table.wall_time > 0, table.wall_time, np.nan)
    for first in range(0, len(rows), PIECE_ROWS):
        part = rows[first : first + PIECE_ROWS]
        timesteps = [run.timestep(index) for index in part.tolist()]
        figures = (table.mean, table.std, table.min, table.max, table.first, table.last)
        yield (
            part,
            [one.label for one in timesteps],
            model[part],
            [iso_time(one.wall_time) if one.wall_time else "" for one in timesteps],
            walls[part],
            table.attempt[part],
            [one.unit for one in timesteps],
            table.count[part],
            table.nan[part],
            table.inf[part],
            *(column[part] for column in figures),
            [shown_path(one.source) for one in timesteps],
        )


def marks_table(run: Run) -> Table:
    """Return what happened at single places of a run: checkpoints, rollbacks, notes, and so on.

    Where no timestep is known its index is -1, where no line is, the line is 0.
    """
    names = (
        "kind", "timestep_index", "timestep", "wall_time", "wall_time_s", "message", "file", "line",
        "level", "from_timestep_index",
    )  # fmt: skip
    return Table(names, iter([_marks(run)] if run.marks else ()))


def _marks(run: Run) -> tuple[Cells, ...]:
    marks = run.marks
    at = indices_of(run, [mark.key for mark in marks])
    return (
        [mark.kind for mark in marks],
        np.array(at, dtype=np.int64),
        [run.label_of(index) if index >= 0 else "" for index in at],
        [iso_time(mark.wall_time) if mark.wall_time else "" for mark in marks],
        np.array([mark.wall_time or np.nan for mark in marks]),
        [mark.message for mark in marks],
        [shown_path(mark.file) for mark in marks],
        np.array([mark.line or 0 for mark in marks], dtype=np.int64),
        [mark.level for mark in marks],
        np.array(indices_of(run, [mark.from_key for mark in marks]), dtype=np.int64),
    )


def indices_of(run: Run, places: Sequence[Key | None]) -> list[int]:
    """Return the index of the timestep at or before each of `places`, -1 where there is none."""
    keys = run.keys
    return [-1 if key is None else bisect_right(keys, key) - 1 for key in places]


def facts_table(run: Run, facts: Mapping[str, str]) -> Table:
    """Return what is known of a run beside its losses: `facts`, label, and each parameter."""
    rows = {
        "label": run.label,
        "run_id": run.id,
        **facts,
        "timesteps": str(run.n_timesteps),
        "losses": str(run.n_values),
        **{f"param.{name}": value for name, value in run.params},
    }
    return Table(("name", "value"), iter([(list(rows), [*map(shown_path, rows.values())])]))


def shown_path(path: str) -> str:
    """Return a path as text, whatever bytes it is made of."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def scalars_table(
    store: TagStore,
    tags: Sequence[tuple[str, str]],
    start: float | None = None,
    stop: float | None = None,
    axis: TagAxis = "step",
    attempts: Attempts = "latest",
) -> Table:
    """Return the points of `tags`, pairs of TensorBoard's run and tag, in file order each.

    Of them only those in [start, stop) on an axis. Raises UnknownNameError at the first piece.
    """
    names = ("tb_run", "tag", "step", "wall_time_s", "value")
    return Table(names, _scalars(store, tags, start, stop, axis, attempts))


def _scalars(
    store: TagStore,
    tags: Sequence[tuple[str, str]],
    start: float | None,
    stop: float | None,
    axis: TagAxis,
    attempts: Attempts,
) -> Iterator[tuple[Cells, ...]]:
    for tb_run, tag in tags:
        pieces, _ = store.pieces(tb_run, tag, attempts)
        if not pieces:
            continue
        points = TagPoints(pieces)
        inside = positions_inside(points, axis, start, stop)
        for first in range(0, len(inside), PIECE_ROWS):
            part = np.asarray(inside[first : first + PIECE_ROWS])
            size = len(part)
            yield (
                [tb_run] * size,
                [tag] * size,
                points.steps_at(part),
                points.walls_at(part),
                points.blocked.at(part),
            )
