"""Whole lines out of any pieces, within bounded memory."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loss_monitor.tail.lines import LineBuffer
from loss_monitor.types import REFUSAL_SAMPLE_MAX


def test_a_piece_without_newline_is_held() -> None:
    """`0.0123` of `0.01234567` is no loss."""
    buffer = LineBuffer()
    assert buffer.feed(b"0.5\n0.0123") == b"0.5\n"
    assert buffer.held_bytes == 6
    assert buffer.feed(b"4567") == b""
    assert buffer.feed(b"\n0") == b"0.01234567\n"


def test_a_settled_file_gives_its_last_piece() -> None:
    """With a newline, so that parsers see whole lines only; nothing is given twice."""
    buffer = LineBuffer()
    buffer.feed(b"1\n2")
    assert buffer.flush() == b"2\n"
    assert buffer.flush() == b""


def test_nothing_in_is_nothing_out() -> None:
    """An empty read, an empty file."""
    buffer = LineBuffer()
    assert (buffer.feed(b""), buffer.flush()) == (b"", b"")


def test_an_over_long_line_is_passed_over_and_reported() -> None:
    """An empty line stands for it: whoever counts lines counts right."""
    buffer = LineBuffer(max_line_bytes=10)
    assert buffer.feed(b"1\n" + b"x" * 11 + b"\n2\n") == b"1\n\n2\n"
    (refusal,) = buffer.take_overlong()
    assert (refusal.offset, refusal.sample) == (2, "x" * 10 + "x")
    assert "longer than 10 bytes" in refusal.reason
    assert buffer.overlong == []
    assert buffer.overlong_lines == 1


def test_a_line_of_just_the_allowed_length_is_a_line() -> None:
    """The newline does not count."""
    buffer = LineBuffer(max_line_bytes=10)
    assert buffer.feed(b"x" * 10 + b"\n") == b"x" * 10 + b"\n"
    assert buffer.feed(b"y" * 10) == b""
    assert buffer.feed(b"\n") == b"y" * 10 + b"\n"
    assert buffer.overlong == []


def test_an_over_long_line_is_reported_before_it_ends() -> None:
    """A gigabyte may take a while."""
    buffer = LineBuffer(max_line_bytes=10)
    assert buffer.feed(b"x" * 20) == b""
    assert len(buffer.overlong) == 1
    assert buffer.feed(b"x" * 20) == b""
    assert len(buffer.overlong) == 1
    assert buffer.flush() == b"\n"


def test_the_sample_is_short_and_printable() -> None:
    """Binary rubbish under a log's name."""
    buffer = LineBuffer(max_line_bytes=100)
    buffer.feed(b"\xff\x00\x1b[31m\xe2\x80\xa8" + b"\x01" * 200)
    sample = buffer.overlong[0].sample
    assert len(sample) <= REFUSAL_SAMPLE_MAX
    assert sample.isprintable()
    assert sample.startswith("\\xff\\x00\\x1b[31m\\u2028")


def test_a_line_of_a_gigabyte_takes_little_memory() -> None:
    """Fed as it would be read; the lines around it arrive."""
    piece = b"7" * (1024 * 1024)
    buffer = LineBuffer()
    lines = buffer.feed(b"1\n")
    tracemalloc.start()
    try:
        for _ in range(1024):
            lines += buffer.feed(piece)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    lines += buffer.feed(b"\n2\n")
    assert lines == b"1\n\n2\n"
    assert len(buffer.overlong) == 1
    assert peak < 8 * 1024 * 1024


def test_a_file_of_nothing_but_over_long_lines_takes_little_memory() -> None:
    """A few are kept as samples, all are counted."""
    buffer = LineBuffer(max_line_bytes=10)
    for _ in range(1000):
        buffer.feed(b"x" * 50 + b"\n")
    assert buffer.overlong_lines == 1000
    assert len(buffer.overlong) <= 10


def reference(data: bytes, most: int) -> tuple[bytes, int]:
    """Return whole lines with over-long ones emptied, and how many are over-long."""
    whole, _, rest = data.rpartition(b"\n")
    lines = whole.split(b"\n") if b"\n" in data else []
    kept = [line if len(line) <= most else b"" for line in lines]
    overlong = sum(len(line) > most for line in [*lines, rest])
    return b"".join(line + b"\n" for line in kept), overlong


def extents(data: bytes) -> list[tuple[int, int]]:
    """Return where each line begins, and its bytes without the newline."""
    sizes = [len(line) for line in data.split(b"\n")]
    starts = np.cumsum([0, *(size + 1 for size in sizes[:-1])])
    return list(zip(starts.tolist(), sizes, strict=True))


@given(
    pieces=st.lists(st.lists(st.sampled_from([b"\n", b"0", b"ab", b"x" * 9]), max_size=12)),
    most=st.integers(1, 12),
)
def test_any_split_gives_the_same_lines(pieces: list[list[bytes]], most: int) -> None:
    """However the bytes arrive, and however long lines are."""
    buffer = LineBuffer(max_line_bytes=most)
    fed = [b"".join(parts) for parts in pieces]
    lines = b"".join(buffer.feed(data) for data in fed)
    expected, overlong = reference(b"".join(fed), most)
    assert lines == expected
    assert buffer.overlong_lines == overlong
    offsets = [refusal.offset for refusal in buffer.overlong]
    whole = b"".join(fed)
    assert offsets == [start for start, size in extents(whole) if size > most][: len(offsets)]
    assert buffer.held_bytes <= most


@pytest.mark.parametrize("most", [3, 5, 1000])
def test_a_stream_cut_at_every_byte_gives_the_same_lines(most: int) -> None:
    """All cuts in two, and all single bytes."""
    data = b"1\n22\n\n4444\n55555\r\n666666\nlast"
    expected, _ = reference(data, most)
    for cut in range(len(data) + 1):
        buffer = LineBuffer(max_line_bytes=most)
        assert buffer.feed(data[:cut]) + buffer.feed(data[cut:]) == expected
    buffer = LineBuffer(max_line_bytes=most)
    assert b"".join(buffer.feed(bytes([byte])) for byte in data) == expected
