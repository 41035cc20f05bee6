"""Percentiles of segments: the bits of `numpy.percentile` for each of them."""

from __future__ import annotations

from itertools import chain

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loss_monitor.statistics import segment_quantiles
from loss_monitor.statistics.segment_quantiles import segment_percentiles

Q = (0, 10, 33.3, 50, 90, 100)
VALUES = st.floats(-10, 10) | st.sampled_from([np.nan, np.inf, -np.inf, 0.0, -0.0])


@pytest.fixture
def small_matrices(monkeypatch):
    """Matrices of at most 24 values, so that a few segments need several."""
    monkeypatch.setattr(segment_quantiles, "_MATRIX_VALUES", 24)


@pytest.mark.usefixtures("small_matrices")
@given(st.lists(st.lists(VALUES, max_size=30), max_size=12))
def test_each_segment_has_the_percentiles_of_its_finite_values(lists):
    """Whatever lies beside it, and however the segments are put together."""
    counts = np.array([len(one) for one in lists], dtype=np.int64)
    found = segment_percentiles(np.array([*chain(*lists)], dtype=np.float64), counts, Q)
    assert found.shape == (len(lists), len(Q))
    for row, one in zip(found, lists, strict=True):
        finite = np.array([value for value in one if np.isfinite(value)])
        wanted = np.percentile(finite + 0.0, Q) if finite.size else np.full(len(Q), np.nan)
        np.testing.assert_array_equal(row, wanted)
