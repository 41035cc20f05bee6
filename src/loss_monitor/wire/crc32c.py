"""CRC-32C (Castagnoli) checksums, plain and masked, as event files carry them.

Enters: bytes. Leaves: unsigned 32-bit integers. Source: RFC 3720, appendix B.4, for the
polynomial (reflected 0x82F63B78); the mask is LevelDB's `util/crc32c.h`: a checksum that is
stored inside data which is itself checksummed is rotated and shifted by a constant, because
the checksum of a string that embeds its own checksum has weak spots.
"""

from __future__ import annotations

import struct
from functools import lru_cache

POLYNOMIAL = 0x82F63B78
"""CRC-32C's polynomial with the lowest power in the highest bit."""

_MASK_DELTA = 0xA282EAD8
_ONES = 0xFFFFFFFF

Buffer = bytes | bytearray | memoryview


def _byte_table() -> tuple[int, ...]:
    table = []
    for value in range(256):
        remainder = value
        for _ in range(8):
            remainder = (remainder >> 1) ^ (POLYNOMIAL if remainder & 1 else 0)
        table.append(remainder)
    return tuple(table)


BYTE_TABLE = _byte_table()
"""Remainder of each byte value: the step of the register by one byte."""


@lru_cache(maxsize=1)
def _halfword_tables() -> tuple[list[int], list[int]]:
    """Return the step by four bytes: tables for the register's low and high 16 bits.

    Two look-ups for four bytes are three times as fast as four, and the 5 MB are paid only
    by a process that computes a checksum at all.
    """
    first = BYTE_TABLE
    second = [(entry >> 8) ^ first[entry & 255] for entry in first]
    third = [(entry >> 8) ^ first[entry & 255] for entry in second]
    fourth = [(entry >> 8) ^ first[entry & 255] for entry in third]
    low = [upper ^ lower for upper in third for lower in fourth]
    high = [upper ^ lower for upper in first for lower in second]
    return low, high


def crc32c(data: Buffer) -> int:
    """Return the CRC-32C of `data`.

    >>> hex(crc32c(b"123456789"))
    '0xe3069283'
    """
    low, high = _halfword_tables()
    register = _ONES
    words = len(data) >> 2
    for word in struct.unpack_from(f"<{words}I", data):
        register ^= word
        register = low[register & 0xFFFF] ^ high[register >> 16]
    for byte in data[words << 2 :]:
        register = BYTE_TABLE[(register ^ byte) & 255] ^ (register >> 8)
    return register ^ _ONES


def masked(checksum: int) -> int:
    """Return `checksum` as event files store it."""
    return (((checksum >> 15) | (checksum << 17)) + _MASK_DELTA) & _ONES


def unmasked(stored: int) -> int:
    """Return the checksum that `stored` was made from; the inverse of `masked`."""
    rotated = (stored - _MASK_DELTA) & _ONES
    return ((rotated >> 17) | (rotated << 15)) & _ONES


def masked_crc32c(data: Buffer) -> int:
    """Return the CRC-32C of `data` as event files store it."""
    return masked(crc32c(data))
