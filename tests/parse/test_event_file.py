"""Event files: any cut gives the same records, and damage is named and passed."""

from __future__ import annotations

import itertools
import struct
import warnings
from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from histogram_points import one_by_one
from loss_monitor.parse.event_file import Scan, TagNumbers, resume_after_fault, scan
from loss_monitor.wire.event import (
    Histogram,
    encode_file_version,
    encode_histogram,
    encode_scalar,
)
from loss_monitor.wire.frames import frame
from loss_monitor.wire.protobuf import (
    bytes_field,
    double_field,
    float_field,
    varint_field,
)

pytestmark = pytest.mark.usefixtures("core")

Row = tuple[object, ...]


def rows(result: Scan) -> list[Row]:
    """Return the scalars and histograms as comparable rows, NaN by its bits."""
    scalars = zip(
        result.tag.tolist(),
        result.step.tolist(),
        result.wall_time.tolist(),
        result.value.tolist(),
        strict=True,
    )
    found: list[Row] = [("scalar", *row[:3], struct.pack("<d", row[3])) for row in scalars]
    for tag, point in one_by_one(result.histograms):
        buckets = (tuple(point.edges), tuple(point.counts))
        found.append(("histogram", tag, point.step, point.wall_time, *buckets))
    return found


def scanned(pieces: Iterable[bytes]) -> tuple[list[Row], list[str], int]:
    """Return rows, tag names and the count of records of a stream that arrives in pieces."""
    tags = TagNumbers()
    scalars: list[Row] = []
    histograms: list[Row] = []
    held = b""
    records = offset = 0
    for piece in pieces:
        held += piece
        result = scan(held, tags, base_offset=offset)
        found = rows(result)
        scalars += [row for row in found if row[0] == "scalar"]
        histograms += [row for row in found if row[0] == "histogram"]
        records += result.records
        held = held[result.consumed :]
        offset += result.consumed
    # Side by side within a piece, so in the order of the file over all of them.
    scalars.sort(key=lambda row: row[1])
    return scalars + histograms, tags.names, records


def cut(data: bytes, places: Sequence[int]) -> list[bytes]:
    """Return `data` cut at `places`."""
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:stop] for start, stop in itertools.pairwise(edges)]


HISTOGRAM = Histogram(-1.0, 2.0, 3.0, 1.0, 5.0, [-0.5, 0.5, 3.0], [1.0, 0.0, 2.0])


def small_file() -> bytes:
    """Return one record of each kind."""
    two_values = bytes_field(1, bytes_field(1, b"a") + float_field(2, 1.0))
    two_values += bytes_field(1, bytes_field(1, b"b") + float_field(2, float("nan")))
    return b"".join(
        frame(payload)
        for payload in (
            encode_file_version(1.0),
            encode_scalar(b"Loss/batch", 0.5, 1, 2.0),
            encode_histogram(b"Parameters/w", HISTOGRAM, 1, 2.5),
            double_field(1, 3.0) + varint_field(2, 300) + bytes_field(5, two_values),
            bytes_field(4, bytes(300)),
            b"",
            encode_scalar(b"Loss/batch", -0.25, -2, 4.0),
        )
    )


def torch_like(count: int) -> bytes:
    """Return as many scalars of a few tags as columns are worth, steps of all widths."""
    tags = [b"Loss/batch", b"Timestep/current", b"Loss/other"]
    return b"".join(
        frame(encode_scalar(tags[n % 3], n / 7, (n * n * 31) ** (1 + n % 5) % 2**63, n / 3))
        for n in range(count)
    )


def test_every_record_of_a_file_is_found() -> None:
    """Scalars, several values of one record, a histogram, a graph, an empty event."""
    tags = TagNumbers()
    result = scan(small_file(), tags)
    assert tags.names == ["Loss/batch", "Parameters/w", "a", "b"]
    assert result.tag.tolist() == [0, 0, 2, 3]
    assert result.step.tolist() == [1, -2, 300, 300]
    assert result.wall_time.tolist() == [2.0, 4.0, 3.0, 3.0]
    assert result.value[:3].tolist() == [0.5, -0.25, 1.0]
    assert (result.status, result.records) == ("complete", 7)
    assert result.skipped == {"graph": 1}
    ((tag, point),) = one_by_one(result.histograms)
    assert (tag, point.step, point.num, point.sum) == (1, 1, 3.0, 1.0)
    assert point.edges.tolist() == [-1.0, -0.5, 0.5, 2.0]
    assert point.counts.tolist() == [1.0, 0.0, 2.0]


