"""Columns over all timesteps of a run, one entry a timestep.

Enters: a run's leaves, and perhaps the table of an earlier version. Leaves: arrays, each made
when it is first asked for. Columns of leaves that two versions share are joined only once:
the table of all leaves but the last is handed on from version to version.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import is_
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loss_monitor.model_time import ModelTime, calendar_of, seconds_since
from loss_monitor.series.facts import Facts
from loss_monitor.series.leaf import Leaf
from loss_monitor.statistics.moments import Moments
from loss_monitor.statistics.regression import CentredSums
from loss_monitor.types import Floats, Ints

# Joining a few leaves anew costs less than making a longer shared beginning each time.
_LOOSE_LEAVES_MAX = 4


class TimestepTable:
    """Columns over timesteps (shape (timesteps,)) and over blocks (shape (blocks,)).

    Arrays are shared and must not be written to.
    """

    def __init__(self, leaves: Sequence[Leaf], beginning: TimestepTable | None = None) -> None:
        """Describe `leaves`; `beginning` is a table of their first ones, or is passed over."""
        self.leaves = tuple(leaves)
        self._columns: dict[str, NDArray[Any]] = {}
        self._seconds: dict[tuple[ModelTime, str], Floats] = {}
        shared = len(beginning.leaves) if beginning is not None else 0
        if not (
            beginning is not None
            and shared <= len(self.leaves)
            and all(map(is_, beginning.leaves, self.leaves))
        ):
            beginning, shared = None, 0
        if len(self.leaves) - shared > _LOOSE_LEAVES_MAX:
            beginning, shared = TimestepTable.of_all(self.leaves[:-1]), len(self.leaves) - 1
        self.beginning = beginning
        self._loose = self.leaves[shared:]

    @classmethod
    def of_all(cls, leaves: Sequence[Leaf]) -> TimestepTable:
        """Return a table without a shared beginning."""
        table = cls(())
        table.leaves = table._loose = tuple(leaves)
        return table

    def __len__(self) -> int:
        """Return the number of timesteps."""
        return sum(map(len, self.leaves))

    def column(self, name: str) -> NDArray[Any]:
        """Return a column by its name in `leaf.INT_COLUMNS` and so on."""
        if name not in self._columns:
            parts = [leaf.column(name) for leaf in self._loose]
            if self.beginning is not None:
                parts.insert(0, self.beginning.column(name))
            self._columns[name] = parts[0] if len(parts) == 1 else _joined(parts, name)
        return self._columns[name]

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

    def model_seconds(self) -> Floats | None:
        """Return seconds of model time since the first timestep that has one.

        float64, NaN where the model time is unknown; None where it is for all.
        """
        fields = self.column("fields")
        known = fields[:, 1] > 0
        if not known.any():
            return None
        first = ModelTime(*fields[int(np.argmax(known))].tolist())
        february = fields[(fields[:, 1] == 2) & (fields[:, 2] >= 29)]
        february[:, 3:] = 0
        days = np.unique(february, axis=0).tolist()
        calendar = calendar_of([ModelTime(*day) for day in days])
        return self.seconds_since(first, calendar)

    def seconds_since(self, first: ModelTime, calendar: str) -> Floats:
        """Return seconds of model time since `first` in a calendar, NaN where unknown."""
        wanted = (first, calendar)
        if wanted not in self._seconds:
            parts = []
            if self.beginning is not None:
                parts.append(self.beginning.seconds_since(first, calendar))
            for leaf in self._loose:
                fields = leaf.column("fields")
                known = fields[:, 1] > 0
                # Any date that exists stands in for unknown ones, which become NaN.
                dated = np.where(known[:, np.newaxis], fields, np.array(first))
                parts.append(np.where(known, seconds_since(first, dated, calendar), np.nan))
            self._seconds[wanted] = np.concatenate(parts)
        return self._seconds[wanted]


def _joined(parts: list[NDArray[Any]], name: str) -> NDArray[Any]:
    if not parts:
        empty = Leaf(Facts.of(()), np.zeros(0), np.zeros((6, 0), np.int64), np.zeros((10, 0)))
        return empty.column(name)
    return np.concatenate(parts)
