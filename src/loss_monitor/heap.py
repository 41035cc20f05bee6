"""Memory that the C library keeps for itself, by its own calls where it has them (glibc).

Enters: nothing. Leaves: nothing; resident memory is less by what no array uses any more.
"""

from __future__ import annotations

import ctypes

_ARENA_MAX = -8
"""`M_ARENA_MAX` of glibc's `malloc.h`."""
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""`M_TRIM_THRESHOLD` and `M_MMAP_THRESHOLD` of the same."""
_KEPT_BYTES = 16 * 1024 * 1024
"""So much unused memory at the heap's end is kept for the next answer."""
_MAPPED_BYTES = 32 * 1024 * 1024
"""Larger arrays are mapped by themselves. Fresh pages for each array of an answer would cost as
much as the answer."""


def use_one_arena() -> None:
    """Let all threads share one heap; to be called before the first of them is started.

    A heap for each thread keeps what that thread once needed, and threads take turns in the
    interpreter anyway.
    """
    _call("mallopt", _ARENA_MAX, 1)


def give_back() -> None:
    """Return unused pages to the system, in a millisecond, and from now on as they come free.

    Loading makes arrays of all sizes, each a little larger than the hole its forerunner left, and
    after large ones glibc would keep tens of megabytes at the heap's end for more of them.
    """
    _call("malloc_trim", 0)
    # The one setting would keep the other from adapting itself.
    _call("mallopt", _MMAP_THRESHOLD, _MAPPED_BYTES)
    _call("mallopt", _TRIM_THRESHOLD, _KEPT_BYTES)


def _call(name: str, *arguments: int) -> None:
    try:
        function = getattr(ctypes.CDLL(None), name)
    except AttributeError:
        return  # Another C library, such as musl, keeps less and has no such call.
    function(*arguments)
