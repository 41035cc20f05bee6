"""Event files drawn at random: mostly sound, every form of a value, and what nobody writes.

Enters: a `random.Random`. Leaves: payloads, and files of them with damage. Drawn by hand
rather than by Hypothesis, since a reader has to see tens of thousands before rare forms meet.
"""

from __future__ import annotations

import math
import struct
from random import Random

from loss_monitor.wire.frames import frame
from loss_monitor.wire.protobuf import FIXED32, FIXED64, LENGTH_DELIMITED, VARINT, varint

TAGS = (b"a", b"b", b"Loss/batch", b"\xff\xfe", b"\\xff\\xfe", b"l" * 110, b"l" * 130, b"")
PLUGINS = (b"", b"scalars", b"histograms", b"text", b"own", b"scalarss")
NUMBERS = (0.0, -0.0, 1.0, -1.0, 0.1, 2.5, 1e300, -1e300, 5e-324, 3e38, 2e7 + 1)
NOT_FINITE = (math.nan, math.inf, -math.inf)
STORED_BYTES = {1: 4, 2: 8, 3: 4, 4: 1, 5: 2, 6: 1, 9: 8, 10: 1, 14: 2, 17: 2, 19: 2, 22: 4, 23: 8}
"""Bytes of a number in `tensor_content`, by type."""
LISTS = {1: 5, 2: 6, 3: 7, 4: 7, 5: 7, 6: 7, 9: 10, 10: 11, 14: 13, 17: 7, 19: 13, 22: 16, 23: 17}
"""Field of the typed list, by type."""


def any_varint(chance: Random) -> bytes:
    """Return a varint, sometimes of more bytes than it needs."""
    short = varint(chance.choice((0, 1, 2, 127, 128, 300, 2**31, 2**63, 2**64 - 1, 12345)))
    if chance.random() < 0.9 or len(short) == 10:
        return short
    more = chance.randint(1, 10 - len(short))
    return short[:-1] + bytes([short[-1] | 0x80]) + b"\x80" * (more - 1) + b"\x00"


def number(chance: Random, *, finite: float = 0.95) -> float:
    """Return a number that is finite with the given probability."""
    if chance.random() > finite:
        return chance.choice(NOT_FINITE)
    return chance.choice(NUMBERS) if chance.random() < 0.5 else chance.uniform(-9, 9)


def key(number: int, wire_type: int) -> bytes:
    """Return the bytes in front of a field."""
    return varint(number << 3 | wire_type)


def held(number: int, content: bytes) -> bytes:
    """Return a length-delimited field."""
    return key(number, LENGTH_DELIMITED) + varint(len(content)) + content


def double(chance: Random, number_: int) -> bytes:
    """Return a field of one double."""
    return key(number_, FIXED64) + struct.pack("<d", number(chance))


def unknown(chance: Random) -> bytes:
    """Return a whole field of any number, often one that is known with another wire type."""
    at = chance.randint(0, 24)
    return chance.choice(
        (
            key(at, VARINT) + any_varint(chance),
            key(at, FIXED64) + chance.randbytes(8),
            key(at, FIXED32) + chance.randbytes(4),
            held(at, chance.choice((b"", b"\x08\x01", chance.randbytes(5)))),
        )
    )


def junk(chance: Random) -> bytes:
    """Return what seldom is a field."""
    return chance.choice(
        (
            chance.randbytes(chance.randint(1, 6)),
            key(chance.randint(0, 24), chance.randint(0, 7)) + chance.randbytes(3),
            b"\xff" * 12,
            b"\x0a\x7f",
        )
    )


def message(chance: Random, *fields: bytes) -> bytes:
    """Return fields as one message: mostly as they are, else in another order, some twice."""
    parts = list(fields)
    draw = chance.random()
    if draw < 0.2:
        chance.shuffle(parts)
    elif draw < 0.25:
        parts = chance.choices(parts, k=chance.randint(0, 5)) if parts else []
    draw = chance.random()
    if draw < 0.04:
        parts.insert(chance.randint(0, len(parts)), unknown(chance))
    elif draw < 0.045:
        parts.append(junk(chance))
    return b"".join(parts)


