"""Tensors: every numeric type in both encodings, as the reference implementation reads it."""

from __future__ import annotations

import tracemalloc

import pytest

from loss_monitor.wire.protobuf import bytes_field, varint, varint_field
from loss_monitor.wire.tensor import Tensor, decode

tensor_pb2 = pytest.importorskip("tensorboard.compat.proto.tensor_pb2")
tensor_shape_pb2 = pytest.importorskip("tensorboard.compat.proto.tensor_shape_pb2")
tensor_util = pytest.importorskip("tensorboard.util.tensor_util")


def decoded(message: bytes) -> Tensor:
    """Return the tensor in `message`."""
    return decode(memoryview(message), 0, len(message))


LISTS = [
    (1, "float_val", [0.5, -2.0, 3.0]),
    (2, "double_val", [0.1, -2.0, 3.0]),
    (3, "int_val", [-5, 0, 7]),
    (9, "int64_val", [-5, 2**40, 7]),
    (10, "bool_val", [True, False, True]),
    (19, "half_val", [0x3800, 0xC000, 0x4200]),
]
UNSIGNED_LISTS = [(22, "uint32_val", [1, 2, 2**32 - 1]), (23, "uint64_val", [1, 2, 2**63])]


@pytest.mark.parametrize(("dtype", "name", "numbers"), LISTS)
def test_a_typed_list_reads_as_the_reference_reads_it(
    dtype: int, name: str, numbers: list[float]
) -> None:
    """Packed lists of each type; half precision is stored as bits."""
    message = tensor_pb2.TensorProto(dtype=dtype, **{name: numbers})
    message.tensor_shape.dim.add(size=3)
    expected = tensor_util.make_ndarray(message).astype(float).tolist()
    tensor = decoded(message.SerializeToString())
    assert tensor.is_numeric
    assert list(tensor.numbers() or ()) == expected


@pytest.mark.parametrize(("dtype", "name", "numbers"), UNSIGNED_LISTS)
def test_an_unsigned_list_reads_as_it_was_written(
    dtype: int, name: str, numbers: list[int]
) -> None:
    """The reference has no reading of these, so the list itself is the measure."""
    message = tensor_pb2.TensorProto(dtype=dtype, **{name: numbers})
    message.tensor_shape.dim.add(size=3)
    tensor = decoded(message.SerializeToString())
    assert list(tensor.numbers() or ()) == [float(number) for number in numbers]
    assert tensor.is_double


@pytest.mark.parametrize("dtype", [1, 2, 3, 4, 5, 6, 9, 10, 17, 19, 22, 23])
def test_stored_bytes_read_as_the_reference_reads_them(dtype: int) -> None:
    """`tensor_content` holds the numbers as they lie in memory."""
    size = {1: 4, 2: 8, 3: 4, 4: 1, 5: 2, 6: 1, 9: 8, 10: 1, 17: 2, 19: 2, 22: 4, 23: 8}[dtype]
    message = tensor_pb2.TensorProto(dtype=dtype, tensor_content=bytes([1] * size * 2))
    message.tensor_shape.dim.add(size=2)
    expected = tensor_util.make_ndarray(message).astype(float).tolist()
    assert list(decoded(message.SerializeToString()).numbers() or ()) == expected


def test_bfloat16_is_the_upper_half_of_a_float32() -> None:
    """Both encodings of 1.0 and -2.0."""
    shape = bytes_field(2, bytes_field(2, varint_field(1, 2)))
    stored = varint_field(1, 14) + shape + bytes_field(4, bytes.fromhex("803f00c0"))
    listed = varint_field(1, 14) + shape + bytes_field(13, varint(0x3F80) + varint(0xC000))
    for message in (stored, listed):
        tensor = decoded(message)
        assert list(tensor.numbers() or ()) == [1.0, -2.0]
        assert not tensor.is_double


def test_a_single_number_has_an_empty_shape() -> None:
    """Rank 0, the form of TensorFlow's scalars."""
    message = tensor_pb2.TensorProto(dtype=1, float_val=[0.25])
    message.tensor_shape.CopyFrom(tensor_shape_pb2.TensorShapeProto())
    tensor = decoded(message.SerializeToString())
    assert tensor.shape == ()
    assert list(tensor.numbers() or ()) == [0.25]


def test_a_shape_that_does_not_fit_its_numbers_gives_none() -> None:
    """Too few, too many, and a text."""
    too_few = tensor_pb2.TensorProto(dtype=2, double_val=[1.0])
    too_few.tensor_shape.dim.add(size=2)
    too_many = tensor_pb2.TensorProto(dtype=2, tensor_content=bytes(16))
    text = tensor_pb2.TensorProto(dtype=7, string_val=[b"hello"])
    for message in (too_few, too_many, text):
        assert decoded(message.SerializeToString()).numbers() is None


def test_a_shape_cannot_make_the_reader_allocate() -> None:
    """Sizes of 2**62 over four bytes of content cost no memory."""
    huge = bytes_field(2, varint_field(1, 2**62))
    message = varint_field(1, 1) + bytes_field(2, huge * 50) + bytes_field(4, bytes(4))
    tracemalloc.start()
    assert decoded(message).numbers() is None
    assert decoded(message.replace(bytes_field(4, bytes(4)), b"")).numbers() is None
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100_000
