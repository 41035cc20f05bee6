"""How a job ended, from the last words of Slurm, MPI and the plugin.

Enters: a line of the job log. Leaves: one of the outcomes. Slurm says `CANCELLED AT` of a
job that ran out of time as well, and `srun: error` of every task that any of these ends
took down, so the more telling word wins, in whatever order the lines come.
"""

from __future__ import annotations

from typing import Literal

Outcome = Literal["", "finished", "failed", "cancelled", "out_of_memory", "timed_out"]

END_WORDS: tuple[tuple[bytes, Outcome], ...] = (
    (b"DUE TO TIME LIMIT", "timed_out"),
    (b"oom_kill", "out_of_memory"),
    (b"oom-kill", "out_of_memory"),
    (b"CANCELLED AT", "cancelled"),
    (b"srun: error", "failed"),
    (b"slurmstepd: error", "failed"),
    (b"MPI_ABORT", "failed"),
)
"""What to look for in a log, the more telling first."""

_OUT_OF_MEMORY = (b"Out Of Memory", b"OUT_OF_MEMORY")
"""What srun adds to its error for a task that the kernel ended for its memory."""

_WEIGHT: dict[Outcome, int] = {
    "": 0,
    "finished": 1,
    "failed": 2,
    "cancelled": 3,
    "out_of_memory": 4,
    "timed_out": 5,
}


def outcome_of(line: bytes) -> Outcome:
    """Return what `line` says about the job's end, empty if nothing.

    >>> outcome_of(b"slurmstepd: error: *** JOB 1 ON l1 CANCELLED AT ... DUE TO TIME LIMIT ***")
    'timed_out'
    """
    for word, outcome in END_WORDS:
        if word in line:
            if outcome == "failed" and any(memory in line for memory in _OUT_OF_MEMORY):
                return "out_of_memory"
            return outcome
    return ""


def more_telling(outcome: Outcome, than: Outcome) -> bool:
    """Say whether `outcome` takes the place of `than` as the story of the same end."""
    return _WEIGHT[outcome] > _WEIGHT[than]
