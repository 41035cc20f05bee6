"""One loss file while it grows: cursor, whole lines, parsed losses.

Enters: new bytes from `tail`. Leaves: the file's losses in order. What is held between two
reads is given up once the file is settled; if it grows after all, it is read again whole.
"""

from __future__ import annotations

import os
from contextlib import suppress
from enum import Enum, auto
from typing import NamedTuple

import numpy as np

from loss_monitor.monitor.reading import Reading
from loss_monitor.parse.registry import LossParser, loss_parser
from loss_monitor.source.found import FileStat, FoundFile
from loss_monitor.tail.cursor import Change, Cursor, Outcome
from loss_monitor.tail.fingerprint import Fingerprint
from loss_monitor.tail.lines import LINE_BYTES_MAX, LineBuffer
from loss_monitor.types import Floats, Refusal, SummaryValue, Unit

_AFRESH = (Outcome.TRUNCATED, Outcome.REPLACED, Outcome.REWRITTEN)
_NO_LOSSES: Floats = np.empty(0)


class LogOutcome(Enum):
    """What a read meant for the file's losses."""

    SAME = auto()
    NEW = auto()
    GROWN = auto()
    REWRITTEN = auto()


class _Content(NamedTuple):
    """What a file was found to be, beside its losses."""

    unit: Unit = "batch"
    header: tuple[tuple[str, SummaryValue], ...] = ()
    refused: int = 0
    """Lines refused so far."""
    is_loss_file: bool = False


# One object for nearly all files, of which there are many.
_UNREAD = _Content()
_PLAIN = _Content(is_loss_file=True)


class _Growing:
    """What only a file that may still grow needs."""

    __slots__ = ("buffer", "cursor", "parser")

    def __init__(self, parser: LossParser) -> None:
        self.cursor = Cursor()
        self.parser = parser
        self.buffer = LineBuffer()


