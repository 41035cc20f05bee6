"""Model times in the spellings of the plugins' file names and of ICON's own lines.

Enters: whatever the model hands over as its time. Leaves: text. It stands apart from
`loss_monitor.model_time`, which needs numpy, so that the writer needs nothing.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_PATTERN = re.compile(
    r"(\d+)-(\d{1,2})-(\d{1,2})[ T_](\d{1,2})[:-](\d{2})[:-](\d{2})(?:\.(\d{1,9}))?", re.ASCII
)


class ModelMoment(NamedTuple):
    """Fields of one model time, in any calendar."""

    year: int
    month: int
    day: int
    hour: int
    minute: int
    second: int
    nanosecond: int = 0

    @property
    def date(self) -> str:
        """`YYYY-MM-DD`."""
        return f"{self.year:04d}-{self.month:02d}-{self.day:02d}"

    def clock(self, separator: str) -> str:
        """Return hour, minute and second joined by `separator`."""
        return separator.join(f"{part:02d}" for part in (self.hour, self.minute, self.second))

    @property
    def milliseconds(self) -> str:
        """Fraction of the second in three digits, cut off."""
        return f"{self.nanosecond // 1_000_000:03d}"

    @property
    def label(self) -> str:
        """`YYYY-MM-DD HH:MM:SS`, with a fraction only where it is not zero."""
        text = f"{self.date} {self.clock(':')}"
        if self.nanosecond:
            text += "." + f"{self.nanosecond:09d}".rstrip("0")
        return text

    @property
    def icon(self) -> str:
        """As ICON prints it: year without leading zeros, always with milliseconds."""
        day = f"{self.year}-{self.month:02d}-{self.day:02d}"
        return f"{day} {self.clock(':')}.{self.milliseconds}"

    def file_name(self, variant: str) -> str:
        """Return the time as variant `N1`, `N2`, `N3` or `N4` of file names has it.

        >>> ModelMoment(1979, 1, 1, 0, 15, 0).file_name("N2")
        '1979-01-01T00-15-00.000'
        """
        if variant == "N1":
            return self.label
        if variant == "N2":
            return f"{self.date}T{self.clock('-')}.{self.milliseconds}"
        return f"{self.date}{'_' if variant == 'N3' else 'T'}{self.clock('-')}"


VARIANTS = ("N1", "N2", "N3", "N4")


def moment_of(time: object) -> ModelMoment:
    """Return the fields of `time`: text, a `datetime`, or whatever prints as either.

    Raises ValueError for text that is no time; digits beyond nanoseconds are none.
    """
    match = _PATTERN.fullmatch(str(time).strip())
    if match is None:
        raise ValueError(f"{time!r} is no model time such as '1979-01-01 00:15:00'")
    *fields, fraction = match.groups()
    year, month, day, hour, minute, second = map(int, fields)
    nanosecond = int((fraction or "").ljust(9, "0"))
    return ModelMoment(year, month, day, hour, minute, second, nanosecond)
