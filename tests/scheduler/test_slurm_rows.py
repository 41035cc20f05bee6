"""What Slurm prints of jobs: old forms and new, and what is no such thing."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loss_monitor.scheduler.slurm_rows import (
    ENDED,
    jobs_of_json,
    jobs_of_text,
    moment_of,
    state_of,
)
from loss_monitor.types import Job
from slurm_commands import SCONTROL, jobs_json, new_row, old_row, sacct_row, set_number

RUNNING = Job(
    id="4711",
    state="RUNNING",
    node="l[40123-40126]",
    user="ada",
    name="exp.messe.run",
    started_s=1_700_000_000.0,
    limit_s=28_800.0,
    counts_from_s=1_700_000_000.0,
    log="/work/LOG.exp.messe.run.4711.o",
    directory="/work",
    source="squeue",
)


def one(text: str, source: str = "squeue") -> Job:
    """Return the only job of a document."""
    jobs = jobs_of_json(text, source)
    assert jobs is not None
    (job,) = jobs
    return job


@pytest.mark.parametrize("row", [old_row(), new_row()], ids=["plain numbers", "with set"])
def test_both_forms_tell_the_same_job(row):
    """Numbers plain or as objects, states as word or list; limits are minutes."""
    assert one(jobs_json(row)) == RUNNING


@pytest.mark.parametrize(
    "limit", [None, set_number(None), 0xFFFFFFFF, 0xFFFFFFFE, {"set": False, "number": 0}, -1]
)
def test_a_job_without_a_limit_has_none(limit):
    """UNLIMITED is no number, in none of its forms."""
    assert one(jobs_json({**new_row(), "time_limit": limit})).limit_s is None


def test_a_job_that_waits_has_not_started():
    """Its start time is a guess of the scheduler, its nodes are not its own yet."""
    job = one(jobs_json(new_row(job_state="PENDING", state_reason="Priority", nodes="")))
    assert (job.state, job.reason, job.node) == ("PENDING", "Priority", "")
    assert (job.started_s, job.counts_from_s, job.used_s) == (None, None, 0.0)


def test_time_in_suspension_does_not_count():
    """While it is suspended its time stands; afterwards it counts on from there."""
    held = one(
        jobs_json(new_row(job_state="SUSPENDED", suspend_time=1_700_003_600, pre_sus_time=3600))
    )
    assert (held.used_s, held.counts_from_s) == (3600.0, None)
    again = one(jobs_json(new_row(suspend_time=1_700_009_000, pre_sus_time=3600)))
    assert (again.used_s, again.counts_from_s) == (3600.0, 1_700_009_000.0)


def test_a_job_of_the_accounting_has_ended():
    """Its fields stand elsewhere; the time used is what it elapsed."""
    job = one(jobs_json(sacct_row(state="TIMEOUT")), "sacct")
    assert (job.state, job.ended_s, job.used_s) == ("TIMEOUT", 1_700_007_200.0, 7200.0)
    assert (job.user, job.directory, job.limit_s, job.counts_from_s) == (
        *("ada", "/work", 28_800.0),
        None,
    )


def test_the_accounting_of_old_has_plain_words():
    """Slurm 21.08: a state as word, a limit as number, a task that is null."""
    row = sacct_row(array={"job_id": None, "task_id": None})
    row["state"] = {"current": "CANCELLED", "reason": "Dependency"}
    row["time"] = {**row["time"], "limit": 480}
    job = one(jobs_json(row), "sacct")
    assert (job.id, job.state, job.limit_s) == ("4711", "CANCELLED", 28_800.0)


def test_tasks_of_an_array_are_told_apart():
    """As Slurm itself writes them: number of the array, number of the task."""
    text = jobs_json(
        new_row(job_id=4712, array_job_id=4711, array_task_id=0),
        new_row(job_id=4713, array_job_id=4711, array_task_id=7),
        new_row(job_id=4711, array_job_id=4711, job_state="PENDING", array_task_string="8-9"),
    )
    jobs = jobs_of_json(text, "squeue") or []
    assert [job.id for job in jobs] == ["4711_0", "4711_7", "4711"]


@pytest.mark.parametrize(
    ("told", "word"),
    [
        (["RUNNING", "COMPLETING"], "RUNNING"),
        (["COMPLETED", "COMPLETING"], "COMPLETED"),
        (["RUNNING", "CONFIGURING"], "CONFIGURING"),
        (["NODE_FAIL", "REQUEUED"], "REQUEUED"),
        ("CANCELLED by 20424", "CANCELLED"),
        ("timeout", "TIMEOUT"),
        (["A_WORD_OF_TOMORROW"], "A_WORD_OF_TOMORROW"),
        ([], ""),
        (7, ""),
    ],
)
def test_of_several_states_the_one_that_says_most_counts(told, word):
    """Flags stand beside the state; what is not known is passed on as it is."""
    assert state_of(told) == word


def test_text_of_scontrol_tells_the_same():
    """For Slurm that prints no JSON; moments are local time, names may hold blanks."""
    started = time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(1_700_000_000))
    jobs = jobs_of_text(SCONTROL.format(started=started)) or []
    assert len(jobs) == 1
    (job,) = jobs
    assert (job.id, job.state, job.user, job.name) == ("4711", "RUNNING", "ada", "exp messe")
    assert (job.started_s, job.counts_from_s, job.limit_s) == (1.7e9, 1.7e9, 28_800.0)
    assert (job.log, job.source) == ("/work/LOG.exp.messe.run.4711.o", "scontrol")
    assert jobs_of_text("slurm_load_jobs error: Invalid job id specified\n") is None


def test_moments_that_are_none_are_none():
    """`None`, `Unknown` and nothing at all stand where others have a time."""
    assert [moment_of(text) for text in ("None", "Unknown", "", "2023-99-99T00:00:00")] == [
        None
    ] * 4


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "7", '{"jobs": 7}', '{"jobs": {"a": 1}}', "[" * 99999]
)
def test_what_is_no_document_of_slurm_is_told_from_an_empty_one(text):
    """A message in place of JSON must not mean that there is no job."""
    assert jobs_of_json(text, "squeue") is None
    assert jobs_of_json('{"jobs": []}', "squeue") == []


def test_rows_that_are_no_jobs_are_passed_over():
    """One half row must not hide the others."""
    text = json.dumps({"jobs": [7, {}, {"job_id": 1}, {"job_state": "RUNNING"}, old_row()]})
    assert one(text) == RUNNING


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["set", "infinite", "number", "current"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from([*old_row(), "state", "time", "array"]), _JSON))
def test_no_row_whatever_it_holds_is_a_fault(facts):
    """Any JSON in any field gives a job with sensible fields, or none."""
    for job in jobs_of_json(json.dumps({"jobs": [{**old_row(), **facts}]}), "squeue") or []:
        assert job.state
        assert job.used_s >= 0
        assert (job.ended_s is None) or job.state in ENDED
        assert all(part.isprintable() for part in (job.reason, job.node, job.name, job.log))
