"""Time as an argument: the one place that asks the machine what time it is.

Enters: nothing. Leaves: seconds. Every room that waits or dates something is handed a
`Clock`, so that a test can move time by hand and never sleeps for luck.
"""

from __future__ import annotations

import time
from datetime import datetime, timezone
from typing import Protocol


class Clock(Protocol):
    """What the rooms ask of time."""

    def wall_s(self) -> float:
        """Return seconds since 1970-01-01 UTC; may jump when the machine's clock is set."""
        ...

    def monotonic_s(self) -> float:
        """Return seconds since an arbitrary start; never goes back."""
        ...


class SystemClock:
    """The machine's clock."""

    def wall_s(self) -> float:
        """Return seconds since 1970-01-01 UTC."""
        return time.time()

    def monotonic_s(self) -> float:
        """Return seconds since an arbitrary start."""
        return time.monotonic()


class ManualClock:
    """A clock that moves only when told to, for tests."""

    def __init__(self, wall_s: float = 1_000_000_000.0) -> None:
        """Start at `wall_s` seconds since 1970-01-01 UTC."""
        self._wall_s = wall_s
        self._monotonic_s = 0.0

    def wall_s(self) -> float:
        """Return the wall time set so far."""
        return self._wall_s

    def monotonic_s(self) -> float:
        """Return the seconds advanced so far."""
        return self._monotonic_s

    def advance(self, seconds: float) -> None:
        """Move both times forward by `seconds`."""
        self._wall_s += seconds
        self._monotonic_s += seconds


# A day inside of what `datetime` holds, so that the local offset stays inside as well.
_FIRST_S = datetime(1, 1, 2, tzinfo=timezone.utc).timestamp()
_LAST_S = datetime(9999, 12, 31, tzinfo=timezone.utc).timestamp()


def utc_moment(wall_s: float) -> datetime:
    """Return a wall time as a date of UTC, one beyond the years 1 to 9999 as the nearest inside.

    Wall times come from files: a broken clock or a damaged event file writes any number.
    """
    return datetime.fromtimestamp(max(_FIRST_S, min(_LAST_S, wall_s)), timezone.utc)


def iso_time(wall_s: float) -> str:
    """Return a wall time as ISO 8601 with milliseconds and the local offset; never raises.

    The offset makes a time read on a laptop in another zone unambiguous.
    """
    return utc_moment(wall_s).astimezone().isoformat(timespec="milliseconds")
