"""The thread that asks the scheduler: at most once a minute, for all sources at once.

Enters: what each source has to find its job by, from the reading threads. Leaves: a job for
each, which they take at their next look. A command that is slow, fails or is absent keeps
nobody waiting and changes nothing; it is told once.
"""

from __future__ import annotations

import contextlib
import logging
import os
import pwd
import threading
from dataclasses import dataclass

from loss_monitor.clock import Clock
from loss_monitor.scheduler.choice import Wish, job_of, other_job_of
from loss_monitor.scheduler.slurm import Slurm
from loss_monitor.scheduler.slurm_rows import ENDED
from loss_monitor.types import Job

ASK_EVERY_S = 60.0
GATHER_S = 10.0
"""A file system that does not answer keeps the other sources no longer from an answer."""
STOPS_WITHIN_S = 1.0
ASK_RARELY_S = 900.0
"""Where the last rounds told of no job that is asked for, each waits twice as long."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Told:
    """What is known for one source."""

    job: Job | None = None
    other: Job | None = None
    """A job of the user whose log could be followed."""


class SchedulerWatch:
    """Asks for the sources of one process; `wish`, `told` and `failure` are for any thread."""

    def __init__(self, clock: Clock, slurm: Slurm | None = None) -> None:
        """Ask nothing before `start`."""
        self._clock = clock
        self._slurm = slurm or Slurm(clock)
        self._wishes: dict[int, Wish] = {}
        self._told: dict[int, Told] = {}
        self._wake = threading.Event()
        self._rounds_in_vain = 0
        self._sources = 1
        self.failure = ""
        """Why the first command that failed did so; it is told once and stays."""
        self._thread = threading.Thread(target=self._run, name="scheduler", daemon=True)

    def start(self, sources: int = 1) -> None:
        """Begin to ask once so many sources have wished; does nothing where there is no Slurm."""
        self._sources = sources
        if self._slurm.is_there:
            self._thread.start()

    def stop(self) -> None:
        """End the thread, and the command that it may wait for."""
        self._slurm.stopping.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(STOPS_WITHIN_S)

    def wish(self, source: int, wish: Wish) -> None:
        """Note what a source has to find its job by; what was known of another is forgotten."""
        before = self._wishes.get(source)
        if before == wish:
            return
        self._wishes[source] = wish
        known = self._told.pop(source, None)
        if known is not None and before is not None and before.asked == wish.asked:
            self._told[source] = Told(known.job)
        self._rounds_in_vain = 0
        self._wake.set()

    def told(self, source: int) -> Told:
        """Return what is known for a source by now."""
        return self._told.get(source, _NOTHING)

    def is_asking(self, source: int) -> bool:
        """Tell whether the first answer for a source is still to come."""
        wish = self._wishes.get(source)
        is_wanted = wish is not None and bool(wish.asked or wish.wants_own_jobs)
        return is_wanted and source not in self._told and self._thread.is_alive()

    def _run(self) -> None:
        asked_s = float("-inf")
        try:
            self._gather()
            while not self._slurm.stopping.is_set():
                now_s = self._clock.monotonic_s()
                if not self._is_wanted:
                    self._wake.wait()
                elif now_s < asked_s + self._interval_s:
                    self._wake.wait(asked_s + self._interval_s - now_s)
                else:
                    asked_s = now_s
                    self.ask()
                self._wake.clear()
        except Exception:  # noqa: BLE001 - the top of a thread: logged, never silent.
            _log.exception("The scheduler is not asked any more; all else goes on")
            self.failure = "a fault of the monitor itself; the log file has the details"

    def _gather(self) -> None:
        """Wait until all sources were looked at once: the first round is for all of them."""
        until_s = self._clock.monotonic_s() + GATHER_S
        while len(self._wishes) < self._sources and not self._slurm.stopping.is_set():
            left_s = until_s - self._clock.monotonic_s()
            if left_s <= 0:
                break
            self._wake.wait(left_s)
            self._wake.clear()

    @property
    def _interval_s(self) -> float:
        return min(ASK_EVERY_S * (1 << min(self._rounds_in_vain, 10)), ASK_RARELY_S)

    @property
    def _is_wanted(self) -> bool:
        return any(self._is_open(source, wish) for source, wish in [*self._wishes.items()])

    def _is_open(self, source: int, wish: Wish) -> bool:
        """Whether there is something left to learn: an end is the last that a job tells."""
        if wish.wants_own_jobs:
            return True
        job = self.told(source).job
        return bool(wish.asked) and (job is None or job.state not in ENDED)

    def ask(self) -> None:
        """Ask once for everything that is wanted."""
        wishes = {
            source: wish for source, wish in [*self._wishes.items()] if self._is_open(source, wish)
        }
        named = self._slurm.jobs({wish.asked for wish in wishes.values() if wish.asked})
        failures = [*named.failures]
        own: tuple[Job, ...] = ()
        if any(wish.wants_own_jobs for wish in wishes.values()):
            answer = self._slurm.jobs_of(_user())
            own, failures = answer.jobs, [*failures, *answer.failures]
        found = False
        for source, wish in wishes.items():
            jobs = own if wish.wants_own_jobs else named.jobs
            job = job_of(wish, jobs, _owner(wish.log))
            other = other_job_of(own, os.path.isfile) if wish.is_empty and job is None else None
            found = found or job is not None
            # What was known stays where nothing answers: a controller may restart.
            if job is None and not wish.wants_own_jobs and failures:
                job = self.told(source).job
            if self._wishes[source] == wish:
                self._told[source] = Told(job, other)
        self._rounds_in_vain = 0 if found else self._rounds_in_vain + 1
        if failures and not found and not self.failure:
            self.failure = failures[0]


_NOTHING = Told()


def _user() -> str:
    with contextlib.suppress(KeyError):
        return pwd.getpwuid(os.geteuid()).pw_name
    return str(os.geteuid())


def _owner(path: str) -> str:
    """Return the user whom a file belongs to, empty where that cannot be known."""
    if not path:
        return ""
    try:
        return pwd.getpwuid(os.stat(path).st_uid).pw_name
    except (OSError, KeyError):
        return ""
