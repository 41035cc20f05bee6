"""Model times: the texts that ICON and its plugins print, as sortable fields.

Enters: the remainder of a file name's stem, a path of the API, or a job-log line's time.
Leaves: `ModelTime`. The pattern is explicit because general date parsers read
`1979-01-01T00-15-00` as midnight in the time zone -15:00 without a word.
Calendars differ (30 February is a date in a 360-day year), so fields are compared as they
stand; `seconds_since` alone does arithmetic.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from loss_monitor.types import Floats

PATTERN = r"(\d{1,9})-(\d{1,2})-(\d{1,2})[ T_](\d{1,2})[:-](\d{2})[:-](\d{2})(?:\.(\d{1,9}))?"
"""A model time as a regular expression for ASCII; its groups are what `time_of` takes."""
_PATTERN = re.compile(PATTERN, re.ASCII)
# The longest that each month is in any CF calendar: February has 30 days in `360_day`.
_DAYS_MAX = (31, 30, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class ModelTime(NamedTuple):
    """Fields of one model time; tuples compare in time order within any calendar."""

    year: int
    month: int
    day: int
    hour: int
    minute: int
    second: int
    nanosecond: int

    @property
    def label(self) -> str:
        """The one form shown everywhere: `YYYY-MM-DD HH:MM:SS`, fraction only if not 0.

        >>> ModelTime(1979, 1, 1, 0, 15, 0, 0).label
        '1979-01-01 00:15:00'
        """
        return label_of(self)


@lru_cache(maxsize=1024)
def label_of(fields: tuple[int, ...]) -> str:
    """Return the label of a model time's fields; those asked for last are kept."""
    # A third of the time of an f-string with as many formats.
    text = "%04d-%02d-%02d %02d:%02d:%02d" % fields[:6]  # noqa: UP031
    return text + "." + f"{fields[6]:09d}".rstrip("0") if fields[6] else text


def parse_model_time(text: str) -> ModelTime | None:
    """Return the model time that `text` is in whole, or None if it is none.

    Takes the four variants of plugin file names: separator blank, `T` or `_`, time fields
    joined by `:` or `-`, an optional fraction of 1 to 9 digits. Returns None for dates
    that exist in no calendar.

    >>> parse_model_time("1979-01-01T00-15-00.000") == parse_model_time("1979-01-01 00:15:00")
    True
    """
    match = _PATTERN.fullmatch(text)
    return None if match is None else time_of(match.groups())


def time_of(fields: Sequence[str | None]) -> ModelTime | None:
    """Return the model time of the groups of `PATTERN`; None if no calendar has that date."""
    year, month, day, hour, minute, second, fraction = fields
    date, clock = _date(year, month, day), _clock(hour, minute, second)
    if date is None or clock is None:
        return None
    nanosecond = int(fraction.ljust(9, "0")) if fraction else 0
    return ModelTime(*date, *clock, nanosecond)


# Names come by the thousand, and most of a training share a date, or a time of the day. Of a
# year there is one number object for all its dates.
_number = lru_cache(maxsize=256)(int)


@lru_cache(maxsize=256)
def _date(*texts: str) -> tuple[int, int, int] | None:
    year, month, day = map(_number, texts)
    exists = 1 <= month <= 12 and 1 <= day <= _DAYS_MAX[month - 1]
    return (year, month, day) if exists else None


@lru_cache(maxsize=256)
def _clock(*texts: str) -> tuple[int, int, int] | None:
    hour, minute, second = map(_number, texts)
    return None if hour > 23 or minute > 59 or second > 59 else (hour, minute, second)


def calendar_of(times: Sequence[ModelTime]) -> str:
    """Return the CF name of the simplest calendar in which all `times` exist.

    30 February exists only in `360_day`, 29 February of a common year only in `all_leap`.
    """
    february = [time for time in times if time.month == 2 and time.day >= 29]
    if any(time.day == 30 for time in february):
        return "360_day"
    if any(not _is_leap(time.year) for time in february):
        return "all_leap"
    return "proleptic_gregorian"


def seconds_since(first: ModelTime, fields: NDArray[np.int64], calendar: str) -> Floats:
    """Return seconds from `first` to each row of `fields` in a CF calendar.

    `fields` is int64 of shape (times, 7), columns as in `ModelTime`; the result is float64
    of shape (times,). Calendars: `360_day`, `365_day`, `all_leap`, `proleptic_gregorian`
    (CF conventions 1.11, section 4.4.1). Raises KeyError for another name.
    """
    origin = np.array([first], dtype=np.int64)
    days = _days(fields, calendar) - _days(origin, calendar)
    clock = (fields[:, 3:6] - origin[:, 3:6]) @ np.array([3600, 60, 1])
    seconds: Floats = (days * 86400 + clock) + (fields[:, 6] - origin[:, 6]) * 1e-9
    return seconds


