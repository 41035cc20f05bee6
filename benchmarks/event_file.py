"""First reading of a large event file, beside other readers and the plain costs.

Enters: numbers of timesteps, for the file that all fast readers read and for a smaller one
that the Python readers read. Leaves: CPU seconds, wall seconds, memory, bytes a further
scalar. Budgets: 5 times less CPU than rustboard as shipped, 12 times less than rustboard
keeping all and checking, 24 bytes a further scalar.

    python benchmarks/event_file.py --timesteps 1000
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import rustboard
from command import command
from data_event_file import BATCH_TAGS, BYTES_A_TIMESTEP, TIMESTEP_TAGS, write_event_file
from ours import reading
from place import Place
from results import Cost, Detail, Figure, Result
from served import Served
from turns import Way, compared, script, side_by_side, spent_by

AS_SHIPPED = "rustboard as shipped"
ALL_CHECKED = "rustboard, all kept, checksums"
OURS = "keeps all scalars, checks every checksum; less an empty monitor"
OWN_CLOCK = "imports not counted"


@dataclass(frozen=True)
class Sizes:
    """How much, how often."""

    timesteps: int = 1_000
    """Of 1,000 batches: 2,005 scalars and 20 histograms each."""
    few_timesteps: int = 100
    """For the readers in Python, which take a hundred times longer."""
    batches: int = 1_000
    runs: int = 3


QUICK = Sizes(timesteps=40, few_timesteps=4, batches=100, runs=1)


def measure(sizes: Sizes, place: Place) -> Iterator[Result]:
    """Measure both files; the budgets are for the larger one."""
    costs = list(fast_readers(sizes, place))
    yield from costs
    yield from memory_a_scalar(costs, sizes.timesteps, sizes.batches)
    yield from python_readers(sizes, place)
    note = f"median of {sizes.runs} runs in turn"
    yield compared("events.rustboard", costs, AS_SHIPPED, note)
    yield compared("events.rustboard_all", costs, ALL_CHECKED, note)
    yield further_scalar(sizes, place)


def fast_readers(sizes: Sizes, place: Place) -> Iterator[Cost]:
    """Yield the costs of the readers that are fast enough for the whole file."""
    directory = event_file(place, sizes.timesteps, sizes.batches)
    (file,) = directory.rglob("*tfevents*")
    load = partial(rustboard.load, place.peers, directory)
    ways = (
        ours(directory, sizes.timesteps, sizes.batches),
        Way(AS_SHIPPED, load, "keeps 1,000 scalars a tag, checks nothing"),
        Way("rustboard, all kept", partial(load, rustboard.ALL), "keeps all, checks nothing"),
        Way(ALL_CHECKED, partial(load, rustboard.ALL, "--checksum"), "keeps and checks all"),
        Way("cat", lambda: spent_by(["cat", file]), "to /dev/null"),
        Way(
            "touch of the bytes",
            lambda: script(sys.executable, "touch.py", file),
            f"one byte of 64 of the mapping; {OWN_CLOCK}",
        ),
    )
    return side_by_side(_work(sizes.timesteps, sizes.batches, file), ways, sizes.runs)


def python_readers(sizes: Sizes, place: Place) -> Iterator[Cost]:
    """Yield the costs of the readers in Python, and of ours, for the smaller file."""
    directory = event_file(place, sizes.few_timesteps, sizes.batches)
    (file,) = directory.rglob("*tfevents*")

    def reader(name: str, package: str, reads: str, note: str) -> Way:
        run = partial(place.peers.run, package, "peer_event_files.py", reads, file.parent)
        return Way(name, run, f"{note}; {OWN_CLOCK}", 1)

    ways = (
        ours(directory, sizes.few_timesteps, sizes.batches),
        reader(
            "TensorBoard's EventAccumulator",
            *("tensorboard", "accumulator", "keeps 10,000 scalars a tag, checks every checksum"),
        ),
        reader(
            "the same, all kept",
            *("tensorboard", "accumulator_all", "keeps all, checks every checksum"),
        ),
        reader(
            "tbparse",
            *("tbparse", "tbparse", "keeps all scalars in a data frame, every checksum checked"),
        ),
        reader(
            "tb-like",
            *("tb-like", "tb_like", "keeps all scalars in a Parquet file, checks nothing"),
        ),
    )
    work = _work(sizes.few_timesteps, sizes.batches, file)
    return side_by_side(f"{work} (the size that readers in Python allow)", ways, sizes.runs)


def ours(directory: Path, timesteps: int, batches: int) -> Way:
    """Return the reading by this monitor; it is checked that all scalars are there."""

    def check(served: Served) -> None:
        for name in BATCH_TAGS + TIMESTEP_TAGS:
            tag = name.decode().replace("/", "%2F")
            found = served.get(f"/api/tensorboard/scalars?tag={tag}&attempts=all")["count"]
            wanted = timesteps * (batches if name in BATCH_TAGS else 1)
            if found != wanted:
                raise SystemExit(f"{found} scalars of {name.decode()} were read of {wanted}")

    return Way("this monitor", lambda: reading(directory, check=check), OURS)


def memory_a_scalar(costs: list[Cost], timesteps: int, batches: int) -> Iterator[Detail]:
    """Yield the largest memory of those that keep all scalars, shared among these."""
    scalars = timesteps * (2 * batches + len(TIMESTEP_TAGS))
    for cost in costs:
        if cost.memory_mb is not None and cost.note.startswith("keeps a"):
            share = cost.memory_mb * 2**20 / scalars
            yield Detail(cost.work, f"{cost.way}: memory a scalar kept, all in all", share, "bytes")


def further_scalar(sizes: Sizes, place: Place) -> Figure:
    """Return the memory of a further scalar: two files without histograms compared."""
    memory_mb, scalars = [], []
    for timesteps in (sizes.timesteps // 4, sizes.timesteps):
        with Served(event_file(place, timesteps, sizes.batches, 0)) as served:
            served.wait_until_read()
            memory_mb.append(served.memory_mb())
        scalars.append(timesteps * (2 * sizes.batches + len(TIMESTEP_TAGS)))
    more_bytes = (memory_mb[1] - memory_mb[0]) * 2**20
    note = f"{scalars[1]:,} scalars against {scalars[0]:,}, resident memory, no histograms"
    return Figure("events.bytes", more_bytes / (scalars[1] - scalars[0]), note)


def event_file(place: Place, timesteps: int, batches: int, histograms: int = 20) -> Path:
    """Return a directory with one event file in `runs/`, and no loss files."""

    def make(directory: Path) -> None:
        folder = directory / "runs" / "experiment_1979-01-01 00:00:00"
        folder.mkdir(parents=True)
        path = folder / "events.out.tfevents.1700000000.bench.1.0"
        write_event_file(path, timesteps, batches, histograms)

    name = f"event_file_{timesteps}_{batches}_{histograms}"
    return place.data(name, make, timesteps * BYTES_A_TIMESTEP)


def _work(timesteps: int, batches: int, file: Path) -> str:
    scalars = timesteps * (2 * batches + len(TIMESTEP_TAGS))
    megabytes = file.stat().st_size / 1e6
    return f"event file of {scalars:,} scalars, {timesteps * 20:,} histograms, {megabytes:.0f} MB"


if __name__ == "__main__":
    command(measure, Sizes(), QUICK, __doc__)
