"""Leaves: whole consecutive timesteps, immutable, with the figures of each.

Enters: `types.Timestep` in order of their keys, or pieces of other leaves. Leaves: `Leaf`.
Figures are computed once, when a timestep first comes; joining leaves only copies them. What
is asked for rarely (a sorted copy, blocks of 128 values, model times) is made at first use;
two threads may then make it twice, with the same result, which needs no lock.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from loss_monitor.series.facts import MODEL_FIELDS, Facts
from loss_monitor.statistics.moments import describe, split
from loss_monitor.statistics.quantiles import SortedValues, sorted_finite
from loss_monitor.statistics.reduction import BLOCK_VALUES, block_counts
from loss_monitor.statistics.regression import centred_sums
from loss_monitor.statistics.smoothing import KeptSums
from loss_monitor.types import Floats, Ints, Timestep

INT_COLUMNS = ("revision", "count", "finite", "nan", "inf", "attempt")
FLOAT_COLUMNS = (
    "mean", "m2", "min", "max", "first", "last", "wall_time", "x_mean", "xx", "xy",
)  # fmt: skip
BLOCK_COLUMNS = ("block_count", "block_finite", "block_mean", "block_m2", "block_min", "block_max")
_INT_ROW = {name: row for row, name in enumerate(INT_COLUMNS)}
_FLOAT_ROW = {name: row for row, name in enumerate(FLOAT_COLUMNS)}
_PIECE_VALUES = 8_192
# Revisions are int64: room for 2**31 changes of 2**32 timesteps each.
_ROWS_MAX = 2**32


class Leaf:
    """Whole consecutive timesteps in order of their keys; never changed once made."""

    __slots__ = (
        "_blocks", "_fields", "_sorted", "facts", "floats", "ints", "offsets", "smoothing",
        "values",
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
        np.cumsum(ints[_INT_ROW["count"]], out=self.offsets[1:])
        # Slices are handed out without copying.
        values.flags.writeable = False
        self._sorted: SortedValues | None = None
        self._blocks: dict[str, NDArray[Any]] | None = None
        self._fields: Ints | None = None
        self.smoothing = KeptSums(values)

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

        Shape (timesteps,) or, of the latter, (blocks,). `fields` gives the model times, int64
        of shape (timesteps, 7), zeros where a model time is unknown.
        """
        if name in _FLOAT_ROW:
            return cast("NDArray[Any]", self.floats[_FLOAT_ROW[name]])
        if name in _INT_ROW:
            return cast("NDArray[Any]", self.ints[_INT_ROW[name]])
        if name == "fields":
            return self._model_fields()
        if self._blocks is None:
            self._blocks = self._make_blocks()
        return self._blocks[name]

    def values_of(self, index: int) -> Floats:
        """Return the values of one timestep, without copying."""
        return self.values[self.offsets[index] : self.offsets[index + 1]]

    def timestep(self, index: int) -> Timestep:
        """Return one timestep as it was put."""
        facts = self.facts
        return Timestep(
            key=facts.keys[index],
            label=facts.label(index),
            values=self.values_of(index),
            unit=facts.unit(index),
            source=facts.sources[index],
            attempt=int(self.column("attempt")[index]),
            wall_time=float(self.column("wall_time")[index]),
            summary=facts.summary(index),
            complete=facts.is_complete(index),
            model_fields=facts.model_fields[index],
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
        counts = self.column("count")
        if counts.min(initial=1) > 0 and counts.max(initial=0) <= BLOCK_VALUES:
            # Each timestep is one block, so its own figures serve.
            return {name: self.column(name.removeprefix("block_")) for name in BLOCK_COLUMNS}
        lengths = block_counts(counts, BLOCK_VALUES)
        moments = describe(split(self.values, lengths))
        return dict(zip(BLOCK_COLUMNS, (lengths, *moments), strict=True))

    def _model_fields(self) -> Ints:
        if self._fields is None:
            unknown = (0,) * MODEL_FIELDS
            rows = [fields or unknown for fields in self.facts.model_fields]
            self._fields = np.array(rows, dtype=np.int64).reshape(-1, MODEL_FIELDS)
        return self._fields


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
    # In pieces whose intermediate arrays the allocator keeps: larger ones go back to the
    # system each time, and faulting their pages in again doubles the time.
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
    facts = Facts.joined([(piece.facts, i, j) for piece, i, j in pieces])
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
