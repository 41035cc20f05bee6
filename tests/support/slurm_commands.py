"""Slurm's commands as scripts on PATH, and what real ones print in their several forms."""

from __future__ import annotations

import json
import os
import shlex
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def set_number(number: float | None) -> dict[str, Any]:
    """A number as `data_parser` v0.0.39 and newer print it; None is without bound."""
    return {"set": number is not None, "infinite": number is None, "number": number or 0}


def old_row(**facts: Any) -> dict[str, Any]:
    """A job as `squeue --json` of Slurm 21.08 and 22.05 prints it: plain numbers and words."""
    row = {
        "array_job_id": 0, "array_task_id": None, "batch_host": "l40123", "job_id": 4711,
        "job_state": "RUNNING", "name": "exp.messe.run", "nodes": "l[40123-40126]",
        "pre_sus_time": 0, "standard_output": "/work/LOG.exp.messe.run.4711.o",
        "start_time": 1_700_000_000, "end_time": 1_700_028_800, "state_reason": "None",
        "suspend_time": 0, "time_limit": 480, "user_name": "ada", "user_id": 20424,
        "current_working_directory": "/work",
    }  # fmt: skip
    return {**row, **facts}


def new_row(**facts: Any) -> dict[str, Any]:
    """The same by Slurm 23.11 and newer: numbers with `set` and `infinite`, a list of states."""
    row = old_row(**facts)
    for name in ("array_job_id", "start_time", "end_time", "suspend_time", "pre_sus_time"):
        row[name] = set_number(row[name])
    row["time_limit"] = set_number(row["time_limit"])
    task = row["array_task_id"]
    row["array_task_id"] = {"set": task is not None, "infinite": False, "number": task or 0}
    states = row["job_state"]
    row["job_state"] = states if isinstance(states, list) else [states]
    return row


def sacct_row(**facts: Any) -> dict[str, Any]:
    """A job as `sacct --json` of Slurm 23.11 and newer prints it."""
    state = facts.pop("state", "COMPLETED")
    row = {
        "array": {"job_id": 0, "task_id": set_number(None), "task": ""},
        "association": {"user": "ada"}, "job_id": 4711, "name": "exp.messe.run",
        "nodes": "l40123", "user": "ada", "working_directory": "/work",
        "state": {"current": [state], "reason": "None"},
        "time": {
            "elapsed": 7200, "start": 1_700_000_000, "end": 1_700_007_200,
            "limit": set_number(480), "suspended": 0,
        },
    }  # fmt: skip
    return {**row, **facts}


def jobs_json(*rows: Mapping[str, Any]) -> str:
    """The document around rows."""
    return json.dumps({"meta": {"slurm": {"release": "24.05.4"}}, "jobs": rows, "errors": []})


SCONTROL = (
    "JobId=4711 JobName=exp messe UserId=ada(20424) GroupId=g(1000) MCS_label=N/A "
    "Priority=100 Nice=0 Account=mh0033 QOS=normal JobState=RUNNING Reason=None "
    "Dependency=(null) Requeue=1 Restarts=0 BatchFlag=1 Reboot=0 ExitCode=0:0 "
    "RunTime=02:10:00 TimeLimit=08:00:00 TimeMin=N/A SubmitTime=2023-11-14T23:00:00 "
    "StartTime={started} EndTime=2023-11-15T07:13:20 Deadline=N/A SuspendTime=None "
    "SecsPreSuspend=0 Partition=gpu NodeList=l[40123-40126] BatchHost=l40123 NumNodes=4 "
    "Command=/work/exp.messe.run WorkDir=/work StdErr=/work/LOG.exp.messe.run.4711.o "
    "StdIn=/dev/null StdOut=/work/LOG.exp.messe.run.4711.o Power=\n"
)
"""A line of `scontrol --oneliner show job`."""


class Commands:
    """A folder of commands that a test writes, to stand alone on PATH."""

    def __init__(self, folder: Path) -> None:
        """Write none yet."""
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def environ(self) -> dict[str, str]:
        """PATH with the folder alone: a machine may have commands of a Slurm of its own."""
        return {"PATH": str(self.folder)}

    @property
    def calls(self) -> list[str]:
        """The command lines with which the commands were called, in their order."""
        path = self.folder / "calls"
        return path.read_text().splitlines() if path.exists() else []

    def write(self, name: str, *, prints: str = "", does: str = "") -> None:
        """Write a command that notes its call, prints a text, and does what a shell is told."""
        text = self.folder / f"{name}.out"
        text.write_text(prints)
        calls = shlex.quote(str(self.folder / "calls"))
        path = self.folder / name
        new = self.folder / f".{name}"
        lines = (
            "#!/bin/sh",
            "PATH=/usr/bin:/bin",
            f'echo "{name} $*" >> {calls}',
            f"cat {shlex.quote(str(text))}",
            does,
        )
        new.write_text("".join(f"{line}\n" for line in lines))
        new.chmod(new.stat().st_mode | stat.S_IXUSR)
        os.replace(new, path)
