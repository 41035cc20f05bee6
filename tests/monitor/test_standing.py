"""Signs of life and the job, seen by a real monitor over real files, with time moved by hand."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from loss_monitor.clock import SystemClock
from loss_monitor.monitor import Monitor
from loss_monitor.scheduler.slurm import Slurm
from loss_monitor.scheduler.watch import SchedulerWatch
from loss_monitor.settings import Settings
from slurm_commands import Commands, jobs_json, new_row

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Watched

LOSSES = "".join(f" 0:  INFO(m): [rank=0] step={step} loss={1 / step}\n" for step in range(1, 41))


class Log:
    """A job log that grows at the monitor's own time."""

    def __init__(self, folder: Path, watched: Watched) -> None:
        """Write 40 steps at once, as a log is that was there before us."""
        self.path = folder / "LOG.exp.m.run.4711.o"
        self.watched = watched
        self.add(LOSSES)

    def add(self, text: str) -> None:
        """Append lines now."""
        with self.path.open("a") as file:
            file.write(text)
        now_s = self.watched.clock.wall_s()
        os.utime(self.path, (now_s, now_s))


@pytest.fixture
def log(tmp_path: Path, watch_logs: Callable[..., Watched]) -> Log:
    """A log and its monitor."""
    return Log(tmp_path, watch_logs(str(tmp_path / "LOG.exp.m.run.4711.o")))


def test_any_line_of_the_log_is_a_sign_of_life(log: Log) -> None:
    """Losses may come every 30 steps only; silence is told as such."""
    look = log.watched.look
    assert look().source.state == "running"
    for _ in range(20):
        log.add(" 0:  ICON says something\n")
        source = look(60).source
    assert (source.state, source.state_text) == ("waiting", "No losses, model runs")
    assert source.heard_s == log.watched.clock.wall_s()
    assert "stalled" not in [alert.rule for alert in log.watched.monitor.snapshot.alerts]
    source = look(200).source
    assert (source.state, source.state_text) == ("stale", "No new data")
    log.add(" 0:  INFO(m): [rank=0] step=41 loss=0.5\n")
    assert look().source.state == "running"


def test_signs_of_life_alone_are_no_new_version(log: Log) -> None:
    """A log that says a thousand things a second must not wake each page as often."""
    before = log.watched.look().counter
    for _ in range(5):
        log.add(" 0:  ICON says something\n")
        assert log.watched.look(1).counter == before


def test_a_dry_run_is_told_until_its_log_falls_silent(log: Log) -> None:
    """How far it is; then for how long nothing was heard."""
    log.path.write_text("")
    log.add(" 0:  INFO(m): [rank=0] Dry run step 3/9\n")
    source = log.watched.look().source
    assert (source.state, source.state_text) == ("dry_run", "Dry run (3 of 9)")
    heard_s = source.heard_s
    source = log.watched.look(400).source
    assert (source.state, source.heard_s) == ("stale", heard_s)


class Beside:
    """A monitor of a log beside a scripted `squeue`, which is asked when told to."""

    def __init__(self, log: Log, tmp_path: Path) -> None:
        clock = SystemClock()
        self.commands = Commands(tmp_path / "bin")
        environ = {**os.environ, **self.commands.environ}
        self.scheduler = SchedulerWatch(clock, Slurm(clock, environ))
        settings = Settings(tmp_path, (str(log.path),), watches_data_dir=False)
        self.clock = log.watched.clock
        self.monitor = Monitor(settings, self.clock, lambda _: None, scheduler=self.scheduler)
        self.monitor.look()

    def says(self, state: str, **facts: object) -> None:
        """Let `squeue` say something, and be asked."""
        row = new_row(job_state=state, user_name="", **facts)
        self.commands.write("squeue", prints=jobs_json(row))
        self.scheduler.ask()

    def stalled(self) -> list[str]:
        """Return the messages of open alerts of silence."""
        alerts = self.monitor.look().alerts
        return [one.message for one in alerts if one.rule == "stalled" and one.closed_s is None]


@pytest.fixture
def beside(log: Log, tmp_path: Path) -> Beside:
    """The monitor beside Slurm."""
    return Beside(log, tmp_path)


def test_silence_of_a_job_that_waits_is_no_alarm(beside: Beside) -> None:
    """Nor that of one that is suspended or has ended; that of one that runs is."""
    beside.says("PENDING")
    beside.clock.advance(4000)
    assert beside.stalled() == []
    assert beside.monitor.snapshot.source.state == "pending"
    beside.says("SUSPENDED")
    beside.clock.advance(10)
    assert beside.stalled() == []
    beside.says("RUNNING")
    beside.clock.advance(10)
    (message,) = beside.stalled()
    assert message.endswith("; Slurm has job 4711 as RUNNING on l[40123-40126]")
    beside.says("TIMEOUT", end_time=int(beside.clock.wall_s()))
    beside.clock.advance(10)
    assert beside.stalled() == []
    source = beside.monitor.snapshot.source
    assert (source.state, source.outcome, source.has_ended) == ("failed", "timed_out", True)


def test_losses_that_go_on_after_slurm_s_end_are_another_job_s(log: Log, beside: Beside) -> None:
    """The number may be of another cluster."""
    beside.says("FAILED", end_time=int(beside.clock.wall_s()) - 1)
    assert beside.monitor.look().source.outcome == "failed"
    beside.clock.advance(300)
    now_s = beside.clock.wall_s()
    with log.path.open("a") as file:
        file.write(" 0:  INFO(m): [rank=0] step=41 loss=0.5\n")
    os.utime(log.path, (now_s, now_s))
    beside.clock.advance(1)
    source = beside.monitor.look().source
    assert (source.state, source.outcome) == ("running", "")
    assert source.job is not None
    assert (source.job.state, source.job.source) == ("", "log")
