"""The files that a kept run was read from: their paths, sizes and times.

Enters: files as a look found them. Leaves: an array of a kept run, and from it the files again.
They stand apart from the header, which is read for every list of runs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loss_monitor.source.found import FileStat, FoundFile
from loss_monitor.source.names import FileKind, FileName, classify, shown_name

FILES = "files"
"""Name of the array."""
FILES_MAX = 100_000
"""Files that are kept by name; more are a run of years, of which the newest are."""


def pack_files(files: Iterable[FoundFile]) -> NDArray[np.uint8]:
    """Return the newest `FILES_MAX` files as JSON in UTF-8, in order of their paths."""
    newest = sorted(files, key=lambda file: file.stat.mtime_ns)[-FILES_MAX:]
    rows = [
        [one.path, one.directory, one.kind.value, one.stat.size, one.stat.mtime_ns]
        for one in sorted(newest, key=lambda file: file.path)
    ]
    return np.frombuffer(json.dumps(rows, separators=(",", ":")).encode("ascii"), np.uint8)


def unpack_files(packed: NDArray[Any]) -> tuple[FoundFile, ...]:
    """Return the files, with what their names and the array tell of them."""
    return tuple(_found(*row) for row in json.loads(packed.tobytes()))


def _found(path: str, directory: str, kind: str, size: int, mtime_ns: int) -> FoundFile:
    meaning = classify(shown_name(path.rpartition("/")[2]))
    time = meaning.model_time if isinstance(meaning, FileName) else None
    return FoundFile(path, directory, FileKind(kind), time, FileStat(0, 0, size, mtime_ns, 0))
