"""Which files of a directory are the newest run's, where trainings of several starts wrote there.

Enters: event files below `runs/experiment_<start>`, checkpoints `net_<start>.pth`, and the loss
files that are there. Leaves: the `Span` of time in which the run that counts was written.

An event file's name holds the second in which its process began. A checkpoint only says that a
run of its start wrote it; such a run begins where the training came to its start from elsewhere:
back, or over a gap. A checkpoint that is named by the time it was written at, as daily ones are,
is no start: the training passed there.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

from loss_monitor.model_time import ModelTime, calendar_of, parse_model_time, seconds_between
from loss_monitor.source.found import FoundFile
from loss_monitor.source.names import FileKind

NEWEST, ALL = "newest", "all"
"""What may be asked for besides a start: the run that was begun last, or everything as one."""

_FOLDER = re.compile(r"runs/experiment_([^/]+)", re.DOTALL)
_BEGUN = re.compile(r"tfevents\.(\d{1,12})(?:\.|$)", re.ASCII)
# A next step within so many usual ones is no gap: a timestep may be missing.
_GAP = 2.5


class Span(NamedTuple):
    """The time in which the files of one run were written."""

    start: ModelTime | None = None
    """The run's start; None where the directory holds one run only."""
    from_s: float = float("-inf")
    """When it began, seconds since 1970-01-01 UTC."""
    until_s: float = float("inf")
    """When the next one began."""

    def holds(self, found: FoundFile) -> bool:
        """Tell whether a loss file or a checkpoint was written in this run."""
        return self.from_s <= written_s(found) < self.until_s


class Starts:
    """The starts of one directory's trainings; used by the reading thread only."""

    def __init__(self, wanted: str = NEWEST) -> None:
        """Know no start yet; `wanted` is `newest`, `all` or a start as a text."""
        self._wanted = wanted
        self._begun: dict[str, tuple[float, ModelTime]] = {}
        """By path of an event file: when its process began, and its start."""
        self._checkpoints: dict[ModelTime, float] = {}
        """Starts in checkpoints' names, and when each was written last."""
        self._unjudged: set[ModelTime] = set()
        self._placed: dict[ModelTime, float] = {}
        """When the runs began that only checkpoints tell of; it stays, since attempts go back."""
        self._changed = self._awaits_losses = False

    def take(self, files: Iterable[FoundFile]) -> None:
        """Note event files and checkpoints that are new or changed."""
        for found in files:
            if found.kind is FileKind.EVENT and found.path not in self._begun:
                self._take_event_file(found)
            elif found.kind is FileKind.CHECKPOINT and found.model_time is not None:
                self._checkpoints[found.model_time] = written_s(found)
                self._unjudged.add(found.model_time)
                self._changed = True

    def is_due(self, *, losses_came: bool) -> bool:
        """Tell whether `span` may give another answer than before."""
        if self._wanted == ALL or not (self._changed or (self._awaits_losses and losses_came)):
            return False
        return len(self._checkpoints.keys() | {start for _, start in self._begun.values()}) > 1

    def span(self, losses: Sequence[FoundFile]) -> Span:
        """Return the span of the run that counts, among the loss files that are there.

        Of the newest one that has written losses; before the next one has, the last one counts.
        """
        self._changed = self._awaits_losses = False
        spans = self._spans(losses)
        if self._wanted != NEWEST:
            wanted = parse_model_time(self._wanted)
            spans = [span for span in spans if span.start == wanted]
        for span in reversed(spans):
            if any(map(span.holds, losses)):
                return span
            self._awaits_losses = True
        return Span()

    def unmet(self) -> str:
        """Say that no training has the start that is asked for; empty where one has.

        Empty also where nothing tells of any start.
        """
        if self._wanted in (NEWEST, ALL):
            return ""
        there = {start for _, start in self._begun.values()} | self._placed.keys()
        if not there or parse_model_time(self._wanted) in there | self._checkpoints.keys():
            return ""
        listed = ", ".join(start.label for start in sorted(there))
        return f"no training here starts at {self._wanted}; there are: {listed}"

    def _take_event_file(self, found: FoundFile) -> None:
        folder = _FOLDER.match(found.directory)
        start = parse_model_time(folder[1]) if folder is not None else None
        begun = _BEGUN.search(found.name)
        if start is not None and begun is not None:
            self._begun[found.path] = float(begun[1]), start
            self._changed = True

    def _spans(self, losses: Sequence[FoundFile]) -> list[Span]:
        """Return the spans of all runs in order; a start that is taken up again has several."""
        told = {start for _, start in self._begun.values()}
        self._place(losses, told)
        placed = [(begun_s, start) for start, begun_s in self._placed.items() if start not in told]
        begun: list[tuple[float, ModelTime | None]] = sorted([*self._begun.values(), *placed])
        if not begun:
            return []
        # What was written before the first event file is its run's. Before a run that only
        # checkpoints tell of there was another: it came to its start from elsewhere.
        before = begun[0][1] if begun[0] not in placed else None
        begun.insert(0, (float("-inf"), before))
        runs = [next(same) for _, same in groupby(begun, key=lambda one: one[1])]
        ends = [begun_s for begun_s, _ in runs[1:]] + [float("inf")]
        return [Span(run, from_s, to_s) for (from_s, run), to_s in zip(runs, ends, strict=True)]

    def _place(self, losses: Sequence[FoundFile], told: set[ModelTime]) -> None:
        """Find out where runs began that only checkpoints tell of."""
        unknown = self._unjudged - told - self._placed.keys()
        self._unjudged.clear()
        if not unknown:
            return
        times = sorted({(f.model_time, written_s(f)) for f in losses if f.model_time is not None})
        by_writing = sorted((moment_s, key) for key, moment_s in times)
        for start in unknown:
            begun_s = _begun_s(start, times, by_writing)
            if begun_s is not None and begun_s <= self._checkpoints[start]:
                self._placed[start] = begun_s


def _begun_s(
    start: ModelTime,
    times: Sequence[tuple[ModelTime, float]],
    by_writing: Sequence[tuple[float, ModelTime]],
) -> float | None:
    """Return when the training came to `start` from elsewhere; None if it merely passed there.

    `times` are model times in order, each with when its file was written; `by_writing` has
    the same in the order of writing. There may be a checkpoint at each of them.
    """
    first = bisect_left(times, (start, float("-inf")))
    if first == len(times):
        return None
    key, begun_s = times[first]
    n_before = bisect_left(by_writing, begun_s, key=lambda one: one[0])
    if not n_before:
        return None
    _, previous = by_writing[n_before - 1]
    if previous > key:
        return begun_s
    next_at = bisect_right(times, (key, float("inf")))
    if next_at == len(times):
        return None
    following, _ = times[next_at]
    calendar = calendar_of([previous, key, following])
    step_s = seconds_between(key, following, calendar)
    return begun_s if seconds_between(previous, key, calendar) > _GAP * step_s else None


def written_s(found: FoundFile) -> float:
    """Return when a file was written last, seconds since 1970-01-01 UTC by the server's clock."""
    return found.stat.mtime_ns / 1e9
