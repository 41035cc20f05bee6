"""What a job log tells becomes marks and attempts, each where it stands in the log."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from loss_monitor.types import Mark
from loss_monitor.writer import JobLogWriter

if TYPE_CHECKING:
    from conftest import Watched

    from loss_monitor.series.run import Run

NIGHT_S = time.time() - 36_000


def train(log: JobLogWriter, steps: Sequence[int], first_minute: int = 0) -> None:
    """Write ICON's line and two ranks' losses of each step, a minute of model time apart."""
    for minute, step in enumerate(steps, first_minute):
        log.time_step(minute, f"1979-01-01 {minute // 60:02d}:{minute % 60:02d}:00")
        for rank in range(2):
            log.step(step, 0.5 + step / 100, rank=rank)


def marks_of(run: Run, kind: str) -> list[Mark]:
    """Return the marks of one kind."""
    return [mark for mark in run.marks if mark.kind == kind]


def line_at(mark: Mark) -> str:
    """Return what stands in the file where a mark points to."""
    assert mark.offset is not None
    return Path(mark.file).read_bytes()[mark.offset :].decode().split("\n")[0]


@pytest.fixture
def begin(tmp_path: Path) -> Callable[[int], JobLogWriter]:
    """Begin the log of a job."""
    return lambda job: JobLogWriter(tmp_path / f"LOG.exp.a.run.{job}.o", tasks=2)


def test_a_rollback_lasts_from_the_last_checkpoint_to_the_nan(
    begin: Callable[[int], JobLogWriter], watch_logs: Callable[..., Watched]
) -> None:
    """It says how many steps of training were lost, read at once as well as live."""
    log = begin(7)
    train(log, range(1, 20))
    log.checkpoint_saved(10)
    train(log, range(20, 28), 19)
    for rank in range(2):
        log.nan_detected(rank=rank)
    for rank in range(2):
        log.rolled_back(10, rank=rank)
    train(log, range(28, 31), 27)
    log.close()
    run = watch_logs().look().run
    (rollback,) = marks_of(run, "rollback")
    assert (rollback.from_key, rollback.key) == ((10,), (27,))
    assert rollback.message.endswith("checkpoint at step=10: 17 steps of training lost")
    assert rollback.level == "warning"
    (nan,) = marks_of(run, "non_finite")
    assert nan.key == (27,)


def test_a_mark_points_at_its_line_of_the_log(
    begin: Callable[[int], JobLogWriter], watch_logs: Callable[..., Watched]
) -> None:
    """By number and by byte, also where the log grows, and for lines that are steps."""
    log = begin(7)
    train(log, range(1, 5))
    log.checkpoint_saved(4)
    watched = watch_logs()
    watched.look()
    log.step(5, float("nan"), skipped=True)
    log.nan_detected()
    train(log, range(6, 8), 4)
    log.cancelled(7, "2026-01-01T00:00:00", time_limit=True)
    log.close()
    marks = watched.look().run.marks
    assert [line_at(mark).rpartition("] ")[2][:10] for mark in marks] == [
        "Checkpoint", "step=5 los", "NaN detect", "slurmstepd",
    ]  # fmt: skip
    for mark in marks:
        assert Path(mark.file).read_text().split("\n")[(mark.line or 0) - 1] == line_at(mark)


def test_a_dry_run_is_one_mark_that_tells_how_far_it_has_come(
    begin: Callable[[int], JobLogWriter], watch_logs: Callable[..., Watched]
) -> None:
    """Before the first loss; complete once the log says so; the next dry run is another."""
    log = begin(7)
    watched = watch_logs()
    for index in range(1, 4):
        log.dry_run_step(index, 5)
        log.dry_run_step(index, 5, rank=1)
    (mark,) = watched.look().run.marks
    assert (mark.kind, mark.message) == ("dry_run", "Dry run: 3 of 5 steps")
    log.dry_run_step(4, 5)
    log.dry_run_step(5, 5)
    log.dry_run_complete()
    train(log, range(40, 44))
    log.dry_run_step(1, 5)
    log.close()
    first, second = watched.look().run.marks
    assert (first.message, first.level, first.key) == ("Dry run complete: 5 steps", "ok", (40,))
    assert (second.message, second.key) == ("Dry run: 1 of 5 steps", (43,))
    assert "Dry run step 1/5" in line_at(first)


def test_each_attempt_has_its_job_its_hours_and_its_end(
    begin: Callable[[int], JobLogWriter], watch_logs: Callable[..., Watched]
) -> None:
    """Of earlier jobs too, and an end is not the beginning of the next one."""
    log = begin(7)
    train(log, range(1, 10))
    log.cancelled(7, "2026-01-01T00:00:00", time_limit=True)
    log.close()
    os.utime(log.path, (NIGHT_S, NIGHT_S))
    later = begin(8)
    later.restored("net.pth", 5)
    train(later, range(6, 9), 20)
    later.close()
    run = watch_logs().look().run
    first, second = run.attempts
    assert (first.label, first.job, first.outcome) == ("job 7", 7, "timed_out")
    assert first.ended == pytest.approx(NIGHT_S)
    assert (second.job, second.outcome, second.ended) == (8, "", None)
    assert [mark.kind for mark in run.marks] == ["end", "restart", "restored"]
    end, restart, restored = run.marks
    # Step 9 was done again: the end stands at the last step that is left of the job.
    assert (end.key, restart.key, restored.key) == ((5,), (6,), (6,))


def test_a_log_tells_how_each_process_in_it_ended(
    begin: Callable[[int], JobLogWriter], watch_logs: Callable[..., Watched]
) -> None:
    """A script that starts a failed training again leaves both in one log."""
    log = begin(7)
    train(log, range(1, 10))
    log.line("srun: error: l10395: task 0: Exited with exit code 1", rank=None)
    log.restored("net.pth", 5)
    train(log, range(6, 9), 20)
    log.finished()
    log.close()
    run = watch_logs().look().run
    assert [one.outcome for one in run.attempts] == ["failed", "finished"]
    assert [one.label for one in run.attempts] == ["job 7", "job 7, restart 1"]
    assert [mark.key for mark in marks_of(run, "end")] == [(5,), (8,)]
    (restart,) = marks_of(run, "restart")
    assert "step=6 loss" in line_at(restart)


def test_last_words_that_were_not_the_last_are_no_end(
    begin: Callable[[int], JobLogWriter], watch_logs: Callable[..., Watched]
) -> None:
    """A job that goes on training after an error of one task has not ended."""
    log = begin(7)
    train(log, range(1, 4))
    log.line("slurmstepd: error: something of no importance", rank=None)
    watched = watch_logs()
    assert [mark.kind for mark in watched.look().run.marks] == ["end"]
    train(log, range(4, 6), 3)
    log.close()
    run = watched.look().run
    assert (run.marks, run.attempts[0].outcome) == ((), "")


def test_checkpoints_of_steps_that_were_done_again_are_left_out(
    begin: Callable[[int], JobLogWriter], watch_logs: Callable[..., Watched]
) -> None:
    """A rollback of them stands where that training was left."""
    log = begin(7)
    train(log, range(1, 10))
    for step in (2, 8):
        log.checkpoint_saved(step)
    log.nan_detected()
    log.rolled_back(None)
    log.close()
    later = begin(8)
    train(later, range(5, 8), 20)
    later.close()
    run = watch_logs().look().run
    assert [mark.key for mark in marks_of(run, "checkpoint")] == [(2,)]
    (rollback,) = marks_of(run, "rollback")
    assert (rollback.key, rollback.from_key, rollback.level) == ((4,), None, "error")


def test_checkpoints_at_each_step_do_not_push_out_a_rollback(
    begin: Callable[[int], JobLogWriter], watch_logs: Callable[..., Watched]
) -> None:
    """Each kind has a bound of its own."""
    log = begin(7)
    train(log, [1])
    log.checkpoint_saved(1)
    log.rolled_back(1)
    for step in range(2, 1000):
        log.checkpoint_saved(step)
    log.close()
    run = watch_logs().look().run
    assert len(marks_of(run, "rollback")) == 1
    assert len(marks_of(run, "checkpoint")) < 500


def test_marks_of_a_run_of_loss_files_stand_at_the_model_time_of_the_log(
    watched: Watched,
) -> None:
    """The files win; the log says what happened, between ICON's lines, never by step."""
    log = JobLogWriter(watched.directory / "LOG.exp.a.run.7.o", tasks=2)
    for number in range(1, 6):
        watched.log(number).write_text("0.5\n")
        log.time_step(900 + number, f"1979-01-01 00:{number:02d}:00")
        if number == 3:
            log.checkpoint_saved(77)
    log.close()
    run = watched.look().run
    (mark,) = run.marks
    assert mark.key == run.keys[2]


