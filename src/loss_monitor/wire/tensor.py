"""Tensors of event files: the few numbers of a scalar or a table of buckets.

Enters: a `TensorProto`. Leaves: its type, its shape and, asked for, its numbers. Source:
TensorFlow's `tensor.proto`, `tensor_shape.proto`, `types.proto`. Numbers are decoded only
where their count is small or stored as such in the file, so that a message cannot make the
reader allocate more than it holds.
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from math import prod

from loss_monitor.wire.protobuf import (
    FIXED32,
    FIXED64,
    LENGTH_DELIMITED,
    VARINT,
    Field,
    MalformedError,
    read_fields,
    read_varint,
    signed,
)

# Field numbers, by message.
_DTYPE, _SHAPE, _CONTENT, _FLOAT_LIST, _DOUBLE_LIST = 1, 2, 4, 5, 6
_DIM, _SIZE = 2, 1

FLOAT = 1
DOUBLE = 2
HALF = 19
BFLOAT16 = 14
_FLOAT32_EXACT = frozenset((FLOAT, HALF, BFLOAT16))

# Per type: struct's letter for `tensor_content`, and the field of its typed list.
_TYPES: dict[int, tuple[str, int]] = {
    FLOAT: ("f", _FLOAT_LIST),
    DOUBLE: ("d", _DOUBLE_LIST),
    3: ("i", 7),
    4: ("B", 7),
    5: ("h", 7),
    6: ("b", 7),
    9: ("q", 10),
    10: ("?", 11),
    BFLOAT16: ("H", 13),
    17: ("H", 7),
    HALF: ("e", 13),
    22: ("I", 16),
    23: ("Q", 17),
}
_LIST_FIELDS = frozenset(number for _, number in _TYPES.values())

_RANK_MAX = 8
"""A shape beyond this is kept cut off: no scalar and no histogram has more than two axes."""


@dataclass(slots=True)
class Tensor:
    """A `TensorProto`, its numbers still encoded."""

    dtype: int = 0
    shape: tuple[int, ...] = ()
    view: memoryview = field(default_factory=lambda: memoryview(b""))
    """Buffer that the fields lie in."""
    content: tuple[int, int] | None = None
    """Start and stop of `tensor_content`."""
    lists: list[Field] = field(default_factory=list)
    """Fields of the typed lists."""

    @property
    def is_numeric(self) -> bool:
        """Whether the type is one that `numbers` decodes."""
        return self.dtype in _TYPES

    @property
    def is_double(self) -> bool:
        """Whether float32 could not hold every number of the type."""
        return self.dtype not in _FLOAT32_EXACT

    def numbers(self) -> Sequence[float] | None:
        """Return the numbers, row by row, as many as the shape says.

        None where the type is no number or their count differs from the shape's. Takes no
        more memory than the message for float and double. Raises `MalformedError` for a list
        that does not end properly.
        """
        if self.dtype not in _TYPES:
            return None
        letter, number = _TYPES[self.dtype]
        count = prod(self.shape)
        if self.content is not None:
            return self._stored(letter, count)
        fields = [entry for entry in self.lists if entry[0] == number]
        if sum(value if kind == LENGTH_DELIMITED else 1 for _, kind, value, _ in fields) < count:
            return None
        listed = array("d", islice(self._listed(fields), count + 1))
        return listed if len(listed) == count else None

    def _stored(self, letter: str, count: int) -> Sequence[float] | None:
        start, stop = self.content or (0, 0)
        if struct.calcsize(f"<{letter}") * count != stop - start:
            return None
        if self.dtype in (FLOAT, DOUBLE):
            floats = array(letter, bytes(self.view[start:stop]))
            if sys.byteorder == "big":
                floats.byteswap()
            return floats
        stored = struct.unpack_from(f"<{count}{letter}", self.view, start)
        return array("d", map(_widened, stored) if self.dtype == BFLOAT16 else stored)

    def _listed(self, fields: Iterable[Field]) -> Iterable[float]:
        for number, wire_type, value, start in fields:
            if number in (_FLOAT_LIST, _DOUBLE_LIST):
                yield from self._fixed(number, wire_type, value, start)
            elif wire_type == VARINT:
                yield self._from_varint(value)
            elif wire_type == LENGTH_DELIMITED:
                offset, stop = start, start + value
                while offset < stop:
                    item, offset = read_varint(self.view, offset, stop)
                    yield self._from_varint(item)

    def _fixed(self, number: int, wire_type: int, length: int, start: int) -> Iterable[float]:
        is_float = number == _FLOAT_LIST
        letter, size, single = ("f", 4, FIXED32) if is_float else ("d", 8, FIXED64)
        if wire_type not in (single, LENGTH_DELIMITED):
            return
        if length % size:
            raise MalformedError("a packed list ends inside a number")
        for offset in range(start, start + length, size):
            yield struct.unpack_from(f"<{letter}", self.view, offset)[0]

    def _from_varint(self, value: int) -> float:
        if self.dtype == HALF:
            half: float = struct.unpack("<e", struct.pack("<H", value & 0xFFFF))[0]
            return half
        if self.dtype == BFLOAT16:
            return _widened(value)
        return float(value if self.dtype in (22, 23) else signed(value))


def decode(view: memoryview, start: int, stop: int) -> Tensor:
    """Return the `TensorProto` in `view[start:stop]`. Raises `MalformedError`."""
    result = Tensor(view=view)
    for entry in read_fields(view, start, stop):
        number, wire_type, value, at = entry
        if number == _DTYPE and wire_type == VARINT:
            result.dtype = value
        elif number == _SHAPE and wire_type == LENGTH_DELIMITED:
            result.shape = _decode_shape(view, at, at + value)
        elif number == _CONTENT and wire_type == LENGTH_DELIMITED:
            # An empty content is how proto2 writers say that a typed list follows.
            result.content = (at, at + value) if value else None
        elif number in _LIST_FIELDS:
            result.lists.append(entry)
    return result


def _decode_shape(view: memoryview, start: int, stop: int) -> tuple[int, ...]:
    sizes: list[int] = []
    for number, wire_type, length, at in read_fields(view, start, stop):
        if number == _DIM and wire_type == LENGTH_DELIMITED and len(sizes) <= _RANK_MAX:
            size = 0
            for inner, inner_type, value, _ in read_fields(view, at, at + length):
                if inner == _SIZE and inner_type == VARINT:
                    size = max(signed(value), 0)
            sizes.append(size)
    return tuple(sizes)


def _widened(bits: int) -> float:
    """Return a bfloat16, which is the upper half of a float32."""
    widened: float = struct.unpack("<f", struct.pack("<I", (bits & 0xFFFF) << 16))[0]
    return widened
