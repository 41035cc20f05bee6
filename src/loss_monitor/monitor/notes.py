"""Notes of the run that is watched: found as they are written, put where they belong.

Enters: the file of all notes. Leaves: marks of kind `note`. A note belongs to the run that was
the newest of its place when it was written; it stands at the newest timestep of that moment, or
where its writer put it.
"""

from __future__ import annotations

import math
import os
from bisect import bisect_right
from fnmatch import fnmatchcase
from glob import has_magic
from pathlib import Path

import numpy as np

from loss_monitor.history.notes import Note, parse_note, resolved
from loss_monitor.monitor.reading import Reading
from loss_monitor.series.run import Run
from loss_monitor.settings import Settings
from loss_monitor.source.found import FileStat
from loss_monitor.source.names import FileName, classify
from loss_monitor.tail.cursor import Cursor, read_change
from loss_monitor.types import Key, Mark

NOTES_MAX = 200
"""Newest notes of one place; more are written by a machine."""
_ASK_EVERY_S = 0.9
"""The home of the state directory is a file system of its own, which need not be asked at each
look while a training writes ten timesteps a second."""
_CLOCKS_DIFFER_S = 60.0
"""A note from shortly before a run's first file is of that run: the file server has a clock of
its own, and people note what they are about to start."""


class Notes:
    """The notes of one watched place; used by the reading thread only."""

    def __init__(self, settings: Settings, reading: Reading) -> None:
        """Follow the file that `settings` name; opens nothing yet."""
        self._path: Path | None = settings.notes_file
        self._reading = reading
        watched = [str(settings.data_dir)] if settings.watches_data_dir else []
        self._places = tuple(map(resolved, (*watched, *settings.job_logs)))
        self._cursor: Cursor | None = None
        self._stat: FileStat | None = None
        self._asked_s = -math.inf
        self._notes: list[Note] = []
        self._told: set[Note] = set()
        self._known: tuple[object, tuple[Mark, ...]] = (None, ())

    def look(self) -> None:
        """Read what was written since the last look: one `stat` where nothing was."""
        now_s = self._reading.clock.monotonic_s()
        if self._path is None or now_s - self._asked_s < _ASK_EVERY_S:
            return
        self._asked_s = now_s
        self._reading.counters.stats += 1
        try:
            stat = FileStat.of(os.stat(self._path))
        except FileNotFoundError:
            self._forget()
            return
        except OSError:
            # A home that does not answer for now.
            return
        if stat == self._stat:
            return
        self._stat = stat
        more = True
        while more:
            more = self._read_piece(str(self._path))
        self._known = (None, ())

    def _forget(self) -> None:
        """Let go of all notes: their file is not there, or not any more."""
        self._notes.clear()
        self._cursor = self._stat = None

    def _read_piece(self, path: str) -> bool:
        change = read_change(path, self._cursor)
        self._reading.counters.opens += change.opens
        self._reading.counters.bytes_read += change.bytes_read
        if change.start == 0 and change.data:
            self._notes.clear()
        whole = change.data.rfind(b"\n") + 1
        if change.more and not whole:
            # No note is as long as what is read at once: all of it is passed over.
            whole = len(change.data)
        self._cursor = change.cursor.at(change.start + whole) if change.data else change.cursor
        read = map(parse_note, change.data[:whole].splitlines())
        self._notes += [note for note in read if note is not None and self._is_here(note)]
        del self._notes[:-NOTES_MAX]
        return change.more and whole > 0

    def _is_here(self, note: Note) -> bool:
        return any(_means(place, note.source) for place in self._places)

    def marks(self, run: Run) -> tuple[Mark, ...]:
        """Return the notes of `run` as marks, in the order in which they were written."""
        if not self._notes or not run.leaves:
            return ()
        if self._known[0] is not run.leaves:
            found = [(note, _mark(run, note)) for note in self._notes]
            marks = [(note, mark) for note, mark in found if mark is not None]
            self._known = (run.leaves, tuple(mark for _, mark in marks))
            self._tell([note for note, _ in marks])
        return self._known[1]

    def _tell(self, notes: list[Note]) -> None:
        for note in notes:
            if note not in self._told:
                self._told.add(note)
                activity = self._reading.activity
                activity.tell("info", "note", f"Note: {note.message}", at_s=note.written_s)


def _means(place: str, source: str) -> bool:
    """Tell whether a note about `source` is about what is watched at `place`."""
    if source == place:
        return True
    if os.path.dirname(source) == place and _names_logs(source):
        return True
    # Either may be a pattern that the other is part of.
    if fnmatchcase(source, place) or fnmatchcase(place, source):
        return True
    if os.path.dirname(source) != os.path.dirname(place):
        return False
    # A log that is named brings the later ones of its experiment with it.
    one, other = classify(os.path.basename(place)), classify(os.path.basename(source))
    if not isinstance(one, FileName) or not isinstance(other, FileName):
        return False
    return one.experiment is not None and one.experiment == other.experiment


def _names_logs(source: str) -> bool:
    """Tell whether a path means job logs, and not another run's directory inside of ours."""
    name = os.path.basename(source)
    return has_magic(name) or isinstance(classify(name), FileName)


def _mark(run: Run, note: Note) -> Mark | None:
    """Return a note as a mark of `run`, None where it is about an earlier one."""
    walls = run.table.wall_time
    first = run.timestep(0)
    is_log = len(first.key) == 1
    written = walls[walls > 0]
    # Steps of a job log have the time of its last writing, which tells nothing of the first.
    if not is_log and written.size and note.written_s < written.min() - _CLOCKS_DIFFER_S:
        return None
    if is_log and note.newest_step is not None:
        return Mark("note", (note.newest_step,), note.written_s, note.message)
    index = _index(run, note, is_log=is_log)
    key: Key | None = None if index is None else run.timestep(index).key
    at_s = note.wall_time_s or note.written_s
    if index is not None and (note.step is not None or note.model_time) and walls[index] > 0:
        at_s = float(walls[index])
    return Mark("note", key, at_s, note.message)


def _index(run: Run, note: Note, *, is_log: bool) -> int | None:
    """Return the timestep at or before the place of a note; None before the first."""
    if note.step is not None:
        if is_log:
            at = bisect_right(run.keys, (note.step,)) - 1
        else:
            # In files a step is a batch, counted over the run from 1.
            at = int(np.searchsorted(run.table.start, max(note.step - 1, 0), side="right")) - 1
    elif note.model_time:
        fields = map(tuple, run.table.model_fields().tolist())
        wanted = note.model_time
        before = [at for at, time in enumerate(fields) if any(time) and time <= wanted]
        at = before[-1] if before else -1
    else:
        moment = note.written_s if note.wall_time_s is None else note.wall_time_s
        walls = run.table.wall_time
        at = int(np.argmax(np.where(walls <= moment, walls, -1.0)))
        at = at if walls[at] <= moment else -1
    return at if at >= 0 else None
