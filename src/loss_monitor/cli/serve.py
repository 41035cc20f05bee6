"""The command `serve`: watches and serves in the foreground, until it is told to end.

Enters: options. Leaves: an exit code. Messages go to standard error and to the log file.
Any number of these may run at once, each with a port of its own.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys

from loss_monitor.cli.log_file import set_up_log
from loss_monitor.cli.options import add_label_options, add_server_options, add_source_options
from loss_monitor.cli.places import source_settings
from loss_monitor.errors import MonitorError
from loss_monitor.settings import Settings

_log = logging.getLogger(__name__)


class Serve:
    """`loss-monitor serve [DIR ...]`."""

    name = "serve"
    summary = "watch directories or job logs and serve their page, in the foreground"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare its options."""
        parser.add_argument(
            "places",
            metavar="DIR",
            nargs="*",
            help="directory that the plugin writes to, or a job log; a quoted pattern means all "
            "that it matches; each directory or experiment is a run of its own in the page",
        )
        parser.add_argument("--host", help="address to listen at (default: 127.0.0.1)")
        parser.add_argument(
            "--port", help="port to listen at, 0 for any free one (default: 5000 or the next)"
        )
        parser.add_argument(
            "--port-file",
            metavar="FILE",
            help="file that holds the port while it listens: decimal and newline",
        )
        add_source_options(parser)
        add_label_options(parser)
        add_server_options(parser)
        parser.add_argument(
            "--demo",
            action="store_true",
            default=None,
            help="label the data as a demo's; starts no training",
        )

    def run(self, options: argparse.Namespace) -> int:
        """Serve until SIGTERM or SIGINT; SIGHUP reads the configuration again."""
        # Until the server answers it, a reload that comes early must not end it.
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

        def read_settings() -> Settings:
            return source_settings(options, os.environ, options.places)[0]

        sources = source_settings(options, os.environ, options.places)
        set_up_log(sources[0])
        for note in sources[0].notes:
            _log.warning("%s", note)
        try:
            from loss_monitor.web.server import serve
        except ModuleNotFoundError as error:
            raise missing(error) from error
        return serve(*sources, read_settings=read_settings)


def missing(error: ModuleNotFoundError) -> Exception:
    """Return what to tell where a needed package is not installed."""
    if error.name is None or error.name.partition(".")[0] == "loss_monitor":
        return error
    return MonitorError(
        f"{error.name} is not installed for {sys.executable}; scripts/start_monitor.sh "
        "installs what is needed, or: pip install icon-loss-monitor"
    )
