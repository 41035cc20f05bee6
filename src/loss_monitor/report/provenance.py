"""Where the figures of a report come from: files, program, and a checksum of the data.

Enters: what a run was read from, as its reader knows it. Leaves: facts that are the same
whenever the same files are read by the same program.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from loss_monitor import __version__
from loss_monitor._native import CORE
from loss_monitor.series.run import Run
from loss_monitor.series.snapshot import Snapshot
from loss_monitor.settings import Settings, host_name
from loss_monitor.source.found import FoundFile
from loss_monitor.source.names import FileKind


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file that was read."""

    kind: str
    """What it holds: `losses`, `summary`, `events`, `job log`, `status`, `checkpoint`,
    `description`."""
    path: str
    """Under the watched directory, for people."""
    size_bytes: int
    modified_s: float
    """Modification time, seconds since 1970-01-01 UTC."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a run was read from and by what."""

    directory: str
    job_logs: tuple[str, ...]
    host: str
    program: str
    """Name and version of the monitor, and which core read."""
    files: tuple[SourceFile, ...] | None
    """None where the reader did not tell in time."""


_KINDS = {
    FileKind.LOG: "losses",
    FileKind.DETAILED: "losses",
    FileKind.SESSION: "losses",
    FileKind.SUMMARY: "summary",
    FileKind.EVENT: "events",
    FileKind.STATUS: "status",
    FileKind.DESCRIPTION: "description",
    FileKind.CHECKPOINT: "checkpoint",
    FileKind.JOB_LOG: "job log",
}


def program() -> str:
    """Return name and version of the monitor, and which core reads."""
    return f"icon-loss-monitor {__version__}, {CORE} core"


def provenance_of(settings: Settings, files: tuple[SourceFile, ...] | None) -> Provenance:
    """Return where a run was read from, on this node and by this program."""
    return Provenance(
        directory=_text(str(settings.data_dir)) if settings.watches_data_dir else "",
        job_logs=tuple(map(_text, settings.job_logs)),
        host=host_name(),
        program=program(),
        files=files,
    )


def provenance_of_kept(path: Path, snapshot: Snapshot) -> Provenance:
    """Return where a kept run was read from: its file, and what that says of its source."""
    status = path.stat()
    return Provenance(
        directory=snapshot.source.directory,
        job_logs=snapshot.source.job_logs,
        host=host_name(),
        program=f"icon-loss-monitor {__version__}, {CORE} core",
        files=(SourceFile("kept run", _text(str(path)), status.st_size, status.st_mtime),),
    )


def _text(path: str) -> str:
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def source_files(found: Iterable[FoundFile]) -> tuple[SourceFile, ...]:
    """Return the facts of files that a look found."""
    return tuple(
        SourceFile(_KINDS[one.kind], one.shown, one.stat.size, one.stat.mtime_ns / 1e9)
        for one in found
    )


def checksum(run: Run) -> str:
    """Return the SHA-256 of all labels and losses of a run, as 64 hexadecimal digits.

    Of each timestep in order: its label in UTF-8, a zero byte, its losses as little-endian
    float64. Equal files give equal checksums, however they were read.
    """
    digest = hashlib.sha256()
    for index, label in enumerate(run.labels()):
        digest.update(label.encode() + b"\0")
        digest.update(np.ascontiguousarray(run.values_of(index), "<f8").data)
    return digest.hexdigest()


def by_kind(files: Sequence[SourceFile]) -> dict[str, list[SourceFile]]:
    """Return files of each kind, kinds and files in order of their names."""
    kinds: dict[str, list[SourceFile]] = {}
    for file in sorted(files, key=lambda one: (one.kind, one.path)):
        kinds.setdefault(file.kind, []).append(file)
    return kinds
