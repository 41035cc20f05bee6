"""Ranges of a tag: each equals a plain reduction of the points it stands for."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from averages import plain_average
from loss_monitor.series import blocked, columns, pieces
from loss_monitor.series.columns import Column
from loss_monitor.series.pieces import Points, latest_pieces, points_of
from loss_monitor.series.tag_ranges import reduce_points
from loss_monitor.statistics import reduction

WALLS = st.sampled_from([0.0, 5.0]) | st.floats(1, 20)
VALUES = st.floats(-10, 10, width=32) | st.sampled_from([math.nan, math.inf])
POINTS = st.lists(st.tuples(st.integers(-5, 40), WALLS, VALUES), max_size=60)
RISING = POINTS.map(
    lambda points: [(step, 100.0 + 3 * step, value) for step, (_, _, value) in enumerate(points)]
)


@pytest.fixture
def small_blocks(monkeypatch):
    """Pieces of 8 points, blocks of 4."""
    monkeypatch.setattr(columns, "BLOCK_POINTS_MAX", 8)
    monkeypatch.setattr(columns, "_BLOCK_POINTS_MIN", 2)
    monkeypatch.setattr(pieces, "BLOCK_VALUES", 4)
    monkeypatch.setattr(blocked, "BLOCK_VALUES", 4)
    monkeypatch.setattr(reduction, "BLOCK_VALUES", 4)


def pieces_of(rows):
    steps, walls, values = zip(*rows, strict=True) if rows else ((), (), ())
    whole = Points(
        np.array(steps, dtype=np.int64),
        np.array(walls, dtype=np.float64),
        np.array(values, dtype=np.float32),
    )
    return Column().append(whole).pieces()


def axis_of(points, axis):
    if axis == "step":
        return points.steps.astype(np.float64)
    walls = np.where(points.wall_times > 0, points.wall_times, np.nan)
    known = walls[~np.isnan(walls)]
    return walls - (known[0] if axis == "relative" and known.size else 0.0)


@pytest.mark.usefixtures("small_blocks")
@settings(max_examples=200)
@given(
    st.one_of(POINTS, RISING),
    st.sampled_from(["step", "wall_time", "relative"]),
    st.booleans(),
    st.none() | st.floats(-5, 250),
    st.none() | st.floats(-5, 250),
    st.integers(1, 20),
)
def test_buckets_hold_the_points_of_their_range(rows, axis, latest, start, stop, count):
    """In file order, on each axis, whether it rises or not; points off the axis are left out."""
    found = pieces_of(rows)
    found = latest_pieces(found).pieces if latest else found
    whole = points_of(found)
    along = axis_of(whole, axis)
    inside = ~np.isnan(along)
    inside &= along >= (-math.inf if start is None else start)
    inside &= along < (math.inf if stop is None else stop)
    buckets = reduce_points(found, start, stop, count, axis, smoothing=0.5)
    assert len(buckets.count) == min(count, inside.sum()) or buckets.count.sum() == inside.sum()
    assert len(buckets.count) <= count
    assert buckets.count.sum() == inside.sum()
    positions = np.flatnonzero(inside)
    average = plain_average(whole.values.tolist(), 0.5)
    for i, stop_at in enumerate(np.cumsum(buckets.count)):
        at = positions[stop_at - buckets.count[i] : stop_at]
        values = whole.values[at].astype(np.float64)
        finite = values[np.isfinite(values)]
        assert buckets.x_start[i] == along[at[0]]
        assert buckets.x_stop[i] == along[at[-1]] + (axis == "step")
        assert buckets.step[i] == whole.steps[at[0]]
        assert buckets.non_finite[i] == values.size - finite.size
        np.testing.assert_array_equal([buckets.first[i], buckets.last[i]], values[[0, -1]])
        np.testing.assert_allclose(buckets.smooth[i], average[at[-1]], rtol=1e-9, atol=1e-9)
        if finite.size:
            assert (buckets.min[i], buckets.max[i]) == (finite.min(), finite.max())
            assert buckets.mean[i] == pytest.approx(finite.mean(), rel=1e-9, abs=1e-9)


def test_an_empty_tag_has_no_buckets():
    """A tag of which every point was dropped, or none came yet."""
    for axis in ("step", "wall_time"):
        assert reduce_points([], axis=axis).count.tolist() == []


def test_a_spike_among_many_points_is_kept_at_any_zoom():
    """Wide buckets are made of blocks; no extreme is lost."""
    steps = np.arange(100_000)
    values = np.zeros(len(steps), dtype=np.float32)
    values[61_234] = 9.0
    found = Column().append(Points(steps, steps + 1.0, values)).pieces()
    for start, count in ((None, 50), (50_000, 300), (61_000, 2000)):
        buckets = reduce_points(found, start, None, count)
        assert buckets.max.max() == 9.0
        assert buckets.x_start[0] == (start or 0)


@pytest.mark.usefixtures("small_blocks")
@given(POINTS.filter(bool), st.sampled_from(["step", "wall_time"]), st.data())
def test_no_bucket_joins_two_attempts(rows, axis, data):
    """However wide buckets are; the number of the attempt is that of all of its points."""
    begins = data.draw(st.sets(st.integers(1, len(rows)), max_size=4).map(sorted))
    begins = np.array(begins, dtype=np.int64)
    count = data.draw(st.integers(len(begins) + 1, 20))
    whole = points_of(pieces_of(rows))
    found = reduce_points(pieces_of(rows), points=count, axis=axis, begins=begins)
    inside = np.flatnonzero(~np.isnan(axis_of(whole, axis)))
    assert len(found.count) <= count
    ends = np.cumsum(found.count)
    for start, end, attempt in zip(ends - found.count, ends, found.attempt, strict=True):
        of = np.searchsorted(begins, inside[start:end], side="right")
        assert (of == attempt).all()


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("begin", [3, 10, 21, 31])
def test_a_wide_bucket_ends_where_an_attempt_begins_within_a_block(begin):
    """Edges of wide buckets move to ends of blocks; this one must not."""
    rows = [(step, 5.0, float(step)) for step in range(40)]
    found = reduce_points(pieces_of(rows), points=3, begins=np.array([begin]))
    assert begin in np.cumsum(found.count).tolist()
    assert found.max[found.attempt == 0].max() == begin - 1
    assert found.min[found.attempt == 1].min() == begin
