"""The state of a training: told apart by growth, by the log's words, and by the scheduler."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from loss_monitor.monitor.state import (
    Facts,
    believed,
    is_silent_by_right,
    training_state,
    usual_interval_s,
)
from loss_monitor.parse.awaited import Waiting
from loss_monitor.series.run import Run
from loss_monitor.types import Job, Timestep

FRESH = Facts(age_s=1.0)
OLD = Facts(age_s=500.0)
ALIVE = replace(OLD, log_age_s=1.0)
JOB = Job("4711", "RUNNING", node="l40123", counts_from_s=1.0, source="squeue")


def run_of(*walls: float) -> Run:
    """A run with a loss a timestep, written at these times."""
    steps = [
        Timestep((index,), f"step {index}", np.array([0.5]), wall_time=wall)
        for index, wall in enumerate(walls)
    ]
    return Run.empty("run", "run").put(steps)


RUN = run_of(1010.0, 1020.0, 1030.0, 1040.0)
NONE = Run.empty("run", "run")


def job(state: str, **facts: object) -> Job:
    """The job in another state."""
    return replace(JOB, state=state, **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("run", "facts", "word", "text"),
    [
        (RUN, FRESH, "running", "Running"),
        (RUN, replace(FRESH, job=JOB), "running", "Running"),
        (RUN, OLD, "stale", "No new data"),
        (RUN, replace(OLD, job=JOB), "stale", "No new data"),
        (RUN, ALIVE, "waiting", "No losses, model runs"),
        (RUN, replace(ALIVE, waiting=Waiting("waiting", "due")), "waiting", "due"),
        (RUN, replace(OLD, waiting=Waiting("waiting", "due")), "stale", "No new data"),
        (RUN, replace(FRESH, loading=True), "starting", "Reading files"),
        (RUN, replace(OLD, exists=False), "stale", "Directory is gone"),
        (RUN, replace(OLD, job=job("PENDING", reason="Priority")), "pending", "Queued (Priority)"),
        (RUN, replace(FRESH, job=job("PENDING")), "running", "Running"),
        (RUN, replace(OLD, job=job("SUSPENDED")), "suspended", "Suspended"),
        (RUN, replace(OLD, job=job("A_NEW_WORD")), "stale", "No new data"),
        (NONE, Facts(), "empty", "Waiting for the first losses"),
        (NONE, Facts(exists=False), "empty", "Waiting for the directory"),
        (NONE, Facts(log_age_s=9.0), "starting", "Starting, no losses yet"),
        (NONE, Facts(log_age_s=900.0), "empty", "Waiting for the first losses"),
        (NONE, Facts(job=JOB), "starting", "Starting, no losses yet"),
        (NONE, Facts(job=job("CONFIGURING")), "starting", "Nodes are starting"),
        (NONE, Facts(job=job("PENDING")), "pending", "Queued"),
        (NONE, Facts(exists=False, job=job("PENDING")), "pending", "Queued"),
        (NONE, Facts(log_age_s=9.0, waiting=Waiting("dry_run", "3 of 9")), "dry_run", "3 of 9"),
        (NONE, Facts(log_age_s=900.0, waiting=Waiting("dry_run", "x")), "stale", "No new data"),
    ],
)
def test_states_are_told_apart(run: Run, facts: Facts, word: str, text: str) -> None:
    """Growth comes first: without it nothing is ever called running."""
    assert training_state(run, facts) == (word, text, "")


@pytest.mark.parametrize(
    ("log", "scheduler", "word", "text", "outcome"),
    [
        ("finished", "", "finished", "Finished", "finished"),
        ("finished", "RUNNING", "finished", "Finished", "finished"),
        ("", "COMPLETED", "finished", "Finished", "finished"),
        ("finished", "FAILED", "failed", "Failed", "failed"),
        ("failed", "COMPLETED", "failed", "Failed", "failed"),
        ("failed", "OUT_OF_MEMORY", "failed", "Out of memory", "out_of_memory"),
        ("timed_out", "CANCELLED", "failed", "Timed out", "timed_out"),
        ("", "TIMEOUT", "failed", "Timed out", "timed_out"),
        ("", "DEADLINE", "failed", "Timed out", "timed_out"),
        ("", "CANCELLED", "failed", "Cancelled", "cancelled"),
        ("", "NODE_FAIL", "failed", "Node failed", "failed"),
        ("", "PREEMPTED", "failed", "Preempted", "failed"),
    ],
)
def test_of_log_and_scheduler_the_one_that_says_more_tells_the_end(
    log: str, scheduler: str, word: str, text: str, outcome: str
) -> None:
    """`srun: error` is said in every bad end, and a batch script may end well after one."""
    facts = replace(OLD, outcome=log, job=job(scheduler) if scheduler else None)
    assert training_state(RUN, facts) == (word, text, outcome)


def test_files_that_grow_long_after_the_scheduler_s_end_are_not_of_that_job() -> None:
    """The number may be of another cluster; a last line may come late."""
    ended = job("COMPLETED", ended_s=1000.0)
    assert believed(ended, 1060.0) is ended
    assert believed(ended, 2000.0) is None
    assert believed(JOB, 2000.0) is JOB
    assert believed(None, 1.0) is None


def test_silence_is_right_while_the_job_does_not_run() -> None:
    """Nobody is to be woken for a job that waits."""
    assert [is_silent_by_right(job(state)) for state in ("PENDING", "SUSPENDED", "TIMEOUT")]
    assert not is_silent_by_right(JOB)
    assert not is_silent_by_right(None)


def test_steps_that_were_read_at_once_say_nothing_of_their_rhythm() -> None:
    """A log that is opened late gives all its steps one time: no gap between them is one."""
    assert usual_interval_s(run_of(*[1000.0] * 40)) is None
    assert usual_interval_s(run_of(*[1000.0] * 40, 1300.0, 1600.0)) == pytest.approx(300.0)
    assert training_state(run_of(*[1000.0] * 40), Facts(age_s=100.0)).state == "running"
