"""Export of a run as NetCDF by the command line, beside a reading that writes nothing.

Enters: numbers of files and losses. Leaves: CPU and memory of `loss-monitor export` and of
`loss-monitor check` over the same files. Budgets: twice the CPU, 2 bytes a further loss beside
those that reading takes.

    python benchmarks/archive.py
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from command import command
from loss_files import loss_files
from place import Place
from results import Cost, Detail, Figure, Result
from turns import MissingError, Spent, Way, side_by_side


@dataclass(frozen=True)
class Sizes:
    """How much, how often."""

    files: int = 10_000
    few_losses: int = 100
    losses: int = 1_000
    runs: int = 3


QUICK = Sizes(files=300, few_losses=10, losses=100, runs=1)


def measure(sizes: Sizes, place: Place) -> Iterator[Result]:
    """Measure directories with as many files, of few and of many losses each."""
    few = costs_of(sizes.files, sizes.few_losses, sizes.runs, place)
    many = costs_of(sizes.files, sizes.losses, sizes.runs, place)
    yield from few
    yield from many
    n_all = sizes.files * sizes.losses
    note = f"{n_all:,} losses; median of {sizes.runs} runs in turn"
    (export, check), (few_export, few_check) = many, few
    if not export.cpu_s or not check.cpu_s:
        yield Figure("archive.cpu", None, export.note)
        yield Figure("archive.memory", None, export.note)
        return
    yield Figure("archive.cpu", export.cpu_s / check.cpu_s, note)
    beside = (export.memory_mb or 0) - (check.memory_mb or 0)
    few_beside = (few_export.memory_mb or 0) - (few_check.memory_mb or 0)
    more = sizes.files * (sizes.losses - sizes.few_losses)
    note = f"{more:,} more in as many files"
    yield Figure("archive.memory", (beside - few_beside) * 2**20 / more, note)
    yield Detail(export.work, "largest resident memory beside that of reading", beside, "MB")


def costs_of(n_files: int, n_losses: int, runs: int, place: Place) -> list[Cost]:
    """Return what exporting and what reading alone cost."""
    directory = loss_files(place, n_files, n_losses)
    output = place.folder / "run.nc"
    program = (sys.executable, "-m", "loss_monitor")
    ways = (
        Way("export", lambda: spent_by(*program, "export", directory, "-o", output)),
        Way("check", lambda: spent_by(*program, "check", directory), "reads, writes nothing"),
    )
    costs = list(side_by_side(f"NetCDF of {n_files:,} files of {n_losses:,} losses", ways, runs))
    output.unlink(missing_ok=True)
    return costs


def spent_by(*words: str | Path) -> Spent:
    """Run a command to its end; return what it took, its largest resident memory too.

    Raises `MissingError` where it fails, such as without netCDF4.
    """
    begun_s = time.monotonic()
    silent = subprocess.DEVNULL
    process = subprocess.Popen(words, stdin=silent, stdout=silent, stderr=silent)
    _, status, used = os.wait4(process.pid, 0)
    wall_s = time.monotonic() - begun_s
    process.returncode = os.waitstatus_to_exitcode(status)
    # 5: `check` found something to complain about, having read all.
    if process.returncode not in (0, 5):
        raise MissingError(f"{words[3]} ended with {process.returncode}")
    return Spent(used.ru_utime + used.ru_stime, wall_s, used.ru_maxrss / 1024)


if __name__ == "__main__":
    command(measure, Sizes(), QUICK, __doc__)
