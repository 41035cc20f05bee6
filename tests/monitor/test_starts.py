"""Trainings of several starts in one directory: which of them is the run."""

from __future__ import annotations

import os
import shutil
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from loss_monitor.model_time import parse_model_time
from loss_monitor.monitor.starts import Span, Starts
from loss_monitor.source.found import FileStat, FoundFile
from loss_monitor.source.names import FileKind

if TYPE_CHECKING:
    from conftest import Watched

FIRST = "1979-01-01 00:00:00"
SECOND = "1980-06-01 00:00:00"
BEGUN_S = 1_700_000_000


class Trainings:
    """Files of trainings in one directory; each written a second after the one before."""

    def __init__(self, directory: Path) -> None:
        """Begin at a time long ago."""
        self.directory = directory
        self.now_s = BEGUN_S

    def begins(self, start: str) -> Path:
        """Make the event file of a training's process; return its folder."""
        self.now_s += 60
        folder = self.directory / "runs" / f"experiment_{start}"
        folder.mkdir(parents=True, exist_ok=True)
        self._write(folder / f"events.out.tfevents.{self.now_s}.node.1.0", b"")
        return folder

    def train(self, start: str, hours: range) -> None:
        """Let a process of a training begin, and write."""
        self.begins(start)
        self.writes(start, hours)

    def writes(self, start: str, hours: range, loss: float = 1.0) -> None:
        """Write timesteps of hours after `start`, a day of the first of a month."""
        for hour in hours:
            label = f"{start[:8]}{1 + hour // 24:02d} {hour % 24:02d}:00:00"
            self._write(self.directory / f"log_{label}.txt", f"{loss + hour}\n".encode())

    def checkpoint(self, time: str) -> None:
        """Write a checkpoint with `time` in its name."""
        self._write(self.directory / f"net_{time.replace(' ', 'T')}.pth", b"network")

    def copied(self) -> None:
        """Give all files the time of now, as a copy does."""
        for path in self.directory.rglob("*"):
            os.utime(path)

    def _write(self, path: Path, data: bytes) -> None:
        self.now_s += 1
        path.write_bytes(data)
        os.utime(path, (self.now_s, self.now_s))


@pytest.fixture
def trainings(watched: Watched) -> Trainings:
    """What is written to the watched directory."""
    return Trainings(watched.directory)


def labels(watched: Watched) -> list[str]:
    """Return the first and last timestep of the run, and how many there are."""
    run = watched.monitor.snapshot.run
    found = [run.timestep(index).label for index in (0, run.n_timesteps - 1)]
    return [*found, str(run.n_timesteps)]


def test_losses_of_another_start_begin_a_new_run(watched: Watched, trainings: Trainings) -> None:
    """The run before it stays as it was, without the first losses of the new one."""
    trainings.train(FIRST, range(1, 6))
    first = watched.look().run
    trainings.begins(SECOND)
    waiting = watched.look()
    assert waiting.run.id == first.id
    trainings.writes(SECOND, range(1, 4))
    second = watched.look().run
    assert second.id != first.id
    assert labels(watched) == ["1980-06-01 01:00:00", "1980-06-01 03:00:00", "3"]
    last_of_first = [one.run for one in watched.published if one.run.id == first.id][-1]
    assert last_of_first.n_timesteps == 5
    (told,) = [text for text in watched.messages() if text.startswith("A new run begins")]
    assert SECOND in told
    assert any(text.startswith("5 loss files of other trainings") for text in watched.messages())


def test_a_monitor_that_is_started_later_finds_the_same_run(
    watched: Watched, watched_at: type[Watched], trainings: Trainings
) -> None:
    """Also where the new training does the same model times again, and has the same name."""
    trainings.begins(SECOND)
    trainings.writes(FIRST, range(24, 40))
    watched.look()
    trainings.begins(FIRST)
    trainings.writes(FIRST, range(1, 30), loss=100.0)
    seen = watched.look().run
    again = watched_at(watched.directory).look().run
    for run in (seen, again):
        assert (run.n_timesteps, run.dropped, len(run.attempts)) == (29, 0, 1)
        assert run.timestep(0).values.tolist() == [101.0]
    assert again.id == seen.id


