"""How one source's training stands: signs of life, its job, and the state that follows.

Enters: the readers of the source, and the scheduler's watch. Leaves: the fields of
`SourceState` that tell of the training. Used by the reading thread only.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from loss_monitor.activity import ActivityLog
from loss_monitor.clock import Clock
from loss_monitor.monitor.sources import Sources
from loss_monitor.monitor.state import Facts, believed, is_silent_by_right, training_state
from loss_monitor.scheduler.choice import NONE, Wish
from loss_monitor.scheduler.watch import SchedulerWatch, Told
from loss_monitor.series.run import Run
from loss_monitor.settings import Settings
from loss_monitor.types import Job

_JOB_IN_NAME = re.compile(
    r"(?:LOG\.exp\..+\.run\.|slurm[.-])([0-9]{1,10}(?:_[0-9]{1,10})?)\.(?:o|out)", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Stand:
    """How the training stands at one look."""

    state: str
    text: str
    outcome: str
    job: Job | None
    other_job: Job | None
    heard_s: float
    is_asking: bool
    """True while the scheduler's first answer is to come."""

    @property
    def has_ended(self) -> bool:
        """Whether the job has ended, by its log or by the scheduler."""
        return bool(self.outcome)

    @property
    def expects_data(self) -> bool:
        """Whether silence is worth an alarm; not before the scheduler was asked."""
        return not (self.has_ended or self.is_asking or is_silent_by_right(self.job))


class TrainingWatch:
    """Keeps account of signs of life and of the job."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        activity: ActivityLog,
        scheduler: SchedulerWatch | None,
    ) -> None:
        """Know nothing yet; without `scheduler` the files alone tell."""
        self._settings = settings
        self._clock = clock
        self._activity = activity
        self._scheduler = scheduler if settings.job != NONE else None
        self._is_failure_told = False
        self._named = ("", "", "")
        self._files = _Heartbeat()
        self._log = _Heartbeat()

    def stand(self, run: Run, sources: Sources, *, loading: bool, changed_at: float) -> Stand:
        """Return how the training stands; `changed_at` is when data last changed, 0 without."""
        now_s = self._clock.wall_s()
        log_s = self._log.hear(sources.log_written_s, now_s, loading=loading)
        heard_s = self._files.hear(sources.newest_written_s, now_s, loading=loading)
        wish = self._wish(run, sources, loading=loading)
        told = self._told(wish) if sources.has_looked else Told()
        job = believed(told.job, max(heard_s, changed_at))
        standing = training_state(
            run,
            Facts(
                exists=sources.exists,
                loading=loading,
                age_s=now_s - changed_at if changed_at else None,
                log_age_s=now_s - log_s if log_s else None,
                outcome=sources.outcome,
                waiting=sources.waiting,
                job=job,
            ),
        )
        if job is None and wish.asked:
            job = Job(wish.asked, source="option" if wish.asked == wish.option else "log")
        number = self._settings.source_number
        is_asking = self._scheduler is not None and self._scheduler.is_asking(number)
        return Stand(*standing, job, told.other, heard_s, is_asking)

    def _wish(self, run: Run, sources: Sources, *, loading: bool) -> Wish:
        log = sources.newest_job_log
        if log != self._named[0]:
            # Once a log, since each part of a real path is asked of the file system.
            named = _JOB_IN_NAME.fullmatch(os.path.basename(log))
            real = os.path.realpath(log) if log else ""
            self._named = (log, named[1] if named else "", real)
        _, number, real = self._named
        return Wish(
            option=self._settings.job or "",
            number=number,
            log=real,
            directory=sources.directory,
            is_empty=not (run.n_timesteps or log or loading),
        )

    def _told(self, wish: Wish) -> Told:
        if self._scheduler is None:
            return Told()
        number = self._settings.source_number
        self._scheduler.wish(number, wish)
        failure = self._scheduler.failure
        if failure and not self._is_failure_told:
            self._is_failure_told = True
            text = f"Slurm cannot be asked; the files alone tell the state ({failure})"
            self._activity.tell("info", "scheduler", text)
        return self._scheduler.told(number)


class _Heartbeat:
    """When files were last heard of: by our own clock, once we are there to see it."""

    def __init__(self) -> None:
        self._written_s = 0.0
        self._heard_s = 0.0

    def hear(self, written_s: float, now_s: float, *, loading: bool) -> float:
        """Return the wall time of the last growth; `written_s` is by the file server's clock."""
        if written_s != self._written_s:
            is_first = loading or not self._written_s
            self._heard_s = min(written_s, now_s) if is_first else now_s
            self._written_s = written_s
        return self._heard_s
