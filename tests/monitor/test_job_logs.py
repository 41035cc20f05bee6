"""Job logs become timesteps of ranks, tags, marks and attempts."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from loss_monitor.writer import JobLogWriter

if TYPE_CHECKING:
    from conftest import Watched


def write_job(path: Path, steps: range, *, ranks: int = 2, offset: float = 0.0) -> JobLogWriter:
    """Write the steps of one job; the loss of rank r at step s is s + r / 10 + offset.

    What a test adds later goes through the returned writer, which it closes.
    """
    log = JobLogWriter(path, tasks=ranks)
    for step in steps:
        log.time_step(step, f"1979-01-01 {step // 60:02d}:{step % 60:02d}:00")
        for rank in range(ranks):
            log.step(step, step + rank / 10 + offset, rank=rank, grad_norm=0.5 * step)
    return log


def steps(watched: Watched) -> list[int]:
    """Return the steps of the run in order."""
    return [key[0] for key in watched.monitor.snapshot.run.keys]


def test_ranks_are_the_values_of_a_step(tmp_path: Path, watch_logs: Callable[..., Watched]) -> None:
    """Values are in rank order, labelled ranks; the label is the model time."""
    write_job(tmp_path / "LOG.exp.a.run.7.o", range(1, 4), ranks=3).close()
    watched = watch_logs()
    run = watched.look().run
    last = run.timestep(1)
    assert (run.unit, list(last.values), last.label) == (
        "rank",
        [2.0, 2.1, 2.2],
        "1979-01-01 00:02:00",
    )


def test_unknown_keys_become_tags(tmp_path: Path, watch_logs: Callable[..., Watched]) -> None:
    """No code is needed for a new quantity."""
    write_job(tmp_path / "LOG.exp.a.run.7.o", range(1, 4)).close()
    tags = watch_logs().look().tags
    series = tags.series("rank 0", "job/grad_norm")
    assert (list(series.steps), list(series.values)) == ([1, 2, 3], [0.5, 1.0, 1.5])


def test_a_higher_job_joins_as_a_new_attempt(
    tmp_path: Path, watch_logs: Callable[..., Watched]
) -> None:
    """Its first step ends the earlier job's steps from there on."""
    write_job(tmp_path / "LOG.exp.a.run.7.o", range(1, 10)).close()
    watched = watch_logs()
    watched.look()
    write_job(tmp_path / "LOG.exp.a.run.8.o", range(6, 8), offset=0.5).close()
    run = watched.look().run
    assert steps(watched) == [1, 2, 3, 4, 5, 6, 7]
    assert list(run.table.attempt) == [0, 0, 0, 0, 0, 1, 1]
    assert [attempt.label for attempt in run.attempts] == ["job 7", "job 8"]
    assert run.timestep(5).values[0] == 6.5
    assert run.dropped == 4


def test_the_order_in_which_logs_grow_changes_nothing(
    tmp_path: Path, watch_logs: Callable[..., Watched]
) -> None:
    """A late line of the earlier job stays out of the later job's steps."""
    first = write_job(tmp_path / "LOG.exp.a.run.7.o", range(1, 5))
    write_job(tmp_path / "LOG.exp.a.run.8.o", range(4, 6), offset=0.5).close()
    watched = watch_logs()
    watched.look()
    first.step(5, 99.0)
    first.close()
    watched.look()
    run = watched.monitor.snapshot.run
    assert steps(watched) == [1, 2, 3, 4, 5]
    assert run.timestep(4).values[0] == 5.5


def test_a_growing_log_adds_steps_and_messages(
    tmp_path: Path, watch_logs: Callable[..., Watched]
) -> None:
    """Checkpoints and rollbacks are told with their line and marked."""
    log = write_job(tmp_path / "LOG.exp.a.run.7.o", range(1, 3))
    watched = watch_logs()
    watched.look()
    log.checkpoint_saved(2)
    log.nan_detected()
    log.rolled_back(2)
    log.close()
    snapshot = watched.look()
    kinds = [entry.kind for entry in snapshot.activity if entry.line is not None]
    assert kinds == ["checkpoint", "non_finite", "rollback"]
    assert [mark.kind for mark in snapshot.run.marks] == ["checkpoint", "non_finite", "rollback"]


