"""Placement of timesteps in leaves: insertion, removal, and the size of leaves.

Enters: a run's leaves and what is to be put or dropped. Leaves: the new tuple of leaves, in
which all that did not change is the same object as before. One change copies one or two
leaves, wherever it falls; leaves fill from the left where a run is appended to and from the
right where it is prepended to, and small neighbours are joined.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise

import numpy as np

from loss_monitor.series.leaf import Leaf, Piece, join
from loss_monitor.types import Ints, Key

LEAF_VALUES_MAX = 65_536
"""Values at which a leaf is full: 512 KiB are copied by one change, in about 50 us, and ten
million values are 153 leaves, few enough to loop over in Python."""
LEAF_TIMESTEPS_MAX = 2_048
"""Timesteps at which a leaf is full: a job log has four values a timestep, and copying the
facts of 16,000 timesteps for each new one would take a millisecond."""
# Neighbours are joined only well below full, so that the next change does not split them again.
_JOIN_VALUES_MAX = LEAF_VALUES_MAX * 3 // 4
_JOIN_TIMESTEPS_MAX = LEAF_TIMESTEPS_MAX * 3 // 4


def first_key(leaf: Leaf) -> Key:
    """Return a leaf's first key, for `bisect`."""
    return leaf.facts.first_key


def find(leaves: Sequence[Leaf], key: Key) -> tuple[int, int] | None:
    """Return where `key` is: index of the leaf and index in it; None if it is not there."""
    # Nearly all timesteps that are looked for are new: behind all others, or before them while
    # a run is read from its end.
    if not leaves or key > leaves[-1].facts.last_key or key < leaves[0].facts.first_key:
        return None
    at = bisect_right(leaves, key, key=first_key) - 1
    if key > leaves[at].facts.last_key:
        return None
    facts = leaves[at].facts
    row = facts.place(key)
    return (at, row) if facts.key(row) == key else None


def place(leaves: Sequence[Leaf], fresh: Leaf) -> tuple[Leaf, ...]:
    """Return `leaves` with the timesteps of `fresh` put in, replacing those of equal keys."""
    if not leaves:
        return tuple(_pack([(fresh, 0, len(fresh))]))
    replaced: dict[int, list[Leaf]] = {}
    for at, start, stop in _targets(leaves, fresh):
        leaf = leaves[at]
        before = fresh.facts.key(stop - 1) < leaf.facts.first_key
        after = fresh.facts.key(start) > leaf.facts.last_key
        if before:
            replaced[at] = _pack([(fresh, start, stop), (leaf, 0, len(leaf))], from_right=True)
        elif after:
            replaced[at] = _pack([(leaf, 0, len(leaf)), (fresh, start, stop)])
        else:
            replaced[at] = _pack(_interleave(leaf, fresh, start, stop), evenly=True)
    return _replace(leaves, replaced)


def without(leaves: Sequence[Leaf], keys: Collection[Key]) -> tuple[Leaf, ...]:
    """Return `leaves` less the timesteps of `keys`; keys that are not there are passed over."""
    gone: dict[int, set[int]] = {}
    for key in keys:
        where = find(leaves, key)
        if where is not None:
            gone.setdefault(where[0], set()).add(where[1])
    replaced: dict[int, list[Leaf]] = {}
    for at, rows in gone.items():
        leaf = leaves[at]
        bounds = [-1, *sorted(rows), len(leaf)]
        kept = [(leaf, i + 1, j) for i, j in pairwise(bounds) if i + 1 < j]
        replaced[at] = _pack(kept) if kept else []
    return _replace(leaves, replaced)


def before(leaves: Sequence[Leaf], key: Key) -> tuple[Leaf, ...]:
    """Return `leaves` less all timesteps from `key` on."""
    at = bisect_left(leaves, key, key=first_key)
    if not at:
        return ()
    last = leaves[at - 1]
    return (*leaves[: at - 1], join([(last, 0, last.facts.place(key))]))


def _targets(leaves: Sequence[Leaf], fresh: Leaf) -> list[tuple[int, int, int]]:
    """Return (index of leaf, start, stop): which rows of `fresh` belong to which leaf."""
    targets = []
    start = 0
    while start < len(fresh):
        key = fresh.facts.key(start)
        at = max(0, bisect_right(leaves, key, key=first_key) - 1)
        stop = len(fresh)
        if at + 1 < len(leaves):
            stop = fresh.facts.place(first_key(leaves[at + 1]), start)
        targets.append((at, start, stop))
        start = stop
    return targets


