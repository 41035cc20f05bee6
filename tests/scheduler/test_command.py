"""One call of a command: its end, its limits, and what is left of it."""

from __future__ import annotations

import os
import threading
import time

import pytest

from loss_monitor.clock import SystemClock
from loss_monitor.scheduler import command
from loss_monitor.scheduler.command import Printed, call
from waiting import DEADLINE_S


def run(commands, name="squeue", *words, limit_s=20.0, stopping=None):
    """Call a command of the folder."""
    path = str(commands.folder / name)
    environ = {**commands.environ, "LC_ALL": "C"}
    return call([path, *words], environ, SystemClock(), stopping or threading.Event(), limit_s)


def test_what_it_prints_is_returned(commands):
    """Words reach it as they are, without a shell in between."""
    commands.write("squeue", prints="a\n", does='printf %s "$1"; echo aside >&2')
    assert run(commands, "squeue", "$(id) * 'x'") == Printed("a\n$(id) * 'x'")


def test_a_failure_is_told_with_the_command_s_own_words(commands):
    """Exit code and standard error as one line, not its output."""
    says = "printf 'Unable to contact\\n  controller\\n' >&2; exit 3"
    commands.write("squeue", prints="{}", does=says)
    printed = run(commands)
    assert printed.text == ""
    assert printed.failure.endswith("squeue ended with exit code 3: Unable to contact controller")


def test_a_command_that_is_not_there_is_a_failure_in_words(commands):
    """As is one that may not be run."""
    assert "cannot be started: No such file" in run(commands).failure
    commands.write("squeue")
    (commands.folder / "squeue").chmod(0o600)
    assert "cannot be started: Permission denied" in run(commands).failure


def test_a_command_that_hangs_is_ended_with_all_it_has_started(commands):
    """Its child as well, which holds the pipe open."""
    pid_file = commands.folder / "pid"
    commands.write("squeue", does=f"sleep 600 & echo $! > {pid_file}; wait")
    printed = run(commands, limit_s=4.0)
    assert "no answer within 4 s" in printed.failure
    wait_until_gone(int(pid_file.read_text()))


def test_a_command_that_closes_its_output_and_hangs_is_ended(commands):
    """An answer of which the exit code is not known is none."""
    commands.write("squeue", does="exec >&- 2>&-; sleep 600")
    assert "does not end" in run(commands, limit_s=1.0).failure


def test_a_flood_is_cut_off(commands, monkeypatch):
    """Memory is bounded, whatever the command prints; errors as well."""
    monkeypatch.setattr(command, "OUTPUT_BYTES_MAX", 1 << 20)
    commands.write("squeue", does="yes")
    assert "prints more than" in run(commands).failure
    commands.write("squeue", does="yes 2>&1 >&2 | head -c 9000000 >&2; exit 1")
    assert len(run(commands).failure) < 400


def test_the_end_of_the_monitor_ends_the_command(commands):
    """Nobody waits for it."""
    stopping = threading.Event()
    commands.write("squeue", does="exec sleep 600")
    timer = threading.Timer(0.2, stopping.set)
    timer.start()
    began_s = time.monotonic()
    assert run(commands, limit_s=60.0, stopping=stopping).failure
    assert time.monotonic() - began_s < 20


def wait_until_gone(pid):
    """Wait until a process has ended; it may stay a zombie of whoever adopted it."""
    until_s = time.monotonic() + DEADLINE_S
    while time.monotonic() < until_s:
        try:
            with open(f"/proc/{pid}/stat", encoding="ascii") as file:
                if file.read().rpartition(")")[2].split()[0] == "Z":
                    return
        except FileNotFoundError:
            return
        time.sleep(0.01)
    os.kill(pid, 9)
    pytest.fail("the child of the command goes on")