def test_the_logs_last_words_say_how_the_job_ended(
    tmp_path: Path, watch_logs: Callable[..., Watched]
) -> None:
    """Out of time is told apart from a clean end."""
    log = write_job(tmp_path / "LOG.exp.a.run.7.o", range(1, 3))
    watched = watch_logs()
    watched.look()
    log.cancelled(7, "2026-01-01T00:00:00", time_limit=True)
    log.close()
    source = watched.look().source
    assert (source.state, source.state_text) == ("failed", "Timed out")


def test_a_rewritten_log_is_read_again_whole(
    tmp_path: Path, watch_logs: Callable[..., Watched]
) -> None:
    """What came from the old content is replaced."""
    path = tmp_path / "LOG.exp.a.run.7.o"
    write_job(path, range(1, 9)).close()
    watched = watch_logs()
    watched.look()
    path.unlink()
    write_job(path, range(1, 3), offset=0.25).close()
    os.utime(path)
    watched.look()
    assert steps(watched) == [1, 2]
    assert watched.monitor.snapshot.run.timestep(0).values[0] == 1.25


def test_another_experiment_with_a_higher_job_is_followed(
    tmp_path: Path, watch_logs: Callable[..., Watched]
) -> None:
    """A run is one experiment; it is told when another one begins."""
    write_job(tmp_path / "LOG.exp.a.run.7.o", range(1, 5)).close()
    watched = watch_logs()
    watched.look()
    write_job(tmp_path / "LOG.exp.b.run.9.o", range(1, 3), offset=0.5).close()
    run = watched.look().run
    assert (run.label, steps(watched)) == ("b", [1, 2])


def test_a_job_that_resumes_from_a_checkpoint_is_one_attempt(
    tmp_path: Path, watch_logs: Callable[..., Watched]
) -> None:
    """`Restored` at the top of a log is the job's own beginning, not a restart within it."""
    write_job(tmp_path / "LOG.exp.a.run.7.o", range(1, 6)).close()
    log = JobLogWriter(tmp_path / "LOG.exp.a.run.8.o", tasks=2)
    log.restored("net.pth", 3)
    log.step(4, 0.5)
    log.close()
    run = watch_logs().look().run
    assert [attempt.label for attempt in run.attempts] == ["job 7", "job 8"]


def test_loss_files_that_come_later_take_the_place_of_the_log(watched: Watched) -> None:
    """Steps and model times are different keys: a run is made of one kind."""
    write_job(watched.directory / "LOG.exp.a.run.7.o", range(1, 4)).close()
    assert watched.look().run.unit == "rank"
    watched.log(1).write_text("0.25\n")
    run = watched.look().run
    assert (list(run.values()), run.unit) == ([0.25], "batch")


def test_half_a_line_is_no_loss_however_long_the_rest_takes(
    tmp_path: Path, watch_logs: Callable[..., Watched]
) -> None:
    """What is written in blocks stops within a number until the next block, minutes later."""
    log = tmp_path / "LOG.exp.a.run.7.o"
    write_job(log, range(1, 4), ranks=1).close()
    with log.open("a") as file:
        file.write(" 0:  INFO(a): [rank=0] step=4 loss=0.04")
    watched = watch_logs()
    for _ in range(30):
        watched.look(10.0)
    assert steps(watched) == [1, 2, 3]
    with log.open("a") as file:
        file.write("1234\n")
    for _ in range(30):
        run = watched.look(10.0).run
    assert steps(watched) == [1, 2, 3, 4]
    assert run.timestep(-1).values.tolist() == [0.041234]