def doubles(chance: Random, number_: int, values: list[float]) -> bytes:
    """Return a list of doubles: packed, or one by one, or in two halves."""
    draw = chance.random()
    if draw < 0.1:
        return b"".join(key(number_, FIXED64) + struct.pack("<d", value) for value in values)
    if draw < 0.2:
        half = len(values) // 2
        return b"".join(held(number_, _packed(part)) for part in (values[:half], values[half:]))
    return held(number_, _packed(values) + (b"?" if draw > 0.99 else b""))


def _packed(values: list[float]) -> bytes:
    return struct.pack(f"<{len(values)}d", *values)


def histogram(chance: Random) -> bytes:
    """Return a `HistogramProto`, mostly one whose lists fit."""
    buckets = chance.choice((0, 1, 2, 3, 5, 9, 30))
    limits = [number(chance, finite=0.99) for _ in range(buckets)]
    if chance.random() < 0.9:
        limits.sort()
    counts = [chance.choice((0.0, 0.0, 0.0, 0.0, 1.0, 3.0)) for _ in range(buckets)]
    if buckets and chance.random() < 0.3:
        odd = chance.choice((0.1, -0.0, 2e7 + 1, 1e300, -1.0, math.nan, math.inf))
        counts[chance.randrange(buckets)] = odd
    if chance.random() < 0.05:
        counts.append(1.0)
    figures = [double(chance, n) for n in range(1, 6) if chance.random() < 0.9]
    if limits and chance.random() < 0.3:
        figures.append(key(2, FIXED64) + struct.pack("<d", chance.choice(limits)))
    return message(chance, *figures, doubles(chance, 6, limits), doubles(chance, 7, counts))


def shape(chance: Random, sizes: tuple[int, ...]) -> bytes:
    """Return a `TensorShapeProto`."""
    axes = [held(2, message(chance, key(1, VARINT) + varint(size))) for size in sizes]
    return message(chance, *axes)


