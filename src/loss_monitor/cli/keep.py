"""The command `keep`: reads a run once and keeps it in a file that outlives its directory.

Enters: a directory or a job log. Leaves: one file, and its path on standard output;
of a pattern that means several runs, one for each.
"""

from __future__ import annotations

import argparse
import os

from loss_monitor.cli.options import add_label_options, add_source_options
from loss_monitor.cli.places import refuse_unmet_start, source_settings
from loss_monitor.cli.serve import missing
from loss_monitor.clock import SystemClock
from loss_monitor.errors import EXIT_NO_DATA, MonitorError
from loss_monitor.settings import Settings, state_dir


class Keep:
    """`loss-monitor keep SOURCE`."""

    name = "keep"
    summary = "read a run once and keep it in a file that outlives its directory"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare its options."""
        parser.add_argument("source", metavar="SOURCE", help="directory or job log (pattern)")
        parser.add_argument(
            "--keep-dir", metavar="DIR", help="where to keep it (default: the state directory)"
        )
        add_source_options(parser)
        add_label_options(parser)
        parser.add_argument("--config", metavar="FILE", help="file of NAME = literal")

    def run(self, options: argparse.Namespace) -> int:
        """Read and keep; 0 once the file is written, 6 where there is nothing to keep."""
        sources = source_settings(options, os.environ, [options.source])
        try:
            kept = [_keep(settings) for settings in sources]
        except ModuleNotFoundError as error:
            raise missing(error) from error
        return 0 if any(kept) else EXIT_NO_DATA


def _keep(settings: Settings) -> bool:
    """Keep the run of one source; return whether there was anything to keep."""
    from loss_monitor.history.archive import write_run
    from loss_monitor.history.store import FOLDER, KeptRuns, source_folder
    from loss_monitor.monitor import Monitor

    clock = SystemClock()
    monitor = Monitor(settings, clock, lambda _snapshot: None)
    asked = monitor.files()
    snapshot = monitor.look()
    refuse_unmet_start(monitor)
    if not snapshot.run.n_values:
        named = ", ".join(settings.job_logs) or settings.data_dir
        print(f"No losses in {named}: there is nothing to keep")
        return False
    root = settings.keep_dir or state_dir(os.environ) / FOLDER
    place = KeptRuns(source_folder(root, str(settings.data_dir), settings.job_logs))
    path = place.path_of(snapshot.run.id)
    try:
        write_run(path, snapshot, clock.wall_s(), asked.result())
    except OSError as error:
        raise MonitorError(
            f"the run cannot be kept in {path}: {error.strerror}; --keep-dir names another place"
        ) from error
    print(f"{path}: {path.stat().st_size:,} bytes")
    return True
