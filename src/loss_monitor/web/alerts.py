"""`GET /api/alerts`: what the health rules found, open and closed, and what they look for.

Enters: requests. Leaves: answers; one function makes a row for this route and for the stream.
"""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from loss_monitor.health.table import RULES
from loss_monitor.settings import Settings
from loss_monitor.types import Alert
from loss_monitor.web.answers import versioned
from loss_monitor.web.describe import alert_row
from loss_monitor.web.runs import RunId, Runs


class AlertRoutes:
    """The route, bound to where snapshots come from."""

    def __init__(self, runs: Runs) -> None:
        """Answer from the snapshots of `runs`."""
        self._runs = runs

    async def alerts(self, request: Request, run_id: RunId = None) -> Response:
        """What is the matter with the run, the newest first, and the rules that say so."""
        found = self._runs.find(run_id)
        alerts = found.snapshot.alerts[::-1]
        return versioned(
            request,
            found.version,
            lambda: {
                "open": [alert_row(alert) for alert in alerts if _is_open(alert)],
                "closed": [alert_row(alert) for alert in alerts if not _is_open(alert)],
                "rules": rules(found.source.settings),
            },
        )


def _is_open(alert: Alert) -> bool:
    return alert.closed_s is None


def rules(settings: Settings) -> list[dict[str, object]]:
    """Return the rules with the limits that are in force."""
    given = dict(settings.health_limits)
    return [
        {
            "name": rule.name,
            "summary": rule.summary,
            "on": rule.name not in settings.health_off,
            "limits": {
                name: given.get(f"{rule.name}.{name}", limit) for name, limit in rule.limits.items()
            },
        }
        for rule in RULES
    ]
