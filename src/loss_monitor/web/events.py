"""Events of the stream as bytes, by the server-sent events format.

Enters: page states and their differences. Leaves: `event`, `id` and `data` lines (HTML
Living Standard, section 9.2). JSON written by orjson has no line break, so that each event
is one `data` line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import orjson

from loss_monitor.clock import Clock, iso_time
from loss_monitor.types import ActivityEntry, Alert
from loss_monitor.web.answers import encode
from loss_monitor.web.describe import activity_row, alert_row
from loss_monitor.web.overview import SCHEMA, PageState

SNAPSHOT_BYTES_MAX = 200_000
_END = b"\n\n"


class Encoder:
    """Turns what happened into bytes, each event once."""

    def __init__(self, clock: Clock, about: Mapping[str, object]) -> None:
        """`about` is what stays the same while the server runs."""
        self._clock = clock
        self._about = encode(about)

    def snapshot_head(self, version: str) -> bytes:
        """Return the beginning of a `snapshot` event; `snapshot_rest` follows it."""
        head = {"schema": SCHEMA, "version": version, **self._times()}
        return _lines("snapshot", version) + encode(head)[:-1] + b","

    def snapshot_rest(self, page: PageState) -> bytes:
        """Return the rest of a `snapshot` event, the same for all who are given it."""
        content = {"about": orjson.Fragment(self._about), **page.as_json()}
        body = encode(content)[1:] + _END
        activity = [activity_row(entry) for entry in page.activity]
        while len(body) > SNAPSHOT_BYTES_MAX - 500 and activity:
            # Long messages of files with long names: the oldest are given up.
            del activity[: max(1, len(activity) // 4)]
            body = encode({**content, "activity": activity})[1:] + _END
        return body

    def update(self, version: str, update: Mapping[str, object]) -> bytes:
        """Return an `update` event with the fields of a `Change`."""
        return self._event("update", version, {**self._times(), **update})

    def activity(self, version: str, entries: Sequence[ActivityEntry]) -> bytes:
        """Return an `activity` event."""
        rows = [activity_row(entry) for entry in entries]
        return self._event("activity", version, {"entries": rows})

    def alerts(self, version: str, alerts: Sequence[Alert]) -> bytes:
        """Return an `alert` event."""
        rows = [alert_row(alert) for alert in alerts]
        return self._event("alert", version, {"alerts": rows})

    def run(self, version: str, page: PageState) -> bytes:
        """Return the `run` event that comes before the snapshot of a new run."""
        content = {"id": page.run_id, "label": page.run_label}
        return _lines("run", version) + encode(content) + _END

    def heartbeat(self, version: str, changed_at: float) -> bytes:
        """Return a `heartbeat` event; `changed_at` is when data last changed, 0 if never."""
        age_s = round(self._clock.wall_s() - changed_at, 3) if changed_at else None
        return self._event("heartbeat", version, {"age_s": age_s, **self._times()})

    def _times(self) -> dict[str, object]:
        now_s = self._clock.wall_s()
        return {"server_time": iso_time(now_s), "server_time_s": round(now_s, 3)}

    @staticmethod
    def _event(name: str, version: str, content: Mapping[str, object]) -> bytes:
        return _lines(name, version) + encode({"version": version, **content}) + _END


def _lines(name: str, version: str) -> bytes:
    return f"event: {name}\nid: {version}\ndata: ".encode()
