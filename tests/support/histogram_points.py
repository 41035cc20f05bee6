"""Histograms one by one, and as readers of event files hand them over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from loss_monitor.series.histograms import Histogram, PackedHistograms, pack, unpacked


@dataclass(frozen=True)
class Packed:
    """Histograms as a reader of event files hands them over."""

    tag: NDArray[np.uint32]
    wall_time: NDArray[np.float64]
    packed: list[bytes]


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
    """Return histograms, given with the numbers of their tags."""
    return Packed(
        tag=np.array([tag for tag, _ in histograms], dtype=np.uint32),
        wall_time=np.array([one.wall_time for _, one in histograms], dtype=np.float64),
        packed=[pack(one) for _, one in histograms],
    )


def one_by_one(found: PackedHistograms) -> Iterator[tuple[int, Histogram]]:
    """Yield the number of the tag and the histogram."""
    yield from zip(found.tag.tolist(), map(unpacked, found.packed), strict=True)