def _interleave(leaf: Leaf, fresh: Leaf, start: int, stop: int) -> list[Piece]:
    """Return pieces of `leaf` and of rows [start, stop) of `fresh` in order of their keys."""
    pieces: list[Piece] = []
    old = 0
    last_key = leaf.facts.last_key
    for row in range(start, stop):
        key = fresh.facts.key(row)
        if key > last_key:
            # A run that goes on: its last timestep once more, and new ones behind it.
            return [*pieces, *((leaf, old, len(leaf)),) * (old < len(leaf)), (fresh, row, stop)]
        at = leaf.facts.place(key, old)
        if at > old:
            pieces.append((leaf, old, at))
        if pieces and pieces[-1][0] is fresh:
            pieces[-1] = (fresh, pieces[-1][1], row + 1)
        else:
            pieces.append((fresh, row, row + 1))
        old = at + 1 if at < len(leaf) and leaf.facts.key(at) == key else at
    if old < len(leaf):
        pieces.append((leaf, old, len(leaf)))
    return pieces


def _pack(pieces: list[Piece], *, from_right: bool = False, evenly: bool = False) -> list[Leaf]:
    """Return leaves of `pieces`, none over-full unless it is one timestep.

    Full leaves come first, or last with `from_right`; with `evenly` all are of a size.
    """
    counts = np.concatenate([leaf.column("count")[i:j] for leaf, i, j in pieces])
    total = int(counts.sum())
    if total <= LEAF_VALUES_MAX and len(counts) <= LEAF_TIMESTEPS_MAX:
        return [join(pieces)]
    values_max, timesteps_max = LEAF_VALUES_MAX, LEAF_TIMESTEPS_MAX
    if evenly:
        parts = max(-(-total // values_max), -(-len(counts) // timesteps_max))
        values_max, timesteps_max = -(-total // parts), -(-len(counts) // parts)
    if from_right:
        cuts = len(counts) - _cuts(counts[::-1], values_max, timesteps_max)[::-1]
    else:
        cuts = _cuts(counts, values_max, timesteps_max)
    return [join(_slice(pieces, start, stop)) for start, stop in pairwise(cuts.tolist())]


def _cuts(counts: Ints, values_max: int, timesteps_max: int) -> Ints:
    """Return bounds of leaves over timesteps of `counts` values, from 0 to len(counts)."""
    ends = np.cumsum(counts)
    cuts = [0]
    while cuts[-1] < len(counts):
        start = cuts[-1]
        used = int(ends[start - 1]) if start else 0
        stop = int(np.searchsorted(ends, used + values_max, side="right"))
        cuts.append(min(max(stop, start + 1), start + timesteps_max, len(counts)))
    return np.array(cuts, dtype=np.int64)


def _slice(pieces: list[Piece], start: int, stop: int) -> list[Piece]:
    """Return timesteps [start, stop) of `pieces` laid end to end."""
    result = []
    offset = 0
    for leaf, i, j in pieces:
        low, high = max(i, i + start - offset), min(j, i + stop - offset)
        if low < high:
            result.append((leaf, low, high))
        offset += j - i
    return result


def _replace(leaves: Sequence[Leaf], replaced: Mapping[int, list[Leaf]]) -> tuple[Leaf, ...]:
    """Return `leaves` with others in the place of some, by index.

    Neighbours that are small together are joined where one of them is new.
    """
    result: list[Leaf] = []
    seams: list[int] = []
    done = 0
    for at in sorted(replaced):
        result += leaves[done:at]
        start = len(result)
        result += replaced[at]
        seams += range(start, len(result) + 1)
        done = at + 1
    result += leaves[done:]
    # From the right, so that the places of seams still to come stay true.
    for seam in sorted(set(seams), reverse=True):
        if 0 < seam < len(result) and _small(result[seam - 1], result[seam]):
            left, right = result[seam - 1 : seam + 1]
            joined = join([(left, 0, len(left)), (right, 0, len(right))])
            result[seam - 1 : seam + 1] = [joined]
    return tuple(result)


def _small(left: Leaf, right: Leaf) -> bool:
    return (
        left.values.size + right.values.size <= _JOIN_VALUES_MAX
        and len(left) + len(right) <= _JOIN_TIMESTEPS_MAX
    )
