"""Loss files as text: batch logs, averages, detailed, session and early epoch logs.

Enters: whole lines of one `log_*.txt`, in pieces of any size. Leaves: losses as float64 in
the file's order, header pairs, refusals. The format is told by content, never by name:
docs/formats/loss-files.md describes each.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np

from loss_monitor.model_time import parse_model_time
from loss_monitor.parse import cores
from loss_monitor.parse.decimal_text import number_of
from loss_monitor.parse.refused import RefusedLines
from loss_monitor.parse.summary import pair_value
from loss_monitor.types import Floats, Refusal, SummaryValue, Unit

LossFormat = Literal["", "batch", "detailed", "session", "epoch"]

HEADER_PAIRS_MAX = 100
"""A session's header has two pairs; a file of nothing but pairs must not fill the memory."""

_EPOCH = re.compile(rb"(epoch_|Epoch[ _])[0-9]{1,18}[ \t]*:[ \t]*(.*)")
_PAIR = re.compile(r"([a-z][a-z0-9_]{0,63})[ \t]*:[ \t]*(.{1,200})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Parsed:
    """What one piece of a loss file held."""

    values: Floats
    """float64, shape (losses,), in the file's order, NaN and infinity included."""
    refusals: tuple[Refusal, ...] = ()
    """Samples: the first ten of this piece."""
    refused: int = 0
    """How many lines of this piece were refused."""


class LossTextParser:
    """Reader of one loss file; make a new one when the file is rewritten.

    The first loss decides what kind of line the file is made of: a file never mixes batches
    and epochs, so a line of the other kind is refused rather than counted as the same thing.
    """

    def __init__(self) -> None:
        """Start at line 1 of a file of unknown format."""
        self.line = 1
        """Number of the next line, from 1."""
        self.unit: Unit = "batch"
        """What one loss stands for; certain from the first loss on."""
        self.format: LossFormat = ""
        """Which format the content shows; empty until something shows it."""
        self.header: dict[str, SummaryValue] = {}
        """The session's pairs, names as in the file, numbers as numbers."""
        self._kind: Literal["", "number", "epoch"] = ""
        self._refused = RefusedLines()

    def feed(self, lines: bytes) -> Parsed:
        """Return the losses of the next `lines`, which end at a line's end.

        Never raises on any bytes. Does not hold a piece of a line back: a last line without
        newline is taken as it is, so pass one only once the file is settled.
        """
        core = cores.chosen
        values = np.empty(core.count_newlines(lines) + 1, dtype=np.float64)
        count = begin = 0
        while begin < len(lines):
            if self._kind != "epoch":
                taken, passed, begin = core.read_numbers(lines, begin, values[count:])
                if taken:
                    self._begin("number")
                    count += taken
                self.line += passed
                if begin == len(lines):
                    break
            end = lines.find(b"\n", begin)
            raw = lines[begin:] if end < 0 else lines[begin:end]
            loss = self._read_line(raw)
            if loss is not None:
                values[count] = loss
                count += 1
            self.line += 1
            begin += len(raw) + 1
        # In place: whoever keeps the losses must not keep room for refused lines with them.
        values.resize(count, refcheck=False)
        refusals, refused = self._refused.drain()
        return Parsed(values, refusals, refused)

    def _read_line(self, raw: bytes) -> float | None:
        """Return the loss of one line; None where it holds none, or is refused."""
        text = raw.strip(b" \t\r")
        result = self._read(text) if text else None
        if isinstance(result, str):
            self._refused.refuse(result, raw, self.line)
            return None
        return result

    def _read(self, text: bytes) -> float | str | None:
        """Return a line's loss, None where it holds none, or why it is refused."""
        number = number_of(text)
        if number is not None:
            if self._kind == "epoch":
                return "a bare number among epoch lines; expected 'epoch_N: loss'"
            self._begin("number")
            return number
        epoch = _EPOCH.fullmatch(text)
        if epoch is not None:
            return self._read_epoch(epoch[1], epoch[2])
        return self._read_other(text)

    def _read_other(self, text: bytes) -> str | None:
        if text.startswith(b"#"):
            self._note_comment(text)
            return None
        if b"\0" in text:
            return "a block of zero bytes; expected one loss a line"
        if self._kind != "number" and self._note_pair(text):
            return None
        return "not a number; expected one loss a line"

    def _read_epoch(self, prefix: bytes, text: bytes) -> float | str:
        if self._kind == "number":
            return "an epoch line among bare numbers; expected one loss a line"
        number = number_of(text)
        if number is None:
            return "no number after the epoch; expected 'epoch_N: loss'"
        if not self.format:
            self.format = "epoch" if prefix == b"epoch_" else "detailed"
        self._begin("epoch")
        return number

    def _begin(self, kind: Literal["number", "epoch"]) -> None:
        if self._kind:
            return
        self._kind = kind
        if kind == "epoch":
            self.unit = "epoch"
        if not self.format:
            self.format = "batch"

    def _note_comment(self, text: bytes) -> None:
        if self._kind:
            return
        self.format = self.format or "detailed"
        # A detailed log of bare numbers says only here what they stand for.
        if b"epoch" in text.lower():
            self.unit = "epoch"

    def _note_pair(self, text: bytes) -> bool:
        """Keep a session's header pair; False if the line is none.

        A value of several words is prose, not a pair: a program's error message that landed
        in the file is refused, and so told.
        """
        match = _PAIR.fullmatch(text.decode("utf-8", "backslashreplace"))
        if match is None or len(self.header) >= HEADER_PAIRS_MAX:
            return False
        value = match[2]
        if len(value.split()) > 1 and parse_model_time(value) is None:
            return False
        self.header[match[1]] = pair_value(value)
        self.format = "session"
        return True
