"""A training that goes on while a monitor is measured.

Enters: a directory with some timesteps. Leaves: further timesteps, or the newest one written
again and again, once or in a thread of its own.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from data_loss_files import loss, moment_of

from loss_monitor.writer import LossWriter


class Training:
    """Timesteps that come after those that are there."""

    def __init__(self, directory: Path, done: int, n_losses: int) -> None:
        """Go on after `done` timesteps with `n_losses` in each."""
        self.done = done
        self._writer = LossWriter(directory, formats=["log"])
        self._n_losses = n_losses
        self._chance = random.Random(done)

    def add(self) -> float:
        """Write the next timestep; return the moment at which its file was closed."""
        self.done += 1
        return self.rewrite()

    def rewrite(self) -> float:
        """Write the newest timestep with other losses; return when its file was closed."""
        losses = [loss(self._chance) for _ in range(self._n_losses)]
        self._writer.timestep(moment_of(self.done - 1), losses)
        closed_s = time.monotonic()
        if self._writer.failures:
            raise SystemExit(f"writing failed: {self._writer.failures}")
        return closed_s


@contextmanager
def repeated(act: Callable[[], object], every_s: float) -> Iterator[None]:
    """Call `act` every `every_s` seconds in a thread of its own."""
    stopped = threading.Event()

    def run() -> None:
        while not stopped.wait(every_s):
            act()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()
