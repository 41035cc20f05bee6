"""uvicorn as a monitor needs it: asleep while nothing happens."""

from __future__ import annotations

import threading
from typing import Any

from loss_monitor.web.uvicorn_server import TICK_S


def test_a_quiet_server_hardly_wakes(running: Any, build: Any) -> None:
    """uvicorn's ten ticks a second are one; it still ends when told to."""
    assert TICK_S >= 1
    running.publish(build.run([1.0]))
    ticks = []
    tick = running.server._tick

    def counted() -> None:
        ticks.append(1)
        tick()

    running.server._tick = counted
    stopped = threading.Event()
    threading.Timer(2.5, stopped.set).start()
    stopped.wait()
    assert len(ticks) <= 3
    date = running.get("/api/health").headers["date"]
    assert date.endswith("GMT")
