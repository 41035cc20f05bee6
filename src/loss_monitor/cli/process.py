"""Processes of our own: started so that they outlive the terminal, told from strangers.

Enters: a command line, or a process number with the mark that was noted at its start.
Leaves: whether it runs, or that it has ended. A number alone proves nothing: numbers are
given again, after a reboot at once. The mark is the boot and the start time (proc(5),
`/proc/PID/stat`, field 22); where there is no `/proc`, what `ps` prints as start.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from loss_monitor.errors import MonitorError

_START_TIME_AFTER_NAME = 19
"""Field 22 of the line, counted from 0 behind the name in parentheses (field 2)."""
_POLL_S = 0.05
KILL_GRACE_S = 5.0


def spawn(
    words: Sequence[str], log_file: Path, environ: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    """Start `words` in a session of its own, standard output and error appended to a file.

    It holds no stream of the caller's and no controlling terminal, so that a logout or a
    closed pipe does not reach it. Raises `MonitorError` where the log cannot be written.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
    try:
        log_file.parent.mkdir(parents=True, exist_ok=True)
        # 0600: the log may name data that the owner's group need not see.
        log = os.open(log_file, flags, 0o600)
    except OSError as error:
        raise MonitorError(
            f"LOG_FILE {log_file} cannot be written: {error.strerror}; --log-file names another"
        ) from error
    try:
        return subprocess.Popen(
            list(words),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=dict(environ),
            cwd="/",
            start_new_session=True,
            close_fds=True,
        )
    finally:
        os.close(log)


def process_mark(pid: int) -> str | None:
    """Return what tells process `pid` from any other of that number; None if none runs.

    A process that has ended and waits to be collected does not run.
    """
    if pid <= 0:
        return None
    if not os.path.isdir("/proc/self"):
        return _mark_by_ps(pid)
    try:
        line = Path(f"/proc/{pid}/stat").read_bytes()
        # The name may hold blanks and parentheses: what counts stands behind the last one.
        fields = line[line.rindex(b")") + 1 :].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return None
    if fields[0] in (b"Z", b"X"):
        return None
    return f"{boot}:{fields[_START_TIME_AFTER_NAME].decode('ascii')}"


def _mark_by_ps(pid: int) -> str | None:
    answer = subprocess.run(
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LC_ALL": "C"},
    )
    state, _, started = answer.stdout.strip().partition(" ")
    return started.strip() if started and not state.startswith("Z") else None


def is_running(pid: int, mark: str) -> bool:
    """Tell whether the process noted as `pid` with `mark` still runs."""
    return bool(mark) and process_mark(pid) == mark


def end_processes(noted: Sequence[tuple[int, str]], grace_s: float) -> list[int]:
    """Ask processes to end, wait `grace_s` seconds, then force those that are left.

    `noted` holds pairs of number and mark; one that no longer runs is passed over. Returns
    the numbers of those that had to be forced. Raises PermissionError for a stranger's.
    """
    for pid, mark in noted:
        _signal(pid, mark, signal.SIGTERM)
    left = _wait(noted, grace_s)
    for pid, mark in left:
        _signal(pid, mark, signal.SIGKILL)
    _wait(left, KILL_GRACE_S)
    return [pid for pid, _ in left]


def _signal(pid: int, mark: str, number: signal.Signals) -> None:
    if is_running(pid, mark):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def _wait(noted: Sequence[tuple[int, str]], seconds: float) -> list[tuple[int, str]]:
    """Wait until all have ended or the time is over; return those that have not."""
    deadline = time.monotonic() + seconds
    while True:
        left = [(pid, mark) for pid, mark in noted if is_running(pid, mark)]
        if not left or time.monotonic() >= deadline:
            return left
        time.sleep(_POLL_S)
