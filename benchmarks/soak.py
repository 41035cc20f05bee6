"""Memory of a monitor beside a training that writes fast, while its data stay as many.

Enters: how long. Leaves: what the resident memory grows by in a minute, by a straight line
through all measurements. The newest timestep is rewritten and an event file is replaced over
and over, so that whatever grows is not the data; the monitor looks 200 times a second
(`hurried.py`), and a page is connected. Budget: a flat line, at most 1 MB a minute.

    python benchmarks/soak.py --seconds 3600
"""

from __future__ import annotations

import os
import random
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from answers import connected
from command import command
from data_event_file import write_event_file
from loss_files import loss_files
from place import Place
from results import Detail, Figure, Result
from served import Served
from training import Training, repeated
from turns import tell

FILES = 1_000
LOSSES = 100
LOSSES_EVERY_S = 0.02
EVENTS_EVERY_S = 0.5


@dataclass(frozen=True)
class Sizes:
    """How long."""

    warm_up_s: float = 60.0
    """Until caches, pools and the list of activity are full."""
    seconds: float = 90.0
    every_s: float = 0.5


QUICK = Sizes(warm_up_s=1.0, seconds=3.0, every_s=0.2)


def measure(sizes: Sizes, place: Place) -> Iterator[Result]:
    """Write, and look at the memory now and then."""
    with (
        place.links(loss_files(place, FILES, LOSSES)) as directory,
        Served(directory, script="hurried.py") as served,
    ):
        served.wait_until_read()
        with written(directory), connected(served):
            time.sleep(sizes.warm_up_s)
            before = served.get("/api/status")["io"]["bytes_read"]
            times_s, memory_mb = [], []
            begun_s = time.monotonic()
            while (at_s := time.monotonic() - begun_s) < sizes.seconds:
                times_s.append(at_s)
                memory_mb.append(served.memory_mb())
                time.sleep(sizes.every_s)
            read = served.get("/api/status")["io"]["bytes_read"] - before
            tell(f"{memory_mb[0]:.1f} MB, then {memory_mb[-1]:.1f} MB")
    slope, _ = statistics.linear_regression(times_s, memory_mb)
    note = (
        f"{memory_mb[0]:.1f} MB, after {sizes.seconds:.0f} s {memory_mb[-1]:.1f} MB, "
        f"most {max(memory_mb):.1f} MB; {read / 1e6:.0f} MB of files read meanwhile"
    )
    yield Figure("memory.growth", slope * 60, note)
    yield Detail("soak", "memory at the end", memory_mb[-1], "MB")


@contextmanager
def written(directory: Path) -> Iterator[None]:
    """Rewrite the newest timestep fifty times a second, and replace an event file twice."""
    training = Training(directory, FILES, LOSSES)
    training.add()
    chance = random.Random(3)
    folder = directory / "runs" / "experiment"
    folder.mkdir(parents=True)

    def write_events() -> None:
        new = directory / "new_events"
        write_event_file(new, timesteps=2, batches=100, seed=chance.randrange(1000))
        os.replace(new, folder / "events.out.tfevents.1.bench")

    with repeated(training.rewrite, LOSSES_EVERY_S), repeated(write_events, EVENTS_EVERY_S):
        yield


if __name__ == "__main__":
    command(measure, Sizes(), QUICK, __doc__)
