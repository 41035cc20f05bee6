"""What Slurm's commands print of jobs, in all forms they have had: pure functions.

Enters: the output of `squeue --json`, `sacct --json` or `scontrol --oneliner show job`. Leaves:
`Job`s. Sources: the man pages of the three commands; `data_parser` v0.0.37 to v0.0.44 (Slurm
21.08 to 25.11), which print numbers plain or as `{"set", "infinite", "number"}`, states as
text or as list, and moved fields; `slurm.h` for NO_VAL and INFINITE.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from typing import Any

from loss_monitor.types import Job

_NO_NUMBER_FROM = 0xFFFF_FFFE
"""NO_VAL and INFINITE of 32 bits, as old forms print them; those of 64 bits are greater."""
_TEXT_MAX = 1000
_PATHS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "id": (("job_id",),),
    "array": (("array_job_id",), ("array", "job_id")),
    "task": (("array_task_id",), ("array", "task_id")),
    "state": (("job_state",), ("state", "current")),
    "reason": (("state_reason",), ("state", "reason")),
    "node": (("nodes",), ("job_resources", "nodes"), ("batch_host",)),
    "user": (("user_name",), ("user",), ("association", "user")),
    "name": (("name",),),
    "started": (("start_time",), ("time", "start")),
    "ended": (("end_time",), ("time", "end")),
    "limit": (("time_limit",), ("time", "limit")),
    "elapsed": (("time", "elapsed"),),
    "suspended": (("suspend_time",),),
    "used_before": (("pre_sus_time",),),
    "log": (("stdout_expanded",), ("standard_output",), ("stdout",)),
    "directory": (("current_working_directory",), ("working_directory",)),
}
"""Where a fact stands, the newer place first."""

_FIELD = re.compile(r"(?:^|\s)([A-Z][A-Za-z0-9/:_]*)=(.*?)(?=\s+[A-Z][A-Za-z0-9/:_]*=|\s*$)")
_TEXT_FIELDS: Mapping[str, str] = {
    "id": "JobId",
    "array": "ArrayJobId",
    "task": "ArrayTaskId",
    "state": "JobState",
    "reason": "Reason",
    "node": "NodeList",
    "name": "JobName",
    "used_before": "SecsPreSuspend",
    "log": "StdOut",
    "directory": "WorkDir",
}

PENDING = frozenset(
    {"PENDING", "REQUEUED", "REQUEUE_FED", "REQUEUE_HOLD", "RESV_DEL_HOLD", "SPECIAL_EXIT"}
)
SUSPENDED = frozenset({"SUSPENDED", "STOPPED"})
ENDED = frozenset(
    {
        *("BOOT_FAIL", "CANCELLED", "COMPLETED", "DEADLINE", "FAILED", "LAUNCH_FAILED"),
        *("NODE_FAIL", "OUT_OF_MEMORY", "PREEMPTED", "RECONFIG_FAIL", "REVOKED", "TIMEOUT"),
    }
)
BEGINNING = frozenset({"CONFIGURING", "POWER_UP_NODE"})
RUNNING = frozenset({"RUNNING", "COMPLETING", "RESIZING", "SIGNALING", "STAGE_OUT"})
# Of several words the one that says most: a job that is RUNNING and COMPLETING has its end
# before it, one that is COMPLETED and COMPLETING behind it, a REQUEUED one waits again.
_BY_WEIGHT = (
    frozenset({"REQUEUED", "REQUEUE_FED", "REQUEUE_HOLD", "RESV_DEL_HOLD", "SPECIAL_EXIT"}),
    ENDED,
    SUSPENDED,
    BEGINNING,
    frozenset({"PENDING"}),
    frozenset({"RUNNING"}),
    RUNNING,
)


def jobs_of_json(text: str, source: str) -> list[Job] | None:
    """Return the jobs that `squeue --json` or `sacct --json` printed; None if it is no such.

    Rows that are no jobs are passed over. Never raises.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return None
    rows = content.get("jobs") if isinstance(content, dict) else None
    if not isinstance(rows, list):
        return None
    facts = ({name: _at(row, name) for name in _PATHS} for row in rows if isinstance(row, dict))
    return [job for one in facts if (job := _job(one, source)) is not None]


def jobs_of_text(text: str, source: str = "scontrol") -> list[Job] | None:
    """Return the jobs that `scontrol --oneliner show job` printed, None if there are none."""
    jobs = []
    for line in text.splitlines():
        found = dict(_FIELD.findall(line))
        facts: dict[str, Any] = {name: found.get(key) for name, key in _TEXT_FIELDS.items()}
        facts["user"] = found.get("UserId", "").partition("(")[0]
        facts["started"] = moment_of(found.get("StartTime", ""))
        facts["ended"] = moment_of(found.get("EndTime", ""))
        facts["suspended"] = moment_of(found.get("SuspendTime", ""))
        limit_s = span_of(found.get("TimeLimit", ""))
        facts["limit"] = None if limit_s is None else limit_s / 60
        job = _job(facts, source)
        if job is not None:
            jobs.append(job)
    return jobs or None


