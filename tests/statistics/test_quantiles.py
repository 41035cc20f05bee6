"""Exact percentiles over several sorted arrays: the bits of `numpy.percentile`."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loss_monitor.statistics import quantiles
from loss_monitor.statistics.quantiles import Pivots, percentiles, values_at_ranks
from loss_monitor.statistics.sorting import sorted_finite

Q = (0, 1, 25, 50, 75, 90, 95, 99, 99.9, 100)
LOSSES = st.floats(width=32) | st.floats() | st.sampled_from([0.5, 0.5, 1.0, math.nan])
PARTS = st.lists(st.lists(LOSSES, max_size=40), min_size=1, max_size=8)


@pytest.fixture
def _search_always(monkeypatch):
    """Search in the arrays however few values they hold."""
    monkeypatch.setattr(quantiles, "_JOIN_MAX", 0)
    monkeypatch.setattr(quantiles, "_POOL_STRIDE", 4)
    monkeypatch.setattr(quantiles, "_POOL_GOLDEN", 3)


def same_percentiles(parts):
    arrays = [sorted_finite(np.array(part, dtype=np.float64)) for part in parts]
    values = np.concatenate([np.array(part, dtype=np.float64) for part in parts])
    finite = values[np.isfinite(values)]
    found = percentiles(arrays, Q)
    if finite.size:
        with np.errstate(over="ignore", invalid="ignore"):
            np.testing.assert_array_equal(found, np.percentile(finite, Q))
    else:
        assert np.isnan(found).all()


@given(PARTS)
def test_percentiles_are_those_of_numpy(parts):
    """Few values are joined."""
    same_percentiles(parts)


@pytest.mark.usefixtures("_search_always")
@given(PARTS)
def test_percentiles_by_search_are_those_of_numpy(parts):
    """Many values are searched in the arrays, ties and mixed types included."""
    same_percentiles(parts)


@pytest.mark.usefixtures("_search_always")
def test_parts_that_do_not_mix_are_searched_right():
    """A loss that falls puts each array below the one before: the pool guesses worst."""
    same_percentiles([np.linspace(9 - i, 10 - i, 500 + i).tolist() for i in range(9)])


@pytest.mark.usefixtures("_search_always")
def test_a_million_equal_values_are_not_gathered(monkeypatch):
    """Ties are answered by counting; the gathering stays small."""
    gathered = []
    between = quantiles._between
    monkeypatch.setattr(
        quantiles, "_between", lambda *a: gathered.append(between(*a)) or gathered[-1]
    )
    ones = np.ones(100_000, dtype=np.float32)
    tail = np.linspace(1, 2, 1000, dtype=np.float32)
    arrays = [np.sort(np.concatenate([ones, tail])) for _ in range(10)]
    found = percentiles(arrays, Q)
    np.testing.assert_array_equal(found, np.percentile(np.concatenate(arrays).astype(float), Q))
    assert sum(array.size for array in gathered) < 10_000


def test_ten_leaves_of_real_size_agree_with_numpy():
    """Sizes at which searching begins by itself."""
    rng = np.random.default_rng(3)
    values = rng.lognormal(size=300_000)
    values[::2] = values[::2].astype(np.float32)
    arrays = [sorted_finite(values[i : i + 30_000]) for i in range(0, 300_000, 30_000)]
    np.testing.assert_array_equal(percentiles(arrays, Q), np.percentile(values, Q))
    ranks = np.array([0, 1, 2, 150_000, 299_999])
    np.testing.assert_array_equal(values_at_ranks(arrays, ranks), np.sort(values)[ranks])


@given(st.lists(LOSSES), st.lists(st.floats(allow_nan=False), min_size=1))
def test_counts_are_right_whatever_the_arrays_type(values, pivots):
    """float32 arrays are compared with float64 pivots as if they were float64."""
    array = sorted_finite(np.array(values, dtype=np.float64))
    wide = array.astype(np.float64)
    edges = np.array(pivots)
    below = [(wide < pivot).sum() for pivot in pivots]
    up_to = [(wide <= pivot).sum() for pivot in pivots]
    assert Pivots(edges).count_below(array).tolist() == below
    assert Pivots(edges).count_up_to(array).tolist() == up_to
