"""TFRecord frames: how an event file cuts its stream of bytes into records.

Enters: a payload, or a buffer and an offset. Leaves: a frame, or what stands in its place.
A frame is the payload's length (uint64, little-endian), the masked CRC-32C of these eight
bytes, the payload, the masked CRC-32C of the payload; source: TensorFlow's
`tfrecord` guide. A frame that has not arrived whole is a normal result: the writer may be
in the middle of it, so call again when there are more bytes.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from loss_monitor.wire.crc32c import Buffer, masked_crc32c

HEADER = struct.Struct("<QI")
"""Length of the payload and checksum of the length."""
CHECKSUM = struct.Struct("<I")
"""Checksum of the payload."""
OVERHEAD_BYTES = HEADER.size + CHECKSUM.size

PAYLOAD_BYTES_MAX = 2**31 - 1
"""Protocol buffers end at 2 GiB, so a longer payload can be no event."""

_LENGTH = struct.Struct("<Q")
_LFS_POINTER = b"version https://git-lfs"


@dataclass(frozen=True, slots=True)
class Frame:
    """One whole record with good checksums."""

    payload: memoryview
    """The record's bytes, not copied."""
    next_offset: int
    """Where the next frame begins in the same buffer."""


@dataclass(frozen=True, slots=True)
class Incomplete:
    """The buffer ends inside the frame."""

    needed_bytes: int
    """Least bytes from the frame's beginning that could hold it whole."""


@dataclass(frozen=True, slots=True)
class Corrupt:
    """There is no frame here, and more bytes will not make one."""

    reason: str


def frame(payload: Buffer) -> bytes:
    """Return `payload` framed as one record."""
    length = _LENGTH.pack(len(payload))
    return b"".join(
        (
            length,
            CHECKSUM.pack(masked_crc32c(length)),
            payload,
            CHECKSUM.pack(masked_crc32c(payload)),
        )
    )


def length_is_believed(length: int, stored: int) -> bool:
    """Return whether `stored` is the masked checksum of a length that a record may have."""
    return length <= PAYLOAD_BYTES_MAX and masked_crc32c(_LENGTH.pack(length)) == stored


def read_frame(buffer: Buffer, offset: int) -> Frame | Incomplete | Corrupt:
    """Return the frame that begins at `offset` of `buffer`, both checksums verified.

    Does not read beyond the buffer, and believes no length before its checksum.
    """
    view = memoryview(buffer)
    if len(view) - offset < HEADER.size:
        return Incomplete(OVERHEAD_BYTES)
    length, stored = HEADER.unpack_from(view, offset)
    if not length_is_believed(length, stored):
        return Corrupt(why_no_length(view[offset:]))
    start = offset + HEADER.size
    stop = start + length
    if stop + CHECKSUM.size > len(view):
        return Incomplete(OVERHEAD_BYTES + length)
    payload = view[start:stop]
    if masked_crc32c(payload) != CHECKSUM.unpack_from(view, stop)[0]:
        return Corrupt(PAYLOAD_REASON)
    return Frame(payload, stop + CHECKSUM.size)


PAYLOAD_REASON = "a record's bytes do not match their checksum"


def why_no_length(view: memoryview) -> str:
    """Return in words why no length of a record is believed that begins `view`."""
    if view[: len(_LFS_POINTER)] == _LFS_POINTER:
        return "a Git LFS pointer stands where an event file should be; fetch the real file"
    if not any(view[: HEADER.size]):
        return "a block of zeros stands where a record should begin"
    if HEADER.unpack_from(view)[0] > PAYLOAD_BYTES_MAX:
        return "a record claims to be longer than the 2 GiB that a record can have"
    return "a record's length does not match its checksum"
