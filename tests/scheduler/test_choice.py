"""Which job writes a source: by number, by owner, by place, or none for certain."""

from __future__ import annotations

import dataclasses

import pytest

from loss_monitor.scheduler.choice import Wish, follow_command, job_of, log_of, other_job_of
from loss_monitor.types import Job

JOB = Job("4711", "RUNNING", user="ada", started_s=100.0, log="/work/e/LOG.o", directory="/work/e")


def job(number: str = "4711", **facts: object) -> Job:
    """A job of ada's that runs."""
    return dataclasses.replace(JOB, id=number, **facts)  # type: ignore[arg-type]


def test_the_number_in_the_log_s_name_is_the_job():
    """Of several that were told."""
    wish = Wish(number="4712", log="/work/LOG.exp.a.run.4712.o")
    assert job_of(wish, [job(), job("4712")]) == job("4712")
    assert job_of(wish, [job()]) is None


def test_a_number_that_the_user_gave_comes_first():
    """Also where the log is of somebody else."""
    assert job_of(Wish(option="4711", number="1"), [JOB], owner="bob") == JOB
    assert Wish(option="none", number="1").asked == ""
    assert Wish(option="auto", number="1").asked == "1"


def test_a_job_of_somebody_else_has_only_its_number_in_common():
    """The log may come from another cluster, or from years ago."""
    wish = Wish(number="4711")
    assert job_of(wish, [JOB], owner="bob") is None
    assert job_of(wish, [JOB], owner="ada") == JOB
    assert job_of(wish, [job(user="")], owner="bob") == job(user="")


def test_of_an_array_the_task_counts_whose_output_is_the_log():
    """Its tasks share a number; where none is certainly it, none is."""
    tasks = [job(f"4711_{task}", log=f"/work/e/slurm-4711_{task}.out") for task in (1, 2)]
    wish = Wish(number="4711", log="/work/e/slurm-4711_2.out")
    assert job_of(wish, tasks) == tasks[1]
    assert job_of(Wish(number="4711_1"), tasks) == tasks[0]
    assert job_of(Wish(number="4711"), tasks) is None
    ended = dataclasses.replace(tasks[0], state="COMPLETED")
    assert job_of(Wish(number="4711"), [ended, tasks[1]]) == tasks[1]


def test_auto_takes_the_job_that_works_where_the_data_lie(tmp_path):
    """Else the user's only running one; of two others none."""
    here, beside = str(tmp_path / "a" / "exp"), str(tmp_path / "a" / "other")
    near = job("2", directory=here, log="")
    far = job("3", directory=beside, log="", started_s=500.0)
    wish = Wish(option="auto", directory=f"{here}/data")
    assert job_of(wish, [far, near]) == near
    assert job_of(wish, [far]) == far
    assert job_of(wish, [far, job("4", directory=beside, log="")]) is None
    assert job_of(wish, []) is None


def test_a_job_that_works_in_a_home_directory_is_not_near_everything():
    """Or each job would be that of each source below."""
    home = [job(number, directory="/home/ada", log="") for number in ("1", "2")]
    assert job_of(Wish(option="auto", directory="/home/ada/run/data"), home) is None


@pytest.mark.parametrize(
    ("log", "path"),
    [
        ("/work/LOG.o", "/work/LOG.o"),
        ("slurm-%j.out", "/work/e/slurm-4711.out"),
        ("%x.%6j.%u%%.out", "/work/e/icon.004711.ada%.out"),
        ("slurm-%N.out", ""),
        ("slurm-%A_%a.out", ""),
        ("/dev/null", ""),
        ("", ""),
    ],
)
def test_patterns_of_the_output_s_name_are_filled_in(log, path):
    """As sbatch does; what cannot be known for certain gives no path."""
    assert log_of(job(log=log, name="icon")) == path


def test_tasks_fill_in_their_own_numbers():
    """The raw number of a task is not known, so `%j` gives no path."""
    task = job("4711_7", log="slurm-%A_%a.out")
    assert log_of(task) == "/work/e/slurm-4711_7.out"
    assert log_of(dataclasses.replace(task, log="slurm-%j.out")) == ""


def test_the_newest_running_job_with_a_log_is_what_could_be_followed():
    """Waiting and ended jobs have no log that grows."""
    old, new = job("1", started_s=1.0), job("2", started_s=2.0)
    others = [job("3", state="PENDING"), job("4", state="FAILED"), job("5", log="", started_s=9.0)]
    assert other_job_of([old, new, *others], bool) == new
    assert other_job_of([old, new], lambda path: False) is None
    assert other_job_of(others, bool) is None


def test_the_command_to_type_quotes_what_a_shell_would_take_apart():
    """A path with a blank stays one word; the option is the real one."""
    assert follow_command(job(log="/w/a b.o")) == "loss-monitor serve --job-log '/w/a b.o'"
    assert follow_command(job(log="")) == ""
