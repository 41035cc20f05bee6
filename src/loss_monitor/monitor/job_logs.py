"""Job logs of one experiment: from found files to timesteps, tags, marks and attempts.

Enters: what a look found. Leaves: changes of the run and of the tags. Each log is a job and
so an attempt; a step that a later job makes again supersedes the earlier jobs' steps from
there on, in whatever order the logs are read.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from loss_monitor.monitor.loss_files import RunChange
from loss_monitor.monitor.reading import Reading
from loss_monitor.parse.job_log import JobLogChunk, JobLogParser
from loss_monitor.parse.job_messages import LogMessage
from loss_monitor.parse.rank_steps import Assembled, StepAssembler
from loss_monitor.series.tags import TagStore
from loss_monitor.source.found import FoundFile
from loss_monitor.tail.cursor import Cursor, Outcome
from loss_monitor.tail.lines import LineBuffer
from loss_monitor.types import Attempt, Mark

_AFRESH = (Outcome.TRUNCATED, Outcome.REPLACED, Outcome.REWRITTEN)
_MARKS = frozenset({"checkpoint", "rollback", "restored", "non_finite", "clean_end", "end"})
MARKS_MAX = 1000
"""Marks kept; a checkpoint each step would otherwise grow without end."""
_COUNTING = frozenset({"checkpoint", "dry_run", "non_finite"})
"""Kinds whose messages share one row a log: there may be one of them at each step."""


@dataclass(slots=True)
class _JobLog:
    found: FoundFile
    order: tuple[int, str]
    cursor: Cursor | None = None
    buffer: LineBuffer = field(default_factory=LineBuffer)
    parser: JobLogParser = field(default_factory=JobLogParser)
    assembler: StepAssembler = field(default_factory=StepAssembler)
    first_step: int | None = None
    """Least step it holds since its last restart; earlier jobs end there."""
    attempts: dict[int, int] = field(default_factory=dict)
    """The assembler's attempt to the run's."""
    refused: int = 0
    said: dict[str, int] = field(default_factory=dict)
    """Messages of each counting kind."""
    settled: bool = False


class JobLogs:
    """The logs of one experiment; used by the reading thread only."""

    def __init__(self, reading: Reading) -> None:
        """Know no log yet."""
        self._reading = reading
        self._logs: dict[str, _JobLog] = {}
        self._pending: list[str] = []
        self._steps: list[int] = []
        self._attempts: list[tuple[_JobLog, str, float]] = []
        self._drop_all = False
        self.marks: list[Mark] = []
        self.experiment = ""
        self.waiting = ""
        self.dropped = 0
        self.renewed = False
        """True once another experiment took over; whoever reads it sets it back."""

    @property
    def pending(self) -> int:
        """Logs that wait to be read."""
        return len(self._pending)

    @property
    def paths(self) -> tuple[str, ...]:
        """Paths of the followed logs, by job id."""
        return tuple(log.found.path for log in self._in_order())

    @property
    def outcome(self) -> str:
        """How the newest job ended; empty while it runs or nothing was said."""
        logs = self._in_order()
        return logs[-1].parser.outcome if logs else ""

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """The run's attempts; a job that another one followed has ended."""
        rows = self._attempts
        return tuple(
            Attempt(
                label,
                started_s,
                rows[index + 1][2] if index + 1 < len(rows) else None,
                log.parser.outcome,
            )
            for index, (log, label, started_s) in enumerate(rows)
        )

    def take(self, files: Iterable[FoundFile]) -> None:
        """Note logs that are new or have grown; they are read by `read` in job order."""
        for found in files:
            log = self._logs.get(found.path)
            if log is not None:
                log.found, log.settled = found, False
            elif not self._follow(found):
                continue
            if found.path not in self._pending:
                self._pending.append(found.path)
        self._pending.sort(key=lambda path: self._logs[path].order, reverse=True)

    def settle(self, files: Iterable[FoundFile]) -> None:
        """Note logs without change for a minute: a last line without end is taken."""
        for found in files:
            log = self._logs.get(found.path)
            if log is not None and not log.settled:
                log.settled = True
                if found.path not in self._pending:
                    self._pending.insert(0, found.path)

    def lose(self, files: Sequence[FoundFile]) -> None:
        """Forget logs that are gone; their steps stay."""
        for found in files:
            if found.path in self._logs:
                self._reading.tell("info", "gone", "The log is gone; its steps stay", found.name)
                del self._logs[found.path]
            if found.path in self._pending:
                self._pending.remove(found.path)

    def read(self, tags: TagStore, until_s: float) -> tuple[RunChange, TagStore]:
        """Read what is pending until the monotonic time `until_s`."""
        change = RunChange()
        while self._pending:
            log = self._logs[self._pending[-1]]
            finished, tags = self._read_piece(log, change, tags)
            if self._drop_all:
                self._drop_steps(change)
            elif finished:
                self._pending.remove(log.found.path)
            if self._reading.clock.monotonic_s() >= until_s:
                break
        return change, tags

    def _drop_steps(self, change: RunChange) -> None:
        change.puts.clear()
        change.drops.update((step,) for step in self._steps)
        self._steps.clear()
        self._drop_all = False

    def _in_order(self) -> list[_JobLog]:
        return sorted(self._logs.values(), key=lambda log: log.order)

    def _follow(self, found: FoundFile) -> bool:
        """Follow a new log unless it is of an older experiment than the one followed."""
        name = found.file_name
        order = (name.job_id or 0, found.path)
        experiment = name.experiment or ""
        logs = self._in_order()
        if logs and experiment != self.experiment:
            if order < logs[-1].order:
                text = "Another experiment's log: not followed"
                self._reading.tell("info", "job_log", text, found.name, "other")
                return False
            text = "Another experiment begins: it is followed from now on"
            self._reading.tell("warning", "run", text, found.name)
            self._logs.clear()
            self._begin_again()
            self._steps.clear()
            self._drop_all = False
            self.renewed = True
        self.experiment = experiment
        self._logs[found.path] = _JobLog(found, order)
        return True

    def _begin_again(self) -> None:
        """Give up all that was read; what is followed is read again from the beginning."""
        self._drop_all = True
        self.dropped = 0
        self.marks.clear()
        self._attempts.clear()
        for path, log in self._logs.items():
            self._logs[path] = _JobLog(log.found, log.order)
        self._pending = [log.found.path for log in reversed(self._in_order())]

    def _read_piece(self, log: _JobLog, change: RunChange, tags: TagStore) -> tuple[bool, TagStore]:
        """Take one piece of a log; the first result tells whether its end was reached."""
        news = self._reading.change(log.found.path, log.cursor, stat=log.found.stat)
        name = log.found.name
        if news.refusal is not None:
            self._reading.tell_refused(name, news.refusal)
            return True, tags
        if news.outcome in _AFRESH and log.cursor is not None:
            text = "Rewritten: all logs are read again"
            self._reading.tell("warning", "job_log", text, name, "afresh")
            for other in self._logs.values():
                tags = self._without_tags(other, tags)
            self._begin_again()
            return False, tags
        log.cursor = news.cursor
        lines = log.buffer.feed(news.data) if news.data else b""
        if log.settled and not news.more:
            lines += log.buffer.flush()
        if lines:
            chunk = log.parser.feed(lines)
            self._tell(log, chunk)
            assembled = log.assembler.add(chunk, log.found.stat.mtime_ns / 1e9)
            log.refused += chunk.refused + assembled.refused
            for refusal in (*chunk.refusals, *assembled.refusals)[:1]:
                self._reading.tell_refused(name, refusal, count=log.refused)
            self._put_steps(log, assembled, change)
            tags = self._put_tags(log, assembled, tags)
        for refusal in log.buffer.take_overlong():
            self._reading.tell_refused(name, refusal)
        return not news.more, tags

    def _put_steps(self, log: _JobLog, assembled: Assembled, change: RunChange) -> None:
        before_later = min(
            (
                other.first_step
                for other in self._logs.values()
                if other.order > log.order and other.first_step is not None
            ),
            default=None,
        )
        for restart in assembled.restarts:
            self._supersede(restart.step, before_later, change)
            log.first_step = min(restart.step, log.first_step or restart.step)
        for timestep in assembled.timesteps:
            (step,) = timestep.key
            if before_later is not None and step >= before_later:
                continue
            if log.first_step is None or step < log.first_step:
                self._supersede(step, log.first_step or before_later, change)
                log.first_step = step
            attempt = self._attempt_of(log, timestep.attempt)
            change.puts[timestep.key] = replace(timestep, attempt=attempt)
            change.drops.discard(timestep.key)
            place = bisect_left(self._steps, step)
            if place == len(self._steps) or self._steps[place] != step:
                insort(self._steps, step)
            self.waiting = ""

    def _supersede(self, first: int, stop: int | None, change: RunChange) -> None:
        """Drop the kept steps from `first` on, before `stop` where it is given."""
        low = bisect_left(self._steps, first)
        high = len(self._steps) if stop is None else bisect_left(self._steps, stop)
        for step in self._steps[low:high]:
            change.drops.add((step,))
            change.puts.pop((step,), None)
            self.dropped += 1
        del self._steps[low:high]

    def _attempt_of(self, log: _JobLog, number: int) -> int:
        if number not in log.attempts:
            restarts = len(log.attempts)
            log.attempts[number] = len(self._attempts)
            job = log.found.file_name.job_id
            label = f"job {job}" if job is not None else log.found.name
            if restarts:
                label += f", restart {restarts}"
            started_s = log.found.stat.mtime_ns / 1e9
            self._attempts.append((log, label, started_s))
            if len(self._attempts) > 1:
                text = f"Attempt {len(self._attempts)} begins: {label} continues the run"
                self._reading.tell("warning", "restart", text, log.found.name)
        return log.attempts[number]

    def _put_tags(self, log: _JobLog, assembled: Assembled, tags: TagStore) -> TagStore:
        columns: dict[str, list[tuple[str, int, float]]] = {}
        for tb_run, tag, step, value in assembled.tags:
            columns.setdefault(tb_run, []).append((tag, step, value))
        for tb_run, points in columns.items():
            tags = tags.put_points(
                tb_run, self._tag_file(log), points, log.found.stat.mtime_ns / 1e9
            )
        return tags

    def _without_tags(self, log: _JobLog, tags: TagStore) -> TagStore:
        for tb_run in tags.runs():
            tags = tags.without_file(tb_run, self._tag_file(log))
        return tags

    @staticmethod
    def _tag_file(log: _JobLog) -> str:
        # Columns are joined in name order, and job 1000 comes after job 999.
        return f"{log.order[0]:020d} {log.found.name}"

    def _tell(self, log: _JobLog, chunk: JobLogChunk) -> None:
        name = log.found.name
        for message in chunk.messages:
            row, text = None, message.text
            if message.kind in _COUNTING:
                log.said[message.kind] = log.said.get(message.kind, 0) + 1
                row = f"{message.kind}:{name}"
            if message.kind == "non_finite" and log.said["non_finite"] > 1:
                text += f" ({log.said['non_finite']:,} such messages in this log)"
            self._reading.activity.tell(
                message.level,
                message.kind,
                text,
                file=name,
                line=message.line,
                row=row,
                incident=message.level in ("warning", "error"),
            )
            if message.kind == "dry_run":
                self.waiting = message.text
            if message.kind in _MARKS:
                self._mark(log, message)

    def _mark(self, log: _JobLog, message: LogMessage) -> None:
        step = message.step if message.step is not None else (self._steps or [0])[-1]
        written_s = log.found.stat.mtime_ns / 1e9
        self.marks.append(
            Mark(message.kind, (step,), written_s, message.text, log.found.path, message.line)
        )
        del self.marks[:-MARKS_MAX]
