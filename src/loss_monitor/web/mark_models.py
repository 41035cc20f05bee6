"""The shapes of attempts, marks and lines of a log, as `web/models.py` has those of others."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from loss_monitor.web.models import Number, Shape


class AttemptPart(Shape):
    """One process (job) of the run."""

    label: str
    job: int | None
    started: str | None
    ended: str | None
    """When it was heard of last; null while it may go on."""
    outcome: str


class MarkPart(Shape):
    """Something that happened at one place of the run, or near ones of a kind as one."""

    kind: str
    level: Literal["info", "ok", "warning", "error"]
    index: int | None
    """Timestep at or before which it happened, or ended."""
    from_index: int | None = Field(alias="from")
    """Where it began, for what lasts."""
    count: int
    """How many it stands for; what follows is of the newest of the most severe."""
    time: str | None
    message: str
    file: str | None
    line: int | None
    offset: int | None
    """Where that line begins, in bytes: `/api/log` shows the lines around it."""


class MarksAnswer(Shape):
    """Everything that happened in a run, in the order of its timesteps."""

    attempts: list[AttemptPart]
    dropped: int
    """Timesteps of earlier attempts that are not part of the run."""
    marks: list[MarkPart]


class DroppedAnswer(Shape):
    """Timesteps that a later attempt did again, as far as they are known; as columns."""

    dropped: int
    """How many there are of them in all."""
    labels: list[str]
    place: list[float]
    """Index of the kept timestep of the same time or step, else half a place before the next."""
    attempt: list[int]
    count: list[int]
    non_finite: list[int]
    mean: list[Number]
    min: list[Number]
    max: list[Number]


class LogAnswer(Shape):
    """Lines of a job log."""

    file: str
    line: int
    """Number of the line that was asked for."""
    first_line: int
    """Number of the first of `lines`."""
    lines: list[str]
    """Without their ends and colours; control characters escaped, long lines cut."""
    begins: bool
    """Whether the first line is the file's first."""
    ends: bool
    """Whether the last line is the file's last."""
