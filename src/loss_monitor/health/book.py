"""The book of alerts: opened once an incident, updated, closed.

Enters: what the rules found, by the place of each incident. Leaves: an immutable tuple of
`Alert`, and what is new about them. Written by the reading thread only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from loss_monitor.health.rule import Told
from loss_monitor.types import Alert

ALERTS_MAX = 500
"""Alerts kept; the oldest closed ones are forgotten first."""

Place = tuple[object, ...]
"""Tells an incident from others of its rule, whatever is found out about it later."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """An incident as a rule sees it now."""

    rule: str
    place: Place
    told: Told
    opened_s: float
    closed_s: float | None


@dataclass(frozen=True, slots=True)
class Change:
    """An alert that was opened or closed just now."""

    what: str
    """`opened` or `closed`."""
    alert: Alert


class AlertBook:
    """All alerts of one run."""

    def __init__(self) -> None:
        """Have no alert."""
        self._alerts: dict[tuple[str, Place], Alert] = {}
        self._last_id = 0
        self._changes: list[Change] = []
        self._tuple: tuple[Alert, ...] | None = ()

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """All alerts kept, in the order of their opening."""
        if self._tuple is None:
            self._tuple = tuple(self._alerts.values())
        return self._tuple

    def is_open(self, rule: str, place: Place) -> bool:
        """Tell whether the incident at `place` has an open alert."""
        alert = self._alerts.get((rule, place))
        return alert is not None and alert.closed_s is None

    def open_places(self, rule: str) -> list[Place]:
        """Return the places of a rule's open alerts."""
        return [
            place
            for (name, place), alert in self._alerts.items()
            if name == rule and alert.closed_s is None
        ]

    def see(self, sightings: Iterable[Sighting], now_s: float) -> None:
        """Open, update and close alerts; what is as before changes nothing."""
        for sighting in sightings:
            self._see(sighting, now_s)
        self._forget()

    def close(self, rule: str, place: Place, now_s: float) -> None:
        """Close an alert whose incident is over, or turned out to be none."""
        alert = self._alerts.get((rule, place))
        if alert is not None and alert.closed_s is None:
            # A file server's clock, which may be ahead of this one, tells when it began.
            closed_s = max(now_s, alert.opened_s)
            self._put((rule, place), replace(alert, closed_s=closed_s, updated_s=now_s))

    def drain(self) -> list[Change]:
        """Return what was opened and closed since the last call."""
        changes, self._changes = self._changes, []
        return changes

    def _see(self, sighting: Sighting, now_s: float) -> None:
        place = (sighting.rule, sighting.place)
        old = self._alerts.get(place)
        told, closed_s = sighting.told, sighting.closed_s
        if closed_s is not None:
            # Lines of a log and the files beside it may tell times that do not fit together.
            closed_s = max(closed_s, sighting.opened_s)
        if old is None:
            self._last_id += 1
            new = Alert(
                self._last_id, sighting.rule, told.level, told.message, sighting.opened_s,
                now_s, closed_s, told.evidence,
            )  # fmt: skip
        else:
            new = replace(
                old, level=told.level, message=told.message, evidence=told.evidence,
                closed_s=closed_s, updated_s=old.updated_s,
            )  # fmt: skip
            if new == old:
                return
            new = replace(new, updated_s=now_s)
        self._put(place, new)

    def _put(self, place: tuple[str, Place], new: Alert) -> None:
        old = self._alerts.get(place)
        self._alerts[place] = new
        self._tuple = None
        if old is None:
            self._changes.append(Change("opened", new))
        if new.closed_s is not None and (old is None or old.closed_s is None):
            self._changes.append(Change("closed", new))

    def _forget(self) -> None:
        if len(self._alerts) <= ALERTS_MAX:
            return
        closed = (place for place, alert in self._alerts.items() if alert.closed_s is not None)
        for place in list(closed)[: len(self._alerts) - ALERTS_MAX]:
            del self._alerts[place]
            self._tuple = None
