"""The overview page's state: a snapshot in, everything the page shows out, and differences.

Enters: `Snapshot`s. Leaves: `PageState`, and from two of them a `Change`: what a page that
has the older one must be told to have the newer. `None` stands for a change that is told by
a new snapshot. A property test holds that applying changes gives exactly the newer state.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
import orjson

from loss_monitor.report.sentence import sentence
from loss_monitor.series.ranges import reduce_range
from loss_monitor.series.run import Run
from loss_monitor.series.snapshot import Snapshot
from loss_monitor.types import ActivityEntry, Alert, Floats
from loss_monitor.web.answers import encode
from loss_monitor.web.columns import (
    TIMESTEPS_MAX,
    Rows,
    bucket_rows,
    bucket_size,
    timestep_rows,
)
from loss_monitor.web.describe import (
    activity_row,
    alert_row,
    distributions,
    run_part,
    source_part,
    statistics,
)

SCHEMA = 4
"""Number of the event schema: a page made for another one reloads itself."""
ACTIVITY_MAX = 100
"""Newest rows of the activity log that the page holds."""
ALERTS_MAX = 50
"""Newest alerts that the page holds."""
RECENT_VALUES = 60
CURRENT_VALUES_MAX = 2000
"""Most values of a timestep that are sent one by one."""
_CURRENT_BYTES_MAX = 42_000
_CURRENT_BUCKETS = 400
# A change further back than this is a rewrite: a new snapshot says it as well.
_ROWS_REWRITTEN_MAX = 16
_BUCKETS_REWRITTEN_MAX = 2


@dataclass(frozen=True, slots=True)
class Current:
    """The latest timestep that has batches."""

    index: int
    complete: bool
    fixed: bytes
    """JSON of what does not change while it grows."""
    values: Floats | None
    """Its values; None where there are too many to be sent one by one."""
    body: bytes
    """JSON of all of it."""


@dataclass(frozen=True, slots=True)
class PageState:
    """All that the page shows of one version."""

    counter: int
    run_id: str
    run_label: str
    changed_at: float
    parts: Mapping[str, bytes]
    """JSON of each part that is not columns."""
    fields: Mapping[str, Mapping[str, bytes]]
    """JSON of the fields of those parts that are objects: only changed ones are sent."""
    recent: Floats
    """The newest values of the run, at most `RECENT_VALUES`."""
    bucket_size: int
    buckets: Rows
    start: int
    """Index of the first of `timesteps`."""
    timesteps: Rows
    current: Current | None
    activity: tuple[ActivityEntry, ...]
    alerts: tuple[Alert, ...]

    def as_json(self) -> dict[str, object]:
        """Return the fields of a `snapshot` event that belong to this version."""
        return {
            **{name: orjson.Fragment(body) for name, body in self.parts.items()},
            "buckets": {"size": self.bucket_size, **self.buckets.since(0)},
            "timesteps": {"start": self.start, **self.timesteps.since(0)},
            "current": _fragment(self.current),
            "activity": [activity_row(entry) for entry in self.activity],
            "alerts": [alert_row(alert) for alert in self.alerts],
        }


@dataclass(frozen=True, slots=True)
class Change:
    """What turns one page state into the next."""

    update: Mapping[str, object]
    """Fields of an `update` event; empty where nothing but the activity changed."""
    entries: tuple[ActivityEntry, ...]
    """New rows of the activity log, oldest first."""
    alerts: tuple[Alert, ...] = ()
    """Alerts that were opened, updated or closed."""


def page_state(snapshot: Snapshot, histogram_bins: int) -> PageState:
    """Return what the page shows of a snapshot."""
    run = snapshot.run
    start = max(0, run.n_timesteps - TIMESTEPS_MAX)
    size = bucket_size(run.n_timesteps)
    figures = statistics(run)
    objects: dict[str, Mapping[str, object]] = {
        "source": source_part(snapshot),
        "run": run_part(run),
        "statistics": {} if figures is None else asdict(figures),
    }
    fields = {
        part: {name: encode(value) for name, value in content.items()}
        for part, content in objects.items()
    }
    recent = run.values(max(0, run.n_values - RECENT_VALUES))
    parts = {
        **{
            part: _object(fields[part]) if content else b"null" for part, content in objects.items()
        },
        "sentence": encode(sentence(snapshot)),
        "distribution": encode(distributions(run, histogram_bins)),
        "recent": encode(recent),
    }
    return PageState(
        counter=snapshot.counter,
        run_id=run.id,
        run_label=run.label,
        changed_at=snapshot.changed_at,
        parts=parts,
        fields=fields,
        recent=recent,
        bucket_size=size,
        buckets=bucket_rows(run, start, size),
        start=start,
        timesteps=timestep_rows(run, start, run.n_timesteps),
        current=_current(run),
        activity=snapshot.activity[-ACTIVITY_MAX:],
        alerts=snapshot.alerts[-ALERTS_MAX:],
    )


def _current(run: Run) -> Current | None:
    index = run.latest_filled
    if index is None:
        return None
    timestep = run.timestep(index)
    values = timestep.values
    start = int(run.table.start[index])
    fixed = {"index": index, "label": timestep.label, "unit": timestep.unit, "start": start}
    grown: dict[str, object] = {"complete": timestep.complete, "count": len(values)}
    written = encode(values) if len(values) <= CURRENT_VALUES_MAX else b""
    whole = 0 < len(written) <= _CURRENT_BYTES_MAX
    if whole:
        grown["values"] = orjson.Fragment(written)
    else:
        buckets = reduce_range(run, start, start + len(values), _CURRENT_BUCKETS)
        names = ("x_start", "x_stop", "min", "max", "mean", "count")
        grown["buckets"] = {name: getattr(buckets, name) for name in names}
    return Current(
        index=index,
        complete=timestep.complete,
        fixed=encode(fixed),
        values=values if whole else None,
        body=encode({**fixed, **grown}),
    )


def _fragment(current: Current | None) -> orjson.Fragment | None:
    return None if current is None else orjson.Fragment(current.body)


def difference(old: PageState, new: PageState) -> Change | None:
    """Return what changed from `old` to `new`; None where a new snapshot has to say it.

    A new snapshot says: another run, another size of buckets, timesteps that were put in,
    rewritten or dropped far from the end, rows of the activity log that went away.
    """
    if old.run_id != new.run_id or old.bucket_size != new.bucket_size:
        return None
    splices = _splices(old, new)
    entries = _new_entries(old.activity, new.activity)
    alerts = _changed_alerts(old.alerts, new.alerts)
    if splices is None or entries is None or alerts is None:
        return None
    update = _changed_parts(old, new)
    replaced = update.pop("set", {})
    appended = _current_append(old.current, new.current)
    if appended is not None:
        update["current_append"] = appended
    elif _body(old.current) != _body(new.current):
        replaced["current"] = _fragment(new.current)
    if splices:
        update["splice"] = splices
    if replaced:
        update["set"] = replaced
    return Change(update, entries, alerts)


def _object(fields: Mapping[str, bytes]) -> bytes:
    return encode({name: orjson.Fragment(body) for name, body in fields.items()})


def _changed_parts(old: PageState, new: PageState) -> dict[str, dict[str, object]]:
    """Return the fields of an update that tell of the parts that are not columns."""
    replaced: dict[str, object] = {}
    merged: dict[str, object] = {}
    update: dict[str, dict[str, object]] = {"set": replaced}
    for part, body in new.parts.items():
        if old.parts[part] == body:
            continue
        before, after = old.fields.get(part, {}), new.fields.get(part, {})
        if part == "recent":
            update["recent_splice"] = _recent_splice(old.recent, new.recent)
        elif before and before.keys() == after.keys():
            merged[part] = {
                name: orjson.Fragment(value)
                for name, value in after.items()
                if before[name] != value
            }
        else:
            replaced[part] = orjson.Fragment(body)
    if merged:
        update["merge"] = merged
    return update


def _recent_splice(old: Floats, new: Floats) -> dict[str, object]:
    """Return how many values to remove in front and which to append."""
    before, after = old.view(np.int64), new.view(np.int64)
    drop = next(
        shift
        for shift in range(len(before) + 1)
        if np.array_equal(before[shift:], after[: len(before) - shift])
    )
    return {"drop": drop, "append": np.ascontiguousarray(new[len(old) - drop :])}


def _body(current: Current | None) -> bytes | None:
    return None if current is None else current.body


def _splices(old: PageState, new: PageState) -> dict[str, object] | None:
    splices: dict[str, object] = {}
    drop = new.start - old.start
    if drop < 0 or drop > len(old.timesteps):
        return None
    keep = new.timesteps.same_rows(old.timesteps, drop)
    if len(old.timesteps) - drop - keep > _ROWS_REWRITTEN_MAX:
        return None
    if drop or keep < len(old.timesteps) or keep < len(new.timesteps):
        append = new.timesteps.since(keep)
        splices["timesteps"] = {"drop": drop, "keep": keep, "start": new.start, "append": append}
    keep = new.buckets.same_rows(old.buckets, 0)
    if len(old.buckets) - keep > _BUCKETS_REWRITTEN_MAX:
        return None
    if keep < len(old.buckets) or keep < len(new.buckets):
        splices["buckets"] = {"keep": keep, "append": new.buckets.since(keep)}
    return splices


def _current_append(old: Current | None, new: Current | None) -> dict[str, object] | None:
    """Return what the current timestep has grown by, None where it did something else."""
    if old is None or new is None or old.values is None or new.values is None:
        return None
    if old.fixed != new.fixed or old.body == new.body or len(new.values) < len(old.values):
        return None
    size = len(old.values)
    kept = np.equal(old.values.view(np.int64), new.values[:size].view(np.int64))
    keep = size if kept.all() else int(np.argmin(kept))
    return {
        "index": new.index,
        "keep": keep,
        "values": np.ascontiguousarray(new.values[keep:]),
        "complete": new.complete,
        "count": len(new.values),
    }


def _changed_alerts(old: tuple[Alert, ...], new: tuple[Alert, ...]) -> tuple[Alert, ...] | None:
    """Return the alerts to put into `old` to have `new`, None where putting is not enough."""
    if old is new or old == new:
        return ()
    before = {alert.id: alert for alert in old}
    changed = tuple(alert for alert in new if before.get(alert.id) != alert)
    merged = {**before, **{alert.id: alert for alert in changed}}
    return changed if tuple(merged.values())[-ALERTS_MAX:] == new else None


def _new_entries(
    old: tuple[ActivityEntry, ...], new: tuple[ActivityEntry, ...]
) -> tuple[ActivityEntry, ...] | None:
    """Return the rows to add to `old` to have `new`, None where adding is not enough."""
    if old == new:
        return ()
    last_id = old[-1].id if old else 0
    entries = tuple(entry for entry in new if entry.id > last_id)
    replaced = {entry.row for entry in entries if entry.row is not None}
    kept = tuple(entry for entry in old if entry.row is None or entry.row not in replaced)
    return entries if (kept + entries)[-ACTIVITY_MAX:] == new else None
