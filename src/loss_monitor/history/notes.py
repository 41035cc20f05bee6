"""Notes: what a person wrote down about a run, dated, one line of JSON each.

Enters: a note. Leaves: one more line of `notes.jsonl` in the monitor's own state directory, and
from such lines the notes again. Whoever follows the file sees a note as soon as it is whole;
lines that are none of ours are passed over. Format: docs/formats/notes.md.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from loss_monitor.errors import SettingError
from loss_monitor.model_time import parse_model_time

MESSAGE_CHARACTERS_MAX = 400
_STEP_MAX = 2**62
"""A step counts in 64 bits, wherever it goes from here."""
_AT_ALLOWED = (
    "a step, a model time such as '1979-01-01 00:15:00', or a wall time with its zone such as "
    "'2026-07-03T12:00:00+02:00'"
)


@dataclass(frozen=True, slots=True)
class Note:
    """One note; of the three places at most one is given."""

    message: str
    source: str
    """Resolved path of the directory, or of the job log or pattern, that it is about."""
    written_s: float
    """When it was written, seconds since 1970-01-01 UTC."""
    step: int | None = None
    """The step that it was put at."""
    model_time: tuple[int, ...] = ()
    """The model time that it was put at, fields as in `model_time.ModelTime`."""
    wall_time_s: float | None = None
    """The wall time that it was put at."""
    newest_step: int | None = None
    """Of a job log: the newest step when it was written, since lines have no time of their own."""


def checked_message(text: str) -> str:
    """Return a message in one line; raises SettingError for one that is not allowed."""
    message = " ".join(text.split())
    if not 1 <= len(message) <= MESSAGE_CHARACTERS_MAX or not message.isprintable():
        raise SettingError(
            f"the note is {message[:80]!r}; allowed is a text of 1 to {MESSAGE_CHARACTERS_MAX} "
            "printable characters"
        )
    return message


def place_of(text: str | None) -> dict[str, Any]:
    """Return the field of `Note` that a place means: step, model time, or wall time.

    Raises SettingError.

    >>> place_of("120"), place_of("1979-01-01T00-15-00")
    ({'step': 120}, {'model_time': (1979, 1, 1, 0, 15, 0, 0)})
    """
    if text is None:
        return {}
    if re.fullmatch(r"[0-9]{1,18}", text):
        return {"step": int(text)}
    time = parse_model_time(text)
    if time is not None:
        return {"model_time": tuple(time)}
    # Python 3.10 does not know the letter for UTC.
    with contextlib.suppress(ValueError, OverflowError):
        moment = datetime.fromisoformat(re.sub(r"[zZ]$", "+00:00", text))
        if moment.tzinfo is not None:
            return {"wall_time_s": moment.timestamp()}
    raise SettingError(f"--at is {text!r}; allowed is {_AT_ALLOWED}")


def resolved(place: str) -> str:
    """Return a directory, job log or pattern under the one name that all ways to it share.

    Links on the way are followed; a job log's own name stays, since it tells its experiment.
    """
    if os.path.isdir(place):
        return os.path.realpath(place)
    directory, name = os.path.split(os.path.abspath(place))
    return os.path.join(os.path.realpath(directory), name)


def append_note(path: Path, note: Note) -> None:
    """Add a note to the file, whole or not at all; two at a time both stay. Raises OSError."""
    row = {name: getattr(note, name) for name in Note.__slots__}
    given = {name: value for name, value in row.items() if value not in (None, ())}
    line = json.dumps(given, separators=(",", ":")).encode("ascii") + b"\n"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        # On NFS appending is not atomic by itself; where there are no locks, it still is one write.
        with contextlib.suppress(OSError):
            fcntl.lockf(descriptor, fcntl.LOCK_EX)
        size = os.fstat(descriptor).st_size
        if size and os.pread(descriptor, 1, size - 1) != b"\n":
            # What a full disk cut short stays a line of its own.
            line = b"\n" + line
        if os.write(descriptor, line) < len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def parse_note(line: bytes) -> Note | None:
    """Return the note of one line, None for a line that is none; never raises."""
    try:
        row = json.loads(line)
        return _note(row) if isinstance(row, dict) else None
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return None


def _note(row: Mapping[str, Any]) -> Note | None:
    message, source = row["message"], row["source"]
    if not isinstance(message, str) or not isinstance(source, str) or not message.isprintable():
        return None
    written_s, wall_time = float(row["written_s"]), row.get("wall_time_s")
    if not math.isfinite(written_s):
        return None
    return Note(
        message[:MESSAGE_CHARACTERS_MAX],
        source,
        written_s,
        _whole(row.get("step")),
        tuple(int(one) for one in row.get("model_time", ())),
        None if wall_time is None else float(wall_time),
        _whole(row.get("newest_step")),
    )


def _whole(value: object) -> int | None:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < _STEP_MAX:
        return None
    return value
