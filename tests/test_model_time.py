"""Model times: read as plugins write them, compared in any calendar; cftime is the oracle."""

from __future__ import annotations

import cftime
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loss_monitor.model_time import ModelTime, calendar_of, parse_model_time, seconds_since

CALENDARS = ["360_day", "365_day", "all_leap", "proleptic_gregorian"]
DAYS = {
    "360_day": [30] * 12,
    "365_day": [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31],
    "all_leap": [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31],
    "proleptic_gregorian": [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31],
}


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("1979-01-01 00:15:00", "1979-01-01 00:15:00"),
        ("1979-01-01 00:15:00.25", "1979-01-01 00:15:00.25"),
        ("1979-01-01T00-15-00.000", "1979-01-01 00:15:00"),
        ("1979-01-01_00-15-00", "1979-01-01 00:15:00"),
        ("1979-01-01T00-15-00", "1979-01-01 00:15:00"),
        ("1-01-01 00:00:00", "0001-01-01 00:00:00"),
        ("12345-01-01 00:00:00", "12345-01-01 00:00:00"),
        ("1979-02-30 00:00:00", "1979-02-30 00:00:00"),
        ("1979-1-2 3:04:05", "1979-01-02 03:04:05"),
        ("1979-01-01 00:00:00.000000001", "1979-01-01 00:00:00.000000001"),
    ],
)
def test_each_variant_has_the_one_label(text: str, label: str) -> None:
    """Names differ between plugins, the page shows one form."""
    time = parse_model_time(text)
    assert time is not None
    assert time.label == label
    assert parse_model_time(label) == time


@pytest.mark.parametrize(
    "text",
    [
        "", "1979-01-01", "1979-01-01 00:15", "1979-02-31 00:00:00", "1979-00-01 00:00:00",
        "1979-13-01 00:00:00", "1979-01-32 00:00:00", "1979-04-31 00:00:00",
        "1979-01-01 24:00:00", "1979-01-01 00:60:00", "1979-01-01 00:00:60",
        "1979-01-01 00:00:00.", "1979-01-01 00:00:00.1234567890", "-1979-01-01 00:00:00",
        "1979-01-01 00:00:00\n", " 1979-01-01 00:00:00", "1979-01-01T00-15-00-15:00",
        "1979-01-01 00:00:00Z", "\u0661979-01-01 00:00:00", "9999999999-01-01 00:00:00",
    ],
)  # fmt: skip
def test_what_is_no_time_in_any_calendar_is_none(text: str) -> None:
    """The whole text has to be a time, in ASCII digits."""
    assert parse_model_time(text) is None


def test_dashes_are_no_time_zone() -> None:
    """A general parser reads midnight at -15:00 here, without a word."""
    assert parse_model_time("1979-01-01T00-15-00") == ModelTime(1979, 1, 1, 0, 15, 0, 0)


@st.composite
def times_of(draw, calendar: str, count: int = 2) -> list[ModelTime]:
    """Times that exist in `calendar`, with whole microseconds, as cftime has them."""
    times = []
    for _ in range(count):
        year = draw(st.integers(1, 12_000))
        month = draw(st.integers(1, 12))
        day = draw(st.integers(1, DAYS[calendar][month - 1]))
        clock = [draw(st.integers(0, most)) for most in (23, 59, 59)]
        microsecond = draw(st.sampled_from([0, 0, 1, 250_000, 999_999]))
        times.append(ModelTime(year, month, day, *clock, microsecond * 1000))
    return times


def cf(time: ModelTime, calendar: str) -> cftime.datetime:
    return cftime.datetime(*time[:6], time.nanosecond // 1000, calendar=calendar)


@pytest.mark.parametrize("calendar", CALENDARS)
@given(data=st.data())
def test_seconds_between_times_are_those_of_cftime(calendar: str, data) -> None:
    """In each calendar, over leap years and centuries, to a microsecond."""
    times = data.draw(times_of(calendar, 5))
    found = seconds_since(times[0], np.array(times, dtype=np.int64), calendar)
    first = cf(times[0], calendar)
    for time, seconds in zip(times, found.tolist(), strict=True):
        difference = cf(time, calendar) - first
        exact = difference.days * 86400 + difference.seconds + difference.microseconds * 1e-6
        assert seconds == pytest.approx(exact, rel=1e-15, abs=1e-6)


@pytest.mark.parametrize("calendar", CALENDARS)
@given(data=st.data())
def test_fields_compare_in_time_order(calendar: str, data) -> None:
    """Tuples sort as cftime's dates do, so timesteps need no calendar to be in order."""
    first, second = data.draw(times_of(calendar))
    assert (first < second) == (cf(first, calendar) < cf(second, calendar))


@pytest.mark.parametrize(
    ("start", "stop", "calendar", "days"),
    [
        ((1979, 2, 28), (1979, 3, 1), "360_day", 3),
        ((1979, 2, 30), (1979, 3, 1), "360_day", 1),
        ((1, 1, 1), (2, 1, 1), "360_day", 360),
        ((1980, 2, 28), (1980, 3, 1), "365_day", 1),
        ((1979, 2, 28), (1979, 3, 1), "all_leap", 2),
        ((1980, 2, 28), (1980, 3, 1), "proleptic_gregorian", 2),
        ((1900, 2, 28), (1900, 3, 1), "proleptic_gregorian", 1),
        ((2000, 2, 28), (2000, 3, 1), "proleptic_gregorian", 2),
        ((1582, 10, 4), (1582, 10, 15), "proleptic_gregorian", 11),
    ],
)
def test_the_end_of_february_is_as_long_as_the_calendar_says(
    start: tuple[int, ...], stop: tuple[int, ...], calendar: str, days: int
) -> None:
    """Known by hand, without an oracle."""
    first, last = (ModelTime(*date, 0, 0, 0, 0) for date in (start, stop))
    assert seconds_since(first, np.array([last]), calendar).tolist() == [days * 86400.0]


def test_seconds_since_has_one_value_a_row() -> None:
    """Shape (times,), float64; none for none."""
    first = ModelTime(1979, 1, 1, 0, 0, 0, 0)
    found = seconds_since(first, np.empty((0, 7), dtype=np.int64), "360_day")
    assert found.shape == (0,)
    assert found.dtype == np.float64


def test_an_unknown_calendar_is_an_error() -> None:
    """Julian dates would be wrong by days; better none."""
    first = ModelTime(1979, 1, 1, 0, 0, 0, 0)
    with pytest.raises(KeyError, match="julian"):
        seconds_since(first, np.array([first]), "julian")


@pytest.mark.parametrize(
    ("dates", "calendar"),
    [
        ([], "proleptic_gregorian"),
        ([(1979, 1, 31)], "proleptic_gregorian"),
        ([(1980, 2, 29)], "proleptic_gregorian"),
        ([(1979, 2, 29)], "all_leap"),
        ([(1900, 2, 29)], "all_leap"),
        ([(1979, 2, 29), (1979, 2, 30)], "360_day"),
    ],
)
def test_the_calendar_is_the_simplest_that_has_all_dates(
    dates: list[tuple[int, ...]], calendar: str
) -> None:
    """30 February exists in one calendar only."""
    assert calendar_of([ModelTime(*date, 0, 0, 0, 0) for date in dates]) == calendar
