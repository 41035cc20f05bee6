"""Job logs: the lines among thousands that tell of losses, model time and events.

Enters: whole lines of one log, in pieces of any size. Leaves: facts in the order of lines;
`rank_steps` makes timesteps of them. Format: docs/formats/job-log.md.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from operator import attrgetter
from typing import NamedTuple

from loss_monitor.model_time import ModelTime, parse_model_time
from loss_monitor.parse import cores
from loss_monitor.parse.decimal_text import number_of
from loss_monitor.parse.job_end import END_WORDS, Outcome, more_telling, outcome_of
from loss_monitor.parse.job_messages import (
    MESSAGE_WORDS,
    LogMessage,
    OnceForAllRanks,
    message_of,
    said_by,
)
from loss_monitor.parse.marked_lines import OtherRow, StepRow
from loss_monitor.parse.refused import RefusedLines
from loss_monitor.types import Level, Refusal

_STEP = re.compile(rb"\[rank=([0-9]{1,9})\][ \t]*step=([0-9]{1,18})(?![0-9A-Za-z_.])")
_PAIR = re.compile(rb"([A-Za-z_][\w.\-/]{0,63})=([^\s,;()\[\]{}=]{1,64})")
_ICON = re.compile(
    rb"Time step:?[ \t]*([0-9]{1,18}),?[ \t]*model time:?[ \t]*"
    rb"([0-9]{1,9}-[0-9]{1,2}-[0-9]{1,2}[ T][0-9:.]{7,20})"
)
_LENGTH = re.compile(rb"timestep length:[ \t]*([0-9.]{1,20})[ \t]*s")
_TRUTH = {b"True": 1.0, b"False": 0.0}

_FIRST_LITERALS = (b"step=", b"Time step", b"timestep length:")
_LITERALS = (*_FIRST_LITERALS, *MESSAGE_WORDS, *(word for word, _ in END_WORDS))
# Each has a bit in what the scanner says of a line.
_STEP_BIT, _ICON_BIT, _LENGTH_BIT = 1, 2, 4
_MESSAGE_BITS = ((1 << len(MESSAGE_WORDS)) - 1) << len(_FIRST_LITERALS)
_END_BITS = (1 << len(_LITERALS)) - (1 << len(_FIRST_LITERALS) + len(MESSAGE_WORDS))
_END_LEVEL: dict[Outcome, Level] = {"timed_out": "warning", "cancelled": "warning"}


class StepLine(NamedTuple):
    """One rank's line of one step."""

    rank: int
    step: int
    loss: float | None
    """None on lines without a loss."""
    keys: tuple[str, ...]
    """Of every other `key=number`, in the order of the line."""
    values: tuple[float, ...]
    """One for each key; True is 1, False is 0."""
    line: int
    """Line in the log, from 1."""
    restarts: int = 0
    """How often the training had begun anew within this log: the steps went back."""


class IconTime(NamedTuple):
    """One of ICON's `Time step` lines. Its step is another counter than the plugin's."""

    step: int
    model_time: ModelTime
    line: int


class StepLength(NamedTuple):
    """How much model time one step of the plugin takes, as the plugin printed it."""

    seconds: float
    line: int


@dataclass(slots=True)
class JobLogChunk:
    """The facts in one piece of a log, each list in the order of lines."""

    steps: list[StepLine] = field(default_factory=list)
    icon_times: list[IconTime] = field(default_factory=list)
    messages: list[LogMessage] = field(default_factory=list)
    step_lengths: list[StepLength] = field(default_factory=list)
    lines: int = 0
    """All lines of the piece: also those that mean nothing show that the model is alive."""
    refusals: tuple[Refusal, ...] = ()
    """Samples: the first ten of this piece."""
    refused: int = 0
    """How many step lines had a loss that is no number."""


