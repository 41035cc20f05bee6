"""Edges of buckets and lengths of blocks."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from loss_monitor.statistics.reduction import block_counts, bucket_edges


@given(st.integers(0, 10**9), st.integers(-5, 10**6), st.integers(1, 5000))
def test_buckets_cover_a_range_without_gap(start, size, buckets_max):
    """Edges rise strictly from start to stop, and buckets differ by one value at most."""
    edges = bucket_edges(start, start + size, buckets_max)
    if size <= 0:
        assert edges.size == 0
        return
    assert (edges[0], edges[-1]) == (start, start + size)
    assert len(edges) - 1 == min(size, buckets_max)
    widths = np.diff(edges)
    assert 1 <= widths.min() <= widths.max() <= widths.min() + 1


@given(st.lists(st.integers(0, 40), max_size=20), st.integers(1, 9))
def test_blocks_cut_each_segment_from_its_own_start(counts, block_values):
    """All blocks of a segment are full but its last, and none crosses its end."""
    expected = [
        min(block_values, count - at) for count in counts for at in range(0, count, block_values)
    ]
    array = np.array(counts, dtype=np.int64)
    assert block_counts(array, block_values).tolist() == expected
