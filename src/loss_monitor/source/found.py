"""What a look at the file system brings back: files with their `stat`, and what changed.

Enters: nothing; these are the records that the watches fill in. Leaves: the same.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from loss_monitor.model_time import ModelTime
from loss_monitor.source.names import FileKind, FileName, classify, shown_name
from loss_monitor.types import Refusal

RUNS_DIRECTORY = "runs"
"""Name of the directory that holds the event files, directly under the watched one."""

# Devices, modes and sizes are few, files are many: one number object for all that are equal.
_shared = lru_cache(maxsize=1024)(int)


class FileStat(NamedTuple):
    """The part of `os.stat` that shows a change; equal means nothing changed."""

    device: int
    inode: int
    size: int
    """Bytes."""
    mtime_ns: int
    """Time of the last change, nanoseconds since 1970-01-01 UTC by the server's clock."""
    mode: int
    """Type and permissions: a file that was made readable has changed."""

    @classmethod
    def of(cls, result: os.stat_result) -> FileStat:
        """Return the part of `result` that is kept."""
        return cls(
            _shared(result.st_dev),
            result.st_ino,
            _shared(result.st_size),
            result.st_mtime_ns,
            _shared(result.st_mode),
        )


class FoundFile(NamedTuple):
    """A regular file that belongs to the run, as last seen; a tuple, since there are many."""

    path: str
    """As the file system has it (surrogate escapes for bytes that are no UTF-8): to open."""
    directory: str
    """Directory relative to the watched one, as text for people; '' for itself."""
    kind: FileKind
    model_time: ModelTime | None
    """Never None for `TIMESTEP_KINDS`."""
    stat: FileStat

    @property
    def file_name(self) -> FileName:
        """All that the name says; of a job log that was named by the user, perhaps nothing."""
        meaning = classify(self.name)
        if isinstance(meaning, FileName) and meaning.kind is self.kind:
            return meaning
        return FileName(self.kind, self.model_time)

    @property
    def name(self) -> str:
        """Last part of the path as text for people."""
        return shown_name(os.path.basename(self.path))

    @property
    def shown(self) -> str:
        """Path under the watched directory, for people: names repeat below `runs/`."""
        return f"{self.directory}/{self.name}" if self.directory else self.name

    @property
    def tb_run(self) -> str:
        """Name of the TensorBoard run: the directory under `runs/`, `.` for that itself."""
        inside = self.directory.removeprefix(RUNS_DIRECTORY).lstrip("/")
        return inside or "."


@dataclass(frozen=True, slots=True)
class Look:
    """What one look found. Work through `vanished` first: a path may also have appeared."""

    missing: bool = False
    """The watched place is not there, or is no directory."""
    error: str = ""
    """Why the place cannot be read, empty if it can; what is known stays known."""
    recreated: bool = False
    """The place is another directory than before, or was missing at the last look."""
    appeared: tuple[FoundFile, ...] = ()
    """Timesteps' files, newest model time first, then event files and such in order of path."""
    changed: tuple[FoundFile, ...] = ()
    """Files whose `stat` differs from the last one."""
    grown_bytes: int = 0
    """By how much the changed ones have become larger, all together."""
    vanished: tuple[FoundFile, ...] = ()
    refused: tuple[tuple[str, Refusal], ...] = ()
    """Path under the watched place, for people, and why it is refused; each told once."""
    settled: tuple[FoundFile, ...] = ()
    """Files that have not changed for a minute now, or had not when they were found.

    Such a file is in `appeared` of this look too."""
    waiting: int = 0
    """Names found whose files were not looked at yet: the next look should come at once."""
    stats: int = 0
    """Calls of `stat` and `lstat` that this look made."""
    listings: int = 0
    """Directories that this look listed."""
