"""Slurm's commands, asked one after another until one knows the jobs.

Enters: numbers of jobs, or a user. Leaves: `Job`s and what went wrong. `squeue` knows the jobs
that wait, run or have just ended; `scontrol` the same, where `squeue` prints no JSON (Slurm
before 21.08, or built without it); `sacct` those that ended long ago.
"""

from __future__ import annotations

import os
import re
import shutil
import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from loss_monitor.clock import Clock
from loss_monitor.scheduler.command import Printed, call
from loss_monitor.scheduler.slurm_rows import jobs_of_json, jobs_of_text
from loss_monitor.types import Job

JOB_NUMBER = re.compile(r"[0-9]{1,10}(?:_[0-9]{1,10})?")
COMMANDS = ("squeue", "scontrol", "sacct")
_JOBS_OF_SCONTROL_MAX = 4
"""`scontrol` is asked for each job by itself."""
# What users set so that the commands print what they like best, in place of what is asked for.
_FORMS = ("SQUEUE_", "SACCT_", "SCONTROL_", "SLURM_TIME_FORMAT", "SLURM_JSON")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the commands said in one round."""

    jobs: tuple[Job, ...] = ()
    failures: tuple[str, ...] = ()
    """Why a command was of no use; that it does not know a job is no failure."""


@dataclass(slots=True)
class Slurm:
    """The commands that are there; used by one thread."""

    clock: Clock
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    stopping: threading.Event = field(default_factory=threading.Event)
    """Ends the command that is called."""

    @property
    def is_there(self) -> bool:
        """Whether any of the commands can be found."""
        return any(self._path(name) is not None for name in COMMANDS)

    def jobs(self, numbers: Collection[str]) -> Answer:
        """Return the jobs of these numbers as far as a command knows them; never raises.

        An array's number stands for all of its tasks.
        """
        missing = [one for one in dict.fromkeys(numbers) if JOB_NUMBER.fullmatch(one)]
        found: list[Job] = []
        failures: list[str] = []
        for ask in (self._squeue, self._scontrol, self._sacct):
            if not missing:
                break
            jobs, failure = ask(missing)
            asked = [job for job in jobs if any(is_of(job, number) for number in missing)]
            found += asked
            missing = [one for one in missing if not any(is_of(job, one) for job in asked)]
            if failure and not _KNOWS_NOT.search(failure):
                failures.append(failure)
        return Answer(tuple(found), tuple(failures))

    def jobs_of(self, user: str) -> Answer:
        """Return a user's jobs that wait or run; never raises."""
        jobs, failure = self._json(["squeue", "--json", "--user", user])
        # Before 23.02 the form as JSON told everybody's jobs.
        own = tuple(job for job in jobs if job.user == user)
        return Answer(own, (failure,) if failure else ())

    def _squeue(self, numbers: list[str]) -> tuple[list[Job], str]:
        return self._json(["squeue", "--json", "--jobs", ",".join(numbers)])

    def _scontrol(self, numbers: list[str]) -> tuple[list[Job], str]:
        jobs: list[Job] = []
        failure = ""
        for number in numbers[:_JOBS_OF_SCONTROL_MAX]:
            printed = self._call(["scontrol", "--oneliner", "show", "job", number])
            found = jobs_of_text(printed.text) if not printed.failure else None
            jobs += found or []
            failure = failure or printed.failure
        return jobs, failure

    def _sacct(self, numbers: list[str]) -> tuple[list[Job], str]:
        return self._json(["sacct", "--json", "--jobs", ",".join(numbers)])

    def _json(self, words: list[str]) -> tuple[list[Job], str]:
        if self._path(words[0]) is None:
            return [], ""
        printed = self._call(words)
        if printed.failure:
            return [], printed.failure
        jobs = jobs_of_json(printed.text, words[0])
        if jobs is None:
            return [], f"{words[0]}: its output is not the JSON of Slurm"
        return jobs, ""

    def _call(self, words: list[str]) -> Printed:
        path = self._path(words[0])
        if path is None:
            return Printed()
        environ = {
            name: value for name, value in self.environ.items() if not name.startswith(_FORMS)
        }
        return call([path, *words[1:]], {**environ, "LC_ALL": "C"}, self.clock, self.stopping)

    def _path(self, name: str) -> str | None:
        """Return where a command is; never one of the working directory, which may be anyone's."""
        path = shutil.which(name, path=self.environ.get("PATH", ""))
        return path if path is not None and os.path.isabs(path) else None


_KNOWS_NOT = re.compile(r"Invalid job id|No jobs? |not found|accounting storage is disabled", re.I)
"""What commands say of a job that they do not know (any more)."""


def is_of(job: Job, number: str) -> bool:
    """Tell whether a job is the one of a number, or array and task of each other.

    Tasks that wait are told together, under the number of their array.
    """
    return job.id == number or number in job.id.split("_")[:1] or job.id in number.split("_")[:1]
