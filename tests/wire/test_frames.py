"""Frames: what is written is read, what is unfinished is waited for, rubbish is named."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loss_monitor.wire.crc32c import masked_crc32c
from loss_monitor.wire.frames import Corrupt, Frame, Incomplete, frame, read_frame


@given(payload=st.binary(max_size=300), before=st.binary(max_size=9))
def test_a_frame_reads_back_as_its_payload(payload: bytes, before: bytes) -> None:
    """Reader and writer agree at any offset."""
    data = before + frame(payload)
    read = read_frame(data, len(before))
    assert isinstance(read, Frame)
    assert bytes(read.payload) == payload
    assert read.next_offset == len(data)


def test_a_truncated_frame_is_waited_for_at_every_byte() -> None:
    """However little of a frame has arrived, it is incomplete and never corrupt."""
    data = frame(b"some payload")
    for size in range(len(data)):
        read = read_frame(data[:size], 0)
        assert isinstance(read, Incomplete)
        assert size < read.needed_bytes <= len(data)


def test_a_frame_with_a_flipped_bit_is_never_taken() -> None:
    """Both checksums catch every single flipped bit."""
    data = frame(b"payload")
    for bit in range(len(data) * 8):
        damaged = bytearray(data)
        damaged[bit // 8] ^= 1 << bit % 8
        assert isinstance(read_frame(damaged, 0), Corrupt)


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (bytes(64), "zeros"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0123", "Git LFS"),
        (b"not a record at all, but text", "2 GiB"),
        (struct.pack("<QI", 5, 5) + bytes(20), "length"),
        (frame(b"payload")[:-1] + b"?", "checksum"),
    ],
)
def test_what_stands_in_place_of_a_frame_is_named(data: bytes, word: str) -> None:
    """The reason says what a person would find there."""
    read = read_frame(data, 0)
    assert isinstance(read, Corrupt)
    assert word in read.reason


def test_a_length_beyond_a_message_is_corrupt_even_with_its_checksum() -> None:
    """A length of 2 GiB and more is not waited for."""
    length = struct.pack("<Q", 2**31)
    data = length + struct.pack("<I", masked_crc32c(length)) + bytes(50)
    assert isinstance(read_frame(data, 0), Corrupt)
