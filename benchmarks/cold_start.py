"""What a start over a large directory costs: time to the newest timestep, and to all.

Enters: a number of files and of losses in each. Leaves: figures on standard output: seconds
from the start of the process until `/api/loss/current` tells the newest timestep, until
`loading` is null, CPU seconds and peak memory, and how long answers took meanwhile.

    python benchmarks/cold_start.py --files 10000 --losses 1000
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from served import Served, write_files

AGE_S = 4000.0


def main() -> None:
    """Make the files, start, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--losses", type=int, default=1000)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder) / "data"
        label = write_files(directory, options.files, options.losses, age_s=AGE_S, seed=1)
        for _ in range(options.repeat):
            measure(directory, label, options.files * options.losses)


def measure(directory: Path, label: str, n_losses: int) -> None:
    """Print the figures of one start."""
    with Served(directory) as served:
        listens_s = served.age_s
        while served.get("/api/loss/current").get("timestamp") != label:
            time.sleep(0.005)
        newest_s = served.age_s
        answers_s = []
        while True:
            asked_s = time.monotonic()
            status = served.get("/api/status")
            answers_s.append(time.monotonic() - asked_s)
            if status["loading"] is None:
                break
            time.sleep(0.02)
        whole_s = served.age_s
        if status["total_batches"] != n_losses:
            raise SystemExit(f"{status['total_batches']} losses were read of {n_losses}")
        print(
            f"listens {listens_s:.2f} s, newest {newest_s:.2f} s, all {whole_s:.2f} s, "
            f"CPU {served.cpu_s():.2f} s, peak {served.peak_mb():.0f} MB, answers while loading: "
            f"median {sorted(answers_s)[len(answers_s) // 2] * 1e3:.1f} ms, "
            f"worst {max(answers_s) * 1e3:.0f} ms",
            flush=True,
        )


if __name__ == "__main__":
    main()
