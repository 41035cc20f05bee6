"""Fingerprints of the bytes read so far: how a file proves that it still is the same.

Enters: an open file. Leaves: a checksum of its edges and one of its body. Inode numbers are
reused at once on common file systems, so only content tells a grown file from another one.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import NamedTuple
from zlib import crc32

from loss_monitor._native import CORE

# Fingerprints stay in the process, so that any checksum of four bytes serves.
_checksum: Callable[..., int] = crc32
if CORE == "native":
    from loss_monitor._native._checksums import crc32c

    _checksum = crc32c

EDGE_BYTES = 4096
"""First and last bytes that are compared whenever a file has grown."""

SMALL_BYTES = 64 * 1024
"""Up to this length all bytes are compared each time: that costs less than two reads do."""

BODY_WHOLE_BYTES = 4 * 1024 * 1024
"""So much of a file's beginning enters its body checksum byte by byte.

Loss files lie within. Of what follows in event files and job logs a sample does: reading
two gigabytes again because a file server brought an mtime up to date would cost more than
the rewrite that differs in none of the samples is likely.
"""
_SAMPLE_EVERY_BYTES = 256 * 1024
_SAMPLE_BYTES = 4096
_PIECE_BYTES = 1024 * 1024


class Fingerprint(NamedTuple):
    """What is known of a file's first `length` bytes: checksums, of this process only."""

    length: int
    edges: int
    body: int


EMPTY = Fingerprint(0, 0, 0)


class OpenBytes:
    """The bytes of an open file; those loaded last are kept at hand."""

    def __init__(self, descriptor: int, opens: int = 1) -> None:
        """Read from `descriptor`, which the caller opened in `opens` tries and closes."""
        self.bytes_read = 0
        self._opens = opens
        self._descriptor = descriptor
        self._start = 0
        self._data = b""

    @property
    def cost(self) -> tuple[int, int]:
        """Calls of `open`, and bytes read."""
        return self._opens, self.bytes_read

    def load(self, start: int, stop: int) -> bytes:
        """Read bytes `start` to `stop`, fewer at the end of the file, and keep them."""
        data = os.pread(self._descriptor, stop - start, start) if stop > start else b""
        if data and len(data) < stop - start:
            # One call gives less at the end of the file, and beyond 2 GiB.
            pieces = [data]
            while data and sum(map(len, pieces)) < stop - start:
                at = start + sum(map(len, pieces))
                data = os.pread(self._descriptor, stop - at, at)
                pieces.append(data)
            data = b"".join(pieces)
        self.bytes_read += len(data)
        self._start, self._data = start, data
        return data

    def piece(self, start: int, stop: int) -> memoryview:
        """Return bytes `start` to `stop`, from memory where they are at hand."""
        first = start - self._start
        last = stop - self._start
        if first >= 0 and last <= len(self._data):
            return memoryview(self._data)[first:last]
        data = os.pread(self._descriptor, stop - start, start)
        self.bytes_read += len(data)
        return memoryview(data)


def extend(known: Fingerprint, length: int, source: OpenBytes) -> Fingerprint:
    """Return the fingerprint of the first `length` bytes, given one of fewer."""
    body = _body(known, length, source)
    return Fingerprint(length, body if length <= SMALL_BYTES else _edges(length, source), body)


def agrees(known: Fingerprint, source: OpenBytes, *, whole: bool) -> bool:
    """Return whether the file still begins with the bytes of `known`.

    Compares the edges, with `whole` the body too.
    """
    if known.length > SMALL_BYTES:
        if _edges(known.length, source) != known.edges:
            return False
        if not whole:
            return True
    return _body(EMPTY, known.length, source) == known.body


def _edges(length: int, source: OpenBytes) -> int:
    first = _checksum(source.piece(0, min(length, EDGE_BYTES)))
    return _checksum(source.piece(max(0, length - EDGE_BYTES), length), first)


def _body(known: Fingerprint, length: int, source: OpenBytes) -> int:
    body, position = known.body, known.length
    while position < min(length, BODY_WHOLE_BYTES):
        stop = min(length, BODY_WHOLE_BYTES, position + _PIECE_BYTES)
        body = _checksum(source.piece(position, stop), body)
        position = stop
    while position < length:
        block = position - position % _SAMPLE_EVERY_BYTES
        stop = min(length, block + _SAMPLE_BYTES)
        if position < stop:
            body = _checksum(source.piece(position, stop), body)
        position = block + _SAMPLE_EVERY_BYTES
    return body
