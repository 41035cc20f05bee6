"""Memory goes back to the system where the C library can give it."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from types import SimpleNamespace

import pytest

from loss_monitor import heap

SCRIPT = """
import ctypes, sys
from loss_monitor.heap import give_back
def resident_mb():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096 / 1e6
def grow():
    # Pieces too small to be mapped on their own.
    pieces = [ctypes.create_string_buffer(60_000) for _ in range(1000)]
    for piece in pieces:
        ctypes.memset(piece, 1, 60_000)
    return pieces
"""
HOLES = """
pieces = grow()
last = pieces.pop()  # It holds the heap's end.
full = resident_mb()
pieces.clear()
give_back()
print(full - resident_mb())
"""
LATER = """
# A large piece that was freed makes glibc keep twice as much at the heap's end.
large = ctypes.create_string_buffer(32_000_000)
del large
give_back()
pieces = grow()
full = resident_mb()
pieces.clear()
print(full - resident_mb())
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="another C library")
@pytest.mark.parametrize("steps", [HOLES, LATER], ids=["holes", "later"])
def test_pages_that_nobody_uses_go_back(steps: str) -> None:
    """Those below what is still in use when asked to, those at the end from then on."""
    answer = subprocess.run(
        [sys.executable, "-c", SCRIPT + steps], capture_output=True, text=True, check=True
    )
    assert float(answer.stdout) > 40


def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without these calls there is nothing to do."""
    monkeypatch.setattr(ctypes, "CDLL", lambda _: SimpleNamespace())
    heap.use_one_arena()
    heap.give_back()
