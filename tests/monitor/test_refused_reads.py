"""A file server that refuses for a while takes no timestep away."""

from __future__ import annotations

import errno
import os
import time
from typing import TYPE_CHECKING

import pytest

from loss_monitor.monitor import loss_files
from loss_monitor.monitor.reading import LOOK_FOR_AGAIN_AFTER_S, TRY_AGAIN_AFTER_S
from loss_monitor.tail import cursor
from loss_monitor.writer import EventWriter

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Watched


class Server:
    """A file server that can refuse to open files; `opens_left` may be opened before that."""

    def __init__(self) -> None:
        self.refuses = False
        self.fault = errno.EIO
        self.opens_left = 0
        self.tries = 0
        self._open = cursor.open_quietly

    def open(self, path: str, *, links_told: bool) -> tuple[int, int, bool]:
        """Stand in for `open_quietly`."""
        self.tries += 1
        if self.refuses and self.opens_left <= 0:
            raise OSError(self.fault, os.strerror(self.fault), path)
        self.opens_left -= 1
        return self._open(path, links_told=links_told)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    """The server that all files of the test lie on."""
    server = Server()
    monkeypatch.setattr(cursor, "open_quietly", server.open)
    # The compiled reader of many files opens them itself; what it passes over is read by this.
    monkeypatch.setattr(loss_files, "read_ahead", lambda _reading, _slots: None)
    return server


def shown(watched: Watched) -> list[list[float]]:
    """Return the losses of each timestep."""
    run = watched.monitor.snapshot.run
    return [[float(x) for x in run.values_of(index)] for index in range(run.n_timesteps)]


def look_for_minutes(watched: Watched) -> None:
    """Look at once, and then until what is refused was tried several times."""
    watched.look()
    for _ in range(6):
        watched.look(TRY_AGAIN_AFTER_S / 2)


def test_a_file_that_was_refused_is_tried_again(watched: Watched, server: Server) -> None:
    """Nothing is written to it any more, so that no look would tell of it."""
    watched.log(1).write_text("0.5\n")
    server.refuses = True
    look_for_minutes(watched)
    assert shown(watched) == []
    server.refuses = False
    watched.look(TRY_AGAIN_AFTER_S)
    assert shown(watched) == [[0.5]]


def test_a_refusal_that_lasts_is_told_once_and_asked_seldom(
    watched: Watched, server: Server
) -> None:
    """A file that this user may not read is no event each minute."""
    watched.log(1).write_text("0.5\n")
    server.refuses = True
    watched.look()
    told, tries = watched.monitor.snapshot.activity, server.tries
    for _ in range(10):
        watched.look(TRY_AGAIN_AFTER_S / 2)
    refused = [entry for entry in watched.monitor.snapshot.activity if entry.kind == "refused"]
    assert refused == [entry for entry in told if entry.kind == "refused"]
    assert len(refused) == 1
    assert server.tries - tries <= 6


def test_a_refused_file_that_is_gone_is_forgotten(watched: Watched, server: Server) -> None:
    """What is told of a later file of its name is told anew."""
    watched.log(1).write_text("0.5\n")
    watched.log(2).write_text("0.25\n")
    server.refuses = True
    watched.look()
    watched.log(2).unlink()
    watched.look()
    server.refuses = False
    watched.look(TRY_AGAIN_AFTER_S)
    tries = server.tries
    watched.look(TRY_AGAIN_AFTER_S)
    assert server.tries == tries
    assert shown(watched) == [[0.5]]


def test_a_refused_second_read_takes_no_losses_away(watched: Watched, server: Server) -> None:
    """Of a settled file that grows only its proof is kept, so that it is read twice."""
    log = watched.log(1)
    log.write_text("0.5\n")
    for _ in range(14):
        watched.look(5)
    with log.open("a") as file:
        file.write("0.25\n")
    later = watched.clock.wall_s()
    os.utime(log, (later, later))
    server.refuses, server.opens_left = True, 1
    watched.look(5)
    assert shown(watched) == [[0.5]]
    server.refuses = False
    watched.look(TRY_AGAIN_AFTER_S)
    assert shown(watched) == [[0.5, 0.25]]


def test_a_refused_re_read_takes_no_timestep_away(watched: Watched, server: Server) -> None:
    """A late summary asks again for the losses of a settled file."""
    old = time.time() - 3600
    log = watched.log(1)
    log.write_text("0.5\n")
    os.utime(log, (old, old))
    watched.look()
    summary = watched.directory / log.name.replace("log_", "summary_")
    summary.write_text("mean: 0.5\n")
    server.refuses, server.opens_left = True, 1
    watched.look()
    assert shown(watched) == [[0.5]]
    server.refuses = False
    watched.look(TRY_AGAIN_AFTER_S)
    assert shown(watched) == [[0.5]]


