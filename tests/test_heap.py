"""Memory goes back to the system where the C library can give it."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from types import SimpleNamespace

import pytest

from loss_monitor import heap

GROW_AND_SHRINK = """
import ctypes, sys
from loss_monitor.heap import give_back
def resident_mb():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096 / 1e6
# Pieces too small to be mapped on their own; the last one holds the heap's end.
pieces = [ctypes.create_string_buffer(60_000) for _ in range(1000)]
for piece in pieces:
    ctypes.memset(piece, 1, 60_000)
last = pieces.pop()
full = resident_mb()
pieces.clear()
give_back()
print(full - resident_mb())
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="another C library")
def test_pages_that_nobody_uses_go_back() -> None:
    """Also those below what is still in use."""
    answer = subprocess.run(
        [sys.executable, "-c", GROW_AND_SHRINK], capture_output=True, text=True, check=True
    )
    assert float(answer.stdout) > 40


def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without these calls there is nothing to do."""
    monkeypatch.setattr(ctypes, "CDLL", lambda _: SimpleNamespace())
    heap.use_one_arena()
    heap.give_back()
