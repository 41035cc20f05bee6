"""Which of the jobs that Slurm tells of is the one that writes a source: pure functions.

Enters: what a source knows of its job, and jobs. Leaves: one job or none. Better none than
another's: a number in a file's name may be that of another cluster.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from loss_monitor.scheduler.slurm import is_of
from loss_monitor.scheduler.slurm_rows import ENDED, PENDING
from loss_monitor.types import Job

AUTO = "auto"
NONE = "none"


@dataclass(frozen=True, slots=True)
class Wish:
    """What one source has to find its job by."""

    option: str = ""
    """`JOB` as the user set it: a number, `auto`, `none`, or empty."""
    number: str = ""
    """From the name of the newest job log; empty without one."""
    log: str = ""
    """Path of that log."""
    directory: str = ""
    """The watched directory."""
    is_empty: bool = False
    """True while nothing was found to read: then another job's log is of use."""

    @property
    def asked(self) -> str:
        """The number that the scheduler is to be asked for, empty where none is known."""
        if self.option not in ("", AUTO):
            return "" if self.option == NONE else self.option
        return self.number

    @property
    def wants_own_jobs(self) -> bool:
        """Whether the user's jobs are to be looked through."""
        return self.option != NONE and not self.asked and (self.option == AUTO or self.is_empty)


def job_of(wish: Wish, jobs: Iterable[Job], owner: str = "") -> Job | None:
    """Return the job of a source, None where no one is certainly it.

    `owner` is the user whom the job log belongs to, empty where unknown: a job of somebody
    else has only its number in common with the log. Tasks of an array share a number; then
    the one counts whose output is the log.
    """
    number = wish.asked
    if not number:
        return _nearest(wish, list(jobs)) if wish.option == AUTO else None
    is_named = wish.option not in ("", AUTO)
    found = [
        job
        for job in jobs
        if is_of(job, number) and (is_named or not owner or job.user in ("", owner))
    ]
    exact = [job for job in found if job.id == number] or [
        job for job in found if wish.log and os.path.realpath(log_of(job)) == wish.log
    ]
    if exact:
        return exact[0]
    return found[0] if len(found) == 1 else _running_one(found)


def _running_one(jobs: Sequence[Job]) -> Job | None:
    running = [job for job in jobs if job.state not in ENDED and job.state not in PENDING]
    return running[0] if len(running) == 1 else None


def _nearest(wish: Wish, jobs: Sequence[Job]) -> Job | None:
    """Return the job that works where the source lies, else the user's only running one."""
    place = os.path.realpath(wish.directory) if wish.directory else ""
    for one in sorted(jobs, key=lambda job: (job.state in PENDING, -(job.started_s or 0.0))):
        folders = [one.directory, os.path.dirname(log_of(one))]
        if any(folder and _is_within(place, os.path.realpath(folder)) for folder in folders):
            return one
    return _running_one(jobs)


def _is_within(place: str, folder: str) -> bool:
    # A job that works in / or in the home directory works beside everything.
    deep_enough = folder.count("/") > 2
    return place == folder or (deep_enough and place.startswith(folder + "/"))


def other_job_of(jobs: Iterable[Job], is_file: Callable[[str], bool]) -> Job | None:
    """Return the running job, the newest of several, whose log is there to be followed."""
    running = [job for job in jobs if job.state not in ENDED and job.state not in PENDING]
    running.sort(key=lambda job: job.started_s or 0.0, reverse=True)
    return next((job for job in running if (path := log_of(job)) and is_file(path)), None)


def log_of(job: Job) -> str:
    """Return the path of a job's standard output, empty where it is not known for certain.

    `squeue` tells it as it was asked for: with `%j` in place of the number, relative to the
    working directory (sbatch's manual, "filename pattern").
    """
    array, _, task = job.id.partition("_")
    names = {"j": job.id, "A": array, "a": task, "x": job.name, "u": job.user, "%": "%"}

    def filled(match: re.Match[str]) -> str:
        text = names.get(match[2], "")
        return text.zfill(int(match[1])) if match[1] and text.isdigit() else text

    if not job.log or job.log == "/dev/null" or (task and "%j" in job.log):
        return ""
    if any(not names.get(letter) for _, letter in re.findall(r"%([0-9]{0,2})(.)", job.log)):
        return ""
    path = re.sub(r"%([0-9]{0,2})(.)", filled, job.log)
    return path if os.path.isabs(path) else os.path.join(job.directory, path)


def follow_command(job: Job) -> str:
    """Return the words that follow a job's log, for a person to type; empty without a log."""
    path = log_of(job)
    return f"loss-monitor serve --job-log {shlex.quote(path)}" if path else ""
