"""Processes of our own: detached, told from strangers of the same number, ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import psutil
import pytest

from loss_monitor.cli.process import end_processes, is_running, process_mark, spawn
from waiting import DEADLINE_S, wait_for


@pytest.fixture
def started(tmp_path):
    """Start Python code as `spawn` does; ended and collected after the test."""
    processes = []

    def start(code):
        process = spawn([sys.executable, "-c", code], tmp_path / "log", os.environ)
        processes.append(process)
        return process, process_mark(process.pid)

    yield start
    for process in processes:
        process.kill()
        process.wait()


def test_a_mark_tells_a_process_from_a_later_one_of_its_number(started):
    """The number alone proves nothing: another mark is another process."""
    process, mark = started("input() if False else __import__('time').sleep(60)")
    assert is_running(process.pid, mark)
    boot, _, ticks = mark.rpartition(":")
    assert not is_running(process.pid, f"{boot}:{int(ticks) + 1}")
    assert not is_running(process.pid, f"another-boot:{ticks}")
    assert not is_running(process.pid, "")


def test_an_ended_process_does_not_run_although_nobody_collected_it(started):
    """A zombie still has its number and its `/proc` entry, and is not running."""
    process, mark = started("pass")
    wait_for(lambda: psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE)
    assert process_mark(process.pid) is None
    assert not is_running(process.pid, mark or "none")


@pytest.mark.parametrize("number", [0, -1, 2**30])
def test_a_number_without_process_has_no_mark(number):
    """0 and negative numbers mean groups to the system, never a process of ours."""
    assert process_mark(number) is None


def test_a_mark_is_read_behind_a_name_with_parentheses(tmp_path):
    """A process may call itself `) R 1 (`; its start time is found all the same."""
    code = (
        "import sys; open('/proc/self/comm', 'w').write(') Z 1 (');"
        "print(flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with process:
        process.stdout.readline()
        mark = process_mark(process.pid)
        expected = psutil.Process(process.pid).create_time()
        process.stdin.close()
    boot_s = psutil.boot_time()
    ticks = int(mark.rpartition(":")[2])
    assert boot_s + ticks / os.sysconf("SC_CLK_TCK") == pytest.approx(expected, abs=2)


def test_a_spawned_process_holds_nothing_of_its_starter(started, tmp_path):
    """Its own session, the log as output, no input, no inherited file."""
    reading, writing = os.pipe()
    os.set_inheritable(writing, True)
    process, _ = started("import time; print('hello', flush=True); time.sleep(60)")
    wait_for(lambda: (tmp_path / "log").read_bytes() == b"hello\n")
    streams = [os.readlink(f"/proc/{process.pid}/fd/{number}") for number in range(3)]
    assert streams == ["/dev/null", str(tmp_path / "log"), str(tmp_path / "log")]
    targets = [os.readlink(entry) for entry in os.scandir(f"/proc/{process.pid}/fd")]
    assert not any(target.startswith("pipe:") for target in targets)
    assert os.getsid(process.pid) == process.pid
    assert os.readlink(f"/proc/{process.pid}/cwd") == "/"
    os.close(reading)
    os.close(writing)


def test_the_log_is_appended_to_and_closed_to_others(started, tmp_path):
    """A new start keeps what the last one said; nobody else reads it."""
    (tmp_path / "log").write_text("before\n")
    (tmp_path / "log").chmod(0o600)
    process, _ = started("print('after')")
    process.wait()
    assert (tmp_path / "log").read_text() == "before\nafter\n"
    assert (tmp_path / "log").stat().st_mode & 0o077 == 0


def test_a_willing_process_ends_gracefully(started, tmp_path):
    """SIGTERM comes first, and a process that heeds it is not forced."""
    process, mark = started(
        "import signal, sys, time\n"
        "def end(*_): print('graceful', flush=True); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, end); print('ready', flush=True); time.sleep(60)"
    )
    wait_for(lambda: b"ready" in (tmp_path / "log").read_bytes())
    assert end_processes([(process.pid, mark)], grace_s=DEADLINE_S) == []
    assert process.wait() == 0
    assert b"graceful" in (tmp_path / "log").read_bytes()


def test_a_deaf_process_is_forced_when_its_time_is_over(started, tmp_path):
    """SIGKILL follows for those that SIGTERM did not end."""
    process, mark = started(
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "print('ready', flush=True); time.sleep(60)"
    )
    wait_for(lambda: b"ready" in (tmp_path / "log").read_bytes())
    assert end_processes([(process.pid, mark)], grace_s=0.2) == [process.pid]
    assert process.wait() == -signal.SIGKILL


def test_a_stranger_of_the_same_number_is_left_alone(started):
    """Where the mark differs, nothing is signalled."""
    process, _ = started("import time; time.sleep(60)")
    assert end_processes([(process.pid, "other:1")], grace_s=0.1) == []
    assert process.poll() is None
