"""The watch over job logs: patterns, directories, and the jobs that follow."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from loss_monitor.clock import ManualClock
from loss_monitor.source.watch import JobLogWatch


@pytest.fixture
def place(tmp_path: Path) -> Path:
    path = tmp_path / "logs"
    path.mkdir()
    return path


def watch_of(clock: ManualClock, *patterns: Path | str) -> JobLogWatch:
    return JobLogWatch([str(pattern) for pattern in patterns], clock, network=False)


def appeared(watch: JobLogWatch) -> list[str]:
    return [file.name for file in watch.look().appeared]


def log(place: Path, job_id: int, experiment: str = "atm") -> Path:
    path = place / f"LOG.exp.{experiment}.run.{job_id}.o"
    path.write_text("x\n")
    return path


def test_a_named_log_brings_the_later_jobs_of_its_experiment(place: Path, clock) -> None:
    """Not the earlier ones, and not those of others."""
    first = log(place, 20)
    log(place, 9)
    log(place, 30, "other")
    (place / "slurm.40.out").write_text("")
    watch = watch_of(clock, first)
    assert appeared(watch) == [first.name]
    clock.advance(5)
    log(place, 101)
    log(place, 31, "other")
    assert appeared(watch) == ["LOG.exp.atm.run.101.o"]
    assert not watch.look().missing


def test_a_directory_gives_all_its_job_logs_in_the_order_of_jobs(place: Path, clock) -> None:
    """By number, not by text; other files are none of ours."""
    for job_id in (100, 9, 20):
        log(place, job_id)
    (place / "slurm.15.out").write_text("")
    (place / "slurm-16.out").write_text("")
    (place / "notes.o").write_text("")
    assert appeared(watch_of(clock, place)) == [
        "LOG.exp.atm.run.9.o",
        "slurm.15.out",
        "slurm-16.out",
        "LOG.exp.atm.run.20.o",
        "LOG.exp.atm.run.100.o",
    ]


def test_a_shell_pattern_takes_what_it_matches(place: Path, clock) -> None:
    """Whatever the names are; new ones, too."""
    (place / "train1.log").write_text("")
    (place / "train1.txt").write_text("")
    watch = watch_of(clock, place / "train*.log")
    assert appeared(watch) == ["train1.log"]
    clock.advance(5)
    (place / "train2.log").write_text("")
    assert appeared(watch) == ["train2.log"]


def test_a_pattern_over_directories_finds_new_ones_within_ten_seconds(place: Path, clock) -> None:
    """`runs/*/slurm.*.out`."""
    (place / "a").mkdir()
    (place / "a" / "slurm.1.out").write_text("")
    watch = watch_of(clock, place / "*" / "slurm.*.out")
    assert appeared(watch) == ["slurm.1.out"]
    (place / "b").mkdir()
    (place / "b" / "slurm.2.out").write_text("")
    clock.advance(10)
    assert appeared(watch) == ["slurm.2.out"]


def test_a_name_with_brackets_that_exists_is_no_pattern(place: Path, clock) -> None:
    """What is there is taken as it is written."""
    (place / "log[1].o").write_text("")
    (place / "log1.o").write_text("")
    assert appeared(watch_of(clock, place / "log[1].o")) == ["log[1].o"]


def test_a_log_with_any_name_may_be_named(place: Path, clock) -> None:
    """It is a job log because its owner says so; nothing joins it."""
    (place / "training.log").write_text("")
    log(place, 5)
    watch = watch_of(clock, place / "training.log")
    (found,) = watch.look().appeared
    assert (found.name, found.file_name.job_id) == ("training.log", None)


@pytest.mark.parametrize("name", ["LOG.exp.atm.run.7.o", "later.log"])
def test_a_log_that_is_not_there_yet_is_waited_for(place: Path, clock, name: str) -> None:
    """The job waits in the queue."""
    watch = watch_of(clock, place / "deep" / name)
    for _ in range(3):
        assert watch.look().missing
        clock.advance(5)
    (place / "deep").mkdir()
    (place / "deep" / name).write_text("x")
    look = watch.look()
    assert [file.name for file in look.appeared] == [name]
    assert not look.missing


def test_a_log_grows_settles_vanishes_and_returns(place: Path, clock) -> None:
    """Each is told."""
    path = log(place, 1)
    watch = watch_of(clock, path)
    watch.look()
    clock.advance(1)
    path.write_text("x\ny\n")
    assert len(watch.look().changed) == 1
    settled = 0
    for _ in range(14):
        clock.advance(5)
        settled += len(watch.look().settled)
    assert settled == 1
    path.unlink()
    look = watch.look()
    assert look.missing
    assert len(look.vanished) == 1
    clock.advance(5)
    log(place, 1)
    look = watch.look()
    assert look.recreated
    assert len(look.appeared) == 1


def test_a_relative_pattern_stays_where_it_began(place: Path, clock, monkeypatch) -> None:
    """The server may change its working directory later."""
    log(place, 1)
    monkeypatch.chdir(place)
    watch = watch_of(clock, "LOG.exp.atm.run.1.o")
    monkeypatch.chdir("/")
    (found,) = watch.look().appeared
    assert found.path == str(place / "LOG.exp.atm.run.1.o")


def test_what_two_patterns_name_is_one_file(place: Path, clock) -> None:
    """And it is told once."""
    path = log(place, 1)
    watch = watch_of(clock, path, place, place / "*.o")
    assert appeared(watch) == [path.name]
    clock.advance(5)
    assert appeared(watch) == []


def test_a_pipe_under_a_logs_name_is_refused_once(place: Path, clock) -> None:
    """Nobody opens it."""
    os.mkfifo(place / "slurm.1.out")
    watch = watch_of(clock, place / "slurm.1.out")
    ((name, refusal),) = watch.look().refused
    assert name == "slurm.1.out"
    assert "pipe" in refusal.reason
    for _ in range(10):
        clock.advance(5)
        assert watch.look().refused == ()


def test_a_directory_of_old_logs_is_cheap(place: Path, clock) -> None:
    """500 logs of last year: the newest 20 at each look, the others slowly."""
    for job_id in range(500):
        path = log(place, job_id)
        os.utime(path, (clock.wall_s() - 1e7, clock.wall_s() - 1e7))
    watch = watch_of(clock, place)
    assert len(watch.look().appeared) == 500
    clock.advance(5)
    watch.look()
    stats = 0
    for _ in range(60):
        clock.advance(1)
        stats += watch.look().stats
    assert stats <= 60 * 21 + 610


def test_the_same_slurm_directory_brings_later_jobs(place: Path, clock) -> None:
    """Slurm's own names hold no experiment; the later job in the same place joins."""
    (place / "slurm.5.out").write_text("")
    watch = watch_of(clock, place / "slurm.5.out")
    watch.look()
    clock.advance(5)
    (place / "slurm.4.out").write_text("")
    (place / "slurm-6.out").write_text("")
    assert appeared(watch) == ["slurm-6.out"]


def test_a_log_deleted_in_the_middle_of_a_look_is_found_when_it_returns(
    place: Path, clock, monkeypatch
) -> None:
    """Its directory was listed before, so its name is no news."""
    path = log(place, 1)
    watch = watch_of(clock, place)
    for _ in range(3):
        watch.look()
        clock.advance(5)
    real = os.stat

    def delete_first(asked, **more):
        if str(asked) == str(path):
            path.unlink(missing_ok=True)
        return real(asked, **more)

    with monkeypatch.context() as patched:
        patched.setattr(os, "stat", delete_first)
        assert len(watch.look().vanished) == 1
    clock.advance(5)
    log(place, 1)
    assert appeared(watch) == [path.name]
