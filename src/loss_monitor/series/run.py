"""The run: an immutable tuple of leaves in model-time order, and where things are in it.

Enters: timesteps, in any order and as often as they change. Leaves: a new `Run` for each
change; the old one stays as it was, so that a version is free to keep and needs no lock.
Written by the monitor's thread, read by all. Figures do not depend on the order of arrival,
to the last bit: nothing is added up across changes, and all merging is over the timesteps in
their order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from loss_monitor.errors import UnknownNameError
from loss_monitor.series.blocked import BlockedValues, block_ends
from loss_monitor.series.leaf import Leaf, leaf_of
from loss_monitor.series.packing import before, find, first_key, place, without
from loss_monitor.series.superseded import Superseded
from loss_monitor.series.table import TimestepTable
from loss_monitor.statistics.parts import values_at, values_between
from loss_monitor.types import Attempt, Floats, Ints, Key, Mark, SummaryValue, Timestep, Unit

_CHANGES = count(1)
# Answers kept beside a version: the page's own questions and a few of the API's.
_ANSWERS_MAX = 64
_Answer = TypeVar("_Answer")


class _Memo:
    """What was worked out of one tuple of leaves; filled by whoever asks first.

    Two threads may work out the same thing at once; both get the same, and one stays.
    """

    __slots__ = ("answers", "starts", "table", "timestep_starts")

    def __init__(self) -> None:
        self.table: TimestepTable | None = None
        self.starts: Ints | None = None
        self.timestep_starts: Ints | None = None
        self.answers: dict[object, object] = {}


@dataclass(frozen=True, eq=False)
class Run:
    """All kept timesteps of one run, in order of their keys."""

    id: str
    label: str
    leaves: tuple[Leaf, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    marks: tuple[Mark, ...] = ()
    dropped: int = 0
    """Timesteps of earlier attempts that are not shown."""
    superseded: Superseded = field(default_factory=Superseded)
    """Figures of the newest of those, as far as they were read."""
    params: tuple[tuple[str, str], ...] = ()
    """Name and value of the parameters that its user gave it."""
    _memo: _Memo = field(default_factory=_Memo, repr=False)

    @classmethod
    def empty(cls, run_id: str, label: str) -> Run:
        """Return a run without timesteps."""
        return cls(run_id, label)

    # Changes

    def put(self, timesteps: Iterable[Timestep]) -> Run:
        """Return the run with `timesteps` put in, wherever they belong.

        A timestep of a known key replaces the old one; of two with one key the later given
        counts. What is already there to the last bit changes nothing; if that is all, the
        same object is returned. Values are copied.
        """
        latest = {timestep.key: timestep for timestep in timesteps}
        changed = [latest[key] for key in sorted(latest) if not self._holds(latest[key])]
        if not changed:
            return self
        return self._with(place(self.leaves, leaf_of(changed, next(_CHANGES))))

    def extend(
        self,
        key: Key,
        values: Floats,
        *,
        wall_time: float | None = None,
        complete: bool | None = None,
        summary: tuple[tuple[str, SummaryValue], ...] | None = None,
    ) -> Run:
        """Return the run with `values` added at the end of the timestep `key`.

        What is None stays as it is. Raises UnknownNameError where there is no such timestep.
        """
        index = self.index_of(key)
        if index is None:
            raise UnknownNameError(f"no timestep {key} in run {self.id}: put it first")
        old = self.timestep(index)
        grown = old._replace(
            values=np.concatenate([old.values, values]),
            wall_time=old.wall_time if wall_time is None else wall_time,
            complete=old.complete if complete is None else complete,
            summary=old.summary if summary is None else summary,
        )
        return self.put([grown])

    def drop(self, keys: Iterable[Key]) -> Run:
        """Return the run without the timesteps of `keys`; unknown keys are passed over."""
        known = [key for key in keys if find(self.leaves, key) is not None]
        return self._with(without(self.leaves, known)) if known else self

    def ending_in(self, end: Run) -> Run:
        """Return the run with the timesteps of `end` instead of its own from there on."""
        if not end.leaves:
            return self
        return self._with(before(self.leaves, first_key(end.leaves[0])) + end.leaves)

    def without_timesteps(self) -> Run:
        """Return the run before its first timestep."""
        return self._with(()) if self.leaves else self

    def with_attempts(self, attempts: Sequence[Attempt], dropped: int | None = None) -> Run:
        """Return the run with other attempts, and number of timesteps not shown if given."""
        count_dropped = self.dropped if dropped is None else dropped
        return replace(self, attempts=tuple(attempts), dropped=count_dropped)

    def with_marks(self, marks: Sequence[Mark]) -> Run:
        """Return the run with other marks."""
        return replace(self, marks=tuple(marks))

    def renamed(self, label: str) -> Run:
        """Return the run with another label."""
        return replace(self, label=label)

    def prepared(self) -> Run:
        """Return the run itself after making what the first question would have to wait for.

        Sorted copies and blocks of all leaves, 20 ns a value, once for each leaf: the reading
        thread calls this before publishing, so that no answer has to.
        """
        for leaf in self.leaves:
            leaf.sorted  # noqa: B018 - made and kept at first use
            leaf.column("block_count")
        return self

    # Places

    @property
    def unit(self) -> Unit:
        """What one loss stands for, as the newest timestep says."""
        return self.leaves[-1].facts.unit(-1) if self.leaves else "batch"

    @property
    def n_timesteps(self) -> int:
        """Number of timesteps."""
        return int(self._timestep_starts[-1])

    @property
    def n_values(self) -> int:
        """Number of values, NaN and infinity included."""
        return int(self.leaf_starts[-1])

    @property
    def table(self) -> TimestepTable:
        """Columns over all timesteps."""
        memo = self._memo
        if memo.table is None:
            memo.table = TimestepTable(self.leaves)
        return memo.table

    @property
    def parts(self) -> list[Floats]:
        """The values of each leaf; must not be written to."""
        return [leaf.values for leaf in self.leaves]

    @property
    def leaf_starts(self) -> Ints:
        """Position over the run of each leaf's first value, then the number of values."""
        if self._memo.starts is None:
            self._memo.starts = _offsets([leaf.values.size for leaf in self.leaves])
        return self._memo.starts

    @property
    def blocked(self) -> BlockedValues:
        """All values with the figures of their blocks."""
        return self.answer(("blocked",), self._blocked)

    @property
    def keys(self) -> tuple[Key, ...]:
        """Keys of all timesteps, in order."""
        return self.answer(
            ("keys",), lambda: tuple(key for leaf in self.leaves for key in leaf.facts.all_keys())
        )

    @property
    def model_seconds(self) -> Floats | None:
        """Seconds of model time since the first timestep, float64 of shape (timesteps,).

        In the run's calendar; NaN where a model time is unknown, None where all are.
        """
        return self.answer(("model_seconds",), self.table.model_seconds)

    @property
    def steps(self) -> Ints | None:
        """Step of each timestep as the job log counts, int64 of shape (timesteps,).

        None where timesteps are known by their model time.
        """
        if not self.leaves or len(self.leaves[0].facts.first_key) != 1:
            return None
        return self.answer(
            ("steps",), lambda: np.concatenate([leaf.facts.key_rows[:, 0] for leaf in self.leaves])
        )

    def labels(self, start: int = 0, stop: int | None = None) -> list[str]:
        """Return the labels of timesteps [start, stop) by index, to the end if None."""
        end = self.n_timesteps if stop is None else min(stop, self.n_timesteps)
        labels: list[str] = []
        if start >= end:
            return labels
        starts = self._timestep_starts
        at = int(np.searchsorted(starts, start, side="right")) - 1
        while at < len(self.leaves) and starts[at] < end:
            low, high = max(0, start - int(starts[at])), end - int(starts[at])
            labels += self.leaves[at].facts.labels(low, high)
            at += 1
        return labels

    def labels_at(self, indices: Ints) -> list[str]:
        """Return the labels of timesteps by rising indices."""
        starts = self._timestep_starts
        leaves = np.searchsorted(starts, indices, side="right") - 1
        rows = (indices - starts[leaves]).tolist()
        return [
            self.leaves[at].facts.label(row) for at, row in zip(leaves.tolist(), rows, strict=True)
        ]

    def label_of(self, index: int) -> str:
        """Return the label of one timestep."""
        leaf, row = self._where(index)
        return leaf.facts.label(row)

    def index_of(self, key: Key) -> int | None:
        """Return the index of the timestep `key`, None if there is none."""
        where = find(self.leaves, key)
        return None if where is None else int(self._timestep_starts[where[0]]) + where[1]

    def index_at(self, date: tuple[int, ...]) -> int | None:
        """Return the index of the last timestep of a model time, None if there is none."""
        starts = self._timestep_starts
        for at in range(len(self.leaves) - 1, -1, -1):
            row = self.leaves[at].facts.last_at(date)
            if row is not None:
                return int(starts[at]) + row
        return None

    def timestep(self, index: int) -> Timestep:
        """Return one timestep by its index (negative: from the end).

        Its values are a view that must not be written to. Raises IndexError.
        """
        leaf, row = self._where(index)
        return leaf.timestep(row)

    def values_of(self, index: int) -> Floats:
        """Return the values of one timestep by its index, without copying."""
        leaf, row = self._where(index)
        return leaf.values_of(row)

    def values(self, start: int = 0, stop: int | None = None) -> Floats:
        """Return the values at positions [start, stop) over the run; float64.

        A range within one leaf is not copied; the result must not be written to.
        """
        end = self.n_values if stop is None else stop
        return values_between(self.parts, self.leaf_starts, start, end)

    def values_at(self, positions: Ints) -> Floats:
        """Return the values at rising `positions` over the run; float64, same shape."""
        return values_at(self.parts, self.leaf_starts, positions)

    def newest(self, column: str, most: int) -> NDArray[Any]:
        """Return a column's entries for the newest `most` timesteps, in order.

        Costs nothing for the others: it does not join the columns of all leaves.
        """
        parts: list[NDArray[Any]] = []
        for leaf in reversed(self.leaves):
            if most <= 0:
                break
            parts.append(leaf.column(column)[-most:])
            most -= len(leaf)
        return np.concatenate(parts[::-1]) if parts else np.zeros(0)

    def entry(self, column: str, index: int) -> float:
        """Return a column's entry for one timestep, without joining the columns of all."""
        leaf, row = self._where(index)
        return float(leaf.column(column)[row])

    @property
    def latest_filled(self) -> int | None:
        """Index of the latest timestep that has a value, None if there is none."""
        stop = self.n_timesteps
        for leaf in reversed(self.leaves):
            filled = np.flatnonzero(leaf.column("count"))
            stop -= len(leaf)
            if filled.size:
                return stop + int(filled[-1])
        return None

    def places(self, start: int) -> tuple[Ints, Ints]:
        """Return the index of its timestep, and its own within that, of each value from `start`.

        `start` is a position over the run, of which all leaves before are left alone.
        """
        first = max(0, int(np.searchsorted(self.leaf_starts, start, side="right")) - 1)
        counts = np.concatenate([leaf.column("count") for leaf in self.leaves[first:]])
        size = int(counts.sum())
        timesteps = np.repeat(np.arange(len(counts)), counts) + self._timestep_starts[first]
        within = np.arange(size) - np.repeat(np.cumsum(counts) - counts, counts)
        skipped = start - int(self.leaf_starts[first])
        return timesteps[skipped:], within[skipped:]

    # Answers

    def answer(self, question: object, work_out: Callable[[], _Answer]) -> _Answer:
        """Return the answer to `question`, worked out once for this version."""
        answers = self._memo.answers
        known = answers.get(question)
        if known is not None:
            return cast("_Answer", known)
        if len(answers) >= _ANSWERS_MAX:
            answers.clear()
        answer = work_out()
        answers[question] = answer
        return answer

    def _blocked(self) -> BlockedValues:
        ends = block_ends(self.table.column("block_count"))
        return BlockedValues(self.parts, self.leaf_starts, ends, self.table.block_moments())

    def _with(self, leaves: tuple[Leaf, ...]) -> Run:
        return replace(self, leaves=leaves, _memo=_Memo())

    def _holds(self, timestep: Timestep) -> bool:
        where = find(self.leaves, timestep.key)
        return where is not None and self.leaves[where[0]].holds(where[1], timestep)

    @property
    def _timestep_starts(self) -> Ints:
        if self._memo.timestep_starts is None:
            self._memo.timestep_starts = _offsets([len(leaf) for leaf in self.leaves])
        return self._memo.timestep_starts

    def _where(self, index: int) -> tuple[Leaf, int]:
        starts = self._timestep_starts
        total = int(starts[-1])
        if not -total <= index < total:
            raise IndexError(f"timestep {index} of {total}")
        index %= total
        at = int(np.searchsorted(starts, index, side="right")) - 1
        return self.leaves[at], index - int(starts[at])


def _offsets(sizes: list[int]) -> Ints:
    offsets = np.zeros(len(sizes) + 1, dtype=np.int64)
    np.cumsum(sizes, out=offsets[1:])
    return offsets
