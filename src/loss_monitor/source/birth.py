"""When a file was made, where the file system tells it.

Enters: a path. Leaves: its time of birth, by `statx`, which Python's own `stat` lacks on Linux.
A job log is made when its job starts, and nothing in it says when that was.
"""

from __future__ import annotations

import ctypes
import os
import struct
from functools import lru_cache
from typing import Any

_AT_FDCWD = -100
_STATX_BTIME = 0x800
_STATX_BYTES = 256
_MASK_AT, _BIRTH_AT = 0, 80
"""Offsets in `struct statx` (linux/stat.h): which fields are there, and `stx_btime`."""


def birth_s(path: str) -> float | None:
    """Return when the file at `path` was made, seconds since 1970-01-01 UTC; None if unknown.

    Never raises OSError.
    """
    statx = _statx()
    if statx is None:
        return None
    found = ctypes.create_string_buffer(_STATX_BYTES)
    if statx(_AT_FDCWD, os.fsencode(path), 0, _STATX_BTIME, found) != 0:
        return None
    (mask,) = struct.unpack_from("=I", found, _MASK_AT)
    if not mask & _STATX_BTIME:
        return None
    seconds, nanoseconds = struct.unpack_from("=qI", found, _BIRTH_AT)
    return float(seconds) + float(nanoseconds) / 1e9


@lru_cache(maxsize=1)
def _statx() -> Any:
    """Return the C library's `statx`, None where it has none (glibc before 2.28)."""
    return getattr(ctypes.CDLL(None, use_errno=True), "statx", None)
