"""Event files made to break a reader: nothing raises and nothing large is allocated."""

from __future__ import annotations

import struct
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from histogram_points import one_by_one
from loss_monitor.parse.event_file import TagNumbers, resume_after_fault, scan
from loss_monitor.wire.crc32c import masked_crc32c
from loss_monitor.wire.frames import frame
from loss_monitor.wire.protobuf import bytes_field, double_field, varint, varint_field

pytestmark = pytest.mark.usefixtures("core")

LFS_POINTER = (
    b"version https://git-lfs.github.com/spec/v1\n"
    b"oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\n"
    b"size 12345\n"
)


def with_length(length: int) -> bytes:
    """Return a frame's header that claims `length`, with the right checksum."""
    encoded = struct.pack("<Q", length)
    return encoded + struct.pack("<I", masked_crc32c(encoded))


def value_of(message: bytes) -> bytes:
    """Return a frame with one value."""
    return frame(bytes_field(5, bytes_field(1, message)))


@given(st.binary(max_size=400))
def test_any_bytes_are_scanned_without_error(data: bytes) -> None:
    """Also as the search for a good record."""
    result = scan(data, TagNumbers())
    assert 0 <= result.consumed <= len(data)
    assert (result.status == "corrupt") == (result.fault is not None)
    resume_after_fault(data, result.consumed)


@given(payload=st.binary(max_size=120), copies=st.sampled_from([1, 40]))
def test_any_payload_with_good_checksums_is_passed(payload: bytes, copies: int) -> None:
    """The record is taken as read, whatever it holds."""
    result = scan(frame(payload) * copies, TagNumbers())
    assert (result.status, result.records) == ("complete", copies)


@given(junk=st.binary(max_size=60), kind=st.sampled_from([2, 4, 5, 6, 8, 9]))
def test_junk_in_any_field_of_a_value_is_passed(junk: bytes, kind: int) -> None:
    """Packed lists, tensors, metadata that are none of it."""
    result = scan(value_of(bytes_field(1, b"t") + bytes_field(kind, junk)), TagNumbers())
    assert (result.status, result.records) == ("complete", 1)


@pytest.mark.parametrize("length", [2**31, 2**40, 2**63, 2**64 - 1])
def test_a_huge_length_with_a_good_checksum_is_a_fault(length: int) -> None:
    """No message can be so long, so waiting for it would be waiting for ever."""
    result = scan(with_length(length) + bytes(100), TagNumbers())
    assert (result.status, result.consumed) == ("corrupt", 0)


def test_a_large_length_is_waited_for_without_taking_memory() -> None:
    """A length below 2 GiB may be true; the file's size tells the caller."""
    data = with_length(2**31 - 1) + bytes(100)
    scan(data, TagNumbers())
    tracemalloc.start()
    result = scan(data, TagNumbers())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (result.status, result.needed_bytes) == ("incomplete", 2**31 - 1 + 16)
    assert peak < 200_000


def test_a_git_lfs_pointer_is_called_so() -> None:
    """Repositories hold these under event-file names."""
    result = scan(LFS_POINTER, TagNumbers())
    assert result.status == "corrupt"
    assert result.fault is not None
    assert "Git LFS" in result.fault.reason


def test_a_megabyte_of_zeros_is_searched_quickly_and_without_result() -> None:
    """Every place of it looks like a length of 0, none has the checksum of one."""
    zeros = bytes(1 << 20)
    assert scan(zeros, TagNumbers()).consumed == 0
    assert resume_after_fault(zeros, 0) is None


def test_tags_beyond_a_bound_share_a_number_and_are_not_remembered() -> None:
    """A file made of nothing but tags, each with a plugin; those with a number keep it."""
    tags = TagNumbers(names_max=3)
    metadata = bytes_field(9, bytes_field(1, bytes_field(1, b"scalars")))

    def scalar(number: int) -> bytes:
        return value_of(bytes_field(1, b"t%d" % number) + b"\x15" + bytes(4) + metadata)

    result = scan(b"".join(map(scalar, range(100))), tags)
    assert (tags.names, tags.has_others) == (["t0", "t1", "t2"], True)
    assert len(tags.plugins) == 3
    assert result.tag.tolist() == [0, 1, 2] + [3] * 97
    assert len(result.of_first_tags(3).tag) == 3
    assert scan(scalar(1) + scalar(99), tags).tag.tolist() == [1, 3]