def _at(row: Mapping[str, Any], name: str) -> object:
    for path in _PATHS[name]:
        found: Any = row
        for key in path:
            found = found.get(key) if isinstance(found, dict) else None
        if found not in (None, "", []):
            return found
    return None


def _job(facts: Mapping[str, Any], source: str) -> Job | None:
    number = number_of(facts["id"])
    state = state_of(facts["state"])
    if not number or not state:
        return None
    started_s, ended_s = number_of(facts["started"]), number_of(facts["ended"])
    limit = number_of(facts["limit"])
    waits = state in PENDING
    has_ended = state in ENDED
    counts_from_s, used_s = started_s or None, 0.0
    suspended_s, before_s = number_of(facts["suspended"]), number_of(facts["used_before"])
    if suspended_s and before_s is not None:
        counts_from_s, used_s = suspended_s, before_s
    if has_ended:
        whole_s = (ended_s or 0.0) - (started_s or ended_s or 0.0)
        used_s = number_of(facts["elapsed"]) or max(0.0, whole_s)
    if waits or has_ended or state in SUSPENDED:
        counts_from_s = None
    return Job(
        id=_id(int(number), facts),
        state=state,
        reason=_word(facts["reason"], "None"),
        node="" if waits else _word(facts["node"], "None assigned"),
        user=_word(facts["user"]),
        name=_word(facts["name"]),
        started_s=None if waits else started_s or None,
        ended_s=ended_s or None if has_ended else None,
        limit_s=limit * 60 if limit else None,
        used_s=0.0 if waits else used_s,
        counts_from_s=counts_from_s,
        log=_word(facts["log"]),
        directory=_word(facts["directory"]),
        source=source,
    )


def _id(number: int, facts: Mapping[str, Any]) -> str:
    array, task = number_of(facts["array"]), number_of(facts["task"])
    if not array or task is None:
        return str(number)
    return f"{int(array)}_{int(task)}"


def _word(value: object, nothing: str = "") -> str:
    if not isinstance(value, str) or value in (nothing, "(null)", "None", "N/A"):
        return ""
    return "".join(one if one.isprintable() else "?" for one in value[:_TEXT_MAX])


def state_of(value: object) -> str:
    """Return the word of a job's state that says most, empty where there is none.

    >>> state_of(["RUNNING"]), state_of("CANCELLED by 20424"), state_of(["COMPLETED", "REQUEUED"])
    ('RUNNING', 'CANCELLED', 'REQUEUED')
    """
    texts = value if isinstance(value, list) else [value]
    words = [
        word
        for text in texts
        if isinstance(text, str)
        for word in re.findall(r"[A-Z_]{2,32}", text.upper().partition(" BY ")[0])
    ]
    weighty = (word for group in _BY_WEIGHT for word in words if word in group)
    return next(weighty, words[0] if words else "")


def number_of(value: object) -> float | None:
    """Return a number of any of Slurm's forms; None where it is unset or without bound.

    >>> number_of(480), number_of({"set": True, "infinite": False, "number": 480}), number_of("7")
    (480.0, 480.0, 7.0)
    >>> number_of({"set": False, "infinite": True, "number": 0}), number_of(0xFFFFFFFF)
    (None, None)
    """
    if isinstance(value, dict):
        is_known = value.get("set", True) and not value.get("infinite")
        return number_of(value.get("number")) if is_known else None
    if isinstance(value, str):
        return float(value) if re.fullmatch(r"[0-9]{1,15}", value.strip()) else None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if 0 <= value < _NO_NUMBER_FROM else None


def span_of(text: str) -> float | None:
    """Return the seconds of a time limit as `scontrol` prints it; None without one.

    >>> span_of("08:00:00"), span_of("2-12:00:00"), span_of("UNLIMITED")
    (28800.0, 216000.0, None)
    """
    match = re.fullmatch(r"(?:([0-9]{1,6})-)?([0-9]{1,3}):([0-9]{2}):([0-9]{2})", text.strip())
    if match is None:
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return float(((days * 24 + hours) * 60 + minutes) * 60 + seconds)


def moment_of(text: str) -> float | None:
    """Return seconds since 1970-01-01 UTC of a moment that Slurm printed in local time."""
    try:
        return time.mktime(time.strptime(text.strip(), "%Y-%m-%dT%H:%M:%S"))
    except (ValueError, OverflowError):
        return None
