"""The least-squares line: it equals numpy's, over batches that are all counted."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loss_monitor.statistics.moments import describe, split
from loss_monitor.statistics.regression import centred_sums, fit

LOSSES = st.floats(-100, 100, width=32) | st.sampled_from([math.nan, math.inf])
SEGMENTS = st.lists(st.lists(LOSSES, max_size=12), min_size=1, max_size=12)


def line_of(segments):
    values = np.array([value for segment in segments for value in segment], dtype=np.float64)
    counts = np.array([len(segment) for segment in segments], dtype=np.int64)
    parts = split(values, counts)
    figures = describe(parts)
    start = np.cumsum(counts) - counts
    sums = centred_sums(parts, figures.mean)
    return values, fit(figures.finite, start, sums, figures.mean, figures.m2)


@given(SEGMENTS)
def test_the_slope_equals_a_plain_fit(segments):
    """Every batch counts in the index, only finite losses enter, however they are cut."""
    values, line = line_of(segments)
    x = np.flatnonzero(np.isfinite(values)).astype(np.float64)
    y = values[np.isfinite(values)]
    if y.size < 2:
        assert line is None
        return
    x, centred = x - x.mean(), y - y.mean()
    slope = (x @ centred) / (x @ x)
    unexplained = float(((centred - slope * x) ** 2).sum())
    size = float(np.abs(y).max()) + 1e-300
    assert line.slope == pytest.approx(slope, rel=1e-9, abs=1e-12 * size)
    if y.size > 2:
        error = math.sqrt(unexplained / (y.size - 2) / (x @ x))
        assert line.standard_error == pytest.approx(error, rel=1e-6, abs=1e-7 * size)
    if centred @ centred > 1e-12 * size**2:
        r2 = 1 - unexplained / (centred @ centred)
        assert line.r2 == pytest.approx(r2, abs=1e-6)


@given(SEGMENTS, st.integers(0, 11))
def test_sums_do_not_depend_on_neighbours(segments, which):
    """A segment's sums are the same alone and beside segments with and without gaps."""
    which %= len(segments)

    def sums(some):
        values = np.array([value for segment in some for value in segment], dtype=np.float64)
        parts = split(values, np.array([len(segment) for segment in some], dtype=np.int64))
        return centred_sums(parts, describe(parts).mean)

    for beside, alone in zip(sums(segments), sums([segments[which]]), strict=True):
        assert beside[which].tobytes() == alone[0].tobytes()


def test_a_long_run_far_from_zero_keeps_its_slope():
    """Ten million batches in, a slope of 1e-9 a batch on losses near 1000 is found."""
    values = 1000 + 1e-9 * np.arange(100_000)
    counts = np.full(100, 1000)
    parts = split(values, counts)
    figures = describe(parts)
    start = np.cumsum(counts) - counts + 10_000_000
    sums = centred_sums(parts, figures.mean)
    line = fit(figures.finite, start, sums, figures.mean, figures.m2)
    assert line is not None
    assert line.slope == pytest.approx(1e-9, rel=1e-6)


def test_equal_values_have_no_slope_and_no_r2():
    """Without variance there is nothing to explain."""
    _, line = line_of([[0.1] * 7, [0.1] * 5])
    assert line is not None
    assert line.slope == 0
    assert math.isnan(line.r2)
