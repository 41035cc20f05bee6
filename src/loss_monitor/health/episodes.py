"""Episodes: from the first bad timestep until things have been good for a while.

Enters: a rule's opinion of consecutive timesteps. Leaves: stretches, each one incident. The
work is proportional to the number of episodes, not of timesteps.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from loss_monitor.health.rule import Judged


@dataclass(frozen=True, slots=True)
class Episode:
    """One incident; indices of timesteps in the run."""

    start: int
    worst: int
    score: float
    """That of the worst timestep."""
    stop: int | None = None
    """The timestep that ended it; None while it lasts."""
    good: int = 0
    """Good timesteps in a row at the end of what was judged."""


def episodes(
    judged: Judged, first: int, calm: int, held: Episode | None = None
) -> Iterator[Episode]:
    """Yield the episodes among timesteps from index `first` on; the last may still last.

    `held` is one that lasted when what lies before `first` was judged. Judging a run in
    pieces gives the same episodes as judging it at once.
    """
    size = len(judged.bad)
    bad = np.flatnonzero(judged.bad)
    run_of_good = _good_in_a_row(judged.good, held.good if held else 0)
    ends = np.flatnonzero(run_of_good >= calm)
    at = 0
    while at < size:
        if held is None:
            place = int(np.searchsorted(bad, at))
            if place == len(bad):
                return
            at = int(bad[place])
            held = Episode(first + at, first + at, float(judged.score[at]))
        after = int(np.searchsorted(ends, at))
        stop = int(ends[after]) if after < len(ends) else size
        held = _worse(held, judged, first, at, stop)
        if stop == size:
            yield replace(held, good=int(run_of_good[-1]))
            return
        yield replace(held, stop=first + stop, good=0)
        held, at = None, stop + 1
    if held is not None:
        yield held


def _worse(held: Episode, judged: Judged, first: int, at: int, stop: int) -> Episode:
    score = np.where(judged.bad[at:stop], judged.score[at:stop], -np.inf)
    if not score.size:
        return held
    worst = int(np.argmax(score))
    if not score[worst] > held.score:
        return held
    return replace(held, worst=first + at + worst, score=float(score[worst]))


def _good_in_a_row(good: NDArray[np.bool_], before: int) -> NDArray[np.int64]:
    """Return for each timestep how many up to it were good without a break."""
    count = np.cumsum(good)
    broken = np.where(good, 0, count)
    since_break: NDArray[np.int64] = count - np.maximum.accumulate(broken)
    unbroken = np.logical_and.accumulate(good)
    result: NDArray[np.int64] = since_break + np.where(unbroken, before, 0)
    return result
