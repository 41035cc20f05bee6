"""Whole lines out of bytes that arrive in any pieces.

Enters: bytes as they are read. Leaves: bytes that end in a newline. A piece without newline
is held, because `0.0123` may be the beginning of `0.01234567`. Memory stays within one
line's allowance, however long a line is.
"""

from __future__ import annotations

from loss_monitor.types import REFUSAL_SAMPLE_MAX, Refusal

LINE_BYTES_MAX = 1024 * 1024
"""No format of ours has lines near this length; a longer one is no text."""

# Refusals kept until they are taken: a file of nothing but over-long lines stays cheap.
_OVERLONG_KEPT = 10


class LineBuffer:
    """Splits one file's bytes into whole lines; does no reading itself."""

    __slots__ = ("_fed", "_held", "_max", "_overlong", "_passing", "overlong_lines")

    def __init__(self, max_line_bytes: int = LINE_BYTES_MAX) -> None:
        """Begin at a file's first byte; a line may have `max_line_bytes` without its newline."""
        self.overlong_lines = 0
        """Number of lines passed over so far."""
        self._max = max_line_bytes
        self._held = bytearray()
        self._passing = False
        self._fed = 0
        self._overlong: list[Refusal] = []

    @property
    def held_bytes(self) -> int:
        """Bytes held until their newline comes."""
        return len(self._held)

    @property
    def overlong(self) -> list[Refusal]:
        """The first of the lines passed over since they were taken last."""
        return list(self._overlong)

    def take_overlong(self) -> list[Refusal]:
        """Return `overlong` and forget it."""
        taken, self._overlong = self._overlong, []
        return taken

    def feed(self, data: bytes) -> bytes:
        """Return the lines that are whole now, each with its newline.

        An over-long line is passed over: an empty line stands for it, so that whoever counts
        lines counts right.
        """
        lines = self._split(data) if self._has_none_overlong(data) else self._split_checked(data)
        self._fed += len(data)
        return lines

    def flush(self) -> bytes:
        """Return the held piece as a line, with a newline added; b'' if there is none.

        For a file that is settled. What is fed afterwards counts as the next line, so a file
        that grows after all has to be read again from its beginning.
        """
        held = bytes(self._held)
        self._held.clear()
        if self._passing:
            self._passing = False
        elif not held:
            return b""
        return held + b"\n"

    def _has_none_overlong(self, data: bytes) -> bool:
        """Tell, by looking at few places, that no line in held and new bytes is over-long."""
        if self._passing:
            return False
        start = -len(self._held)
        while len(data) - start > self._max:
            start = data.rfind(b"\n", max(0, start), start + self._max + 1) + 1
            if not start:
                return False
        return True

    def _split(self, data: bytes) -> bytes:
        """Return whole lines of held and new bytes; hold the rest."""
        end = data.rfind(b"\n") + 1
        if not end:
            self._held += data
            return b""
        whole = b"".join((self._held, memoryview(data)[:end])) if self._held else data[:end]
        self._held.clear()
        self._held += data[end:]
        return whole

    def _split_checked(self, data: bytes) -> bytes:
        """Do as `_split` for bytes that may hold over-long lines."""
        pieces: list[bytes] = []
        start = 0
        while start < len(data):
            if self._passing:
                end = data.find(b"\n", start) + 1
                if not end:
                    return b"".join(pieces)
                self._passing = False
                pieces.append(b"\n")
                start = end
                continue
            # The last newline within reach: all lines before it are short enough.
            reach = start + self._max - len(self._held)
            first = data.find(b"\n", start, reach + 1) + 1
            if first:
                end = data.rfind(b"\n", start, first + self._max) + 1
                pieces.append(self._split(data[start:end]))
                start = end
            elif len(data) > reach:
                self._pass_over(data, start)
            else:
                self._held += data[start:]
                break
        return b"".join(pieces)

    def _pass_over(self, data: bytes, start: int) -> None:
        offset = self._fed + start - len(self._held)
        beginning = data[start : start + REFUSAL_SAMPLE_MAX].partition(b"\n")[0]
        sample = bytes(self._held[:REFUSAL_SAMPLE_MAX]) + beginning
        self._held = bytearray()
        self._passing = True
        self.overlong_lines += 1
        if len(self._overlong) < _OVERLONG_KEPT:
            text = sample[:REFUSAL_SAMPLE_MAX].decode("utf-8", "backslashreplace")
            shown = "".join(
                sign if sign.isprintable() else sign.encode("unicode_escape").decode()
                for sign in text
            )
            reason = f"line longer than {self._max} bytes passed over; expected one loss a line"
            self._overlong.append(Refusal(reason, offset=offset, sample=shown[:REFUSAL_SAMPLE_MAX]))
