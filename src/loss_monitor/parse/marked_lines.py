"""Search for the few lines of a large text that hold one of some literals.

Enters: whole lines as bytes, and the literals. Leaves: extent of each such line and which of
the literals are in it; `JobLogScanner` is the twin of the compiled one. A job log is 99 %
lines that mean nothing here; one `bytes.find` per literal passes over them at 1.5 to 4 GB/s
each, while one regular expression of all of them reached 0.1 GB/s on the same log, being
tried at every byte.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import heapify, heappop, heapreplace
from typing import Protocol

StepRow = tuple[int, int, float | None, tuple[str, ...], tuple[float, ...], int]
"""Rank, step, loss, keys and values of the other numbers, line."""
IconRow = tuple[int, tuple[int, int, int, int, int, int, int], int]
"""ICON's step, the fields of a `ModelTime`, line."""
OtherRow = tuple[int, int, int, int]
"""Where the line starts and ends without its newline, a bit for each literal in it, line."""
LogRows = tuple[list[StepRow], list[IconRow], list[OtherRow], int, int]
"""Rows in the order of lines, the number of newlines, and the offset up to which was read."""


class LogScanner(Protocol):
    """Search for the lines of a job log that hold one of some literals."""

    def scan(self, text: bytes, begin: int, first_line: int) -> LogRows:
        """Return what the lines from the offset `begin` on hold, or the first of them.

        `text` is whole lines, the last with or without its newline; `first_line` is the
        number of the line at `begin`. A line is handed over as an `OtherRow` unless the
        scanner has read all there is in it. Call again while the offset is not the end's.
        """
        ...


class JobLogScanner:
    """A scanner that reads nothing itself: each line with a literal is handed over."""

    def __init__(self, literals: Sequence[bytes]) -> None:
        """Search for `literals`, which hold no newline."""
        self._literals = literals

    def scan(self, text: bytes, begin: int, first_line: int) -> LogRows:
        """Return the lines with literals; see `LogScanner`."""
        rest = text[begin:] if begin else text
        others: list[OtherRow] = []
        lines = counted = 0
        for start, end, which in marked_lines(rest, self._literals):
            lines += rest.count(b"\n", counted, start)
            counted = start
            bits = sum(1 << index for index in which)
            others.append((begin + start, begin + end, bits, first_line + lines))
        lines += rest.count(b"\n", counted)
        return [], [], others, lines, len(text)


def marked_lines(
    lines: bytes, literals: Sequence[bytes]
) -> Iterator[tuple[int, int, tuple[int, ...]]]:
    r"""Yield `(start, end, which)` of each line that holds at least one of `literals`.

    Lines come in order, each once; `start` and `end` are offsets without the newline, and
    `which` are indices of the literals, in the order of their first occurrence in the line.
    No literal may hold a newline.

    >>> list(marked_lines(b"a\nb c\nd\n", [b"c", b"b"]))
    [(2, 5, (1, 0))]
    """
    # One entry a literal: where it occurs next. The least is the next line of interest.
    found = ((lines.find(literal), index) for index, literal in enumerate(literals))
    upcoming = [(position, index) for position, index in found if position >= 0]
    heapify(upcoming)
    while upcoming:
        position = upcoming[0][0]
        start = lines.rfind(b"\n", 0, position) + 1
        end = lines.find(b"\n", position)
        if end < 0:
            end = len(lines)
        which: list[int] = []
        while upcoming and upcoming[0][0] < end:
            index = upcoming[0][1]
            which.append(index)
            following = lines.find(literals[index], end)
            if following < 0:
                heappop(upcoming)
            else:
                heapreplace(upcoming, (following, index))
        yield start, end, tuple(which)
