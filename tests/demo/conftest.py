"""Short demos, each a process of its own, and a monitor that reads what they left."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from loss_monitor.clock import ManualClock
from loss_monitor.monitor import Monitor
from loss_monitor.series.snapshot import Snapshot
from loss_monitor.settings import Settings
from waiting import DEADLINE_S

Train = Callable[..., Path]


def _demo(directory: Path, timesteps: int, *options: str) -> subprocess.Popen[str]:
    words = ["--speed", "1000", "--timesteps", str(timesteps), "--seed", "3", *options]
    return subprocess.Popen(
        [sys.executable, "-m", "loss_monitor", "demo", str(directory), *words],
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(scope="session")
def begin() -> Callable[..., subprocess.Popen[str]]:
    """Start a demo and return its process."""
    return _demo


@pytest.fixture(scope="session")
def train(tmp_path_factory: pytest.TempPathFactory) -> Train:
    """Run a demo to its end and return its directory; equal demos are run once."""
    made: dict[tuple[object, ...], Path] = {}

    def run(timesteps: int, *options: str) -> Path:
        wanted = (timesteps, *options)
        if wanted not in made:
            directory = tmp_path_factory.mktemp("demo") / "data"
            process = _demo(directory, timesteps, *options)
            _, errors = process.communicate(timeout=DEADLINE_S)
            assert process.returncode == 0, errors
            assert errors == ""
            made[wanted] = directory
        return made[wanted]

    return run


@pytest.fixture(scope="session")
def read() -> Callable[[Path], Snapshot]:
    """Read a finished directory, or the job logs in it, whole."""

    def look(directory: Path) -> Snapshot:
        has_logs = any(directory.glob("LOG.exp.*"))
        settings = Settings(
            data_dir=directory,
            job_logs=(str(directory),) if has_logs else (),
            watches_data_dir=not has_logs,
        )
        clock = ManualClock(time.time() + 1)
        return Monitor(settings, clock, lambda _: None).look()

    return look
