"""Signals of online training: each by its definition, over columns of any size."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loss_monitor.series import online
from loss_monitor.series.online import PERCENTILES, KeptPercentiles, online_columns
from loss_monitor.series.run import Run
from loss_monitor.types import Timestep

NAN = math.nan
LOSSES = st.lists(st.floats(-10, 10) | st.sampled_from([NAN, math.inf]), max_size=8)


def columns_of(run, *range_, **options):
    return online_columns(run, KeptPercentiles(), *range_, **options)


def test_gain_and_jump_are_differences_of_first_and_last_batches(run_of):
    """A gain is above zero where the loss fell, a jump where the next data were harder."""
    found = columns_of(run_of([[3.0, 9.0, 1.0], [2.0, 0.5], [0.75]]))
    assert found.first_batch.mean.tolist() == [3.0, 2.0, 0.75]
    assert found.last_batch.mean.tolist() == [1.0, 0.5, 0.75]
    assert found.gain.mean.tolist() == [2.0, 1.5, 0.0]
    np.testing.assert_array_equal(found.boundary_jump.mean, [NAN, 1.0, 0.25])


def test_a_jump_passes_over_timesteps_without_batches_and_not_over_attempts(timestep):
    """An empty file is no data; a restarted process has not trained on the batch before."""
    steps = [
        timestep(0, [4.0]),
        timestep(1, []),
        timestep(2, [5.0]),
        timestep(3, [7.0], attempt=1),
        timestep(4, [NAN], attempt=1),
        timestep(5, [6.0], attempt=1),
    ]
    found = columns_of(Run.empty("run", "").put(steps))
    np.testing.assert_array_equal(found.boundary_jump.mean, [NAN, NAN, 1.0, NAN, NAN, NAN])


@pytest.mark.usefixtures("small_leaves")
@settings(max_examples=50)
@given(
    st.lists(LOSSES, min_size=1, max_size=20),
    st.integers(-2, 22),
    st.integers(-2, 22),
    st.integers(1, 8),
)
def test_columns_stand_for_all_batches_of_their_timesteps(run_of, lists, start, stop, columns):
    """Aligned at the first timestep, without gap; extremes and percentiles are exact."""
    run = run_of(lists)
    found = columns_of(run, start, stop, columns=columns)
    low, high = max(start, 0), min(max(stop, 0), len(lists))
    assert len(found.start) <= columns
    assert found.timesteps.sum() == max(0, high - low)
    column = 1 << (int(found.timesteps.max(initial=1)) - 1).bit_length()
    for i, (first, size) in enumerate(zip(found.start, found.timesteps, strict=True)):
        assert i == 0 or first % column == 0
        values = np.concatenate([run.values_of(index) for index in range(first, first + size)])
        finite = values[np.isfinite(values)]
        assert (found.batches[i], found.non_finite[i]) == (values.size, values.size - finite.size)
        ends = [
            run.values_of(index)[[0, -1]] for index in range(first, first + size) if lists[index]
        ]
        gains = [end[0] - end[1] for end in ends if np.isfinite(end).all()]
        if gains:
            assert (found.gain.min[i], found.gain.max[i]) == (min(gains), max(gains))
            assert found.gain.mean[i] == pytest.approx(np.mean(gains), abs=1e-12)
        if finite.size:
            assert (found.min[i], found.max[i]) == (finite.min(), finite.max())
            wanted = np.percentile(finite + 0.0, PERCENTILES)
            np.testing.assert_array_equal(found.percentiles[i], wanted)
        else:
            assert np.isnan(found.percentiles[i]).all()


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 9), LOSSES), min_size=1, max_size=12), st.data())
def test_kept_percentiles_are_never_those_of_other_timesteps(timestep, changes, data):
    """Whatever is put, rewritten or dropped in between, at the end or before."""
    run = Run.empty("run", "").put([timestep(number, [1.0 * number]) for number in range(10)])
    kept = KeptPercentiles()
    for number, losses in changes:
        if data.draw(st.booleans()):
            run = run.put([timestep(number, losses)])
        else:
            run = run.drop([(number,)])
        if run.n_timesteps:
            found = online_columns(run, kept, columns=4)
            fresh = columns_of(run, columns=4)
            np.testing.assert_array_equal(found.percentiles, fresh.percentiles)


def test_percentiles_of_unchanged_columns_are_not_worked_out_again(timestep, run_of, monkeypatch):
    """An append costs its own column only."""
    asked = []
    plain = online.segment_percentiles

    def counting(values, counts, q):
        asked.append(counts.sum())
        return plain(values, counts, q)

    monkeypatch.setattr(online, "segment_percentiles", counting)
    run, kept = run_of(np.ones((100, 10))), KeptPercentiles()
    online_columns(run, kept, columns=50)
    online_columns(run.put([timestep(100, [2.0])]), kept, columns=51)
    assert asked == [1000, 1]


def test_the_model_rate_is_model_time_for_wall_time():
    """From the timestep before the column to its last one, within an attempt."""
    walls = (100.0, 109.0, 0.0, 130.0, 140.0)
    steps = [
        Timestep(
            (1979, 1, 1, hour, 0, 0, 0), "", np.ones(1), wall_time=wall, attempt=int(hour == 4)
        )
        for hour, wall in enumerate(walls)
    ]
    run = Run.empty("run", "").put(steps)
    found = columns_of(run)
    np.testing.assert_array_equal(found.model_rate, [NAN, 400.0, NAN, NAN, NAN])
    np.testing.assert_array_equal(found.wall_time, [100.0, 109.0, NAN, 130.0, 140.0])
    assert found.model_time.tolist() == [0.0, 3600.0, 7200.0, 10800.0, 14400.0]
    assert columns_of(run, 2, columns=2).model_rate[0] == 7200.0 / 21.0


def test_no_column_joins_two_attempts(timestep):
    """Where an attempt begins within a column that is cut."""
    run = Run.empty("r", "r").put(
        timestep(number, [float(number)], attempt=int(number >= 5)) for number in range(1, 20)
    )
    found = online_columns(run, KeptPercentiles(), columns=5)
    assert found.start.tolist() == [0, 4, 8, 12, 16]
    run = run.put([timestep(5, [5.0], attempt=0)])
    found = online_columns(run, KeptPercentiles(), columns=5)
    assert found.start.tolist() == [0, 4, 5, 8, 12, 16]
    assert found.attempt.tolist() == [0, 0, 1, 1, 1, 1]
    assert found.timesteps.sum() == 19
    assert found.first_batch.max[1] == 5.0
