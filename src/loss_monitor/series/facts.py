"""What is known of a leaf's timesteps beside their numbers: keys, labels, files, summaries.

Enters: timesteps, or pieces of other facts. Leaves: columns with one entry a timestep. A
record for each timestep would take three times the memory, and joining leaves, which goes on
all the time while a run is read, would touch each of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from loss_monitor.model_time import ModelTime
from loss_monitor.types import Key, SummaryValue, Timestep, Unit

MODEL_FIELDS = len(ModelTime._fields)
_UNITS: tuple[Unit, ...] = ("batch", "epoch", "rank")
_UNIT_NUMBER = {unit: number for number, unit in enumerate(_UNITS)}
_SUMMARY_NAMES: dict[tuple[str, ...], tuple[str, ...]] = {}
# Real summaries have a handful of layouts; a file with ever new names must not fill memory.
_SUMMARY_LAYOUTS_MAX = 256
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """Columns over the timesteps of one leaf; fields as in `types.Timestep`."""

    keys: tuple[Key, ...]
    sources: tuple[str, ...]
    summary_names: tuple[tuple[str, ...], ...]
    summary_values: tuple[tuple[SummaryValue, ...], ...]
    model_fields: tuple[tuple[int, ...], ...]
    label_bytes: NDArray[np.bytes_]
    """UTF-8: a text of its own would take four times the bytes of a label."""
    unit_numbers: NDArray[np.uint8]
    complete: NDArray[np.bool_]

    @classmethod
    def of(cls, timesteps: Sequence[Timestep]) -> Facts:
        """Return the facts of `timesteps`; equal lists of summary names share memory."""
        return cls(
            keys=tuple(t.key for t in timesteps),
            sources=tuple(t.source for t in timesteps),
            summary_names=tuple(_names_of(t) for t in timesteps),
            summary_values=tuple(_values_of(t) for t in timesteps),
            model_fields=tuple(_model_fields_of(t) for t in timesteps),
            label_bytes=np.array([t.label.encode() for t in timesteps], dtype=np.bytes_),
            unit_numbers=np.array([_UNIT_NUMBER[t.unit] for t in timesteps], dtype=np.uint8),
            complete=np.array([t.complete for t in timesteps], dtype=np.bool_),
        )

    @classmethod
    def joined(cls, pieces: Sequence[tuple[Facts, int, int]]) -> Facts:
        """Return the facts of rows [start, stop) of each piece, laid end to end."""
        return cls(
            _chained(facts.keys[i:j] for facts, i, j in pieces),
            _chained(facts.sources[i:j] for facts, i, j in pieces),
            _chained(facts.summary_names[i:j] for facts, i, j in pieces),
            _chained(facts.summary_values[i:j] for facts, i, j in pieces),
            _chained(facts.model_fields[i:j] for facts, i, j in pieces),
            np.concatenate([facts.label_bytes[i:j] for facts, i, j in pieces]),
            np.concatenate([facts.unit_numbers[i:j] for facts, i, j in pieces]),
            np.concatenate([facts.complete[i:j] for facts, i, j in pieces]),
        )

    def __len__(self) -> int:
        """Return the number of timesteps."""
        return len(self.keys)

    def labels(self, start: int = 0, stop: int | None = None) -> list[str]:
        """Return the labels of rows [start, stop)."""
        return [label.decode() for label in self.label_bytes[start:stop].tolist()]

    def label(self, row: int) -> str:
        """Return one timestep's label."""
        return bytes(self.label_bytes[row]).decode()

    def unit(self, row: int) -> Unit:
        """Return what one loss of a timestep stands for."""
        return _UNITS[int(self.unit_numbers[row])]

    def is_complete(self, row: int) -> bool:
        """Return False while a timestep may still grow."""
        return bool(self.complete[row])

    def summary(self, row: int) -> tuple[tuple[str, SummaryValue], ...]:
        """Return the pairs of a timestep's summary file, names as in the file."""
        return tuple(zip(self.summary_names[row], self.summary_values[row], strict=True))

    def holds(self, row: int, timestep: Timestep) -> bool:
        """Return whether these are the facts of `timestep`."""
        return (
            self.keys[row] == timestep.key
            and self.sources[row] == timestep.source
            and self.label(row) == timestep.label
            and self.unit(row) == timestep.unit
            and self.is_complete(row) == timestep.complete
            and self.summary(row) == timestep.summary
            and self.model_fields[row] == _model_fields_of(timestep)
        )


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
    if fields == key or (not fields and len(key) == MODEL_FIELDS):
        return key
    return fields


def _chained(parts: Iterable[tuple[_T, ...]]) -> tuple[_T, ...]:
    return tuple(chain.from_iterable(parts))
