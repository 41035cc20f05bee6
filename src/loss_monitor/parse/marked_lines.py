"""Search for the few lines of a large text that hold one of some literals.

Enters: whole lines as bytes, and the literals. Leaves: extent of each such line and which of
the literals are in it. A job log is 99 % lines that mean nothing here; one `bytes.find` per
literal passes over them at 1.5 to 4 GB/s each, while one regular expression of all of them
reached 0.1 GB/s on the same log, being tried at every byte.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import heapify, heappop, heapreplace


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
