"""The plain sentence: what it says of each state of a run."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from loss_monitor.report.sentence import sentence
from loss_monitor.report.text import number_text
from loss_monitor.series.run import Run
from loss_monitor.types import Job, Loading, Mark, SourceState

NAN = float("nan")


def test_it_answers_whether_it_trains_how_far_and_how_well(build: Any) -> None:
    """In this order, in plain words."""
    text = sentence(build.snapshot(build.run([4.0, 4.0], [2.0, 2.0])))
    assert text == (
        "Running: 2 timesteps with 4 batches, up to 1979-01-01 00:15:00. The latest mean loss "
        "is 2.000, 50\u202f% below that of the first timestep; of late the loss decreases."
    )


@pytest.mark.parametrize(
    ("latest", "percent"),
    [(2.0, "50"), (0.05, "99"), (0.0134, "99.6"), (0.0004, "99.9"), (0.0, "100")],
)
def test_a_loss_that_is_left_is_not_all_gone(build: Any, latest: float, percent: str) -> None:
    """A share is not rounded to the whole."""
    text = sentence(build.snapshot(build.run([4.0], [latest])))
    assert f", {percent}\u202f% below that of the first" in text


def test_one_of_each_is_singular(build: Any) -> None:
    """No "1 timesteps"."""
    text = sentence(build.snapshot(build.run([4.0])))
    assert text.startswith("Running: 1 timestep with 1 batch, up to ")
    assert "first timestep" not in text


def test_what_went_wrong_is_told(build: Any) -> None:
    """Non-finite losses and where the last one was, rollbacks, incidents."""
    run = build.run([4.0, NAN], [float("inf")], [1.0])
    run = run.with_marks([Mark("rollback", None, 1.0, "back")] * 2)
    source = SourceState("/d", exists=True, state="stale", state_text="No new data", incidents=1)
    text = sentence(build.snapshot(run, source=source))
    assert re.match(r"No new data since 2001-09-0[89] \d\d:46 [^:]+: 3 timesteps", text)
    assert "1 NaN and 1 infinite losses, the last at 1979-01-01 00:15:00, 1 timestep" in text
    assert "2 rollbacks." in text
    assert "1 incident is in the activity log." in text


def test_no_finite_loss_is_said(build: Any) -> None:
    """There is no mean to tell."""
    text = sentence(build.snapshot(build.run([NAN])))
    assert "No loss so far is finite." in text
    assert "in the latest timestep" in text


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (SourceState("/d"), "Waiting for /d, which does not exist yet."),
        (SourceState("/d", error="no permission"), "/d cannot be read: no permission."),
        (
            SourceState("/d", exists=True, loading=Loading(0, 1200, 0, 1)),
            "Reading 1,200 files in /d.",
        ),
        (
            SourceState("/d", exists=True, state="empty", state_text="Waiting"),
            "Waiting: no losses in /d yet.",
        ),
    ],
)
def test_without_data_it_says_what_it_waits_for(
    build: Any, source: SourceState, words: str
) -> None:
    """So that nobody wonders why the page is empty."""
    assert sentence(build.snapshot(Run.empty("", ""), source=source)) == words


def test_reading_that_goes_on_is_told(build: Any) -> None:
    """Figures of a part are called so."""
    source = SourceState(
        "/d", exists=True, state="starting", state_text="Reading files",
        loading=Loading(3, 10, 1, 2),
    )  # fmt: skip
    text = sentence(build.snapshot(build.run([1.0]), source=source))
    assert text.endswith("Still reading: 3 of 10 files.")


JOB = Job(
    *("4711", "RUNNING"),
    node="l40123",
    limit_s=28_800.0,
    counts_from_s=1_000_000_000.0,
    started_s=1_000_000_000.0,
    source="squeue",
)


def test_a_job_s_limit_is_told_with_how_far_the_model_comes(build: Any) -> None:
    """At the pace of the newest timesteps: here 15 min of model time a second for 8 h."""
    source = SourceState("/d", exists=True, state="running", state_text="Running", job=JOB)
    text = sentence(build.snapshot(build.run(*[[4.0]] * 40), source=source))
    assert re.search(
        r"Job 4711 on l40123 may run until 2001-09-09 \d\d:46 \S+; at this pace the model is at "
        r"1979-10-28 then\.",
        text,
    )
    ended = replace(source, outcome="timed_out", state="failed", state_text="Timed out")
    assert "may run" not in sentence(build.snapshot(build.run([4.0]), source=ended))


def test_the_end_of_the_experiment_is_told_with_the_limit(build: Any) -> None:
    """Within the limit, after it, or without any."""
    run = build.run(*[[4.0]] * 40)
    source = SourceState("/d", exists=True, state="running", state_text="Running", job=JOB)
    soon = replace(source, model_end=(1979, 1, 2, 0, 0, 0, 0))
    text = sentence(build.snapshot(run, source=soon))
    at = r"its end, 1979-01-02, about 2001-09-09 \d\d:48 \S+\."
    assert re.search(
        f"Job 4711 on l40123 may run until .*; at this pace the model is at {at}", text
    )
    assert re.search(
        f"At this pace the model is at {at}",
        sentence(build.snapshot(run, source=replace(soon, job=None))),
    )
    late = replace(source, model_end=(2020, 1, 1, 0, 0, 0, 0))
    text = sentence(build.snapshot(run, source=late))
    assert re.search("1979-10-28 then, and at its end, 2020-01-01, about 2001-09-2", text)
    there = replace(source, model_end=(1979, 1, 1, 0, 0, 0, 0))
    assert "its end" not in sentence(build.snapshot(run, source=there))


def test_what_slurm_says_of_a_silent_run_is_told_beside_its_silence(build: Any) -> None:
    """Neither of the two is kept back."""
    source = SourceState("/d", exists=True, state="stale", state_text="No new data", job=JOB)
    text = sentence(build.snapshot(build.run([4.0]), source=source))
    assert ", though Slurm has job 4711 as RUNNING: 1 timestep" in text


def test_a_job_that_could_be_followed_is_named_where_nothing_is_read(build: Any) -> None:
    """With the command to type."""
    other = replace(JOB, log="/work/LOG.o")
    source = SourceState("/d", exists=True, state="empty", state_text="Waiting", other_job=other)
    text = sentence(build.snapshot(Run.empty("", ""), source=source))
    assert text.endswith("is followed by: loss-monitor serve --job-log /work/LOG.o")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (0.0412, "0.04120"),
        (0.001, "0.001000"),
        (12345.6, "12346"),
        (99999.4, "99999"),
        (99999.6, "1.000\N{MULTIPLICATION SIGN}10⁵"),
        (-1.5, "\N{MINUS SIGN}1.500"),
        (3e-10, "3.000\N{MULTIPLICATION SIGN}10⁻¹⁰"),
        (0.00099996, "0.001000"),
        (123456.0, "1.235\N{MULTIPLICATION SIGN}10⁵"),
        (NAN, "not finite"),
    ],
)
def test_numbers_have_four_digits(value: float, text: str) -> None:
    """A loss of 3e-10 never shows as 0.000000."""
    assert number_text(value) == text
