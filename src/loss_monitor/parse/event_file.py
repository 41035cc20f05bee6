"""TensorBoard event files: a stretch of bytes into columns of scalars and histograms.

Enters: a buffer that begins at a record. Leaves: a `Scan` of every whole good record in it,
how far they reach, and what stopped the reading. Format: `wire.frames` and `wire.event`.
Both checksums of every record are verified before anything of it is believed. A compiled
scanner may take the place of `scan`; this one stays its reference.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from loss_monitor.parse import event_checksums as checksums
from loss_monitor.parse.event_records import Decoder, HistogramPoint, TagNumbers
from loss_monitor.types import Floats, Ints, Refusal
from loss_monitor.wire.crc32c import Buffer
from loss_monitor.wire.frames import (
    CHECKSUM,
    HEADER,
    OVERHEAD_BYTES,
    PAYLOAD_BYTES_MAX,
    PAYLOAD_REASON,
    Corrupt,
    Frame,
    Incomplete,
    length_is_believed,
    read_frame,
)

__all__ = ["HistogramPoint", "Scan", "TagNumbers", "resume_after_fault", "scan"]

Status = Literal["complete", "incomplete", "corrupt"]

_SEARCH_BYTES = 1 << 20
"""Bytes searched at a time for the next good record: bounds the memory of a search."""
_SAMPLE_BYTES = 12

_believed: dict[int, int] = {}
"""Lengths met so far with their stored checksums, so that the loop computes few of them."""
_BELIEVED_MAX = 1 << 16


@dataclass(frozen=True, slots=True, eq=False)
class Scan:
    """What a buffer held; the arrays have shape (scalars,) and the order of the file."""

    consumed: int
    """Bytes up to the end of the last whole good record."""
    tag: NDArray[np.uint32]
    """Numbers of the tags, see `TagNumbers`."""
    step: Ints
    wall_time: Floats
    """Seconds since 1970-01-01 UTC; 0 where absent or no number."""
    value: Floats
    doubles: frozenset[int]
    """Tags of which a value had more than float32's precision."""
    histograms: list[HistogramPoint]
    status: Status
    """`complete`: the buffer ends with a record. `incomplete`: inside one, wait for the
    rest. `corrupt`: at `consumed` stands no good record."""
    fault: Refusal | None
    """Why the status is `corrupt`; its offset counts from the beginning of the file."""
    records: int
    """Good records of any kind."""
    skipped: Mapping[str, int]
    """Values and events passed over, by kind."""
    needed_bytes: int
    """Least bytes from `consumed` that could hold the next record whole; 0 if corrupt. More
    than any buffer will hold is possible: compare it with the file's size."""


def scan(buffer: Buffer, tags: TagNumbers, *, base_offset: int = 0) -> Scan:
    """Return all whole good records at the beginning of `buffer`.

    `base_offset` is the buffer's offset in the file, for messages. New tags are entered
    into `tags`, in the order of the file. Does not raise for any content, and any way of
    cutting a file into buffers at record ends gives the same records.
    """
    view = memoryview(buffer).cast("B")
    starts, lengths, consumed = _walk(view)
    good = _count_good(view, starts, lengths)
    if good < len(starts):
        consumed = int(starts[good]) - HEADER.size
        starts, lengths = starts[:good], lengths[:good]
        end: Frame | Incomplete | Corrupt = Corrupt(PAYLOAD_REASON)
    else:
        end = read_frame(view, consumed)
    decoder = Decoder(view, tags)
    decoder.take(starts, lengths)
    columns = decoder.columns()
    fault = None
    if isinstance(end, Corrupt):
        sample = bytes(view[consumed : consumed + _SAMPLE_BYTES]).hex(" ")
        fault = Refusal(end.reason, offset=base_offset + consumed, sample=sample)
    return Scan(
        consumed=consumed,
        tag=columns.tag,
        step=columns.step,
        wall_time=columns.wall_time,
        value=columns.value,
        doubles=frozenset(decoder.doubles),
        histograms=decoder.histograms,
        status=_status(end, at_end=consumed == len(view)),
        fault=fault,
        records=len(starts),
        skipped=Counter(decoder.skipped),
        needed_bytes=end.needed_bytes if isinstance(end, Incomplete) else 0,
    )


def resume_after_fault(buffer: Buffer, offset: int) -> int | None:
    """Return where in `buffer` the next good record after the fault at `offset` begins.

    None where none follows whole, so that there is nothing yet to go on with.
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
    for start in range(offset + 1, len(view) - OVERHEAD_BYTES + 1, _SEARCH_BYTES):
        stop = min(start + _SEARCH_BYTES, len(view) - OVERHEAD_BYTES + 1)
        for candidate in _believable_lengths(data, start, stop).tolist():
            if isinstance(read_frame(view, candidate), Frame):
                return int(candidate)
    return None


def _status(end: Frame | Incomplete | Corrupt, *, at_end: bool) -> Status:
    if isinstance(end, Corrupt):
        return "corrupt"
    return "complete" if at_end else "incomplete"


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
