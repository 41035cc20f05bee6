"""One job log while it grows: where it was read to, and what its lines have told.

Enters: what a look found. Leaves: the state that `job_logs` reads and changes.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from loss_monitor.model_time import ModelTime
from loss_monitor.monitor.log_end import LogEnd
from loss_monitor.monitor.log_marks import LogMarks
from loss_monitor.parse.awaited import Awaited, Waiting
from loss_monitor.parse.job_log import JobLogParser
from loss_monitor.parse.model_end import HEAD_BYTES_MAX, model_end_in
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
    cursor: Cursor | None = None
    buffer: LineBuffer = field(default_factory=LineBuffer)
    parser: JobLogParser = field(default_factory=JobLogParser)
    assembler: StepAssembler = field(default_factory=StepAssembler)
    awaited: Awaited = field(default_factory=Awaited)
    model_end: ModelTime | None = None
    """Where the experiment ends, once ICON has said it."""
    first_step: int | None = None
    """Least step it holds since its last restart; earlier jobs end there."""
    attempts: dict[int, int] = field(default_factory=dict)
    """The assembler's attempt to the run's."""
    first_attempt: int = 0
    """The assembler's attempt of the first process that trained in it."""
    starts: dict[int, int] = field(default_factory=dict)
    """First step of each process, by its number within the log."""
    started_s: dict[int, float] = field(default_factory=dict)
    """When each process began, as far as is known, by its number within the log."""
    heard_s: dict[int, float] = field(default_factory=dict)
    """When each process but the last was heard of last, by its number within the log."""
    begun_s: float = 0.0
    """When it was made, as its job started; seconds since 1970-01-01 UTC, 0 if unknown."""
    is_live: bool = False
    """Whether all of it has been read once: what comes was written just now."""
    refused: int = 0
    said: dict[str, int] = field(default_factory=dict)
    """Messages of each counting kind."""
    marks: LogMarks = field(init=False)
    end: LogEnd | None = None
    """What was read of its end ahead, until the reading has come there."""

    def __post_init__(self) -> None:
        """Begin without marks."""
        self.marks = LogMarks(self.found.path)

    @property
    def outcome(self) -> str:
        """How the job ended, as far as is known; empty while it runs."""
        return self.parser.outcome if self.end is None else self.end.outcome

    @property
    def job(self) -> int | None:
        """The job's id, where the log's name tells it."""
        return self.found.file_name.job_id

    @property
    def waiting(self) -> Waiting:
        """What the job says that it waits for, empty while losses are coming."""
        return self.awaited.waiting if self.end is None else self.end.waiting

    @property
    def label(self) -> str:
        """What its attempt is called."""
        return f"job {self.job}" if self.job is not None else self.found.name

    @property
    def written_s(self) -> float:
        """When it was written last, as far as is known; seconds since 1970-01-01 UTC."""
        return self.found.stat.mtime_ns / 1e9

    @property
    def unread_bytes(self) -> int:
        """Bytes that were not read yet in order."""
        return self.found.stat.size - (self.cursor.offset if self.cursor else 0)

    def begin_process(self, attempt: int, step: int) -> None:
        """Note a step of a process, by the assembler's attempt; its first one is kept."""
        process = attempt - self.first_attempt
        if process not in self.starts:
            if process:
                self.heard_s[process - 1] = self.written_s
            seen_s = self.written_s if self.is_live else 0.0
            self.started_s[process] = (process == 0 and self.begun_s) or seen_s
        self.starts[process] = min(step, self.starts.get(process, step))

    def label_of(self, process: int) -> str:
        """What the attempt of one of its processes is called."""
        return self.label + (f", restart {process}" if process else "")

    def outcome_of(self, process: int) -> str:
        """How one of its processes ended; empty while it runs or nothing was said."""
        outcomes = self.parser.outcomes
        return self.outcome if process == len(outcomes) - 1 else outcomes[process]

    def last_heard_s(self, process: int) -> float:
        """When one of its processes was heard of last, as far as is known."""
        return self.heard_s.get(process, self.written_s)

    def read_head(self, lines: bytes) -> None:
        """Look into the next lines for what ICON says at its start."""
        if self.model_end is None and self.cursor and self.cursor.offset <= HEAD_BYTES_MAX:
            self.model_end = model_end_in(lines)

    def see(self, found: FoundFile) -> None:
        """Note what the newest look found."""
        self.found = found
        if self.end is not None:
            self.end.found = found

    def pass_end(self, *, finished: bool) -> None:
        """Let go of what was read ahead once the reading has come there, or can not."""
        if self.end is not None and self.cursor is not None:
            finished = finished or self.cursor.offset >= self.end.offset
        if finished:
            self.end = None
