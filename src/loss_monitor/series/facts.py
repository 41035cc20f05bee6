"""What is known of a leaf's timesteps beside their numbers: keys, labels, files, summaries.

Enters: timesteps, or pieces of other facts. Leaves: columns with one entry a timestep. A
record for each timestep would take many times the memory, and joining leaves, which goes on
all the time while a run is read, would touch each of them. A job log has a timestep for every
few losses: nothing is kept that follows from something else, or that is alike for all.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from loss_monitor.model_time import ModelTime, label_of
from loss_monitor.types import Ints, Key, SummaryValue, Timestep, Unit

MODEL_FIELDS = len(ModelTime._fields)
_UNKNOWN = (0,) * MODEL_FIELDS
_INT32_MAX = 2**31 - 1
_UNITS: tuple[Unit, ...] = ("batch", "epoch", "rank")
_UNIT_NUMBER = {unit: number for number, unit in enumerate(_UNITS)}
_SUMMARY_NAMES: dict[tuple[str, ...], tuple[str, ...]] = {}
# Real summaries have a handful of layouts; a file with ever new names must not fill memory.
_SUMMARY_LAYOUTS_MAX = 256
_T = TypeVar("_T")


class Facts:
    """Columns over the timesteps of one leaf, one at least; never changed once made."""

    __slots__ = (
        "complete", "dates", "first_key", "key_rows", "label_bytes", "last_key", "sources",
        "summary_names", "summary_values", "unit_numbers",
    )  # fmt: skip

    def __init__(
        self,
        key_rows: NDArray[np.int32] | Ints,
        dates: NDArray[np.int32] | None,
        label_bytes: NDArray[np.bytes_] | None,
        sources: tuple[str, ...] | str,
        summary_names: tuple[tuple[str, ...], ...] | None,
        summary_values: tuple[tuple[SummaryValue, ...], ...] | None,
        unit_numbers: NDArray[np.uint8],
        complete: NDArray[np.bool_],
    ) -> None:
        """Keep the columns given.

        `key_rows` has shape (timesteps, fields of a key). `dates` are the fields of the model
        times, shape (timesteps, 7), zeros where unknown; None where they are the keys, or
        none is known. `label_bytes` is UTF-8; None where the labels are those that
        `usual_label` gives. One text stands for sources that are alike; None for no summary.
        """
        self.key_rows = key_rows
        self.dates = dates
        self.label_bytes = label_bytes
        self.sources = sources
        self.summary_names = summary_names
        self.summary_values = summary_values
        self.unit_numbers = unit_numbers
        self.complete = complete
        self.first_key = self.key(0)
        self.last_key = self.key(-1)

    @classmethod
    def of(cls, timesteps: Sequence[Timestep]) -> Facts:
        """Return the facts of `timesteps`; equal lists of summary names share memory."""
        keys = [t.key for t in timesteps]
        fields = [_model_fields_of(t) for t in timesteps]
        labels = [t.label for t in timesteps]
        has_dates = any(fields) if len(keys[0]) != MODEL_FIELDS else fields != keys
        has_labels = not all(map(str.__eq__, labels, map(usual_label, keys, fields)))
        has_summaries = any(t.summary for t in timesteps)
        sources = tuple(t.source for t in timesteps)
        return cls(
            _rows_of(keys),
            np.array([date or _UNKNOWN for date in fields], np.int32) if has_dates else None,
            np.array([text.encode() for text in labels], np.bytes_) if has_labels else None,
            sources[0] if sources.count(sources[0]) == len(sources) else sources,
            tuple(map(_names_of, timesteps)) if has_summaries else None,
            tuple(map(_values_of, timesteps)) if has_summaries else None,
            np.array([_UNIT_NUMBER[t.unit] for t in timesteps], dtype=np.uint8),
            np.array([t.complete for t in timesteps], dtype=np.bool_),
        )

    @classmethod
    def joined(cls, pieces: Sequence[tuple[Facts, int, int]]) -> Facts:
        """Return the facts of rows [start, stop) of each piece, laid end to end."""
        parts = [facts for facts, _, _ in pieces]
        dates = labels = names = values = None
        if any(part.dates is not None for part in parts):
            dates = np.concatenate([part.all_dates()[i:j] for part, i, j in pieces])
        if any(part.label_bytes is not None for part in parts):
            labels = np.concatenate([part.all_label_bytes(i, j) for part, i, j in pieces])
        if any(part.summary_names is not None for part in parts):
            names = _chained((p.summary_names or ((),) * len(p))[i:j] for p, i, j in pieces)
            values = _chained((p.summary_values or ((),) * len(p))[i:j] for p, i, j in pieces)
        sources = parts[0].sources
        if not isinstance(sources, str) or any(part.sources != sources for part in parts):
            sources = _chained(part.all_sources()[i:j] for part, i, j in pieces)
        return cls(
            np.concatenate([part.key_rows[i:j] for part, i, j in pieces]),
            dates,
            labels,
            sources,
            names,
            values,
            np.concatenate([part.unit_numbers[i:j] for part, i, j in pieces]),
            np.concatenate([part.complete[i:j] for part, i, j in pieces]),
        )

    def __len__(self) -> int:
        """Return the number of timesteps."""
        return len(self.key_rows)

    def key(self, row: int) -> Key:
        """Return one timestep's key."""
        return tuple(self.key_rows[row].tolist())

    def all_keys(self) -> list[Key]:
        """Return all keys, in order."""
        return list(map(tuple, self.key_rows.tolist()))

    def place(self, key: Key, low: int = 0) -> int:
        """Return the first row from `low` on whose key is not below `key`."""
        if self.key_rows.shape[1] == 1 == len(key):
            return low + int(self.key_rows[low:, 0].searchsorted(key[0]))
        return bisect_left(range(len(self)), key, low, key=self.key)

    def model_fields(self) -> NDArray[np.int32] | Ints:
        """Return the model times, shape (timesteps, 7), zeros where unknown."""
        return self.key_rows if self.dates is None and self._keys_are_dates else self.all_dates()

    def date(self, row: int) -> tuple[int, ...]:
        """Return one timestep's model time, empty while unknown."""
        if self.dates is None:
            return self.key(row) if self._keys_are_dates else ()
        fields = tuple(self.dates[row].tolist())
        return () if fields == _UNKNOWN else fields

    def last_at(self, date: tuple[int, ...]) -> int | None:
        """Return the last row of a model time, None if there is none."""
        fields = self.model_fields()
        # Days tell most dates apart: only those of the same one are looked at whole.
        rows = np.flatnonzero(fields[:, 2] == date[2])
        rows = rows[(fields[rows] == date).all(axis=1)]
        return int(rows[-1]) if rows.size else None

    def labels(self, start: int = 0, stop: int | None = None) -> list[str]:
        """Return the labels of rows [start, stop)."""
        if self.label_bytes is not None:
            return [label.decode() for label in self.label_bytes[start:stop].tolist()]
        keys = map(tuple, self.key_rows[start:stop].tolist())
        if self.dates is None:
            return [usual_label(key, key if self._keys_are_dates else ()) for key in keys]
        dates = map(tuple, self.dates[start:stop].tolist())
        return [
            usual_label(key, () if date == _UNKNOWN else date)
            for key, date in zip(keys, dates, strict=True)
        ]

    def label(self, row: int) -> str:
        """Return one timestep's label."""
        row %= len(self)
        return self.labels(row, row + 1)[0]

    def source(self, row: int) -> str:
        """Return the path that a timestep came from."""
        return self.sources if isinstance(self.sources, str) else self.sources[row]

    def unit(self, row: int) -> Unit:
        """Return what one loss of a timestep stands for."""
        return _UNITS[int(self.unit_numbers[row])]

    def is_complete(self, row: int) -> bool:
        """Return False while a timestep may still grow."""
        return bool(self.complete[row])

    def summary(self, row: int) -> tuple[tuple[str, SummaryValue], ...]:
        """Return the pairs of a timestep's summary file, names as in the file."""
        if self.summary_names is None or self.summary_values is None:
            return ()
        return tuple(zip(self.summary_names[row], self.summary_values[row], strict=True))

    def holds(self, row: int, timestep: Timestep) -> bool:
        """Return whether these are the facts of `timestep`."""
        return bool(
            self.key(row) == timestep.key
            and self.source(row) == timestep.source
            and self.label(row) == timestep.label
            and self.unit(row) == timestep.unit
            and self.is_complete(row) == timestep.complete
            and self.summary(row) == timestep.summary
            and self.date(row) == _model_fields_of(timestep)
        )

    # For `joined`: columns whole, where others have something of their own

    def all_dates(self) -> NDArray[np.int32]:
        """Return `dates`, made where they follow from something else."""
        if self.dates is not None:
            return self.dates
        if self._keys_are_dates:
            return self.key_rows.astype(np.int32)
        return np.zeros((len(self), MODEL_FIELDS), dtype=np.int32)

    def all_label_bytes(self, start: int, stop: int) -> NDArray[np.bytes_]:
        """Return `label_bytes` of rows [start, stop), made where they follow."""
        if self.label_bytes is not None:
            return self.label_bytes[start:stop]
        return np.array([label.encode() for label in self.labels(start, stop)], np.bytes_)

    def all_sources(self) -> tuple[str, ...]:
        """Return `sources`, one for each timestep."""
        return (self.sources,) * len(self) if isinstance(self.sources, str) else self.sources

    @property
    def _keys_are_dates(self) -> bool:
        return bool(self.key_rows.shape[1] == MODEL_FIELDS)


