"""Runs of a comparison on paper: what is drawn and told of each, without its losses.

Enters: a snapshot, where it came from. Leaves: `ComparedRun`, small whatever the run's length,
so that runs are read one after the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from loss_monitor.report.provenance import Provenance, checksum
from loss_monitor.report.sentence import findings
from loss_monitor.series.course import Course, course_of
from loss_monitor.series.figures import Figures, figures
from loss_monitor.series.ranges import Axis, Buckets, reduce_range
from loss_monitor.series.snapshot import Snapshot
from loss_monitor.types import Alert

AXES: Mapping[Axis, str] = MappingProxyType(
    {"model_time": "Loss by model time", "step": "Loss by step", "relative": "Loss by wall time"}
)
"""Axes that runs are laid over each other on, and what the charts are called."""
POINTS_MAX, POINTS_TOGETHER_MAX = 600, 12_000
"""Buckets of a run in a chart, and of all runs: a document of fifty runs stays small."""


@dataclass(frozen=True, slots=True)
class ComparedRun:
    """What a comparison tells of one run."""

    label: str
    params: Mapping[str, str]
    told: str
    """Its own findings, in sentences."""
    timesteps: int
    values: int
    attempts: int
    figures: Figures
    course: Course
    series: Mapping[Axis, Buckets]
    alerts: tuple[Alert, ...]
    facts: Provenance
    digest: str
    """Checksum of its losses."""


def compared(snapshot: Snapshot, facts: Provenance, runs: int) -> ComparedRun:
    """Return what is told of a run beside others, `runs` in all."""
    run = snapshot.run
    points = max(2, min(POINTS_MAX, POINTS_TOGETHER_MAX // runs))
    return ComparedRun(
        label=run.label,
        params=dict(run.params),
        told=findings(snapshot),
        timesteps=run.n_timesteps,
        values=run.n_values,
        attempts=len(run.attempts),
        figures=figures(run),
        course=course_of(run),
        series={axis: reduce_range(run, points=points, axis=axis) for axis in AXES},
        alerts=snapshot.alerts,
        facts=facts,
        digest=checksum(run),
    )


def told_apart(runs: Sequence[ComparedRun]) -> list[ComparedRun]:
    """Return the runs under labels of their own: equal ones get their place, else a number."""
    labels = [one.label for one in runs]
    placed = [
        one.label if labels.count(one.label) < 2 else f"{one.label} ({_place(one.facts)})"
        for one in runs
    ]
    return [
        replace(one, label=label if placed.count(label) < 2 else f"{label}, number {number}")
        for number, (one, label) in enumerate(zip(runs, placed, strict=True), 1)
    ]


def _place(facts: Provenance) -> str:
    return facts.directory or ", ".join(facts.job_logs)
