"""Loss files as a training plugin leaves them, to measure with.

Enters: a directory, numbers of files and of losses in each, a seed. Leaves: the files, the
newest an hour old, one a quarter of an hour of model time.

    python benchmarks/data_loss_files.py DIRECTORY --files 10000 --losses 1000
"""

from __future__ import annotations

import argparse
import os
import random
import struct
import time
from datetime import datetime, timedelta
from pathlib import Path

AGE_S = 4000.0
BYTES_A_LOSS = 21


def moment_of(number: int) -> datetime:
    """Return the model time of a timestep, counted from 0."""
    return datetime(1979, 1, 1) + number * timedelta(minutes=15)  # noqa: DTZ001


def label_of(number: int) -> str:
    """Return the label of a timestep."""
    return f"{moment_of(number):%Y-%m-%d %H:%M:%S}"


def path_of(directory: Path, number: int) -> Path:
    """Return the path of a timestep's file."""
    return directory / f"log_{label_of(number)}.txt"


def loss(generator: random.Random) -> float:
    """Return a loss as plugins print it: computed in float32, written as the double it is."""
    drawn: float = struct.unpack("f", struct.pack("f", generator.lognormvariate(-3, 0.5)))[0]
    return drawn


def write_files(directory: Path, n_files: int, n_losses: int, *, seed: int = 1) -> None:
    """Write `n_files` loss files, a second apart, the newest `AGE_S` seconds old."""
    directory.mkdir(parents=True, exist_ok=True)
    generator = random.Random(seed)
    # Parts are drawn once and joined anew for each file: ten million draws would take minutes.
    parts = ["".join(f"{loss(generator)!r}\n" for _ in range(50)) for _ in range(400)]
    last = time.time() - AGE_S
    for number in range(n_files):
        path = path_of(directory, number)
        text = "".join(generator.choices(parts, k=-(-n_losses // 50)))
        path.write_text("".join(text.splitlines(keepends=True)[:n_losses]))
        written = last - (n_files - 1 - number)
        os.utime(path, (written, written))


def main() -> None:
    """Write the files."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("directory", type=Path)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--losses", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    write_files(options.directory, options.files, options.losses, seed=options.seed)


if __name__ == "__main__":
    main()
