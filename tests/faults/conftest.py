"""A served directory into which bad input is put."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from loss_monitor.health.table import RULES

_numbers = itertools.count(1)


class Fed:
    """A monitor and its directory; timesteps are numbered over all tests."""

    def __init__(self, served, directory: Path) -> None:
        """Have put nothing into it yet."""
        self.served = served
        self.directory = directory

    def label(self) -> str:
        """Return the label of a timestep behind all earlier ones."""
        number = next(_numbers)
        return f"1979-01-{1 + number // 24:02d} {number % 24:02d}:00:00"

    def is_still_reading(self) -> None:
        """Hold that good losses written now still arrive, and that answers come."""
        label = self.label()
        (self.directory / f"log_{label}.txt").write_text("0.5\n0.25\n")
        self.served.wait_for_losses(label, [0.5, 0.25])
        assert self.served.get("/api/health")["status"] == "healthy"

    def told_once(self, file: str) -> dict[str, Any]:
        """Wait for a row about `file`, hold that it is the only one and stays so."""
        served = self.served
        served.wait_for(lambda: bool(served.entries(file)), f"{file!r} is told")
        (entry,) = served.entries(file)
        self.is_still_reading()
        assert [row["id"] for row in served.entries(file)] == [entry["id"]]
        return entry

    def incidents(self) -> int:
        """Return how many incidents were counted."""
        return self.served.get("/api/status")["incidents"]


@pytest.fixture(scope="session")
def fed(serve: Callable, tmp_path_factory: pytest.TempPathFactory) -> Fed:
    """A directory under watch that all these tests put things into."""
    directory = tmp_path_factory.mktemp("bad") / "data"
    directory.mkdir()
    # These losses are made to be refused, and what a file is told for is to be that alone.
    config = directory.with_name("config.py")
    config.write_text(f"HEALTH_OFF = {[rule.name for rule in RULES]!r}\n")
    return Fed(serve(directory, "--config", str(config)), directory)
