"""The hook: one command of the user's, called once per opened and closed incident.

Enters: alerts, from the reading thread. Leaves: calls of the command with JSON on standard
input, one after another, in a thread of their own; a command that hangs is ended, and a flood
of alerts fills no memory. It runs without a page open, with the monitor's environment. Its
output goes to the log.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import queue
import select
import shlex
import signal
import socket
import subprocess
import threading
import time
from dataclasses import asdict, dataclass

from loss_monitor.clock import iso_time
from loss_monitor.errors import SettingError
from loss_monitor.health.book import Change
from loss_monitor.types import Alert, Evidence

TIME_LIMIT_S = 30.0
QUEUE_MAX = 100
OUTPUT_SHOWN = 2000
"""Characters of the command's output that are logged."""

# A character of UTF-8 has four at most.
_OUTPUT_BYTES_MAX = 4 * OUTPUT_SHOWN
_PIECE_BYTES = 65_536

_log = logging.getLogger(__name__)


def words_of(command: str) -> list[str]:
    """Return the argument vector of a command line; no shell ever sees it.

    Raises SettingError where it cannot be split.
    """
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise SettingError(
            f"ON_ALERT is {command!r}, which cannot be split into words ({error}); allowed is a "
            "command with its arguments"
        ) from error
    if not words:
        raise SettingError("ON_ALERT is empty; allowed is a command with its arguments")
    return words


class AlertHook:
    """Calls the command; `put` is for the reading thread, the rest has its own."""

    def __init__(self, command: str, time_limit_s: float = TIME_LIMIT_S) -> None:
        """Prepare to call `command`; raises SettingError where it is none."""
        self._words = words_of(command)
        self._time_limit_s = time_limit_s
        self._queue: queue.Queue[dict[str, object] | None] = queue.Queue(QUEUE_MAX)
        self._thread = threading.Thread(target=self._run, name="alert-hook", daemon=True)
        self._thread.start()

    def put(self, change: Change, run: str) -> None:
        """Have the command called for `change`; returns at once, never raises."""
        try:
            self._queue.put_nowait(message_of(change, run))
        except queue.Full:
            _log.warning("ON_ALERT is too slow: an alert was not passed on (%s)", change.alert.rule)

    def stop(self, grace_s: float = 2.0) -> None:
        """Finish what waits, for `grace_s` seconds at most."""
        try:
            self._queue.put_nowait(None)
        except queue.Full:
            return
        self._thread.join(grace_s)

    def _run(self) -> None:
        while True:
            message = self._queue.get()
            if message is None:
                return
            try:
                called = call(self._words, message, self._time_limit_s)
                level = logging.INFO if called.succeeded else logging.WARNING
                _log.log(level, "ON_ALERT: %s", called.text)
            except Exception:  # noqa: BLE001 - the top of a thread: logged, and on to the next.
                _log.exception("ON_ALERT could not be called")


@dataclass(frozen=True, slots=True)
class Called:
    """How a call of the command went."""

    succeeded: bool
    text: str
    """What happened, and what the command printed."""


def call(
    words: list[str], message: dict[str, object], time_limit_s: float = TIME_LIMIT_S
) -> Called:
    """Call a command with `message` as JSON on standard input.

    One that hangs is ended together with all that it has started.
    """
    name = words[0]
    try:
        process = subprocess.Popen(
            words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        return Called(False, f"{name} cannot be started: {error.strerror}")
    until_s = time.monotonic() + time_limit_s
    with process:
        try:
            told = _converse(process, json.dumps(message).encode() + b"\n", until_s)
            process.wait(max(0.0, until_s - time.monotonic()))
        except subprocess.TimeoutExpired:
            with contextlib.suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)
            return Called(False, f"{name} took longer than {time_limit_s:g} s and was ended")
    output = told.decode("utf-8", "backslashreplace").strip()[:OUTPUT_SHOWN]
    text = f"{name} ended with exit code {process.returncode} {output}".rstrip()
    return Called(process.returncode == 0, text)


def _converse(process: subprocess.Popen[bytes], message: bytes, until_s: float) -> bytes:
    """Return the beginning of what the command prints; however much that is, no more is kept.

    The message is far smaller than a pipe's buffer, so that writing it waits for nobody. Raises
    TimeoutExpired where the output does not end in time.
    """
    assert process.stdin is not None
    assert process.stdout is not None
    with contextlib.suppress(BrokenPipeError), process.stdin as stdin:
        stdin.write(message)
    told = bytearray()
    output = select.poll()
    output.register(process.stdout, select.POLLIN)
    while True:
        left_s = until_s - time.monotonic()
        if left_s <= 0 or not output.poll(1000 * left_s):
            raise subprocess.TimeoutExpired(process.args, left_s)
        piece = os.read(process.stdout.fileno(), _PIECE_BYTES)
        if not piece:
            return bytes(told)
        told += piece[: _OUTPUT_BYTES_MAX - len(told)]


def message_of(change: Change, run: str) -> dict[str, object]:
    """Return what the command is told. Holds no secret: no token, no environment."""
    alert = change.alert
    return {
        "event": change.what,
        "rule": alert.rule,
        "level": alert.level,
        "message": alert.message,
        "run": run,
        "host": socket.gethostname(),
        "opened": iso_time(alert.opened_s),
        "closed": None if alert.closed_s is None else iso_time(alert.closed_s),
        "evidence": _plain(asdict(alert.evidence)),
        "id": alert.id,
    }


def _plain(evidence: dict[str, object]) -> dict[str, object]:
    # JSON has no NaN, and a script that reads this must not trip over one.
    values = [
        value if value - value == 0 else None
        for value in evidence["values"]  # type: ignore[attr-defined]
    ]
    return {**evidence, "values": values}


def example(now_s: float) -> Change:
    """Return a change as `alert-test` and the page's test button pass on."""
    evidence = Evidence((0.5,), "1979-01-01 00:15:00", 3, "log_1979-01-01 00:15:00.txt", 4)
    message = "a test of the hook: nothing is the matter"
    return Change("opened", Alert(0, "test", "info", message, now_s, now_s, None, evidence))
