"""Marks out of one job log: what happened, where among the steps, and where in the file.

Enters: chunks of facts, in the order of the log. Leaves: `types.Mark`s. What follows from each
other is one mark: a dry run from its first step to its last, a rollback from the checkpoint to
the NaN, the last words of a job. A mark is placed by what stands before it in the log, never by
a number that it happens to name.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from loss_monitor.activity import counted
from loss_monitor.parse.job_log import JobLogChunk
from loss_monitor.parse.job_messages import LogMessage
from loss_monitor.types import Key, Level, Mark

KEPT_MAX = 400
"""Marks kept of each kind: one at each step would otherwise grow without end, and a checkpoint
at each must not push out the rollbacks."""
_DRY_RUN = re.compile(r"Dry run step\s+(\d{1,12})\s*/\s*(\d{1,12})")
_PASSING = frozenset({"checkpoint", "restored", "dry_run"})
"""Of steps that were done again these say nothing of the run any more."""
_REPEATED = "step="


@dataclass(frozen=True, slots=True)
class _Place:
    """A place among the steps of a log."""

    step: int | None = None
    """The newest step there; None before the first of its process."""
    fields: tuple[int, ...] = ()
    """Model time of ICON's line before it; empty while none was printed."""


@dataclass(frozen=True, slots=True)
class _Noted:
    """One mark, before it is placed in the run."""

    kind: str
    level: Level
    text: str
    at: _Place
    wall_time: float
    line: int
    offset: int
    process: int
    """How often the training had begun anew within the log."""
    since: _Place | None = None
    """Where it begins, for what lasts."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What the run keeps of a log's steps."""

    steps: Sequence[int]
    """All steps of the run, rising."""
    starts: Mapping[int, int]
    """First step of each process of the log that has losses, by its number within the log."""
    stop: int | None
    """The step from which on later jobs did the log's steps again, if any did."""
    by_model_time: bool
    """True where the run's timesteps are known by model time, not by step."""

    def stop_of(self, process: int) -> int | None:
        """Return the step from which on others did the steps of a process again, if any did."""
        later = [step for number, step in self.starts.items() if number > process]
        return min([*later, *(() if self.stop is None else (self.stop,))], default=None)

    def key_of(self, place: _Place, process: int) -> Key | None:
        """Return where in the run a place of the log's process is, None if that is unknown."""
        if self.by_model_time:
            return place.fields or None
        if place.step is not None:
            return (place.step,)
        # Before its first step: at the beginning of what it trained, else of what later jobs did.
        ends = (self.starts.get(process), self.stop, self.steps[-1] if self.steps else 0)
        return (next(step for step in ends if step is not None),)