def test_a_log_that_is_gone_has_told_what_it_has_told(
    begin: Callable[[int], JobLogWriter], watch_logs: Callable[..., Watched]
) -> None:
    """Its steps stay, and so do its marks."""
    log = begin(7)
    train(log, range(1, 4))
    log.checkpoint_saved(3)
    log.close()
    watched = watch_logs()
    watched.look()
    os.unlink(log.path)
    assert [mark.kind for mark in watched.look().run.marks] == ["checkpoint"]


def test_what_an_earlier_job_trained_can_still_be_shown(
    begin: Callable[[int], JobLogWriter], watch_logs: Callable[..., Watched]
) -> None:
    """The figures of the steps that a later job does again, read at once or as they came."""
    log = begin(7)
    train(log, range(1, 10))
    log.close()
    live = watch_logs()
    live.look()
    later = begin(8)
    train(later, range(6, 8), 20)
    later.close()
    for watched in (live, watch_logs()):
        run = watched.look().run
        assert run.superseded.keys == ((6,), (7,), (8,), (9,))
        assert set(run.superseded.attempt) == {0}
        assert run.superseded.mean[3] == pytest.approx(0.59)
        assert run.dropped == 4


def test_a_process_that_another_one_in_its_log_replaced_wholly_is_an_attempt(
    begin: Callable[[int], JobLogWriter], watch_logs: Callable[..., Watched]
) -> None:
    """Also where both were read in one piece, so that none of its steps was ever shown."""
    log = begin(7)
    train(log, range(1, 5))
    train(log, range(1, 7), 4)
    log.close()
    run = watch_logs().look().run
    assert [attempt.label for attempt in run.attempts] == ["job 7", "job 7, restart 1"]
    assert set(run.table.attempt.tolist()) == {1}
    assert (run.superseded.keys, run.dropped) == (((1,), (2,), (3,), (4,)), 4)


