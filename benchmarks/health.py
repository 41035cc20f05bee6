"""How well the health rules tell sick runs from healthy ones.

Enters: numbers of runs, a seed. Leaves: alerts per 1,000 healthy runs of each shape and rule,
and how many batches pass from a planted fault until it is told. No times are measured here.

    python benchmarks/health.py --runs 1000
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from command import command
from place import Place
from results import Detail, Result
from served import percentile

from loss_monitor.health.rule import Now
from loss_monitor.health.watch import HealthWatch
from loss_monitor.model_time import ModelTime
from loss_monitor.series.run import Run
from loss_monitor.series.tags import TagStore
from loss_monitor.types import Floats, Timestep


@dataclass(frozen=True)
class Sizes:
    """How many."""

    runs: int = 200
    """Healthy runs of each shape."""
    faults: int = 50
    """Runs with each fault."""
    seed: int = 1


QUICK = Sizes(runs=3, faults=2)
TIMESTEPS, BATCHES = 200, 40
INTERVAL_S = 4.0
BEGAN_S = 1e9
Shape = Callable[[np.random.Generator], Floats]
"""Makes losses of shape (timesteps, batches)."""


def _level(decay: float) -> Floats:
    return 0.05 + decay / (np.arange(TIMESTEPS)[:, None] + 1.0)


def _noise(rng: np.random.Generator, sigma: float) -> Floats:
    return rng.lognormal(0.0, sigma, (TIMESTEPS, BATCHES))


def daily(rng: np.random.Generator) -> Floats:
    """Losses that follow the sun: twice as high at noon."""
    hours = np.arange(TIMESTEPS)[:, None] / 4.0
    return 0.1 * (1.5 + 0.5 * np.sin(2 * np.pi * hours / 24)) * _noise(rng, 0.2)


def heavy(rng: np.random.Generator) -> Floats:
    """Noise with heavy tails (Student's t with four degrees of freedom, of the logarithm)."""
    return _level(1.5) * np.exp(0.25 * rng.standard_t(4, (TIMESTEPS, BATCHES)))


def warm_up(rng: np.random.Generator) -> Floats:
    """A learning rate that rises first: the loss does so, too."""
    steps = np.arange(TIMESTEPS)[:, None]
    return (1.0 + np.minimum(steps, 20) / 20) * np.exp(-steps / 60) * _noise(rng, 0.2) + 0.01


def first_values_far_off(rng: np.random.Generator) -> Floats:
    """An untrained network's first losses are a million times the later ones."""
    losses = _level(1.5) * _noise(rng, 0.3)
    losses[:3] *= 10.0 ** rng.uniform(2, 6, (3, 1))
    return losses


HEALTHY: dict[str, Shape] = {
    "falling": lambda rng: _level(1.5) * _noise(rng, 0.3),
    "very noisy": lambda rng: _level(1.5) * _noise(rng, 1.0),
    "steady": lambda rng: 0.1 * _noise(rng, 0.05),
    "daily cycle": daily,
    "heavy tails": heavy,
    "warm-up": warm_up,
    "far-off beginning": first_values_far_off,
    "tiny losses": lambda rng: 1e-8 * _level(1.5) * _noise(rng, 0.3),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """Something planted into a healthy run at a timestep."""

    rule: str
    plant: Callable[[Floats, int], None]
    is_in_log_only: bool = False
    """Event files hold the figures from before it."""


def _nan(losses: Floats, at: int) -> None:
    losses[at, 7] = np.nan


def _spike(losses: Floats, at: int) -> None:
    losses[at, 7] *= 100


def _diverge(losses: Floats, at: int) -> None:
    losses[at:] *= 1.2 ** np.arange(len(losses) - at)[:, None]


def _worse(losses: Floats, at: int) -> None:
    losses[at:] *= 30


def _jump(losses: Floats, at: int) -> None:
    losses[at, 0] = 100 * losses[at - 1, -1]


def _altered(losses: Floats, at: int) -> None:
    losses[at, 7] *= 0.9


FAULTS: dict[str, Fault] = {
    "one NaN": Fault("non-finite", _nan),
    "one loss 100 times": Fault("spike", _spike),
    "rising 20 % a timestep": Fault("diverged", _diverge),
    "thirtyfold from now on": Fault("diverged", _worse),
    "first loss 100 times": Fault("boundary-jump", _jump),
    "one loss a tenth lower than the event files' mean tells": Fault(
        "mismatch-events", _altered, is_in_log_only=True
    ),
}


def timesteps_of(losses: Floats) -> list[Timestep]:
    """Return losses as the timesteps of a run."""
    made = []
    for index, values in enumerate(losses):
        day, quarter = divmod(index, 96)
        key = ModelTime(1979, 1, 1 + day, quarter // 4, quarter % 4 * 15, 0, 0)
        wall_s = BEGAN_S + INTERVAL_S * index
        made.append(Timestep(tuple(key), key.label, values, source="log", wall_time=wall_s))
    return made


def events_of(losses: Floats) -> TagStore:
    """Return what event files hold of losses, as a plugin that adds up in float32 writes it."""
    narrow = losses.astype(np.float32)
    with np.errstate(over="ignore", invalid="ignore"):
        total = np.add.accumulate(narrow, axis=1)[:, -1]
        figures = {
            "mean": total / np.float32(losses.shape[1]),
            "min": narrow.min(axis=1),
            "max": narrow.max(axis=1),
        }
    steps = list(range(1, len(losses) + 1))
    points = {f"Loss/{name}_per_timestep": (steps, list(map(float, column)))
              for name, column in figures.items()}  # fmt: skip
    return TagStore().put_points("experiment", "events", points, BEGAN_S)


def now(run: Run, tags: TagStore) -> Now:
    """Return how things stand when the newest timestep was just written."""
    wall_s = float(run.table.wall_time[-1])
    return Now(run, wall_s, wall_s, wall_s, False, INTERVAL_S, "/data", tags)


def alarms(losses: Floats) -> list[str]:
    """Return the rules that raise an alert over a run, informing ones left out."""
    watch = HealthWatch({})
    run = Run.empty("run", "run").put(timesteps_of(losses))
    watch.look(now(run, events_of(losses)))
    return [alert.rule for alert in watch.alerts if alert.level != "info"]


def timesteps_until_told(losses: Floats, fault: Fault, at: int) -> int | None:
    """Return how many timesteps after the planted one its alert opens, None if it never does.

    The fault is planted here.
    """
    watch = HealthWatch({})
    before = losses.copy()
    fault.plant(losses, at)
    tags = events_of(before if fault.is_in_log_only else losses)
    steps = timesteps_of(losses)
    run = Run.empty("run", "run").put(steps[:at])
    watch.look(now(run, tags))
    for index in range(at, len(steps)):
        run = run.put([steps[index]])
        if any(one.alert.rule == fault.rule for one in watch.look(now(run, tags))):
            return index - at
    return None


def measure(sizes: Sizes, _: Place) -> Iterator[Result]:
    """Judge healthy runs, then broken ones."""
    rng = np.random.default_rng(sizes.seed)
    work = f"health: alarms per 1,000 healthy runs of {TIMESTEPS} timesteps of {BATCHES} batches"
    for name, shape in HEALTHY.items():
        found = Counter(rule for _ in range(sizes.runs) for rule in set(alarms(shape(rng))))
        for rule, count in sorted(found.items()) or [("any rule", 0)]:
            yield Detail(work, f"{name}: {rule}", 1000 * count / sizes.runs, "")
    work = "health: batches until a planted fault is told, of the faults that are found"
    for name, fault in FAULTS.items():
        waits = []
        for _ in range(sizes.faults):
            losses = HEALTHY["falling"](rng)
            waits.append(timesteps_until_told(losses, fault, 100))
        found_waits = [(wait + 1) * BATCHES for wait in waits if wait is not None]
        what = f"{name} ({fault.rule}, {len(found_waits)} of {len(waits)} found)"
        if found_waits:
            median, high = (float(percentile(found_waits, percent)) for percent in (50, 95))
            yield Detail(work, what, median, "", high)


if __name__ == "__main__":
    command(measure, Sizes(), QUICK, __doc__)
