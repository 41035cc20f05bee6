"""One call of a scheduler's command: an argument vector in, what it printed out.

No shell sees it. A command that takes too long or prints too much is ended together with all
that it has started, and its output is of no use.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from loss_monitor.clock import Clock

TIME_LIMIT_S = 15.0
"""A controller under load answers within seconds; longer means that it does not."""
OUTPUT_BYTES_MAX = 8 * 1024 * 1024
"""A job is 10 KB of JSON. Old commands tell all jobs of a cluster, whatever was asked."""
_ERROR_BYTES_MAX = 64 * 1024
_ERROR_SHOWN = 200
_STOPS_WITHIN_S = 0.5


@dataclass(frozen=True, slots=True)
class Printed:
    """What a command printed, or why it is of no use."""

    text: str = ""
    failure: str = ""
    """What happened, in words; empty where the command succeeded."""


def call(
    words: Sequence[str],
    environ: Mapping[str, str],
    clock: Clock,
    stopping: threading.Event,
    time_limit_s: float = TIME_LIMIT_S,
) -> Printed:
    """Call a command and wait for it, `time_limit_s` seconds at most; never raises.

    Once `stopping` is set it is ended within half a second.
    """
    name = os.path.basename(words[0])
    try:
        process = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(environ),
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        return Printed(failure=f"{name} cannot be started: {reason}")
    until_s = clock.monotonic_s() + time_limit_s
    try:
        failure, output, errors = _collect(process, clock, stopping, until_s)
        if not failure:
            process.wait(max(0.1, until_s - clock.monotonic_s()))
    except subprocess.TimeoutExpired:
        failure = "it does not end"
    finally:
        _end(process)
    if failure:
        return Printed(failure=f"{name}: {failure.format(limit=f'{time_limit_s:g} s')}")
    if process.returncode:
        said = " ".join(errors.decode("utf-8", "backslashreplace").split())[:_ERROR_SHOWN]
        code = process.returncode
        return Printed(failure=f"{name} ended with exit code {code}: {said}".rstrip(": "))
    return Printed(output.decode("utf-8", "backslashreplace"))


def _collect(
    process: subprocess.Popen[bytes], clock: Clock, stopping: threading.Event, until_s: float
) -> tuple[str, bytes, bytes]:
    """Read until both ends are closed; the first result says why it was given up."""
    assert process.stdout is not None
    assert process.stderr is not None
    output, errors = bytearray(), bytearray()
    with selectors.DefaultSelector() as waiting:
        waiting.register(process.stdout, selectors.EVENT_READ, output)
        waiting.register(process.stderr, selectors.EVENT_READ, errors)
        while waiting.get_map():
            left_s = until_s - clock.monotonic_s()
            if left_s <= 0 or stopping.is_set():
                return "no answer within {limit}", b"", b""
            for key, _ in waiting.select(min(left_s, _STOPS_WITHIN_S)):
                data = os.read(key.fd, 1 << 16)
                if not data:
                    waiting.unregister(key.fileobj)
                elif key.data is output or len(errors) < _ERROR_BYTES_MAX:
                    key.data.extend(data)
            if len(output) > OUTPUT_BYTES_MAX:
                return f"it prints more than {OUTPUT_BYTES_MAX >> 20} MiB", b"", b""
    return "", bytes(output), bytes(errors)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End what is left of a command, and let go of its pipes."""
    if process.poll() is None:
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
