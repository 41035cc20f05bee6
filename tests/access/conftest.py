"""Real servers of real users: what the tests of access have in common."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from served_monitor import Served, start_monitor
from unix_users import User, new_user
from waiting import wait_for


@pytest.fixture
def serve() -> Iterator[Callable[..., Served]]:
    """Starts monitors with the command line's options; they end with the test."""
    started: list[Served] = []

    def start(*options: str, uid: int | None = None, waits: bool = True) -> Served:
        # pytest's own temporary folder is closed to the other users of the test.
        folder = Path(tempfile.mkdtemp(prefix="loss-monitor-"))
        folder.chmod(0o711)
        served = start_monitor(folder, options, os.geteuid() if uid is None else uid)
        started.append(served)
        if waits:
            wait_for(
                lambda: (folder / "port").exists() or served.process.poll() is not None,
                f"it listens, started with {options}",
            )
            assert served.process.poll() is None, served.told()
        return served

    yield start
    for served in started:
        served.process.kill()
        served.process.wait()
        shutil.rmtree(served.folder, ignore_errors=True)


@pytest.fixture(scope="session")
def users() -> Iterator[tuple[User, User]]:
    """The monitor's owner and a colleague, neither of them root."""
    if os.geteuid() != 0:
        pytest.skip("making users takes root")
    with new_user("a") as owner, new_user("b") as colleague:
        yield owner, colleague
