"""Histograms of one tag in one file: bounded, the newest whole, older ones thinned.

Enters: histograms as event files hold them, in file order. Leaves: a new `HistogramColumn`,
which holds them as bytes and hands them out one by one.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from loss_monitor.types import Floats

NEWEST_KEPT = 512
"""Newest histograms of a tag that are kept one by one, unless memory asks for fewer: the
page's heat map has as many columns."""
_LEAST_KEPT = 2
"""What thinning leaves at least: the first and the newest."""
_OBJECT_BYTES = 64
"""What a histogram takes in memory beside its bytes, about."""


class PackedHistograms(Protocol):
    """Histograms in the order of a file."""

    @property
    def tag(self) -> NDArray[np.uint32]:
        """Numbers of their tags, shape (histograms,)."""
        ...

    @property
    def wall_time(self) -> Floats:
        """Seconds since 1970-01-01 UTC, 0 where absent; shape (histograms,)."""
        ...

    @property
    def packed(self) -> list[bytes]:
        """The histograms, each as `pack` makes it."""
        ...


@dataclass(frozen=True, slots=True)
class Histogram:
    """One histogram at one step: bucket `i` holds the values between edges `i` and `i + 1`."""

    step: int
    wall_time: float
    """Seconds since 1970-01-01 UTC; 0 where absent."""
    min: float
    max: float
    num: float
    sum: float
    sum_squares: float
    edges: Floats
    """Shape (buckets + 1,)."""
    counts: NDArray[Any]
    """float32 where that holds all counts exactly, else float64; shape (buckets,)."""


_ROW = struct.Struct("=qq6d")
"""Front of a packed histogram: step, number of buckets, wall time, figures. All is in the
machine's byte order."""


def pack(histogram: Histogram) -> bytes:
    """Return a histogram as bytes: the front, the edges, the counts.

    Bytes, because objects and arrays of their own would take as much again, and the garbage
    collector would visit them by the thousand. The compiled core packs by itself.
    """
    with np.errstate(over="ignore"):
        narrow = histogram.counts.astype(np.float32)
    counts = narrow if np.array_equal(narrow, histogram.counts) else histogram.counts
    front = _ROW.pack(
        histogram.step,
        len(counts),
        histogram.wall_time,
        histogram.min,
        histogram.max,
        histogram.num,
        histogram.sum,
        histogram.sum_squares,
    )
    return front + histogram.edges.tobytes() + counts.tobytes()


def unpacked(packed: bytes) -> Histogram:
    """Return a packed histogram; its arrays share the memory of `packed`."""
    step, buckets, wall_time, *figures = _ROW.unpack_from(packed)
    least, greatest, num, total, total_squares = figures
    counts_at = _ROW.size + 8 * (buckets + 1)
    count_bytes = (len(packed) - counts_at) // buckets
    return Histogram(
        step,
        wall_time,
        least,
        greatest,
        num,
        total,
        total_squares,
        edges=np.frombuffer(packed, np.float64, buckets + 1, _ROW.size),
        counts=np.frombuffer(packed, f"f{count_bytes}", buckets, counts_at),
    )


def step_of(packed: bytes) -> int:
    """Return the step of a packed histogram."""
    step: int = _ROW.unpack_from(packed)[0]
    return step


def by_tag(histograms: PackedHistograms) -> dict[int, list[bytes]]:
    """Return the histograms by the numbers of their tags, in the order of the file."""
    found: dict[int, list[bytes]] = {}
    for tag, packed in zip(histograms.tag.tolist(), histograms.packed, strict=True):
        found.setdefault(tag, []).append(packed)
    return found


@dataclass(frozen=True, slots=True)
class HistogramColumn:
    """Histograms in the order of the file.

    Versions share one list: a newer one writes only behind the end of the older, so that
    appending costs what is new.
    """

    _shared: list[bytes] = field(default_factory=list)
    _count: int = 0
    """Histograms of the list that belong to this version."""
    thinned: bool = False
    """Whether some of the older steps were passed over."""
    n_bytes: int = 0
    """Memory that they take, about."""

    def __len__(self) -> int:
        """Return the number of histograms."""
        return self._count

    @property
    def packed(self) -> list[bytes]:
        """The histograms, as `pack` makes them."""
        return self._shared[: self._count]

    def append(self, packed: Sequence[bytes]) -> HistogramColumn:
        """Return the column with histograms behind its own."""
        # Behind the end another version may have written already: its own stay its own.
        shared = self._shared if len(self._shared) == self._count else self.packed
        if self._count + len(packed) <= 2 * NEWEST_KEPT:
            shared.extend(packed)
            n_bytes = self.n_bytes + _n_bytes(packed)
            return HistogramColumn(shared, len(shared), self.thinned, n_bytes)
        kept = [*self.packed, *packed]
        while len(kept) > 2 * NEWEST_KEPT:
            kept = _thinner(kept)
        return HistogramColumn(kept, len(kept), True, _n_bytes(kept))

    def within(self, bytes_max: int) -> HistogramColumn:
        """Return the column thinned until it takes at most `bytes_max`, or two are left."""
        kept = self.packed
        while len(kept) > _LEAST_KEPT and _n_bytes(kept) > bytes_max:
            kept = _thinner(kept)
        if len(kept) == self._count:
            return self
        return HistogramColumn(kept, len(kept), True, _n_bytes(kept))


def _n_bytes(packed: Sequence[bytes]) -> int:
    return sum(map(len, packed)) + _OBJECT_BYTES * len(packed)


def _thinner(packed: list[bytes]) -> list[bytes]:
    """Return histograms without every second of the older half.

    Done again and again this leaves the rarer steps the further back they lie, and always the
    first one.
    """
    older = len(packed) - len(packed) // 2
    return [*packed[0:older:2], *packed[older:]]
