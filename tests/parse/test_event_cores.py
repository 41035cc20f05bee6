"""The compiled scan of event files against its twin: no difference, whatever the bytes are."""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loss_monitor.parse import cores
from loss_monitor.parse.event_file import TagNumbers
from loss_monitor.parse.event_records import PackedHistograms, Records, ScalarColumns
from loss_monitor.wire.frames import frame
from loss_monitor.wire.protobuf import FIXED32, FIXED64, LENGTH_DELIMITED, VARINT, varint

_FOLDER = os.environ.get("LOSS_MONITOR_EVENT_FILES", "")

if cores.NATIVE is None:
    pytest.skip("the compiled core was not built, or is not wanted", allow_module_level=True)


def read(core: cores.Core, pieces: list[bytes]) -> list[Any]:
    """Return all that a core says of a stream in pieces, in a form that can be compared."""
    tags = TagNumbers()
    said: list[Any] = []
    held = b""
    for piece in pieces:
        held += piece
        found = Records(*core.scan_records(held, tags.plugins, tags.number))
        scalars, histograms = ScalarColumns(*found.scalars), PackedHistograms(*found.histograms)
        value = np.where(np.isnan(scalars.value), np.nan, scalars.value)
        said.append(
            (
                *(found.consumed, found.end, found.needed_bytes, found.records),
                (found.doubles, dict(found.skipped)),
                *((column.dtype, column.tolist()) for column in scalars[:3]),
                (value.dtype, value.tobytes()),
                *((column.dtype, column.tolist()) for column in histograms[:3]),
                histograms.packed,
                (list(tags.names), dict(tags.plugins)),
                core.resume_after_fault(held, found.consumed),
            )
        )
        held = held[found.consumed :]
    return said


def hold_no_difference(pieces: list[bytes]) -> None:
    """Fail where the cores differ."""
    assert cores.NATIVE is not None
    assert read(cores.NATIVE, pieces) == read(cores.PYTHON, pieces)


def key(number: int, wire_type: int) -> bytes:
    return varint(number << 3 | wire_type)


def lengthened(value: int, more: int) -> bytes:
    """Return a varint of more bytes than it needs, as some writers put lengths."""
    short = varint(value)
    more = min(more, 10 - len(short))
    if not more:
        return short
    return short[:-1] + bytes([short[-1] | 0x80]) + b"\x80" * (more - 1) + b"\x00"


VARINTS = st.builds(
    lengthened,
    st.one_of(st.integers(0, 3), st.integers(0, 2**64 - 1)),
    st.sampled_from([0, 0, 0, 1, 9]),
)
DOUBLES = st.one_of(st.sampled_from([0.0, 1.0, -1.0, 2.5, 1e300]), st.floats())
JUNK = st.one_of(
    st.builds(
        lambda number, kind, rest: key(number, kind) + rest,
        st.integers(0, 40),
        st.integers(0, 7),
        st.binary(max_size=12),
    ),
    st.binary(min_size=1, max_size=6),
)
"""Seldom a field."""
UNKNOWN = st.builds(
    lambda number, field: key(number, field[0]) + field[1],
    st.integers(0, 40),
    st.sampled_from(
        [(VARINT, b"\xff\x01"), (FIXED64, bytes(8)), (FIXED32, bytes(4))]
        + [(LENGTH_DELIMITED, content) for content in (b"\x00", b"\x02\x08\x01", b"\x05abcde")]
    ),
)
"""A whole field of any number, often with another wire type than is usual."""


def varint_field(number: int, values: st.SearchStrategy[bytes] = VARINTS) -> Any:
    return values.map(lambda value: key(number, VARINT) + value)


def bytes_field(number: int, content: st.SearchStrategy[bytes]) -> Any:
    return content.map(
        lambda some: key(number, LENGTH_DELIMITED) + varint(len(some)) + some,
    )


def double_field(number: int, values: st.SearchStrategy[float] = DOUBLES) -> Any:
    return values.map(lambda value: key(number, FIXED64) + struct.pack("<d", value))


def float_field(number: int) -> Any:
    return st.binary(min_size=4, max_size=4).map(lambda bits: key(number, FIXED32) + bits)


