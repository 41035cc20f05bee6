"""Axes of a chart on paper: ranges, ticks and their texts.

Enters: the extremes of what is drawn, or the model times of timesteps. Leaves: scales from
values to places on the paper, and ticks. Ticks of model time lie at timesteps and read what
those are called, so that they are right in every calendar.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, inf, log10

import numpy as np

from loss_monitor.report.text import duration_text, tick_text
from loss_monitor.types import Floats, Ints

LOG_RATIO = 100.0
"""Values that span more than two decades are drawn on a logarithmic axis."""
_FROM_ZERO_RATIO = 0.6
# Beyond this nothing is drawn where it is: differences would leave float64.
_MOST = 1e300
# Below this a range is none: steps within it would leave float64, too.
_LEAST = 1e-300
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_YEAR, _MONTH, _DAY, _HOUR, _MINUTE, _SECOND = range(6)
_DATE_UNITS = (
    *((_YEAR, size) for size in (1000, 500, 200, 100, 50, 20, 10, 5, 2, 1)),
    *((_MONTH, size) for size in (6, 3, 1)),
    *((_DAY, size) for size in (10, 5, 2, 1)),
    *((_HOUR, size) for size in (12, 6, 3, 1)),
    *((_MINUTE, size) for size in (30, 15, 10, 5, 1)),
    *((_SECOND, size) for size in (30, 10, 1)),
)
"""Units of ticks on model time, from the longest, and how many of them lie between two."""


@dataclass(frozen=True, slots=True)
class Tick:
    """One tick: where, and what is written there."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Scale:
    """From values to places between `start` and `stop`, in units of the drawing."""

    low: float
    high: float
    start: float
    stop: float
    is_log: bool = False

    def place(self, values: Floats) -> Floats:
        """Return the places of values; NaN for what the scale cannot show."""
        low, high = self.low, self.high
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            if self.is_log:
                values, low, high = np.log10(values), log10(low), log10(high)
            if not high - low < inf:
                # The range is more than any number: half of it is one.
                values, low, high = values / 2, low / 2, high / 2
            share = (values - low) / (high - low)
            places = self.start + share * (self.stop - self.start)
        return np.where(np.isfinite(places), places, np.nan)


def value_scale(low: float, high: float, start: float, stop: float, *, is_log: bool) -> Scale:
    """Return a scale with air round the extremes; from zero where that does not flatten them."""
    low, high = max(low, -_MOST), min(high, _MOST)
    if is_log:
        ends = log10(max(low, 1 / _MOST)), log10(high)
        room = max((ends[1] - ends[0]) * 0.05, 0.02)
        least, most = max(ends[0] - room, -307.0), min(ends[1] + room, 308.0)
        return Scale(10**least, 10**most, start, stop, True)
    if not high - low > _LEAST:
        room = abs(low) * 0.1
        room = room if room > _LEAST else 1.0
        return Scale(low - room, low + room, start, stop)
    room = (high - low) * 0.07
    if 0 <= low < high * _FROM_ZERO_RATIO:
        return Scale(0.0, high + room, start, stop)
    return Scale(low - room, high + room, start, stop)


def apart(low: float, high: float) -> tuple[float, float]:
    """Return the ends of a scale: those given, with some room where they are one place."""
    room = 0.0 if high > low else max(1.0, abs(low) * 1e-9)
    return low - room, high + room


def is_log(low: float, high: float) -> bool:
    """Tell whether values between two extremes are drawn on a logarithmic axis."""
    return low > 0 and high / low > LOG_RATIO


def value_ticks(scale: Scale, wanted: int = 5) -> list[Tick]:
    """Return ticks of a scale at round numbers.

    >>> [tick.text for tick in value_ticks(Scale(0, 0.42, 0, 1))]
    ['0', '0.1', '0.2', '0.3', '0.4']
    """
    if scale.is_log:
        return _log_ticks(scale)
    rough = (scale.high - scale.low) / wanted
    if not _LEAST < rough < _MOST:
        return []
    power = 10.0 ** floor(log10(rough))
    step = next(size * power for size in _STEPS if size * power >= rough * 0.999)
    numbers = range(ceil(scale.low / step - 1e-9), floor(scale.high / step + 1e-9) + 1)
    digits = max(0, (round(step / power, 3) == 2.5) - floor(log10(step) + 1e-9))
    return [Tick(number * step, tick_text(number * step, digits)) for number in numbers]


