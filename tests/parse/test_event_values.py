"""Meanings of values that need no file around them."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from loss_monitor.parse.event_values import without_empty_runs


@given(st.lists(st.sampled_from([0.0, 0.0, 1.0, 2.5]), min_size=1, max_size=30))
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