def test_a_cut_at_any_byte_gives_the_same_records() -> None:
    """A truncated record is waited for, never taken twice, never given up."""
    data = small_file()
    whole = scanned([data])
    for place in range(len(data) + 1):
        assert scanned([data[:place], data[place:]]) == whole


def test_a_cut_at_any_byte_is_incomplete_and_says_what_it_waits_for() -> None:
    """Unless it is a record's end: then the buffer is complete."""
    data = small_file()
    for place in range(len(data) + 1):
        result = scan(data[:place], TagNumbers())
        assert result.status == ("complete" if result.consumed == place else "incomplete")
        assert result.fault is None
        needed = result.consumed + result.needed_bytes
        assert result.status == "complete" or place < needed <= len(data)


@settings(max_examples=40)
@given(places=st.lists(st.integers(0, 20_000), max_size=8))
def test_columns_and_single_records_agree_in_any_split(places: list[int]) -> None:
    """Large pieces are read by columns, small ones record by record."""
    data = torch_like(200) + small_file() + torch_like(50)
    assert scanned(cut(data, places)) == scanned([data])


PAYLOADS = st.one_of(
    st.builds(
        encode_scalar,
        st.sampled_from([b"a", b"b", b"Loss/batch", b"\xff\xfe", b"long" * 40, b""]),
        st.floats(),
        st.integers(-(2**63), 2**63 - 1),
        st.floats(),
    ),
    st.binary(max_size=40),
    st.binary(max_size=40).map(lambda junk: bytes_field(5, bytes_field(1, junk))),
)


@settings(max_examples=40)
@given(kinds=st.lists(st.tuples(PAYLOADS, st.integers(1, 70)), min_size=1, max_size=5))
def test_reading_by_columns_is_reading_one_by_one(kinds: list[tuple[bytes, int]]) -> None:
    """Many equal records go by columns; one at a time none does; the result is the same."""
    frames = [frame(payload) for payload, count in kinds for _ in range(count)]
    assert scanned([b"".join(frames)]) == scanned(frames)


@settings(max_examples=40)
@given(
    damaged=st.integers(0, 5000),
    byte=st.integers(1, 255),
    look_alike=st.lists(st.integers(0, 45), max_size=4),
)
def test_bytes_that_nearly_look_like_a_scalar_are_read_by_the_rules(
    damaged: int, byte: int, look_alike: list[int]
) -> None:
    """Payloads with changed bytes and good checksums read alike by columns and singly."""
    payloads = [bytearray(encode_scalar(b"Loss/batch", 0.5, 300, 7.0)) for _ in range(40)]
    for place in look_alike:
        payload = payloads[damaged % 40]
        payload[place % len(payload)] ^= byte
    frames = [frame(payload) for payload in payloads]
    assert scanned([b"".join(frames)]) == scanned(frames)


def test_a_scan_of_nothing_is_complete() -> None:
    """A 0-byte event file is valid and may grow."""
    result = scan(b"", TagNumbers())
    assert (result.status, result.consumed, result.records) == ("complete", 0, 0)
    assert result.tag.shape == result.value.shape == (0,)


def test_tags_are_numbered_by_first_appearance_in_the_file() -> None:
    """Not by the order in which the columns happen to be decoded."""
    data = b"".join(
        frame(encode_scalar(tag, 1.0, step, 1.0))
        for step in range(50)
        for tag in (b"the longest tag", b"short", b"\xe4\xf6", b"tag")
    )
    tags = TagNumbers()
    result = scan(data, tags)
    assert tags.names == ["the longest tag", "short", "\\xe4\\xf6", "tag"]
    assert result.tag.tolist() == [0] * 50 + [1] * 50 + [2] * 50 + [3] * 50
    assert result.step.tolist() == list(range(50)) * 4


def test_a_wall_time_that_is_no_number_counts_as_absent() -> None:
    """Charts and ages are drawn from it, so it never is NaN."""
    data = b"".join(frame(encode_scalar(b"t", 1.0, 1, time)) for time in (float("nan"), 5.0))
    data += frame(encode_histogram(b"h", HISTOGRAM, 1, float("inf")))
    result = scan(data, TagNumbers())
    assert result.wall_time.tolist() == [0.0, 5.0]
    assert result.histograms.wall_time.tolist() == [0.0]


