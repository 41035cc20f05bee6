"""The way of the original system: all files read again, with pandas, at each refresh.

Written after its description, not taken from it: a list with a dictionary for each batch, a
data frame of that, and the statistics of the page from the frame. Runs in the environment
of the peers; prints what it took, imports not counted.

    .venv-peers/bin/python benchmarks/peer_original.py DIRECTORY
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from peer_clock import PeerClock


def refresh(directory: Path) -> dict[str, object]:
    """Return what the original page showed, from all files of a directory."""
    rows = []
    for path in sorted(directory.glob("log_*.txt")):
        timestamp = path.stem.removeprefix("log_")
        with path.open() as file:
            for index, line in enumerate(file):
                if text := line.strip():
                    rows.append({"timestamp": timestamp, "batch_idx": index, "loss": float(text)})
    frame = pd.DataFrame(rows)
    grouped = frame.groupby("timestamp")["loss"]
    losses = frame["loss"].to_numpy()
    return {
        "timesteps": grouped.agg(["mean", "std", "min", "max", "count"]),
        "mean": losses.mean(),
        "std": losses.std(),
        "min": losses.min(),
        "max": losses.max(),
        "percentiles": np.percentile(losses, [25, 50, 75, 90, 95, 99]),
        "slope": np.polyfit(np.arange(len(losses)), losses, 1)[0],
    }


if __name__ == "__main__":
    clock = PeerClock()
    shown = refresh(Path(sys.argv[1]))
    clock.tell()
