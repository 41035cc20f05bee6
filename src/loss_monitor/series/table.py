"""Columns over all timesteps of a run, one entry a timestep.

Enters: a run's leaves. Leaves: arrays, made when they are first asked for. A joined column is
also what the leaves see of themselves from then on, so that a timestep's figures are in memory
once, however many leaves and versions there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loss_monitor.model_time import ModelTime, calendar_of
from loss_monitor.series.facts import MODEL_FIELDS
from loss_monitor.series.leaf import BLOCK_COLUMNS, FLOAT_ROW, INT_ROW, Leaf
from loss_monitor.statistics.moments import Moments
from loss_monitor.statistics.regression import CentredSums
from loss_monitor.types import Floats, Ints


class TimestepTable:
    """Columns over timesteps (shape (timesteps,)) and over blocks (shape (blocks,)).

    Arrays are shared and must not be written to.
    """

    def __init__(self, leaves: Sequence[Leaf]) -> None:
        """Describe `leaves`."""
        self.leaves = tuple(leaves)
        self._figures: tuple[Ints, Floats] | None = None
        self._columns: dict[str, NDArray[Any]] = {}
        self._seconds: dict[tuple[ModelTime, str], Floats] = {}

    def __len__(self) -> int:
        """Return the number of timesteps."""
        return sum(map(len, self.leaves))

    def column(self, name: str) -> NDArray[Any]:
        """Return a column by its name in `leaf.INT_COLUMNS` and so on."""
        if name in BLOCK_COLUMNS:
            return self._block_column(name)
        if self._figures is None:
            self._figures = self._joined_figures()
        ints, floats = self._figures
        column: NDArray[Any] = ints[INT_ROW[name]] if name in INT_ROW else floats[FLOAT_ROW[name]]
        return column

    def _joined_figures(self) -> tuple[Ints, Floats]:
        if not self.leaves:
            return np.zeros((len(INT_ROW), 0), dtype=np.int64), np.zeros((len(FLOAT_ROW), 0))
        if len(self.leaves) == 1:
            return self.leaves[0].ints, self.leaves[0].floats
        ints = np.concatenate([leaf.ints for leaf in self.leaves], axis=1)
        floats = np.concatenate([leaf.floats for leaf in self.leaves], axis=1)
        for leaf, (start, stop) in zip(self.leaves, self._extents(), strict=True):
            leaf.see_figures(ints[:, start:stop], floats[:, start:stop])
        return ints, floats

    def _block_column(self, name: str) -> NDArray[Any]:
        if all(leaf.has_short_timesteps for leaf in self.leaves):
            return self.column(name.removeprefix("block_"))
        if name not in self._columns:
            self._columns[name] = np.concatenate([leaf.column(name) for leaf in self.leaves])
        return self._columns[name]

    def _extents(self) -> list[tuple[int, int]]:
        """Return the rows that each leaf has."""
        return list(pairwise(np.cumsum([0, *map(len, self.leaves)]).tolist()))

    @property
    def revision(self) -> Ints:
        """Rises with each change and is of one written row alone, in this process."""
        return self.column("revision")

    @property
    def start(self) -> Ints:
        """Position of the timestep's first value, counted over the run."""
        if "start" not in self._columns:
            self._columns["start"] = np.cumsum(self.count) - self.count
        return self._columns["start"]

    @property
    def count(self) -> Ints:
        """Values, NaN and infinity included."""
        return self.column("count")

    @property
    def finite(self) -> Ints:
        """Finite values."""
        return self.column("finite")

    @property
    def nan(self) -> Ints:
        """Values that are NaN."""
        return self.column("nan")

    @property
    def inf(self) -> Ints:
        """Values that are infinite, of either sign."""
        return self.column("inf")

    @property
    def attempt(self) -> Ints:
        """Index into the run's attempts."""
        return self.column("attempt")

    @property
    def mean(self) -> Floats:
        """Mean of the finite values; NaN where there are none."""
        return self.column("mean")

    @property
    def m2(self) -> Floats:
        """Sum of squared deviations of the finite values; NaN where there are none."""
        return self.column("m2")

    @property
    def std(self) -> Floats:
        """Population standard deviation of the finite values; NaN where there are none."""
        if "std" not in self._columns:
            self._columns["std"] = np.sqrt(self.m2 / np.maximum(self.finite, 1))
        return self._columns["std"]

    @property
    def min(self) -> Floats:
        """Least finite value; NaN where there is none."""
        return self.column("min")

    @property
    def max(self) -> Floats:
        """Greatest finite value; NaN where there is none."""
        return self.column("max")

    @property
    def first(self) -> Floats:
        """First value as it is, finite or not; NaN where there is none."""
        return self.column("first")

    @property
    def last(self) -> Floats:
        """Last value as it is, finite or not; NaN where there is none."""
        return self.column("last")

    @property
    def wall_time(self) -> Floats:
        """When the values were written, seconds since 1970-01-01 UTC."""
        return self.column("wall_time")

    def moments(self) -> Moments:
        """Return the figures of all timesteps."""
        return Moments(self.finite, self.mean, self.m2, self.min, self.max)

    def block_moments(self) -> Moments:
        """Return the figures of all blocks of at most 128 values."""
        column = self.column
        return Moments(
            column("block_finite"),
            column("block_mean"),
            column("block_m2"),
            column("block_min"),
            column("block_max"),
        )

    def slope_sums(self, first: int) -> CentredSums:
        """Return what a slope needs of the timesteps from index `first` on."""
        return CentredSums(*(self.column(name)[first:] for name in ("x_mean", "xx", "xy")))

    def model_fields(self) -> Ints:
        """Return the model times, int64 of shape (timesteps, 7), zeros where unknown."""
        if not self.leaves:
            return np.zeros((0, MODEL_FIELDS), dtype=np.int64)
        fields = np.concatenate([leaf.facts.model_fields() for leaf in self.leaves])
        return fields.astype(np.int64, copy=False)

    def model_seconds(self) -> Floats | None:
        """Return seconds of model time since the first timestep that has one.

        float64, NaN where the model time is unknown; None where it is for all.
        """
        return None if self.origin is None else self.seconds_since(*self.origin)

    @property
    def origin(self) -> tuple[ModelTime, str] | None:
        """The first model time that is known, and the CF name of the calendar; None: none is."""
        dates = [leaf.dates for leaf in self.leaves]
        first = next((one.first for one in dates if one.first is not None), None)
        if first is None:
            return None
        return first, calendar_of([day for one in dates for day in one.telling])

    def seconds_since(self, first: ModelTime, calendar: str) -> Floats:
        """Return seconds of model time since `first` in a calendar, NaN where unknown."""
        wanted = (first, calendar)
        if wanted not in self._seconds:
            parts = [leaf.seconds_since(first, calendar) for leaf in self.leaves]
            joined = np.concatenate(parts)
            for leaf, (start, stop) in zip(self.leaves, self._extents(), strict=True):
                leaf.see_seconds(first, calendar, joined[start:stop])
            self._seconds[wanted] = joined
        return self._seconds[wanted]
