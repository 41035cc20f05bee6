"""Axes on paper: ranges that hold the data, ticks that can be read."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loss_monitor.report.axes import (
    Scale,
    count_ticks,
    date_ticks,
    is_log,
    value_scale,
    value_ticks,
)

FINITE = st.floats(-1e12, 1e12, allow_subnormal=False)


@given(FINITE, FINITE)
def test_a_scale_holds_its_extremes_and_has_a_few_ticks(one, other):
    """Whatever the numbers; ticks rise and lie inside."""
    low, high = min(one, other), max(one, other)
    scale = value_scale(low, high, 100.0, 0.0, is_log=False)
    assert scale.low <= low <= high <= scale.high
    ticks = value_ticks(scale)
    places = [tick.at for tick in ticks]
    assert places == sorted(places)
    assert len(ticks) <= 12
    if high - low > 1e-9 * max(abs(low), abs(high), 1e-300):
        assert len(ticks) >= 2


@given(st.floats(1e-300, 1e200), st.floats(1.0, 1e90))
def test_a_logarithmic_scale_has_powers_of_ten(low, ratio):
    """And factors between them where there are few."""
    high = low * ratio
    scale = value_scale(low, high, 100.0, 0.0, is_log=True)
    assert scale.low < low <= high < scale.high
    assert len(value_ticks(scale)) <= 16


@pytest.mark.parametrize(
    ("low", "high", "texts"),
    [
        (0.0, 0.4, ["0", "0.1", "0.2", "0.3", "0.4"]),
        (0.0, 9000.0, ["0", "2,000", "4,000", "6,000", "8,000"]),
        (1.0, 1.01, ["1.0000", "1.0025", "1.0050", "1.0075", "1.0100"]),
    ],
)
def test_ticks_have_the_digits_they_need(low, high, texts):
    """And no more."""
    assert [tick.text for tick in value_ticks(value_scale(low, high, 1, 0, is_log=False))] == texts


def test_a_scale_shows_nothing_where_it_cannot():
    """Zero and below have no place on a logarithmic one, NaN has none at all."""
    scale = Scale(0.1, 10.0, 0.0, 100.0, True)
    places = scale.place(np.array([1.0, 0.0, -1.0, np.nan]))
    assert places[0] == pytest.approx(50.0)
    assert np.isnan(places[1:]).all()


def test_more_than_two_decades_are_logarithmic():
    """Zero or below never."""
    assert is_log(0.01, 1.5)
    assert not is_log(0.1, 1.0)
    assert not is_log(0.0, 1e9)


def test_counts_have_whole_ticks():
    """There is no half batch."""
    assert [tick.text for tick in count_ticks(Scale(0, 2, 0, 1))] == ["0", "1", "2"]


def days(numbers):
    """Fields of days of a calendar whose months have 30 days."""
    rows = [(1 + n // 360, 1 + n % 360 // 30, 1 + n % 30, 0, 0, 0, 0) for n in numbers]
    return np.array(rows, dtype=np.int64)


@pytest.mark.parametrize(
    ("count", "texts"),
    [
        (4, ["0001-01-02", "0001-01-03", "0001-01-04"]),
        (200, ["0001-02", "0001-03", "0001-04", "0001-05", "0001-06", "0001-07"]),
        (7000, ["0005", "0010", "0015", "0020"]),
    ],
)
def test_dates_are_told_in_the_longest_unit_that_gives_enough(count, texts):
    """In any calendar: also where February has 30 days and years are not of four digits."""
    numbers = np.arange(count)
    ticks = date_ticks(numbers * 86400.0, days(numbers))
    assert [tick.text for tick in ticks] == texts


def test_a_single_timestep_has_no_date_tick():
    """Nothing begins there."""
    assert date_ticks(np.zeros(1), days([0])) == []
