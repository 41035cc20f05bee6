"""Model time of the plugin's steps, from where they stand between ICON's lines.

Enters: ICON's `Time step` lines and the first line of each plugin step, in the order of the
log. Leaves: a model time a step. The two count differently after a restart, so numbers are
never matched; what is known is order:

    ICON line, time A        the first step after it has time A
    steps 40, 41, ... 64     the others share the interval up to B evenly
    ICON line, time B        the next interval begins

After the last ICON line the last interval's seconds per step are carried on, and what that
gave is corrected when the next ICON line comes.
"""

from __future__ import annotations

from collections import deque

from loss_monitor.model_time import ModelTime, add_seconds, calendar_of, seconds_between

CORRECTED_MAX = 4096
"""Steps of one interval whose times are corrected at its end; ICON prints at least every
25th of its steps, so only a log without any further ICON line has more."""
_FEBRUARY = 2
_SHORT_FEBRUARY = 28
_WHOLE_SECONDS_FROM = 2.0
"""Seconds a step from which on times between ICON lines are given in whole seconds."""
_REACH_MAX_S = 1e11
"""Some 3,000 years: a longer way from an ICON line comes from damaged numbers."""


class StepTimes:
    """Model times of the steps of one job log."""

    def __init__(self) -> None:
        """Start without any ICON line."""
        self._begun: ModelTime | None = None
        self._calendar = "proleptic_gregorian"
        self._per_step_s: float | None = None
        self._first = self._last = self._count = 0
        self._told: deque[tuple[int, ModelTime | None]] = deque(maxlen=CORRECTED_MAX)

    def set_step_length(self, seconds: float) -> None:
        """Take the step length that the plugin printed, until an interval is measured."""
        if self._per_step_s is None:
            self._per_step_s = seconds

    def restart(self) -> None:
        """The steps go back: what comes is of another process."""
        self._forget_steps()

    def add_icon_line(self, time: ModelTime) -> dict[int, ModelTime]:
        """End the interval at an ICON line; return the times of its steps anew.

        Times that turn out as they were told before are not returned.
        """
        if time == self._begun:
            # Another rank's copy of the same line.
            return {}
        if time.month == _FEBRUARY and time.day > _SHORT_FEBRUARY and self._calendar != "360_day":
            evidence = calendar_of([time])
            if evidence != "proleptic_gregorian":
                self._calendar = evidence
        corrected = self._close(time)
        self._begun = time
        self._forget_steps()
        return corrected

    def add_step(self, step: int) -> ModelTime | None:
        """Return the model time of a step that is seen for the first time, if known.

        A step below the newest one of the interval (a rank that speaks late) is placed by
        its number, and does not move the others.
        """
        if self._begun is None:
            return None
        if self._count == 0:
            self._first = self._last = step
            self._count = 1
        elif step > self._last:
            self._last = step
            self._count += 1
        time = self._time_of(step, self._per_step_s)
        self._told.append((step, time))
        return time

    def _forget_steps(self) -> None:
        self._first = self._last = self._count = 0
        self._told.clear()

    def _close(self, ended: ModelTime) -> dict[int, ModelTime]:
        """Measure the interval up to `ended`; return the times that this changes."""
        if self._begun is None or not self._count or ended < self._begun:
            return {}
        # Between n steps lie n - 1 distances; the last step takes as long as the others.
        distance = (self._last - self._first) / (self._count - 1) if self._count > 1 else 1.0
        span_s = seconds_between(self._begun, ended, self._calendar)
        self._per_step_s = span_s / (self._last - self._first + distance)
        corrected: dict[int, ModelTime] = {}
        if len(self._told) == 1:
            # ICON prints a line for each step: the one between two lines has the first's time.
            return corrected
        for step, told in self._told:
            time = self._time_of(step, self._per_step_s)
            if time is not None and time != told:
                corrected[step] = time
        return corrected

    def _time_of(self, step: int, per_step_s: float | None) -> ModelTime | None:
        if self._begun is None or step == self._first:
            return self._begun
        if per_step_s is None:
            return None
        seconds = (step - self._first) * per_step_s
        if abs(seconds) > _REACH_MAX_S:
            return None
        # An estimate to the nanosecond would claim what nobody knows.
        decimals = 3 if per_step_s < _WHOLE_SECONDS_FROM else 0
        seconds = round(seconds, decimals)
        return add_seconds(self._begun, seconds, self._calendar)
