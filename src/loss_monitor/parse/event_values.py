"""What a value of an event file means: a scalar, a histogram, or something passed over.

Enters: a decoded `wire.event.Value` and the plugin its tag was made for. Leaves: a number,
a `HistogramTable`, or the reason for passing over. Source of the meanings: TensorBoard's
`data_compat.py` and the metadata of its scalar and histogram plugins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np

from loss_monitor.types import Floats
from loss_monitor.wire.event import Histogram, Value
from loss_monitor.wire.tensor import DOUBLE, FLOAT

SCALARS, HISTOGRAMS, TEXT = b"scalars", b"histograms", b"text"

_DATA_CLASS_SCALAR = 1
_TABLE_COLUMNS = 3
"""Left edge, right edge, count."""

BAD_HISTOGRAM = "malformed histogram"
BAD_TENSOR = "malformed tensor"


@dataclass(frozen=True, slots=True)
class Number:
    """A scalar."""

    value: float
    is_double: bool = False
    """Whether it was written with more than float32's precision."""


@dataclass(frozen=True, slots=True, eq=False)
class HistogramTable:
    """A histogram: bucket `i` holds `counts[i]` values from `edges[i]` to `edges[i + 1]`."""

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
    """float64, shape (buckets,); no two empty buckets lie side by side."""


def meaning(value: Value, plugin: bytes) -> Number | HistogramTable | str:
    """Return what `value` holds, or in words why it is passed over.

    `plugin` is that of the value, or of an earlier value of its tag: writers may name it
    only once. Raises `MalformedError` for a tensor's list that does not end properly.
    """
    if value.kind == "scalar":
        return Number(value.scalar)
    if value.histogram is not None and value.kind == "histogram":
        return _from_message(value.histogram) or BAD_HISTOGRAM
    if value.tensor is None or value.kind != "tensor":
        return value.kind
    tensor = value.tensor
    if plugin == TEXT:
        return "text"
    if not tensor.is_numeric:
        return "tensor"
    if plugin in (b"", SCALARS) or value.data_class == _DATA_CLASS_SCALAR:
        if all(size == 1 for size in tensor.shape) and (plugin or not tensor.shape):
            numbers = tensor.numbers()
            return Number(numbers[0], tensor.is_double) if numbers else BAD_TENSOR
        if plugin:
            return "tensor"
    is_table = tensor.shape[1:] == (_TABLE_COLUMNS,)
    if plugin in (b"", HISTOGRAMS) and is_table and tensor.dtype in (FLOAT, DOUBLE):
        return _from_table(tensor.numbers()) or BAD_HISTOGRAM
    return "tensor"


def _from_message(histogram: Histogram) -> HistogramTable | None:
    """Return the table of a `HistogramProto`, None where its lists do not fit together.

    A bucket begins where the one before ends; the first begins at the least value and the
    last, whose limit is often the largest double, ends at the greatest. Torch puts an empty
    bucket in front that ends below the least value: it gets no width.
    """
    if len(histogram.limits) != len(histogram.counts) or not histogram.limits:
        return None
    limits = np.asarray(histogram.limits, dtype=np.float64)
    counts = np.asarray(histogram.counts, dtype=np.float64)
    edges = np.concatenate((limits[:1], limits))
    if histogram.min < edges[1]:
        edges[0] = histogram.min
    if edges[-2] <= histogram.max < edges[-1]:
        edges[-1] = histogram.max
    if not _is_sound(edges, counts):
        return None
    edges, counts = without_empty_runs(edges, counts)
    return HistogramTable(
        min=histogram.min,
        max=histogram.max,
        num=histogram.num,
        sum=histogram.sum,
        sum_squares=histogram.sum_squares,
        edges=edges,
        counts=counts,
    )


def _from_table(numbers: Sequence[float] | None) -> HistogramTable | None:
    """Return the table of rows (left edge, right edge, count), None where it makes no sense."""
    if not numbers:
        return None
    left, right, counts = np.array(numbers, dtype=np.float64).reshape(-1, _TABLE_COLUMNS).T
    edges = np.append(left, right[-1])
    if not _is_sound(edges, counts):
        return None
    with np.errstate(over="ignore"):
        # From the first to the last, so that both cores round alike.
        num = float(np.add.accumulate(counts)[-1])
    edges, counts = without_empty_runs(edges, counts)
    return HistogramTable(
        min=float(edges[0]),
        max=float(edges[-1]),
        num=num,
        sum=np.nan,
        sum_squares=np.nan,
        edges=edges,
        counts=counts,
    )


def _is_sound(edges: Floats, counts: Floats) -> bool:
    """Return whether edges are finite and never fall, and counts are finite and not negative."""
    return bool(
        (edges[1:] >= edges[:-1]).all()
        and isfinite(edges[0])
        and isfinite(edges[-1])
        and counts.min() >= 0
        and isfinite(counts.max())
    )


def without_empty_runs(edges: Floats, counts: Floats) -> tuple[Floats, Floats]:
    """Return edges and counts with each run of empty buckets joined into one.

    Shapes (buckets + 1,) and (buckets,), both copies. A histogram of torch is some 9 kB,
    mostly empty buckets; joining them loses nothing.

    >>> [a.tolist() for a in without_empty_runs(np.arange(6.0), np.array([1, 0, 0, 0, 2.0]))]
    [[0.0, 1.0, 4.0, 5.0], [1.0, 0.0, 2.0]]
    """
    inside = (counts[1:] == 0) & (counts[:-1] == 0)
    begins = np.concatenate([[True], ~inside])
    return np.append(edges[:-1][begins], edges[-1]), counts[begins]
