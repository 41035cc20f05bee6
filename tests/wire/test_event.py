"""Event messages against the reference implementation of Protocol Buffers."""

from __future__ import annotations

import contextlib
import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loss_monitor.wire.event import (
    FILE_VERSION,
    Histogram,
    decode_event,
    encode_file_version,
    encode_histogram,
    encode_scalar,
)
from loss_monitor.wire.protobuf import (
    MalformedError,
    bytes_field,
    double_field,
    float_field,
    varint_field,
)

event_pb2 = pytest.importorskip("tensorboard.compat.proto.event_pb2")

STEPS = st.integers(-(2**63), 2**63 - 1)
FLOATS = st.floats(width=32)
DOUBLES = st.floats()
TAGS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)


def same(one: float, other: float) -> bool:
    """Return whether two floats are equal, NaN included."""
    return one == other or (math.isnan(one) and math.isnan(other))


@given(tag=TAGS, value=FLOATS, step=STEPS, wall_time=DOUBLES)
def test_a_scalar_is_read_alike_by_both(
    tag: str, value: float, step: int, wall_time: float
) -> None:
    """What we encode, the reference reads; what the reference encodes, we read."""
    payload = encode_scalar(tag.encode(), value, step, wall_time)
    reference = event_pb2.Event.FromString(payload)
    assert (reference.step, reference.summary.value[0].tag) == (step, tag)
    assert same(reference.wall_time, wall_time)
    assert same(reference.summary.value[0].simple_value, value)
    for encoded in (payload, reference.SerializeToString()):
        event = decode_event(memoryview(encoded))
        assert event.values is not None
        assert (event.step, event.values[0].tag) == (step, tag.encode())
        assert event.values[0].kind == "scalar"
        assert same(event.wall_time, wall_time)
        assert same(event.values[0].scalar, value)


@given(
    figures=st.lists(DOUBLES, min_size=5, max_size=5),
    buckets=st.lists(st.tuples(DOUBLES, DOUBLES), max_size=20),
)
def test_a_histogram_is_read_alike_by_both(
    figures: list[float], buckets: list[tuple[float, float]]
) -> None:
    """All figures and both lists, packed."""
    limits = [limit for limit, _ in buckets]
    counts = [count for _, count in buckets]
    low, high, num, total, squares = figures
    histogram = Histogram(low, high, num, total, squares, limits, counts)
    payload = encode_histogram(b"w", histogram, 7, 1.0)
    reference = event_pb2.Event.FromString(payload).summary.value[0].histo
    event = decode_event(memoryview(payload))
    assert event.values is not None
    ours = event.values[0].histogram
    assert ours is not None
    for read in (ours, reference):
        assert all(map(same, (read.min, read.max, read.num), figures))
    assert all(map(same, (ours.sum, ours.sum_squares), (total, squares)))
    assert all(map(same, ours.limits, reference.bucket_limit))
    assert all(map(same, ours.counts, reference.bucket))
    assert len(ours.limits) == len(reference.bucket_limit) == len(limits)


def test_an_unpacked_list_of_doubles_is_read() -> None:
    """Writers of proto2 repeat the field instead."""
    message = double_field(6, 1.0) + double_field(7, 3.0) + double_field(6, 2.0)
    payload = bytes_field(5, bytes_field(1, bytes_field(5, message)))
    values = decode_event(memoryview(payload)).values
    assert values is not None
    assert values[0].histogram is not None
    assert list(values[0].histogram.limits) == [1.0, 2.0]
    assert list(values[0].histogram.counts) == [3.0]


def test_a_file_begins_with_its_version() -> None:
    """The first record names the version and when the file was begun."""
    payload = encode_file_version(12.5)
    assert event_pb2.Event.FromString(payload).file_version == FILE_VERSION
    event = decode_event(memoryview(payload))
    assert (event.kind, event.file_version, event.wall_time) == (
        "file version",
        b"brain.Event:2",
        12.5,
    )


def test_fields_in_any_order_and_unknown_ones_are_taken() -> None:
    """The format promises no order, and later versions may add fields."""
    value = float_field(2, 0.5) + bytes_field(99, b"later") + bytes_field(1, b"tag")
    payload = bytes_field(5, bytes_field(1, value) + varint_field(77, 3))
    payload += varint_field(2, 4) + double_field(1, 8.0)
    event = decode_event(memoryview(payload))
    assert event.values is not None
    assert (event.step, event.wall_time) == (4, 8.0)
    assert (event.values[0].tag, event.values[0].scalar) == (b"tag", 0.5)


def test_a_known_field_of_another_type_is_unknown() -> None:
    """A step written as bytes, a tag written as number: passed over, not misread."""
    value = varint_field(1, 5) + bytes_field(2, b"1234")
    payload = varint_field(1, 9) + bytes_field(2, b"12") + bytes_field(5, bytes_field(1, value))
    event = decode_event(memoryview(payload))
    assert event.values is not None
    assert (event.wall_time, event.step) == (0.0, 0)
    assert (event.values[0].tag, event.values[0].kind) == (b"", "no value")


def test_the_plugin_of_a_value_is_read() -> None:
    """Name and class stand in the metadata."""
    metadata = bytes_field(1, bytes_field(1, b"scalars")) + varint_field(4, 1)
    payload = bytes_field(5, bytes_field(1, bytes_field(9, metadata)))
    values = decode_event(memoryview(payload)).values
    assert values is not None
    assert (values[0].plugin, values[0].data_class) == (b"scalars", 1)


@given(data=st.binary(max_size=80), inside=st.booleans())
def test_any_payload_is_an_event_or_malformed(data: bytes, inside: bool) -> None:
    """Packed rubbish, also where a value or a tensor should be, raises nothing else."""
    payload = bytes_field(5, bytes_field(1, bytes_field(8, data))) if inside else data
    with contextlib.suppress(MalformedError):
        decode_event(memoryview(payload))


def test_a_list_that_ends_inside_a_double_is_malformed() -> None:
    """Seven bytes are no double."""
    payload = bytes_field(5, bytes_field(1, bytes_field(5, bytes_field(6, bytes(7)))))
    with pytest.raises(MalformedError):
        decode_event(memoryview(payload))


def test_a_step_of_zero_is_left_out_as_proto3_does() -> None:
    """The shortest form, which all common readers expect."""
    with_step = encode_scalar(b"t", 1.0, 1, 0.0)
    without = encode_scalar(b"t", 1.0, 0, 0.0)
    assert len(with_step) == len(without) + 2
    assert struct.pack("<d", 0.0) in without
