"""Adding seconds to model times of any calendar."""

from __future__ import annotations

from calendar import isleap

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loss_monitor.model_time import ModelTime, add_seconds, seconds_between, seconds_since

CALENDARS = ["360_day", "365_day", "all_leap", "proleptic_gregorian"]


@pytest.mark.parametrize(
    ("start", "seconds", "calendar", "label"),
    [
        ((1979, 1, 1, 0, 0, 0, 0), 900, "proleptic_gregorian", "1979-01-01 00:15:00"),
        ((1979, 1, 1, 0, 0, 0, 0), -1, "proleptic_gregorian", "1978-12-31 23:59:59"),
        ((1979, 1, 1, 0, 0, 0, 0), 0.25, "proleptic_gregorian", "1979-01-01 00:00:00.25"),
        ((1979, 1, 1, 0, 0, 0, 750_000_000), 0.5, "365_day", "1979-01-01 00:00:01.25"),
        ((1980, 2, 28, 23, 59, 59, 0), 1, "proleptic_gregorian", "1980-02-29 00:00:00"),
        ((1980, 2, 28, 23, 59, 59, 0), 1, "365_day", "1980-03-01 00:00:00"),
        ((1979, 2, 28, 23, 59, 59, 0), 1, "all_leap", "1979-02-29 00:00:00"),
        ((1979, 2, 30, 23, 45, 0, 0), 900, "360_day", "1979-03-01 00:00:00"),
        ((1979, 12, 30, 23, 45, 0, 0), 900, "360_day", "1980-01-01 00:00:00"),
        ((1, 1, 1, 0, 0, 0, 0), 86400 * 365, "proleptic_gregorian", "0002-01-01 00:00:00"),
        ((1900, 2, 28, 0, 0, 0, 0), 86400, "proleptic_gregorian", "1900-03-01 00:00:00"),
        ((2000, 2, 28, 0, 0, 0, 0), 86400, "proleptic_gregorian", "2000-02-29 00:00:00"),
        ((99_999, 12, 31, 0, 0, 0, 0), 86400, "proleptic_gregorian", "100000-01-01 00:00:00"),
    ],
)
def test_seconds_carry_into_dates_as_the_calendar_says(
    start: tuple[int, ...], seconds: float, calendar: str, label: str
) -> None:
    """Ends of days, months, leap and common years, idealised and far years."""
    assert add_seconds(ModelTime(*start), seconds, calendar).label == label


@given(
    st.sampled_from(CALENDARS),
    st.integers(1, 99_999),
    st.integers(1, 12),
    st.integers(1, 28),
    st.integers(0, 86_399),
    st.integers(-(10**12), 10**12),
)
def test_seconds_between_two_times_are_those_of_the_array(
    calendar: str, year: int, month: int, day: int, clock: int, seconds: int
) -> None:
    """To the last bit: a step's time must not depend on which of the two was asked."""
    start = ModelTime(year, month, day, clock // 3600, clock // 60 % 60, clock % 60, seconds % 999)
    stop = add_seconds(start, seconds, calendar)
    fields = np.array([stop], dtype=np.int64)
    assert seconds_between(start, stop, calendar) == seconds_since(start, fields, calendar)[0]


@given(
    st.sampled_from(CALENDARS),
    st.integers(1, 99_999),
    st.integers(1, 12),
    st.integers(1, 28),
    st.integers(0, 86_399),
    st.integers(-(10**12), 10**12),
)
def test_adding_is_the_inverse_of_the_difference(
    calendar: str, year: int, month: int, day: int, clock: int, seconds: int
) -> None:
    """`seconds_since` of the sum is what was added, in every calendar."""
    start = ModelTime(year, month, day, clock // 3600, clock // 60 % 60, clock % 60, 0)
    result = add_seconds(start, seconds, calendar)
    fields = np.array([result], dtype=np.int64)
    assert seconds_since(start, fields, calendar)[0] == seconds
    assert 1 <= result.month <= 12
    assert 1 <= result.day <= 31


def month_length(year: int, month: int, calendar: str) -> int:
    """Return the days of a month, from the definition of each calendar."""
    if calendar == "360_day":
        return 30
    common = 31 if month in {1, 3, 5, 7, 8, 10, 12} else 30
    if month != 2:
        return common
    gregorian = calendar == "proleptic_gregorian" and isleap(year)
    return 29 if calendar == "all_leap" or gregorian else 28


@pytest.mark.parametrize("calendar", CALENDARS)
@pytest.mark.parametrize("first_year", [1, 1899, 1979, 1999, 12_343])
def test_no_day_is_left_out_or_doubled(calendar: str, first_year: int) -> None:
    """Counting days on from a new year names each day of four years once, in order."""
    start = ModelTime(first_year, 1, 1, 0, 0, 0, 0)
    dates = [
        (year, month, day)
        for year in range(first_year, first_year + 4)
        for month in range(1, 13)
        for day in range(1, month_length(year, month, calendar) + 1)
    ]
    counted = [add_seconds(start, days * 86400.0, calendar)[:3] for days in range(len(dates))]
    assert counted == dates


def test_another_calendar_is_an_error_of_the_caller() -> None:
    """A name outside the CF conventions is not guessed at."""
    with pytest.raises(KeyError, match="lunar"):
        add_seconds(ModelTime(1979, 1, 1, 0, 0, 0, 0), 1, "lunar")


def test_infinity_cannot_be_added() -> None:
    """There is no date to return."""
    with pytest.raises(OverflowError):
        add_seconds(ModelTime(1979, 1, 1, 0, 0, 0, 0), float("inf"), "360_day")
