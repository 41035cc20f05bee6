"""The place of kept runs: one file a run, in the state directory or where the user says.

Enters: a directory. Leaves: which runs are kept there, the newest first. Files that are not
ours, or of another version, are told and left. Nothing is ever deleted unless asked for by
age or size.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from loss_monitor.errors import MonitorError
from loss_monitor.history.archive import SUFFIX, Kept, read_header

FOLDER = "runs"
HALF_AGE_MAX_S = 900.0
"""What is not finished after so long, its writer was killed."""
_DAY_S = 86_400.0
# As `write_run` names what is not whole yet.
_HALF = re.compile(rf"\..+{re.escape(SUFFIX)}\.\d+", re.ASCII)


def source_folder(root: Path, directory: str, job_logs: tuple[str, ...]) -> Path:
    """Return the folder of one source below `root`: its name, and a hash of its whole path."""
    place = directory if not job_logs else "\0".join(job_logs)
    name = re.sub(r"[^A-Za-z0-9._-]", "_", os.path.basename(place.rstrip("/")))[:40] or "run"
    digest = hashlib.sha256(place.encode("utf-8", "surrogateescape")).hexdigest()[:10]
    return root / f"{name}-{digest}"


@dataclass(frozen=True, slots=True)
class Retention:
    """What is deleted, where the user asked for it; None: nothing for that reason."""

    age_days: float | None = None
    bytes_max: int | None = None


class KeptRuns:
    """The runs kept of one source; their headers are read once for each version of a file."""

    def __init__(self, folder: Path) -> None:
        """Look into `folder`, which need not exist."""
        self.folder = folder
        self._headers: dict[Path, tuple[tuple[int, int], Kept]] = {}
        self.faults: dict[Path, str] = {}
        """Files that could not be read, and why."""

    def path_of(self, run_id: str) -> Path:
        """Return the file of a run; ids are of our own making, and still made harmless."""
        return self.folder / (re.sub(r"[^A-Za-z0-9.-]", "_", run_id) + SUFFIX)

    def fault(self) -> str:
        """Return why nothing can be kept here, empty where it can: found out by trying."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.folder):
                return ""
        except OSError as error:
            return error.strerror or str(error)

    def all(self) -> list[Kept]:
        """Return what is kept, the newest first."""
        found = []
        for path in self._paths():
            kept = self._header(path)
            if kept is not None:
                found.append(kept)
        return sorted(found, key=lambda kept: (kept.saved_s, kept.id), reverse=True)

    def has_changed(self, kept: Kept) -> bool:
        """Tell whether a run was kept anew since `kept` was told; one that is gone was not."""
        try:
            status = kept.path.stat()
        except OSError:
            return False
        known = self._headers.get(kept.path)
        return known is None or known[0] != _version(status) or known[1] is not kept

    def drop(self, kept: Kept) -> None:
        """Delete a kept run: another file holds the same and more. What cannot be goes later."""
        with contextlib.suppress(OSError):
            kept.path.unlink()

    def apply(self, retention: Retention, now_s: float) -> list[Kept]:
        """Delete what the user does not want to keep any longer; return it."""
        gone: list[Kept] = []
        total = 0
        for kept in self.all():
            total += kept.size_bytes
            age_days = (now_s - kept.saved_s) / _DAY_S
            too_old = retention.age_days is not None and age_days > retention.age_days
            too_much = retention.bytes_max is not None and total > retention.bytes_max
            if too_old or too_much:
                self.drop(kept)
                gone.append(kept)
        return gone

    def drop_halves(self, now_s: float) -> None:
        """Delete what a monitor that was killed had begun to write."""
        with contextlib.suppress(OSError):
            for path in list(self.folder.iterdir()):
                if not _HALF.fullmatch(path.name):
                    continue
                with contextlib.suppress(OSError):
                    if now_s - path.stat().st_mtime > HALF_AGE_MAX_S:
                        path.unlink()

    def _paths(self) -> list[Path]:
        try:
            return [path for path in self.folder.iterdir() if path.suffix == SUFFIX]
        except OSError:
            return []

    def _header(self, path: Path) -> Kept | None:
        try:
            version = _version(path.stat())
            known = self._headers.get(path)
            if known is None or known[0] != version:
                self._headers[path] = (version, read_header(path))
            self.faults.pop(path, None)
            return self._headers[path][1]
        except FileNotFoundError:
            return None
        except (MonitorError, OSError) as error:
            self.faults[path] = str(error)
            return None


def _version(status: os.stat_result) -> tuple[int, int]:
    return status.st_mtime_ns, status.st_size
