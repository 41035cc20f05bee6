"""Files and directories that this user may not read, seen by a user who is not root."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from loss_monitor.clock import ManualClock
from loss_monitor.monitor import Monitor
from loss_monitor.settings import Settings

NOBODY = 65534


def as_nobody(act: Callable[[], object]) -> object:
    """Return what `act` returns in a process without root's rights, by way of JSON."""
    read_end, write_end = os.pipe()
    with warnings.catch_warnings():
        # The child runs no other thread's code: it acts, writes, and leaves at once.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        try:
            if os.geteuid() == 0:
                os.setgroups([])
                os.setgid(NOBODY)
                os.setuid(NOBODY)
            answer = act()
        except BaseException as error:  # noqa: BLE001 - whatever it is, the parent must know.
            answer = f"{type(error).__name__}: {error}"
        os.write(write_end, json.dumps(answer).encode())
        os._exit(0)
    os.close(write_end)
    with os.fdopen(read_end, "rb") as file:
        answer = json.loads(file.read())
    os.waitpid(child, 0)
    return answer


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A directory that others reach, unlike those of pytest."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o700)
    shutil.rmtree(folder)


def reading_of(folder: Path) -> dict[str, object]:
    """Look three times as an ordinary user; return what came of it."""
    clock = ManualClock(time.time())
    monitor = Monitor(Settings(data_dir=folder), clock, lambda _: None)
    for _ in range(3):
        clock.advance(30)
        snapshot = monitor.look()
    return {
        "values": snapshot.run.values().tolist(),
        "exists": snapshot.source.exists,
        "error": snapshot.source.error,
        "incidents": snapshot.source.incidents,
        "told": [[e.file, e.level, e.message] for e in snapshot.activity if e.incident],
    }


def test_a_file_of_mode_000_is_told_once_and_the_others_are_read(open_folder):
    """It says what was expected; the next timestep is there."""
    closed = open_folder / "log_1979-01-01 00:15:00.txt"
    closed.write_text("1.0\n")
    closed.chmod(0)
    (open_folder / "log_1979-01-01 00:30:00.txt").write_text("2.0\n")
    found = as_nobody(lambda: reading_of(open_folder))
    assert found["values"] == [2.0]
    ((file, level, message),) = found["told"]
    assert (file, level) == (closed.name, "warning")
    assert "Permission denied" in message
    assert found["incidents"] == 1


def test_an_event_file_of_mode_000_is_told_and_stops_nothing(open_folder):
    """The losses beside it are read."""
    folder = open_folder / "runs" / "a"
    folder.mkdir(parents=True)
    for path in (folder, folder.parent):
        path.chmod(0o755)
    closed = folder / "events.out.tfevents.1.node"
    closed.write_bytes(b"")
    closed.chmod(0)
    (open_folder / "log_1979-01-01 00:30:00.txt").write_text("2.0\n")
    found = as_nobody(lambda: reading_of(open_folder))
    assert found["values"] == [2.0]
    assert [row[0] for row in found["told"]] == [f"runs/a/{closed.name}"]


def test_a_directory_of_mode_000_is_an_error_that_is_shown(open_folder):
    """There is a directory, and the page says why nothing comes of it."""
    folder = open_folder / "data"
    folder.mkdir()
    folder.chmod(0)
    found = as_nobody(lambda: reading_of(folder))
    assert found["values"] == []
    assert "Permission denied" in found["error"]


def test_a_file_that_becomes_readable_is_read(open_folder):
    """A change of mode is a change."""
    closed = open_folder / "log_1979-01-01 00:15:00.txt"
    closed.write_text("1.0\n")
    closed.chmod(0)
    open_folder.chmod(0o777)
    if os.geteuid() == 0:
        os.chown(closed, NOBODY, NOBODY)

    def act() -> object:
        clock = ManualClock(time.time())
        monitor = Monitor(Settings(data_dir=open_folder), clock, lambda _: None)
        before = monitor.look().run.n_values
        closed.chmod(0o600)
        clock.advance(1.0)
        return [before, monitor.look().run.values().tolist()]

    assert as_nobody(act) == [0, [1.0]]
