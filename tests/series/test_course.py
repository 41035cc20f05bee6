"""The course of a run: loss at a model time, when a loss was reached, how fast it goes."""

from __future__ import annotations

import numpy as np
import pytest

from building import Build
from loss_monitor.series.course import course_of
from loss_monitor.series.run import Run
from loss_monitor.types import Attempt, Timestep


@pytest.fixture
def build():
    """Makes runs of lists of losses, a second apart."""
    return Build


def log_run(*rows):
    """A run of a job log with two ranks: rows of step, loss, attempt, wall time, quarter."""
    steps = []
    for step, loss, attempt, wall_s, quarter in rows:
        known = Build.timestep(quarter, []).key
        steps.append(
            Timestep(
                (step,), f"step {step}", np.array([loss, loss]), unit="rank", attempt=attempt,
                wall_time=wall_s, model_fields=known,
            )
        )  # fmt: skip
    count = max(row[2] for row in rows) + 1
    attempts = [Attempt(str(number), 0.0) for number in range(count)]
    return Run.empty("log", "log").put(steps).with_attempts(attempts)


def test_the_loss_at_a_model_time_is_that_of_the_last_timestep_until_then(build):
    """In seconds since the run's first timestep."""
    course = course_of(build.run([4.0, 2.0], [2.0], [1.0]))
    assert [course.mean_at(at) for at in (0, 899, 900, 5000)] == [3.0, 3.0, 2.0, 1.0]
    assert course.mean_at(-1) is None
    assert course.model_time_max_s == 1800


def test_of_timesteps_at_one_model_time_the_later_counts():
    """A job that starts ICON over makes it again."""
    course = course_of(log_run((1, 5.0, 0, 10, 0), (2, 4.0, 0, 20, 1), (3, 3.0, 1, 90, 0)))
    assert course.mean_at(0) == 3.0
    assert course.mean_at(900) == 4.0


def test_a_loss_is_reached_where_a_mean_is_low_enough_first(build):
    """Later timesteps above it change nothing; a single batch below it does not count."""
    course = course_of(build.run([4.0, 0.5], [9.0], [2.0], [3.0], [1.0]))
    reached = course.reach(2.1)
    assert (reached.timesteps, reached.steps, reached.mean) == (3, 4, 2.0)
    assert reached.label == "1979-01-01 00:30:00"
    assert (reached.model_time_s, reached.trained_s) == (1800.0, 2.0)
    assert course.reach(1.0).timesteps == 5
    assert course.reach(0.9) is None
    assert course.best == 1.0


def test_timesteps_without_a_finite_loss_reach_nothing(build):
    """Nor do they have a place in the course."""
    course = course_of(build.run([np.nan], [3.0], [np.inf], [2.0]))
    assert (course.reach(5.0).timesteps, course.reach(2.0).timesteps) == (2, 4)
    assert course_of(build.run([np.nan])).best is None
    assert course_of(build.run([np.nan])).reach(1.0) is None
    assert course_of(Run.empty("x", "x")).model_time_max_s is None


def test_what_passes_between_two_attempts_is_no_training():
    """A night in the queue; steps are those of the log, not the values of all ranks."""
    run = log_run(
        (1, 5.0, 0, 100, 0), (2, 4.0, 0, 110, 1), (3, 3.0, 1, 9000, 2), (4, 2.0, 1, 9030, 3)
    )
    course = course_of(run)
    assert (course.pace.trained_s, course.pace.steps_per_s) == (40.0, 2 / 40)
    assert course.pace.model_rate == pytest.approx(1800 / 40)
    reached = course.reach(2.0)
    assert (reached.steps, reached.trained_s, reached.model_time_s) == (4, 40.0, 2700.0)


def test_a_log_that_was_there_before_tells_no_time():
    """All that one look finds has one wall time; what comes later has its own."""
    rows = [(n, 10.0 - n, 0, 500, n) for n in range(1, 5)]
    still = course_of(log_run(*rows))
    assert (still.pace.trained_s, still.pace.steps_per_s, still.pace.model_rate) == (None,) * 3
    assert still.reach(7.0).trained_s is None
    live = course_of(log_run(*rows, (5, 5.0, 0, 520, 5), (6, 4.0, 0, 520, 6)))
    assert (live.pace.trained_s, live.pace.steps_per_s) == (20.0, 0.1)
    assert live.reach(5.0).trained_s == 20.0
    assert live.reach(7.0).trained_s is None
