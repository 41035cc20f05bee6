"""Histograms of a tag: bounded, without loss of a bin that holds something."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from loss_monitor.series.histograms import (
    NEWEST_KEPT,
    Histogram,
    HistogramColumn,
    without_empty_runs,
)


def histogram(step, counts=(1.0, 2.0)):
    edges = np.arange(len(counts) + 1.0)
    return Histogram(step, 5.0, 0.0, 1.0, 3.0, 1.5, 1.1, edges, np.array(counts))


def test_the_newest_are_whole_and_the_older_ones_thinned():
    """However many come, a tag keeps its newest 512 and a bounded rest back to the first."""
    column = HistogramColumn()
    for start in range(0, 20_000, 50):

        class _Point(Histogram):
            tag = 0

        column = column.append(
            [_Point(*_fields(histogram(step))) for step in range(start, start + 50)]
        )
    steps = [point.step for point in column.points]
    assert column.thinned
    assert len(steps) <= 2 * NEWEST_KEPT
    assert steps[-NEWEST_KEPT:] == list(range(20_000 - NEWEST_KEPT, 20_000))
    assert steps == sorted(set(steps))
    assert steps[0] == 0


def _fields(one):
    return [getattr(one, name) for name in one.__dataclass_fields__]


@given(st.lists(st.sampled_from([0.0, 0.0, 1.0, 2.5]), min_size=0, max_size=30))
def test_joined_empty_buckets_keep_every_count_in_its_place(counts):
    """Each bucket that holds something keeps its edges; no two empty ones lie side by side."""
    edges = np.arange(len(counts) + 1.0)
    new_edges, new_counts = without_empty_runs(edges, np.array(counts))
    assert len(new_edges) == len(new_counts) + 1

    def holding(bounds, numbers):
        return [
            (low, high, number)
            for low, high, number in zip(bounds[:-1], bounds[1:], numbers, strict=True)
            if number
        ]

    assert holding(new_edges, new_counts) == holding(edges, counts)
    assert (new_edges[0], new_edges[-1]) == (edges[0], edges[-1])
    empty = new_counts == 0
    assert not (empty[1:] & empty[:-1]).any()
