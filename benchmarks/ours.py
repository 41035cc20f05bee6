"""The monitor's reading of some data from the start, as a way beside those of others.

Enters: what to serve. Leaves: CPU seconds until all is read and its figures are told, less
those of a monitor of an empty directory, started just before.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from served import Served
from turns import Spent


def reading(
    place: Path, ask: Sequence[str] = (), check: Callable[[Served], None] | None = None
) -> Spent:
    """Read `place` with a fresh monitor; `ask` are paths that are part of the work.

    `check` is called with the monitor after the measurement.
    """
    with tempfile.TemporaryDirectory() as empty, Served(Path(empty)) as served:
        served.wait_until_read()
        idle_s = served.cpu_s()
    with Served(place) as served:
        served.wait_until_read()
        for path in ask:
            served.get(path)
        spent = Spent(served.cpu_s() - idle_s, served.age_s, served.peak_mb())
        if check is not None:
            check(served)
    return spent


def newest_s(place: Path, label: str) -> float:
    """Return the seconds from the start of a process until it tells the newest timestep."""
    with Served(place) as served:
        served.wait_for("/api/loss/current", lambda told: told.get("timestamp") == label, 0.005)
        return served.age_s
