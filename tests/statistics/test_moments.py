"""Moments of segments: they equal plain arithmetic, whatever lies beside a segment."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loss_monitor.statistics import moments
from loss_monitor.statistics.moments import Moments, describe, merge, merge_groups, split

LOSSES = st.floats(width=32) | st.floats(-1e3, 1e3) | st.sampled_from([math.nan, math.inf, 0.0])
SEGMENTS = st.lists(st.lists(LOSSES, max_size=20), min_size=1, max_size=12)

# Below this squares have lost bits of their own.
TINY = 1e-290


def laid_out(segments):
    values = np.array([value for segment in segments for value in segment], dtype=np.float64)
    return values, np.array([len(segment) for segment in segments], dtype=np.int64)


def exact(segment):
    """Mean and sum of squared deviations in rational numbers."""
    finite = [Fraction(value) for value in segment if math.isfinite(value)]
    mean = sum(finite) / len(finite)
    return finite, mean, sum((value - mean) ** 2 for value in finite)


@given(SEGMENTS)
def test_moments_equal_exact_arithmetic(segments):
    """Counts and extremes are exact, mean and deviation right to rounding."""
    parts = split(*laid_out(segments))
    figures = describe(parts)
    for i, segment in enumerate(segments):
        assert parts.nan[i] == sum(map(math.isnan, segment))
        assert figures.finite[i] == sum(map(math.isfinite, segment))
        if not figures.finite[i]:
            assert np.isnan([figures.mean[i], figures.m2[i], figures.min[i], figures.max[i]]).all()
            continue
        finite, mean, m2 = exact(segment)
        largest = float(max(map(abs, finite)))
        assert (figures.min[i], figures.max[i]) == (min(finite), max(finite))
        assert figures.mean[i] == pytest.approx(float(mean), rel=1e-13, abs=1e-14 * largest + TINY)
        assert figures.m2[i] == pytest.approx(float(m2), rel=1e-9, abs=1e-25 * largest**2 + TINY)
        assert figures.min[i] <= figures.mean[i] <= figures.max[i]


@given(SEGMENTS, st.integers(0, 11))
def test_a_segments_figures_do_not_depend_on_its_neighbours(segments, which):
    """A segment by itself has the same figures, to the last bit."""
    which %= len(segments)
    beside = describe(split(*laid_out(segments)))
    alone = describe(split(*laid_out([segments[which]])))
    for column, single in zip(beside, alone, strict=True):
        assert column[which].tobytes() == single[0].tobytes()


def test_long_segments_do_not_depend_on_where_they_lie():
    """Vectorised sums give the same bits at every alignment."""
    rng = np.random.default_rng(7)
    segment = rng.lognormal(size=3001)
    alone = describe(split(segment, np.array([segment.size])))
    for before in range(1, 40):
        values = np.concatenate([rng.normal(size=before), segment, rng.normal(size=5)])
        beside = describe(split(values, np.array([before, segment.size, 5])))
        assert beside.mean[1] == alone.mean[0]
        assert beside.m2[1] == alone.m2[0]


@given(SEGMENTS)
def test_merged_moments_equal_the_whole(segments):
    """Merging the segments gives what all values have as one segment."""
    values, counts = laid_out(segments)
    figures = describe(split(values, counts))
    whole = describe(split(values, np.array([values.size])))
    merged = merge(figures.finite, figures.mean, figures.m2)
    grouped = merge_groups(figures, np.array([0]))
    assert merged.finite == whole.finite[0] == grouped.finite[0]
    if not merged.finite:
        assert math.isnan(merged.mean)
        assert np.isnan([grouped.mean[0], grouped.m2[0], grouped.min[0], grouped.max[0]]).all()
        return
    largest = float(np.abs(values[np.isfinite(values)]).max())
    for mean, m2 in ((merged.mean, merged.m2), (grouped.mean[0], grouped.m2[0])):
        assert mean == pytest.approx(whole.mean[0], rel=1e-12, abs=1e-14 * largest + TINY)
        assert m2 == pytest.approx(whole.m2[0], rel=1e-9, abs=1e-25 * largest**2 + TINY)
    assert (grouped.min[0], grouped.max[0]) == (whole.min[0], whole.max[0])


def test_groups_are_the_same_however_they_are_merged_in_pieces(monkeypatch):
    """Large merges are done piece by piece, which changes no bit."""
    rng = np.random.default_rng(1)
    size = 1000
    parts = Moments(
        rng.integers(0, 3, size), rng.normal(size=size), rng.random(size), rng.random(size),
        rng.random(size),
    )  # fmt: skip
    for column in parts[1:]:
        column[parts.finite == 0] = np.nan
    starts = np.unique(np.append(0, rng.integers(0, size, 90)))
    whole = merge_groups(parts, starts)
    for pieces in (1, 7, 100):
        monkeypatch.setattr(moments, "_MERGE_PARTS", pieces)
        for one, other in zip(whole, merge_groups(parts, starts), strict=True):
            np.testing.assert_array_equal(one, other)


def test_the_mean_of_equal_values_is_that_value():
    """0.1 ten times has the mean 0.1 and no deviation, though ten times 0.1 is not 1."""
    figures = describe(split(np.full(10, 0.1), np.array([10])))
    assert (figures.mean[0], figures.m2[0]) == (0.1, 0.0)


def test_values_whose_sum_exceeds_float64_have_a_mean():
    """The mean of the largest doubles is one of them."""
    largest = np.finfo(np.float64).max
    figures = describe(split(np.array([largest] * 3), np.array([3])))
    assert figures.mean[0] == largest
    many = describe(split(np.array([largest, largest, 0.0, 0.0]), np.array([2, 2])))
    assert merge(many.finite, many.mean, many.m2).mean == pytest.approx(largest / 2)
