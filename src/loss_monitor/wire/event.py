"""Event messages of TensorBoard: one record's payload as scalars, histograms and tensors.

Enters: payloads. Leaves: `Event` with its values, nothing interpreted; and the other way
round for the writer. Source: TensorBoard's `event.proto`, `summary.proto`, `tensor.proto`,
`tensor_shape.proto` and `types.proto`. Unknown fields, and known ones with another wire
type, are passed over as the reference implementation does.
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from loss_monitor.wire import tensor
from loss_monitor.wire.protobuf import (
    FIXED32,
    FIXED64,
    LENGTH_DELIMITED,
    VARINT,
    MalformedError,
    bytes_field,
    double_field,
    float_field,
    read_fields,
    signed,
    varint_field,
)
from loss_monitor.wire.tensor import Tensor

FILE_VERSION = "brain.Event:2"

# Field numbers, by message.
_WALL_TIME, _STEP, _FILE_VERSION, _SUMMARY = 1, 2, 3, 5
_SUMMARY_VALUE = 1
_TAG, _SIMPLE_VALUE, _HISTOGRAM, _TENSOR, _METADATA = 1, 2, 5, 8, 9
_PLUGIN_DATA, _PLUGIN_NAME, _DATA_CLASS = 1, 1, 4
_SUM_SQUARES, _BUCKET_LIMIT, _BUCKET = 5, 6, 7

_EVENT_KINDS = {
    _FILE_VERSION: "file version",
    4: "graph",
    _SUMMARY: "summary",
    6: "log message",
    7: "session log",
    8: "run metadata",
    9: "graph",
    10: "source metadata",
}
_VALUE_KINDS = {
    _SIMPLE_VALUE: "scalar",
    4: "image",
    _HISTOGRAM: "histogram",
    6: "audio",
    _TENSOR: "tensor",
}
_NO_VALUE = "no value"

_DOUBLE = struct.Struct("<d")
_FLOAT = struct.Struct("<f")


@dataclass(slots=True)
class Histogram:
    """A `HistogramProto`: bucket `i` holds `counts[i]` values up to `limits[i]`."""

    min: float = 0.0
    max: float = 0.0
    num: float = 0.0
    sum: float = 0.0
    sum_squares: float = 0.0
    limits: Sequence[float] = ()
    counts: Sequence[float] = ()


@dataclass(slots=True)
class Value:
    """A `Summary.Value`; of `scalar`, `histogram`, `tensor` the one that `kind` names holds."""

    tag: bytes = b""
    """As in the file: it may be no UTF-8."""
    kind: str = _NO_VALUE
    """`scalar`, `histogram`, `tensor`, `image`, `audio` or `no value`."""
    scalar: float = 0.0
    histogram: Histogram | None = None
    tensor: Tensor | None = None
    plugin: bytes = b""
    """Name of the plugin that the value is meant for; empty where metadata are absent."""
    data_class: int = 0
    """1 scalar, 2 tensor, 3 blob sequence, 0 unknown."""


@dataclass(slots=True)
class Event:
    """One record of an event file."""

    wall_time: float = 0.0
    """Seconds since 1970-01-01 UTC; 0 where absent."""
    step: int = 0
    kind: str = "empty"
    """What the event carries, in words; the last one where there are several."""
    file_version: bytes = b""
    values: list[Value] | None = None


def decode_event(payload: memoryview) -> Event:
    """Return the event that `payload` holds. Raises `MalformedError`."""
    event = Event()
    for number, wire_type, value, start in read_fields(payload, 0, len(payload)):
        if number == _WALL_TIME:
            if wire_type == FIXED64:
                event.wall_time = _DOUBLE.unpack_from(payload, start)[0]
        elif number == _STEP:
            if wire_type == VARINT:
                event.step = signed(value)
        elif wire_type == LENGTH_DELIMITED and number in _EVENT_KINDS:
            event.kind = _EVENT_KINDS[number]
            if number == _SUMMARY:
                if event.values is None:
                    event.values = []
                _decode_summary(payload, start, start + value, event.values)
            elif number == _FILE_VERSION:
                event.file_version = bytes(payload[start : start + value])
    return event


def _decode_summary(view: memoryview, start: int, stop: int, values: list[Value]) -> None:
    for number, wire_type, length, at in read_fields(view, start, stop):
        if number == _SUMMARY_VALUE and wire_type == LENGTH_DELIMITED:
            values.append(_decode_value(view, at, at + length))


def _decode_value(view: memoryview, start: int, stop: int) -> Value:
    result = Value()
    for number, wire_type, length, at in read_fields(view, start, stop):
        if number == _SIMPLE_VALUE:
            if wire_type == FIXED32:
                result.kind = "scalar"
                result.scalar = _FLOAT.unpack_from(view, at)[0]
        elif wire_type != LENGTH_DELIMITED:
            continue
        elif number == _TAG:
            result.tag = bytes(view[at : at + length])
        elif number == _METADATA:
            _decode_metadata(view, at, at + length, result)
        elif number in _VALUE_KINDS:
            result.kind = _VALUE_KINDS[number]
            if number == _TENSOR:
                result.tensor = tensor.decode(view, at, at + length)
            elif number == _HISTOGRAM:
                result.histogram = _decode_histogram(view, at, at + length)
    return result


def _decode_metadata(view: memoryview, start: int, stop: int, result: Value) -> None:
    for number, wire_type, value, at in read_fields(view, start, stop):
        if number == _DATA_CLASS and wire_type == VARINT:
            result.data_class = value
        elif number == _PLUGIN_DATA and wire_type == LENGTH_DELIMITED:
            for inner, inner_type, length, begin in read_fields(view, at, at + value):
                if inner == _PLUGIN_NAME and inner_type == LENGTH_DELIMITED:
                    result.plugin = bytes(view[begin : begin + length])


def _decode_histogram(view: memoryview, start: int, stop: int) -> Histogram:
    figures = [0.0] * _SUM_SQUARES
    lists = {_BUCKET_LIMIT: array("d"), _BUCKET: array("d")}
    for number, wire_type, length, at in read_fields(view, start, stop):
        if wire_type == FIXED64 and 1 <= number <= _SUM_SQUARES:
            figures[number - 1] = _DOUBLE.unpack_from(view, at)[0]
        elif number in lists and wire_type in (LENGTH_DELIMITED, FIXED64):
            if length % 8:
                raise MalformedError("a packed list of doubles ends inside a double")
            lists[number].frombytes(view[at : at + length])
    if sys.byteorder == "big":
        for doubles in lists.values():
            doubles.byteswap()
    low, high, num, total, total_squares = figures
    return Histogram(low, high, num, total, total_squares, lists[_BUCKET_LIMIT], lists[_BUCKET])


def encode_file_version(wall_time: float) -> bytes:
    """Return the payload that begins an event file."""
    return double_field(_WALL_TIME, wall_time) + bytes_field(_FILE_VERSION, FILE_VERSION.encode())


def encode_scalar(tag: bytes, value: float, step: int, wall_time: float) -> bytes:
    """Return the payload of one scalar, kept as float32."""
    message = bytes_field(_TAG, tag) + float_field(_SIMPLE_VALUE, value)
    return _encode_value(message, step, wall_time)


def encode_histogram(tag: bytes, histogram: Histogram, step: int, wall_time: float) -> bytes:
    """Return the payload of one histogram."""
    figures = (
        histogram.min,
        histogram.max,
        histogram.num,
        histogram.sum,
        histogram.sum_squares,
    )
    message = b"".join(double_field(number, figure) for number, figure in enumerate(figures, 1))
    for number, doubles in ((_BUCKET_LIMIT, histogram.limits), (_BUCKET, histogram.counts)):
        message += bytes_field(number, struct.pack(f"<{len(doubles)}d", *doubles))
    value = bytes_field(_TAG, tag) + bytes_field(_HISTOGRAM, message)
    return _encode_value(value, step, wall_time)


def _encode_value(value: bytes, step: int, wall_time: float) -> bytes:
    summary = bytes_field(_SUMMARY_VALUE, value)
    when = double_field(_WALL_TIME, wall_time) + varint_field(_STEP, step)
    return when + bytes_field(_SUMMARY, summary)
