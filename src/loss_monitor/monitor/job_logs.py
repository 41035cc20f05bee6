"""Job logs of one experiment: from found files to timesteps, tags, marks and attempts.

Enters: what a look found. Leaves: changes of the run and of the tags. Each log is a job and
so an attempt; a step that a later job makes again supersedes the earlier jobs' steps from
there on, in whatever order the logs are read.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence

from loss_monitor.monitor.job_log import JobLog
from loss_monitor.monitor.log_end import LogEnd
from loss_monitor.monitor.reading import Reading
from loss_monitor.monitor.run_change import RunChange
from loss_monitor.monitor.run_marks import run_marks
from loss_monitor.parse.awaited import Waiting
from loss_monitor.parse.job_log import JobLogChunk
from loss_monitor.parse.rank_steps import Assembled, StepAssembler
from loss_monitor.series.run import Run
from loss_monitor.series.tags import TagStore
from loss_monitor.source.birth import birth_s
from loss_monitor.source.found import FoundFile
from loss_monitor.tail.cursor import Outcome
from loss_monitor.types import Attempt, Mark

_AFRESH = (Outcome.TRUNCATED, Outcome.REPLACED, Outcome.REWRITTEN)
END_FIRST_FROM_BYTES = 8 * 1024 * 1024
"""Unread bytes from which on the newest log's end is read first; fewer take a tenth of a
second."""
_ENDS_MAX = 4
"""Logs whose ends are looked at: the newest ones may hold no loss yet."""
_COUNTING = frozenset({"checkpoint", "dry_run", "non_finite"})
"""Kinds whose messages share one row a log: there may be one of them at each step."""


class JobLogs:
    """The logs of one experiment; used by the reading thread only."""

    def __init__(self, reading: Reading) -> None:
        """Know no log yet."""
        self._reading = reading
        self._logs: dict[str, JobLog] = {}
        self._pending: list[str] = []
        self._steps = array("q")
        self._attempts: list[tuple[JobLog, int]] = []
        self._drop_all = False
        self._gone: list[JobLog] = []
        self._marks: tuple[bool, tuple[Mark, ...]] | None = None
        self.experiment = ""
        self.dropped = 0
        self.shows_ends = True
        """False where the run is made of loss files: then no end of a log is of use."""
        self._shown: tuple[Run, Run, Run] | None = None
        self.renewed = False
        """True once another experiment took over; whoever reads it sets it back."""

    @property
    def pending(self) -> int:
        """Logs that wait to be read."""
        return len(self._pending)

    @property
    def logs(self) -> tuple[JobLog, ...]:
        """The followed logs, by job id."""
        return tuple(self._in_order())

    @property
    def outcome(self) -> str:
        """How the newest job ended; empty while it runs or nothing was said."""
        logs = self._in_order()
        return logs[-1].outcome if logs else ""

    @property
    def waiting(self) -> Waiting:
        """What the newest job says that it waits for, empty while losses are coming."""
        logs = self._in_order()
        return logs[-1].waiting if logs else Waiting()

    @property
    def newest(self) -> JobLog | None:
        """The newest job's log."""
        logs = self._in_order()
        return logs[-1] if logs else None

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """The run's attempts; one that another followed has ended, also without a word."""
        newest = len(self._attempts) - 1
        return tuple(
            Attempt(
                log.label_of(process),
                log.started_s.get(process, 0.0),
                log.last_heard_s(process) if log.outcome_of(process) or number < newest else None,
                log.outcome_of(process),
                log.job,
            )
            for number, (log, process) in enumerate(self._attempts)
        )

    def marks(self, *, by_model_time: bool) -> tuple[Mark, ...]:
        """Return what the logs told, placed among the run's steps or by model time.

        Logs that are gone have told what they have told.
        """
        if self._marks is None or self._marks[0] != by_model_time:
            logs = [*self._gone, *self._logs.values()]
            marks = run_marks(logs, self._steps, by_model_time=by_model_time)
            self._marks = (by_model_time, marks)
        return self._marks[1]

    def take(self, files: Iterable[FoundFile]) -> None:
        """Note logs that are new or have grown; they are read by `read` in job order."""
        for found in files:
            log = self._logs.get(found.path)
            if log is not None:
                log.see(found)
            elif not self._follow(found):
                continue
            if found.path not in self._pending:
                self._pending.append(found.path)
        self._pending.sort(key=lambda path: self._logs[path].order, reverse=True)

    def lose(self, files: Sequence[FoundFile]) -> None:
        """Forget logs that are gone; their steps stay."""
        for found in files:
            if found.path in self._logs:
                self._reading.tell("info", "gone", "The log is gone; its steps stay", found.name)
                self._gone.append(self._logs.pop(found.path))
            if found.path in self._pending:
                self._pending.remove(found.path)

    def read(self, tags: TagStore, until_s: float) -> tuple[RunChange, TagStore]:
        """Read what is pending until the monotonic time `until_s`."""
        change = RunChange()
        while self._pending:
            end = self._end_to_read()
            if end is not None:
                end.read_piece()
            else:
                tags = self._read_next(change, tags)
            if self._reading.clock.monotonic_s() >= until_s:
                break
        return change, tags

    def shown(self, run: Run) -> Run:
        """Return `run` as it is to be shown: with the newest steps, read ahead, at its end."""
        log = self._log_on_show()
        if log is None or log.end is None:
            self._shown = None
            return run
        attempts = run.attempts
        if not log.attempts:
            ended_s = log.written_s if log.outcome else None
            attempts = (*attempts, Attempt(log.label, log.begun_s, ended_s, log.outcome, log.job))
        attempt = max(log.attempts.values(), default=len(attempts) - 1)
        end = log.end.as_run(attempt)
        if self._shown is None or self._shown[0] is not run or self._shown[1] is not end:
            self._shown = (run, end, run.ending_in(end).with_attempts(attempts))
        return self._shown[2]

    def _log_on_show(self) -> JobLog | None:
        """Return the log whose end was read ahead and stands at the end of the run."""
        for log in reversed(self._in_order()):
            if log.end is not None and log.end.timesteps:
                return log
            if log.first_step is not None:
                break
        return None

    def _end_to_read(self) -> LogEnd | None:
        """Return the end of a log that is to be read before the rest, the newest job's first."""
        if not self.shows_ends:
            return None
        for log in self._in_order()[: -_ENDS_MAX - 1 : -1]:
            if log.end is None and log.cursor is None and self._is_long():
                log.end = LogEnd(self._reading, log.found)
            if log.end is not None and log.end.is_behind:
                return log.end
            if log.first_step is not None or (log.end is not None and log.end.timesteps):
                break
        return None

    def _is_long(self) -> bool:
        """Tell whether reading all that is pending would take a while."""
        unread = sum(self._logs[path].unread_bytes for path in self._pending)
        return unread > END_FIRST_FROM_BYTES

    def _read_next(self, change: RunChange, tags: TagStore) -> TagStore:
        """Read a piece of the log whose turn it is."""
        log = self._logs[self._pending[-1]]
        finished, tags = self._read_piece(log, change, tags)
        if self._drop_all:
            self._drop_steps(change)
            return tags
        if finished:
            self._pending.remove(log.found.path)
            log.is_live = True
        log.pass_end(finished=finished)
        return tags

    def _drop_steps(self, change: RunChange) -> None:
        change.puts.clear()
        change.superseded.clear()
        change.forgets = True
        change.drops.update((step,) for step in self._steps)
        del self._steps[:]
        self._drop_all = False

    def _in_order(self) -> list[JobLog]:
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
            self._gone.clear()
            del self._steps[:]
            self._drop_all = False
            self.renewed = True
        self.experiment = experiment
        self._logs[found.path] = log = JobLog(found, order)
        self._reading.counters.stats += 1
        born_s = birth_s(found.path)
        # A copy is younger than what it holds: it says nothing of the job.
        log.begun_s = born_s if born_s is not None and born_s <= log.written_s else 0.0
        return True

    def _begin_again(self) -> None:
        """Give up all that was read; what is followed is read again from the beginning."""
        self._drop_all = True
        self.dropped = 0
        self._marks = None
        self._attempts.clear()
        for path, log in self._logs.items():
            self._logs[path] = JobLog(log.found, log.order, begun_s=log.begun_s)
        self._pending = [log.found.path for log in reversed(self._in_order())]

    def _read_piece(self, log: JobLog, change: RunChange, tags: TagStore) -> tuple[bool, TagStore]:
        """Take one piece of a log; the first result tells whether its end was reached."""
        news = self._reading.change(log.found.path, log.cursor, stat=log.found.stat)
        name = log.found.name
        if self._reading.has_failed(log.found, news):
            return True, tags
        if news.outcome in _AFRESH and log.cursor is not None:
            text = "Rewritten: all logs are read again"
            self._reading.tell("warning", "job_log", text, name, "afresh")
            for other in self._logs.values():
                tags = self._without_tags(other, tags)
            self._begin_again()
            return False, tags
        log.cursor = news.cursor
        if news.outcome is Outcome.NEW:
            # Nearly always the right number at once: earlier jobs' logs are read before.
            log.first_attempt = len(self._attempts)
            log.assembler = StepAssembler(log.found.path, log.first_attempt)
        lines = log.buffer.feed(news.data) if news.data else b""
        begin = news.cursor.offset - log.buffer.held_bytes - len(lines)
        if lines:
            outcomes = list(log.parser.outcomes)
            chunk = log.parser.feed(lines, begin)
            log.awaited.take(chunk)
            log.read_head(lines)
            self._tell(log, chunk)
            if log.marks.take(chunk, log.written_s) or outcomes != log.parser.outcomes:
                self._marks = None
            assembled = log.assembler.add(chunk, log.written_s)
            log.refused += chunk.refused + assembled.refused
            for refusal in (*chunk.refusals, *assembled.refusals)[:1]:
                self._reading.tell_refused(name, refusal, count=log.refused)
            self._put_steps(log, assembled, change)
            tags = self._put_tags(log, assembled, tags)
        for refusal in log.buffer.take_overlong():
            self._reading.tell_refused(name, refusal)
        return not news.more, tags

    def _put_steps(self, log: JobLog, assembled: Assembled, change: RunChange) -> None:
        before_later = min(
            (
                other.first_step
                for other in self._logs.values()
                if other.order > log.order and other.first_step is not None
            ),
            default=None,
        )
        before = (self.dropped, dict(log.starts))
        for timestep in assembled.superseded:
            if timestep.attempt < assembled.restarts[-1].attempt:
                log.begin_process(timestep.attempt, timestep.key[0])
                attempt = self._attempt_of(log, timestep.attempt)
                change.superseded[timestep.key] = timestep._replace(attempt=attempt)
                self.dropped += 1
        for restart in assembled.restarts:
            self._supersede(restart.step, before_later, change)
            log.first_step = min(restart.step, log.first_step or restart.step)
            log.begin_process(restart.attempt, restart.step)
        for timestep in assembled.timesteps:
            (step,) = timestep.key
            if before_later is not None and step >= before_later:
                continue
            if log.first_step is None or step < log.first_step:
                self._supersede(step, log.first_step or before_later, change)
                log.first_step = step
            log.begin_process(timestep.attempt, step)
            attempt = self._attempt_of(log, timestep.attempt)
            is_same = attempt == timestep.attempt
            change.puts[timestep.key] = timestep if is_same else timestep._replace(attempt=attempt)
            change.drops.discard(timestep.key)
            place = bisect_left(self._steps, step)
            if place == len(self._steps) or self._steps[place] != step:
                self._steps.insert(place, step)
        if before != (self.dropped, log.starts):
            # Steps that only follow leave every mark where it is.
            self._marks = None

    def _supersede(self, first: int, stop: int | None, change: RunChange) -> None:
        """Drop the kept steps from `first` on, before `stop` where it is given."""
        low = bisect_left(self._steps, first)
        high = len(self._steps) if stop is None else bisect_left(self._steps, stop)
        for step in self._steps[low:high]:
            change.supersede((step,))
            self.dropped += 1
        del self._steps[low:high]

    def _attempt_of(self, log: JobLog, number: int) -> int:
        if number not in log.attempts:
            process = number - log.first_attempt
            log.attempts[number] = len(self._attempts)
            self._attempts.append((log, process))
            if len(self._attempts) > 1:
                label = log.label_of(process)
                text = f"Attempt {len(self._attempts)} begins: {label} continues the run"
                self._reading.tell("warning", "restart", text, log.found.name)
        return log.attempts[number]

    def _put_tags(self, log: JobLog, assembled: Assembled, tags: TagStore) -> TagStore:
        for tb_run, points in assembled.tags.items():
            tags = tags.put_points(tb_run, self._tag_file(log), points, log.written_s)
        return tags

    def _without_tags(self, log: JobLog, tags: TagStore) -> TagStore:
        for tb_run in tags.runs():
            tags = tags.without_file(tb_run, self._tag_file(log))
        return tags

    @staticmethod
    def _tag_file(log: JobLog) -> str:
        # Columns are joined in name order, and job 1000 comes after job 999.
        return f"{log.order[0]:020d} {log.found.name}"

    def _tell(self, log: JobLog, chunk: JobLogChunk) -> None:
        name = log.found.name
        for message in chunk.messages:
            if message.kind == "restart":
                continue  # The attempt that begins tells of it.
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
                offset=message.offset,
                row=row,
                incident=message.level in ("warning", "error"),
            )
