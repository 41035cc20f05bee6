"""What a health rule is: four kinds, each a small protocol.

A rule judges figures and says what it means in words. When an incident begins and ends is
decided for all rules alike, by `episodes` and `book`. Adding one is a file in `rules/` and a
row in `table`.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from loss_monitor.series.run import Run
from loss_monitor.series.tags import TagStore
from loss_monitor.types import Evidence, Floats, Job, Level

Limits = Mapping[str, float]
"""A rule's thresholds by name, as the settings have them."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A rule's opinion of consecutive timesteps; arrays of shape (timesteps,)."""

    bad: NDArray[np.bool_]
    """Raises an alert. Nothing in between `bad` and `good` changes what is."""
    good: NDArray[np.bool_]
    """Helps to end one."""
    score: Floats
    """How bad; the timestep of the greatest is the evidence."""


@dataclass(frozen=True, slots=True)
class Told:
    """What is the matter, in words, and what it was seen by."""

    message: str
    evidence: Evidence
    level: Level


class Rule(Protocol):
    """What all rules have."""

    @property
    def name(self) -> str:
        """The word that settings, interface and page know it by."""
        ...

    @property
    def summary(self) -> str:
        """When it raises an alert, in one sentence."""
        ...

    @property
    def limits(self) -> Limits:
        """Its thresholds, by default."""
        ...


class SeriesRule(Rule, Protocol):
    """A rule about the losses of timesteps, which looks back only."""

    @property
    def calm(self) -> int:
        """Good timesteps in a row that end an incident."""
        ...

    def judge(self, run: Run, first: int, limits: Limits) -> Judged:
        """Return the opinion of the timesteps from index `first` on.

        What it says of a timestep depends on that and on earlier ones alone, so that a run
        judged piece by piece is judged as a whole.
        """
        ...

    def tell(self, run: Run, worst: int, limits: Limits) -> Told:
        """Return what is the matter at the timestep of index `worst`."""
        ...


@dataclass(frozen=True, slots=True)
class Now:
    """How things stand at one look."""

    run: Run
    now_s: float
    """Wall time, seconds since 1970-01-01 UTC."""
    newest_written_s: float
    """Modification time of the newest file, by the file server's clock; 0 without files."""
    heard_s: float
    """Wall time of the last sign of life: a loss, or any line of the job log; 0 without."""
    expects_data: bool
    """False where silence is right: the job has ended, is queued or suspended."""
    usual_interval_s: float | None
    directory: str
    tags: TagStore = field(default_factory=TagStore)
    job: Job | None = None
    """What is known of the job."""


class StateRule(Rule, Protocol):
    """A rule about time and files, judged at each look."""

    def judge(self, now: Now, limits: Limits, *, is_open: bool) -> Told | None:
        """Return what is the matter now, None where nothing is; `is_open` for hysteresis."""
        ...


class TagRule(Rule, Protocol):
    """A rule about tags beside the losses; judged anew with each version of these.

    Points may come long after the losses they are about, and are few: what was said before is
    not kept.
    """

    @property
    def calm(self) -> int:
        """Good timesteps in a row that end an incident."""
        ...

    def stamp(self, run: Run, tags: TagStore) -> Hashable:
        """Return what the opinion depends on, where no earlier timestep was written again."""
        ...

    def judge(self, run: Run, tags: TagStore, limits: Limits) -> Judged:
        """Return the opinion of all timesteps of a run."""
        ...

    def tell(self, run: Run, tags: TagStore, worst: int, limits: Limits) -> Told:
        """Return what is the matter at the timestep of index `worst`."""
        ...


@dataclass(frozen=True, slots=True)
class Event:
    """Something that a log told, as an incident."""

    place: tuple[int, ...]
    """Tells it from others of its rule."""
    opened_s: float
    closed_s: float | None
    told: Told


class EventRule(Rule, Protocol):
    """A rule about what the job log told."""

    def events(self, run: Run, limits: Limits) -> list[Event]:
        """Return all incidents among the run's marks, in their order."""
        ...
