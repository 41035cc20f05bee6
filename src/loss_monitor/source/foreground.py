"""The files that every look asks about, chosen among all that are known.

Enters: files as they appear, change and vanish. Leaves: the paths to `stat` now.
Chosen are the newest timesteps, those after the one modified last (a restart rewrites them
next), event files that may still grow, the status file, `run.toml`, and the newest checkpoints
and job logs. All others are left to the slow round of `roster`.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable

from loss_monitor.clock import Clock
from loss_monitor.model_time import ModelTime
from loss_monitor.source.found import FoundFile
from loss_monitor.source.names import TIMESTEP_KINDS, FileKind

TIMESTEPS_MAX = 20
"""Newest timesteps, and as many after the one modified last."""

_RECENT_S = 3600.0
_EVENT_FILES_MAX = 100
_CHECKPOINTS_MAX = 10
_JOB_LOGS_MAX = 20
# One of the directory, and one of an experiment or a few; an editor may write them in place.
_DESCRIPTIONS_MAX = 4
# So many new files are put in their places one by one.
_SORTED_AGAIN_FROM = 20
# The choice among event files depends on the time of day; so often it is made anew.
_CHOICE_AGE_MAX_S = 60.0


class Foreground:
    """Chooses the paths of one watch; used by its thread only."""

    def __init__(self, clock: Clock) -> None:
        """Begin without files."""
        self._clock = clock
        # In order of model time, but for what came and went since the last look.
        self._timesteps: list[FoundFile] = []
        self._came: list[FoundFile] = []
        self._went: set[str] = set()
        self._last_modified: tuple[int, ModelTime] | None = None
        self._others: dict[str, FoundFile] = {}
        self._changed_s: dict[str, float] = {}
        self._chosen: list[str] = []
        self._chosen_at_s: float | None = None

    def put(self, file: FoundFile, *, changed: bool) -> None:
        """Take in a file that appeared, or, with `changed`, one that is known."""
        model_time = file.model_time
        if file.kind not in TIMESTEP_KINDS or model_time is None:
            self._others[file.path] = file
            if changed:
                self._changed_s[file.path] = self._clock.monotonic_s()
            self._chosen_at_s = None
            return
        if changed:
            files = self._in_order()
            files[bisect_left(files, _order(file), key=_order)] = file
        else:
            self._came.append(file)
        modified = (file.stat.mtime_ns, model_time)
        if changed or self._last_modified is None or modified >= self._last_modified:
            self._last_modified = modified

    def remove(self, file: FoundFile) -> None:
        """Forget a file that vanished."""
        if self._others.pop(file.path, None) is not None:
            self._changed_s.pop(file.path, None)
            self._chosen_at_s = None
            return
        if self._came:
            self._in_order()
        self._went.add(file.path)

    def paths(self) -> list[str]:
        """Return the paths to ask about now, each once."""
        files = self._in_order()
        paths = _timesteps(reversed(files), TIMESTEPS_MAX)[::-1]
        if self._last_modified is not None:
            first = bisect_left(files, (self._last_modified[1], ""), key=_order)
            after = (files[index] for index in range(first, len(files)))
            paths += _timesteps(after, 1 + TIMESTEPS_MAX)
        return list(dict.fromkeys(paths)) + self._other_paths()

    def _in_order(self) -> list[FoundFile]:
        """Return the timesteps' files in order of model time and path."""
        if self._went:
            self._timesteps = [file for file in self._timesteps if file.path not in self._went]
            self._went = set()
        if len(self._came) > _SORTED_AGAIN_FROM:
            self._timesteps = sorted(self._timesteps + self._came, key=_order)
        else:
            for file in self._came:
                insort(self._timesteps, file, key=_order)
        self._came = []
        return self._timesteps

    def _other_paths(self) -> list[str]:
        now = self._clock.monotonic_s()
        if self._chosen_at_s is None or now - self._chosen_at_s > _CHOICE_AGE_MAX_S:
            self._chosen = self._choose()
            self._chosen_at_s = now
        return self._chosen

    def _choose(self) -> list[str]:
        by_kind: dict[FileKind, list[FoundFile]] = {}
        for file in self._others.values():
            by_kind.setdefault(file.kind, []).append(file)
        events = by_kind.get(FileKind.EVENT, [])
        newest: dict[str, FoundFile] = {}
        for file in events:
            known = newest.get(file.directory)
            if known is None or _modified(file) > _modified(known):
                newest[file.directory] = file
        growing = {file.path: file for file in events if self._is_recent(file)}
        growing.update({file.path: file for file in newest.values()})
        logs = by_kind.get(FileKind.JOB_LOG, [])
        newest_logs = sorted(logs, key=_job_order)[-_JOB_LOGS_MAX:]
        recent_logs = _newest((file for file in logs if self._is_recent(file)), _JOB_LOGS_MAX)
        chosen = [
            *by_kind.get(FileKind.STATUS, []),
            *by_kind.get(FileKind.DESCRIPTION, [])[:_DESCRIPTIONS_MAX],
            *_newest(by_kind.get(FileKind.CHECKPOINT, []), _CHECKPOINTS_MAX),
            *_newest(growing.values(), _EVENT_FILES_MAX),
            *newest_logs,
            *recent_logs,
        ]
        return list(dict.fromkeys(file.path for file in chosen))

    def _is_recent(self, file: FoundFile) -> bool:
        """Return whether `file` changed within the hour, by its mtime or before our eyes."""
        changed_s = self._changed_s.get(file.path)
        if changed_s is not None and self._clock.monotonic_s() - changed_s < _RECENT_S:
            return True
        return self._clock.wall_s() - file.stat.mtime_ns * 1e-9 < _RECENT_S


def _timesteps(files: Iterable[FoundFile], most: int) -> list[str]:
    """Return the paths of the first `most` timesteps of `files`, which are in order."""
    paths = []
    last: ModelTime | None = None
    for file in files:
        model_time = file.model_time
        if model_time != last:
            if not most:
                break
            most -= 1
            last = model_time
        paths.append(file.path)
    return paths


def _order(file: FoundFile) -> tuple[ModelTime, str]:
    model_time = file.model_time
    assert model_time is not None, file
    return model_time, file.path


def _newest(files: Iterable[FoundFile], most: int) -> list[FoundFile]:
    return sorted(files, key=_modified)[-most:]


def _modified(file: FoundFile) -> tuple[int, str]:
    return file.stat.mtime_ns, file.path


def _job_order(file: FoundFile) -> tuple[int, str]:
    return file.file_name.job_id or 0, file.path
