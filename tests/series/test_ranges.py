"""Ranges reduced to buckets: each equals a plain reduction of the values it stands for."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from averages import plain_average
from loss_monitor.series import blocked
from loss_monitor.series.ranges import reduce_range
from loss_monitor.series.run import Run
from loss_monitor.statistics.reduction import BLOCK_VALUES
from loss_monitor.types import Timestep

LOSSES = st.lists(st.floats(-10, 10) | st.sampled_from([math.nan, math.inf]), max_size=30)


def assert_stands_for(buckets, i, values):
    """Bucket `i` says of `values` what numpy says."""
    finite = values[np.isfinite(values)]
    assert buckets.count[i] == values.size
    assert buckets.non_finite[i] == values.size - finite.size
    ends = [values[0], values[-1]] if values.size else [math.nan, math.nan]
    np.testing.assert_array_equal([buckets.first[i], buckets.last[i]], ends)
    if finite.size:
        assert (buckets.min[i], buckets.max[i]) == (finite.min(), finite.max())
        assert buckets.mean[i] == pytest.approx(finite.mean(), rel=1e-9, abs=1e-9)
        assert buckets.std[i] == pytest.approx(finite.std(), rel=1e-6, abs=1e-6)
    else:
        assert np.isnan([buckets.min[i], buckets.max[i], buckets.mean[i], buckets.std[i]]).all()


@pytest.mark.usefixtures("small_leaves")
@settings(max_examples=50)
@given(
    st.lists(LOSSES, min_size=1, max_size=20),
    st.integers(-3, 500),
    st.integers(-3, 500),
    st.integers(1, 60),
)
def test_buckets_of_batches_hold_the_true_extremes(run_of, lists, start, stop, points):
    """They cover the range without gap, at most `points` of them, whatever blocks there are."""
    run = run_of(lists)
    values = run.values()
    buckets = reduce_range(run, start, stop, points)
    low, high = min(max(start, 0), values.size), min(max(stop, 0), values.size)
    assert len(buckets.count) <= points
    if low >= high:
        assert len(buckets.count) == 0
        return
    assert buckets.x_start[0] == low
    assert buckets.x_stop[-1] == high
    assert (buckets.x_start[1:] == buckets.x_stop[:-1]).all()
    assert (buckets.x_start < buckets.x_stop).all()
    for i, (first, end) in enumerate(zip(buckets.x_start, buckets.x_stop, strict=True)):
        assert_stands_for(buckets, i, values[first:end])


@pytest.mark.usefixtures("small_leaves")
@settings(max_examples=50)
@given(st.lists(LOSSES, min_size=1, max_size=20), st.integers(0, 20), st.integers(1, 25))
def test_buckets_of_timesteps_are_whole_timesteps(run_of, lists, start, points):
    """Timesteps without a batch are in a bucket, too."""
    run = run_of(lists)
    buckets = reduce_range(run, start, None, points, axis="timestep")
    assert len(buckets.count) == min(points, max(0, len(lists) - start))
    for i, (first, stop) in enumerate(zip(buckets.x_start, buckets.x_stop, strict=True)):
        values = [run.values_of(index) for index in range(first, stop)]
        assert_stands_for(buckets, i, np.concatenate(values))


def test_a_range_of_single_values_is_the_values(run_of):
    """Zoomed in, each bucket is one batch."""
    buckets = reduce_range(run_of([[1.0, math.nan, 3.0]]), 0, 3)
    np.testing.assert_array_equal(buckets.mean, [1.0, math.nan, 3.0])
    np.testing.assert_array_equal(buckets.first, [1.0, math.nan, 3.0])
    assert buckets.x_start.tolist() == [0, 1, 2]
    assert buckets.non_finite.tolist() == [0, 1, 0]


def test_many_buckets_are_those_of_the_values_in_one_go(run_of, monkeypatch):
    """They are made a few at a time, which changes no bit of them."""
    values = np.random.default_rng(4).normal(size=(40, 50))
    values[7, 11] = np.nan
    run = run_of(values.tolist())
    at_once = reduce_range(run, 3, 1990, 700)
    monkeypatch.setattr(blocked, "_BUCKETS_AT_ONCE", 64)
    for field in ("x_start", "count", "non_finite", "min", "max", "mean", "std", "first", "last"):
        some = getattr(reduce_range(run, 3, 1990, 700), field)
        np.testing.assert_array_equal(some, getattr(at_once, field))


def test_three_spikes_and_a_nan_in_a_million_are_all_there(run_of):
    """What sampling loses: no extreme and no NaN is ever left out."""
    values = np.random.default_rng(2).random((1000, 1000))
    values[123, 456], values[500, 0], values[999, 999] = 50.0, -50.0, 51.0
    values[700, 7] = math.nan
    run = run_of(values)
    for axis in ("batch", "timestep"):
        buckets = reduce_range(run, points=300, axis=axis)
        assert sorted(buckets.max)[-2:] == [50.0, 51.0]
        assert buckets.min.min() == -50.0
        assert buckets.non_finite.sum() == 1
        assert buckets.count.sum() == 1_000_000


def test_edges_of_wide_buckets_move_by_half_of_a_block_at_most(run_of):
    """They lie on ends of blocks, so that no value is read again; nobody sees the difference."""
    buckets = reduce_range(run_of(np.ones((1000, 1000))), 7, 999_993, points=300)
    equal = 7 + np.arange(300) * 999_986 // 300
    assert np.abs(buckets.x_start - equal).max() <= BLOCK_VALUES // 2
    assert (buckets.x_start[0], buckets.x_stop[-1]) == (7, 999_993)


def hourly(number, hour, losses, day=1):
    fields = (1979, 1, day, hour, 0, 0, 0)
    return Timestep((number,), "", np.array(losses), model_fields=fields)


def test_model_time_is_in_seconds_since_the_first_timestep():
    """A bucket ends where the next timestep begins, the last one a usual step later."""
    run = Run.empty("run", "").put([hourly(i, 2 * i, [float(i)]) for i in range(4)])
    buckets = reduce_range(run, axis="model_time")
    assert buckets.x_start.tolist() == [0.0, 7200.0, 14400.0, 21600.0]
    assert buckets.x_stop.tolist() == [7200.0, 14400.0, 21600.0, 28800.0]
    part = reduce_range(run, 7200.0, 21600.0, axis="model_time")
    assert part.mean.tolist() == [1.0, 2.0]
    two = reduce_range(run, points=2, axis="model_time")
    assert (two.x_start.tolist(), two.max.tolist()) == ([0.0, 14400.0], [1.0, 3.0])


def test_a_restart_in_model_time_is_not_joined_with_what_came_before():
    """ICON may start over: two stretches of the run lie over one range of model time."""
    hours = [0, 1, 2, 3, 0, 1, 2, 3]
    run = Run.empty("run", "").put([hourly(i, h, [float(i)]) for i, h in enumerate(hours)])
    buckets = reduce_range(run, 0.0, 7200.0, points=2, axis="model_time")
    assert buckets.max.tolist() == [1.0, 5.0]
    assert buckets.min.tolist() == [0.0, 4.0]


def test_without_model_times_there_is_nothing_on_that_axis(run_of):
    """A job log without ICON's time lines."""
    assert reduce_range(run_of([[1.0]]), axis="model_time").count.size == 0


