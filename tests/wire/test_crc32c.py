"""CRC-32C against the vectors of its standard and against its own definition."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loss_monitor._native import CORE
from loss_monitor.wire.crc32c import POLYNOMIAL, crc32c, masked, masked_crc32c, unmasked


def bit_by_bit(data: bytes) -> int:
    """Return the CRC-32C by the definition: one division step per bit."""
    register = 0xFFFFFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = (register >> 1) ^ (POLYNOMIAL if register & 1 else 0)
    return register ^ 0xFFFFFFFF


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", 0),
        (bytes(32), 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
        (b"123456789", 0xE3069283),
    ],
)
def test_the_vectors_of_rfc_3720_come_out(data: bytes, expected: int) -> None:
    """RFC 3720, appendix B.4, lists these checksums."""
    assert crc32c(data) == expected


@given(st.binary(max_size=70))
def test_words_and_bytes_give_the_checksum_of_the_definition(data: bytes) -> None:
    """The four-byte steps and the bytes left over agree with one step per bit."""
    assert crc32c(data) == bit_by_bit(data)
    assert crc32c(memoryview(data)) == crc32c(data)


@given(st.integers(0, 2**32 - 1))
def test_a_mask_is_taken_off_again(checksum: int) -> None:
    """`unmasked` is the inverse of `masked`, and the mask changes something."""
    assert unmasked(masked(checksum)) == checksum


def test_the_mask_is_the_one_of_event_files() -> None:
    """The first twelve bytes of any event file that begins with a version of 24 bytes."""
    assert masked_crc32c((24).to_bytes(8, "little")) == int.from_bytes(
        bytes.fromhex("a37f4b22"), "little"
    )


@pytest.mark.skipif(CORE != "native", reason="the compiled core was not built")
@given(data=st.binary(max_size=9000), cut=st.integers(0, 9000))
def test_the_compiled_checksum_is_that_of_its_twin(data, cut):
    """At once, or going on from the checksum of a beginning."""
    from loss_monitor._native._checksums import crc32c as compiled

    assert compiled(data) == crc32c(data)
    assert compiled(memoryview(data)[cut:], compiled(data[:cut])) == crc32c(data)
