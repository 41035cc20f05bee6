"""Records of event files as columns: the decoding behind `event_file.scan`.

Enters: a buffer and where in it the good records are. Leaves: columns of scalars in the
order of the file, histograms, and counts of what was passed over. Plain scalars go by
columns of bytes (`event_columns`), all others one by one (`wire.event`).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from loss_monitor.parse.event_checksums import BLOCK_BYTES, equally_long, records_of_length
from loss_monitor.parse.event_columns import ScalarRows, plain_scalars
from loss_monitor.parse.event_values import HistogramTable, Number, meaning
from loss_monitor.types import Floats, Ints
from loss_monitor.wire.event import Event, Value, decode_event
from loss_monitor.wire.protobuf import MalformedError

_ROWS_MIN = 32
"""Below this many equally long records, columns are slower than one record at a time."""

_PASSED_OVER = frozenset(("graph", "run metadata", "log message"))
"""Kinds of events that hold something which is not shown; the others are bookkeeping."""


class TagNumbers:
    """Numbers of the tags of one run, given in the order of first appearance.

    Written by `scan` alone; `names` may be read at any time, as numbers never change.
    """

    def __init__(self) -> None:
        """Start without tags."""
        self.names: list[str] = []
        """Text of each number. A tag that is no UTF-8 shows its other bytes as `\\xff`."""
        self.plugins: dict[bytes, bytes] = {}
        """Plugin of each tag that named one: writers may name it in the first value only."""
        self.known: dict[bytes, int] = {}
        """Numbers by the tags' bytes; two spellings of one text have one number."""
        self._number_of_name: dict[str, int] = {}

    def __len__(self) -> int:
        """Return how many tags have a number."""
        return len(self.names)

    def number(self, tag: bytes) -> int:
        """Return the number of `tag`, giving it the next one where it has none."""
        if tag in self.known:
            return self.known[tag]
        name = tag.decode("utf-8", "backslashreplace")
        number = self._number_of_name.setdefault(name, len(self.names))
        if number == len(self.names):
            self.names.append(name)
        self.known[tag] = number
        return number


@dataclass(frozen=True, slots=True, eq=False)
class HistogramPoint:
    """One histogram of one tag at one step."""

    tag: int
    step: int
    wall_time: float
    """Seconds since 1970-01-01 UTC; 0 where absent or no number."""
    min: float
    max: float
    num: float
    sum: float
    """Of the values; NaN where the file does not say."""
    sum_squares: float
    """Of the values; NaN where the file does not say."""
    edges: Floats
    """float64, shape (buckets + 1,), never falling."""
    counts: Floats
    """float64, shape (buckets,)."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Scalars in the order of the file, arrays of shape (scalars,)."""

    tag: NDArray[np.uint32]
    step: Ints
    wall_time: Floats
    value: Floats


@dataclass(slots=True)
class _Single:
    """Scalars decoded one by one, as growing columns."""

    record: list[int] = field(default_factory=list)
    tags: list[bytes] = field(default_factory=list)
    step: list[int] = field(default_factory=list)
    wall_time: list[float] = field(default_factory=list)
    value: list[float] = field(default_factory=list)


