"""The command `report`: reads a run once and writes it as one file of HTML.

Enters: a directory or a job log. Leaves: a file that opens anywhere. No server is needed.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from loss_monitor.cli.options import add_label_options, add_source_options
from loss_monitor.cli.places import source_settings
from loss_monitor.cli.serve import missing
from loss_monitor.errors import MonitorError, SettingError

if TYPE_CHECKING:
    from loss_monitor.series.snapshot import Snapshot


class Report:
    """`loss-monitor report [DIR] -o FILE`."""

    name = "report"
    summary = "read a run once and write it as one file of HTML"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare its options."""
        parser.add_argument(
            "place",
            metavar="DIR",
            nargs="?",
            help="directory that the plugin wrote to, or a job log (pattern)",
        )
        parser.add_argument(
            "-o", "--output", metavar="FILE", required=True, help="file to write; - for the screen"
        )
        parser.add_argument("--config", metavar="FILE", help="file of NAME = literal")
        add_source_options(parser)
        add_label_options(parser)

    def run(self, options: argparse.Namespace) -> int:
        """Read and write; 0 once the file is written."""
        places = [options.place] if options.place is not None else []
        (settings,) = source_settings(options, os.environ, places)
        try:
            from loss_monitor.clock import ManualClock
            from loss_monitor.monitor import Monitor
            from loss_monitor.report.document import report_html
            from loss_monitor.report.provenance import provenance_of, source_files
        except ModuleNotFoundError as error:
            raise missing(error) from error
        # Time stands still while it reads, so that nothing depends on how long that takes.
        clock = ManualClock(time.time())
        monitor = Monitor(settings, clock, lambda _: None)
        asked = monitor.files()
        snapshot = monitor.look()
        _refuse_nothing(snapshot)
        facts = provenance_of(settings, source_files(asked.result()))
        _write(options.output, report_html(snapshot, facts, clock.wall_s()))
        return 0


def _refuse_nothing(snapshot: Snapshot) -> None:
    source = snapshot.source
    if snapshot.run.n_values or snapshot.tags.n_points:
        return
    place = source.directory or ", ".join(source.job_logs)
    if source.error:
        raise MonitorError(f"{place} cannot be read: {source.error}")
    if not source.exists:
        raise MonitorError(f"{place} does not exist; name the directory of a run, or a job log")
    raise MonitorError(f"{place} holds no losses and no tags: there is nothing to report")


def _write(output: str, text: str) -> None:
    if output == "-":
        sys.stdout.write(text)
        return
    path = Path(output).expanduser()
    made = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        made.write_text(text, encoding="utf-8")
        os.replace(made, path)
    except OSError as error:
        made.unlink(missing_ok=True)
        raise SettingError(f"--output {path} cannot be written: {error.strerror}") from error
    print(f"{path}: {path.stat().st_size:,} bytes")
