"""Protocol Buffers wire format: varints and fields.

Enters: bytes of one message. Leaves: its fields in the order they stand, undecoded.
Source: the "Encoding" chapter of the Protocol Buffers documentation. Messages are decoded
without recursion, so nested rubbish costs no stack.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

VARINT = 0
FIXED64 = 1
LENGTH_DELIMITED = 2
FIXED32 = 5

_VARINT_BYTES_MAX = 10
_CONTINUES = 0x80
"""Bit of a varint's byte that says that another one follows."""
_SIGN = 1 << 63
_WRAP = 1 << 64


class MalformedError(ValueError):
    """The bytes are no message: a varint, a field or a packed list does not end properly."""


Field = tuple[int, int, int, int]
"""Number, wire type, value, start: the value is the varint, or for the other wire types the
number of bytes, which begin at `start`. A plain tuple, as millions of them are made."""


def read_varint(buffer: memoryview, offset: int, stop: int) -> tuple[int, int]:
    """Return the unsigned varint at `offset` and the offset behind it.

    Raises `MalformedError` where it runs beyond `stop` or ten bytes. Bits above the 64th
    are dropped, as the reference implementation does.
    """
    if offset < stop and buffer[offset] < _CONTINUES:
        return buffer[offset], offset + 1
    value = 0
    for index in range(_VARINT_BYTES_MAX):
        if offset >= stop:
            raise MalformedError("a varint runs beyond its message")
        byte = buffer[offset]
        offset += 1
        value |= (byte & 0x7F) << (7 * index)
        if byte < _CONTINUES:
            return value & (_WRAP - 1), offset
    raise MalformedError("a varint is longer than ten bytes")


def read_fields(buffer: memoryview, start: int, stop: int) -> Iterator[Field]:
    """Yield the fields of the message in `buffer[start:stop]`.

    Raises `MalformedError` where a field runs beyond the message. Groups, given up long
    before event files existed, are malformed too.
    """
    offset = start
    while offset < stop:
        key = buffer[offset]
        offset += 1
        if key >= _CONTINUES:
            key, offset = read_varint(buffer, offset - 1, stop)
        wire_type = key & 7
        if wire_type == LENGTH_DELIMITED:
            value, offset = read_varint(buffer, offset, stop)
        elif wire_type == VARINT:
            value, offset = read_varint(buffer, offset, stop)
            yield key >> 3, VARINT, value, 0
            continue
        elif wire_type == FIXED64:
            value = 8
        elif wire_type == FIXED32:
            value = 4
        else:
            raise MalformedError(f"a field has the unknown wire type {wire_type}")
        if value > stop - offset:
            raise MalformedError("a field runs beyond its message")
        yield key >> 3, wire_type, value, offset
        offset += value


def signed(value: int) -> int:
    """Return an unsigned 64-bit varint as the int64 it stands for."""
    return value - _WRAP if value & _SIGN else value


def varint(value: int) -> bytes:
    """Return the shortest varint of `value`, an int64 or uint64.

    >>> varint(300).hex()
    'ac02'
    """
    value &= _WRAP - 1
    out = bytearray()
    while value >= _CONTINUES:
        out.append(value & 0x7F | _CONTINUES)
        value >>= 7
    out.append(value)
    return bytes(out)


def varint_field(number: int, value: int) -> bytes:
    """Return a varint field; nothing for 0, which proto3 leaves out."""
    return varint(number << 3) + varint(value) if value else b""


def bytes_field(number: int, value: bytes) -> bytes:
    """Return a length-delimited field."""
    return varint(number << 3 | LENGTH_DELIMITED) + varint(len(value)) + value


def double_field(number: int, value: float) -> bytes:
    """Return a double field, written also when it is 0."""
    return varint(number << 3 | FIXED64) + struct.pack("<d", value)


def float_field(number: int, value: float) -> bytes:
    """Return a float field; a value beyond float32 becomes infinity, as a cast in C does."""
    return varint(number << 3 | FIXED32) + pack_float32(value)


def pack_float32(value: float) -> bytes:
    """Return `value` as float32 bytes; beyond its range as infinity of the same sign."""
    try:
        return struct.pack("<f", value)
    except OverflowError:
        return struct.pack("<f", float("inf") if value > 0 else float("-inf"))
