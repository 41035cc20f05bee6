"""Rule `plateau`: the mean loss has stood still for a long time (information, no alarm)."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np

from loss_monitor.health.rule import Judged, Limits, Told
from loss_monitor.health.words import evidence_at, number
from loss_monitor.series.run import Run
from loss_monitor.types import Floats

WINDOW = 300
"""Timesteps, in two halves whose levels are compared."""


class Plateau:
    """The level of the newer half of a window against that of the older half."""

    name = "plateau"
    summary = "the mean loss has not fallen over the newest 300 timesteps"
    limits: Limits = MappingProxyType({"least_fall_percent": 1.0})
    calm = 50

    def judge(self, run: Run, first: int, limits: Limits) -> Judged:
        """Return the opinion of the timesteps from index `first` on."""
        older, newer = _halves(run.table.mean, first)
        with np.errstate(divide="ignore", invalid="ignore"):
            fall = 100.0 * (1.0 - newer / older)
        least = limits["least_fall_percent"]
        bad = (fall < least) & (fall > -3.0 * least)
        return Judged(bad, fall > 3.0 * least, np.where(np.isnan(fall), -np.inf, -np.abs(fall)))

    def tell(self, run: Run, worst: int, limits: Limits) -> Told:
        """Return both levels."""
        del limits
        older, newer = (float(half[0]) for half in _halves(run.table.mean[: worst + 1], worst))
        return Told(
            f"the mean loss stands at {number(newer)}; {WINDOW // 2} timesteps earlier it was "
            f"{number(older)}",
            evidence_at(run, worst, None, (newer, older)),
            "info",
        )


def _halves(means: Floats, first: int) -> tuple[Floats, Floats]:
    """Return the geometric means of both halves of the window up to each timestep."""
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.where(means > 0, np.log(means), np.nan)
    half = WINDOW // 2
    low = max(0, first - WINDOW + 1)
    known = ~np.isnan(logs[low:])
    sums = np.concatenate([[0.0], np.cumsum(np.where(known, logs[low:], 0.0))])
    counts = np.concatenate([[0], np.cumsum(known)])
    stops = np.arange(first, len(means)) + 1 - low
    result = []
    for begin, end in ((stops - WINDOW, stops - half), (stops - half, stops)):
        lower, upper = np.maximum(begin, 0), np.maximum(end, 0)
        number_known = counts[upper] - counts[lower]
        level = np.exp((sums[upper] - sums[lower]) / np.maximum(number_known, 1))
        result.append(np.where((begin >= 0) & (number_known > 0), level, np.nan))
    return result[0], result[1]
