"""Attempts of loss files: where each begins, when it ended, what it left behind."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from loss_monitor.monitor import thread
from loss_monitor.tail import cursor

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


def write(watched: Watched, number: int, loss: float, age_s: float) -> None:
    """Write the loss file of a timestep, as old as is said."""
    written_s = watched.clock.wall_s() - age_s
    watched.log(number).write_text(f"{loss}\n")
    os.utime(watched.log(number), (written_s, written_s))


def losses(watched: Watched) -> list[float]:
    """Return the losses of the run, one a timestep."""
    run = watched.monitor.snapshot.run
    return [float(loss) for loss in run.values(0, run.n_values)]


def test_what_an_attempt_left_behind_does_not_come_back_when_its_files_settle(
    watched: Watched,
) -> None:
    """All files came between two looks: the watch has them settle a minute later."""
    watched.look()
    for number, age_s in ((1, 10), (2, 9), (3, 300), (4, 299)):
        write(watched, number, number, age_s)
    for _ in range(15):
        run = watched.look(5).run
    assert losses(watched) == [1.0, 2.0]
    assert run.dropped == 2


def test_what_is_written_again_while_the_run_is_loaded_belongs_to_it(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When it was left behind nothing of it had been read."""
    for number, age_s in ((1, 10), (2, 9), (3, 300)):
        write(watched, number, number, age_s)
    opened = cursor.open_quietly

    def open_late(path: str, *, links_told: bool) -> tuple[int, int, bool]:
        if path == str(watched.log(2)):
            write(watched, 3, 0.5, 0)
            watched.clock.advance(thread.LOOK_WHILE_LOADING_S + 1)
        return opened(path, links_told=links_told)

    monkeypatch.setattr(thread, "SLICE_S", 0.0)
    monkeypatch.setattr(cursor, "open_quietly", open_late)
    run = watched.look().run
    assert losses(watched) == [1.0, 2.0, 0.5]
    assert run.dropped == 0
