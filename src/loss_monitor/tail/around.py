"""The lines of a text file around one of them, found by its offset.

Enters: a path, and where a line begins in it. Leaves: that line with some before and behind it.
At most a fixed number of bytes is read, wherever in a file of gigabytes the line stands.
"""

from __future__ import annotations

from dataclasses import dataclass

from loss_monitor.tail.cursor import Outcome, read_part
from loss_monitor.tail.within import Within

BYTES_BEFORE = 64 * 1024
BYTES_BEHIND = 64 * 1024
"""Bytes read to either side: room for twenty lines of ICON, and for long ones among them."""


@dataclass(frozen=True, slots=True)
class Around:
    """Lines without their ends, and where they are."""

    before: tuple[bytes, ...] = ()
    lines: tuple[bytes, ...] = ()
    """The line that was asked for, and those behind it."""
    begins: bool = False
    """Whether the first line is the file's first."""
    ends: bool = False
    """Whether the last line is the file's last."""
    fault: str = ""
    """Why there are none, in words; empty where there are."""


def lines_around(path: str, offset: int, count: int, within: Within | None = None) -> Around:
    """Return the line that begins at `offset` with at most `count` lines to either side.

    A link that leads out of `within` is refused; None follows every link. Never raises OSError.
    """
    start = max(0, offset - BYTES_BEFORE)
    reach = offset - start + BYTES_BEHIND
    change = read_part(path, start, max_bytes=reach, within=within)
    if change.outcome is Outcome.GONE:
        return Around(fault="is gone")
    if change.refusal is not None:
        return Around(fault=change.refusal.reason)
    at = offset - start
    data = change.data
    if at >= len(data) or (at and data[at - 1 : at] != b"\n"):
        return Around(fault="was rewritten: no line begins there any more")
    before = data[:at].split(b"\n")[:-1]
    is_first = start == 0
    if not is_first:
        del before[0]
    behind = data[at:].split(b"\n")
    if behind[-1] == b"" or (change.more and len(behind) > 1):
        # Nothing stands behind the last newline, or not all of a line.
        del behind[-1]
    begins = is_first and len(before) <= count
    ends = not change.more and len(behind) <= count + 1
    kept = before[max(0, len(before) - count) :]
    return Around(tuple(kept), tuple(behind[: count + 1]), begins, ends)
