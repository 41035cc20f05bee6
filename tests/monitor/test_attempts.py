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


def test_an_attempt_of_loss_files_has_the_job_whose_log_was_written_meanwhile(
    watched: Watched,
) -> None:
    """And ended as that log says; the newest goes on until its log tells an end."""
    start_s = watched.clock.wall_s() - 20_000

    def job(number: int, written_s: float, *words: str) -> None:
        path = watched.directory / f"LOG.exp.a.run.{number}.o"
        path.write_text("".join(f"{line}\n" for line in words))
        os.utime(path, (written_s, written_s))

    for first, last, begun_s in ((1, 9, 0), (5, 6, 5000)):
        for number in range(first, last + 1):
            path = watched.log(number)
            path.write_text(f"{number + begun_s}.0\n")
            os.utime(path, (start_s + begun_s + number, start_s + begun_s + number))
    limit = "slurmstepd: error: *** JOB 7 ON l1 CANCELLED AT x DUE TO TIME LIMIT ***"
    job(6, start_s - 900, "srun: error: an earlier run's")
    job(7, start_s + 20, limit)
    job(8, start_s + 5007, "it trains")
    first, second = watched.look().run.attempts
    assert (first.job, first.outcome, first.ended) == (7, "timed_out", pytest.approx(start_s + 9))
    assert (second.job, second.outcome, second.ended) == (8, "", None)
    job(8, start_s + 5100, "it trains", "PyTorch distributed destroyed")
    _, second = watched.look().run.attempts
    assert (second.outcome, second.ended) == ("finished", pytest.approx(start_s + 5100))


def test_an_attempt_without_a_log_of_its_time_has_no_job(watched: Watched) -> None:
    """A log from long before says nothing of it."""
    watched.log(1).write_text("0.5\n")
    old = watched.directory / "LOG.exp.a.run.7.o"
    old.write_text("PyTorch distributed destroyed\n")
    before_s = watched.clock.wall_s() - 9000
    os.utime(old, (before_s, before_s))
    (attempt,) = watched.look().run.attempts
    assert (attempt.job, attempt.outcome, attempt.ended) == (None, "", None)
