"""Figures of timesteps that a later attempt did again, and that left the run for it.

Enters: timesteps. Leaves: columns of what each was, to be shown as pale lines on request. The
values are not kept: a training that failed all night may leave as much behind as it has kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from loss_monitor.statistics.moments import describe, split
from loss_monitor.types import Floats, Ints, Key, Timestep

_WHOLE = ("attempt", "count", "finite")
_FIGURES = ("mean", "min", "max")
_Entry = TypeVar("_Entry")
KEPT_MAX = 10_000
"""Newest timesteps whose figures are kept: about 2 MB."""


@dataclass(frozen=True, slots=True)
class Superseded:
    """One entry a timestep, those of each attempt in order; figures over finite values."""

    keys: tuple[Key, ...] = ()
    attempt: tuple[int, ...] = ()
    """Index into the run's attempts."""
    count: tuple[int, ...] = ()
    finite: tuple[int, ...] = ()
    mean: tuple[float, ...] = ()
    """NaN where no value was finite."""
    min: tuple[float, ...] = ()
    max: tuple[float, ...] = ()

    def __len__(self) -> int:
        """Return the number of timesteps."""
        return len(self.keys)

    def as_arrays(self) -> dict[str, NDArray[Any]]:
        """Return the columns as arrays, by their names; keys of shape (timesteps, fields)."""
        width = len(self.keys[0]) if self.keys else 1
        return {
            "key": np.array(self.keys, dtype=np.int64).reshape(-1, width),
            **{name: np.array(getattr(self, name), dtype=np.int64) for name in _WHOLE},
            **{name: np.array(getattr(self, name), dtype=np.float64) for name in _FIGURES},
        }

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Superseded:
        """Return what `as_arrays` was made of."""
        keys = tuple(map(tuple, arrays["key"].tolist()))
        columns = {name: tuple(arrays[name].tolist()) for name in (*_WHOLE, *_FIGURES)}
        return cls(keys, **columns)

    def with_timesteps(self, timesteps: Iterable[Timestep]) -> Superseded:
        """Return these and the figures of `timesteps`, the newest `KEPT_MAX` of all."""
        fresh = sorted(timesteps, key=lambda one: (one.attempt, one.key))[-KEPT_MAX:]
        if not fresh:
            return self
        counts: Ints = np.array([len(one.values) for one in fresh], dtype=np.int64)
        values: Floats = np.concatenate([one.values for one in fresh])
        found = describe(split(values, counts))
        return Superseded(
            _newest(self.keys, [one.key for one in fresh]),
            _newest(self.attempt, [one.attempt for one in fresh]),
            _newest(self.count, counts.tolist()),
            _newest(self.finite, found.finite.tolist()),
            _newest(self.mean, found.mean.tolist()),
            _newest(self.min, found.min.tolist()),
            _newest(self.max, found.max.tolist()),
        )


def _newest(old: tuple[_Entry, ...], new: list[_Entry]) -> tuple[_Entry, ...]:
    return (*old, *new)[-KEPT_MAX:]
