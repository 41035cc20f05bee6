"""One job log while it grows: where it was read to, and what its lines have told.

Enters: what a look found. Leaves: the state that `job_logs` reads and changes.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from loss_monitor.monitor.log_end import LogEnd
from loss_monitor.parse.job_log import JobLogParser
from loss_monitor.parse.rank_steps import StepAssembler
from loss_monitor.source.found import FoundFile
from loss_monitor.tail.cursor import Cursor
from loss_monitor.tail.lines import LineBuffer


@dataclass(slots=True)
class JobLog:
    """A job log and what has been read of it."""

    found: FoundFile
    order: tuple[int, str]
    """Job id, then path: later jobs come after earlier ones."""
    settled: bool = False
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
    end: LogEnd | None = None
    """What was read of its end ahead, until the reading has come there."""

    @property
    def outcome(self) -> str:
        """How the job ended, as far as is known; empty while it runs."""
        return self.parser.outcome if self.end is None else self.end.outcome

    @property
    def label(self) -> str:
        """What its attempt is called."""
        job = self.found.file_name.job_id
        return f"job {job}" if job is not None else self.found.name

    @property
    def written_s(self) -> float:
        """When it was written last, as far as is known; seconds since 1970-01-01 UTC."""
        return self.found.stat.mtime_ns / 1e9

    @property
    def unread_bytes(self) -> int:
        """Bytes that were not read yet in order."""
        return self.found.stat.size - (self.cursor.offset if self.cursor else 0)

    def see(self, found: FoundFile) -> None:
        """Note what the newest look found."""
        self.found, self.settled = found, False
        if self.end is not None:
            self.end.found = found

    def pass_end(self, *, finished: bool) -> None:
        """Let go of what was read ahead once the reading has come there, or can not."""
        if self.end is not None and self.cursor is not None:
            finished = finished or self.cursor.offset >= self.end.offset
        if finished:
            self.end = None