def test_an_empty_range_has_no_buckets(run_of):
    """Neither has a range beyond the end, nor an empty run."""
    run = run_of([[1.0, 2.0]])
    for buckets in (
        reduce_range(run, 1, 1),
        reduce_range(run, 5, 9),
        reduce_range(run, 2, 1),
        reduce_range(Run.empty("run", "")),
        reduce_range(Run.empty("run", ""), axis="timestep"),
        reduce_range(Run.empty("run", ""), axis="model_time"),
    ):
        assert all(len(getattr(buckets, name)) == 0 for name in ("x_start", "count", "std"))


def written(number, wall, losses=(1.0,)):
    fields = (1979, 1, 1, number, 0, 0, 0)
    values = np.array(losses, dtype=np.float64)
    return Timestep((number,), "", values, model_fields=fields, wall_time=wall)


def test_wall_time_follows_the_order_of_writing():
    """What was written again lies where it was written; what has no time is left out."""
    walls = [100.0, 400.0, 200.0, 0.0, 300.0]
    run = Run.empty("run", "").put([written(i, wall, [i]) for i, wall in enumerate(walls)])
    buckets = reduce_range(run, axis="wall_time")
    assert buckets.timestep.tolist() == [0, 2, 4, 1]
    assert buckets.x_start.tolist() == [100.0, 200.0, 300.0, 400.0]
    assert buckets.x_stop.tolist() == [200.0, 300.0, 400.0, 500.0]
    since = reduce_range(run, 100.0, 300.0, axis="relative")
    assert (since.x_start.tolist(), since.timestep.tolist()) == ([100.0, 200.0], [2, 4])
    part = reduce_range(run, 200.0, 400.0, points=1, axis="wall_time")
    assert (part.first.tolist(), part.last.tolist()) == ([2.0], [4.0])
    assert (part.x_start.tolist(), part.x_stop.tolist()) == ([200.0], [400.0])


