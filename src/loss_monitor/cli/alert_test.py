"""The command `alert-test`: calls the hook once, as an incident would.

Enters: the command to call. Leaves: its output and exit code, on this terminal.
"""

from __future__ import annotations

import argparse
import json
import os

from loss_monitor.cli.options import add_source_options, settings_of
from loss_monitor.cli.serve import missing
from loss_monitor.clock import SystemClock
from loss_monitor.errors import EXIT_FAILURE, SettingError


class AlertTest:
    """`loss-monitor alert-test`."""

    name = "alert-test"
    summary = "call the command of --on-alert once, with an alert that means nothing"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare its options."""
        parser.add_argument("--on-alert", metavar="COMMAND", help="the command to call")
        add_source_options(parser)
        parser.add_argument("--config", metavar="FILE", help="file of NAME = literal")

    def run(self, options: argparse.Namespace) -> int:
        """Call it; 0 where it ended with 0."""
        settings = settings_of(options, os.environ)
        if settings.on_alert is None:
            raise SettingError("no command is set: give --on-alert, or ON_ALERT in the file")
        try:
            from loss_monitor.monitor import alert_hook
        except ModuleNotFoundError as error:
            raise missing(error) from error
        message = alert_hook.message_of(alert_hook.example(SystemClock().wall_s()), "test")
        print(f"Standard input: {json.dumps(message)}")
        called = alert_hook.call(alert_hook.words_of(settings.on_alert), message)
        print(called.text)
        return 0 if called.succeeded else EXIT_FAILURE
