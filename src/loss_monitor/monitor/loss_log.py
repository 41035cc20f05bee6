"""One loss file while it grows: cursor, whole lines, parsed losses.

Enters: new bytes from `tail`. Leaves: the file's losses in order. What is held between two
reads is given up once the file is settled; if it grows after all, it is read again whole.
"""

from __future__ import annotations

from enum import Enum, auto

import numpy as np

from loss_monitor.monitor.reading import Reading
from loss_monitor.parse.registry import LossParser, loss_parser
from loss_monitor.source.found import FoundFile
from loss_monitor.tail.cursor import Change, Cursor, Outcome
from loss_monitor.tail.lines import LineBuffer
from loss_monitor.types import Floats, Refusal, SummaryValue, Unit

_AFRESH = (Outcome.TRUNCATED, Outcome.REPLACED, Outcome.REWRITTEN)


class LogOutcome(Enum):
    """What a read meant for the file's losses."""

    SAME = auto()
    NEW = auto()
    GROWN = auto()
    REWRITTEN = auto()


class LogFile:
    """A loss file and what has been read of it."""

    __slots__ = (
        "_buffer",
        "_parser",
        "_parts",
        "cursor",
        "found",
        "header",
        "is_loss_file",
        "refused",
        "settled",
        "unit",
        "written_s",
    )

    def __init__(self, found: FoundFile) -> None:
        """Have read nothing of `found`."""
        self.found = found
        self.cursor: Cursor | None = None
        self.written_s = found.stat.mtime_ns / 1e9
        self.unit: Unit = "batch"
        self.header: tuple[tuple[str, SummaryValue], ...] = ()
        self.refused = 0
        self.settled = False
        self.is_loss_file = False
        self._parts: list[Floats] | None = None
        self._buffer: LineBuffer | None = None
        self._parser: LossParser | None = None

    @property
    def values(self) -> Floats | None:
        """The losses read so far, float64; None where they were given up."""
        if self._parts is None:
            return None
        if len(self._parts) != 1:
            self._parts = [np.concatenate(self._parts) if self._parts else np.empty(0)]
        return self._parts[0]

    def reset(self) -> None:
        """Forget all that was read; the next read begins at the first byte."""
        self.cursor = None
        self.settled = False
        self._parts = self._buffer = self._parser = None

    def release_if_settled(self) -> None:
        """Give up what only a growing file needs."""
        if self.settled:
            self._parts = self._buffer = self._parser = None

    def read(self, reading: Reading, *, settled: bool) -> LogOutcome:
        """Read what is new; with `settled`, take an unfinished last line too."""
        known = self.cursor is not None
        change = reading.change(self.found.path, self.cursor, stat=self.found.stat)
        if change.refusal is not None:
            reading.tell_refused(self.found.name, change.refusal)
            return LogOutcome.SAME
        if change.outcome is Outcome.GONE:
            return LogOutcome.SAME
        if change.outcome is Outcome.UNCHANGED:
            self.cursor = change.cursor
            return self._finish(reading) if settled and not self.settled else LogOutcome.SAME
        rewritten = change.outcome in _AFRESH
        if rewritten:
            self._tell_afresh(reading, change)
            self.reset()
        elif self._parser is None and known:
            self.reset()
            change = reading.change(self.found.path, None)
        self._feed_all(reading, change, settled=settled)
        self.written_s = self.found.stat.mtime_ns / 1e9
        if settled:
            self._finish(reading)
        if rewritten:
            return LogOutcome.REWRITTEN
        return LogOutcome.GROWN if known else LogOutcome.NEW

    def _feed_all(self, reading: Reading, change: Change, *, settled: bool) -> None:
        while True:
            self.cursor = change.cursor
            taken = self._feed(reading, change.data, settled=settled)
            if taken < len(change.data):
                self.cursor = change.cursor.at(change.start + taken)
                return
            if not change.more:
                return
            change = reading.change(self.found.path, self.cursor)

    def _feed(self, reading: Reading, data: bytes, *, settled: bool) -> int:
        """Parse whole lines of `data`; return how many bytes were taken.

        A block of zeros is what a network file system shows while another node writes:
        what follows the last whole line before it is left for a later read.
        """
        if self._buffer is None or self._parser is None or self._parts is None:
            self._buffer = LineBuffer()
            self._parser = loss_parser(self.found.file_name.kind)
            self._parts = []
            self.refused = 0
        taken = len(data)
        zero = -1 if settled else data.find(b"\0")
        if zero >= 0:
            taken = data.rfind(b"\n", 0, zero) + 1
            self._tell_zeros(reading, data, taken)
            # What begins with zeros may be no loss file at all.
            if not taken:
                self.is_loss_file = any(len(part) for part in self._parts)
                return 0
        self._parse(reading, self._buffer.feed(data[:taken]))
        for refusal in self._buffer.take_overlong():
            self._refuse(reading, refusal, 1)
        return taken

    def _finish(self, reading: Reading) -> LogOutcome:
        """Take the last line although its end never came."""
        self.settled = True
        if self._buffer is None or self.cursor is None:
            return LogOutcome.SAME
        held_zeros = self.cursor.offset < self.cursor.size
        before = (sum(len(part) for part in self._parts or ()), self.is_loss_file)
        if held_zeros:
            # Zeros that stayed for a minute are what the file holds: refuse their lines.
            change = reading.change(self.found.path, None)
            self._parts = self._buffer = self._parser = None
            self._feed_all(reading, change, settled=True)
        self._parse(reading, self._buffer.flush() if self._buffer else b"")
        after = (sum(len(part) for part in self._parts or ()), self.is_loss_file)
        return LogOutcome.SAME if after == before else LogOutcome.GROWN

    def _parse(self, reading: Reading, lines: bytes) -> None:
        if self._parser is None or self._parts is None:
            return
        if lines:
            parsed = self._parser.feed(lines)
            if len(parsed.values):
                self._parts.append(parsed.values)
            for refusal in parsed.refusals[:1]:
                self._refuse(reading, refusal, parsed.refused)
            self.unit = self._parser.unit
            self.header = tuple(self._parser.header.items())
        # A file of nothing but refused lines is no timestep; an empty one is.
        self.is_loss_file = any(len(part) for part in self._parts) or not self.refused

    def _refuse(self, reading: Reading, refusal: Refusal, count: int) -> None:
        self.refused += count
        reading.tell_refused(self.found.name, refusal, count=self.refused)

    def _tell_afresh(self, reading: Reading, change: Change) -> None:
        """Tell that the file is read again; a restart writes many, so they share a row."""
        words = {
            Outcome.TRUNCATED: "Shorter than before",
            Outcome.REPLACED: "Replaced by another file",
            Outcome.REWRITTEN: "Rewritten in place",
        }
        reading.afresh += 1
        message = f"{words[change.outcome]}: read again from the beginning"
        if reading.afresh > 1:
            message += f"; {reading.afresh:,} loss files so far"
        reading.activity.tell(
            "info",
            change.outcome.value,
            message,
            file=self.found.name,
            offset=0,
            row="afresh",
        )

    def _tell_zeros(self, reading: Reading, data: bytes, taken: int) -> None:
        offset = (self.cursor.offset if self.cursor else len(data)) - len(data) + taken
        reading.activity.tell(
            "warning",
            "zeros",
            "A block of zeros: waiting for the bytes that belong there",
            file=self.found.name,
            offset=offset,
            row=f"zeros:{self.found.name}",
            incident=True,
        )