class JobLogParser:
    """Reader of one job log; make a new one when the log is rewritten."""

    def __init__(self) -> None:
        """Start at line 1."""
        self.line = 1
        """Number of the next line, from 1."""
        self.outcomes: list[Outcome] = [""]
        """How each process ended that trained in this log, in order; see `outcome`."""
        self._newest_step = -1
        self._last: dict[int, tuple[int, float]] = {}
        self._restored = False
        self._restarts = 0
        self._heard = OnceForAllRanks()
        self._refused = RefusedLines()
        self._chunk = JobLogChunk()
        self._scanner = cores.chosen.job_log_scanner(_LITERALS)
        self._offset = 0
        self._lines = b""
        self._place = (1, 0)
        self._start: int | None = None

    @property
    def outcome(self) -> Outcome:
        """How the job ended; empty while it runs or nothing was said."""
        return self.outcomes[-1]

    def feed(self, lines: bytes, offset: int | None = None) -> JobLogChunk:
        """Return the facts of the next `lines`, which end at a line's end; never raises.

        `offset` is where they begin in the log, in bytes; None: behind those before. Does not
        hold a piece of a line back: a last line without newline is taken as it is.
        """
        first_line = self.line
        self._chunk = chunk = JobLogChunk()
        self._lines, self._place = lines, (first_line, 0)
        self._offset = self._offset if offset is None else offset
        begin = 0
        while begin < len(lines):
            steps, icons, others, newlines, begin = self._scanner.scan(lines, begin, self.line)
            chunk.icon_times += [
                IconTime(step, ModelTime(*fields), line) for step, fields, line in icons
            ]
            self._take(lines, steps, others)
            self.line += newlines
        if lines[-1:] not in (b"", b"\n"):
            self.line += 1
        self._lines = b""
        self._offset += len(lines)
        chunk.icon_times.sort(key=attrgetter("line"))
        chunk.lines = self.line - first_line
        chunk.refusals, chunk.refused = self._refused.drain()
        return chunk

    def _take(self, lines: bytes, steps: list[StepRow], others: list[OtherRow]) -> None:
        """Take steps, and lines that are still to be read, in the order of lines."""
        left = iter(others)
        other = next(left, None)
        for step in steps:
            while other is not None and other[3] < step[5]:
                self._read(lines, other)
                other = next(left, None)
            self._take_step(*step)
        while other is not None:
            self._read(lines, other)
            other = next(left, None)

    def _read(self, lines: bytes, row: OtherRow) -> None:
        """Take the facts of one line."""
        start, end, bits, number = row
        line = lines[start:end]
        self._start, self._place = start, (number, start)
        if bits & _ICON_BIT:
            self._read_icon(line, number)
        if bits & _STEP_BIT:
            self._read_steps(line, number)
        if bits & _LENGTH_BIT:
            self._read_length(line, number)
        if bits & _MESSAGE_BITS:
            self._read_message(line, number)
        if bits & _END_BITS:
            self._read_end(line, number)
        self._start = None

    def _read_icon(self, line: bytes, number: int) -> None:
        for match in _ICON.finditer(line):
            time = parse_model_time(match[2].decode("ascii").rstrip("."))
            if time is not None:
                self._chunk.icon_times.append(IconTime(int(match[1]), time, number))

    def _read_steps(self, line: bytes, number: int) -> None:
        """Take all ranks' steps of a line."""
        for match in _STEP.finditer(line):
            torn_at = line.find(b"[rank=", match.end())
            end = len(line) if torn_at < 0 else torn_at
            tokens = _PAIR.findall(line, match.end(), end)
            if torn_at >= 0:
                # Another rank wrote into this line: what stands before it may be half a
                # number, and half a number must never be shown as a loss.
                tokens = tokens[:-1]
                if not tokens:
                    continue
            self._read_pairs(int(match[1]), int(match[2]), tokens, line, number)

    def _read_pairs(
        self, rank: int, step: int, tokens: list[tuple[bytes, bytes]], line: bytes, number: int
    ) -> None:
        loss: float | None = None
        keys: list[str] = []
        values: list[float] = []
        for key, token in tokens:
            value = _TRUTH.get(token)
            if value is None:
                value = number_of(token)
            if key == b"loss":
                loss = value
                if value is None:
                    reason = f"loss of rank {rank} at step {step} is not a number"
                    self._refused.refuse(reason, line, number)
            elif value is not None:
                keys.append(key.decode("ascii"))
                values.append(value)
        self._take_step(rank, step, loss, tuple(keys), tuple(values), number)

    def _take_step(
        self,
        rank: int,
        step: int,
        loss: float | None,
        keys: tuple[str, ...],
        values: tuple[float, ...],
        line: int,
    ) -> None:
        """Keep account of where the training is, and that it goes on."""
        if loss is not None:
            last = self._last.get(rank)
            # Nearly always a rank goes on from its last step, and nothing is to be weighed.
            if self._restored or (last is not None and step <= last[0]):
                self._look_for_restart(rank, step, loss, line)
            self._last[rank] = (step, loss)
        if step > self._newest_step:
            self._newest_step = step
            # Whoever goes on training was not ended by what looked like last words.
            self.outcomes[-1] = ""
            self._heard.begin_step()
        self._chunk.steps.append(StepLine(rank, step, loss, keys, values, line, self._restarts))
        if 1.0 in values and ("skipped", 1.0) in zip(keys, values, strict=True):
            said = f"step={step} skipped=True"
            self._tell(LogMessage("non_finite", "warning", said, step, rank, line))

    def _look_for_restart(self, rank: int, step: int, loss: float, line: int) -> None:
        if self._begins_anew(rank, step, loss):
            self._restarts += 1
            self._last.clear()
            self._newest_step = -1
            self.outcomes.append("")
            said = f"The steps go back to {step:,} within the log"
            self._add(LogMessage("restart", "warning", said, step, rank, line))
        self._restored = False

    def _begins_anew(self, rank: int, step: int, loss: float) -> bool:
        """Say whether a loss is of another process than the losses before it.

        A rank is compared with itself, since ranks lag behind each other. The same step once
        more is a copy of the line if the loss is the same, and no sign while no rank is
        further.
        """
        if self._restored and step <= self._newest_step:
            return True
        last_step, last_loss = self._last.get(rank, (-1, loss))
        if step != last_step:
            return step < last_step
        same = loss == last_loss or (math.isnan(loss) and math.isnan(last_loss))
        return not same and step < self._newest_step

    def _read_length(self, line: bytes, number: int) -> None:
        match = _LENGTH.search(line)
        seconds = number_of(match[1]) if match is not None else None
        if seconds:
            self._chunk.step_lengths.append(StepLength(seconds, number))

    def _read_message(self, line: bytes, number: int) -> None:
        message = message_of(line, number)
        if message is not None:
            self._tell(message)

    def _tell(self, message: LogMessage) -> None:
        if message.outcome:
            if not more_telling(message.outcome, self.outcome):
                return
            self.outcomes[-1] = message.outcome
            self._add(message)
        elif self._heard.is_news(message.text, message.rank):
            self._add(message)
            self._restored = self._restored or message.kind == "restored"

    def _add(self, message: LogMessage) -> None:
        """Tell a message with its place in the log and among the steps."""
        newest = self._newest_step if self._newest_step >= 0 else None
        self._chunk.messages.append(
            message._replace(
                offset=self._offset + self._start_of(message.line),
                newest_step=newest,
                restarts=self._restarts,
            )
        )

    def _start_of(self, number: int) -> int:
        """Return where a line begins among the present ones, in bytes."""
        if self._start is not None:
            return self._start
        # A step's row has no offset: go on from the last line whose place was asked for.
        line, start = self._place
        while line < number:
            start = self._lines.find(b"\n", start) + 1
            line += 1
        self._place = (number, start)
        return start

    def _read_end(self, line: bytes, number: int) -> None:
        outcome = outcome_of(line)
        rank, text = said_by(line)
        level = _END_LEVEL.get(outcome, "error")
        self._tell(LogMessage("end", level, text, None, rank, number, outcome))
