"""Small settled loss files, many in one go: what nearly all of a large run consists of.

Enters: the timesteps that are read next. Leaves: their loss files, of which those that are
plain have been read. All others, and whatever is odd about a file, are left to `LogFile.read`.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from loss_monitor.monitor.loss_log import LogFile
from loss_monitor.monitor.reading import Reading
from loss_monitor.monitor.slot import Slot
from loss_monitor.source.names import FileKind
from loss_monitor.tail.fingerprint import SMALL_BYTES

FILES_TOGETHER_MAX = 32
"""Timesteps that are read together at most: a millisecond of work."""


def read_ahead(reading: Reading, slots: Iterable[Slot]) -> None:
    """Read the plain ones among the loss files of `slots`; their next `read` tells of it."""
    logs = [log for slot in slots if not slot.dropped for log in slot.logs]
    logs = [log for log in logs if _may_be_plain(reading, log)]
    if not logs:
        return
    files = [log.found for log in logs]
    room = np.empty(sum(found.stat.size for found in files) // 2 + len(files))
    counts, checksums = reading.plain(files, room)
    # A copy, so that the room, most of which is empty, goes.
    values = room[: sum(count for count in counts if count > 0)].copy()
    start = 0
    for log, count, checksum in zip(logs, counts, checksums, strict=True):
        if count >= 0:
            log.take_plain(values[start : start + count], checksum)
            start += count


def _may_be_plain(reading: Reading, log: LogFile) -> bool:
    found = log.found
    return (
        log.is_unread
        and found.kind is FileKind.LOG
        and found.stat.size <= SMALL_BYTES
        and reading.is_old(found)
        # The compiled core counts nanoseconds in 64 bits, which a time before 1970 may exceed.
        and found.stat.mtime_ns >= 0
        and (reading.within is None or reading.within.holds_directly(found.path))
    )
