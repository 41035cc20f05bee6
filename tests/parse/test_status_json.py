"""The model's status file at any moment of its writing."""

from __future__ import annotations

import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loss_monitor.parse.status_json import parse_status


def test_a_whole_status_is_returned_as_it_is() -> None:
    """Known and unknown names, nested as in the file."""
    status = {
        "timestamp": "1979-01-01T00:15:00",
        "training": {"current_loss": 0.04, "total_batches": 136, "training_enabled": True},
        "hardware": {"gpu_name": "A100", "gpus": [0, 1]},
    }
    assert parse_status(json.dumps(status).encode()) == status


def test_numbers_that_are_not_finite_become_none() -> None:
    """Python's writer prints what JSON does not have."""
    data = b'{"training": {"a": NaN, "b": -Infinity, "c": 1e999, "d": [NaN]}}'
    assert parse_status(data) == {"training": {"a": None, "b": None, "c": None, "d": [None]}}


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"null", b"[1]", b"NaN", b"\0\0\0\0", b"\x80", b"[" * 100_000, b"{}}"],
)
def test_what_is_no_whole_object_is_none(data: bytes) -> None:
    """Half-written, empty, zero-filled and foreign files leave the last status standing."""
    assert parse_status(data) is None


@given(st.integers(0, 60))
def test_every_prefix_of_a_status_is_none(length: int) -> None:
    """The file is written in place: any part of it may be seen."""
    whole = b'{"training": {"current_loss": 0.04, "gpu_name": "\xc3\xa9"}, "n": 1}'
    assert parse_status(whole[: min(length, len(whole) - 1)]) is None


@pytest.mark.parametrize(
    "data",
    [
        b'{"a": "\xff", "\xfe": 1}',
        b'{"a": "\\ud800"}',
        b'{"a": 123456789012345678901234567890}',
        b'{"a": "line\nend"}',
        b'\xef\xbb\xbf{"a": 1}',
        b'{"a": ' + b"9" * 5000 + b"}",
    ],
)
def test_whatever_is_returned_can_be_sent(data: bytes) -> None:
    """Bad encodings, lone surrogates and huge integers are made fit for any JSON writer."""
    status = parse_status(data)
    assert status is not None
    orjson.dumps(status)


@given(st.binary(max_size=200))
def test_no_bytes_raise(data: bytes) -> None:
    """Rubbish is None, short of being an object by accident."""
    assert isinstance(parse_status(data), dict | None)
