"""Histograms one by one, and one behind the other as readers of event files hand them over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from loss_monitor.series.histograms import Histogram, PackedHistograms, pack, unpacked


@dataclass(frozen=True)
class Packed:
    """Histograms one behind the other."""

    tag: NDArray[np.uint32]
    wall_time: NDArray[np.float64]
    ends: NDArray[np.int64]
    packed: bytes


def histogram(
    step: int,
    wall_time: float = 1.0,
    edges: Sequence[float] = (0.0, 0.5, 1.0),
    counts: Sequence[float] = (1.0, 2.0),
    sum_squares: float = 1.1,
) -> Histogram:
    """Return a histogram of three values."""
    buckets = (np.array(edges, dtype=np.float64), np.array(counts, dtype=np.float64))
    return Histogram(step, wall_time, 0.0, 1.0, 3.0, 1.5, sum_squares, *buckets)


def packed(histograms: Sequence[tuple[int, Histogram]]) -> Packed:
    """Return histograms, given with the numbers of their tags, one behind the other."""
    parts = [pack(one) for _, one in histograms]
    return Packed(
        tag=np.array([tag for tag, _ in histograms], dtype=np.uint32),
        wall_time=np.array([one.wall_time for _, one in histograms], dtype=np.float64),
        ends=np.cumsum([len(part) for part in parts], dtype=np.int64),
        packed=b"".join(parts),
    )


def one_by_one(found: PackedHistograms) -> Iterator[tuple[int, Histogram]]:
    """Yield the number of the tag and the histogram."""
    begin = 0
    for tag, end in zip(found.tag.tolist(), found.ends.tolist(), strict=True):
        yield tag, unpacked(found.packed[begin:end])
        begin = end