def _log_ticks(scale: Scale) -> list[Tick]:
    low, high = log10(scale.low), log10(scale.high)
    stride = max(1, ceil((high - low) / 8))
    powers = range(ceil(low), floor(high) + 1)
    ticks = [
        Tick(10.0**power, tick_text(10.0**power, max(0, -power)))
        for power in powers
        if power % stride == 0
    ]
    if high - low < 2.5:
        ticks += [
            Tick(factor * 10.0**power, tick_text(factor * 10.0**power, max(0, -power)))
            for power in range(floor(low), floor(high) + 1)
            for factor in (2, 5)
            if scale.low <= factor * 10.0**power <= scale.high
        ]
    return sorted(ticks, key=lambda tick: tick.at)


def count_ticks(scale: Scale, wanted: int = 6) -> list[Tick]:
    """Return ticks of a scale of whole numbers."""
    ticks = value_ticks(scale, wanted)
    return [Tick(tick.at, tick_text(tick.at, 0)) for tick in ticks if tick.at % 1 == 0]


def duration_ticks(scale: Scale, most: int = 8) -> list[Tick]:
    """Return ticks of a scale of seconds at whole seconds, minutes, hours or days.

    >>> [tick.text for tick in duration_ticks(Scale(0, 9000, 0, 1), 4)]
    ['0', '1 h', '2 h']
    """
    span = scale.high - scale.low
    for unit_s, sizes in _DURATIONS:
        for size in sizes:
            step = size * unit_s
            if span / step <= most:
                numbers = range(ceil(scale.low / step - 1e-9), floor(scale.high / step) + 1)
                return [Tick(at * step, duration_text(at * step) if at else "0") for at in numbers]
    return []


_DURATIONS = (
    (1, (1, 2, 5, 10, 30)),
    (60, (1, 2, 5, 10, 30)),
    (3600, (1, 2, 3, 6, 12)),
    (86_400, tuple(size * 10**power for power in range(7) for size in (1, 2, 5))),
)
"""Units in seconds, and how many of them lie between two ticks."""


def date_ticks(seconds: Floats, fields: Ints, most: int = 8) -> list[Tick]:
    """Return ticks where a year, month, day, hour or so begins, about half of `most` to `most`.

    `seconds` is the place of each timestep on the axis, `fields` its model time as in
    `ModelTime`, int64 of shape (timesteps, 7). A tick lies at the first timestep of its unit.
    """
    best: list[Tick] = []
    for column, size in _DATE_UNITS:
        unit = np.column_stack([fields[:, :column], _units(fields[:, column], column, size)])
        begins = np.flatnonzero((np.diff(unit, axis=0) != 0).any(axis=1)) + 1
        if len(begins) > most:
            break
        if len(begins) > len(best):
            dates = [_date_text(fields[at].tolist(), column) for at in begins]
            best = [Tick(float(seconds[at]), date) for at, date in zip(begins, dates, strict=True)]
        if len(begins) >= most // 2:
            break
    return best


def _units(numbers: Ints, column: int, size: int) -> Ints:
    # Months and days count from 1.
    return (numbers - (column in (_MONTH, _DAY))) // size


def _date_text(fields: Sequence[int], column: int) -> str:
    year, month, day, hour, minute, second, _ = fields
    if column == _YEAR:
        return f"{year:04d}"
    if column == _MONTH:
        return f"{year:04d}-{month:02d}"
    if column == _DAY:
        return f"{year:04d}-{month:02d}-{day:02d}"
    seconds = f":{second:02d}" if column == _SECOND else ""
    return f"{month:02d}-{day:02d} {hour:02d}:{minute:02d}{seconds}"
