"""Plain scalars of many event records at once, by columns of bytes.

Enters: equally long payloads as rows of a matrix. Leaves: the rows that are a wall time, a
step and one float value of one tag in the usual order, as columns. Rows that look otherwise
are left to `wire.event`, which knows every form; both agree on every row taken here.
Source of the layout: the field numbers in `wire.event` and the field order of all common
writers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from loss_monitor.parse.event_checksums import Bytes
from loss_monitor.types import Floats, Ints

# Keys (field number and wire type) as they stand in front of the fields.
_WALL_TIME, _STEP, _SUMMARY = 0x09, 0x10, 0x2A
_VALUE, _TAG, _SIMPLE_VALUE = 0x0A, 0x0A, 0x15

_STEP_AT = 9
"""Offset of the step's key: behind the wall time's key and its eight bytes."""
_STEP_BYTES_MAX = 10
_CONTINUES = 0x80

_BEFORE_TAG = 6
"""Key and length of summary, value and tag."""
_BEHIND_TAG = 5
"""Key and float of the value."""


@dataclass(slots=True)
class ScalarRows:
    """Plain scalars with the same place for every field; arrays of shape (rows,)."""

    rows: Ints
    """Indices of the rows of the matrix, rising."""
    tags: list[bytes]
    step: Ints
    wall_time: Floats
    value: Floats


def plain_scalars(matrix: Bytes) -> Iterator[ScalarRows]:
    """Yield the plain scalars among payloads, uint8 of shape (records, length)."""
    if matrix.shape[1] < _STEP_AT + _BEFORE_TAG + 1 + _BEHIND_TAG:
        return
    has_time = matrix[:, 0] == _WALL_TIME
    without_step = np.flatnonzero(has_time & (matrix[:, _STEP_AT] == _SUMMARY))
    if without_step.size:
        yield from _with_summary_at(_STEP_AT, matrix, without_step)
    going_on = np.flatnonzero(has_time & (matrix[:, _STEP_AT] == _STEP))
    for at in range(_STEP_AT + 1, min(_STEP_AT + 1 + _STEP_BYTES_MAX, matrix.shape[1] - 1)):
        if not going_on.size:
            return
        continues = matrix[going_on, at] >= _CONTINUES
        ended = going_on[~continues]
        if ended.size:
            yield from _with_summary_at(at + 1, matrix, ended)
        going_on = going_on[continues]


def _with_summary_at(at: int, matrix: Bytes, rows: Ints) -> Iterator[ScalarRows]:
    """Yield those of `rows` whose summary begins at column `at` and is one plain scalar."""
    length = matrix.shape[1]
    tag_at = at + _BEFORE_TAG
    value_at = length - _BEHIND_TAG
    tag_bytes = value_at - tag_at
    # Longer summaries have lengths of two bytes, which only `wire.event` reads.
    if tag_bytes < 1 or length - at - 2 >= _CONTINUES:
        return
    fixed = [_SUMMARY, length - at - 2, _VALUE, length - at - 4, _TAG, tag_bytes]
    sub = matrix if len(rows) == len(matrix) else matrix[rows]
    fits = sub[:, value_at] == _SIMPLE_VALUE
    for column, byte in enumerate(fixed, at):
        fits &= sub[:, column] == byte
    if not fits.all():
        rows, sub = rows[fits], sub[fits]
    if rows.size:
        tags = np.ascontiguousarray(sub[:, tag_at:value_at])
        yield ScalarRows(
            rows=rows,
            tags=tags.view(np.dtype((np.void, tag_bytes))).ravel().tolist(),
            step=_steps(sub[:, _STEP_AT + 1 : at]),
            wall_time=np.ascontiguousarray(sub[:, 1:_STEP_AT]).view("<f8").ravel(),
            value=_float32(np.ascontiguousarray(sub[:, value_at + 1 :])),
        )


def _steps(varints: Bytes) -> Ints:
    """Return the int64 that varints of one width stand for; shape (rows,)."""
    step = np.zeros(len(varints), dtype=np.uint64)
    for index, column in enumerate(varints.T):
        step |= (column & 0x7F).astype(np.uint64) << np.uint64(7 * index)
    return step.view(np.int64)


def _float32(columns: Bytes) -> Floats:
    # A signalling NaN is data here, no reason for a warning.
    with np.errstate(invalid="ignore"):
        return columns.view("<f4").ravel().astype(np.float64)
