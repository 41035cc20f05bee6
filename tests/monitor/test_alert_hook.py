"""The hook: once an incident, one after another, whatever the command does."""

from __future__ import annotations

import json
import logging
import os
import select
import sys
import time
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from judged_runs import healthy
from loss_monitor.clock import ManualClock
from loss_monitor.errors import SettingError
from loss_monitor.health.book import Change
from loss_monitor.monitor import Monitor
from loss_monitor.monitor.alert_hook import (
    OUTPUT_SHOWN,
    QUEUE_MAX,
    AlertHook,
    Called,
    call,
    words_of,
)
from loss_monitor.settings import Settings
from loss_monitor.types import Alert, Evidence

if TYPE_CHECKING:
    from conftest import Watched


def change(number: int, what: str = "opened") -> Change:
    """An alert that was opened or closed."""
    evidence = Evidence((float("nan"), 0.5), "1979-01-01 00:15:00", 3, "/data/log.txt", 4)
    closed_s = 2.0 if what == "closed" else None
    return Change(what, Alert(number, "spike", "warning", "a spike", 1.0, 1.0, closed_s, evidence))


@pytest.fixture
def recorder(tmp_path: Path) -> tuple[str, Path]:
    """A command that appends what it is told to a file, and the file."""
    script = tmp_path / "record.py"
    out = tmp_path / "told.jsonl"
    script.write_text(f"import sys\nopen({str(out)!r}, 'a').write(sys.stdin.read())\n")
    return f"{sys.executable} {script}", out


def test_the_command_gets_each_alert_in_order(recorder: tuple[str, Path]) -> None:
    """As one line of JSON without NaN, with all that a message needs."""
    command, out = recorder
    hook = AlertHook(command)
    for number in range(5):
        hook.put(change(number, "closed" if number == 4 else "opened"), "run of the night")
    hook.stop(60)
    told = [json.loads(line, parse_constant=pytest.fail) for line in out.read_text().splitlines()]
    assert [one["id"] for one in told] == [0, 1, 2, 3, 4]
    assert told[0]["run"] == "run of the night"
    assert told[0]["evidence"]["values"] == [None, 0.5]
    assert told[0]["closed"] is None
    assert told[4]["event"] == "closed"


def test_a_command_that_hangs_is_ended() -> None:
    """It holds up the others for a bounded time."""
    words = [sys.executable, "-c", "import time; time.sleep(60)"]
    called = call(words, {}, time_limit_s=0.5)
    assert not called.succeeded
    assert "took longer than 0.5 s" in called.text


def test_what_a_hanging_command_has_started_is_ended_with_it(tmp_path: Path) -> None:
    """A script calls a program that hangs: each alert would leave one more behind."""
    alive = tmp_path / "alive"
    os.mkfifo(alive)
    script = tmp_path / "tell.sh"
    # The program holds the pipe open for as long as it lives.
    script.write_text(f"#!/bin/sh\nsleep 600 > {alive}\n")
    script.chmod(0o700)
    descriptor = os.open(alive, os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert not call([str(script)], {}, time_limit_s=1.0).succeeded
        os.set_blocking(descriptor, True)
        assert select.select([descriptor], [], [], 10)[0], "the program still lives"
        assert os.read(descriptor, 1) == b""
    finally:
        os.close(descriptor)


def test_of_a_command_that_prints_without_end_the_beginning_is_kept() -> None:
    """It is read on, so that it does not hang, and ended in the end; no memory is filled."""
    tracemalloc.start()
    try:
        endless = call([sys.executable, "-c", "while True: print('x' * 50_000)"], {}, 1.0)
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert not endless.succeeded
    assert "took longer than 1 s" in endless.text
    assert peak_bytes < 2_000_000
    long = call([sys.executable, "-c", "print('ab' * 5_000_000)"], {}, 60.0)
    assert long.succeeded
    assert long.text.endswith("exit code 0 " + "ab" * (OUTPUT_SHOWN // 2))


def test_a_command_that_does_not_listen_is_heard() -> None:
    """One that closes its standard input at once, and one that ends before it is told."""
    deaf = call([sys.executable, "-c", "import os; os.close(0); print('done')"], {}, 60.0)
    assert deaf == Called(True, f"{sys.executable} ended with exit code 0 done")
    assert call(["true"], {"message": "x" * 30_000}, 60.0).succeeded


def test_a_flood_fills_no_memory(caplog: pytest.LogCaptureFixture) -> None:
    """What does not fit is told in the log, and the reading goes on."""
    hook = AlertHook(f"{sys.executable} -c 'import time; time.sleep(5)'", time_limit_s=0.3)
    with caplog.at_level(logging.WARNING):
        for number in range(QUEUE_MAX + 10):
            hook.put(change(number), "run")
    assert "an alert was not passed on" in caplog.text


def test_no_shell_sees_the_command() -> None:
    """Words are words: a semicolon is an argument, not another command."""
    assert words_of("tell 'two words' ; rm -rf $HOME") == [
        "tell", "two words", ";", "rm", "-rf", "$HOME",
    ]  # fmt: skip
    with pytest.raises(SettingError, match="cannot be split"):
        words_of("tell 'unclosed")


def test_an_incident_is_passed_on_once_and_when_it_is_over(tmp_path: Path) -> None:
    """However often the monitor looks; what was over before it started is not news."""
    told: list[tuple[str, str, str]] = []
    losses = [values.tolist() for values in healthy(60)]
    losses[20][3] = float("nan")
    folder = tmp_path / "data"
    folder.mkdir()

    def write(number: int, values: list[float]) -> None:
        name = f"log_1979-01-01 {number // 4:02}:{number % 4 * 15:02}:00.txt"
        (folder / name).write_text("".join(f"{value}\n" for value in values))

    for number, values in enumerate(losses[:40]):
        write(number, values)
    monitor = Monitor(
        Settings(data_dir=folder),
        ManualClock(time.time()),
        lambda _: None,
        lambda one, run: told.append((one.what, one.alert.rule, run)),
    )
    monitor.look()
    assert told == []
    write(40, [0.1, float("nan")])
    for _ in range(5):
        monitor.look()
    assert told == [("opened", "non-finite", "data")]


def test_an_alert_stands_in_the_snapshot_and_in_the_log(watched: Watched) -> None:
    """The page's list, the interface and the activity log tell the same."""
    losses = [values.tolist() for values in healthy(60)]
    losses[50][7] *= 500
    for number, values in enumerate(losses, 1):
        watched.log(number).write_text("".join(f"{value}\n" for value in values))
    snapshot = watched.look()
    (alert,) = [one for one in snapshot.alerts if one.rule == "spike"]
    (row,) = [entry for entry in snapshot.activity if entry.kind == "alert"]
    assert alert.message in row.message
    assert row.line == 8
    assert row.incident