def test_a_rewritten_log_takes_what_it_had_left_behind_with_it(
    begin: Callable[[int], JobLogWriter], watch_logs: Callable[..., Watched]
) -> None:
    """Nothing of another training stays on show."""
    for job, steps in ((7, range(1, 10)), (8, range(6, 8))):
        log = begin(job)
        train(log, steps)
        log.close()
    watched = watch_logs()
    assert len(watched.look().run.superseded) == 4
    Path(log.path).unlink()
    log = begin(8)
    train(log, range(8, 10))
    log.close()
    os.utime(log.path)
    run = watched.look().run
    assert run.superseded.keys == ((8,), (9,))


def test_a_job_without_a_loss_stands_before_the_job_that_followed_it(
    begin: Callable[[int], JobLogWriter], watch_logs: Callable[..., Watched]
) -> None:
    """It was cancelled in its dry run; while it is the newest, it stands at the end."""
    for job, steps in ((7, range(1, 10)), (8, range(0)), (9, range(10, 15))):
        log = begin(job)
        if not steps:
            log.dry_run_step(3, 20)
        train(log, steps)
        log.close()
        if job == 8:
            assert marks_of(watch_logs().look().run, "dry_run")[0].key == (9,)
    (dry_run,) = marks_of(watch_logs().look().run, "dry_run")
    assert (dry_run.key, dry_run.message) == ((10,), "Dry run: 3 of 20 steps")
