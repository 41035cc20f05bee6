"""How far a run gets by the end of its job."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from loss_monitor.model_time import ModelTime
from loss_monitor.report.forecast import limit_ends_s, model_time_at, pace, reached_s, used_s
from loss_monitor.series.run import Run
from loss_monitor.types import Job

JOB = Job("1", "RUNNING", limit_s=600.0, counts_from_s=1000.0, started_s=1000.0)
BEGAN_S = 1_000_000_000.0


def test_time_in_suspension_moves_the_end() -> None:
    """What was used before counts on from the moment at which it went on."""
    assert (limit_ends_s(JOB), used_s(JOB, 1010.0)) == (1600.0, 10.0)
    again = replace(JOB, used_s=100.0, counts_from_s=5000.0)
    assert (limit_ends_s(again), used_s(again, 5001.0)) == (5500.0, 101.0)
    held = replace(JOB, used_s=100.0, counts_from_s=None)
    assert (limit_ends_s(held), used_s(held, 9999.0)) == (None, 100.0)


def test_without_a_limit_or_a_word_nothing_is_told() -> None:
    """The number of a job alone tells no time."""
    assert limit_ends_s(replace(JOB, limit_s=None)) is None
    assert used_s(Job("1"), 5.0) is None


def test_the_model_time_at_the_limit_follows_the_newest_pace(build: Any) -> None:
    """Here 15 min of model time in a second, in a run of an hour."""
    run = build.run(*[[1.0]] * 5)
    assert model_time_at(run, BEGAN_S + 4) == "1979-01-01 01:00"
    assert model_time_at(run, BEGAN_S + 4 + 96) == "1979-01-02 01:00"
    assert reached_s(run, ModelTime(1979, 1, 3, 1, 0, 0, 0)) == pytest.approx(BEGAN_S + 4 + 192)


def test_earlier_attempts_have_a_pace_of_their_own(build: Any) -> None:
    """The pause between two jobs is no time of the model."""
    steps = [
        build.timestep(number, [1.0], attempt=number // 3, wall_time=BEGAN_S + wall)
        for number, wall in enumerate((0.0, 100.0, 200.0, 9000.0, 9001.0))
    ]
    run = Run.empty("r", "r").put(steps)
    found = pace(run)
    assert found is not None
    assert found.rate == 900.0


@pytest.mark.parametrize("walls", [(5.0, 5.0, 5.0), (0.0, 0.0, 0.0), (9.0, 6.0, 3.0)])
def test_walls_that_tell_no_pace_give_none(build: Any, walls: tuple[float, ...]) -> None:
    """A log that was read at once, times unknown, files written the other way round."""
    steps = [build.timestep(number, [1.0], wall_time=wall) for number, wall in enumerate(walls)]
    run = Run.empty("r", "r").put(steps)
    assert pace(run) is None
    assert model_time_at(run, 1e9) is None
    assert pace(Run.empty("r", "r")) is None


def test_a_moment_long_past_or_absurdly_far_has_no_model_time(build: Any) -> None:
    """The end of an old job, or a pace that only a fault of clocks explains."""
    run = build.run(*[[1.0]] * 5)
    assert model_time_at(run, BEGAN_S - 50) is None
    assert model_time_at(run, BEGAN_S + 1e9) is None
    assert model_time_at(run, None) is None