def test_losses_that_came_before_the_event_file_was_seen_leave_the_run_before(
    watched: Watched, trainings: Trainings
) -> None:
    """A slow file server may show a folder after what was written later."""
    trainings.train(FIRST, range(1, 6))
    first = watched.look().run
    folder = trainings.begins(SECOND)
    away = folder.rename(watched.directory / "elsewhere")
    trainings.writes(SECOND, range(1, 3))
    assert watched.look().run.n_timesteps == 7
    away.rename(folder)
    second = watched.look().run
    assert (second.n_timesteps, second.id != first.id) == (2, True)
    last_of_first = [one.run for one in watched.published if one.run.id == first.id][-1]
    assert last_of_first.n_timesteps == 5


def test_another_process_of_the_same_start_is_no_new_run(
    watched: Watched, trainings: Trainings
) -> None:
    """A restart adds an event file to the folder."""
    trainings.train(SECOND, range(1, 6))
    trainings.train(FIRST, range(1, 6))
    first = watched.look().run
    trainings.begins(FIRST)
    trainings.writes(FIRST, range(4, 9), loss=7.0)
    run = watched.look().run
    assert (run.id, run.n_timesteps, len(run.attempts)) == (first.id, 8, 2)


def test_a_start_that_is_taken_up_again_is_a_run_of_its_own(
    watched: Watched, trainings: Trainings
) -> None:
    """What counts is who wrote last."""
    trainings.train(FIRST, range(1, 6))
    trainings.train(SECOND, range(1, 6))
    trainings.train(FIRST, range(1, 3))
    watched.look()
    assert labels(watched) == ["1979-01-01 01:00:00", "1979-01-01 02:00:00", "2"]


def test_the_folder_of_the_training_before_may_be_deleted(
    watched: Watched, trainings: Trainings
) -> None:
    """Its losses do not come back."""
    folder = trainings.begins(FIRST)
    trainings.writes(FIRST, range(1, 6))
    trainings.train(SECOND, range(1, 4))
    run = watched.look().run
    shutil.rmtree(folder)
    watched.look()
    trainings.writes(SECOND, range(4, 5))
    assert watched.look().run.id == run.id
    assert labels(watched) == ["1980-06-01 01:00:00", "1980-06-01 04:00:00", "4"]


def test_a_copied_directory_is_one_run(watched: Watched, trainings: Trainings) -> None:
    """Its times tell nothing; what cannot be told apart is not hidden."""
    trainings.train(FIRST, range(1, 6))
    trainings.train(SECOND, range(1, 4))
    trainings.copied()
    assert watched.look().run.n_timesteps == 8


@pytest.mark.parametrize("other", [SECOND, "1978-12-01 00:00:00"])
def test_a_checkpoint_of_another_start_begins_a_new_run(
    watched: Watched, watched_at: type[Watched], trainings: Trainings, other: str
) -> None:
    """Where the training went there over a gap, or back; it began with its first timestep."""
    trainings.writes(FIRST, range(1, 10))
    trainings.checkpoint(FIRST)
    first = watched.look().run
    trainings.writes(other, range(1, 5))
    assert watched.look().run.id == first.id
    trainings.checkpoint(other)
    seen = watched.look().run
    again = watched_at(watched.directory).look().run
    for run in (seen, again):
        assert run.n_timesteps == 4
        assert [mark.kind for mark in run.marks] == ["checkpoint"]
    assert (again.id, seen.id != first.id) == (seen.id, True)
    # A restart that goes back to the start is an attempt of it.
    trainings.writes(other, range(1, 3), loss=7.0)
    trainings.checkpoint(other)
    assert watched.look().run.id == seen.id
    everything = watched_at(watched.directory, run_start="all").look().run
    assert everything.n_timesteps == 13


