"""What changes between a look and the reading: the next look sets it right."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from loss_monitor.monitor import reading
from loss_monitor.tail import cursor

if TYPE_CHECKING:
    from conftest import Watched


def values(watched: Watched) -> list[float]:
    """Return all losses of the run in order."""
    run = watched.monitor.snapshot.run
    return [float(value) for value in run.values(0, run.n_values)]


def test_a_file_that_is_written_anew_between_two_pieces_is_not_doubled(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a long file the first piece is of the old content then."""
    monkeypatch.setattr(reading, "READ_BYTES_MAX", 8)
    log, opened = watched.log(1), cursor.open_quietly
    log.write_text("1\n" * 8)
    opens = iter(range(100))

    def open_late(path: str, *, links_told: bool) -> tuple[int, int, bool]:
        if next(opens) == 1:
            log.write_text("2\n" * 9)
            os.utime(log, (written_s + 5, written_s + 5))
        return opened(path, links_told=links_told)

    written_s = watched.clock.wall_s()
    monkeypatch.setattr(cursor, "open_quietly", open_late)
    watched.look()
    watched.look()
    assert values(watched) == [2.0] * 9


def test_what_vanished_before_it_was_read_is_no_part_of_what_comes(watched: Watched) -> None:
    """A directory may be made again while it is read for the first time."""
    watched.log(1).write_text("1.0\n")
    opened = cursor.open_quietly

    def vanish(path: str, *, links_told: bool) -> tuple[int, int, bool]:
        shutil.rmtree(watched.directory, ignore_errors=True)
        return opened(path, links_told=links_told)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(cursor, "open_quietly", vanish)
        watched.look()
    watched.look()
    watched.directory.mkdir()
    for number, age_s in ((2, 3600), (3, 3630)):
        watched.log(number).write_text(f"{number}.0\n")
        written_s = watched.clock.wall_s() - age_s
        os.utime(watched.log(number), (written_s, written_s))
    run = watched.look().run
    assert values(watched) == [2.0, 3.0]
    assert (run.dropped, len(run.attempts)) == (0, 1)
