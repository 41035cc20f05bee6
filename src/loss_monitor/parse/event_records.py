"""Records of event files as columns, in Python: the twin of the compiled scan.

Enters: a buffer that begins at a record, and who numbers tags. Leaves: `Records`. Plain
scalars go by columns of bytes (`event_columns`), all others one by one (`wire.event`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from loss_monitor.parse.event_checksums import BLOCK_BYTES, equally_long, records_of_length
from loss_monitor.parse.event_columns import ScalarRows, plain_scalars
from loss_monitor.parse.event_frames import End, find_records
from loss_monitor.parse.event_values import HistogramTable, Number, meaning
from loss_monitor.series.histograms import Histogram, pack
from loss_monitor.types import Floats, Ints
from loss_monitor.wire.crc32c import Buffer
from loss_monitor.wire.event import Event, Value, decode_event
from loss_monitor.wire.protobuf import MalformedError

_ROWS_MIN = 32
"""Below this many equally long records, columns are slower than one record at a time."""

_PASSED_OVER = frozenset(("graph", "run metadata", "log message"))
"""Kinds of events that hold something which is not shown; the others are bookkeeping."""


class ScalarColumns(NamedTuple):
    """Scalars, those of one tag side by side, in the order of the file; shape (scalars,)."""

    tag: NDArray[np.uint32]
    """Numbers of the tags."""
    step: Ints
    wall_time: Floats
    """Seconds since 1970-01-01 UTC; 0 where absent or no number."""
    value: Floats


class PackedHistograms(NamedTuple):
    """Histograms in the order of the file."""

    tag: NDArray[np.uint32]
    """Numbers of the tags, shape (histograms,)."""
    wall_time: Floats
    """Seconds since 1970-01-01 UTC, 0 where absent or no number; shape (histograms,)."""
    packed: list[bytes]
    """The histograms, each as `series.histograms.pack` makes it."""

    def of_first_tags(self, tags_max: int) -> PackedHistograms:
        """Return the same without the histograms of tags numbered `tags_max` and above."""
        kept = np.flatnonzero(self.tag < tags_max)
        packed = [self.packed[row] for row in kept.tolist()]
        return PackedHistograms(self.tag[kept], self.wall_time[kept], packed)


class Records(NamedTuple):
    """What the whole good records at the beginning of a buffer hold."""

    consumed: int
    """Bytes up to the end of the last one."""
    end: End
    """What stands there."""
    needed_bytes: int
    """Least bytes from `consumed` that could hold the next record; 0 unless incomplete."""
    records: int
    """Records of any kind."""
    doubles: frozenset[int]
    """Numbers of the tags of which a value had more than float32's precision."""
    scalars: ScalarColumns
    histograms: PackedHistograms
    skipped: Mapping[str, int]
    """Values and events passed over, by kind."""


def scan_records(
    buffer: Buffer, plugins: dict[bytes, bytes], number_of: Callable[[bytes], int]
) -> Records:
    """Return what all whole good records at the beginning of `buffer` hold.

    `plugins` gives the plugin of each tag of which an earlier value named one; those that are
    named here for the first time are entered. `number_of` is asked for the number of each tag
    that has points, in the order of their first ones. Raises nothing for any content.
    """
    view = memoryview(buffer).cast("B")
    found = find_records(view)
    decoder = _Decoder(view, plugins)
    decoder.take(found.starts, found.lengths)
    for tag in decoder.tags():
        decoder.numbers[tag] = number_of(tag)
    return Records(
        consumed=found.consumed,
        end=found.end,
        needed_bytes=found.needed_bytes,
        records=len(found.starts),
        doubles=frozenset(decoder.numbers[tag] for tag in decoder.double_tags),
        scalars=decoder.scalars(),
        histograms=decoder.histograms(),
        skipped=dict(decoder.skipped),
    )


@dataclass(slots=True)
class _Single:
    """Scalars decoded one by one, as growing columns."""

    record: list[int] = field(default_factory=list)
    tags: list[bytes] = field(default_factory=list)
    step: list[int] = field(default_factory=list)
    wall_time: list[float] = field(default_factory=list)
    value: list[float] = field(default_factory=list)


class _Decoder:
    """The decoding of one buffer: `take` the records once, then read the rest."""

    def __init__(self, view: memoryview, plugins: dict[bytes, bytes]) -> None:
        """Decode from `view`."""
        self.numbers: dict[bytes, int] = {}
        """Numbers of the tags that have points; to be filled before columns are asked for."""
        self.double_tags: set[bytes] = set()
        """Tags of which a value had more than float32's precision."""
        self.skipped: Counter[str] = Counter()
        self._view = view
        self._plugins = plugins
        self._single = _Single()
        self._histograms: list[tuple[bytes, Histogram]] = []
        self._by_columns: list[tuple[Ints, ScalarRows]] = []
        self._first_places: dict[bytes, tuple[int, int]] = {}

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

    def tags(self) -> list[bytes]:
        """Return the tags that have points, in the order of their first ones."""
        return sorted(self._first_places, key=self._first_places.__getitem__)

    def scalars(self) -> ScalarColumns:
        """Return the scalars of all records taken."""
        single, known = self._single, self.numbers.__getitem__
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
        tags = np.concatenate(tag)
        # Stable, so that several values of one record stay in their order.
        order = np.lexsort((np.concatenate(records), tags))
        seconds = np.concatenate(wall_time)[order]
        seconds[~np.isfinite(seconds)] = 0.0
        return ScalarColumns(
            tag=tags[order],
            step=np.concatenate(step)[order],
            wall_time=seconds,
            value=np.concatenate(value)[order],
        )

    def histograms(self) -> PackedHistograms:
        """Return the histograms of all records taken."""
        tags = [self.numbers[tag] for tag, _ in self._histograms]
        walls = [histogram.wall_time for _, histogram in self._histograms]
        return PackedHistograms(
            tag=np.array(tags, dtype=np.uint32),
            wall_time=np.array(walls, dtype=np.float64),
            packed=[pack(histogram) for _, histogram in self._histograms],
        )

    def _meet(self, records: Ints, tags: list[bytes]) -> None:
        """Note where tags appear first."""
        unknown = set(tags)
        for row, tag in enumerate(tags):
            if not unknown:
                return
            if tag in unknown:
                unknown.remove(tag)
                self._note_place(tag, (int(records[row]), 0))

    def _note_place(self, tag: bytes, place: tuple[int, int]) -> None:
        """Note that a point of `tag` stands at `place`: record, and value within it."""
        self._first_places[tag] = min(place, self._first_places.get(tag, place))

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
            self._plugins.setdefault(value.tag, value.plugin)
        try:
            found = meaning(value, value.plugin or self._plugins.get(value.tag, b""))
        except MalformedError:
            self.skipped["malformed tensor"] += 1
            return
        if isinstance(found, str):
            self.skipped[found] += 1
            return
        self._note_place(value.tag, (record, index))
        if isinstance(found, HistogramTable):
            self._histograms.append((value.tag, _written(found, event)))
        elif isinstance(found, Number):
            if found.is_double:
                self.double_tags.add(value.tag)
            self._single.record.append(record)
            self._single.tags.append(value.tag)
            self._single.step.append(event.step)
            self._single.wall_time.append(event.wall_time)
            self._single.value.append(found.value)


def _written(table: HistogramTable, event: Event) -> Histogram:
    """Return a table with the step and the wall time it was written at."""
    return Histogram(
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
