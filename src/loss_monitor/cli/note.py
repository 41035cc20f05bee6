"""The command `note`: puts a dated mark on the charts of a run.

Enters: a text, and what it is about. Leaves: one line in the monitor's own state directory; a
monitor that runs shows it within seconds, later ones from their start.
"""

from __future__ import annotations

import argparse
import os
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from loss_monitor.cli.instance import read_instance
from loss_monitor.cli.options import settings_of
from loss_monitor.cli.serve import missing
from loss_monitor.clock import SystemClock
from loss_monitor.errors import MonitorError, SettingError

if TYPE_CHECKING:
    from loss_monitor.settings import Settings

_TAIL_BYTES = 1 << 20
_STEP = re.compile(rb"\[rank=\d+\] step=(\d{1,18})\b")


class NoteCommand:
    """`loss-monitor note TEXT [SOURCE]`."""

    name = "note"
    summary = "put a dated mark on the charts of a run"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare its options."""
        parser.add_argument("text", metavar="TEXT", help='such as "lr halved"')
        parser.add_argument(
            "source",
            metavar="SOURCE",
            nargs="?",
            help="directory or job log (pattern) that is watched "
            "(default: what the monitor of this node watches)",
        )
        parser.add_argument(
            "--at",
            metavar="STEP|TIME",
            help="where to put it: a step, a model time, or a wall time with its zone "
            "(default: the newest timestep)",
        )
        parser.add_argument("--config", metavar="FILE", help="file of NAME = literal")
        parser.set_defaults(data_dir=None, job_logs=None)

    def run(self, options: argparse.Namespace) -> int:
        """Write it; 0 once it is on disk."""
        try:
            from loss_monitor.history import notes
        except ModuleNotFoundError as error:
            raise missing(error) from error
        message = notes.checked_message(options.text)
        place = notes.place_of(options.at)
        source, settings = _source(options)
        path = settings.notes_file
        if path is None:
            raise MonitorError("no state directory is known: there is no place for notes")
        note = notes.Note(message, notes.resolved(source), SystemClock().wall_s(), **place)
        if not place:
            note = replace(note, newest_step=_newest_step(source))
        try:
            notes.append_note(path, note)
        except OSError as error:
            raise MonitorError(f"{path} cannot be written: {error.strerror}") from error
        at = f" at {options.at}" if options.at else ""
        print(f"Noted{at} for {source}: {message}")
        return 0


def _source(options: argparse.Namespace) -> tuple[str, Settings]:
    """Return the place that the note is about, and the settings that name the notes' file."""
    if options.source is not None:
        settings = settings_of(options, os.environ, place=options.source)
        return _place(settings), settings
    settings = settings_of(options, os.environ)
    instance = read_instance(os.environ)
    if instance is not None and instance.runs:
        return instance.data_dir or instance.job_logs[0], settings
    place = _place(settings)
    if settings.watches_data_dir and not os.path.isdir(place):
        raise SettingError(
            f"no monitor that `start` began runs on this node, and {place} does not exist; "
            "name the directory or job log that the note is about"
        )
    return place, settings


def _place(settings: Settings) -> str:
    return str(settings.data_dir) if settings.watches_data_dir else settings.job_logs[0]


def _newest_step(place: str) -> int | None:
    """Return the newest step that job logs of a place tell, None where there are none.

    Their lines have no time of their own: which step was the newest is known only now.
    """
    from loss_monitor.source.job_logs import JobLogWatch
    from loss_monitor.source.names import FileKind

    watch = JobLogWatch((place,), SystemClock(), network=False)
    watch.look()
    logs = [found for found in watch.files if found.kind is FileKind.JOB_LOG]
    logs.sort(key=lambda found: (found.file_name.job_id or 0, found.path))
    for found in reversed(logs):
        try:
            with open(found.path, "rb") as file:
                file.seek(max(0, found.stat.size - _TAIL_BYTES))
                steps = _STEP.findall(file.read(_TAIL_BYTES))
        except OSError:
            continue
        if steps:
            return int(steps[-1])
    return None
