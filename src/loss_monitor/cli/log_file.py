"""The log: one file that is put aside when it has grown, standard error with it.

Enters: messages of the process. Leaves: the file and its predecessors `.1` to `.3`, closed to
others. `start` has standard output and error go to the same file, so that the words of a
crash stand there too; they move to the new file together with it.
"""

from __future__ import annotations

import logging
import os
import sys
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

from loss_monitor.settings import Settings

BYTES_MAX = 5_000_000
KEPT = 3
"""Older files that are kept: with the present one at most 20 MB in a home directory."""
FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"

_log = logging.getLogger(__name__)


class RotatingLog(RotatingFileHandler):
    """The log file; it is opened at once, so that a wrong path is told at the start."""

    def __init__(self, path: Path) -> None:
        """Append to `path`. Raises OSError where it cannot be written."""
        super().__init__(path, maxBytes=BYTES_MAX, backupCount=KEPT, encoding="utf-8")

    def _open(self) -> TextIOWrapper:
        # 0600: the log may name data that the owner's group need not see.
        descriptor = os.open(
            self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600
        )
        return open(descriptor, "a", encoding=self.encoding, errors="backslashreplace")

    def doRollover(self) -> None:  # noqa: N802 - the standard library's name
        """Put the file aside and go on with a new one."""
        streams = [stream for stream in (1, 2) if _is_at(stream, Path(self.baseFilename))]
        super().doRollover()
        with open(self.baseFilename, "ab", buffering=0) as new:
            for stream in streams:
                os.dup2(new.fileno(), stream)


def set_up_log(settings: Settings) -> None:
    """Send messages to the log file, and to standard error where that is another place."""
    handlers: list[logging.Handler] = []
    trouble: OSError | None = None
    if settings.log_file is not None:
        try:
            settings.log_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handlers.append(RotatingLog(settings.log_file))
        except OSError as error:
            trouble = error
    if not handlers or not _is_at(2, settings.log_file):
        handlers.append(logging.StreamHandler(sys.stderr))
    logging.basicConfig(level=settings.log_level, handlers=handlers, format=FORMAT)
    if trouble is not None:
        _log.warning("LOG_FILE %s is not written: %s", settings.log_file, trouble.strerror)


def _is_at(stream: int, path: Path | None) -> bool:
    """Tell whether file descriptor `stream` is the file at `path`."""
    try:
        return path is not None and os.path.samestat(os.fstat(stream), path.stat())
    except OSError:
        return False
