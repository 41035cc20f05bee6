"""Model time of plugin steps between ICON's lines."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from loss_monitor.model_time import ModelTime, add_seconds
from loss_monitor.parse.step_times import StepTimes

START = ModelTime(1979, 1, 1, 0, 0, 0, 0)


def at(seconds: float) -> ModelTime:
    """Return the model time `seconds` after `START`."""
    return add_seconds(START, seconds, "proleptic_gregorian")


def test_a_step_takes_the_time_of_the_icon_line_before_it() -> None:
    """With an ICON line each step the times are ICON's own."""
    times = StepTimes()
    for step in range(100, 110):
        assert times.add_icon_line(at(step * 900)) == {}
        assert times.add_step(step) == at(step * 900)


def test_before_the_first_icon_line_nothing_is_known() -> None:
    """A guess would be no better than none."""
    times = StepTimes()
    assert times.add_step(5) is None
    assert times.add_icon_line(at(0)) == {}


def test_steps_share_an_interval_evenly_once_it_ends() -> None:
    """Without a known length the steps after the first wait for the next ICON line."""
    times = StepTimes()
    times.add_icon_line(at(0))
    assert [times.add_step(step) for step in (300, 301, 302, 303)] == [at(0), None, None, None]
    assert times.add_icon_line(at(3600)) == {301: at(900), 302: at(1800), 303: at(2700)}


def test_the_last_interval_is_carried_on_and_corrected() -> None:
    """Steps after the last ICON line are extrapolated; only what was wrong is told again."""
    times = StepTimes()
    times.add_icon_line(at(0))
    times.add_step(1)
    times.add_step(2)
    times.add_icon_line(at(1800))
    assert [times.add_step(step) for step in (3, 4, 5)] == [at(1800), at(2700), at(3600)]
    assert times.add_icon_line(at(1800 + 3 * 600)) == {4: at(2400), 5: at(3000)}
    assert times.add_step(6) == at(3600)
    assert times.add_step(7) == at(4200)


def test_right_extrapolations_are_not_told_again() -> None:
    """A correction costs a rewrite of the timestep: none is made without need."""
    times = StepTimes()
    times.set_step_length(900)
    times.add_icon_line(at(0))
    assert [times.add_step(step) for step in (1, 2, 3)] == [at(0), at(900), at(1800)]
    assert times.add_icon_line(at(2700)) == {}


def test_a_measured_interval_is_believed_more_than_the_printed_length() -> None:
    """The plugin may print the length of its own steps, and be called more rarely."""
    times = StepTimes()
    times.add_icon_line(at(0))
    times.add_step(1)
    times.add_icon_line(at(600))
    times.set_step_length(900)
    times.add_step(2)
    assert times.add_step(3) == at(1200)


def test_irregular_steps_share_by_their_numbers() -> None:
    """A step twice as far from its neighbour takes twice the time."""
    times = StepTimes()
    times.add_icon_line(at(0))
    for step in (10, 11, 13):
        times.add_step(step)
    assert times.add_icon_line(at(4500)) == {11: at(1000), 13: at(3000)}


def test_a_rank_that_speaks_late_moves_no_other_step() -> None:
    """A step below the newest is placed by its number."""
    times = StepTimes()
    times.set_step_length(900)
    times.add_icon_line(at(0))
    times.add_step(10)
    times.add_step(14)
    assert times.add_step(12) == at(1800)
    assert times.add_icon_line(at(8 * 900)) == {}


def test_icon_going_back_in_time_measures_nothing() -> None:
    """A restarted ICON begins earlier: what was extrapolated stays."""
    times = StepTimes()
    times.set_step_length(900)
    times.add_icon_line(at(90_000))
    times.add_step(100)
    times.add_step(101)
    assert times.add_icon_line(at(0)) == {}
    assert times.add_step(102) == at(0)
    assert times.add_step(103) == at(900)


def test_a_restart_begins_at_the_icon_line_before_it() -> None:
    """Steps that go back are counted from the same line anew."""
    times = StepTimes()
    times.set_step_length(900)
    times.add_icon_line(at(0))
    times.add_step(100)
    times.restart()
    assert times.add_step(50) == at(0)
    assert times.add_step(51) == at(900)


def test_a_copy_of_an_icon_line_changes_nothing() -> None:
    """Several ranks may print the same line."""
    times = StepTimes()
    times.set_step_length(900)
    times.add_icon_line(at(0))
    times.add_step(1)
    assert times.add_icon_line(at(0)) == {}
    assert times.add_step(2) == at(900)


def test_30_february_makes_the_calendar() -> None:
    """From the line that proves it on, dates are counted in 360-day years."""
    times = StepTimes()
    times.set_step_length(1800)
    times.add_icon_line(ModelTime(1, 2, 30, 23, 30, 0, 0))
    times.add_step(1)
    assert times.add_step(2) == ModelTime(1, 3, 1, 0, 0, 0, 0)


def test_short_steps_keep_their_milliseconds() -> None:
    """Only times between ICON lines of long steps are given in whole seconds."""
    times = StepTimes()
    times.add_icon_line(at(0))
    for step in (1, 2, 3):
        times.add_step(step)
    assert times.add_icon_line(at(1)) == {2: at(0.333), 3: at(0.667)}


def test_damaged_numbers_give_no_time() -> None:
    """A step billions away from the last one has no model time."""
    times = StepTimes()
    times.set_step_length(900)
    times.add_icon_line(at(0))
    times.add_step(1)
    assert times.add_step(10**18 - 1) is None
    assert times.add_icon_line(ModelTime(999_999_999, 12, 31, 0, 0, 0, 0)) == {}


@given(
    st.integers(1, 10_000),
    st.integers(1, 7200),
    st.lists(st.integers(1, 30), min_size=2, max_size=8),
)
def test_dense_steps_get_their_exact_times(first: int, length_s: int, blocks: list[int]) -> None:
    """However rarely ICON prints, a plugin that prints each step gets each step's time."""
    times = StepTimes()
    step = first
    known: dict[int, ModelTime | None] = {}
    for block in blocks:
        known.update(times.add_icon_line(at((step - first) * length_s)))
        for _ in range(block):
            known[step] = times.add_step(step)
            step += 1
    known.update(times.add_icon_line(at((step - first) * length_s)))
    assert known == {n: at((n - first) * length_s) for n in range(first, step)}