def test_daily_checkpoints_begin_no_run(
    watched: Watched, watched_at: type[Watched], trainings: Trainings
) -> None:
    """Their names hold the time they were written at, and a restart may go back to one."""
    for day in range(3):
        trainings.writes(FIRST, range(24 * day, 24 * day + 24))
        trainings.checkpoint(f"1979-01-{day + 1:02d} 12:00:00")
    first = watched.look().run
    trainings.writes(FIRST, range(36, 50), loss=7.0)
    on_the_way = watched_at(watched.directory).look().run
    assert (on_the_way.id, on_the_way.n_timesteps) == (first.id, 72)
    trainings.writes(FIRST, range(50, 72), loss=7.0)
    trainings.checkpoint("1979-01-03 12:00:00")
    trainings.writes(FIRST, range(72, 96))
    trainings.checkpoint("1979-01-04 12:00:00")
    seen = watched.look().run
    assert (seen.id, seen.n_timesteps) == (first.id, 96)
    again = watched_at(watched.directory).look().run
    assert (again.id, again.n_timesteps) == (first.id, 96)


@pytest.mark.parametrize(
    ("wanted", "n_timesteps"), [("newest", 4), ("all", 9), (FIRST, 5), (SECOND, 4), ("1-1-1", 9)]
)
def test_a_run_is_chosen_by_its_start(
    watched_at: type[Watched], trainings: Trainings, wanted: str, n_timesteps: int
) -> None:
    """Of an earlier one as well; a start that is not there hides nothing."""
    trainings.train(FIRST, range(1, 6))
    trainings.train(SECOND, range(1, 5))
    watched = watched_at(trainings.directory, run_start=wanted)
    assert watched.look().run.n_timesteps == n_timesteps
    trainings.writes(SECOND, range(5, 7))
    more = 0 if wanted == FIRST else 2
    assert watched.look().run.n_timesteps == n_timesteps + more


def test_a_start_that_is_not_there_is_told_with_those_that_are(
    watched_at: type[Watched], trainings: Trainings
) -> None:
    """Once, as long as it holds; not where it is there, and not where nothing tells a start."""
    trainings.writes(FIRST, range(1, 6))
    watched = watched_at(trainings.directory, run_start=SECOND)
    watched.look()
    assert watched.monitor.unmet_start == ""
    trainings.train(FIRST, range(1, 6))
    unmet = f"no training here starts at {SECOND}; there are: {FIRST}"
    for _ in range(2):
        entries = watched.look().activity
        assert watched.monitor.unmet_start == unmet
        assert [e.message for e in entries if e.row == "unmet-start"] == [
            f"RUN_START is not heeded: {unmet}"
        ]
    trainings.train(SECOND, range(1, 6))
    assert watched.look().run.n_timesteps == 5
    assert watched.monitor.unmet_start == ""


def test_a_directory_that_is_made_again_forgets_its_starts(
    watched: Watched, trainings: Trainings
) -> None:
    """A copy of what was there before has older times than what was there last."""
    trainings.train(FIRST, range(1, 6))
    trainings.train(SECOND, range(1, 4))
    watched.look()
    shutil.rmtree(watched.directory)
    watched.look()
    watched.directory.mkdir()
    trainings.now_s = BEGUN_S
    trainings.train(FIRST, range(1, 8))
    watched.look()
    assert labels(watched) == ["1979-01-01 01:00:00", "1979-01-01 07:00:00", "7"]


def test_a_checkpoint_at_each_of_many_timesteps_takes_no_time() -> None:
    """A training of months may keep them all; the work grew with their number squared."""
    count, losses, checkpoints = 12_000, [], []
    for number in range(count):
        moment = datetime(1979, 1, 1) + timedelta(hours=number)
        key = parse_model_time(f"{moment:%Y-%m-%d %H:%M:%S}")
        stat = FileStat(1, number, 10, (BEGUN_S + number) * 10**9, 0o100644)
        losses.append(FoundFile(f"/d/log_{number}", "", FileKind.LOG, key, stat))
        checkpoints.append(FoundFile(f"/d/net_{number}", "", FileKind.CHECKPOINT, key, stat))
    starts = Starts("newest")
    starts.take(checkpoints)
    began = time.process_time()
    assert starts.span(losses) == Span()
    assert time.process_time() - began < 4
