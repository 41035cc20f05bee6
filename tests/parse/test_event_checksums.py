"""Checksums by columns against the byte loop."""

from __future__ import annotations

import random
import struct

import numpy as np
import pytest

from loss_monitor.parse.event_checksums import (
    equally_long,
    length_checksums,
    masked,
    payload_checksums,
)
from loss_monitor.wire.crc32c import crc32c, masked_crc32c

LENGTHS = [
    pytest.param([50] * 200, id="equally long, by columns"),
    pytest.param([4] * 3000, id="as short as the register"),
    pytest.param([0, 1, 2, 3] * 1000, id="shorter than the register"),
    pytest.param([256] * 70 + [257] * 70, id="at and above one block"),
    pytest.param([9000, 9001, 70_000, 512, 513, 50_001], id="of many blocks"),
    pytest.param(list(range(400)), id="of every length"),
    pytest.param([], id="none"),
]


@pytest.mark.parametrize("lengths", LENGTHS)
def test_each_record_gets_the_checksum_of_the_byte_loop(lengths: list[int]) -> None:
    """Whatever mixture of lengths, wherever the records lie."""
    source = random.Random(7)
    source.shuffle(lengths)
    starts, position = [], 0
    for length in lengths:
        position += source.randrange(20)
        starts.append(position)
        position += length
    data = source.randbytes(position + 3)
    found = payload_checksums(
        np.frombuffer(data, dtype=np.uint8),
        np.array(starts, dtype=np.int64),
        np.array(lengths, dtype=np.int64),
    )
    expected = [crc32c(data[s : s + n]) for s, n in zip(starts, lengths, strict=True)]
    assert found.tolist() == expected
    stored = [masked_crc32c(data[s : s + n]) for s, n in zip(starts, lengths, strict=True)]
    assert masked(found).tolist() == stored


def test_lengths_get_the_checksum_of_their_eight_bytes() -> None:
    """The upper four bytes are always 0."""
    lengths = [0, 1, 255, 256, 2**24 + 3, 2**31 - 1, 2**32 - 1]
    expected = [masked_crc32c(struct.pack("<Q", length)) for length in lengths]
    assert length_checksums(np.array(lengths, dtype=np.uint32)).tolist() == expected


def test_groups_of_equal_length_keep_their_order() -> None:
    """Records of one tag must stay in the order of the file."""
    lengths = np.array([5, 3, 5, 3, 5, 9])
    groups = equally_long(lengths, np.array([0, 1, 2, 3, 4]))
    assert [(length, rows.tolist()) for length, rows in groups] == [(3, [1, 3]), (5, [0, 2, 4])]
