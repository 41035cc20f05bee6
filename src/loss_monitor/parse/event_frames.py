"""Where in a buffer the good records of an event file are.

Enters: a buffer that begins at a record, or the place of a fault. Leaves: starts and lengths
of the payloads whose checksums are right, and what stands behind them. Format: `wire.frames`.
Both checksums of every record are verified before anything of it is believed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from loss_monitor.parse import event_checksums as checksums
from loss_monitor.types import Ints
from loss_monitor.wire.crc32c import Buffer
from loss_monitor.wire.frames import (
    CHECKSUM,
    HEADER,
    OVERHEAD_BYTES,
    PAYLOAD_BYTES_MAX,
    Frame,
    length_is_believed,
    read_frame,
)

End = Literal["incomplete", "bad length", "bad payload"]
"""What stands behind the last good record. `incomplete` is also the end of the buffer."""

_SEARCH_BYTES = 1 << 20
"""Bytes searched at a time for the next good record: bounds the memory of a search."""
_SEARCH_EFFORT = 4
"""Payload bytes that a search checks, times the buffer's size: in a file made of believable
lengths it would go on for hours."""

_believed: dict[int, int] = {}
"""Lengths met so far with their stored checksums, so that the loop computes few of them."""
_BELIEVED_MAX = 1 << 16


@dataclass(frozen=True, slots=True, eq=False)
class GoodRecords:
    """The whole good records at the beginning of a buffer; arrays of shape (records,)."""

    starts: Ints
    lengths: Ints
    """Bytes of the payloads, which begin at `starts`."""
    consumed: int
    """Bytes up to the end of the last one."""
    end: End
    needed_bytes: int
    """Least bytes from `consumed` that could hold the next record; 0 unless incomplete."""


def find_records(view: memoryview) -> GoodRecords:
    """Return all whole good records at the beginning of `view`."""
    starts, lengths, consumed = _walk(view)
    good = _count_good(view, starts, lengths)
    if good < len(starts):
        consumed = int(starts[good]) - HEADER.size
        return GoodRecords(starts[:good], lengths[:good], consumed, "bad payload", 0)
    end: End = "incomplete"
    needed_bytes = OVERHEAD_BYTES
    if consumed + HEADER.size <= len(view):
        length, stored = HEADER.unpack_from(view, consumed)
        if length_is_believed(length, stored):
            needed_bytes += length
        else:
            end, needed_bytes = "bad length", 0
    return GoodRecords(starts, lengths, consumed, end, needed_bytes)


def resume_after_fault(buffer: Buffer, offset: int) -> int | None:
    """Return where in `buffer` the next good record after the fault at `offset` begins.

    None where none follows whole, so that there is nothing yet to go on with, or none is found
    with bounded effort.
    """
    view = memoryview(buffer).cast("B")
    if offset + OVERHEAD_BYTES <= len(view):
        length, stored = HEADER.unpack_from(view, offset)
        if length_is_believed(length, stored):
            # Only the payload is damaged: the next record is where the length says.
            behind: int = offset + OVERHEAD_BYTES + length
            if isinstance(read_frame(view, min(behind, len(view))), Frame):
                return behind
    data = np.frombuffer(view, dtype=np.uint8)
    checked_bytes = 0
    for start in range(offset + 1, len(view) - OVERHEAD_BYTES + 1, _SEARCH_BYTES):
        stop = min(start + _SEARCH_BYTES, len(view) - OVERHEAD_BYTES + 1)
        for candidate in _believable_lengths(data, start, stop).tolist():
            length = HEADER.unpack_from(view, candidate)[0]
            if candidate + OVERHEAD_BYTES + length > len(view):
                continue
            checked_bytes += length
            if checked_bytes > _SEARCH_EFFORT * len(view):
                return None
            if isinstance(read_frame(view, candidate), Frame):
                return int(candidate)
    return None


def _walk(view: memoryview) -> tuple[Ints, Ints, int]:
    """Return starts and lengths of the payloads that lie whole in `view`, and their end.

    The checksums of the lengths are verified, those of the payloads are not.
    """
    ends = [0]
    end = 0
    size = len(view)
    last = size - HEADER.size
    unpack = HEADER.unpack_from
    stored_of = _believed.get
    append = ends.append
    while end <= last:
        length, stored = unpack(view, end)
        if stored_of(length) != stored and not _believe(length, stored):
            break
        end += length + OVERHEAD_BYTES
        if end > size:
            break
        append(end)
    edges = np.array(ends, dtype=np.int64)
    return edges[:-1] + HEADER.size, np.diff(edges) - OVERHEAD_BYTES, ends[-1]


def _believe(length: int, stored: int) -> bool:
    if not length_is_believed(length, stored):
        return False
    if len(_believed) >= _BELIEVED_MAX:
        _believed.clear()
    _believed[length] = stored
    return True


def _count_good(view: memoryview, starts: Ints, lengths: Ints) -> int:
    """Return how many records from the first on match their checksums."""
    if not len(starts):
        return 0
    data = np.frombuffer(view, dtype=np.uint8)
    stored = checksums.records_of_length(data, starts + lengths, CHECKSUM.size)
    computed = checksums.masked(checksums.payload_checksums(data, starts, lengths))
    bad = np.flatnonzero(stored.view("<u4").ravel() != computed)
    return int(bad[0]) if bad.size else len(starts)


def _believable_lengths(data: checksums.Bytes, start: int, stop: int) -> Ints:
    """Return the offsets from `start` to `stop` where a length matches its checksum."""
    window = data[start : stop + HEADER.size]
    # The upper half of every length is 0, which leaves few places in real files.
    zero = window == 0
    upper = zero[4:-4] & zero[5:-3] & zero[6:-2] & zero[7:-1]
    candidates = np.flatnonzero(upper[: stop - start]) + start
    low = checksums.records_of_length(data, candidates, 4).view("<u4").ravel()
    stored = checksums.records_of_length(data, candidates + 8, 4).view("<u4").ravel()
    fits = (low <= PAYLOAD_BYTES_MAX) & (checksums.length_checksums(low) == stored)
    believable: Ints = candidates[fits]
    return believable
