"""Columns over all timesteps, and model time in the run's calendar."""

from __future__ import annotations

import math

import numpy as np
import pytest

from loss_monitor.series.run import Run
from loss_monitor.types import Timestep


def dated(number, *fields):
    return Timestep((number,), "", np.ones(1), model_fields=(*fields, 0, 0, 0, 0))


def test_a_timestep_s_figures_are_in_memory_once(run_of, timestep):
    """Leaves of all versions see the columns of the newest table that was asked for."""
    run = run_of([np.arange(1000.0)] * 700)
    before = run.leaves[0].floats.copy()
    for number in range(700, 720):
        run = run.put([timestep(number, np.arange(500.0))])
        assert (run.table.mean[0], run.table.mean[-1]) == (499.5, 249.5)
        assert all(np.shares_memory(leaf.column("mean"), run.table.mean) for leaf in run.leaves)
    np.testing.assert_array_equal(run.leaves[0].floats, before)
    assert run.put([timestep(3, [1.0])]).table.mean[3] == 1.0


def test_columns_say_of_each_timestep_what_it_holds(run_of):
    """Non-finite values are counted, the first and the last told as they are."""
    table = run_of([[2.0, math.nan, 4.0, math.inf], []]).table
    assert (table.count.tolist(), table.finite.tolist()) == ([4, 0], [2, 0])
    assert (table.nan.tolist(), table.inf.tolist()) == ([1, 0], [1, 0])
    assert (table.mean[0], table.std[0], table.min[0], table.max[0]) == (3.0, 1.0, 2.0, 4.0)
    assert (table.first[0], table.last[0], len(table)) == (2.0, math.inf, 2)
    assert np.isnan([table.mean[1], table.std[1], table.min[1], table.first[1]]).all()


@pytest.mark.parametrize(
    ("dates", "days"),
    [
        ([(1979, 2, 28), (1979, 3, 1)], [0, 1]),
        ([(1980, 2, 28), (1980, 3, 1)], [0, 2]),
        ([(1, 1, 30), (1, 2, 30), (1, 3, 1)], [0, 30, 31]),
    ],
)
def test_model_time_is_counted_in_the_runs_calendar(dates, days):
    """30 February tells of years of 360 days."""
    run = Run.empty("run", "").put([dated(i, *date) for i, date in enumerate(dates)])
    assert run.model_seconds.tolist() == [day * 86400.0 for day in days]


def test_keys_of_loss_files_are_their_model_times():
    """Files need no other source of model time."""
    keys = [(1979, 1, 1, 0, minutes, 0, 0) for minutes in (0, 15, 30)]
    run = Run.empty("run", "").put([Timestep(key, "", np.ones(1)) for key in keys])
    assert run.model_seconds.tolist() == [0.0, 900.0, 1800.0]


def test_unknown_model_times_are_nan():
    """Steps before ICON's first time line."""
    run = Run.empty("run", "").put([Timestep((0,), "step 0", np.ones(1)), dated(1, 1979, 1, 1)])
    np.testing.assert_array_equal(run.model_seconds, [math.nan, 0.0])
    assert Run.empty("run", "").put([Timestep((0,), "", np.ones(1))]).model_seconds is None


def test_model_times_are_told_by_their_fields():
    """Of job logs zeros where none is known."""
    steps = [Timestep((0,), "step 0", np.ones(1)), dated(1, 1979, 2, 28)]
    fields = Run.empty("run", "").put(steps).table.model_fields()
    assert fields.tolist() == [[0] * 7, [1979, 2, 28, 0, 0, 0, 0]]
    assert Run.empty("run", "").table.model_fields().shape == (0, 7)
