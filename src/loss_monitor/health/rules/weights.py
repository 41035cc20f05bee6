"""Rule `weights-corrupted`: the trainer found NaN or infinity in the network's weights."""

from __future__ import annotations

from types import MappingProxyType

from loss_monitor.health.rule import Event, Limits, Told
from loss_monitor.health.words import place_of
from loss_monitor.series.run import Run
from loss_monitor.types import Evidence

_WORDS = "NaN/Inf in"
_REMEDIES = frozenset({"rollback", "restored"})


class WeightsCorrupted:
    """A trainer's own complaint; whatever it trains from there on is worth nothing."""

    name = "weights-corrupted"
    summary = "the trainer found NaN or infinity in the weights"
    limits: Limits = MappingProxyType({})

    def events(self, run: Run, limits: Limits) -> list[Event]:
        """Return one incident a stretch of complaints; a rollback ends it."""
        del limits
        found: list[Event] = []
        is_open = False
        for mark in run.marks:
            if mark.kind in _REMEDIES and is_open:
                last = found[-1]
                found[-1] = Event(last.place, last.opened_s, mark.wall_time, last.told)
                is_open = False
            elif mark.kind == "non_finite" and _WORDS in mark.message and not is_open:
                is_step = mark.key is not None and len(mark.key) == 1
                where = f"step {mark.key[0]}" if mark.key is not None and is_step else ""
                evidence = Evidence(file=mark.file, line=mark.line, timestamp=where)
                told = Told(f"the trainer says: {mark.message}", evidence, "error")
                found.append(Event(place_of(mark), mark.wall_time, None, told))
                is_open = True
        return found
