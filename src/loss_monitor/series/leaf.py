"""Leaves: whole consecutive timesteps, immutable, with the figures of each.

Enters: `types.Timestep` in order of their keys, or pieces of other leaves. Leaves: `Leaf`.
Figures are computed once, when a timestep first comes; joining leaves only copies them. What
is asked for rarely (a sorted copy, blocks of 128 values) is made at first use;
two threads may then make it twice, with the same result, which needs no lock.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from loss_monitor.model_time import ModelTime, seconds_since
from loss_monitor.series.facts import Facts
from loss_monitor.statistics.moments import describe, split
from loss_monitor.statistics.reduction import BLOCK_VALUES, block_counts
from loss_monitor.statistics.regression import centred_sums
from loss_monitor.statistics.smoothing import KeptSums
from loss_monitor.statistics.sorting import SortedValues, sorted_finite
from loss_monitor.types import Floats, Ints, Timestep

INT_COLUMNS = ("revision", "count", "finite", "nan", "inf", "attempt")
FLOAT_COLUMNS = (
    "mean", "m2", "min", "max", "first", "last", "wall_time", "x_mean", "xx", "xy",
)  # fmt: skip
BLOCK_COLUMNS = ("block_count", "block_finite", "block_mean", "block_m2", "block_min", "block_max")
INT_ROW = {name: row for row, name in enumerate(INT_COLUMNS)}
FLOAT_ROW = {name: row for row, name in enumerate(FLOAT_COLUMNS)}
_PIECE_VALUES = 32_768
# Revisions are int64: room for 2**31 changes of 2**32 timesteps each.
_ROWS_MAX = 2**32


class Dates(NamedTuple):
    """What a leaf's model times tell of the run's calendar."""

    first: ModelTime | None
    """The first that is known."""
    telling: tuple[ModelTime, ...]
    """Days that do not exist in every calendar."""


class Leaf:
    """Whole consecutive timesteps in order of their keys; never changed once made.

    Its figures may come to lie in other, equal arrays: those of a table of many leaves.
    """

    __slots__ = (
        "_blocks", "_dates", "_seconds", "_sorted", "facts", "floats", "has_short_timesteps",
        "ints", "offsets", "smoothing", "values",
    )  # fmt: skip

    def __init__(self, facts: Facts, values: Floats, ints: Ints, floats: Floats) -> None:
        """Keep the arrays given, which nobody may write to any more.

        `values` is float64 of shape (values,); `ints` and `floats` have one row for each of
        `INT_COLUMNS` and `FLOAT_COLUMNS`, one column a timestep.
        """
        self.facts = facts
        self.values = values
        self.ints = ints
        self.floats = floats
        self.offsets: Ints = np.zeros(len(facts) + 1, dtype=np.int64)
        """Index in `values` of each timestep's first value, then the end."""
        np.cumsum(ints[INT_ROW["count"]], out=self.offsets[1:])
        # Slices are handed out without copying.
        values.flags.writeable = False
        self._sorted: SortedValues | None = None
        self._blocks: dict[str, NDArray[Any]] | None = None
        self.smoothing = KeptSums(values)
        self._dates: Dates | None = None
        self._seconds: tuple[ModelTime, str, Floats] | None = None
        counts = ints[INT_ROW["count"]]
        self.has_short_timesteps = bool(counts.min() > 0 and counts.max() <= BLOCK_VALUES)
        """Whether each timestep is one block, so that its own figures serve."""

    def __len__(self) -> int:
        """Return the number of timesteps."""
        return len(self.facts)

    @property
    def sorted(self) -> SortedValues:
        """All finite values in rising order; made at first use."""
        if self._sorted is None:
            self._sorted = sorted_finite(self.values)
        return self._sorted

    @property
    def is_sorted(self) -> bool:
        """Whether the sorted copy exists already."""
        return self._sorted is not None

    def column(self, name: str) -> NDArray[Any]:
        """Return one column, by its name in `INT_COLUMNS`, `FLOAT_COLUMNS`, `BLOCK_COLUMNS`.

        Shape (timesteps,) or, of the latter, (blocks,).
        """
        if name in FLOAT_ROW:
            return cast("NDArray[Any]", self.floats[FLOAT_ROW[name]])
        if name in INT_ROW:
            return cast("NDArray[Any]", self.ints[INT_ROW[name]])
        if self.has_short_timesteps:
            return self.column(name.removeprefix("block_"))
        if self._blocks is None:
            self._blocks = self._make_blocks()
        return self._blocks[name]

    def see_figures(self, ints: Ints, floats: Floats) -> None:
        """Use arrays that are equal to its own, so that those can go."""
        self.ints, self.floats = ints, floats

    @property
    def dates(self) -> Dates:
        """What its model times tell of the calendar; found once."""
        if self._dates is None:
            fields = self.facts.model_fields()
            known = np.flatnonzero(fields[:, 1] > 0)
            first = ModelTime(*fields[known[0]].tolist()) if known.size else None
            february = fields[(fields[:, 1] == 2) & (fields[:, 2] >= 29), :3]
            days = sorted(set(map(tuple, february.tolist())))
            self._dates = Dates(first, tuple(ModelTime(y, m, d, 0, 0, 0, 0) for y, m, d in days))
        return self._dates

    def seconds_since(self, first: ModelTime, calendar: str) -> Floats:
        """Return seconds of model time since `first`, NaN where unknown; the last are kept."""
        if self._seconds is None or self._seconds[:2] != (first, calendar):
            fields = self.facts.model_fields()
            known = fields[:, 1] > 0
            # Any date that exists stands in for unknown ones, which become NaN.
            dated = np.where(known[:, np.newaxis], fields, np.array(first))
            seconds = np.where(known, seconds_since(first, dated, calendar), np.nan)
            self._seconds = (first, calendar, seconds)
        return self._seconds[2]

    def see_seconds(self, first: ModelTime, calendar: str, seconds: Floats) -> None:
        """Use an array that is equal to what `seconds_since` gave."""
        self._seconds = (first, calendar, seconds)

    def values_of(self, index: int) -> Floats:
        """Return the values of one timestep, without copying."""
        return self.values[self.offsets[index] : self.offsets[index + 1]]

    def timestep(self, index: int) -> Timestep:
        """Return one timestep as it was put."""
        facts = self.facts
        return Timestep(
            key=facts.key(index),
            label=facts.label(index),
            values=self.values_of(index),
            unit=facts.unit(index),
            source=facts.source(index),
            attempt=int(self.column("attempt")[index]),
            wall_time=float(self.column("wall_time")[index]),
            summary=facts.summary(index),
            complete=facts.is_complete(index),
            model_fields=facts.date(index),
        )

    def holds(self, index: int, timestep: Timestep) -> bool:
        """Return whether `timestep` is what stands at `index` already, to the last bit."""
        return (
            self.column("count")[index] == len(timestep.values)
            and self.column("attempt")[index] == timestep.attempt
            and self.column("wall_time")[index] == timestep.wall_time
            and self.facts.holds(index, timestep)
            and same_bits(self.values_of(index), timestep.values)
        )

    def _make_blocks(self) -> dict[str, NDArray[Any]]:
        lengths = block_counts(self.column("count"), BLOCK_VALUES)
        moments = describe(split(self.values, lengths))
        return dict(zip(BLOCK_COLUMNS, (lengths, *moments), strict=True))