class LogFile:
    """A loss file and what has been read of it; small, since there are many."""

    __slots__ = (
        "_content", "_growing", "_proof", "_seen", "found", "settled", "values", "written_ns",
    )  # fmt: skip

    def __init__(self, found: FoundFile) -> None:
        """Have read nothing of `found`."""
        self.found = found
        self.written_ns = found.stat.mtime_ns
        """When what was read last was written, nanoseconds since 1970-01-01 UTC."""
        self.settled = False
        self.values: Floats | None = None
        """The losses read so far, float64; None where they were given up."""
        self._content = _UNREAD
        self._growing: _Growing | None = None
        # Of a settled file: how it stood when it was read, and its fingerprint; of a small one,
        # of which there are many, the one checksum that this consists of.
        self._seen: FileStat | None = None
        self._proof: Fingerprint | int = 0

    @property
    def unit(self) -> Unit:
        """What one loss stands for."""
        return self._content.unit

    @property
    def header(self) -> tuple[tuple[str, SummaryValue], ...]:
        """Pairs that the file holds beside its losses."""
        return self._content.header

    @property
    def is_loss_file(self) -> bool:
        """False for a file of nothing but refused lines; an empty one may be a timestep."""
        return self._content.is_loss_file

    @property
    def is_ahead(self) -> bool:
        """Whether it was read already, which the next `read` is yet to tell.

        What a settled file holds is given up as soon as that is done.
        """
        return self.settled and self.values is not None

    @property
    def is_unread(self) -> bool:
        """Whether the next read begins at the first byte."""
        return self._growing is None and self._seen is None

    def reset(self) -> None:
        """Forget all that was read; the next read begins at the first byte."""
        self.settled = False
        self.values = self._growing = self._seen = None

    def see_again(self) -> None:
        """Take how the file stands now for what the watch saw, where it was read before."""
        if self.is_unread or self.is_ahead:
            return
        with suppress(OSError):  # One that is gone is told by the next look.
            self.found = self.found._replace(stat=FileStat.of(os.stat(self.found.path)))

    def release_if_settled(self) -> None:
        """Give up what only a growing file needs."""
        if self.settled:
            if self._growing is not None:
                self._keep_proof(self._growing.cursor)
            self.values = self._growing = None

    def take_plain(self, values: Floats, checksum: int) -> None:
        """Take what `Reading.plain` read of the settled file, as the next `read` would."""
        self.settled = True
        self.values = values
        self.written_ns = self.found.stat.mtime_ns
        self._content = _PLAIN
        self._seen = self.found.stat
        self._proof = checksum

    def read(self, reading: Reading, *, settled: bool) -> LogOutcome:
        """Read what is new; with `settled`, take an unfinished last line too."""
        if self.is_ahead:
            return LogOutcome.NEW
        cursor = self._cursor()
        change, from_start = self._change(reading, cursor)
        if reading.has_failed(self.found, change):
            return LogOutcome.SAME
        if change.outcome is Outcome.UNCHANGED:
            if self._growing is None:
                self._keep_proof(change.cursor)
            else:
                self._growing.cursor = change.cursor
            return self._finish(reading) if settled and not self.settled else LogOutcome.SAME
        rewritten = change.outcome in _AFRESH
        if rewritten:
            self._tell_afresh(reading, change)
            self.reset()
        elif from_start:
            self.reset()
        self.written_ns = self.found.stat.mtime_ns
        is_whole = self._growing is None and not change.more
        if settled and is_whole and len(change.data) < LINE_BYTES_MAX:
            self._take_whole(reading, change)
        else:
            self._feed_all(reading, change, settled=settled)
            if settled:
                self._finish(reading)
        if rewritten:
            return LogOutcome.REWRITTEN
        return LogOutcome.NEW if cursor is None else LogOutcome.GROWN

    def _change(self, reading: Reading, cursor: Cursor | None) -> tuple[Change, bool]:
        """Read behind `cursor`; True where all was read again instead of what has grown."""
        path = self.found.path
        change = reading.change(path, cursor, stat=self.found.stat)
        from_start = change.outcome is Outcome.GROWN and self._growing is None
        if from_start:  # Of what was read before only its proof was kept.
            change = reading.change(path, None)
        return change, from_start

    def _cursor(self) -> Cursor | None:
        """Return where the next read begins; None where nothing was read yet."""
        if self._growing is not None:
            return self._growing.cursor
        if self._seen is None:
            return None
        device, inode, size, mtime_ns, _ = self._seen
        proof = self._proof
        edges, body = (proof, proof) if isinstance(proof, int) else proof[1:]
        marks = (Fingerprint(size, edges, body),) if size else ()
        return Cursor(device, inode, size, size, mtime_ns, marks)

    def _keep_proof(self, cursor: Cursor) -> None:
        """Keep of a cursor at the file's end what tells later whether the file is the same."""
        stat = self.found.stat
        if not cursor.has_seen(stat):
            stat = FileStat(cursor.device, cursor.inode, cursor.size, cursor.mtime_ns, stat.mode)
        self._seen = stat
        if cursor.marks:
            mark = cursor.marks[0]
            self._proof = mark.body if mark.edges == mark.body else mark

    def _take_whole(self, reading: Reading, change: Change) -> None:
        """Take a settled file in one go, as `_feed_all` and `_finish` would."""
        self.settled = True
        self._content = _UNREAD
        self.values = _NO_LOSSES
        self._keep_proof(change.cursor)
        data = change.data
        whole = data if data.endswith(b"\n") or not data else data + b"\n"
        self._parse(reading, loss_parser(self.found.kind), whole)

    def _feed_all(self, reading: Reading, change: Change, *, settled: bool) -> _Growing:
        growing = self._growing or self._begin()
        while True:
            growing.cursor = change.cursor
            taken = self._feed(reading, growing, change.data, settled=settled)
            if taken < len(change.data):
                growing.cursor = change.cursor.at(change.start + taken)
                return growing
            if not change.more:
                return growing
            change = reading.change(self.found.path, growing.cursor)
            if change.outcome in _AFRESH:
                # It was written anew between two pieces, of which the first is no more.
                growing = self._begin()

    def _begin(self) -> _Growing:
        """Begin at the first byte, with no loss yet."""
        self._growing = growing = _Growing(loss_parser(self.found.kind))
        self.values = _NO_LOSSES
        self._content = _UNREAD
        return growing

    def _feed(self, reading: Reading, growing: _Growing, data: bytes, *, settled: bool) -> int:
        """Parse whole lines of `data`; return how many bytes were taken.

        A block of zeros is what a network file system shows while another node writes:
        what follows the last whole line before it is left for a later read.
        """
        taken = len(data)
        zero = -1 if settled else data.find(b"\0")
        if zero >= 0:
            taken = data.rfind(b"\n", 0, zero) + 1
            self._tell_zeros(reading, growing.cursor.offset - len(data) + taken)
            # What begins with zeros may be no loss file at all.
            if not taken:
                self._content = self._content._replace(is_loss_file=self._n_losses > 0)
                return 0
        self._parse(reading, growing.parser, growing.buffer.feed(data[:taken]))
        for refusal in growing.buffer.take_overlong():
            self._refuse(reading, refusal, 1)
        return taken

    def _finish(self, reading: Reading) -> LogOutcome:
        """Take the last line although its end never came."""
        growing = self._growing
        if growing is None:
            self.settled = True
            return LogOutcome.SAME
        before = (self._n_losses, self.is_loss_file)
        if growing.cursor.offset < growing.cursor.size:
            # Zeros that stayed for a minute are what the file holds: refuse their lines.
            change = reading.change(self.found.path, None)
            if reading.has_failed(self.found, change):
                return LogOutcome.SAME
            self._growing = None
            growing = self._feed_all(reading, change, settled=True)
        self.settled = True
        self._parse(reading, growing.parser, growing.buffer.flush())
        after = (self._n_losses, self.is_loss_file)
        return LogOutcome.SAME if after == before else LogOutcome.GROWN

    @property
    def _n_losses(self) -> int:
        return 0 if self.values is None else len(self.values)

    def _parse(self, reading: Reading, parser: LossParser, lines: bytes) -> None:
        if lines:
            parsed = parser.feed(lines)
            earlier = self.values
            if earlier is None or not len(earlier):
                self.values = parsed.values
            elif len(parsed.values):
                self.values = np.concatenate([earlier, parsed.values])
            for refusal in parsed.refusals[:1]:
                self._refuse(reading, refusal, parsed.refused)
        refused = self._content.refused
        header = tuple(parser.header.items())
        content = _Content(parser.unit, header, refused, self._n_losses > 0 or not refused)
        self._content = _PLAIN if content == _PLAIN else content

    def _refuse(self, reading: Reading, refusal: Refusal, count: int) -> None:
        refused = self._content.refused + count
        self._content = self._content._replace(refused=refused)
        reading.tell_refused(self.found.name, refusal, count=refused)

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

    def _tell_zeros(self, reading: Reading, offset: int) -> None:
        reading.activity.tell(
            "warning",
            "zeros",
            "A block of zeros: waiting for the bytes that belong there",
            file=self.found.name,
            offset=offset,
            row=f"zeros:{self.found.name}",
            incident=True,
        )
