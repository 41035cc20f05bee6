"""Readers of event files that are Python packages, each reading one run whole.

Runs in the environment of the peers; prints what the reading took, imports not counted.

    .venv-peers/bin/python benchmarks/peer_event_files.py READER DIRECTORY
"""

from __future__ import annotations

import importlib
import sys
import tempfile
from collections.abc import Callable
from typing import Any

from peer_clock import PeerClock


def accumulator(module: Any, directory: str) -> object:
    """TensorBoard's own reader in Python."""
    return module.EventAccumulator(directory).Reload()


def accumulator_all(module: Any, directory: str) -> object:
    """The same, keeping every point: 0 means all here, though not in TensorBoard's options."""
    kept = {"scalars": 0, "histograms": 0}
    return module.EventAccumulator(directory, size_guidance=kept).Reload()


def tbparse(module: Any, directory: str) -> object:
    """A data frame of all scalars."""
    return module.SummaryReader(directory, event_types={"scalars"}).scalars


def tb_like(module: Any, directory: str) -> object:
    """All scalars as a Parquet file."""
    with tempfile.TemporaryDirectory() as cache:
        return module.convert_run(directory, cache, "run")


_ACCUMULATOR = "tensorboard.backend.event_processing.event_accumulator"
READERS: dict[str, tuple[Callable[[Any, str], object], str]] = {
    "accumulator": (accumulator, _ACCUMULATOR),
    "accumulator_all": (accumulator_all, _ACCUMULATOR),
    "tbparse": (tbparse, "tbparse"),
    "tb_like": (tb_like, "tblike.convert"),
}
"""Name to reader and to the module that it imports."""


def main() -> None:
    """Read once."""
    read, name = READERS[sys.argv[1]]
    module = importlib.import_module(name)
    clock = PeerClock()
    kept = read(module, sys.argv[2])
    clock.tell()
    del kept


if __name__ == "__main__":
    main()