Piece = tuple[Leaf, int, int]
"""Timesteps [start, stop) of a leaf."""


def leaf_of(timesteps: Sequence[Timestep], change: int) -> Leaf:
    """Return a new leaf of `timesteps`, which are in order of their keys, each key once.

    `change` numbers the change that brings them. Each row has a revision of its own made of
    it, so that two versions can be compared without looking at the values.
    """
    counts = np.array([len(t.values) for t in timesteps], dtype=np.int64)
    values = np.concatenate([t.values for t in timesteps], dtype=np.float64)
    ints = np.empty((len(INT_COLUMNS), len(timesteps)), dtype=np.int64)
    ints[0] = change * _ROWS_MAX + np.arange(len(timesteps))
    ints[1] = counts
    ints[5] = [t.attempt for t in timesteps]
    floats = np.full((len(FLOAT_COLUMNS), len(timesteps)), np.nan)
    floats[6] = [t.wall_time for t in timesteps]
    ends = counts.cumsum()
    # In pieces whose intermediate arrays stay in the processor's cache, and in the allocator's
    # hands: those of a whole run go back to the system each time, which triples the time.
    cuts = ends.searchsorted(np.arange(_PIECE_VALUES, values.size, _PIECE_VALUES), side="right")
    for row, stop in pairwise([0, *cuts.tolist(), len(timesteps)]):
        if row < stop:
            first = int(ends[row] - counts[row])
            piece = values[first : ends[stop - 1]]
            _describe(piece, ints[:, row:stop], floats[:, row:stop])
    return Leaf(Facts.of(timesteps), values, ints, floats)


def _describe(values: Floats, ints: Ints, floats: Floats) -> None:
    """Write the figures of timesteps into their columns; `ints` holds their counts."""
    counts = ints[1]
    segments = split(values, counts)
    moments = describe(segments)
    ints[2] = moments.finite
    ints[3] = segments.nan
    ints[4] = counts - moments.finite - segments.nan
    floats[:4] = moments.mean, moments.m2, moments.min, moments.max
    filled = counts > 0
    ends = counts.cumsum()[filled]
    floats[4, filled] = values[ends - counts[filled]]
    floats[5, filled] = values[ends - 1]
    floats[7:] = centred_sums(segments, moments.mean)


def join(pieces: Sequence[Piece]) -> Leaf:
    """Return one leaf of `pieces`, which follow each other in order of their keys.

    A single piece that is a whole leaf is returned as it is: identity tells that nothing
    changed. Everything else is copied, so that no large old array is kept alive by a slice.
    """
    leaf, start, stop = pieces[0]
    if len(pieces) == 1 and stop - start == len(leaf):
        return leaf
    facts = Facts.joined([(p.facts, i, j) for p, i, j in pieces])
    values = np.concatenate([p.values[p.offsets[i] : p.offsets[j]] for p, i, j in pieces])
    ints = np.concatenate([p.ints[:, i:j] for p, i, j in pieces], axis=1)
    floats = np.concatenate([p.floats[:, i:j] for p, i, j in pieces], axis=1)
    return Leaf(facts, values, ints, floats)


def same_bits(one: Floats, other: Floats) -> bool:
    """Return whether two arrays hold the same bits: NaN equals NaN, 0.0 is not -0.0."""
    if one.shape != other.shape:
        return False
    bits, others = (np.ascontiguousarray(a, np.float64).view(np.int64) for a in (one, other))
    return bool((bits == others).all())
