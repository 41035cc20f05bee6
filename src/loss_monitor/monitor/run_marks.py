"""Marks of a run that is made of job logs: those of all logs, each in its own stretch.

Enters: the logs, and the steps that the run keeps. Leaves: `types.Mark`s in the order of jobs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from loss_monitor.monitor.job_log import JobLog
from loss_monitor.monitor.log_marks import Kept
from loss_monitor.types import Mark


def run_marks(
    logs: Iterable[JobLog], steps: Sequence[int], *, by_model_time: bool
) -> tuple[Mark, ...]:
    """Return what logs told, placed among `steps`, which rise, or by model time."""
    stop: int | None = None
    found: list[list[Mark]] = []
    for log in sorted(logs, key=lambda one: one.order, reverse=True):
        kept = Kept(steps, log.starts, stop, by_model_time)
        begun = [] if by_model_time else _begun(log)
        found.append([*begun, *log.marks.marks(kept, log.parser.outcomes)])
        stop = min([*log.starts.values(), *(() if stop is None else (stop,))], default=None)
    return tuple(mark for marks in reversed(found) for mark in marks)


def _begun(log: JobLog) -> Iterator[Mark]:
    """Yield the mark of a job that goes on with what another began."""
    if not log.attempts.get(log.first_attempt) or 0 not in log.starts:
        return
    first = log.starts[0]
    text = f"{log.label[:1].upper()}{log.label[1:]} begins at step {first:,}"
    path, started_s = log.found.path, log.started_s.get(0, 0.0)
    yield Mark("restart", (first,), started_s, text, path, 1, offset=0, level="warning")
