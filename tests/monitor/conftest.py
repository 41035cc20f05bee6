"""A real monitor over real files, with time moved by hand."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from loss_monitor.clock import ManualClock
from loss_monitor.monitor import Monitor
from loss_monitor.series.snapshot import Snapshot
from loss_monitor.settings import Settings


class Watched:
    """A data directory, the monitor over it, and the clock of both."""

    def __init__(
        self,
        directory: Path,
        job_logs: Sequence[str] = (),
        clock: ManualClock | None = None,
        **options: object,
    ) -> None:
        """Watch `directory`, or only `job_logs` where some are given; `options` are settings."""
        self.directory = directory
        self.clock = clock or ManualClock(time.time())
        self.published: list[Snapshot] = []
        settings = Settings(
            data_dir=directory,
            job_logs=tuple(job_logs),
            watches_data_dir=not job_logs,
            **options,  # type: ignore[arg-type]
        )
        self.monitor = Monitor(settings, self.clock, self.published.append)

    def look(self, after_s: float = 1.0) -> Snapshot:
        """Let time pass, then look and read all."""
        self.clock.advance(after_s)
        return self.monitor.look()

    def log(self, number: int) -> Path:
        """Return the path of the loss file of timestep `number`, from 1."""
        return self.directory / f"log_1979-01-01 {number // 60:02d}:{number % 60:02d}:00.txt"

    def messages(self) -> list[str]:
        """Return the messages of the activity log, oldest first."""
        return [entry.message for entry in self.monitor.snapshot.activity]


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    """A monitor over an empty directory."""
    directory = tmp_path / "data"
    directory.mkdir()
    return Watched(directory)


@pytest.fixture
def watch_logs(tmp_path: Path) -> Callable[..., Watched]:
    """Make a monitor over job logs only."""

    def make(*patterns: str) -> Watched:
        return Watched(tmp_path, patterns or (str(tmp_path),))

    return make


@pytest.fixture(scope="session")
def watched_at() -> type[Watched]:
    """The class itself, for tests that make several monitors."""
    return Watched


@pytest.fixture
def make_watched() -> type[Watched]:
    """What makes a monitor over any place."""
    return Watched
