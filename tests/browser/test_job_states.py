"""What the page says of the job, with commands in place of Slurm's: pill, sentence, empty page."""

from __future__ import annotations

import getpass
import os
import re
import time

import pytest

from access import check_narrow, needs_axe, violations
from slurm_commands import Commands, jobs_json, new_row

ME = getpass.getuser()
LOSSES = "".join(f" 0:  INFO(m): [rank=0] step={step} loss={1 / step}\n" for step in range(1, 31))
DRY_RUN = " 0:  INFO(m): [rank=0] Dry run step 1812/4000\n"
JOBS = (
    (1, "RUNNING", 0, LOSSES, "Running", r"2\u202fh 1\d\u202fmin of 8\u202fh", "tone-ok"),
    (2, "RUNNING", 0, DRY_RUN, "Dry run", "1,812 of 4,000", "tone-plain"),
    (3, "RUNNING", 900, LOSSES, "No new data", r"for 1[5-9]\u202fmin", "tone-warn"),
    (4, "PENDING", 900, LOSSES, "Queued", "Priority", "tone-plain"),
    (5, "SUSPENDED", 900, LOSSES, "Suspended", "", "tone-warn"),
    (6, "OUT_OF_MEMORY", 900, LOSSES, "Out of memory", "", "tone-err"),
    (7, "COMPLETED", 900, LOSSES, "Finished", "", "tone-accent"),
)
"""Number, Slurm's state, age of the log, its text; word, detail and tone of the pill."""


@pytest.fixture
def commands(tmp_path, monkeypatch):
    """Commands in front of all others, for servers that are started from now on."""
    made = Commands(tmp_path / "bin")
    monkeypatch.setenv("PATH", f"{made.folder}:{os.environ['PATH']}")
    return made


def row(number, state, **facts):
    """A job of ours that began 2 h 10 min ago and has 8 h."""
    began = int(time.time()) - 7800
    times = {"start_time": began, "end_time": began + 28_800, "time_limit": 480}
    facts = {"user_name": ME, "nodes": "l40123", "state_reason": "Priority", **facts}
    return new_row(job_id=number, job_state=state, **times, **facts)


def test_each_state_of_a_job_has_its_words_and_its_tone(commands, tmp_path, serve, open_page):
    """In the pill, the title and the sentence; a phone leaves out what the sentence tells."""
    logs, rows = [], []
    for number, state, age_s, text, *_ in JOBS:
        log = tmp_path / f"LOG.exp.e{number}.run.{number}.o"
        log.write_text(text)
        then = time.time() - age_s
        os.utime(log, (then, then))
        logs.append(log)
        rows.append(row(number, state, suspend_time=1, pre_sus_time=60))
    rows[0] = row(1, "RUNNING")
    commands.write("squeue", prints=jobs_json(*rows))
    monitor = serve(*logs, as_command=True)
    for number, *_, word, detail, tone in JOBS:
        page = open_page(f"{monitor.url}#run=source-{number}")
        training = page.locator("#training").filter(has_text=word)
        training.filter(has_text=re.compile(detail)).wait_for()
        assert tone in training.get_attribute("class")
        assert page.title().startswith(word)
        page.locator("#sentence", has_text=word).wait_for()
    os.utime(logs[0])
    page = open_page(f"{monitor.url}#run=source-1", size=(390, 844))
    page.locator("#sentence", has_text="Job 1 on l40123 may run until").wait_for()
    training = page.locator("#training", has_text="Running")
    training.wait_for()
    assert training.inner_text().strip() == "Running"
    check_narrow(page, 390)


@needs_axe
def test_an_empty_page_names_the_job_that_could_be_followed(commands, tmp_path, serve, open_page):
    """With the command to type, which wraps on a phone."""
    (tmp_path / "data").mkdir()
    log = tmp_path / ("a-long-name-" * 8) / "LOG.exp.messe.run.4711.o"
    log.parent.mkdir()
    log.touch()
    commands.write("squeue", prints=jobs_json(row(4711, "RUNNING", standard_output=str(log))))
    monitor = serve(tmp_path / "data", as_command=True)
    page = open_page(monitor.url, size=(390, 844))
    page.locator("#empty .command", has_text=f"loss-monitor serve --job-log {log}").wait_for()
    page.locator("#empty", has_text="Your job 4711 exp.messe.run is running").wait_for()
    check_narrow(page, 390)
    assert violations(page) == []
