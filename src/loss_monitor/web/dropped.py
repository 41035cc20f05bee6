"""`/api/loss/dropped`: what earlier attempts had trained before it was done again.

Enters: a run. Leaves: the figures of those timesteps, each with its place among the ones that
are kept, so that they can be drawn under them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

import numpy as np
from fastapi import Request
from starlette.responses import Response

from loss_monitor.model_time import ModelTime
from loss_monitor.series.run import Run
from loss_monitor.types import Key
from loss_monitor.web.answers import versioned
from loss_monitor.web.runs import RunId, Runs


class DroppedRoutes:
    """The route, bound to where snapshots come from."""

    def __init__(self, runs: Runs) -> None:
        """Answer from the snapshots of `runs`."""
        self._runs = runs

    async def dropped(self, request: Request, run_id: RunId = None) -> Response:
        """Figures of timesteps that a later attempt did again, as far as they are known."""
        found = self._runs.find(run_id)
        run = found.snapshot.run
        return versioned(request, found.version, lambda: dropped_columns(run))


def dropped_columns(run: Run) -> dict[str, object]:
    """Return the answer: the newest 10,000 timesteps, those of each attempt in order."""
    old = run.superseded
    count = np.array(old.count, dtype=np.int64)
    return {
        "dropped": run.dropped,
        "labels": [_label(key) for key in old.keys],
        "place": _places(run, old.keys),
        "attempt": np.array(old.attempt, dtype=np.int64),
        "count": count,
        "non_finite": count - np.array(old.finite, dtype=np.int64),
        "mean": np.array(old.mean, dtype=np.float64),
        "min": np.array(old.min, dtype=np.float64),
        "max": np.array(old.max, dtype=np.float64),
    }


def _label(key: Key) -> str:
    return f"step {key[0]}" if len(key) == 1 else ModelTime(*key).label


def _places(run: Run, old: Sequence[Key]) -> list[float]:
    """Return the index of the timestep of each key, half a place before the next if none is."""
    keys = run.keys
    places = []
    for key in old:
        at = bisect_left(keys, key)
        is_there = at < len(keys) and keys[at] == key
        places.append(float(at) if is_there else at - 0.5)
    return places
