"""Models of alerts, of the route and of the stream."""

from __future__ import annotations

from typing import Literal

from loss_monitor.web.models import Number, Shape


class EvidencePart(Shape):
    """What an alert was raised on."""

    values: list[Number]
    """The figures that were compared, the present one first."""
    timestamp: str
    batch: int | None
    file: str
    line: int | None
    tag: str
    """Tag of event files that the first value came from; empty where it came from a file."""
    step: int | None


class AlertRow(Shape):
    """One incident that a health rule found."""

    id: int
    rule: str
    level: Literal["info", "ok", "warning", "error"]
    message: str
    opened: str
    updated: str
    closed: str | None
    evidence: EvidencePart


class RuleRow(Shape):
    """A health rule and its limits in force."""

    name: str
    summary: str
    on: bool
    limits: dict[str, float]


class AlertsAnswer(Shape):
    """Open and closed alerts, the newest first, and the rules."""

    open: list[AlertRow]
    closed: list[AlertRow]
    rules: list[RuleRow]