def usual_label(key: Key, model_fields: tuple[int, ...]) -> str:
    """Return the label that follows from a model time, `step N` while that is unknown."""
    return label_of(model_fields) if model_fields else f"step {key[0]}"


def _rows_of(keys: list[Key]) -> NDArray[np.int32] | Ints:
    """Return keys as rows; model times, of which there is one a file, take half the bytes."""
    rows = np.array(keys, dtype=np.int64)
    fits = len(keys[0]) == MODEL_FIELDS and bool((np.abs(rows) <= _INT32_MAX).all())
    return rows.astype(np.int32) if fits else rows


def _names_of(timestep: Timestep) -> tuple[str, ...]:
    if not timestep.summary:
        return ()
    names = tuple(name for name, _ in timestep.summary)
    if names not in _SUMMARY_NAMES and len(_SUMMARY_NAMES) < _SUMMARY_LAYOUTS_MAX:
        _SUMMARY_NAMES[names] = names
    return _SUMMARY_NAMES.get(names, names)


def _values_of(timestep: Timestep) -> tuple[SummaryValue, ...]:
    return tuple(value for _, value in timestep.summary) if timestep.summary else ()


def _model_fields_of(timestep: Timestep) -> tuple[int, ...]:
    key, fields = timestep.key, timestep.model_fields
    return key if not fields and len(key) == MODEL_FIELDS else fields


def _chained(parts: Iterable[tuple[_T, ...]]) -> tuple[_T, ...]:
    return tuple(chain.from_iterable(parts))
