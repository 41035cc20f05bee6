"""Texts and hyperparameters of event files, which the scan of records passes over.

Enters: the records of a buffer of which a scan has said that some hold texts. Leaves: texts
with their steps, and named hyperparameters, all of them bounded. Sources: TensorBoard's
`plugins/text/metadata.py` (string tensors) and `plugins/hparams/plugin_data.proto` (the plugin's
own data in the metadata of a value that is otherwise empty).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from loss_monitor.series.texts import Parameter, Text
from loss_monitor.wire.crc32c import Buffer
from loss_monitor.wire.frames import CHECKSUM, HEADER
from loss_monitor.wire.protobuf import (
    FIXED64,
    LENGTH_DELIMITED,
    VARINT,
    MalformedError,
    read_fields,
    signed,
)

TEXT, HPARAMS = b"text", b"hparams"
TEXT_BYTES_MAX = 16_384
"""Bytes of a text that are kept; notes and settings are a few kilobytes."""
RECORDS_MAX = 2_000
"""Records that are decoded of one buffer: a text on every step must not slow the reading."""
HPARAMS_MAX = 1_000

# Field numbers, by message: Event, Summary, Value, SummaryMetadata, PluginData.
_WALL_TIME, _STEP, _SUMMARY = 1, 2, 5
_VALUE = 1
_TAG, _TENSOR, _METADATA = 1, 8, 9
_PLUGIN_DATA = 1
_PLUGIN_NAME, _PLUGIN_CONTENT = 1, 2
_STRINGS = 8
"""Field of a TensorProto's strings."""
_SESSION_START, _PARAMETERS = 3, 1
_MAP_KEY, _MAP_VALUE = 1, 2
_NUMBER, _STRING, _BOOL = 2, 3, 4


@dataclass(slots=True)
class Texts:
    """What a buffer held beside numbers."""

    texts: dict[str, list[Text]] = field(default_factory=dict)
    """By tag, in the order of the file."""
    hparams: dict[str, Parameter] = field(default_factory=dict)


def holds_texts(skipped: Mapping[str, int], plugins: Mapping[bytes, bytes]) -> bool:
    """Tell from what a scan passed over whether `texts_in` would find something."""
    if "text" in skipped:
        return True
    # Hyperparameters stand in the metadata of an empty value, or of an empty tensor.
    return HPARAMS in plugins.values() and ("no value" in skipped or "tensor" in skipped)


def texts_in(buffer: Buffer, plugins: Mapping[bytes, bytes]) -> Texts:
    """Return the texts and hyperparameters of whole good records.

    `plugins` is the scan's: the plugin of each tag that named one. Raises nothing for any
    content; what is malformed is left out.
    """
    found = Texts()
    data = bytes(buffer)
    tags = [tag for tag, plugin in plugins.items() if plugin in (TEXT, HPARAMS)]
    view = memoryview(data)
    decoded = 0
    for start, stop in _payloads(data):
        if not any(data.find(tag, start, stop) >= 0 for tag in tags):
            continue
        decoded += 1
        if decoded > RECORDS_MAX:
            break
        try:
            _take_event(view, start, stop, plugins, found)
        except MalformedError:
            continue
    return found


def _payloads(data: bytes) -> Iterator[tuple[int, int]]:
    at = 0
    while at + HEADER.size <= len(data):
        length = HEADER.unpack_from(data, at)[0]
        start = at + HEADER.size
        yield start, start + length
        at = start + length + CHECKSUM.size


def _take_event(
    view: memoryview, start: int, stop: int, plugins: Mapping[bytes, bytes], found: Texts
) -> None:
    wall_time, step = 0.0, 0
    summaries = []
    for number, wire_type, value, at in read_fields(view, start, stop):
        if number == _WALL_TIME and wire_type == FIXED64:
            wall_time = struct.unpack_from("<d", view, at)[0]
        elif number == _STEP and wire_type == VARINT:
            step = signed(value)
        elif number == _SUMMARY and wire_type == LENGTH_DELIMITED:
            summaries.append((at, at + value))
    for summary in summaries:
        for begin, end in _inner(view, *summary, _VALUE):
            _take_value(view, begin, end, plugins, found, (step, wall_time))


def _take_value(
    view: memoryview,
    start: int,
    stop: int,
    plugins: Mapping[bytes, bytes],
    found: Texts,
    when: tuple[int, float],
) -> None:
    tag, plugin, content = b"", b"", (0, 0)
    tensor: tuple[int, int] | None = None
    for number, wire_type, length, at in read_fields(view, start, stop):
        if wire_type != LENGTH_DELIMITED:
            continue
        if number == _TAG:
            tag = bytes(view[at : at + length])
        elif number == _TENSOR:
            tensor = (at, at + length)
        elif number == _METADATA:
            for begin, end in _inner(view, at, at + length, _PLUGIN_DATA):
                plugin = _bytes_of(view, begin, end, _PLUGIN_NAME)
                content = next(iter(_inner(view, begin, end, _PLUGIN_CONTENT)), content)
    plugin = plugin or plugins.get(tag, b"")
    if plugin == HPARAMS:
        _take_hparams(view, *content, found.hparams)
    elif plugin == TEXT and tensor is not None:
        parts = [bytes(view[begin:end]) for begin, end in _inner(view, *tensor, _STRINGS)]
        whole = b"\n".join(parts)
        text = _text(whole[:TEXT_BYTES_MAX])
        one = Text(*when, text, len(whole) > TEXT_BYTES_MAX)
        found.texts.setdefault(_text(tag), []).append(one)


def _take_hparams(view: memoryview, start: int, stop: int, into: dict[str, Parameter]) -> None:
    for session in _inner(view, start, stop, _SESSION_START):
        for entry in _inner(view, *session, _PARAMETERS):
            name = _text(_bytes_of(view, *entry, _MAP_KEY))
            for value in _inner(view, *entry, _MAP_VALUE):
                known = _parameter(view, *value)
                if known is not None and (name in into or len(into) < HPARAMS_MAX):
                    into[name] = known


def _parameter(view: memoryview, start: int, stop: int) -> Parameter | None:
    """Return a `google.protobuf.Value`; None for null, lists and structures."""
    found: Parameter | None = None
    for number, wire_type, value, at in read_fields(view, start, stop):
        if number == _NUMBER and wire_type == FIXED64:
            found = struct.unpack_from("<d", view, at)[0]
        elif number == _STRING and wire_type == LENGTH_DELIMITED:
            found = _text(bytes(view[at : at + min(value, TEXT_BYTES_MAX)]))
        elif number == _BOOL and wire_type == VARINT:
            found = bool(value)
    return found


def _inner(view: memoryview, start: int, stop: int, wanted: int) -> list[tuple[int, int]]:
    """Return where the messages or texts of one field lie."""
    return [
        (at, at + value)
        for number, wire_type, value, at in read_fields(view, start, stop)
        if number == wanted and wire_type == LENGTH_DELIMITED
    ]


def _bytes_of(view: memoryview, start: int, stop: int, wanted: int) -> bytes:
    places = _inner(view, start, stop, wanted)
    return bytes(view[slice(*places[-1])]) if places else b""


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "backslashreplace")
