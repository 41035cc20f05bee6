"""The door: finds the command in the table, parses its options, returns its exit code.

Exit codes: 0 done; 1 failed; 2 wrong usage or a setting that is not allowed; 3 no monitor
is running here; 4 the port belongs to another process; 5 and 6 are the verdicts of
`check`; 130 interrupted by the keyboard.
"""

from __future__ import annotations

import argparse
import difflib
import os
import platform
import sys
from collections.abc import Sequence

from loss_monitor import __version__
from loss_monitor.cli.alert_test import AlertTest
from loss_monitor.cli.check import Check
from loss_monitor.cli.command import Command
from loss_monitor.cli.demo import Demo
from loss_monitor.cli.export import Export
from loss_monitor.cli.keep import Keep
from loss_monitor.cli.note import NoteCommand
from loss_monitor.cli.report import Report
from loss_monitor.cli.serve import Serve
from loss_monitor.cli.start import Start
from loss_monitor.cli.status import Status
from loss_monitor.cli.stop import Stop
from loss_monitor.cli.token import TokenCommand
from loss_monitor.errors import EXIT_FAILURE, EXIT_USAGE, MonitorError

PROGRAM = "loss-monitor"
EXIT_INTERRUPTED = 130
"""128 and the number of SIGINT, as shells report it."""

_THREAD_COUNTS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")

COMMANDS: tuple[Command, ...] = (
    Serve(),
    Start(),
    Stop(),
    Status(),
    Report(),
    Check(),
    AlertTest(),
    Keep(),
    Export(),
    NoteCommand(),
    TokenCommand(),
    Demo(),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; `arguments` default to the process's."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or words[0] in ("-h", "--help"):
        print(overview())
        return 0 if words else EXIT_USAGE
    if words[0] in ("-V", "--version"):
        print(f"{PROGRAM} {__version__} (Python {platform.python_version()})")
        return 0
    command = next((one for one in COMMANDS if one.name == words[0]), None)
    if command is None:
        near = difflib.get_close_matches(words[0], [one.name for one in COMMANDS], n=1)
        meant = f"; is {near[0]!r} meant?" if near else ""
        print(f"{PROGRAM}: unknown command {words[0]!r}{meant}\n\n{overview()}", file=sys.stderr)
        return EXIT_USAGE
    return _run(command, words[1:])


def overview() -> str:
    """Return the list of commands and exit codes."""
    width = max(len(command.name) for command in COMMANDS)
    rows = [f"  {command.name:{width}}  {command.summary}" for command in COMMANDS]
    return "\n".join(
        [
            f"usage: {PROGRAM} COMMAND [options]     ({PROGRAM} COMMAND --help for its options)",
            f"       {PROGRAM} --version",
            "",
            "A live view of neural networks trained inside ICON.",
            "",
            *rows,
            "",
            "exit codes: 0 done, 1 failed, 2 usage or setting, 3 not running, 4 port taken,",
            "            5 not healthy (check), 6 no losses (check, keep, export)",
        ]
    )


def parser_of(command: Command) -> argparse.ArgumentParser:
    """Return the parser of one command's options."""
    parser = argparse.ArgumentParser(
        prog=f"{PROGRAM} {command.name}", description=command.summary, allow_abbrev=False
    )
    command.add_arguments(parser)
    return parser


def _run(command: Command, words: list[str]) -> int:
    # Before numpy is loaded: its libraries start a thread for each of a login node's hundred
    # cores, and nothing here is long enough to be shared out among them.
    for name in _THREAD_COUNTS:
        os.environ.setdefault(name, "1")
    try:
        # Intermixed: options may stand before, between and behind the other words.
        options = parser_of(command).parse_intermixed_args(words)
        return command.run(options)
    except MonitorError as error:
        print(f"{PROGRAM} {command.name}: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader of our output has gone (`status | head`); Python's own flush at exit
        # must not complain a second time.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FAILURE


if __name__ == "__main__":
    sys.exit(main())
