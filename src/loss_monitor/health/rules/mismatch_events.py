"""Rule `mismatch-events`: event files disagree with the losses whose figures they hold.

Their points are found by step: plugins number timesteps, or count batches until their
beginning or end. Which of these it is, and from where they count, the values tell themselves:
that by which most points agree. Where none does, the event files are of another training, and
nothing is said.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from loss_monitor.health.rule import Judged, Limits, Told
from loss_monitor.health.words import evidence_at, number
from loss_monitor.series.run import Run
from loss_monitor.series.tags import TagStore
from loss_monitor.types import Floats, Ints

FIGURES = ("mean", "min", "max")
_TAG = "Loss/{}_per_timestep"
_EPSILON = float(np.finfo(np.float32).eps)
_SUM_ROUNDINGS = 4.0
"""Times the square root of the number of losses: how far a float32 sum of these may be off."""
_AGREEING_SHARE_MIN = 0.5
_AGREEING_MIN = 3
_AHEAD = 3
"""Points that one look may find beyond what it found of the losses."""
_AHEAD_MAX = 50
"""The same of a fast training and a slow look; whatever clocks say, all before are judged."""


@dataclass(frozen=True, slots=True)
class _Compared:
    """Points of one tag beside the timesteps that they are of; shape (points,)."""

    tag: str
    timestep: Ints
    step: Ints
    written: Floats
    figure: Floats
    excess: Floats
    """Difference over what rounding explains: above 1 is a disagreement."""


class MismatchEvents:
    """Mean, least and largest loss of timesteps in event files against those of the losses."""

    name = "mismatch-events"
    summary = "event files disagree with a timestep's losses beyond the precision of float32"
    limits: Limits = MappingProxyType({})
    calm = 3

    def stamp(self, run: Run, tags: TagStore) -> Hashable:
        """Return how many timesteps are done, and how many points there are of each tag."""
        points = []
        for tag in map(_TAG.format, FIGURES):
            tb_run = tags.run_of(tag)
            pieces = [] if tb_run is None else tags.pieces(tb_run, tag, "all")[0]
            points.append((tb_run, sum(map(len, pieces))))
        done = run.n_timesteps > 0 and run.timestep(-1).complete
        return (run.n_timesteps, done, *points)

    def judge(self, run: Run, tags: TagStore, limits: Limits) -> Judged:
        """Return the opinion of all timesteps; of those without a point none."""
        del limits
        score = np.zeros(run.n_timesteps)
        known = np.zeros(run.n_timesteps, dtype=np.bool_)
        for compared in _compared(run, tags):
            known[compared.timestep] = True
            np.maximum.at(score, compared.timestep, compared.excess)
        bad = score > 1
        return Judged(bad, known & ~bad, score)

    def tell(self, run: Run, tags: TagStore, worst: int, limits: Limits) -> Told:
        """Return the figure that is furthest off, with its tag and step."""
        del limits
        found = [
            (one.excess[at], one, at)
            for one in _compared(run, tags)
            for at in np.flatnonzero(one.timestep == worst).tolist()
        ]
        _, one, at = max(found, key=lambda row: row[0])
        written, figure, step = float(one.written[at]), float(one.figure[at]), int(one.step[at])
        return Told(
            f"{one.tag} is {number(written)} in the event files at step {step:,}, but the losses "
            f"make {number(figure)}",
            evidence_at(run, worst, None, (written, figure), tag=one.tag, step=step),
            "warning",
        )


def _compared(run: Run, tags: TagStore) -> list[_Compared]:
    """Return the points of each figure that has a timestep whose losses can be compared."""
    table, can = run.table, _comparable(run)
    place = None
    found = []
    for name in FIGURES:
        tag = _TAG.format(name)
        tb_run = tags.run_of(tag)
        if tb_run is None or not can.any():
            continue
        points = tags.series(tb_run, tag)
        figures: Floats = getattr(table, name)
        tolerance = _tolerance(run, name)
        if place is None:
            # The mean comes first, and tells the timesteps apart best.
            place = _place_of(run, points.steps, points.values, figures, tolerance, can)
        if place is None:
            continue
        timestep = place.of(points.steps)
        # A file may hold nothing but the mean: its least and largest loss are not known.
        usable = can if name == "mean" else can & (table.count > 1)
        fits = (timestep >= 0) & np.isfinite(points.values)
        fits[fits] = usable[timestep[fits]]
        fits[fits] = _of_one_writing(run, timestep[fits], points.wall_times[fits])
        timestep, written = timestep[fits], points.values[fits].astype(np.float64)
        excess = np.abs(written - figures[timestep]) / tolerance[timestep]
        found.append(
            _Compared(tag, timestep, points.steps[fits], written, figures[timestep], excess)
        )
    return found


def _comparable(run: Run) -> NDArray[np.bool_]:
    """Return which timesteps hold batches only, all finite, and will not grow."""
    table = run.table
    can: NDArray[np.bool_] = (table.count > 0) & (table.finite == table.count)
    if run.unit != "batch":
        return np.zeros_like(can)
    if can.size and not run.timestep(-1).complete:
        can[-1] = False
    return can


def _of_one_writing(run: Run, timestep: Ints, wall_times: Floats) -> NDArray[np.bool_]:
    """Return which points, of rising timesteps, are of the same attempt as their losses.

    Where a training goes back, its files and the event file are read one after the other. In
    between, a timestep is newer than a later one, or the last points are newer than all losses:
    these stand before timesteps that have none any more, or are too many to be the next ones.
    """
    written = run.table.wall_time
    oldest_behind = np.minimum.accumulate(written[::-1])[::-1]
    again = np.zeros(written.size, dtype=np.bool_)
    again[:-1] = written[:-1] > oldest_behind[1:]
    same: NDArray[np.bool_] = ~again[timestep]
    has_gone_back = timestep.size > 0 and timestep[-1] < run.n_timesteps - 1
    is_ahead = wall_times[-_AHEAD_MAX:] > written.max()
    if has_gone_back or is_ahead.sum() > _AHEAD:
        same[-_AHEAD_MAX:] &= ~is_ahead
    return same


def _tolerance(run: Run, name: str) -> Floats:
    """Return how far float32 may be off: one rounding, of a sum as many as it adds up."""
    table = run.table
    size = np.maximum(np.abs(table.min), np.abs(table.max))
    roundings = 1 + _SUM_ROUNDINGS * np.sqrt(table.count) if name == "mean" else 2.0
    return np.maximum(size * roundings * _EPSILON, float(np.finfo(np.float32).tiny))


@dataclass(frozen=True, slots=True)
class _Place:
    """How steps mean timesteps: the step of each, rising."""

    steps: Ints

    def of(self, steps: Ints) -> Ints:
        """Return the index of the timestep of each step, -1 for none."""
        at = np.minimum(self.steps.searchsorted(steps), max(self.steps.size - 1, 0))
        return np.where(self.steps[at] == steps, at, -1)


def _place_of(
    run: Run,
    steps: Ints,
    values: NDArray[np.float32] | Floats,
    figures: Floats,
    tolerance: Floats,
    can: NDArray[np.bool_],
) -> _Place | None:
    """Return the meaning of steps by which most points agree, None where too few do."""
    if not steps.size:
        return None
    number_of = np.arange(run.n_timesteps)
    starts = run.table.start
    last = int(steps[-1]) - (run.n_timesteps - 1)
    meanings = [
        *(number_of + offset for offset in dict.fromkeys((1, 0, last, last + 1))),
        starts + run.table.count,
        starts + run.table.count - 1,
        starts,
    ]
    best, best_share = None, _AGREEING_SHARE_MIN
    for meaning in meanings:
        place = _Place(meaning)
        timestep = place.of(steps)
        fits = timestep >= 0
        fits[fits] = can[timestep[fits]]
        fits &= np.isfinite(values)
        rows = timestep[fits]
        agreeing = int((np.abs(values[fits] - figures[rows]) <= tolerance[rows]).sum())
        share = agreeing / max(1, rows.size)
        if agreeing >= _AGREEING_MIN and share > best_share:
            best, best_share = place, share
    return best