def test_a_search_among_believable_lengths_ends_with_bounded_effort() -> None:
    """Ten thousand lengths with good checksums, each of a payload that would have to be read."""
    trap = with_length(8_000) * 10_000
    good = frame(bytes(10))
    assert resume_after_fault(bytes(3) + trap + good, 0) is None
    assert resume_after_fault(bytes(3) + trap[:1200] + good, 0) == 3 + 1200


def test_a_histogram_whose_lists_do_not_fit_is_counted_and_left_out() -> None:
    """More limits than counts, no bucket at all, edges that fall, NaN, negative counts."""

    def lists(limits: list[float], counts: list[float]) -> bytes:
        packed = [struct.pack(f"<{len(part)}d", *part) for part in (limits, counts)]
        return bytes_field(5, bytes_field(6, packed[0]) + bytes_field(7, packed[1]))

    bad = [
        lists([1.0, 2.0], [1.0]),
        lists([], []),
        lists([2.0, 1.0, 3.0], [1.0, 1.0, 1.0]),
        lists([1.0, float("nan")], [1.0, 1.0]),
        lists([1.0, 2.0], [1.0, -1.0]),
        lists([1.0, 2.0], [float("inf"), 1.0]),
    ]
    result = scan(b"".join(map(value_of, bad)), TagNumbers())
    assert result.skipped == {"malformed histogram": len(bad)}
    assert len(result.histograms.tag) == 0


def test_a_histogram_keeps_rising_edges_in_the_forms_that_writers_use() -> None:
    """Torch's empty first bucket gets no width; TensorFlow's endless last one ends at max."""
    limits, counts = [1.0, 2.0, 1.7976931348623157e308], [0.0, 3.0, 1.0]
    packed = [struct.pack("<3d", *part) for part in (limits, counts)]
    figures = double_field(1, 1.5) + double_field(2, 9.0) + double_field(3, 4.0)
    message = figures + bytes_field(6, packed[0]) + bytes_field(7, packed[1])
    result = scan(value_of(bytes_field(5, message)), TagNumbers())
    ((_, point),) = one_by_one(result.histograms)
    assert point.edges.tolist() == [1.0, 1.0, 2.0, 9.0]


def test_a_table_of_buckets_is_a_histogram() -> None:
    """TensorFlow 2 writes rows of left edge, right edge and count."""
    numbers = struct.pack("<6d", 0.0, 0.5, 2.0, 0.5, 1.0, 3.0)
    shape = b"".join(bytes_field(2, varint_field(1, size)) for size in (2, 3))
    tensor = varint_field(1, 2) + bytes_field(2, shape) + bytes_field(4, numbers)
    metadata = bytes_field(9, bytes_field(1, bytes_field(1, b"histograms")))
    result = scan(value_of(bytes_field(1, b"w") + bytes_field(8, tensor) + metadata), TagNumbers())
    ((_, point),) = one_by_one(result.histograms)
    assert point.edges.tolist() == [0.0, 0.5, 1.0]
    assert point.counts.tolist() == [2.0, 3.0]
    assert (point.min, point.max, point.num) == (0.0, 1.0, 5.0)
    assert point.sum != point.sum


def test_a_long_run_of_values_in_one_record_is_read_whole() -> None:
    """TensorFlow 1 puts all tags of a step into one record."""
    one = bytes_field(1, bytes_field(1, b"t") + b"\x15" + struct.pack("<f", 1.0))
    result = scan(frame(bytes_field(5, one * 3000)), TagNumbers())
    assert (result.records, len(result.value)) == (1, 3000)


def test_nested_groups_are_malformed_and_cost_no_stack() -> None:
    """Old group markers, ten thousand deep."""
    result = scan(frame(varint(3 << 3 | 3) * 10_000), TagNumbers())
    assert result.skipped == {"malformed event": 1}
