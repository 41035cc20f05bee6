"""Figures of a tag: what a table of several trainings compares.

Enters: the pieces of a tag. Leaves: `TagFigures`, over finite values, exact. Full pieces keep
what is worked out of them, so that a tag that grows costs its last piece.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import sqrt

import numpy as np

from loss_monitor.series.figures import PERCENTILES
from loss_monitor.series.pieces import Piece
from loss_monitor.statistics.moments import merge
from loss_monitor.statistics.quantiles import percentiles
from loss_monitor.types import Floats


@dataclass(frozen=True, slots=True)
class TagFigures:
    """Statistics of a tag's points; NaN where none of them is finite."""

    points: int
    """NaN and infinity included."""
    finite: int
    first: float
    """First finite value."""
    latest: float
    """Last finite value."""
    best: float
    """Least value."""
    best_step: int | None
    """Step of `best`, the first of equals."""
    max: float
    mean: float
    std: float
    """Population standard deviation."""
    percentiles: Floats
    """`PERCENTILES`."""
    wall_times: tuple[float, float]
    """Of the first and the last point whose wall time is known; 0 where none is."""


_NOTHING = TagFigures(
    points=0,
    finite=0,
    first=np.nan,
    latest=np.nan,
    best=np.nan,
    best_step=None,
    max=np.nan,
    mean=np.nan,
    std=np.nan,
    percentiles=np.full(len(PERCENTILES), np.nan),
    wall_times=(0.0, 0.0),
)


def tag_figures(pieces: Sequence[Piece]) -> TagFigures:
    """Return the figures of all points of a tag."""
    points = sum(map(len, pieces))
    filled = [piece for piece in pieces if piece.sorted.size]
    walls = _known_ends([piece.points.wall_times for piece in pieces])
    if not filled:
        return replace(_NOTHING, points=points, wall_times=walls)
    blocks = [piece.blocks[1] for piece in filled]
    whole = merge(
        np.concatenate([one.finite for one in blocks]),
        np.concatenate([one.mean for one in blocks]),
        np.concatenate([one.m2 for one in blocks]),
    )
    ordered = [piece.sorted for piece in filled]
    least = [float(array[0]) for array in ordered]
    best = filled[least.index(min(least))].points
    first, last = filled[0].points.values, filled[-1].points.values
    return TagFigures(
        points=points,
        finite=whole.finite,
        first=float(first[np.isfinite(first)][0]),
        latest=float(last[np.isfinite(last)][-1]),
        best=min(least),
        best_step=int(best.steps[np.flatnonzero(best.values == min(least))[0]]),
        max=max(float(array[-1]) for array in ordered),
        mean=whole.mean,
        std=sqrt(whole.m2 / whole.finite),
        percentiles=percentiles(ordered, PERCENTILES),
        wall_times=walls,
    )


def _known_ends(columns: Sequence[Floats]) -> tuple[float, float]:
    """Return the first and the last wall time that is known, 0 where none is."""
    known = [walls for column in columns if (walls := column[column > 0]).size]
    return (float(known[0][0]), float(known[-1][-1])) if known else (0.0, 0.0)
