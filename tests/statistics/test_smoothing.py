"""Moving averages in parts: each equals the one that is taken value by value."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from averages import plain_average
from loss_monitor.statistics import smoothing
from loss_monitor.statistics.smoothing import averages_at, part_sums

VALUES = st.floats(-10, 10) | st.sampled_from([math.nan, math.inf, -math.inf])
WEIGHTS = st.sampled_from([0.0, 0.1, 0.9, 0.999])


@pytest.fixture
def small_chunks(monkeypatch):
    """Chunks of 4 values."""
    monkeypatch.setattr(smoothing, "CHUNK_VALUES", 4)


@pytest.mark.usefixtures("small_chunks")
@settings(max_examples=200)
@given(st.lists(st.lists(VALUES, max_size=15), min_size=1, max_size=5), WEIGHTS, st.data())
def test_the_average_is_known_at_any_values(lists, weight, data):
    """However the values are cut into parts, and wherever they are not finite."""
    values = [value for one in lists for value in one]
    at = st.sets(st.integers(0, max(0, len(values) - 1)), max_size=len(values))
    positions = np.array(sorted(data.draw(at)), dtype=np.int64)[: len(values)]
    parts = [np.array(one, dtype=np.float64) for one in lists]
    sums = [part_sums(part, weight) for part in parts]
    found = averages_at(parts, sums, weight, positions)
    wanted = plain_average(values, weight)[positions]
    np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-9)


def test_long_parts_are_summed_in_chunks():
    """More than a chunk, a piece of a chunk behind, a NaN in the middle; float32 as well."""
    values = np.random.default_rng(1).random(1000).astype(np.float32)
    values[300] = np.nan
    parts = [values[:437], values[437:]]
    found = averages_at(parts, [part_sums(part, 0.99) for part in parts], 0.99, np.arange(1000))
    np.testing.assert_allclose(found, plain_average(values.tolist(), 0.99), rtol=1e-9)


def test_the_first_values_are_not_drawn_towards_zero():
    """Divided by what their weights sum to."""
    part = np.full(10, 3.0)
    found = averages_at([part], [part_sums(part, 0.99)], 0.99, np.arange(10))
    np.testing.assert_allclose(found, part)
