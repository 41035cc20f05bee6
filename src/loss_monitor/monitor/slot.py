"""The files of one timestep: its loss files, and its summary.

Enters: found files. Leaves: what they hold. Slots are kept by the thousand, so that they are
small; whoever owns them decides what becomes of the timestep.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from loss_monitor.monitor.loss_log import LogFile
from loss_monitor.monitor.reading import Reading
from loss_monitor.parse.summary import parse_summary
from loss_monitor.source.found import FoundFile
from loss_monitor.tail.cursor import Cursor, Outcome
from loss_monitor.types import SummaryValue


@dataclass(slots=True)
class SummaryFile:
    """The summary of a timestep: a few lines, read again whole when they change."""

    found: FoundFile | None = None
    """None once the file is gone; its pairs stay."""
    pairs: tuple[tuple[str, SummaryValue], ...] = ()
    _cursor: Cursor | None = None

    def lose(self) -> None:
        """Forget the file, which is gone."""
        self.found = self._cursor = None

    def outlive(self, logs: Sequence[LogFile]) -> None:
        """Forget the pairs of losses that were written again since."""
        # As it was read: the watch may have seen it before.
        written_ns = 0 if self._cursor is None else self._cursor.mtime_ns
        if written_ns < max(log.written_ns for log in logs):
            self.pairs = ()

    def read(self, reading: Reading) -> bool:
        """Read the file if it is new or has changed; return whether it was read."""
        found = self.found
        if found is None:
            return False
        change = reading.change(found.path, self._cursor, stat=found.stat)
        if change.outcome is Outcome.GROWN:
            change = reading.change(found.path, None)
        self._cursor = change.cursor
        if change.outcome is Outcome.UNCHANGED or reading.has_failed(found, change):
            return False
        parsed = parse_summary(change.data)
        whole = change.data.endswith(b"\n") or reading.is_settled(found)
        if parsed.refusals and whole:
            reading.tell_refused(found.name, parsed.refusals[0], count=parsed.refused)
        self.pairs = parsed.pairs
        return True


@dataclass(slots=True)
class Slot:
    """The files of one timestep, and whether the run shows it."""

    log: LogFile | None = None
    other_logs: tuple[LogFile, ...] = ()
    """Where two or more names say the same time."""
    summary: SummaryFile | None = None
    written_ns: int = 0
    """When its losses were first written, nanoseconds since 1970-01-01 UTC."""
    dropped: bool = False
    """True while it belongs to an earlier attempt."""
    shown: bool = False

    @property
    def logs(self) -> tuple[LogFile, ...]:
        """Its loss files."""
        return (self.log, *self.other_logs) if self.log is not None else ()

    @logs.setter
    def logs(self, logs: Sequence[LogFile]) -> None:
        """Keep loss files, the first apart from the others."""
        self.log = logs[0] if logs else None
        self.other_logs = tuple(logs[1:])

    @property
    def modified_ns(self) -> int:
        """When one of its loss files was seen to be written last; 0 without one."""
        if self.log is None:
            return 0
        newest = self.log.found.stat.mtime_ns
        for log in self.other_logs:
            newest = max(newest, log.found.stat.mtime_ns)
        return newest

    @property
    def is_left_behind(self) -> bool:
        """Whether it belongs to an earlier attempt and was not written again since."""
        return self.dropped and self.modified_ns <= self.written_ns

    @property
    def n_files(self) -> int:
        """Number of its files."""
        n_logs = len(self.other_logs) + (self.log is not None)
        return n_logs + (self.summary is not None and self.summary.found is not None)

    @property
    def pairs(self) -> tuple[tuple[str, SummaryValue], ...]:
        """The summary's pairs."""
        return () if self.summary is None else self.summary.pairs

    @property
    def written_s(self) -> float:
        """When its losses were first written, seconds since 1970-01-01 UTC."""
        return self.written_ns / 1e9

    @property
    def latest_log(self) -> LogFile | None:
        """The loss file that counts: of two names for one time, the one written later."""
        if not self.other_logs:
            log = self.log
            return log if log is not None and log.is_loss_file else None
        logs = [log for log in self.logs if log.is_loss_file]
        return max(logs, key=lambda log: (log.written_ns, log.found.path), default=None)

    def log_at(self, path: str) -> LogFile | None:
        """Return the loss file at `path`, None if it is not here."""
        if self.log is None or self.log.found.path == path:
            return self.log
        return next((log for log in self.other_logs if log.found.path == path), None)
