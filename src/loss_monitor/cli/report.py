"""The command `report`: reads runs once and writes them as one file of HTML.

Enters: directories, job logs, kept runs; several are compared. Leaves: a file that
opens anywhere. No server is needed.
"""

from __future__ import annotations

import argparse
import glob
import os
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from loss_monitor.cli.kept import is_run_id, kept_file, kept_path
from loss_monitor.cli.options import add_label_options, add_source_options
from loss_monitor.cli.places import refuse_unmet_start, source_settings
from loss_monitor.cli.serve import missing
from loss_monitor.errors import MonitorError, SettingError

if TYPE_CHECKING:
    from loss_monitor.clock import ManualClock
    from loss_monitor.report.provenance import Provenance
    from loss_monitor.series.snapshot import Snapshot
    from loss_monitor.settings import Settings


class Report:
    """`loss-monitor report [SOURCE ...] -o FILE`."""

    name = "report"
    summary = "read runs once and write them as one file of HTML; several are compared"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare its options."""
        parser.add_argument(
            "places",
            metavar="SOURCE",
            nargs="*",
            help="directory that the plugin wrote to, job log, quoted pattern of these, or a kept "
            "run: its id or its file; several are compared",
        )
        parser.add_argument(
            "-o", "--output", metavar="FILE", required=True, help="file to write; - for the screen"
        )
        parser.add_argument("--config", metavar="FILE", help="file of NAME = literal")
        parser.add_argument("--keep-dir", metavar="DIR", help="where runs are kept")
        add_source_options(parser)
        add_label_options(parser)

    def run(self, options: argparse.Namespace) -> int:
        """Read and write; 0 once the file is written."""
        kept, places = _kept_files(options)
        sources = source_settings(options, os.environ, places) if places or not kept else []
        try:
            from loss_monitor.clock import ManualClock
            from loss_monitor.report.compared import compared
            from loss_monitor.report.comparison import comparison_html
            from loss_monitor.report.document import report_html
        except ModuleNotFoundError as error:
            raise missing(error) from error
        # Time stands still while it reads, so that nothing depends on how long that takes.
        clock = ManualClock(time.time())
        read = [
            *(partial(_read, settings, clock) for settings in sources),
            *(partial(_read_kept, path) for path in kept),
        ]
        if len(read) == 1:
            text = report_html(*read[0](), clock.wall_s())
        else:
            # One after the other: only what is told of a run stays in memory.
            runs = [compared(*_with_losses(one()), len(read)) for one in read]
            text = comparison_html(runs, clock.wall_s())
        _write(options.output, text)
        return 0


def _kept_files(options: argparse.Namespace) -> tuple[list[Path], list[str]]:
    """Return the files of kept runs that are meant, and the other names."""
    kept: list[Path] = []
    others: list[str] = []
    for name in options.places:
        full = os.path.expanduser(name)
        names = sorted(glob.glob(full)) if glob.has_magic(full) else [full]
        files = [path for path in map(kept_file, names) if path is not None]
        if files and len(files) == len(names):
            kept += files
        elif is_run_id(name):
            (settings,) = source_settings(options, os.environ, [])
            kept.append(kept_path(name, settings))
        else:
            others.append(name)
    return kept, others


def _read(settings: Settings, clock: ManualClock) -> tuple[Snapshot, Provenance]:
    from loss_monitor.monitor import Monitor
    from loss_monitor.report.provenance import provenance_of, source_files

    monitor = Monitor(settings, clock, lambda _: None)
    asked = monitor.files()
    snapshot = monitor.look()
    refuse_unmet_start(monitor)
    _refuse_nothing(snapshot)
    return snapshot, provenance_of(settings, source_files(asked.result()))


def _read_kept(path: Path) -> tuple[Snapshot, Provenance]:
    from loss_monitor.history.archive import read_run
    from loss_monitor.report.provenance import provenance_of_kept

    snapshot = read_run(path)
    _refuse_nothing(snapshot)
    return snapshot, provenance_of_kept(path, snapshot)


def _with_losses(read: tuple[Snapshot, Provenance]) -> tuple[Snapshot, Provenance]:
    if not read[0].run.n_values:
        raise MonitorError(f"{_place(read[0])} holds no losses: it cannot be compared")
    return read


def _place(snapshot: Snapshot) -> str:
    return snapshot.source.directory or ", ".join(snapshot.source.job_logs)


def _refuse_nothing(snapshot: Snapshot) -> None:
    source = snapshot.source
    if snapshot.run.n_values or snapshot.tags.n_points:
        return
    place = _place(snapshot)
    if source.error:
        raise MonitorError(f"{place} cannot be read: {source.error}")
    if not source.exists:
        raise MonitorError(f"{place} does not exist; name the directory of a run, or a job log")
    raise MonitorError(f"{place} holds no losses and no tags: there is nothing to report")


def _write(output: str, text: str) -> None:
    if output == "-":
        sys.stdout.write(text)
        return
    from loss_monitor.export.whole_file import whole_file

    path = Path(output).expanduser()
    try:
        with whole_file(path) as made:
            made.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SettingError(f"--output {path} cannot be written: {error.strerror}") from error
    if path.is_file():
        print(f"{path}: {path.stat().st_size:,} bytes")
