"""Runs to judge: healthy ones of many shapes, and ways to break them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from loss_monitor.health.rule import Now
from loss_monitor.health.watch import HealthWatch
from loss_monitor.model_time import ModelTime
from loss_monitor.series.run import Run
from loss_monitor.types import Alert, Floats, Mark, Timestep

BEGAN_S = 1_000_000_000.0
INTERVAL_S = 4.0


def timestep(index: int, values: Iterable[float], **facts: object) -> Timestep:
    """A timestep of a model that writes one a quarter of an hour, every four seconds."""
    day, quarter = divmod(index, 96)
    month, day = divmod(day, 28)
    year, month = divmod(month, 12)
    key = ModelTime(1979 + year, month + 1, day + 1, quarter // 4, quarter % 4 * 15, 0, 0)
    given = {
        "source": f"/data/log_{key.label}.txt",
        "wall_time": BEGAN_S + INTERVAL_S * index,
        "model_fields": tuple(key),
        **facts,
    }
    return Timestep(tuple(key), key.label, np.asarray(list(values), dtype=np.float64), **given)


def run_of(series: Iterable[Iterable[float]], **facts: object) -> Run:
    """A run whose timesteps hold these losses."""
    steps = [timestep(index, values, **facts) for index, values in enumerate(series)]
    return Run.empty("run", "run").put(steps)


def now(run: Run, **facts: object) -> Now:
    """How things stand right after the newest timestep of `run` was written."""
    walls = run.table.wall_time
    newest = float(walls[-1]) if len(walls) else 0.0
    given: dict[str, object] = {
        "now_s": newest + 1.0,
        "newest_written_s": newest,
        "heard_s": newest,
        "expects_data": True,
        "usual_interval_s": INTERVAL_S,
        "directory": "/data",
        **facts,
    }
    return Now(run=run, **given)  # type: ignore[arg-type]


def healthy(
    timesteps: int = 120, batches: int = 40, seed: int = 1, noise: float = 0.3, decay: float = 1.5
) -> list[Floats]:
    """Losses that fall as losses do, with multiplicative noise."""
    rng = np.random.default_rng(seed)
    return [
        (0.05 + decay / (index + 1)) * rng.lognormal(0.0, noise, batches)
        for index in range(timesteps)
    ]


@dataclass
class Followed:
    """A watch that has seen a run grow, timestep by timestep."""

    watch: HealthWatch
    run: Run
    changes: list[tuple[str, str]]

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """All alerts."""
        return self.watch.alerts

    def names(self) -> list[str]:
        """Rules of all alerts but the informing ones, in the order of their opening."""
        return [alert.rule for alert in self.alerts if alert.level != "info"]

    def of(self, rule: str) -> list[Alert]:
        """Alerts of one rule."""
        return [alert for alert in self.alerts if alert.rule == rule]

    def put(self, steps: list[Timestep], **facts: object) -> None:
        """The run has these timesteps, too."""
        self.run = self.run.put(steps)
        self.look(**facts)

    def marked(self, marks: Iterable[Mark]) -> None:
        """The log told these marks, all told."""
        self.run = self.run.with_marks(tuple(marks))
        self.look()

    def look(self, **facts: object) -> None:
        """Time has passed."""
        found = self.watch.look(now(self.run, **facts))
        self.changes += [(change.what, change.alert.rule) for change in found]
