"""Exponential moving averages over millions of values, known at any of them.

Enters: values in parts and a weight. Leaves: the average behind given values. It is the one
that TensorBoard draws: s <- w s + (1 - w) x for each finite value x in order, divided by
1 - w^n after n of them, so that the first values are not drawn towards zero; what is not
finite is passed over. (D. P. Kingma, J. Ba, "Adam", 2015, section 3, has the division.)
The sums of 128 values at once are a matrix product; a part keeps them, so that a run that
grows costs its last part, and a value in between is reached from the sums before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loss_monitor.statistics.parts import part_starts, ranges_joined, values_at
from loss_monitor.types import Floats, Ints

CHUNK_VALUES = 128
"""Values between two kept sums: what an answer may have to read again for each of its points."""

# A weight's sums are 1.6 % of the values; few people move a slider at once.
_WEIGHTS_MAX = 4


@dataclass(frozen=True, slots=True)
class PartSums:
    """Of one part, from its own beginning: entry k is behind k whole chunks, the last at its end.

    A part that begins with state s has the state s w^counts + sums there.
    """

    sums: Floats
    """Undivided averages; shape (whole chunks + 2,)."""
    counts: Ints
    """Finite values; same shape."""


def part_sums(values: NDArray[Any], weight: float) -> PartSums:
    """Return the sums of one part; `values` is float32 or float64 of shape (values,)."""
    whole = len(values) // CHUNK_VALUES
    cut = whole * CHUNK_VALUES
    fresh, counts = _chunk_sums(values[:cut].reshape(whole, CHUNK_VALUES), weight)
    rest, rest_count = _chunk_sums(values[np.newaxis, cut:], weight)
    fresh, counts = np.append(fresh, rest), np.append(counts, rest_count)
    decays = weight**counts
    states = accumulate(zip(decays.tolist(), fresh.tolist(), strict=True), _grown, initial=0.0)
    return PartSums(np.array([*states]), np.append(0, counts.cumsum()))


class KeptSums:
    """The sums of one part for the weights that were last asked for."""

    __slots__ = ("_kept", "_values")

    def __init__(self, values: NDArray[Any]) -> None:
        """Keep `values`, which nobody may write to any more."""
        self._values = values
        self._kept: tuple[tuple[float, PartSums], ...] = ()

    def of(self, weight: float) -> PartSums:
        """Return the sums for a weight."""
        for known, sums in self._kept:
            if known == weight:
                return sums
        sums = part_sums(self._values, weight)
        self._kept = ((weight, sums), *self._kept[: _WEIGHTS_MAX - 1])
        return sums


def _grown(state: Any, step: Any) -> Any:
    return state * step[0] + step[1]


def _chunk_sums(chunks: NDArray[Any], weight: float) -> tuple[Floats, Ints]:
    """Return what each row adds to a state, and its finite values."""
    finite = np.isfinite(chunks)
    size = chunks.shape[1]
    if finite.all():
        shares = (1 - weight) * weight ** np.arange(size - 1, -1, -1.0)
        return chunks @ shares, np.full(len(chunks), size)
    counts = np.count_nonzero(finite, axis=1)
    behind = counts[:, np.newaxis] - finite.cumsum(axis=1)
    shares = (1 - weight) * weight ** np.arange(size + 1.0)
    return (np.where(finite, chunks, 0.0) * shares[behind]).sum(axis=1), counts


def averages_at(
    parts: Sequence[NDArray[Any]], sums: Sequence[PartSums], weight: float, positions: Ints
) -> Floats:
    """Return the average behind the values at strictly rising `positions` over all parts.

    `sums` has the `part_sums` of each part. NaN before the first finite value.
    """
    starts = part_starts(parts)
    part = np.searchsorted(starts, positions, side="right") - 1
    chunk = (positions + 1 - starts[part]) // CHUNK_VALUES
    states, counts = _states_at(sums, weight, part, chunk)
    # A value is reached from the last kept sum, or from the value before where that is nearer.
    kept = starts[part] + chunk * CHUNK_VALUES
    behind = np.append(-1, positions[:-1]) + 1
    begins = np.maximum(kept, behind)
    widths = positions + 1 - begins
    fresh, fresh_counts = _window_sums(parts, begins, widths, weight)
    chained = (behind > kept).tolist()
    decays = (weight**fresh_counts).tolist()
    state, count = 0.0, 0
    found, found_counts = [], []
    steps = zip(
        chained, states.tolist(), counts.tolist(), decays, fresh.tolist(), fresh_counts.tolist(),
        strict=True,
    )  # fmt: skip
    for goes_on, kept_state, kept_count, decay, new, new_count in steps:
        if not goes_on:
            state, count = kept_state, kept_count
        state, count = state * decay + new, count + new_count
        found.append(state)
        found_counts.append(count)
    divisors = 1 - weight ** np.array(found_counts)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(divisors > 0, np.array(found) / divisors, np.nan)


def _states_at(
    sums: Sequence[PartSums], weight: float, part: Ints, chunk: Ints
) -> tuple[Floats, Ints]:
    """Return the undivided averages and finite values behind whole chunks of parts."""
    ends = [(float(one.sums[-1]), int(one.counts[-1])) for one in sums]
    carried = [*accumulate(ends, lambda a, e: a * weight ** e[1] + e[0], initial=0.0)]
    before = np.append(0, np.cumsum([count for _, count in ends]))
    entry = part_starts([one.sums for one in sums])[part] + chunk
    counts = np.concatenate([one.counts for one in sums])[entry]
    local = np.concatenate([one.sums for one in sums])[entry]
    return np.array(carried)[part] * weight**counts + local, before[part] + counts


def _window_sums(
    parts: Sequence[NDArray[Any]], begins: Ints, widths: Ints, weight: float
) -> tuple[Floats, Ints]:
    """Return what each window of fewer than a chunk's values adds, and its finite values."""
    values = values_at(parts, part_starts(parts), ranges_joined(begins, widths))
    finite = np.isfinite(values)
    filled = np.flatnonzero(widths)
    starts = (widths.cumsum() - widths)[filled]
    fresh, counts = np.zeros(len(widths)), np.zeros(len(widths), dtype=np.int64)
    if filled.size:
        counts[filled] = np.add.reduceat(finite, starts, dtype=np.int64)
        behind = np.repeat(counts.cumsum(), widths) - finite.cumsum()
        shares = (1 - weight) * weight ** np.arange(CHUNK_VALUES + 1.0)
        fresh[filled] = np.add.reduceat(np.where(finite, values, 0.0) * shares[behind], starts)
    return fresh, counts
