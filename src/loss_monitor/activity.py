"""The activity log: what happened to the run and to its files, a bounded list of rows.

Enters: one `tell` per event, from the reading thread alone. Leaves: an immutable tuple of
`ActivityEntry`, oldest first, that any thread may hold. Routine events share a row each,
so that ten thousand timesteps do not push a night's NaN out of the list.
"""

from __future__ import annotations

from dataclasses import replace

from loss_monitor.clock import Clock
from loss_monitor.types import ActivityEntry, Level


class ActivityLog:
    """Rows in the order of their last change; written by the reading thread only."""

    def __init__(self, clock: Clock, entries_max: int) -> None:
        """Keep at most `entries_max` rows; the oldest routine row is given up first."""
        self._clock = clock
        self._entries_max = entries_max
        self._rows: dict[str | int, ActivityEntry] = {}
        self._last_id = 0
        self.incidents = 0
        self._entries: tuple[ActivityEntry, ...] | None = ()

    def tell(
        self,
        level: Level,
        kind: str,
        message: str,
        *,
        file: str | None = None,
        line: int | None = None,
        offset: int | None = None,
        row: str | None = None,
        incident: bool = False,
        at_s: float | None = None,
    ) -> None:
        """Add an entry; one with a `row` takes the place of the row's older entry.

        `incident` marks what went wrong. A row counts as one incident however often it is
        told again. `line` counts from 1, `offset` is in bytes. `at_s` is when it happened, in
        seconds since 1970-01-01 UTC, where that is not now.
        """
        self._last_id += 1
        entry = ActivityEntry(
            self._last_id,
            self._clock.wall_s() if at_s is None else at_s,
            level,
            kind,
            message,
            file,
            line,
            offset,
            row,
            incident,
        )
        place: str | int = row if row is not None else entry.id
        older = self._rows.pop(place, None)
        if older is not None and older.incident:
            entry = replace(entry, incident=True)
        elif incident:
            self.incidents += 1
        self._rows[place] = entry
        if len(self._rows) > self._entries_max:
            self._give_up_one()
        self._entries = None

    @property
    def entries(self) -> tuple[ActivityEntry, ...]:
        """All rows, oldest change first."""
        if self._entries is None:
            self._entries = tuple(self._rows.values())
        return self._entries

    def _give_up_one(self) -> None:
        # What went wrong outlives what went as usual: the list is read the morning after.
        routine = (place for place, entry in self._rows.items() if not entry.incident)
        place = next(routine, None)
        del self._rows[place if place is not None else next(iter(self._rows))]


def counted(number: int, one: str, many: str) -> str:
    """Return a number with the word that goes with it.

    >>> counted(1, "loss", "losses"), counted(12_000, "loss", "losses")
    ('1 loss', '12,000 losses')
    """
    return f"{number:,} {one if number == 1 else many}"
