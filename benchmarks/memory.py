"""Memory of a monitor after reading: with a million losses, of a further loss and file.

Enters: numbers of files and losses. Leaves: resident memory once all is read and the page's
figures were asked for, compared between directories that differ in one number only. Budgets:
90 MB with 1 M losses in 1,000 files, 16 bytes a further loss, 1 KB a further file.

    python benchmarks/memory.py
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from command import command
from loss_files import loss_files
from place import Place
from results import Detail, Figure, Result
from served import Served
from turns import tell

ASKED = ("/api/loss/statistics", "/api/loss/distribution", "/api/loss/range", "/api/loss/history")


@dataclass(frozen=True)
class Sizes:
    """How much."""

    few_files: int = 1_000
    files: int = 10_000
    few_losses: int = 100
    losses: int = 1_000


QUICK = Sizes(few_files=30, files=300, few_losses=10, losses=100)


def measure(sizes: Sizes, place: Place) -> Iterator[Result]:
    """Measure three directories: few files, many files with as many losses, and with more."""
    few_files = resident_mb(place, sizes.few_files, sizes.losses)
    many_files = resident_mb(place, sizes.files, sizes.few_losses)
    many_losses = resident_mb(place, sizes.files, sizes.losses)
    n_few = sizes.few_files * sizes.losses
    yield Figure("memory.million", few_files, f"resident, {n_few:,} losses, figures asked for")
    more_losses = sizes.files * (sizes.losses - sizes.few_losses)
    note = f"{more_losses:,} more in as many files"
    yield Figure("memory.loss", (many_losses - many_files) * 2**20 / more_losses, note)
    more_files = sizes.files - sizes.few_files
    note = f"{more_files:,} more with as many losses"
    yield Figure("memory.file", (many_files - few_files) * 2**20 / more_files, note)
    work = f"memory: {sizes.files:,} files of {sizes.losses:,} losses"
    yield Detail(work, "resident", many_losses, "MB")


def resident_mb(place: Place, n_files: int, n_losses: int) -> float:
    """Return the resident memory with so many files of so many losses each."""
    with Served(loss_files(place, n_files, n_losses)) as served:
        served.wait_until_read()
        for path in ASKED:
            served.get(path)
        memory_mb = served.memory_mb()
    tell(f"{n_files:,} files of {n_losses:,} losses: {memory_mb:.1f} MB")
    return memory_mb


if __name__ == "__main__":
    command(measure, Sizes(), QUICK, __doc__)
