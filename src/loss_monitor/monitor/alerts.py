"""Alerts of one source: what the health rules find, told in the activity log and to the hook.

Enters: the run and how its source stands, at each look. Leaves: the alerts for the snapshot,
rows of the activity log, calls of the hook. While the run is loaded nothing is judged: what
happened before is judged once, as a whole, and only what is still open then is passed on.
"""

from __future__ import annotations

from collections.abc import Callable

from loss_monitor.activity import ActivityLog
from loss_monitor.clock import Clock
from loss_monitor.health.book import Change
from loss_monitor.health.rule import Now
from loss_monitor.health.watch import HealthWatch, checked_limits
from loss_monitor.settings import Settings
from loss_monitor.types import Alert, Level

TOLD_ELSEWHERE = frozenset({"non-finite", "rollback", "weights-corrupted"})
"""Rules whose incidents have a row of the activity log already, from their source."""
STATE_EVERY_S = 5.0
"""Ages and clocks are judged this often where no data came."""

PassOn = Callable[[Change, str], None]
"""Takes what was opened or closed, and the label of its run."""


class Alerts:
    """The health of one source's run; used by the reading thread only."""

    def __init__(
        self, settings: Settings, clock: Clock, activity: ActivityLog, pass_on: PassOn | None
    ) -> None:
        """Judge by the limits of `settings`; raises SettingError for one that is unknown."""
        limits = checked_limits(dict(settings.health_limits), settings.health_off)
        self._watch = HealthWatch(limits, frozenset(settings.health_off))
        self._clock = clock
        self._activity = activity
        self._pass_on = pass_on
        self._looked_s = float("-inf")
        self._seen: object = None
        self._is_first = True

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """All alerts of the run, in the order of their opening."""
        return self._watch.alerts

    def is_due(self, run: object) -> bool:
        """Tell whether there is something to judge: other data, or time that has passed."""
        waited_s = self._clock.monotonic_s() - self._looked_s
        return run is not self._seen or waited_s >= STATE_EVERY_S

    def look(self, now: Now) -> None:
        """Judge; tell and pass on what was opened or closed."""
        self._seen = now.run
        self._looked_s = self._clock.monotonic_s()
        is_first, self._is_first = self._is_first, False
        changes = self._watch.look(now)
        for change in changes:
            self._tell(change)
        if self._pass_on is None:
            return
        still_open = {alert.id for alert in self.alerts if alert.closed_s is None}
        for change in changes:
            if not is_first or (change.what == "opened" and change.alert.id in still_open):
                self._pass_on(change, now.run.label)

    def _tell(self, change: Change) -> None:
        alert = change.alert
        if alert.rule in TOLD_ELSEWHERE:
            return
        evidence = alert.evidence
        place = f" at {evidence.timestamp}" if evidence.timestamp else ""
        level: Level = "ok" if change.what == "closed" else alert.level
        ending = ": over" if change.what == "closed" else ""
        self._activity.tell(
            level,
            "alert",
            f"{alert.rule.replace('-', ' ').capitalize()}{place}: {alert.message}{ending}",
            file=evidence.file.rpartition("/")[2] or None,
            line=evidence.line,
            row=f"alert:{alert.rule}:{alert.id}",
            incident=alert.level in ("warning", "error"),
            at_s=alert.closed_s if change.what == "closed" else alert.opened_s,
        )