def test_a_signalling_nan_raises_no_warning() -> None:
    """Its bits are data like any others."""
    payload = encode_scalar(b"t", 1.0, 1, 1.0)[:-4] + bytes.fromhex("0100807f")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = scan(frame(payload) * 40, TagNumbers())
    assert len(result.value) == 40


def test_a_damaged_record_holds_the_reading_before_it() -> None:
    """Whichever byte is damaged, all records before it are read and none after it."""
    before, record, after = torch_like(5), frame(encode_scalar(b"t", 1.0, 9, 1.0)), torch_like(2)
    for place in range(len(record)):
        damaged = bytearray(record)
        damaged[place] ^= 0x40
        result = scan(before + bytes(damaged) + after, TagNumbers(), base_offset=1000)
        assert (result.status, result.records) == ("corrupt", 5)
        assert result.consumed == len(before)
        assert result.fault is not None
        assert result.fault.offset == 1000 + len(before)


def test_a_damaged_record_among_many_holds_the_reading_before_it() -> None:
    """The same where records are checked by columns."""
    record = frame(encode_scalar(b"t", 1.0, 9, 1.0))
    data = bytearray(record * 500)
    data[len(record) * 300 + 20] ^= 1
    result = scan(data, TagNumbers())
    assert (result.status, result.records, len(result.value)) == ("corrupt", 300, 300)


def test_a_block_of_zeros_is_a_fault_until_the_real_bytes_come() -> None:
    """Network file systems show zeros while another node writes."""
    head, tail = torch_like(50), torch_like(20)
    result = scan(head + bytes(len(tail)), TagNumbers())
    assert (result.status, result.consumed) == ("corrupt", len(head))
    assert result.fault is not None
    assert "zeros" in result.fault.reason
    assert resume_after_fault(head + bytes(len(tail)), result.consumed) is None
    assert scan(head + tail, TagNumbers()).records == 70


@pytest.mark.parametrize("hole", [bytes(5000), b"\xff" * 33, b"", bytes(12), b"text " * 7])
def test_reading_resumes_at_the_next_good_record_behind_a_hole(hole: bytes) -> None:
    """Zeros, ones, text, and half a record before it."""
    half = frame(encode_scalar(b"t", 1.0, 9, 1.0))[:20]
    head, tail = torch_like(3), torch_like(2)
    data = head + half + hole + tail
    assert resume_after_fault(data, len(head)) == len(head + half + hole)


def test_reading_resumes_behind_a_damaged_payload() -> None:
    """Its length is still good, so the next record is where it says."""
    inner = frame(encode_scalar(b"inner", 1.0, 9, 1.0))
    damaged = bytearray(frame(inner + b"more"))
    damaged[-5] ^= 1
    data = bytes(damaged) + torch_like(1)
    assert resume_after_fault(data, 0) == len(damaged)


def test_reading_does_not_resume_at_half_a_record() -> None:
    """What follows the fault must be whole, else there is nothing to go on with."""
    assert resume_after_fault(bytes(30) + torch_like(1)[:-1], 0) is None
    assert resume_after_fault(bytes(11), 0) is None
    assert resume_after_fault(b"", 0) is None


def test_a_tag_remembers_the_plugin_that_its_first_value_named() -> None:
    """TensorBoard keeps only the first value's metadata, so writers may leave it out later."""
    rank_0 = varint_field(1, 1) + bytes_field(2, b"") + bytes_field(4, bytes(4))
    value = bytes_field(1, b"t") + bytes_field(8, rank_0)
    named = value + bytes_field(9, bytes_field(1, bytes_field(1, b"own_plugin")))
    tags = TagNumbers()
    assert scan(frame(bytes_field(5, bytes_field(1, named))), tags).skipped == {"tensor": 1}
    assert scan(frame(bytes_field(5, bytes_field(1, value))), tags).skipped == {"tensor": 1}
    assert len(scan(frame(bytes_field(5, bytes_field(1, value))), TagNumbers()).value) == 1


def test_double_values_are_marked() -> None:
    """A tag keeps one precision, so a double must be known as one."""
    rank_0 = varint_field(1, 2) + bytes_field(2, b"") + bytes_field(4, struct.pack("<d", 0.1))
    value = bytes_field(1, b"double") + bytes_field(8, rank_0)
    data = frame(encode_scalar(b"float", 0.1, 0, 0.0)) + frame(
        bytes_field(5, bytes_field(1, value))
    )
    result = scan(data, TagNumbers())
    assert result.doubles == {1}
    assert result.value[1] == 0.1
    assert result.value[0] != 0.1
