"""The compiled scan of event files against its twin: no difference, whatever the bytes are."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from event_payloads import damaged, payload, plain
from loss_monitor.parse import cores
from loss_monitor.parse.event_file import TagNumbers
from loss_monitor.parse.event_records import PackedHistograms, Records, ScalarColumns
from loss_monitor.wire.frames import frame

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
                *((column.dtype, column.tolist()) for column in histograms[:2]),
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


@settings(max_examples=150)
@given(seed=st.integers(0, 2**64), places=st.lists(st.integers(0, 3000), max_size=3))
def test_both_cores_read_alike(seed: int, places: list[int]) -> None:
    """Records of all forms, whole and in pieces, with damage and without."""
    chance = Random(seed)
    payloads = [payload(chance) for _ in range(60)]
    for one in payloads:
        # First alone, where a difference is easier to understand.
        hold_no_difference([frame(one)])
    data = b"".join(map(frame, payloads))
    if chance.random() < 0.5:
        data = damaged(chance, data)
    cuts = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    hold_no_difference([data[start:stop] for start, stop in pairwise(cuts)])


@settings(max_examples=30)
@given(seed=st.integers(0, 2**64))
def test_both_cores_read_columns_alike(seed: int) -> None:
    """Many records of few forms, which the twin reads by columns of bytes."""
    chance = Random(seed)
    payloads = [plain(chance) for _ in range(3)] * 40
    chance.shuffle(payloads)
    hold_no_difference([damaged(chance, b"".join(map(frame, payloads)))])


@settings(max_examples=5)
@given(seed=st.integers(0, 2**64))
def test_both_cores_read_alike_up_to_any_byte(seed: int) -> None:
    """A file that grows is seen at every length."""
    chance = Random(seed)
    data = b"".join(frame(payload(chance)) for _ in range(4))
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