class LogMarks:
    """The marks of one log; used by the reading thread only."""

    def __init__(self, path: str) -> None:
        """Begin with the log at `path`."""
        self._path = path
        self._noted: dict[str, deque[_Noted]] = {}
        self._icon: tuple[int, ...] = ()
        self._checkpoint = _Place()
        self._dry_run_step = 0
        self._dry_run_open = False

    def take(self, chunk: JobLogChunk, written_s: float) -> bool:
        """Note what a chunk tells; return whether that is anything."""
        times = iter(chunk.icon_times)
        upcoming = next(times, None)
        for message in chunk.messages:
            while upcoming is not None and upcoming.line <= message.line:
                self._icon = tuple(upcoming.model_time)
                upcoming = next(times, None)
            self._note(message, written_s)
        if chunk.icon_times:
            self._icon = tuple(chunk.icon_times[-1].model_time)
        return bool(chunk.messages)

    def marks(self, kept: Kept, outcomes: Sequence[str]) -> Iterator[Mark]:
        """Yield the marks with their place in the run, in the order of the log.

        `outcomes` says how each process of the log ended, as the parser has it by now.
        """
        every = [noted for kind in self._noted.values() for noted in kind]
        for noted in sorted(every, key=lambda one: one.line):
            if noted.kind == "end" and not outcomes[noted.process]:
                continue  # The training went on after what looked like last words.
            placed = self._placed(noted, kept)
            if placed is not None:
                yield placed

    def _placed(self, noted: _Noted, kept: Kept) -> Mark | None:
        at, since = noted.at, noted.since
        if not kept.by_model_time:
            stop = kept.stop_of(noted.process)
            if stop is not None and at.step is not None and at.step >= stop:
                if noted.kind in _PASSING:
                    return None
                # It happened in what was done again: it stands where that was left.
                before = bisect_left(kept.steps, stop) - 1
                at = replace(at, step=kept.steps[before] if before >= 0 else stop)
        return Mark(
            noted.kind,
            kept.key_of(at, noted.process),
            noted.wall_time,
            noted.text,
            self._path,
            noted.line,
            offset=noted.offset,
            level=noted.level,
            from_key=None if since is None else kept.key_of(since, noted.process),
        )

    def _note(self, message: LogMessage, written_s: float) -> None:
        kind = "end" if message.outcome else message.kind
        noted = _Noted(
            kind,
            message.level,
            message.text,
            _Place(message.newest_step, self._icon),
            written_s,
            message.line,
            message.offset,
            message.restarts,
        )
        if kind == "dry_run":
            self._note_dry_run_step(noted)
        elif kind == "dry_run_complete":
            self._end_dry_run(noted)
        elif kind == "checkpoint":
            step = noted.at.step if message.step is None else message.step
            self._checkpoint = replace(noted.at, step=step)
            self._keep(replace(noted, at=self._checkpoint))
        elif kind == "rollback":
            self._keep(self._rollback(noted, message.step))
        elif kind == "restart":
            self._keep(replace(noted, at=_Place(message.step, self._icon)))
        elif kind == "end":
            last = self._last("end")
            if last is not None and last.process == noted.process:
                self._noted["end"].pop()
            self._keep(noted)
        elif not self._is_said_already(noted):
            self._keep(noted)

    def _rollback(self, noted: _Noted, named: int | None) -> _Noted:
        """Return a rollback with the stretch of training that it lost."""
        if named is None:
            return noted
        known = self._checkpoint.step == named
        since = self._checkpoint if known else _Place(named)
        lost = (noted.at.step or named) - named
        if lost < 0:
            return noted
        text = f"{noted.text}: {counted(lost, 'step', 'steps')} of training lost"
        return replace(noted, text=text, since=since)

    def _note_dry_run_step(self, noted: _Noted) -> None:
        found = _DRY_RUN.search(noted.text)
        if found is None:
            return
        step, total = int(found[1]), int(found[2])
        text = f"Dry run: {step:,} of {total:,} steps"
        before = self._last("dry_run")
        goes_on = self._dry_run_open and step > self._dry_run_step
        if before is not None and goes_on and before.process == noted.process:
            self._noted["dry_run"][-1] = replace(before, text=text, at=noted.at)
        else:
            self._keep(replace(noted, text=text, since=noted.at))
        self._dry_run_step, self._dry_run_open = step, True

    def _end_dry_run(self, noted: _Noted) -> None:
        before = self._last("dry_run") if self._dry_run_open else None
        self._dry_run_open = False
        if before is None:
            self._keep(replace(noted, kind="dry_run"))
            return
        words = f"Dry run complete: {counted(self._dry_run_step, 'step', 'steps')}"
        self._noted["dry_run"][-1] = replace(before, text=words, level="ok", at=noted.at)

    def _is_said_already(self, noted: _Noted) -> bool:
        """Tell whether the step of `noted` has a mark of its kind that says as much."""
        before = self._last(noted.kind)
        return (
            before is not None
            and (before.process, before.at.step) == (noted.process, noted.at.step)
            and (noted.text == before.text or noted.text.startswith(_REPEATED))
        )

    def _keep(self, noted: _Noted) -> None:
        self._noted.setdefault(noted.kind, deque(maxlen=KEPT_MAX)).append(noted)

    def _last(self, kind: str) -> _Noted | None:
        kept = self._noted.get(kind)
        return kept[-1] if kept else None
