"""A data directory with real files, and a clock that is moved by hand."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from loss_monitor.clock import ManualClock
from loss_monitor.source.watch import DirectoryWatch


class DataDirectory:
    """Writes files as the plugin does, dated by the test's clock."""

    def __init__(self, path: Path, clock: ManualClock) -> None:
        self.path = path
        self.clock = clock

    def write(self, name: str, text: str = "0.5\n", *, age_s: float = 0.0) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.stat().st_nlink > 1:
            path.unlink()
        path.write_text(text)
        written_s = self.clock.wall_s() - age_s
        os.utime(path, (written_s, written_s))
        return path

    def log(self, number: int, text: str = "0.5\n", *, age_s: float = 0.0) -> Path:
        return self.write(log_name(number), text, age_s=age_s)

    def fill(self, count: int, *prefixes: str, age_s: float = 0.0) -> None:
        """Make `count` timesteps: links to one file, since that takes a tenth of the time."""
        first = self.write("original", age_s=age_s)
        for number in range(count):
            for prefix in prefixes or ("log_",):
                time = log_name(number).removeprefix("log_")
                os.link(first, f"{self.path}/{prefix}{time}")


def log_name(number: int) -> str:
    """Return the name of the log of a timestep, one an hour."""
    days, hour = divmod(number, 24)
    months, day = divmod(days, 28)
    years, month = divmod(months, 12)
    return f"log_{1979 + years}-{month + 1:02d}-{day + 1:02d} {hour:02d}:00:00.txt"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(time.time())


@pytest.fixture
def data(tmp_path: Path, clock: ManualClock) -> DataDirectory:
    path = tmp_path / "run"
    path.mkdir()
    return DataDirectory(path, clock)


@pytest.fixture
def watch(data: DataDirectory) -> DirectoryWatch:
    return DirectoryWatch(data.path, data.clock, network=False)


class AsNobody:
    """Runs a piece of a test as a user without rights over the files of others."""

    def __init__(self, place: Path) -> None:
        self.place = place

    @contextmanager
    def __call__(self) -> Iterator[None]:
        if os.geteuid() != 0:
            yield
            return
        os.seteuid(65534)
        try:
            yield
        finally:
            os.seteuid(0)


@pytest.fixture
def as_nobody() -> Iterator[AsNobody]:
    """A place that everybody can reach (pytest's own is the test user's alone)."""
    top = Path(tempfile.mkdtemp(prefix="loss-monitor-test-"))
    top.chmod(0o755)
    place = top / "run"
    place.mkdir(mode=0o755)
    place.chmod(0o755)
    try:
        yield AsNobody(place)
    finally:
        place.chmod(0o700)
        shutil.rmtree(top)
