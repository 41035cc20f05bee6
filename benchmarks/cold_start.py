"""What a start over a large directory costs: time to the newest timestep, and to all.

Enters: numbers of loss files, of losses in each, of timesteps in an event file beside them.
Leaves: seconds from the start of the process until `/api/loss/current` tells the newest
timestep and until `loading` is null, CPU seconds, peak memory, and how long answers took
meanwhile. Budgets: newest timestep within 1.5 s; answers while loading 95 % below 50 ms.

    python benchmarks/cold_start.py --files 10000 --losses 1000
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from command import command
from event_file import event_file
from loss_files import loss_files
from place import Place
from results import Detail, Figure, Result
from served import Served, percentile
from turns import tell

ASKED = ("/api/health", "/api/loss/current")


@dataclass(frozen=True)
class Sizes:
    """How much, how often."""

    files: int = 10_000
    losses: int = 1_000
    timesteps: int = 1_000
    """Of the event file beside them: 283 MB with 1,000."""
    runs: int = 3


QUICK = Sizes(files=300, losses=100, timesteps=4, runs=1)


@dataclass(frozen=True)
class Start:
    """One start of a monitor."""

    listens_s: float
    newest_s: float
    whole_s: float
    cpu_s: float
    peak_mb: float
    answers_s: tuple[float, ...]


def measure(sizes: Sizes, place: Place) -> Iterator[Result]:
    """Start some fresh monitors, one after the other."""
    files = loss_files(place, sizes.files, sizes.losses)
    label = max(path.stem for path in files.glob("log_*.txt")).removeprefix("log_")
    starts = []
    with place.links(files, event_file(place, sizes.timesteps, 1_000)) as directory:
        for _ in range(sizes.runs):
            starts.append(start(directory, label, sizes.files * sizes.losses))
            tell(f"newest {starts[-1].newest_s:.2f} s, all {starts[-1].whole_s:.2f} s")
    work = f"start over {sizes.files:,} files of {sizes.losses:,} losses and an event file"
    note = f"median of {len(starts)} starts, over HTTP"
    yield Figure("start.files", statistics.median(one.newest_s for one in starts), note)
    yield answers_figure([seconds for one in starts for seconds in one.answers_s])
    for what, unit, values in (
        ("listens", "s", [one.listens_s for one in starts]),
        ("newest timestep, slowest start", "s", [max(one.newest_s for one in starts)]),
        ("all read", "s", [one.whole_s for one in starts]),
        ("CPU", "s", [one.cpu_s for one in starts]),
        ("peak memory", "MB", [one.peak_mb for one in starts]),
    ):
        yield Detail(work, what, statistics.median(values), unit)


def start(directory: Path, label: str, n_losses: int) -> Start:
    """Return the figures of one start."""
    with Served(directory) as served:
        listens_s = served.age_s
        served.wait_for("/api/loss/current", lambda told: told.get("timestamp") == label, 0.005)
        newest_s = served.age_s
        answers_s: list[float] = []
        while (status := served.get("/api/status"))["loading"] is not None:
            for path in ASKED:
                asked_s = time.monotonic()
                served.get(path)
                answers_s.append(time.monotonic() - asked_s)
            time.sleep(0.02)
        whole_s = served.age_s
        if status["total_batches"] != n_losses:
            raise SystemExit(f"{status['total_batches']} losses were read of {n_losses}")
        cpu_s, peak_mb = served.cpu_s(), served.peak_mb()
        return Start(listens_s, newest_s, whole_s, cpu_s, peak_mb, tuple(answers_s))


def answers_figure(answers_s: list[float]) -> Figure:
    """Return how long answers took while the monitor was loading."""
    if not answers_s:
        return Figure("answers.loading", None, "all was read before the first question")
    note = (
        f"{len(answers_s)} of {' and '.join(ASKED)}: median "
        f"{statistics.median(answers_s) * 1e3:.1f} ms, worst {max(answers_s) * 1e3:.0f} ms"
    )
    return Figure("answers.loading", percentile(answers_s, 95) * 1e3, note)


if __name__ == "__main__":
    command(measure, Sizes(), QUICK, __doc__)
