"""One version of all that is known: what the monitor publishes and everybody reads.

Enters: run, tags, state of the source, activity, from the monitor's thread. Leaves: one
immutable object; whoever holds it sees one moment, without a lock.
"""

from __future__ import annotations

from dataclasses import dataclass

from loss_monitor.series.run import Run
from loss_monitor.series.tags import TagStore
from loss_monitor.types import ActivityEntry, Alert, SourceState


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that is known at one moment."""

    counter: int
    """Number of the version; grows with each change of data."""
    changed_at: float
    """When data last changed, seconds since 1970-01-01 UTC."""
    run: Run
    tags: TagStore
    source: SourceState
    activity: tuple[ActivityEntry, ...] = ()
    """Oldest first."""
    alerts: tuple[Alert, ...] = ()
    """In the order of their opening."""
