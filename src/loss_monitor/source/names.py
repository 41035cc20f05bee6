"""Names of the files that a training leaves behind, and what each of them is.

Enters: a name as the directory gives it. Leaves: its text for people and its `FileName`.
The names are those of the ICON training plugins, of TensorBoard, of ICON's run scripts and
of Slurm; model times in them are read by `model_time`.
"""

from __future__ import annotations

import os
import re
from enum import Enum
from typing import NamedTuple

from loss_monitor.model_time import PATTERN, ModelTime, parse_model_time, time_of
from loss_monitor.types import REFUSAL_SAMPLE_MAX, Refusal


class FileKind(Enum):
    """What a file holds, as far as its name tells."""

    LOG = "log"
    """`log_T.txt`, T a model time: the losses of one timestep."""
    DETAILED = "detailed"
    """`log_detailed_T.txt`."""
    SESSION = "session"
    """`log_session_NNNN_T.txt`."""
    SUMMARY = "summary"
    """`summary_T.txt`: figures of one timestep."""
    EVENT = "event"
    """A TensorBoard event file: `tfevents` anywhere in the name."""
    STATUS = "status"
    """`monitor_status.json`."""
    CHECKPOINT = "checkpoint"
    """`net_*.pth`."""
    JOB_LOG = "job_log"
    """`LOG.exp.NAME.run.JOBID.o`, `slurm.JOBID.out` or `slurm-JOBID.out`."""
    DESCRIPTION = "description"
    """`run.toml`, or `LOG.exp.NAME.toml` beside the logs of several experiments: label and
    parameters of a run."""


LOSS_KINDS = (FileKind.LOG, FileKind.DETAILED, FileKind.SESSION)
"""Kinds whose files hold losses."""
TIMESTEP_KINDS = (*LOSS_KINDS, FileKind.SUMMARY)
"""Kinds whose files belong to one timestep each and carry its model time."""


class FileName(NamedTuple):
    """What a name says of its file."""

    kind: FileKind
    model_time: ModelTime | None = None
    """Never None for `TIMESTEP_KINDS`; of a checkpoint, where it can be read."""
    session: int | None = None
    """Number of the training session, from 0; only of `SESSION`."""
    experiment: str | None = None
    """Name of ICON's experiment; only of a `JOB_LOG` of a run script, and of what describes it."""
    job_id: int | None = None
    """Slurm's number of the job; only of a `JOB_LOG`."""


DESCRIPTION_NAME = "run.toml"
"""Label and parameters of the run whose data lie beside it."""

_LOSS_KINDS = {
    "log": FileKind.LOG,
    "log_detailed": FileKind.DETAILED,
    "log_session": FileKind.SESSION,
    "summary": FileKind.SUMMARY,
}
# The longer prefixes stand first: `log` begins them all.
_LOSS_FILE = re.compile(
    rf"(log_detailed|log_session|log|summary)_(?:(\d{{1,18}})_)?{PATTERN}\.txt", re.ASCII
)
_LOSS_PREFIX = re.compile(r"(log_detailed|log_session|log|summary)_.*\.txt", re.DOTALL)
_SESSION_NAME = re.compile(r"log_session_\d{1,18}_.*", re.ASCII | re.DOTALL)
_RUN_SCRIPT_LOG = re.compile(r"LOG\.exp\.(.+)\.run\.(\d{1,18})\.o", re.ASCII | re.DOTALL)
_EXPERIMENT_DESCRIPTION = re.compile(r"LOG\.exp\.(.+)\.toml", re.DOTALL)
_SLURM_LOG = re.compile(r"slurm[.-](\d{1,18})\.out", re.ASCII)
# What would move a terminal's cursor, begin a new line of a log, or turn its text around.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def display_name(raw: bytes) -> str:
    r"""Return the text by which people see a name: UTF-8, the rest as backslash escapes.

    Control characters and marks of direction are escaped too, so that a name is one line,
    read from left to right, wherever it is printed.
    Does not give back a path that can be opened: keep `os.fsdecode` of the name for that.

    >>> display_name(b"log_\xff\n.txt")
    'log_\\xff\\n.txt'
    """
    text = raw.decode("utf-8", "backslashreplace")
    if text.isprintable():
        return text
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def shown_name(name: str) -> str:
    """Return `display_name` of a name as `os.listdir` and the like give it.

    The same object where nothing is to be escaped: of a name there are thousands.
    """
    if name.isascii() and name.isprintable():
        return name
    return display_name(os.fsencode(name))


def classify(name: str) -> FileName | Refusal | None:
    """Return what `name` says, why it is refused, or None if it is none of ours.

    Refused is a name that looks like a loss file but holds no model time that exists in
    any calendar.

    >>> classify("log_1979-01-01T00-15-00.000.txt").model_time.label
    '1979-01-01 00:15:00'
    """
    match = _LOSS_FILE.fullmatch(name)
    if match is not None:
        prefix, session, *fields = match.groups()
        kind = _LOSS_KINDS[prefix]
        model_time = time_of(fields)
        if model_time is not None and (session is not None) == (kind is FileKind.SESSION):
            return FileName(kind, model_time, int(session) if session else None)
    if "tfevents" in name:
        return FileName(FileKind.EVENT)
    match = _LOSS_PREFIX.fullmatch(name)
    if match is not None:
        return _refuse_loss_file(name, _LOSS_KINDS[match[1]])
    if name == "monitor_status.json":
        return FileName(FileKind.STATUS)
    if name == DESCRIPTION_NAME:
        return FileName(FileKind.DESCRIPTION)
    match = _EXPERIMENT_DESCRIPTION.fullmatch(name)
    if match is not None:
        return FileName(FileKind.DESCRIPTION, experiment=match[1])
    if name.startswith("net_") and name.endswith(".pth"):
        return FileName(FileKind.CHECKPOINT, parse_model_time(name[len("net_") : -len(".pth")]))
    return _classify_job_log(name)


def _refuse_loss_file(name: str, kind: FileKind) -> Refusal:
    fault = "no model time that exists in any calendar"
    if kind is FileKind.SESSION and _SESSION_NAME.fullmatch(name) is None:
        fault = "no session number and model time"
    return Refusal(
        f"the file name holds {fault}; expected a time such as 1979-01-01T00-15-00",
        sample=name[:REFUSAL_SAMPLE_MAX],
    )


def _classify_job_log(name: str) -> FileName | None:
    match = _RUN_SCRIPT_LOG.fullmatch(name)
    if match is not None:
        return FileName(FileKind.JOB_LOG, experiment=match[1], job_id=int(match[2]))
    match = _SLURM_LOG.fullmatch(name)
    if match is not None:
        return FileName(FileKind.JOB_LOG, job_id=int(match[1]))
    return None