def message(*fields: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    """Return messages, mostly with each field once, in any order; seldom with others."""
    in_order = st.tuples(*fields)
    whole = in_order.flatmap(st.permutations)
    some = st.lists(st.one_of(*fields), max_size=5)
    rest = st.integers(0, 59).flatmap(
        lambda draw: JUNK if draw == 59 else UNKNOWN if draw > 50 else st.just(b"")
    )
    parts = st.integers(0, 9).flatmap(
        lambda draw: some if draw == 9 else whole if draw > 4 else in_order
    )
    return st.builds(lambda fields, more: b"".join(fields) + more, parts, rest)


def packed(letter: str, numbers: st.SearchStrategy[list[Any]]) -> st.SearchStrategy[bytes]:
    return numbers.map(lambda values: struct.pack(f"<{len(values)}{letter}", *values))


COUNTS = st.lists(st.sampled_from([0.0, 0.0, 0.0, 1.0, 3.0, 0.1, -1.0, float("nan")]), max_size=8)
SOUND_COUNTS = st.lists(st.sampled_from([0.0, 0.0, 1.0, 2e7 + 1, 1e300]), min_size=1, max_size=8)
LISTS = st.one_of(
    st.tuples(st.lists(DOUBLES, max_size=8).map(sorted), COUNTS),
    SOUND_COUNTS.flatmap(
        lambda counts: st.tuples(
            st.lists(st.floats(-9, 9), min_size=len(counts), max_size=len(counts)).map(sorted),
            st.just(counts),
        )
    ),
).map(
    lambda both: b"".join(
        key(number, LENGTH_DELIMITED)
        + varint(8 * len(values))
        + struct.pack(f"<{len(values)}d", *values)
        for number, values in zip((6, 7), both, strict=True)
    )
)
FIGURES = [double_field(number, st.floats(-10, 10)) for number in range(1, 6)]
HISTOGRAMS = st.one_of(
    message(*FIGURES, LISTS),
    message(LISTS),
    message(double_field(2), LISTS, double_field(7), bytes_field(6, st.binary(max_size=17))),
)
SIZES = st.one_of(st.sampled_from([0, 1, 1, 1, 2, 3, 3]), st.sampled_from([2**62, 2**64 - 1]))
SHAPES = st.lists(SIZES, max_size=3).map(
    lambda sizes: b"".join(
        key(2, LENGTH_DELIMITED) + varint(1 + len(varint(size))) + key(1, VARINT) + varint(size)
        for size in sizes
    )
)
TABLES = st.lists(
    st.tuples(st.floats(0, 1), st.floats(1, 2), st.sampled_from([0.0, 2.0, 0.1])), max_size=3
).map(lambda rows: struct.pack(f"<{3 * len(rows)}d", *(cell for row in rows for cell in row)))
DTYPES = st.sampled_from([1, 2, 3, 4, 5, 6, 7, 9, 10, 14, 17, 19, 22, 23])
ANY_TENSORS = message(
    varint_field(1, DTYPES.map(varint)),
    bytes_field(2, SHAPES),
    st.one_of(
        bytes_field(4, st.one_of(TABLES, st.binary(max_size=9))),
        bytes_field(5, packed("f", st.lists(st.floats(width=32), max_size=4))),
        bytes_field(6, packed("d", st.lists(DOUBLES, max_size=7))),
        *(varint_field(number) for number in (7, 10, 11, 13, 16, 17)),
        *(bytes_field(number, st.lists(VARINTS, max_size=3).map(b"".join)) for number in (7, 13)),
        float_field(5),
        double_field(6),
    ),
)
STORED_BYTES = {1: 4, 2: 8, 3: 4, 4: 1, 5: 2, 6: 1, 9: 8, 10: 1, 14: 2, 17: 2, 19: 2, 22: 4, 23: 8}
NUMBER_TENSORS = st.sampled_from(sorted(STORED_BYTES.items())).flatmap(
    lambda kind: message(
        st.just(key(1, VARINT) + varint(kind[0])),
        st.sampled_from([b"", key(2, LENGTH_DELIMITED) + b"\0", b"\x12\x04\x12\x02\x08\x01"]),
        bytes_field(4, st.binary(min_size=kind[1], max_size=kind[1])),
    )
)
TABLE_TENSORS = TABLES.map(
    lambda rows: b"".join(
        (
            key(1, VARINT) + b"\2",
            key(2, LENGTH_DELIMITED) + b"\x08" + b"\x12\2\x08" + bytes([len(rows) // 24]),
            b"\x12\2\x08\3",
            key(4, LENGTH_DELIMITED) + varint(len(rows)) + rows,
        )
    )
)
TENSORS = st.one_of(ANY_TENSORS, NUMBER_TENSORS, TABLE_TENSORS)
PLUGINS = st.sampled_from([b"", b"scalars", b"histograms", b"text", b"own"])
METADATA = message(
    bytes_field(1, bytes_field(1, PLUGINS)), varint_field(4, st.sampled_from([b"\0", b"\1", b"\2"]))
)
TAGS = st.sampled_from([b"a", b"b", b"Loss/batch", b"\xff\xfe", b"\\xff\\xfe", b"l" * 130, b""])
KINDS = st.one_of(
    float_field(2),
    *(bytes_field(5, HISTOGRAMS) for _ in range(3)),
    *(bytes_field(8, TENSORS) for _ in range(3)),
    bytes_field(4, st.binary(max_size=4)),
    bytes_field(6, st.binary(max_size=4)),
)
VALUES = st.one_of(
    message(bytes_field(1, TAGS), KINDS, bytes_field(9, METADATA)),
    message(bytes_field(1, TAGS), KINDS),
)
SUMMARIES = st.lists(bytes_field(1, VALUES), max_size=3).map(b"".join)
EVENTS = message(
    double_field(1),
    varint_field(2),
    st.one_of(
        *(bytes_field(5, SUMMARIES) for _ in range(6)),
        *(bytes_field(number, st.binary(max_size=5)) for number in (3, 4, 6, 7, 8, 9, 10)),
    ),
)
PLAIN = st.builds(
    lambda time, step, tag, value: b"".join(
        (
            b"\x09" + struct.pack("<d", time),
            b"\x10" + step if step else b"",
            b"\x2a" + bytes([len(tag) + 9]) + b"\x0a" + bytes([len(tag) + 7]),
            b"\x0a" + bytes([len(tag)]) + tag + b"\x15" + value,
        )
    ),
    DOUBLES,
    st.one_of(VARINTS, st.just(b"")),
    TAGS.filter(lambda tag: len(tag) < 100),
    st.binary(min_size=4, max_size=4),
)


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """Draw an event file, in which some bytes may be others, and some missing."""
    some = st.one_of(EVENTS, EVENTS, EVENTS, PLAIN, PLAIN, JUNK)
    payloads = draw(st.lists(some, min_size=1, max_size=6))
    times = draw(st.sampled_from([1, 1, 1, 40]))
    for _ in range(draw(st.sampled_from([0, 0, 1, 3]))):
        damaged = bytearray(draw(st.sampled_from(payloads)) or b"\0")
        damaged[draw(st.integers(0, len(damaged) - 1))] ^= draw(st.integers(1, 255))
        payloads.append(bytes(damaged))
    data = bytearray(b"".join(map(frame, payloads)) * times)
    if draw(st.sampled_from([False, False, False, True])):
        data[draw(st.integers(0, len(data) - 1))] ^= draw(st.integers(1, 255))
    if draw(st.sampled_from([False, False, True])):
        at = draw(st.integers(0, len(data)))
        data[at:at] = draw(st.sampled_from([bytes(40), b"\xff" * 7, b"text", frame(b"")[:13]]))
    return bytes(data[: len(data) - draw(st.sampled_from([0, 0, 1, 5, 17]))])


@settings(max_examples=400)
@given(data=files(), places=st.lists(st.integers(0, 3000), max_size=3))
def test_both_cores_read_alike(data: bytes, places: list[int]) -> None:
    """Whole and in pieces, with damage and without."""
    cuts = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    hold_no_difference([data[cuts[i] : cuts[i + 1]] for i in range(len(cuts) - 1)])


@settings(max_examples=10)
@given(data=files())
def test_both_cores_read_alike_up_to_any_byte(data: bytes) -> None:
    """A file that grows is seen at every length."""
    for stop in range(0, len(data), max(1, len(data) // 400)):
        hold_no_difference([data[:stop]])


@given(data=st.binary(max_size=300))
def test_both_cores_read_any_bytes_alike(data: bytes) -> None:
    """No record at all, most of the time."""
    hold_no_difference([data])


@pytest.mark.parametrize("size", [*range(70), *range(1500, 1600), 3071, 3072, 3073, 9001, 100_003])
def test_checksums_of_any_length_are_right(size: int) -> None:
    """Long payloads are checked in three streams, short ones byte by byte."""
    payload = bytes((7 * n * n + n) % 256 for n in range(size))
    hold_no_difference([frame(payload)])
    assert cores.NATIVE is not None
    assert cores.NATIVE.scan_records(frame(payload), {}, TagNumbers().number)[3] == 1


@pytest.mark.skipif(not _FOLDER, reason="LOSS_MONITOR_EVENT_FILES is not set")
def test_both_cores_read_real_files_alike() -> None:
    """Those of some twenty writers, whole, and cut where no record ends."""
    paths = [
        path for path in Path(_FOLDER).rglob("*") if path.is_file() and "tfevents" in path.name
    ]
    assert paths
    for path in paths:
        data = path.read_bytes()
        hold_no_difference([data])
        hold_no_difference([data[at : at + 9973] for at in range(0, len(data), 9973)])


def test_a_place_outside_of_the_buffer_is_refused() -> None:
    """A mistake of the caller, not of the file."""
    assert cores.NATIVE is not None
    with pytest.raises(ValueError, match="offset is 5, the buffer has 4 bytes"):
        cores.NATIVE.resume_after_fault(b"1234", 5)
