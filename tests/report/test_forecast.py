"""How far a run gets by the end of its job."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from loss_monitor.report.forecast import limit_ends_s, model_time_at_limit, pace, used_s
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


def run_of(build: Any, *walls: float, **fields: object) -> Run:
    """A run of timesteps of 15 min, written at these seconds after its beginning."""
    steps = [
        build.timestep(number, [1.0], wall_time=BEGAN_S + wall, **fields)
        for number, wall in enumerate(walls)
    ]
    return Run.empty("r", "r").put(steps)


def ending(after_s: float, **facts: object) -> Job:
    """A job whose limit is used up so long after the run's beginning."""
    job = replace(JOB, counts_from_s=BEGAN_S, limit_s=after_s, started_s=None)
    return replace(job, **facts)  # type: ignore[arg-type]


def test_the_model_time_at_the_limit_follows_the_newest_pace(build: Any) -> None:
    """Here 15 min of model time in 10 s, in a run of an hour."""
    run = run_of(build, 0.0, 10.0, 20.0, 30.0, 40.0)
    assert model_time_at_limit(run, ending(40)) == "1979-01-01 01:00"
    assert model_time_at_limit(run, ending(40 + 960)) == "1979-01-02 01:00"


def test_timesteps_that_were_read_at_once_are_one_moment(build: Any) -> None:
    """A log that is opened late gives its steps one time: they took longer than that."""
    run = run_of(build, *[0.0] * 40, 60.0, 120.0)
    found = pace(run)
    assert found is not None
    assert found.rate == 1800.0 / 120.0


def test_before_a_pace_was_seen_that_since_the_job_s_start_is_told(build: Any) -> None:
    """So that the morning's first look has an answer."""
    run = run_of(build, *[0.0] * 5)
    assert pace(run) is None
    found = pace(run, BEGAN_S - 3600.0)
    assert found is not None
    assert found.rate == 1.0
    assert model_time_at_limit(run, ending(3600, started_s=BEGAN_S - 3600)) == "1979-01-01 02:00"


def test_earlier_attempts_have_a_pace_of_their_own(build: Any) -> None:
    """The pause between two jobs is no time of the model."""
    steps = [
        build.timestep(number, [1.0], attempt=number // 3, wall_time=BEGAN_S + wall)
        for number, wall in enumerate((0.0, 100.0, 200.0, 9000.0, 9030.0, 9060.0))
    ]
    found = pace(Run.empty("r", "r").put(steps))
    assert found is not None
    assert found.rate == 30.0


@pytest.mark.parametrize("walls", [(5, 5, 5), (0, 1, 2), (90, 60, 30), (0, 90), ()])
def test_walls_that_tell_no_pace_give_none(build: Any, walls: tuple[float, ...]) -> None:
    """Read at once, seen too shortly, written the other way round, too few."""
    run = run_of(build, *walls)
    assert pace(run) is None
    assert model_time_at_limit(run, ending(1e5)) is None


def test_a_moment_long_past_or_absurdly_far_has_no_model_time(build: Any) -> None:
    """The end of an old job, or a pace that only a fault of clocks explains."""
    run = run_of(build, 0.0, 20.0, 40.0)
    assert model_time_at_limit(run, ending(10)) is None
    assert model_time_at_limit(run, ending(1e9)) is None
    assert model_time_at_limit(run, None) is None
