"""Fingerprints: the same however they were extended, other for other bytes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loss_monitor.tail.fingerprint import (
    BODY_WHOLE_BYTES,
    EMPTY,
    SMALL_BYTES,
    OpenBytes,
    agrees,
    extend,
)

SIZE = BODY_WHOLE_BYTES + 700_000


@pytest.fixture(scope="module")
def descriptor(tmp_path_factory):
    path: Path = tmp_path_factory.mktemp("bytes") / "file"
    path.write_bytes(os.urandom(SIZE))
    opened = os.open(path, os.O_RDONLY)
    yield opened
    os.close(opened)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(lengths=st.lists(st.integers(0, SIZE), min_size=1, max_size=6))
def test_a_fingerprint_does_not_depend_on_the_pieces(descriptor: int, lengths: list[int]) -> None:
    """Extended step by step or taken at once, with the bytes at hand or read again."""
    lengths.sort()
    known, at = EMPTY, 0
    source = OpenBytes(descriptor)
    for length in lengths:
        source.load(at, length)
        known, at = extend(known, length, source), length
    at_once = extend(EMPTY, lengths[-1], OpenBytes(descriptor))
    assert known == at_once
    assert agrees(known, OpenBytes(descriptor), whole=True)


def test_the_edges_alone_cost_two_pages(descriptor: int) -> None:
    """That is what each growth of a file pays for its proof."""
    known = extend(EMPTY, SIZE, OpenBytes(descriptor))
    source = OpenBytes(descriptor)
    assert agrees(known, source, whole=False)
    assert source.bytes_read == 8192


def test_the_body_of_a_large_file_is_sampled(descriptor: int) -> None:
    """All of the first 4 MiB, a sixty-fourth of what follows."""
    source = OpenBytes(descriptor)
    extend(EMPTY, SIZE, source)
    assert BODY_WHOLE_BYTES < source.bytes_read < BODY_WHOLE_BYTES + 40_000


def test_another_fingerprint_disagrees(descriptor: int) -> None:
    """Edges and body are compared, the body of a large file only where asked for."""
    known = extend(EMPTY, SMALL_BYTES + 1, OpenBytes(descriptor))
    other_edges = known._replace(edges=known.edges ^ 1)
    other_body = known._replace(body=known.body ^ 1)
    assert not agrees(other_edges, OpenBytes(descriptor), whole=False)
    assert agrees(other_body, OpenBytes(descriptor), whole=False)
    assert not agrees(other_body, OpenBytes(descriptor), whole=True)


def test_all_bytes_of_a_small_file_are_compared(descriptor: int) -> None:
    """One read of them costs no more than that of two edges."""
    known = extend(EMPTY, SMALL_BYTES, OpenBytes(descriptor))
    source = OpenBytes(descriptor)
    assert agrees(known, source, whole=False)
    assert source.bytes_read == SMALL_BYTES
    assert not agrees(known._replace(body=known.body ^ 1), OpenBytes(descriptor), whole=False)
