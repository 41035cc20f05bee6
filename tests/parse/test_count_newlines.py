"""Newlines are counted by either core, also where counters of a byte would overflow."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("size", [0, 1, 63, 64, 65, 64 * 255, 64 * 256 + 1, 100_000])
def test_every_newline_is_counted(core, size):
    """In a text of nothing else, of every third byte, and of none."""
    assert core.count_newlines(b"\n" * size) == size
    assert core.count_newlines(b"\nab" * size) == size
    assert core.count_newlines(b"\x0b" * size) == 0