def test_copied_files_have_one_wall_time_and_stay_in_order():
    """And never make more buckets than were asked for."""
    run = Run.empty("run", "").put([written(i, 100.0) for i in range(20)])
    buckets = reduce_range(run, points=7, axis="wall_time")
    assert len(buckets.count) == 7
    assert buckets.count.sum() == 20
    assert (np.diff(buckets.timestep) > 0).all()


def test_a_model_time_that_goes_back_all_the_time_makes_no_more_buckets_than_wanted():
    """Stretches are kept apart as long as that is possible."""
    steps = [hourly(i, 5 * i % 24, [1.0]) for i in range(24)]
    buckets = reduce_range(Run.empty("run", "").put(steps), points=3, axis="model_time")
    assert len(buckets.count) == 3
    assert buckets.count.sum() == 24


@pytest.mark.usefixtures("small_leaves")
@settings(max_examples=50)
@given(
    st.lists(LOSSES, min_size=1, max_size=20),
    st.integers(0, 500),
    st.integers(1, 60),
    st.sampled_from([0.0, 0.5, 0.99]),
)
def test_smoothing_is_that_of_all_values_whatever_is_drawn(run_of, lists, start, points, weight):
    """Zoomed in or out, the line at a place is the same."""
    run = run_of(lists)
    buckets = reduce_range(run, start, None, points, smoothing=weight)
    wanted = plain_average(run.values(), weight)
    np.testing.assert_allclose(buckets.smooth, wanted[buckets.x_stop - 1], rtol=1e-9, atol=1e-9)
    by_timestep = reduce_range(run, None, None, points, axis="timestep", smoothing=weight)
    wanted = plain_average(run.table.mean, weight)
    lasts = by_timestep.x_stop - 1
    np.testing.assert_allclose(by_timestep.smooth, wanted[lasts], rtol=1e-9, atol=1e-9)


@pytest.mark.usefixtures("small_leaves")
@settings(max_examples=80)
@given(
    st.lists(st.tuples(st.integers(1, 5), LOSSES), min_size=1, max_size=6),
    st.integers(1, 60),
    st.sampled_from(["batch", "timestep"]),
)
def test_no_bucket_joins_two_attempts(timestep, stretches, points, axis):
    """As long as there may be a bucket for each; and all values are in one of them."""
    steps, number = [], 0
    for attempt, (size, losses) in enumerate(stretches):
        for _ in range(size):
            steps.append(timestep(number, losses, attempt=attempt))
            number += 1
    run = Run.empty("run", "").put(steps)
    buckets = reduce_range(run, points=points, axis=axis)
    assert buckets.count.sum() == run.n_values
    assert len(buckets.count) <= points
    if points < len(stretches):
        return
    attempts = run.table.attempt
    of_each = np.repeat(attempts, run.table.count) if axis == "batch" else attempts
    for i, (first, stop) in enumerate(zip(buckets.x_start, buckets.x_stop, strict=True)):
        assert set(of_each[first:stop].tolist()) == {int(buckets.attempt[i])}


def test_wide_buckets_end_where_an_attempt_ends(timestep):
    """Wherever that lies between the ends of blocks."""
    sizes = np.random.default_rng(3).integers(1, 400, size=600)
    steps = [timestep(n, np.ones(size), attempt=n // 97) for n, size in enumerate(sizes.tolist())]
    run = Run.empty("run", "").put(steps)
    buckets = reduce_range(run, 11, run.n_values - 5, points=100)
    begins = run.table.start[97::97]
    assert set(begins.tolist()) <= set(buckets.x_start.tolist())
    assert buckets.attempt.tolist() == np.repeat(run.table.attempt, sizes)[buckets.x_start].tolist()
    assert buckets.count.sum() == run.n_values - 16
    assert (buckets.count > 0).all()


def test_steps_are_counted_by_the_log_and_from_one_for_files(timestep):
    """So that runs of both kinds lie over each other."""
    log = Run.empty("run", "").put([timestep(n, [1.0, 3.0]) for n in (15, 19, 23)])
    buckets = reduce_range(log, 16, axis="step")
    assert (buckets.x_start.tolist(), buckets.x_stop.tolist()) == ([19, 23], [20, 24])
    files = Run.empty("run", "").put([written(n, 1.0, [1.0, 2.0]) for n in range(3)])
    dated = Run.empty("run", "").put(
        [Timestep((1979, 1, 1, n, 0, 0, 0), "", np.array([1.0, 2.0])) for n in range(3)]
    )
    assert files.steps is not None
    assert dated.steps is None
    found = reduce_range(dated, 2, 5, axis="step")
    assert (found.x_start.tolist(), found.x_stop.tolist()) == ([2, 3, 4], [3, 4, 5])
    assert found.first.tolist() == [2.0, 1.0, 2.0]
