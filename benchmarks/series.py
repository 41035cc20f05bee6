"""Cost of a run in memory: building, appending, figures, ranges, tags.

Prints one line a figure: CPU of this thread, best of several (a shared machine adds, it never
takes away), and the bytes a loss takes. Data are drawn with a seed. Run from the checkout:

    .venv/bin/python benchmarks/series.py [--values 10000000]
"""

from __future__ import annotations

import argparse
import platform
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from loss_monitor.series.distribution import distribution
from loss_monitor.series.figures import PERCENTILES, figures, percentiles
from loss_monitor.series.online import KeptPercentiles, online_columns
from loss_monitor.series.ranges import reduce_range
from loss_monitor.series.run import Run
from loss_monitor.series.tags import TagStore
from loss_monitor.types import Floats, Timestep

BATCHES = 1_000
_T = TypeVar("_T")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--values", type=int, default=10_000_000)
    wanted = parser.parse_args().values
    print(f"{platform.machine()}, Python {platform.python_version()}, numpy {np.__version__}")
    losses = np.random.default_rng(1).lognormal(size=wanted).astype(np.float32).astype(np.float64)
    timesteps = [
        _timestep(number, losses[number * BATCHES : (number + 1) * BATCHES])
        for number in range(wanted // BATCHES)
    ]
    print(f"\n{wanted:,} losses in {len(timesteps):,} timesteps")
    run = _building(timesteps)
    _asking(run, losses)
    _growing(run, losses)
    _memory(timesteps)
    _large_timestep(losses)
    _job_log()
    _tags()


def _timestep(number: int, values: Floats) -> Timestep:
    key = (1979, 1, 1, 0, 0, number, 0)
    return Timestep(key, f"timestep {number}", values, source=f"log_{number}.txt", wall_time=1.0)


def _seconds(work: Callable[[], object], repeat: int = 5) -> float:
    times = []
    for _ in range(repeat):
        start = time.thread_time()
        work()
        times.append(time.thread_time() - start)
    return min(times)


def _show(what: str, seconds: float) -> None:
    print(f"  {what:<58}{seconds * 1e3:10.3f} ms")


def _build(timesteps: list[Timestep], size: int, *, newest_first: bool = False) -> Run:
    run = Run.empty("run", "run")
    starts = range(0, len(timesteps), size)
    for start in reversed(starts) if newest_first else starts:
        run = run.put(timesteps[start : start + size])
    return run


def _building(timesteps: list[Timestep]) -> Run:
    _show("build in order, 100 timesteps at once", _seconds(lambda: _build(timesteps, 100), 2))
    newest_first = _seconds(lambda: _build(timesteps, 100, newest_first=True), 2)
    _show("build newest first, 100 timesteps at once", newest_first)
    _show("build in order, one timestep at once", _seconds(lambda: _build(timesteps, 1), 1))
    run = _build(timesteps, 100)
    backwards = _build(timesteps, 20, newest_first=True)
    print(f"  leaves: {len(run.leaves)} in order, {len(backwards.leaves)} newest first by 20")
    assert figures(run) == figures(backwards)
    _show("sorted copies and blocks of all leaves, once", _seconds(run.prepared, 1))
    return run


def _asking(run: Run, losses: Floats) -> None:
    _show("six exact percentiles", _seconds(lambda: percentiles(run, PERCENTILES), 20))
    exact = np.percentile(losses, PERCENTILES)
    _show("  numpy.percentile", _seconds(lambda: np.percentile(losses, PERCENTILES), 1))
    assert percentiles(run, PERCENTILES).tolist() == exact.tolist()
    for size in (2_000, 100_000, 255_000, 257_000, 1_000_000, 10_000_000):
        stop = min(size, run.n_values) - 3
        cost = _seconds(partial(reduce_range, run, 3, stop), 20)
        _show(f"range of {size:,} batches in 2,000 buckets", cost)
    cost = _seconds(partial(reduce_range, run, axis="timestep"), 20)
    _show("range of all timesteps in 2,000 buckets", cost)
    smoothed = partial(reduce_range, run, smoothing=0.99)
    _show("smoothed range of all batches, first", _seconds(smoothed, 1))
    _show("smoothed range of all batches, later", _seconds(smoothed, 20))
    kept = KeptPercentiles()
    _show("online signals in 500 columns, first", _seconds(lambda: online_columns(run, kept), 1))
    _show("online signals in 500 columns, later", _seconds(lambda: online_columns(run, kept), 20))


def _growing(run: Run, losses: Floats) -> None:
    steps: dict[str, list[float]] = {}

    def timed(what: str, work: Callable[[], _T]) -> _T:
        start = time.thread_time()
        result = work()
        steps.setdefault(what, []).append(time.thread_time() - start)
        return result

    for number in range(run.n_timesteps, run.n_timesteps + 60):
        run = timed("append one timestep", partial(run.put, [_timestep(number, losses[:BATCHES])]))
        timed("all figures after an append", partial(figures, run))
        timed("figures of the newest 100 timesteps", partial(figures, run, 100))
        timed("distribution, linear", partial(distribution, run, 20))
        timed("distribution, log", partial(distribution, run, 20, "log"))
        timed("whole range after an append", partial(reduce_range, run))
        timed("  the same smoothed", partial(reduce_range, run, smoothing=0.99))
    for what, times in steps.items():
        _show(f"{what} (best of 60)", min(times))


def _memory(timesteps: list[Timestep]) -> None:
    tracemalloc.start()
    run = _build(timesteps, 100)
    plain = tracemalloc.get_traced_memory()[0]
    figures(run.prepared())
    reduce_range(run)
    whole = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    print(f"  bytes a loss: {plain / run.n_values:.1f}, with all that was asked for", end=" ")
    print(f"{whole / run.n_values:.1f}")


def _large_timestep(losses: Floats) -> None:
    run = Run.empty("run", "run").put([_timestep(0, losses[:1_000_000])])
    fresh = losses[:1_000]
    print("\none timestep of 1,000,000 losses")
    _show("1,000 losses more", _seconds(lambda: run.extend((1979, 1, 1, 0, 0, 0, 0), fresh)))


def _job_log() -> None:
    values = np.random.default_rng(2).random((100_000, 4))
    steps = [Timestep((i,), f"step {i}", values[i], unit="rank") for i in range(len(values))]
    print("\njob log: 100,000 timesteps of 4 ranks")
    _show("build in order, 1,000 timesteps at once", _seconds(lambda: _build(steps, 1_000), 2))
    run = _build(steps, 1_000).prepared()
    figures(run)
    appends, asks = [], []
    for number in range(100_000, 100_060):
        start = time.thread_time()
        run = run.put([Timestep((number,), f"step {number}", values[0], unit="rank")])
        middle = time.thread_time()
        figures(run)
        appends.append(middle - start)
        asks.append(time.thread_time() - middle)
    _show("append one timestep (best of 60)", min(appends))
    _show("all figures after an append (best of 60)", min(asks))
    _show("whole range in 2,000 buckets", _seconds(lambda: reduce_range(run)))


@dataclass(frozen=True)
class _Scalars:
    tag: NDArray[np.uint32]
    step: NDArray[np.int64]
    wall_time: Floats
    value: Floats
    doubles: frozenset[int] = frozenset()


def _tags() -> None:
    size, tags = 60_000, 8
    names = [f"Loss/{i}" for i in range(tags)]
    piece = _Scalars(
        np.arange(size, dtype=np.uint32) % tags,
        np.arange(size) // tags,
        np.arange(size) / 1e3,
        np.random.default_rng(3).random(size),
    )

    def build() -> TagStore:
        store = TagStore()
        for _ in range(33):
            store = store.put_scalars("run", "file", names, piece)
        return store

    print(f"\nevent files: {33 * size:,} scalars of {tags} tags")
    _show("build, 60,000 scalars at once", _seconds(build, 2))
    store = build()
    _show("one tag, latest attempt", _seconds(lambda: store.series("run", names[0])))
    tracemalloc.start()
    kept = build()
    traced = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    print(f"  bytes a point: {traced / kept.n_points:.1f}")


if __name__ == "__main__":
    main()
