"""The wire format: varints and fields there and back, and rubbish refused."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loss_monitor.wire.protobuf import (
    FIXED32,
    FIXED64,
    LENGTH_DELIMITED,
    VARINT,
    MalformedError,
    bytes_field,
    double_field,
    float_field,
    pack_float32,
    read_fields,
    read_varint,
    signed,
    varint,
    varint_field,
)


@given(st.integers(-(2**63), 2**63 - 1))
def test_an_int64_survives_as_varint(number: int) -> None:
    """Also negative numbers, which take ten bytes."""
    data = varint(number)
    value, offset = read_varint(memoryview(data), 0, len(data))
    assert signed(value) == number
    assert offset == len(data) <= 10


def test_a_varint_may_use_more_bytes_than_it_needs() -> None:
    """Padding with continuation bytes is allowed by the format."""
    assert read_varint(memoryview(b"\x81\x80\x00"), 0, 3) == (1, 3)


@pytest.mark.parametrize("data", [b"", b"\x80", b"\xff" * 9, b"\xff" * 11])
def test_a_varint_without_end_is_malformed(data: bytes) -> None:
    """Neither the end of the message nor the eleventh byte is read over."""
    with pytest.raises(MalformedError):
        read_varint(memoryview(data), 0, len(data))


def test_fields_come_in_the_order_they_stand() -> None:
    """All four wire types, with the place of their bytes."""
    message = varint_field(2, 300) + double_field(1, 1.5) + bytes_field(5, b"ab")
    message += float_field(20, 2.5)
    view = memoryview(message)
    fields = list(read_fields(view, 0, len(view)))
    assert [field[:2] for field in fields] == [
        (2, VARINT),
        (1, FIXED64),
        (5, LENGTH_DELIMITED),
        (20, FIXED32),
    ]
    assert fields[0][2] == 300
    assert struct.unpack_from("<d", view, fields[1][3]) == (1.5,)
    assert bytes(view[fields[2][3] : fields[2][3] + fields[2][2]]) == b"ab"
    assert struct.unpack_from("<f", view, fields[3][3]) == (2.5,)


@pytest.mark.parametrize(
    "message",
    [
        b"\x0a\x05abc",  # says five bytes, has three
        b"\x09\x00\x00",  # a double of two bytes
        b"\x0b",  # a group
        b"\x0f",  # no wire type 7 exists
        b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x7f",  # longer than any memory
    ],
)
def test_a_message_that_does_not_end_properly_is_malformed(message: bytes) -> None:
    """No field may reach beyond its message, whatever length it claims."""
    with pytest.raises(MalformedError):
        list(read_fields(memoryview(message), 0, len(message)))


@given(st.binary(max_size=60))
def test_any_bytes_are_fields_or_malformed(data: bytes) -> None:
    """No other error leaves the reader, and no field lies outside the message."""
    view = memoryview(data)
    try:
        for _, wire_type, value, start in read_fields(view, 0, len(view)):
            assert wire_type == VARINT or 0 <= start <= start + value <= len(view)
    except MalformedError:
        pass


def test_a_number_beyond_float32_becomes_infinity() -> None:
    """As a cast in C does, where `struct` would raise."""
    assert struct.unpack("<f", pack_float32(1e300)) == (float("inf"),)
    assert struct.unpack("<f", pack_float32(-1e300)) == (float("-inf"),)
