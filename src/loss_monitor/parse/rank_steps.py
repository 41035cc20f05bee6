"""Timesteps out of a job log: the losses of all ranks of a step, with its model time.

Enters: chunks of facts from `job_log`, in the order of the log. Leaves: `types.Timestep`s
whose values are the ranks' losses in rank order, and every other number as a tag. Ranks
interleave, lag behind and may be missing: a step is told again each time it grows.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from operator import attrgetter, itemgetter

import numpy as np

from loss_monitor.model_time import ModelTime
from loss_monitor.parse.job_log import IconTime, JobLogChunk, StepLength, StepLine
from loss_monitor.parse.refused import RefusedLines
from loss_monitor.parse.step_times import StepTimes
from loss_monitor.types import Floats, Refusal, Timestep

OPEN_VALUES_MAX = 262_144
"""Losses kept so that a late rank can still be added to its step: about 25 MB."""
OPEN_STEPS_MIN = 64
"""Steps kept in any case, however many ranks there are."""
OPEN_STEPS_MAX = 8192
"""Steps kept at most, most of which may hold no loss (a dry run)."""
TAGS_MAX = 1000
"""Different keys that become tags; a log of nothing but keys must not fill the memory."""
_NEVER = sys.maxsize

_line_of = attrgetter("line")


@dataclass(frozen=True, slots=True)
class Restart:
    """The steps went back within the log: another process took over."""

    step: int
    """Timesteps told before, from this step on, are superseded."""
    attempt: int
    """Attempt of the timesteps that follow."""
    line: int


TagPoints = tuple[list[int], list[float]]
"""Steps and values side by side, in the order of lines."""
_Rows = tuple[list[int], list[int], list[tuple[float, ...]]]
"""Places among all lines, steps, and values of the lines of one rank with the same keys."""
_Part = tuple[list[int], list[int], tuple[float, ...]]
"""The same of one key."""


@dataclass(slots=True)
class Assembled:
    """What one chunk changed. Drop what `restarts` supersede, then put `timesteps`."""

    timesteps: list[Timestep] = field(default_factory=list)
    """New, grown and corrected ones, in the order of steps."""
    tags: dict[str, dict[str, TagPoints]] = field(default_factory=dict)
    """By TensorBoard run (`rank R`) and tag (`job/<key>`)."""
    restarts: list[Restart] = field(default_factory=list)
    superseded: list[Timestep] = field(default_factory=list)
    """Those that this chunk itself superseded: they were never told."""
    refusals: tuple[Refusal, ...] = ()
    refused: int = 0
    """Losses of ranks so late that their step can no longer grow."""


@dataclass(slots=True)
class _OpenStep:
    """A step that a rank may still add to."""

    time: ModelTime | None
    wall_time: float
    losses: dict[int, float] = field(default_factory=dict)


class _Points:
    """The numbers beside the losses of one chunk, as columns.

    Nearly all lines of a rank have the same keys, so what is added is one row a line; columns
    are made of all rows together.
    """

    def __init__(self) -> None:
        """Start without any."""
        self._rows: dict[tuple[int, tuple[str, ...]], _Rows] = {}
        self._count = 0

    def add(self, rank: int, step: int, keys: tuple[str, ...], values: tuple[float, ...]) -> None:
        """Add the numbers of one line."""
        group = (rank, keys)
        rows = self._rows.get(group)
        if rows is None:
            rows = self._rows[group] = ([], [], [])
        self._count += 1
        rows[0].append(self._count)
        rows[1].append(step)
        rows[2].append(values)

    def seen_keys(self) -> Iterator[str]:
        """Yield the keys in the order in which they came; some more than once."""
        for _, keys in self._rows:
            yield from keys

    def by_rank(self) -> dict[int, dict[str, TagPoints]]:
        """Return steps and values by rank and key, in the order in which they were added."""
        found: dict[int, dict[str, list[_Part]]] = {}
        for (rank, keys), (places, steps, rows) in self._rows.items():
            parts = found.setdefault(rank, {})
            for key, column in zip(keys, zip(*rows, strict=True), strict=True):
                parts.setdefault(key, []).append((places, steps, column))
        return {
            rank: {key: _joined(parts) for key, parts in columns.items()}
            for rank, columns in found.items()
        }


def _joined(parts: list[_Part]) -> TagPoints:
    """Return what lines of different keys hold of one of them, in the order of the lines."""
    if len(parts) == 1:
        _, steps, values = parts[0]
        return list(steps), list(values)
    points = [point for part in parts for point in zip(*part, strict=True)]
    points.sort(key=itemgetter(0))
    return [step for _, step, _ in points], [value for _, _, value in points]


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

    def add(self, chunk: JobLogChunk, wall_time: float = 0.0) -> Assembled:
        """Return what `chunk`, written at `wall_time` (seconds since 1970), changes."""
        assembled = Assembled()
        points = _Points()
        # Nearly all facts are steps: they are looped over, the others are let in between.
        others: list[IconTime | StepLength] = [*chunk.icon_times, *chunk.step_lengths]
        others.sort(key=_line_of)
        others.reverse()
        other_line = others[-1].line if others else _NEVER
        for line in chunk.steps:
            rank, number, loss, keys, values, at, restarts = line
            while at > other_line:
                self._take_time(others.pop())
                other_line = others[-1].line if others else _NEVER
            if restarts != self.attempt - self._attempt_first:
                self._restart(line, assembled)
            if keys:
                points.add(rank, number, keys, values)
            if number > self._newest:
                self._touched.add(self._newest)
                self._newest, self._newest_line = number, at
                self._ended = False
            step = self._steps.get(number)
            if step is None and number > self._closed_up_to:
                step = _OpenStep(self._times.add_step(number), wall_time)
                self._steps[number] = step
            if loss is not None:
                self._add_loss(line, loss, step, assembled)
        while others:
            self._take_time(others.pop())
        if any(said.outcome and said.line > self._newest_line for said in chunk.messages):
            self._ended = True
            self._touched.add(self._newest)
        assembled.timesteps += self._tell_touched()
        for key in points.seen_keys():
            if key not in self._tags and len(self._tags) < TAGS_MAX:
                self._tags[key] = f"job/{key}"
        assembled.tags = {
            f"rank {rank}": tags
            for rank, columns in points.by_rank().items()
            if (tags := {self._tags[key]: columns[key] for key in columns if key in self._tags})
        }
        assembled.refusals, assembled.refused = self._refused.drain()
        self._close_oldest()
        return assembled

    def _take_time(self, fact: IconTime | StepLength) -> None:
        if isinstance(fact, IconTime):
            self._correct(self._times.add_icon_line(fact.model_time))
        else:
            self._times.set_step_length(fact.seconds)

    def _add_loss(
        self, line: StepLine, loss: float, step: _OpenStep | None, assembled: Assembled
    ) -> None:
        if self._superseded_from is not None and line.step < self._superseded_from:
            # The restart was first heard of from a rank that was ahead of this one. What is
            # told of the new process so far is told again, behind the drop.
            self._touched.update(self._steps)
            self._supersede(line, assembled)
        if step is None:
            reason = f"loss of rank {line.rank} comes too late for step {line.step}"
            self._refused.refuse(reason, b"", line.line)
            return
        losses = step.losses
        self._open_values += line.rank not in losses
        losses[line.rank] = loss
        self._touched.add(line.step)

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
        kept: list[Timestep] = []
        for timestep in assembled.timesteps:
            is_kept = timestep.key < (line.step,)
            (kept if is_kept else assembled.superseded).append(timestep)
        assembled.timesteps = kept

    def _correct(self, times: dict[int, ModelTime]) -> None:
        for number, time in times.items():
            step = self._steps.get(number)
            if step is not None:
                step.time = time
                self._touched.add(number)

    def _tell_touched(self) -> list[Timestep]:
        """Return the steps changed since the last call that have a loss, in order."""
        touched, self._touched = self._touched, set()
        steps = self._steps
        told = [number for number in sorted(touched) if number in steps and steps[number].losses]
        losses = [steps[number].losses for number in told]
        # One array for all of them: one for each step would take longer than all the rest.
        values = np.array([ranks[rank] for ranks in losses for rank in sorted(ranks)], np.float64)
        timesteps = []
        stop = 0
        for number, ranks in zip(told, losses, strict=True):
            start, stop = stop, stop + len(ranks)
            timesteps.append(self._timestep(number, steps[number], values[start:stop]))
        return timesteps

    def _timestep(self, number: int, step: _OpenStep, values: Floats) -> Timestep:
        time = step.time
        return Timestep(
            key=(number,),
            label=time.label if time is not None else f"step {number}",
            values=values,
            unit="rank",
            source=self._source,
            attempt=self.attempt,
            wall_time=step.wall_time,
            complete=number < self._newest or self._ended,
            model_fields=tuple(time) if time is not None else (),
        )

    def _close_oldest(self) -> None:
        """Let go of the steps that no rank is likely to add to any more.

        Only between chunks: within one, each step that changed is still to be told.
        """
        if not self._holds_too_many():
            return
        # One iterator for all: each new one would pass over everything that was let go of.
        for number in tuple(self._steps):
            self._open_values -= len(self._steps.pop(number).losses)
            self._closed_up_to = max(self._closed_up_to, number)
            if not self._holds_too_many():
                break

    def _holds_too_many(self) -> bool:
        return len(self._steps) > OPEN_STEPS_MIN and (
            self._open_values > OPEN_VALUES_MAX or len(self._steps) > OPEN_STEPS_MAX
        )
