"""Rule `rollback`: the training went back to a checkpoint, or had none to go back to."""

from __future__ import annotations

from bisect import bisect_left
from types import MappingProxyType

from loss_monitor.health.rule import Event, Limits, Told
from loss_monitor.series.run import Run
from loss_monitor.types import Evidence, Mark


class Rollback:
    """Each rollback that a job log tells."""

    name = "rollback"
    summary = "the training lost steps and went back to a checkpoint"
    limits: Limits = MappingProxyType({"steps_until_over": 20.0})

    def events(self, run: Run, limits: Limits) -> list[Event]:
        """Return all rollbacks; one is over once the training has gone on for a while."""
        found = []
        checkpoint: int | None = None
        for mark in run.marks:
            step = mark.key[0] if mark.key else 0
            if mark.kind == "checkpoint":
                checkpoint = step
            elif mark.kind == "rollback":
                over_s = _wall_time_at(run, step + int(limits["steps_until_over"]))
                place = (step, mark.line or 0)
                found.append(Event(place, mark.wall_time, over_s, _told(mark, step, checkpoint)))
        return found


def _told(mark: Mark, step: int, checkpoint: int | None) -> Told:
    evidence = Evidence(file=mark.file, line=mark.line, timestamp=f"step {step}")
    if "No checkpoint" in mark.message:
        return Told("no checkpoint to go back to after a NaN", evidence, "error")
    if checkpoint is None or checkpoint >= step:
        return Told("went back to a checkpoint", evidence, "warning")
    lost = step - checkpoint
    words = "step" if lost == 1 else "steps"
    return Told(
        f"went back to the checkpoint of step {checkpoint:,}: {lost:,} {words} of training lost",
        evidence,
        "warning",
    )


def _wall_time_at(run: Run, step: int) -> float | None:
    index = bisect_left(run.keys, (step,))
    return float(run.table.wall_time[index]) if index < run.n_timesteps else None
