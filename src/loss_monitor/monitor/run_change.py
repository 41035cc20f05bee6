"""What a reading changed in a run: timesteps to put, keys to drop, attempts left behind.

Enters: what readers found. Leaves: the changed run.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from loss_monitor.series.run import Run
from loss_monitor.series.superseded import Superseded
from loss_monitor.types import Key, Timestep


@dataclass(slots=True)
class RunChange:
    """What changed in the run: timesteps to put, keys to drop."""

    puts: dict[Key, Timestep] = field(default_factory=dict)
    drops: set[Key] = field(default_factory=set)
    completed: dict[Key, Timestep] = field(default_factory=dict)
    """Timesteps to put whose losses are as before: only that they are complete is new."""
    superseded: dict[Key, Timestep | None] = field(default_factory=dict)
    """Timesteps that a later attempt does again; None for one that is to be had of the run."""
    forgets: bool = False
    """What earlier attempts left behind is not known any more either."""
    replaces_all: bool = False
    """What the run held so far came from elsewhere and leaves it."""

    def __bool__(self) -> bool:
        """Tell whether there is anything to do."""
        return bool(self.puts or self.drops or self.completed)

    @property
    def is_news(self) -> bool:
        """Whether losses changed; time that merely passed is no news."""
        return bool(self.puts or self.drops)

    def applied_to(self, run: Run) -> Run:
        """Return `run` with all of it done."""
        old = Superseded() if self.forgets or self.replaces_all else run.superseded
        superseded = old.with_timesteps(self._superseded_in(run))
        run = run.without_timesteps() if self.replaces_all else run
        run = run.drop(self.drops) if self.drops else run
        puts = {**self.completed, **self.puts}
        if puts:
            run = run.put([puts[key] for key in sorted(puts)])
        return run if superseded is run.superseded else replace(run, superseded=superseded)

    def _superseded_in(self, run: Run) -> Iterator[Timestep]:
        """Yield the timesteps that are done again, those that are rewritten in place too."""
        if self.replaces_all:
            return
        for key, timestep in self.superseded.items():
            index = run.index_of(key) if timestep is None else None
            if timestep is not None:
                yield timestep
            elif index is not None:
                yield run.timestep(index)
        for key, fresh in self.puts.items():
            if key in self.superseded or not fresh.attempt:
                continue
            index = run.index_of(key)
            old = run.timestep(index) if index is not None else fresh
            is_other = old.attempt != fresh.attempt
            # What was taken for another attempt's at first is the same all the same.
            if is_other and not np.array_equal(old.values, fresh.values, equal_nan=True):
                yield old

    def supersede(self, key: Key) -> None:
        """Note that the timestep of `key` leaves the run, for a later attempt does it again."""
        self.superseded[key] = self.puts.get(key)
        self.drop(key)

    def drop(self, key: Key) -> None:
        """Note that the timestep of `key` leaves the run."""
        self.drops.add(key)
        self.puts.pop(key, None)
        self.completed.pop(key, None)
