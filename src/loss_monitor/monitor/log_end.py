"""The end of a long job log, read before the rest: the newest losses within a second.

Enters: a log that nothing was read of yet. Leaves: its last steps, which stand at the end of
the run on show until the reading from the beginning has come there. They are for show alone:
nothing is told, counted or kept of them, so that what is left when all was read does not
depend on them.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from loss_monitor.monitor.reading import Reading
from loss_monitor.parse.awaited import Awaited, Waiting
from loss_monitor.parse.job_log import JobLogParser
from loss_monitor.parse.rank_steps import StepAssembler
from loss_monitor.series.run import Run
from loss_monitor.source.found import FoundFile
from loss_monitor.tail.lines import LineBuffer
from loss_monitor.types import Key, Timestep

WINDOWS_BYTES = (1 << 20, 4 << 20, 16 << 20, 64 << 20)
"""How far from the end the reading begins: further back until there are losses with a model
time. Losses may come every 30 steps only, and ICON may print 100 KB a step."""


@dataclass(slots=True)
class _Pass:
    """One reading of a log from a place near its end on."""

    start: int
    assembler: StepAssembler
    begins_within_line: bool
    buffer: LineBuffer = field(default_factory=LineBuffer)
    parser: JobLogParser = field(default_factory=JobLogParser)
    steps: dict[Key, Timestep] = field(default_factory=dict)
    awaited: Awaited = field(default_factory=Awaited)

    def take(self, data: bytes, written_s: float) -> None:
        """Take the next bytes of the log."""
        lines = self.buffer.feed(data)
        if lines and self.begins_within_line:
            # What the first line was, its rest does not tell.
            lines = lines[lines.find(b"\n") + 1 :]
            self.begins_within_line = False
        if not lines:
            return
        chunk = self.parser.feed(lines)
        assembled = self.assembler.add(chunk, written_s)
        for restart in assembled.restarts:
            first = (restart.step,)
            self.steps = {key: step for key, step in self.steps.items() if key < first}
        self.awaited.take(chunk)
        if assembled.timesteps:
            self.steps.update((timestep.key, timestep) for timestep in assembled.timesteps)


class LogEnd:
    """The last steps of one log; follows the log while it grows."""

    def __init__(self, reading: Reading, found: FoundFile) -> None:
        """Prepare to read the end of `found`; opens nothing yet."""
        self.found = found
        self.timesteps: tuple[Timestep, ...] = ()
        """Those that are whole, as far as their ranks can be known; in order of steps."""
        self.outcome = ""
        """How the job ended, empty while it runs or nothing was said."""
        self.waiting = Waiting()
        """What the job waits for, empty where its last loss came later."""
        self._reading = reading
        self._windows = list(WINDOWS_BYTES)
        self._given_up = False
        self._run: tuple[int, Run] | None = None
        self._pass = self._further_back()
        self.offset = self._pass.start
        """Bytes of the log up to which this has read."""

    @property
    def is_behind(self) -> bool:
        """Whether there is something to read."""
        return not self._given_up and self.offset < self.found.stat.size

    def as_run(self, attempt: int) -> Run:
        """Return a run of nothing but the timesteps, as the run's `attempt`."""
        if self._run is None or self._run[0] != attempt:
            steps = (timestep._replace(attempt=attempt) for timestep in self.timesteps)
            self._run = (attempt, Run.empty("", "").put(steps))
        return self._run[1]

    def read_piece(self) -> None:
        """Read the next piece of the log's end; never raises."""
        change = self._reading.part(self.found.path, self.offset)
        if not change.data:
            # Shorter than it was, gone, or not to be read: the reading of all of it will tell.
            self._give_up()
            return
        self.offset = change.cursor.offset
        self._pass.take(change.data, self.found.stat.mtime_ns / 1e9)
        if not change.more:
            self._regard()

    def _further_back(self) -> _Pass:
        start = max(0, self.found.stat.size - self._windows.pop(0))
        return _Pass(start, StepAssembler(self.found.path), begins_within_line=start > 0)

    def _regard(self) -> None:
        """Show what was found, or look further back."""
        found = whole_steps(self._pass.steps.values())
        is_dated = any(timestep.model_fields for timestep in found)
        if not is_dated and self._pass.start and self._windows:
            self._pass = self._further_back()
            self.offset = self._pass.start
            return
        self.timesteps, self.waiting, self._run = found, self._pass.awaited.waiting, None
        self.outcome = self._pass.parser.outcome
        if not found:
            self._give_up()

    def _give_up(self) -> None:
        self._given_up = True
        self.timesteps = ()
        self._pass.steps.clear()


def whole_steps(timesteps: Collection[Timestep]) -> tuple[Timestep, ...]:
    """Return the timesteps in order from the first that lacks neither ranks nor model time.

    Of the first steps of a piece of a log the lines of some ranks, or the line with the model
    time, may stand before it. What all of them lack is not waited for.
    """
    ordered = sorted(timesteps, key=lambda timestep: timestep.key)
    ranks = max((len(timestep.values) for timestep in ordered), default=0)
    is_dated = any(timestep.model_fields for timestep in ordered)
    for at, timestep in enumerate(ordered):
        if len(timestep.values) == ranks and bool(timestep.model_fields) == is_dated:
            return tuple(ordered[at:])
    return ()
