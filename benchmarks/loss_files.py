"""First reading of many loss files, beside `cat`, a touch of the bytes, and the original's way.

Enters: numbers of files and of losses in each. Leaves: CPU seconds, wall seconds and memory,
with all statistics told. Budgets: 40 times less CPU than the original's way, 3 times `cat`.

    python benchmarks/loss_files.py --files 10000 --losses 1000
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from command import command
from data_loss_files import BYTES_A_LOSS, write_files
from ours import reading
from place import Place
from results import Cost, Result
from served import Served
from turns import Way, compared, script, side_by_side, spent_by


@dataclass(frozen=True)
class Sizes:
    """How much, how often."""

    files: int = 10_000
    few_files: int = 1_000
    losses: int = 1_000
    runs: int = 3
    original_runs: int = 1
    """Of the original's way over all files: 46 s each."""


QUICK = Sizes(files=300, few_files=100, losses=100, runs=1)


def measure(sizes: Sizes, place: Place) -> Iterator[Result]:
    """Measure both numbers of files; the budgets are for the larger one."""
    yield from costs_of(sizes.few_files, sizes.losses, sizes.runs, sizes.runs, place)
    costs = costs_of(sizes.files, sizes.losses, sizes.runs, sizes.original_runs, place)
    yield from costs
    note = f"{sizes.files * sizes.losses:,} losses; median of {sizes.runs} runs in turn"
    original = f"{note}, the original's {sizes.original_runs}"
    yield compared("files.original", costs, "the original's way", original)
    yield compared("files.cat", costs, "cat", note, in_theirs=True)


def costs_of(
    n_files: int, n_losses: int, runs: int, original_runs: int, place: Place
) -> list[Cost]:
    """Return the costs of all ways for one number of files."""
    directory = loss_files(place, n_files, n_losses)
    names = sorted(os.listdir(directory))
    n_all = n_files * n_losses

    def check(served: Served) -> None:
        found = served.get("/api/loss/statistics")["total_batches"]
        if found != n_all:
            raise SystemExit(f"{found} losses were read of {n_all}")

    ways = (
        Way(
            "this monitor",
            lambda: reading(directory, ["/api/loss/statistics"], check),
            "keeps all values, every statistic told; less an empty monitor",
        ),
        Way("cat", lambda: spent_by(["cat", "--", *names], directory), "to /dev/null"),
        Way(
            "touch of the bytes",
            lambda: script(sys.executable, "touch.py", directory),
            "open, read, one byte of 64, close; imports not counted",
        ),
        Way(
            "the original's way",
            partial(place.peers.run, "pandas", "peer_original.py", directory),
            "each refresh: list of dictionaries, data frame, statistics; imports not counted",
            original_runs,
        ),
    )
    work = f"{n_files:,} loss files of {n_losses:,} losses"
    return list(side_by_side(work, ways, runs))


def loss_files(place: Place, n_files: int, n_losses: int) -> Path:
    """Return a directory with loss files, the newest an hour old."""
    return place.data(
        f"loss_files_{n_files}_{n_losses}",
        lambda path: write_files(path, n_files, n_losses),
        n_files * n_losses * BYTES_A_LOSS,
    )


if __name__ == "__main__":
    command(measure, Sizes(), QUICK, __doc__)
