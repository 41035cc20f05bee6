"""Timesteps out of a job log: the losses of all ranks of a step, with its model time.

Enters: chunks of facts from `job_log`, in the order of the log. Leaves: `types.Timestep`s
whose values are the ranks' losses in rank order, and every other number as a tag. Ranks
interleave, lag behind and may be missing: a step is told again each time it grows.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from loss_monitor.model_time import ModelTime
from loss_monitor.parse.job_log import IconTime, JobLogChunk, StepLength, StepLine
from loss_monitor.parse.refused import RefusedLines
from loss_monitor.parse.step_times import StepTimes
from loss_monitor.types import Refusal, Timestep

OPEN_VALUES_MAX = 262_144
"""Losses kept so that a late rank can still be added to its step: about 25 MB."""
OPEN_STEPS_MIN = 64
"""Steps kept in any case, however many ranks there are."""
OPEN_STEPS_MAX = 8192
"""Steps kept at most, most of which may hold no loss (a dry run)."""
TAGS_MAX = 1000
"""Different keys that become tags; a log of nothing but keys must not fill the memory."""


@dataclass(frozen=True, slots=True)
class Restart:
    """The steps went back within the log: another process took over."""

    step: int
    """Timesteps told before, from this step on, are superseded."""
    attempt: int
    """Attempt of the timesteps that follow."""
    line: int


@dataclass(slots=True)
class Assembled:
    """What one chunk changed. Drop what `restarts` supersede, then put `timesteps`."""

    timesteps: list[Timestep] = field(default_factory=list)
    """New, grown and corrected ones, in the order of steps."""
    tags: list[tuple[str, str, int, float]] = field(default_factory=list)
    """(TensorBoard run `rank R`, tag `job/<key>`, step, value), in the order of lines."""
    restarts: list[Restart] = field(default_factory=list)
    refusals: tuple[Refusal, ...] = ()
    refused: int = 0
    """Losses of ranks so late that their step can no longer grow."""


@dataclass(slots=True)
class _OpenStep:
    """A step that a rank may still add to."""

    time: ModelTime | None
    wall_time: float
    losses: dict[int, float] = field(default_factory=dict)


class StepAssembler:
    """Joiner of the ranks' lines of one job log; make a new one for another log."""

    def __init__(self, source: str = "", attempt: int = 0) -> None:
        """Begin with a log at path `source`, which is the run's `attempt`."""
        self.attempt = attempt
        """Attempt of the newest steps: grows when the steps go back within the log."""
        self._source = source
        self._attempt_first = attempt
        self._superseded_from: int | None = None
        self._steps: dict[int, _OpenStep] = {}
        self._open_values = 0
        self._closed_up_to = -1
        self._newest = -1
        self._newest_line = 0
        self._ended = False
        self._times = StepTimes()
        self._touched: set[int] = set()
        self._tags: dict[str, str] = {}
        self._refused = RefusedLines()
        self._wall_time = 0.0

    def add(self, chunk: JobLogChunk, wall_time: float = 0.0) -> Assembled:
        """Return what `chunk`, written at `wall_time` (seconds since 1970), changes."""
        assembled = Assembled()
        self._wall_time = wall_time
        facts: list[StepLine | IconTime | StepLength] = [
            *chunk.steps,
            *chunk.icon_times,
            *chunk.step_lengths,
        ]
        facts.sort(key=lambda fact: fact.line)
        for fact in facts:
            if isinstance(fact, StepLine):
                self._add_line(fact, assembled)
            elif isinstance(fact, IconTime):
                self._correct(self._times.add_icon_line(fact.model_time))
            else:
                self._times.set_step_length(fact.seconds)
        if any(said.outcome and said.line > self._newest_line for said in chunk.messages):
            self._ended = True
            self._touched.add(self._newest)
        assembled.timesteps += self._tell_touched()
        assembled.refusals, assembled.refused = self._refused.drain()
        self._close_oldest()
        return assembled

    def _add_line(self, line: StepLine, assembled: Assembled) -> None:
        if line.restarts != self.attempt - self._attempt_first:
            self._restart(line, assembled)
        elif (
            line.loss is not None
            and self._superseded_from is not None
            and line.step < self._superseded_from
        ):
            # The restart was first heard of from a rank that was ahead of this one. What is
            # told of the new process so far is told again, behind the drop.
            self._touched.update(self._steps)
            self._supersede(line, assembled)
        if line.step > self._newest:
            self._touched.add(self._newest)
            self._newest, self._newest_line = line.step, line.line
            self._ended = False
        self._add_tags(line, assembled)
        step = self._steps.get(line.step)
        if step is None and line.step > self._closed_up_to:
            step = _OpenStep(self._times.add_step(line.step), self._wall_time)
            self._steps[line.step] = step
        if line.loss is None:
            return
        if step is None:
            reason = f"loss of rank {line.rank} comes too late for step {line.step}"
            self._refused.refuse(reason, b"", line.line)
            return
        self._open_values += line.rank not in step.losses
        step.losses[line.rank] = line.loss
        self._touched.add(line.step)

    def _add_tags(self, line: StepLine, assembled: Assembled) -> None:
        tag_run = f"rank {line.rank}"
        for key, value in line.pairs:
            tag = self._tags.get(key)
            if tag is None:
                if len(self._tags) >= TAGS_MAX:
                    continue
                tag = self._tags[key] = f"job/{key}"
            assembled.tags.append((tag_run, tag, line.step, value))

    def _restart(self, line: StepLine, assembled: Assembled) -> None:
        """Close all steps of the old process; those from `line` on are superseded."""
        assembled.timesteps += self._tell_touched()
        self.attempt = self._attempt_first + line.restarts
        self._steps.clear()
        self._open_values = 0
        self._closed_up_to = self._newest = -1
        self._times.restart()
        self._supersede(line, assembled)

    def _supersede(self, line: StepLine, assembled: Assembled) -> None:
        self._superseded_from = line.step
        assembled.restarts.append(Restart(line.step, self.attempt, line.line))
        assembled.timesteps = [
            timestep for timestep in assembled.timesteps if timestep.key < (line.step,)
        ]

    def _correct(self, times: dict[int, ModelTime]) -> None:
        for number, time in times.items():
            step = self._steps.get(number)
            if step is not None:
                step.time = time
                self._touched.add(number)

    def _tell_touched(self) -> list[Timestep]:
        """Return the steps changed since the last call that have a loss, in order."""
        touched, self._touched = self._touched, set()
        return [
            self._timestep(number, self._steps[number])
            for number in sorted(touched)
            if number in self._steps and self._steps[number].losses
        ]

    def _timestep(self, number: int, step: _OpenStep) -> Timestep:
        losses = step.losses
        return Timestep(
            key=(number,),
            label=step.time.label if step.time else f"step {number}",
            values=np.array([losses[rank] for rank in sorted(losses)], dtype=np.float64),
            unit="rank",
            source=self._source,
            attempt=self.attempt,
            wall_time=step.wall_time,
            complete=number < self._newest or self._ended,
            model_fields=tuple(step.time or ()),
        )

    def _close_oldest(self) -> None:
        """Let go of the steps that no rank is likely to add to any more.

        Only between chunks: within one, each step that changed is still to be told.
        """
        while len(self._steps) > OPEN_STEPS_MIN and (
            self._open_values > OPEN_VALUES_MAX or len(self._steps) > OPEN_STEPS_MAX
        ):
            number = next(iter(self._steps))
            self._open_values -= len(self._steps.pop(number).losses)
            self._closed_up_to = max(self._closed_up_to, number)
