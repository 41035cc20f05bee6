"""Cost of a run in memory: building, appending, figures, ranges, tags.

Enters: a number of losses, drawn with a seed. Leaves: CPU of this thread for each step, best
of several (a shared machine adds, it never takes away), and the bytes that a loss takes.

    python benchmarks/series.py --values 10000000
"""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np
from command import command
from numpy.typing import NDArray
from place import Place
from results import Detail, Result

from loss_monitor.series.distribution import distribution
from loss_monitor.series.figures import PERCENTILES, figures, percentiles
from loss_monitor.series.online import KeptPercentiles, online_columns
from loss_monitor.series.ranges import reduce_range
from loss_monitor.series.run import Run
from loss_monitor.series.tag_ranges import reduce_points
from loss_monitor.series.tags import TagStore
from loss_monitor.types import Floats, Timestep

BATCHES = 1_000
_T = TypeVar("_T")


@dataclass(frozen=True)
class Sizes:
    """How much."""

    values: int = 10_000_000
    job_log_steps: int = 100_000
    scalars: int = 2_000_000


QUICK = Sizes(values=100_000, job_log_steps=2_000, scalars=60_000)


def measure(sizes: Sizes, _: Place) -> Iterator[Result]:
    """Measure all on one thread."""
    rng = np.random.default_rng(1)
    losses = rng.lognormal(size=sizes.values).astype(np.float32).astype(np.float64)
    timesteps = [
        _timestep(number, losses[number * BATCHES : (number + 1) * BATCHES])
        for number in range(sizes.values // BATCHES)
    ]
    work = f"series: {sizes.values:,} losses in {len(timesteps):,} timesteps"
    run = yield from _building(work, timesteps)
    yield from _asking(work, run, losses)
    yield from _growing(work, run, losses)
    yield from _memory(work, timesteps)
    yield from _large_timestep(losses[:1_000_000])
    yield from _job_log(sizes.job_log_steps)
    yield from _tags(sizes.scalars)


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


def _time(work: str, what: str, seconds: float) -> Detail:
    return Detail(work, what, seconds * 1e3, "ms")


def _build(timesteps: list[Timestep], size: int, *, newest_first: bool = False) -> Run:
    run = Run.empty("run", "run")
    starts = range(0, len(timesteps), size)
    for start in reversed(starts) if newest_first else starts:
        run = run.put(timesteps[start : start + size])
    return run


def _building(work: str, timesteps: list[Timestep]) -> Generator[Result, None, Run]:
    yield _time(
        work, "build in order, 100 timesteps at once", _seconds(lambda: _build(timesteps, 100), 2)
    )
    newest_first = _seconds(lambda: _build(timesteps, 100, newest_first=True), 2)
    yield _time(work, "build newest first, 100 timesteps at once", newest_first)
    yield _time(
        work, "build in order, one timestep at once", _seconds(lambda: _build(timesteps, 1), 1)
    )
    run = _build(timesteps, 100)
    backwards = _build(timesteps, 20, newest_first=True)
    yield Detail(work, "leaves, in order", len(run.leaves), "")
    yield Detail(work, "leaves, newest first by 20", len(backwards.leaves), "")
    assert figures(run) == figures(backwards)
    yield _time(work, "sorted copies and blocks of all leaves, once", _seconds(run.prepared, 1))
    return run


def _asking(work: str, run: Run, losses: Floats) -> Iterator[Result]:
    yield _time(work, "six exact percentiles", _seconds(lambda: percentiles(run, PERCENTILES), 20))
    exact = np.percentile(losses, PERCENTILES)
    yield _time(
        work,
        "numpy.percentile of the same",
        _seconds(lambda: np.percentile(losses, PERCENTILES), 1),
    )
    assert percentiles(run, PERCENTILES).tolist() == exact.tolist()
    for size in (2_000, 100_000, 255_000, 257_000, 1_000_000, 10_000_000):
        stop = min(size, run.n_values) - 3
        cost = _seconds(partial(reduce_range, run, 3, stop), 20)
        yield _time(work, f"range of {size:,} batches in 2,000 buckets", cost)
    cost = _seconds(partial(reduce_range, run, axis="timestep"), 20)
    yield _time(work, "range of all timesteps in 2,000 buckets", cost)
    smoothed = partial(reduce_range, run, smoothing=0.99)
    yield _time(work, "smoothed range of all batches, first", _seconds(smoothed, 1))
    yield _time(work, "smoothed range of all batches, later", _seconds(smoothed, 20))
    kept = KeptPercentiles()
    yield _time(
        work, "online signals in 500 columns, first", _seconds(lambda: online_columns(run, kept), 1)
    )
    yield _time(
        work,
        "online signals in 500 columns, later",
        _seconds(lambda: online_columns(run, kept), 20),
    )


def _growing(work: str, run: Run, losses: Floats) -> Iterator[Result]:
    steps: dict[str, list[float]] = {}

    def timed(what: str, act: Callable[[], _T]) -> _T:
        start = time.thread_time()
        result = act()
        steps.setdefault(what, []).append(time.thread_time() - start)
        return result

    for number in range(run.n_timesteps, run.n_timesteps + 60):
        run = timed("append one timestep", partial(run.put, [_timestep(number, losses[:BATCHES])]))
        timed("all figures after an append", partial(figures, run))
        timed("figures of the newest 100 timesteps", partial(figures, run, 100))
        timed("distribution, linear", partial(distribution, run, 20))
        timed("distribution, log", partial(distribution, run, 20, "log"))
        timed("whole range after an append", partial(reduce_range, run))
        timed("whole range after an append, smoothed", partial(reduce_range, run, smoothing=0.99))
    for what, times in steps.items():
        yield _time(work, f"{what} (best of 60)", min(times))


def _memory(work: str, timesteps: list[Timestep]) -> Iterator[Result]:
    tracemalloc.start()
    run = _build(timesteps, 100)
    plain = tracemalloc.get_traced_memory()[0]
    figures(run.prepared())
    reduce_range(run)
    whole = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    yield Detail(work, "memory a loss", plain / run.n_values, "bytes")
    yield Detail(work, "memory a loss, with all that was asked for", whole / run.n_values, "bytes")


def _large_timestep(losses: Floats) -> Iterator[Result]:
    run = Run.empty("run", "run").put([_timestep(0, losses)])
    fresh = losses[:1_000]
    work = f"series: one timestep of {len(losses):,} losses"
    yield _time(
        work, "1,000 losses more", _seconds(lambda: run.extend((1979, 1, 1, 0, 0, 0, 0), fresh))
    )


def _job_log(n_steps: int) -> Iterator[Result]:
    values = np.random.default_rng(2).random((n_steps, 4))
    steps = [Timestep((i,), f"step {i}", values[i], unit="rank") for i in range(len(values))]
    work = f"series: job log of {n_steps:,} timesteps of 4 ranks"
    yield _time(
        work, "build in order, 1,000 timesteps at once", _seconds(lambda: _build(steps, 1_000), 2)
    )
    tracemalloc.start()
    run = _build(steps, 1_000).prepared()
    figures(run)
    reduce_range(run, axis="timestep")
    traced = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    yield Detail(work, "memory a loss, with all that was asked for", traced / run.n_values, "bytes")
    appends, asks = [], []
    for number in range(n_steps, n_steps + 60):
        start = time.thread_time()
        run = run.put([Timestep((number,), f"step {number}", values[0], unit="rank")])
        middle = time.thread_time()
        figures(run)
        appends.append(middle - start)
        asks.append(time.thread_time() - middle)
    yield _time(work, "append one timestep (best of 60)", min(appends))
    yield _time(work, "all figures after an append (best of 60)", min(asks))
    yield _time(work, "whole range in 2,000 buckets", _seconds(lambda: reduce_range(run)))


@dataclass(frozen=True)
class _Scalars:
    tag: NDArray[np.uint32]
    step: NDArray[np.int64]
    wall_time: Floats
    value: Floats
    doubles: frozenset[int] = frozenset()


def _tags(n_scalars: int) -> Iterator[Result]:
    size, tags = 60_000, 8
    names = [f"Loss/{i}" for i in range(tags)]
    piece = _Scalars(
        np.arange(size, dtype=np.uint32) // (size // tags),
        np.arange(size) % (size // tags),
        np.arange(size) / 1e3,
        np.random.default_rng(3).random(size),
    )

    def build() -> TagStore:
        store = TagStore()
        for _ in range(n_scalars // size):
            store = store.put_scalars("run", "file", names, piece)
        return store

    work = f"series: event files of {n_scalars // size * size:,} scalars of {tags} tags"
    yield _time(work, "build, 60,000 scalars at once", _seconds(build, 2))
    store = build()
    yield _time(work, "one tag, latest attempt", _seconds(lambda: store.series("run", names[0])))
    for weight in (None, 0.99):
        words = "one tag in 2,000 buckets" + (", smoothed" if weight else "")
        ask = partial(_reduced, store, names[0], weight)
        yield _time(work, f"{words}, first", _seconds(ask, 1))
        yield _time(work, f"{words}, later", _seconds(ask, 20))
    tracemalloc.start()
    kept = build()
    traced = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    yield Detail(work, "memory a scalar", traced / kept.n_points, "bytes")


def _reduced(store: TagStore, tag: str, weight: float | None) -> object:
    return reduce_points(store.pieces("run", tag)[0], smoothing=weight)


if __name__ == "__main__":
    command(measure, Sizes(), QUICK, __doc__)
