"""Difference of two versions of a run: from which timestep on anything changed.

Enters: an older and a newer `Run`. Leaves: `Delta`, or None where they are different runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import is_not

import numpy as np

from loss_monitor.series.leaf import Leaf, same_bits
from loss_monitor.series.run import Run
from loss_monitor.types import Ints


@dataclass(frozen=True, slots=True)
class Delta:
    """What is new: all timesteps from `first` on; everything before it is as it was."""

    first: int
    """Index of the first timestep that changed, came or went."""
    old_timesteps: int
    new_timesteps: int
    kept_values: int
    """Leading values that timestep `first` has kept, where it is in both: 0 else."""

    @property
    def empty(self) -> bool:
        """Whether no timestep changed."""
        return self.first == self.old_timesteps == self.new_timesteps


def delta(old: Run, new: Run) -> Delta | None:
    """Return what changed from `old` to `new`; None where their ids differ.

    Leaves that both share are passed over; the others are compared by revision.
    """
    if old.id != new.id:
        return None
    differs = map(is_not, old.leaves, new.leaves)
    shared = next(
        (i for i, other in enumerate(differs) if other), min(len(old.leaves), len(new.leaves))
    )
    before = _revisions(old.leaves[shared:])
    after = _revisions(new.leaves[shared:])
    common = min(before.size, after.size)
    unequal = np.flatnonzero(before[:common] != after[:common])
    first = sum(map(len, old.leaves[:shared])) + (int(unequal[0]) if unequal.size else common)
    return Delta(first, old.n_timesteps, new.n_timesteps, _kept(old, new, first))


def _revisions(leaves: tuple[Leaf, ...]) -> Ints:
    if not leaves:
        return np.zeros(0, dtype=np.int64)
    return np.concatenate([leaf.column("revision") for leaf in leaves])


def _kept(old: Run, new: Run, first: int) -> int:
    if first >= min(old.n_timesteps, new.n_timesteps):
        return 0
    one, other = old.timestep(first), new.timestep(first)
    if one.key != other.key or one.attempt != other.attempt:
        return 0
    size = min(one.values.size, other.values.size)
    if same_bits(one.values[:size], other.values[:size]):
        return size
    bits, others = (values[:size].view(np.int64) for values in (one.values, other.values))
    return int(np.argmin(bits == others))
