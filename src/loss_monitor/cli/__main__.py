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
from importlib import import_module

from loss_monitor import __version__
from loss_monitor.cli.command import Command
from loss_monitor.errors import EXIT_FAILURE, EXIT_USAGE, MonitorError

PROGRAM = "loss-monitor"
EXIT_INTERRUPTED = 130
"""128 and the number of SIGINT, as shells report it."""

_THREAD_COUNTS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")

COMMANDS = {
    "serve": "serve.Serve",
    "start": "start.Start",
    "stop": "stop.Stop",
    "status": "status.Status",
    "report": "report.Report",
    "check": "check.Check",
    "alert-test": "alert_test.AlertTest",
    "keep": "keep.Keep",
    "export": "export.Export",
    "note": "note.NoteCommand",
    "token": "token.TokenCommand",
    "demo": "demo.Demo",
}
"""Module and class of each command, in the order of the overview. Loaded when it is wanted: a
server that runs for weeks needs no other command, nor what those import."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; `arguments` default to the process's."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or words[0] in ("-h", "--help"):
        print(overview())
        return 0 if words else EXIT_USAGE
    if words[0] in ("-V", "--version"):
        print(f"{PROGRAM} {__version__} (Python {platform.python_version()})")
        return 0
    if words[0] not in COMMANDS:
        near = difflib.get_close_matches(words[0], COMMANDS, n=1)
        meant = f"; is {near[0]!r} meant?" if near else ""
        print(f"{PROGRAM}: unknown command {words[0]!r}{meant}\n\n{overview()}", file=sys.stderr)
        return EXIT_USAGE
    return _run(command_of(words[0]), words[1:])


def command_of(name: str) -> Command:
    """Return the command of a name in the table."""
    module, _, kind = COMMANDS[name].partition(".")
    command: Command = getattr(import_module(f"loss_monitor.cli.{module}"), kind)()
    return command


def overview() -> str:
    """Return the list of commands and exit codes."""
    width = max(map(len, COMMANDS))
    rows = [f"  {name:{width}}  {command_of(name).summary}" for name in COMMANDS]
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
    except FileNotFoundError:
        # A training that begins anew deletes its directory, and with it a terminal's place.
        if _has_place():
            raise
        told = "the working directory was deleted: change to one that is there (cd)"
        print(f"{PROGRAM} {command.name}: {told}", file=sys.stderr)
        return EXIT_FAILURE
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader of our output has gone (`status | head`); Python's own flush at exit
        # must not complain a second time.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FAILURE


def _has_place() -> bool:
    try:
        os.getcwd()
    except FileNotFoundError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