class Decoder:
    """The decoding of one buffer: `take` the records once, then read the rest."""

    def __init__(self, view: memoryview, tags: TagNumbers) -> None:
        """Decode from `view`, whose tags get their numbers from `tags`."""
        self.histograms: list[HistogramPoint] = []
        self.doubles: set[int] = set()
        """Tags of which a value had more than float32's precision."""
        self.skipped: Counter[str] = Counter()
        self._view = view
        self._tags = tags
        self._single = _Single()
        self._tables: list[tuple[bytes, Event, HistogramTable]] = []
        self._double_tags: set[bytes] = set()
        self._by_columns: list[tuple[Ints, ScalarRows]] = []
        self._new_tags: dict[bytes, tuple[int, int]] = {}

    def take(self, starts: Ints, lengths: Ints) -> None:
        """Decode the records whose payloads are `view[start : start + length]`."""
        pending = np.ones(len(starts), dtype=bool)
        if len(starts) >= _ROWS_MIN:
            data = np.frombuffer(self._view, dtype=np.uint8)
            for length, records in equally_long(lengths, np.flatnonzero(lengths <= BLOCK_BYTES)):
                if len(records) >= _ROWS_MIN and length:
                    matrix = records_of_length(data, starts[records], length)
                    for found in plain_scalars(matrix):
                        taken = records[found.rows]
                        pending[taken] = False
                        self._by_columns.append((taken, found))
                        self._meet(taken, found.tags)
        for record in np.flatnonzero(pending).tolist():
            start = int(starts[record])
            self._take_one(record, self._view[start : start + int(lengths[record])])
        self._number_new_tags()

    def columns(self) -> Columns:
        """Return the scalars of all records taken."""
        single, known = self._single, self._tags.known.__getitem__
        records = [np.array(single.record, dtype=np.int64)]
        tag = [np.array([known(text) for text in single.tags], dtype=np.uint32)]
        step = [np.array(single.step, dtype=np.int64)]
        wall_time = [np.array(single.wall_time, dtype=np.float64)]
        value = [np.array(single.value, dtype=np.float64)]
        for taken, found in self._by_columns:
            records.append(taken)
            tag.append(np.fromiter(map(known, found.tags), np.uint32, len(found.tags)))
            step.append(found.step)
            wall_time.append(found.wall_time)
            value.append(found.value)
        # Stable, so that several values of one record stay in their order.
        order = np.argsort(np.concatenate(records), kind="stable")
        seconds = np.concatenate(wall_time)[order]
        seconds[~np.isfinite(seconds)] = 0.0
        return Columns(
            tag=np.concatenate(tag)[order],
            step=np.concatenate(step)[order],
            wall_time=seconds,
            value=np.concatenate(value)[order],
        )

    def _meet(self, records: Ints, tags: list[bytes]) -> None:
        """Note which tags without a number appear, and where first."""
        unknown = set(tags) - self._tags.known.keys()
        for row, tag in enumerate(tags):
            if not unknown:
                return
            if tag in unknown:
                unknown.remove(tag)
                place = (int(records[row]), 0)
                self._new_tags[tag] = min(place, self._new_tags.get(tag, place))

    def _number_new_tags(self) -> None:
        for tag in sorted(self._new_tags, key=self._new_tags.__getitem__):
            self._tags.number(tag)
        number = self._tags.number
        self.doubles = {number(tag) for tag in self._double_tags}
        for tag, event, table in self._tables:
            self.histograms.append(
                HistogramPoint(
                    tag=number(tag),
                    step=event.step,
                    wall_time=event.wall_time if np.isfinite(event.wall_time) else 0.0,
                    min=table.min,
                    max=table.max,
                    num=table.num,
                    sum=table.sum,
                    sum_squares=table.sum_squares,
                    edges=table.edges,
                    counts=table.counts,
                )
            )

    def _take_one(self, record: int, payload: memoryview) -> None:
        try:
            event = decode_event(payload)
        except MalformedError:
            self.skipped["malformed event"] += 1
            return
        if event.kind in _PASSED_OVER:
            self.skipped[event.kind] += 1
        for index, value in enumerate(event.values or ()):
            self._take_value(record, index, event, value)

    def _take_value(self, record: int, index: int, event: Event, value: Value) -> None:
        if value.plugin:
            self._tags.plugins.setdefault(value.tag, value.plugin)
        try:
            found = meaning(value, value.plugin or self._tags.plugins.get(value.tag, b""))
        except MalformedError:
            self.skipped["malformed tensor"] += 1
            return
        if isinstance(found, str):
            self.skipped[found] += 1
            return
        if value.tag not in self._tags.known:
            place = (record, index)
            self._new_tags[value.tag] = min(place, self._new_tags.get(value.tag, place))
        if isinstance(found, HistogramTable):
            self._tables.append((value.tag, event, found))
        elif isinstance(found, Number):
            if found.is_double:
                self._double_tags.add(value.tag)
            self._single.record.append(record)
            self._single.tags.append(value.tag)
            self._single.step.append(event.step)
            self._single.wall_time.append(event.wall_time)
            self._single.value.append(found.value)