def seconds_between(first: ModelTime, last: ModelTime, calendar: str) -> float:
    """Return the seconds from `first` to `last`: `seconds_since` of one time, without arrays.

    >>> first, last = ModelTime(1979, 2, 28, 0, 0, 0, 0), ModelTime(1979, 3, 1, 0, 0, 1, 0)
    >>> seconds_between(first, last, "360_day")
    259201.0
    """
    days = 0
    if first[:3] != last[:3]:
        days = _day_number(last, calendar) - _day_number(first, calendar)
    hour, minute, second, nanosecond = first[3:]
    clock = (last[3] - hour) * 3600 + (last[4] - minute) * 60 + last[5] - second
    return days * 86400 + clock + (last[6] - nanosecond) * 1e-9


def add_seconds(time: ModelTime, seconds: float, calendar: str) -> ModelTime:
    """Return the model time `seconds` (any sign) after `time` in a CF calendar.

    The inverse of `seconds_since`: same calendars, KeyError for another name. Exact to a
    nanosecond up to some days, else to float64's precision. A day that the calendar lacks
    counts on into the next month. Raises ValueError or OverflowError unless finite.

    >>> add_seconds(ModelTime(1979, 2, 28, 23, 45, 0, 0), 900, "360_day").label
    '1979-02-29 00:00:00'
    """
    whole = math.floor(seconds)
    nanoseconds = time.nanosecond + round((seconds - whole) * 1e9)
    carried, nanosecond = divmod(nanoseconds, 1_000_000_000)
    clock = time.hour * 3600 + time.minute * 60 + time.second + whole + carried
    extra_days, clock = divmod(clock, 86400)
    date = _add_days(time, extra_days, calendar)
    minutes, second = divmod(clock, 60)
    return ModelTime(*date, *divmod(minutes, 60), second, nanosecond)


def _add_days(time: ModelTime, extra_days: int, calendar: str) -> tuple[int, int, int]:
    """Return year, month and day that are `extra_days` after the date of `time`."""
    if calendar == "360_day":
        days = time.year * 360 + (time.month - 1) * 30 + time.day - 1 + extra_days
        return days // 360, days % 360 // 30 + 1, days % 30 + 1
    days = _day_number(time, calendar) + extra_days
    if not extra_days:
        return time[:3]
    year = days * _CYCLE[calendar][0] // _CYCLE[calendar][1]
    # The mean year is at most a day or two away from the real one.
    while _first_day(year + 1, calendar) <= days:
        year += 1
    while _first_day(year, calendar) > days:
        year -= 1
    in_year = days - _first_day(year, calendar)
    leap = _first_day(year + 1, calendar) - _first_day(year, calendar) == 366
    month = next(m for m in range(12, 0, -1) if _day_of_year(m, leap=leap) <= in_year)
    return year, month, in_year - _day_of_year(month, leap=leap) + 1


def _day_number(time: ModelTime, calendar: str) -> int:
    """Return whole days since the calendar's year 0."""
    if calendar == "360_day":
        return time.year * 360 + (time.month - 1) * 30 + time.day - 1
    first = _first_day(time.year, calendar)
    leap = _first_day(time.year + 1, calendar) - first == 366
    return first + _day_of_year(time.month, leap=leap) + time.day - 1


# Years and days of the shortest cycle after which leap years repeat.
_CYCLE = {"365_day": (1, 365), "all_leap": (1, 366), "proleptic_gregorian": (400, 146_097)}


def _first_day(year: int, calendar: str) -> int:
    """Return whole days from the calendar's year 0 to 1 January of `year`."""
    years, days = _CYCLE[calendar]
    if years == 1:
        return year * days
    before = year - 1
    return year * 365 + before // 4 - before // 100 + before // 400


def _day_of_year(month: int, *, leap: bool) -> int:
    return int(_DAYS_BEFORE_MONTH[month - 1]) + (leap and month > 2)


_DAYS_BEFORE_MONTH = np.cumsum([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30])


def _days(fields: NDArray[np.int64], calendar: str) -> NDArray[np.int64]:
    """Return whole days since the calendar's year 0, int64, shape (times,)."""
    year, month, day = fields[:, 0], fields[:, 1], fields[:, 2]
    if calendar == "360_day":
        return year * 360 + (month - 1) * 30 + day - 1
    in_year = _DAYS_BEFORE_MONTH[month - 1] + day - 1
    past_february = month > 2
    days: NDArray[np.int64]
    if calendar == "365_day":
        days = year * 365 + in_year
        return days
    if calendar == "all_leap":
        days = year * 366 + in_year + past_february
        return days
    if calendar != "proleptic_gregorian":
        raise KeyError(calendar)
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    before = year - 1
    leap_days = before // 4 - before // 100 + before // 400
    days = year * 365 + leap_days + in_year + (past_february & leap)
    return days


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
