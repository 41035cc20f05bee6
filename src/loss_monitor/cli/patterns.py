"""Patterns of places: which sources a command means by the names it was given.

Enters: directories, job logs and shell patterns as they were typed, quoted or expanded by the
shell. Leaves: places, each a source of its own: a directory, or the job logs of one experiment.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from loss_monitor.cli.options import is_job_log
from loss_monitor.errors import SettingError

if TYPE_CHECKING:
    from loss_monitor.source.names import FileName

SOURCES_MAX = 50
"""Sources of one process, as many as can be compared: each has a thread and a hub."""


@dataclass(frozen=True, slots=True)
class Place:
    """One source."""

    directory: str = ""
    """Absolute; empty where job logs are watched."""
    job_logs: tuple[str, ...] = ()
    """Absolute paths or patterns."""

    @property
    def name(self) -> str:
        """What it is called in messages."""
        return self.directory or ", ".join(self.job_logs)


def places_of(given: Sequence[str]) -> list[Place]:
    """Return the places that `given` names mean, in their order, each once.

    A pattern means the directories that it matches now, and of the job logs that it matches
    one place for each experiment; where that is one, the pattern goes on to be watched as it
    is. Logs of one experiment in one directory are one place, however they are named. Raises
    SettingError for a name that is given twice, and for more than `SOURCES_MAX` places.
    """
    full = [os.path.abspath(os.path.expanduser(name)) for name in given]
    twice = next((name for name in full if full.count(name) > 1), None)
    if twice is not None:
        raise SettingError(f"{twice} is named twice; each place is watched once")
    # What describes a run lies beside its logs, and a pattern may match it, too.
    full = [name for name in full if not _describes(name)] or full
    found: list[Place] = []
    for name in _without_later_jobs(full):
        found += [place for place in _expanded(name) if place not in found]
    if len(found) > SOURCES_MAX:
        raise SettingError(
            f"{given[0]} and so on mean {len(found):,} places; {SOURCES_MAX} can be watched at "
            "a time: name fewer"
        )
    return found


def _expanded(name: str) -> Iterable[Place]:
    if not is_job_log(name):
        return [Place(name)]
    if not glob.has_magic(name) or os.path.lexists(name):
        return [Place(job_logs=(name,))]
    matched = sorted(path for path in glob.glob(name) if not _describes(path))
    directories = [Place(path) for path in matched if os.path.isdir(path)]
    groups: dict[tuple[str, str], list[str]] = {}
    for path in matched:
        if not os.path.isdir(path):
            groups.setdefault(_experiment(path), []).append(path)
    if not directories and len(groups) < 2:
        return [Place(job_logs=(name,))]
    return [*directories, *(_logs(place, paths) for place, paths in groups.items())]


def _experiment(path: str) -> tuple[str, str]:
    """Return the directory of a log, and the experiment of its name; empty where it has none."""
    meaning = _job_log(path)
    return os.path.dirname(path), (meaning.experiment or "") if meaning else ""


def _describes(path: str) -> bool:
    from loss_monitor.source.names import FileKind

    meaning = _meaning(path)
    return meaning is not None and meaning.kind is FileKind.DESCRIPTION


def _job_log(path: str) -> FileName | None:
    from loss_monitor.source.names import FileKind

    meaning = _meaning(path)
    return meaning if meaning is not None and meaning.kind is FileKind.JOB_LOG else None


def _meaning(path: str) -> FileName | None:
    # Imported here: `status` and `stop` know all commands, and work before numpy is installed.
    from loss_monitor.source.names import FileName, classify, shown_name

    meaning = classify(shown_name(os.path.basename(path)))
    return meaning if isinstance(meaning, FileName) else None


def _logs(place: tuple[str, str], paths: Sequence[str]) -> Place:
    """Return the logs of one experiment: as a pattern, which stays the same while jobs follow."""
    directory, experiment = place
    if experiment:
        own = f"LOG.exp.{glob.escape(experiment)}.run.*.o"
        pattern = os.path.join(glob.escape(directory), own)
        if set(glob.glob(pattern)) <= set(paths):
            return Place(job_logs=(pattern,))
    return Place(job_logs=tuple(paths))


def _without_later_jobs(full: Sequence[str]) -> list[str]:
    """Return the names without logs that follow another one of the same experiment by itself."""
    first: dict[tuple[str, str], tuple[int, str]] = {}
    for name in full:
        meaning = _job_log(name)
        if meaning is not None and meaning.experiment and meaning.job_id is not None:
            job = (meaning.job_id, name)
            first[_experiment(name)] = min(first.get(_experiment(name), job), job)
    return [name for name in full if first.get(_experiment(name), (0, name))[1] == name]