def tensor(chance: Random) -> bytes:
    """Return a `TensorProto` of any type: a number, a table, or neither."""
    dtype = chance.choice((*STORED_BYTES, 1, 1, 2, 2, 7, 8, 2**33))
    draw = chance.random()
    if draw < 0.5:
        rows, sizes = 0, chance.choice(((), (), (), (1,), (1, 1), (1,) * 9, (1,) * 10 + (2,)))
    else:
        rows = chance.choice((0, 1, 2, 4))
        sizes = (rows, 3)
        dtype = chance.choice((1, 2, 2, 2))
    if chance.random() < 0.05:
        sizes = chance.choice(((2**62, 3), ((2**64 + 2) // 3, 3), (2**64 - 1,), (0,), (3,), (2, 2)))
    count = max(1, 3 * rows) if draw < 0.5 or rows else 0
    if chance.random() < 0.05:
        count += chance.choice((-1, 1))
    kind = key(1, VARINT) + varint(dtype)
    return message(
        chance, kind, held(2, shape(chance, sizes)), *numbers(chance, dtype, max(0, count), rows)
    )


def numbers(chance: Random, dtype: int, count: int, rows: int) -> list[bytes]:
    """Return the fields with a tensor's numbers; those of `rows` form a table."""
    values = [number(chance, finite=0.98) for _ in range(count)]
    if rows and count == 3 * rows and chance.random() < 0.9:
        edges = sorted(number(chance, finite=1) for _ in range(rows + 1))
        counts = [chance.choice((0.0, 0.0, 1.0, 2.5)) for _ in range(rows)]
        values = [cell for i in range(rows) for cell in (edges[i], edges[i + 1], counts[i])]
    if chance.random() < 0.5:
        if dtype in (1, 2):
            return [held(4, _floats(dtype, values))]
        return [held(4, chance.randbytes(count * STORED_BYTES.get(dtype, 1)))]
    field = LISTS.get(dtype, 5)
    if chance.random() < 0.1:
        field = chance.choice((5, 6, 7, 10, 11, 13, 16, 17))
    fields = [held(4, b"")] if chance.random() < 0.1 else []
    if dtype in (1, 2):
        wire_type = FIXED32 if dtype == 1 else FIXED64
        whole = _floats(dtype, values)
        size = len(whole) // count if count else 1
        single = [key(field, wire_type) + whole[i : i + size] for i in range(0, len(whole), size)]
    else:
        listed = [any_varint(chance) for _ in range(count)]
        single = [key(field, VARINT) + one for one in listed]
        whole = b"".join(listed)
    draw = chance.random()
    if draw < 0.1:
        whole += chance.choice((b"\x80", b"\x80\x00", b"abc"))
    if draw < 0.6:
        return [*fields, held(field, whole)]
    if draw < 0.7:
        single += [held(field, b""), held(field, chance.choice((b"\x80", b"?")))]
    return [*fields, *single]


def _floats(dtype: int, values: list[float]) -> bytes:
    if dtype == 2:
        return _packed(values)
    fitting = [value if abs(value) < 3e38 or value != value else 1.0 for value in values]
    return struct.pack(f"<{len(fitting)}f", *fitting)


def value(chance: Random) -> bytes:
    """Return a `Summary.Value` of any kind."""
    draw = chance.random()
    if draw < 0.2:
        kind = key(2, FIXED32) + chance.randbytes(4)
    elif draw < 0.5:
        kind = held(5, histogram(chance))
    elif draw < 0.9:
        kind = held(8, tensor(chance))
    else:
        kind = chance.choice((held(4, b"image"), held(6, b"audio"), b""))
    fields = [held(1, chance.choice(TAGS)), kind]
    if chance.random() < 0.3:
        plugin = held(1, message(chance, held(1, chance.choice(PLUGINS))))
        data_class = key(4, VARINT) + varint(chance.choice((0, 1, 2)))
        parts = (plugin, data_class) if chance.random() < 0.3 else (plugin,)
        fields.append(held(9, message(chance, *parts)))
    return message(chance, *fields)


def event(chance: Random) -> bytes:
    """Return an `Event`, mostly with one value."""
    times = chance.choice((1, 1, 1, 1, 2, 3, 0))
    summary = held(5, message(chance, *(held(1, value(chance)) for _ in range(times))))
    carried = summary
    if chance.random() < 0.1:
        carried += held(chance.choice((3, 4, 6, 7, 8, 9, 10)), chance.randbytes(3))
    return message(chance, double(chance, 1), key(2, VARINT) + any_varint(chance), carried)


def plain(chance: Random) -> bytes:
    """Return a scalar as nearly all writers put it, or what differs from it in one byte."""
    tag = chance.choice(TAGS)
    if chance.random() < 0.05:
        return _with_short_lengths(chance, b"l" * chance.randint(110, 130))
    step = key(2, VARINT) + any_varint(chance) if chance.random() < 0.9 else b""
    message_ = held(1, tag) + key(2, FIXED32) + chance.randbytes(4)
    payload = bytearray(double(chance, 1) + step + held(5, held(1, message_)))
    if chance.random() < 0.2:
        payload[chance.randrange(len(payload))] ^= 1 << chance.randrange(8)
    return bytes(payload)


def _with_short_lengths(chance: Random, tag: bytes) -> bytes:
    """Return what would be a scalar if lengths beyond 127 had one byte."""
    size = len(tag)
    lengths = bytes((0x2A, size + 9, 0x0A, size + 7, 0x0A, size))
    return double(chance, 1) + lengths + tag + key(2, FIXED32) + chance.randbytes(4)


def payload(chance: Random) -> bytes:
    """Return the payload of one record, seldom with a damaged byte."""
    made = plain(chance) if chance.random() < 0.3 else event(chance)
    draw = chance.random()
    if draw < 0.03 and made:
        damaged = bytearray(made)
        damaged[chance.randrange(len(made))] ^= chance.randint(1, 255)
        return bytes(damaged)
    return made[: chance.randint(0, len(made))] if draw < 0.05 else made


def damaged(chance: Random, data: bytes) -> bytes:
    """Return a file with other bytes, with foreign ones in between, or without its end."""
    changed = bytearray(data)
    draw = chance.random()
    if draw < 0.4 and changed:
        changed[chance.randrange(len(changed))] ^= chance.randint(1, 255)
    elif draw < 0.7:
        at = chance.randint(0, len(changed))
        changed[at:at] = chance.choice((bytes(40), b"\xff" * 7, b"text", frame(b"")[:13]))
    return bytes(changed[: len(changed) - chance.choice((0, 0, 1, 5, 17))])
