"""Rule `rollback`: the training went back to a checkpoint, or had none to go back to."""

from __future__ import annotations

import re
from bisect import bisect_left
from types import MappingProxyType

from loss_monitor.activity import counted
from loss_monitor.health.rule import Event, Limits, Told
from loss_monitor.health.words import place_of
from loss_monitor.series.run import Run
from loss_monitor.types import Evidence, Key, Mark

_LOST = re.compile(r": ([0-9,]+ steps?) of training lost$")


class Rollback:
    """Each rollback that a job log tells."""

    name = "rollback"
    summary = "the training lost steps and went back to a checkpoint"
    limits: Limits = MappingProxyType({"steps_until_over": 20.0})

    def events(self, run: Run, limits: Limits) -> list[Event]:
        """Return all rollbacks; one is over once the training has gone on for a while."""
        found = []
        for mark in run.marks:
            if mark.kind != "rollback":
                continue
            over_s = _wall_time_behind(run, mark.key, int(limits["steps_until_over"]))
            found.append(Event(place_of(mark), mark.wall_time, over_s, _told(mark)))
        return found


def _told(mark: Mark) -> Told:
    where = f"step {mark.key[0]}" if mark.key is not None and len(mark.key) == 1 else ""
    evidence = Evidence(file=mark.file, line=mark.line, timestamp=where)
    if "No checkpoint" in mark.message:
        return Told("no checkpoint to go back to after a NaN", evidence, "error")
    if not where or mark.key is None or mark.from_key is None:
        return Told("went back to a checkpoint", evidence, "warning")
    (checkpoint,) = mark.from_key
    # Its place moves where a later job does those steps again; what was lost then stays lost.
    said = _LOST.search(mark.message)
    lost = said[1] if said else counted(mark.key[0] - checkpoint, "step", "steps")
    return Told(
        f"went back to the checkpoint of step {checkpoint:,}: {lost} of training lost",
        evidence,
        "warning",
    )


def _wall_time_behind(run: Run, key: Key | None, timesteps: int) -> float | None:
    """Return when the timestep so many behind a place was written, None before it is."""
    if key is None:
        return None
    if len(key) == 1:
        index = bisect_left(run.keys, (key[0] + timesteps,))
    else:
        index = bisect_left(run.keys, key) + timesteps
    return float(run.table.wall_time[index]) if index < run.n_timesteps else None
