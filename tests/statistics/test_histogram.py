"""Histograms from sorted arrays: they equal numpy's and lose no value."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loss_monitor.statistics.histogram import count_sorted, linear_edges, log_edges
from loss_monitor.statistics.sorting import sorted_finite

FINITE = st.floats(width=32, allow_nan=False, allow_infinity=False)
WIDE = st.floats(allow_nan=False, allow_infinity=False)
PARTS = st.lists(st.lists(FINITE | WIDE, min_size=1, max_size=30), min_size=1, max_size=5)


@given(PARTS, st.integers(1, 40))
def test_linear_counts_are_numpys_and_sum_to_all(parts, bins):
    """Bins are half-open, the last one closed, and from minimum to maximum."""
    values = np.concatenate([np.array(part) for part in parts])
    low, high = float(values.min()), float(values.max())
    edges = linear_edges(low, high, bins)
    counts = count_sorted([sorted_finite(np.array(part)) for part in parts], edges)
    assert len(edges) == bins + 1
    assert (edges[1:] >= edges[:-1]).all()
    assert counts.sum() == values.size
    if low < high:
        assert (edges[0], edges[-1]) == (low, high)
        np.testing.assert_array_equal(counts, np.histogram(values, bins=edges)[0])


@given(st.lists(st.floats(5e-324, 1.7e308), min_size=1), st.integers(1, 40))
def test_log_edges_hold_the_extremes(values, bins):
    """Rounding of logarithms loses neither the least nor the greatest value."""
    array = np.sort(np.array(values))
    edges = log_edges(float(array[0]), float(array[-1]), bins)
    assert edges[0] <= array[0]
    assert edges[-1] >= array[-1]
    assert (edges[1:] >= edges[:-1]).all()
    assert count_sorted([array], edges).sum() == array.size


def test_log_edges_are_in_equal_ratios():
    """Three decades in three bins."""
    assert log_edges(1e-3, 1.0, 3) == pytest.approx([1e-3, 1e-2, 1e-1, 1.0])


@pytest.mark.parametrize("value", [0.0, 3.0, -2.5, 1e-310, 1e308])
def test_one_value_lies_inside_of_its_bins(value):
    """A run whose losses are all equal has a histogram, too."""
    edges = linear_edges(value, value, 20)
    assert edges[0] < value < edges[-1]
    assert all(map(math.isfinite, edges))
    assert count_sorted([np.full(5, value)], edges).sum() == 5
