"""First reading of a large job log, beside `grep -cE` of the same patterns, and its newest loss.

Enters: the size of the log. Leaves: CPU seconds, wall seconds, memory, seconds from the start
of the process to the newest loss. Budgets: 2 times the CPU of grep, 1 s to the newest loss.

    python benchmarks/job_log.py --megabytes 2000
"""

from __future__ import annotations

import json
import statistics
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from command import command
from data_job_log import Written, write_job_log
from ours import newest_s, reading
from place import Place
from results import Detail, Figure, Result
from served import Served
from turns import Spent, Way, compared, side_by_side, spent_by

LOSSES = ("step=[0-9]", "Time step")
"""The lines that give losses and model times."""
MESSAGES = (
    *("Dry run ", "NaN detected", "o checkpoint", "Checkpoint saved", "resuming from step="),
    *("PyTorch distributed destroyed", r"\[trainer\] NaN/Inf", "Non-finite loss"),
    *("DUE TO TIME LIMIT", "oom_kill", "oom-kill", "CANCELLED AT", "srun: error", "MPI_ABORT"),
    "slurmstepd: error",
)
"""The lines that are told as activity, and those that tell how a job ended."""
ALL_PATTERNS = "grep -cE, all patterns"


@dataclass(frozen=True)
class Sizes:
    """How much, how often."""

    megabytes: int = 2_000
    runs: int = 3
    newest_runs: int = 3


QUICK = Sizes(megabytes=20, runs=1, newest_runs=1)


def measure(sizes: Sizes, place: Place) -> Iterator[Result]:
    """Measure grep and the monitor in turn, then the newest loss of fresh monitors."""
    log, written = job_log(place, sizes.megabytes)
    work = f"job log of {sizes.megabytes / 1000:g} GB, {written.losses:,} losses"

    def check(served: Served) -> None:
        found = served.get("/api/loss/statistics")["total_batches"]
        if found != written.losses:
            raise SystemExit(f"{found} losses were read of {written.losses}")

    def grep(patterns: tuple[str, ...]) -> Spent:
        with tempfile.TemporaryFile() as counted:
            return spent_by(["grep", "-cE", "|".join(patterns), log], output=counted)

    ours = Way(
        "this monitor",
        lambda: reading(log, ["/api/loss/statistics"], check),
        "keeps all losses, other figures, model times, messages; less an empty monitor",
    )
    ways = (
        ours,
        Way(ALL_PATTERNS, lambda: grep(LOSSES + MESSAGES), "counts lines; LC_ALL=C"),
        Way("grep -cE, losses and model times", lambda: grep(LOSSES), "counts lines; LC_ALL=C"),
        Way("cat", lambda: spent_by(["cat", log]), "to /dev/null"),
    )
    costs = list(side_by_side(work, ways, sizes.runs))
    yield from costs
    note = "against all patterns that the monitor looks for"
    yield compared("log.grep", costs, ALL_PATTERNS, note, in_theirs=True)

    waits = [newest_s(log, written.last_label) for _ in range(sizes.newest_runs)]
    yield Figure("log.newest", statistics.median(waits), f"median of {len(waits)} starts")
    yield Detail(work, "newest loss, slowest start", max(waits), "s")


def job_log(place: Place, megabytes: int) -> tuple[Path, Written]:
    """Return a job log, and what is in it."""

    def make(folder: Path) -> None:
        folder.mkdir()
        written = write_job_log(folder / "LOG.exp.bench.run.1.o", megabytes * 1_000_000)
        (folder / "written.json").write_text(json.dumps(asdict(written)))

    folder = place.data(f"job_log_{megabytes}", make, megabytes * 1_000_000)
    written = Written(**json.loads((folder / "written.json").read_text()))
    return folder / "LOG.exp.bench.run.1.o", written


if __name__ == "__main__":
    command(measure, Sizes(), QUICK, __doc__)
