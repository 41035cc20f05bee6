"""Which job an attempt of loss files was of, and how that ended.

Enters: attempts, and the job logs beside the files. Leaves: the attempts with what the logs say.
Loss files do not name their job. A log is written until its job ends, so that an attempt's last
file is not younger than its log, but for the clocks and caches of a network.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from loss_monitor.monitor.job_log import JobLog
from loss_monitor.types import Attempt

GRACE_S = 60.0


def with_jobs(attempts: Iterable[Attempt], logs: Iterable[JobLog]) -> tuple[Attempt, ...]:
    """Return attempts, in order, with job and outcome from `logs`, in the order of jobs.

    An attempt that has ended is of the first log that was written last behind that; one that
    may go on is of the newest. A log that ended before an attempt began is not its.
    """
    every = list(logs)
    return tuple(_with_job(attempt, every) for attempt in attempts)


def _with_job(attempt: Attempt, logs: list[JobLog]) -> Attempt:
    if attempt.ended is None:
        log = logs[-1] if logs else None
        behind_s = attempt.started
    else:
        behind_s = attempt.ended
        log = next((one for one in logs if one.written_s + GRACE_S >= behind_s), None)
    if log is None or log.written_s + GRACE_S < behind_s:
        return attempt
    ended_s = attempt.ended if attempt.ended is not None or not log.outcome else log.written_s
    return replace(attempt, job=log.job, outcome=log.outcome, ended=ended_s)
