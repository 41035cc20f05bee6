"""Attempts of loss files: where each begins, when it ended, what it left behind."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Watched


def test_an_attempt_ends_with_its_last_file_not_with_the_next_one_s_first(
    watched: Watched, watched_at: type[Watched]
) -> None:
    """Read at once or as it came; what was rewritten can still be shown where it was seen."""
    start_s = watched.clock.wall_s() - 10_000
    for number in range(1, 10):
        path = watched.log(number)
        path.write_text(f"{number}.0\n")
        os.utime(path, (start_s + number, start_s + number))
    watched.look()
    for number in (5, 6):
        path = watched.log(number)
        path.write_text("0.5\n")
        os.utime(path, (start_s + 5000 + number, start_s + 5000 + number))
    seen = watched.look().run
    again = watched_at(watched.directory).look().run
    for run in (seen, again):
        first, second = run.attempts
        assert first.ended == pytest.approx(start_s + 9)
        assert (second.started, second.ended) == (pytest.approx(start_s + 5005), None)
        assert [(mark.kind, mark.key) for mark in run.marks] == [("restart", run.keys[4])]
        assert list(run.table.attempt) == [0, 0, 0, 0, 1, 1]
    assert seen.superseded.mean == (5.0, 6.0, 7.0, 8.0, 9.0)


def test_all_attempts_that_left_something_behind_are_told_apart_at_once(
    watched: Watched,
) -> None:
    """A monitor that is started in the morning finds both restarts of the night."""
    start_s = watched.clock.wall_s() - 30_000
    for first, last, begun_s in ((1, 100, 0), (50, 80, 10_000), (60, 70, 20_000)):
        for number in range(first, last + 1):
            path = watched.log(number)
            path.write_text(f"{number}.0\n")
            written_s = start_s + begun_s + number
            os.utime(path, (written_s, written_s))
    run = watched.look().run
    assert [attempt.label for attempt in run.attempts] == ["attempt 1", "attempt 2", "attempt 3"]
    assert [run.table.attempt.tolist().count(number) for number in range(3)] == [49, 10, 11]
    assert [one.ended for one in run.attempts[:2]] == pytest.approx(
        [start_s + 100, start_s + 10_080]
    )