def test_an_event_file_that_was_refused_is_tried_again(watched: Watched, server: Server) -> None:
    """That of a run that has ended is written to no more."""
    folder = watched.directory / "runs" / "one"
    writer = EventWriter(folder)
    writer.scalar("Loss/batch", 0.5, 1)
    writer.close()
    server.refuses = True
    watched.look()
    watched.look(TRY_AGAIN_AFTER_S / 2)
    assert not watched.monitor.snapshot.tags.scalars("one")
    server.refuses = False
    watched.look(TRY_AGAIN_AFTER_S)
    assert "Loss/batch" in watched.monitor.snapshot.tags.scalars("one")


def test_a_summary_that_was_refused_is_tried_again(watched: Watched, server: Server) -> None:
    """At its first reading, and where it has grown, which means reading it twice."""
    watched.log(1).write_text("0.5\n")
    summary = watched.directory / watched.log(1).name.replace("log_", "summary_")
    watched.look()
    summary.write_text("mean: 0.5\n")
    server.refuses, server.opens_left = True, 0
    watched.look()
    assert _pairs(watched) == ()
    server.refuses = False
    watched.look(TRY_AGAIN_AFTER_S)
    assert _pairs(watched) == (("mean", 0.5),)
    with summary.open("a") as file:
        file.write("max: 0.75\n")
    server.refuses, server.opens_left = True, 1
    watched.look()
    assert _pairs(watched) == (("mean", 0.5),)
    server.refuses = False
    watched.look(TRY_AGAIN_AFTER_S)
    assert _pairs(watched) == (("mean", 0.5), ("max", 0.75))


def _pairs(watched: Watched) -> tuple[tuple[str, object], ...]:
    """Return what the summary of the first timestep says."""
    return watched.monitor.snapshot.run.timestep(0).summary


def test_a_job_log_that_was_refused_is_tried_again(
    tmp_path: Path, watch_logs: Callable[..., Watched], server: Server
) -> None:
    """Of a job that has ended nothing more comes; of one that runs no line is lost."""
    log = tmp_path / "LOG.exp.one.run.7.o"
    log.write_text(_steps(1, 2))
    server.refuses = True
    watched = watch_logs()
    look_for_minutes(watched)
    assert shown(watched) == []
    server.refuses = False
    watched.look(TRY_AGAIN_AFTER_S)
    assert shown(watched) == [[0.5], [0.25]]
    with log.open("a") as file:
        file.write(_steps(3))
    server.refuses, server.opens_left = True, 0
    look_for_minutes(watched)
    server.refuses = False
    watched.look(TRY_AGAIN_AFTER_S)
    assert shown(watched) == [[0.5], [0.25], [0.125]]


def _steps(*steps: int) -> str:
    """Return lines of a job log."""
    return "".join(f" 0:  INFO(m): [rank=0] step={n} loss={0.5**n}\n" for n in steps)


def test_files_that_were_away_for_a_moment_are_read_when_they_are_back(
    watched: Watched, server: Server
) -> None:
    """A directory that was moved away and back is the same to every look."""
    old = time.time() - 3600
    for number in (1, 2):
        watched.log(number).write_text("0.5\n")
        os.utime(watched.log(number), (old, old))
    writer = EventWriter(watched.directory / "runs" / "one")
    writer.scalar("Loss/batch", 0.5, 1)
    writer.close()
    server.refuses, server.fault = True, errno.ENOENT
    watched.look()
    assert shown(watched) == []
    server.refuses = False
    watched.look(LOOK_FOR_AGAIN_AFTER_S)
    assert shown(watched) == [[0.5], [0.5]]
    assert "Loss/batch" in watched.monitor.snapshot.tags.scalars("one")
    assert not [entry for entry in watched.monitor.snapshot.activity if entry.kind == "refused"]


def test_zeros_of_a_file_that_is_refused_when_it_settles_take_no_losses_away(
    watched: Watched, server: Server
) -> None:
    """They are read again with what stands before them."""
    watched.log(1).write_bytes(b"0.5\n" + bytes(8))
    watched.look()
    server.refuses, server.fault = True, errno.ENOENT
    for _ in range(14):
        watched.look(5)
    assert shown(watched) == [[0.5]]
    server.refuses = False
    for _ in range(2):
        watched.look(TRY_AGAIN_AFTER_S)
    assert shown(watched) == [[0.5]]
    assert any("a block of zero bytes" in message for message in watched.messages())
