"""The asking thread: how often, about what, and what a bad command changes."""

from __future__ import annotations

import getpass
import os
import threading
import time

import pytest

from loss_monitor.clock import ManualClock, SystemClock
from loss_monitor.scheduler.choice import Wish
from loss_monitor.scheduler.slurm import Slurm
from loss_monitor.scheduler.watch import ASK_EVERY_S, SchedulerWatch
from slurm_commands import SCONTROL, Commands, jobs_json, new_row, sacct_row
from waiting import DEADLINE_S

ME = getpass.getuser()
WISH = Wish(number="4711")


@pytest.fixture
def scheduler(commands):
    """A watch over the commands that asks when told to."""
    clock = SystemClock()
    return SchedulerWatch(clock, Slurm(clock, {**os.environ, **commands.environ}))


def ask(scheduler, wish=WISH):
    """Ask once; return what is known."""
    scheduler.wish(1, wish)
    scheduler.ask()
    return scheduler.told(1)


def test_squeue_knows_a_running_job(commands, scheduler):
    """One call, with the number; the others are left alone."""
    for name in ("scontrol", "sacct"):
        commands.write(name)
    commands.write("squeue", prints=jobs_json(new_row(user_name=ME)))
    assert ask(scheduler).job.state == "RUNNING"
    assert commands.calls == ["squeue --json --jobs 4711"]


def test_scontrol_is_asked_where_squeue_prints_no_json(commands, scheduler):
    """Slurm of before 21.08, or built without it."""
    commands.write("squeue", does="echo \"squeue: unrecognized option '--json'\" >&2; exit 1")
    commands.write("scontrol", prints=SCONTROL.format(started="2023-11-14T23:13:20"))
    commands.write("sacct")
    job = ask(scheduler).job
    assert (job.source, job.state) == ("scontrol", "RUNNING")
    assert commands.calls[-1] == "scontrol --oneliner show job 4711"
    assert scheduler.failure == ""


def test_sacct_knows_a_job_that_ended_long_ago(commands, scheduler):
    """`squeue` and `scontrol` have forgotten it."""
    unknown = "echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1"
    for name in ("squeue", "scontrol"):
        commands.write(name, does=unknown)
    commands.write("sacct", prints=jobs_json(sacct_row(state="TIMEOUT")))
    told = ask(scheduler)
    assert (told.job.source, told.job.state) == ("sacct", "TIMEOUT")
    scheduler.ask()
    assert len(commands.calls) == 3, "an end is the last that a job tells"


def test_what_is_known_stays_while_nothing_answers(commands, scheduler):
    """A controller that restarts makes no job vanish."""
    commands.write("squeue", prints=jobs_json(new_row()))
    before = ask(scheduler)
    commands.write("squeue", does="echo 'Unable to contact slurm controller' >&2; exit 1")
    assert ask(scheduler) == before
    assert "Unable to contact" in scheduler.failure


def test_a_job_that_nobody_knows_any_more_is_forgotten(commands, scheduler):
    """Then the log's own words count again."""
    commands.write("squeue", prints=jobs_json(new_row()))
    ask(scheduler)
    commands.write("squeue", prints=jobs_json())
    assert ask(scheduler).job is None
    assert scheduler.failure == ""


def test_an_answer_about_another_job_is_none(commands, scheduler):
    """Slurm before 23.02 told all jobs of the cluster, whatever was asked."""
    commands.write("squeue", prints=jobs_json(new_row(job_id=1), new_row(job_id=47110)))
    assert ask(scheduler).job is None


@pytest.mark.parametrize("prints", ["", "no JSON", "{", '{"jobs": "none"}'])
def test_garbage_is_told_and_changes_nothing(commands, scheduler, prints):
    """It exits with 0, as if all were well."""
    commands.write("squeue", prints=prints)
    assert ask(scheduler).job is None
    assert scheduler.failure == "squeue: its output is not the JSON of Slurm"


def test_users_own_wishes_for_the_commands_output_are_left_out(commands):
    """`SQUEUE_FORMAT` and the like change what is printed; the rest of the environment stays."""
    forms = {"SQUEUE_STATES": "PD", "SACCT_FORMAT": "x"}
    environ = {**commands.environ, **forms, "SLURM_CONF": "/etc/x"}
    commands.write("squeue", does=f"env > {commands.folder}/env")
    Slurm(SystemClock(), environ).jobs(["4711"])
    told = (commands.folder / "env").read_text()
    assert "SLURM_CONF=/etc/x" in told
    assert "SQUEUE_STATES" not in told
    assert "SACCT_FORMAT" not in told


def test_a_command_of_the_working_directory_is_never_run(tmp_path, monkeypatch):
    """The directory may be anyone's, whatever a careless PATH says."""
    here = Commands(tmp_path / "here")
    here.write("squeue", prints=jobs_json(new_row()))
    monkeypatch.chdir(here.folder)
    for path in (".", "", ":.", "here"):
        slurm = Slurm(SystemClock(), {"PATH": path})
        assert not slurm.is_there
        assert slurm.jobs(["4711"]).jobs == ()
    assert here.calls == []


def test_one_round_is_for_all_sources(commands, scheduler):
    """Each with its own job."""
    commands.write("squeue", prints=jobs_json(new_row(), new_row(job_id=4712)))
    scheduler.wish(2, Wish(number="4712"))
    assert ask(scheduler).job.id == "4711"
    assert scheduler.told(2).job.id == "4712"
    (call,) = commands.calls
    assert set(call.split()[-1].split(",")) == {"4711", "4712"}


def test_where_nothing_is_read_the_user_s_running_job_is_named(commands, scheduler, tmp_path):
    """So that the page can say how to follow it; its log has to be there."""
    log = tmp_path / "LOG.o"
    log.touch()
    own = new_row(user_name=ME, job_id=5, standard_output=str(log))
    commands.write("squeue", prints=jobs_json(own, new_row(user_name="somebody-else")))
    told = ask(scheduler, Wish(directory="/nowhere", is_empty=True))
    assert (told.job, told.other.id) == (None, "5")
    assert commands.calls == [f"squeue --json --user {ME}"]


def test_another_job_s_end_is_not_told_of_the_next(commands, scheduler):
    """A restart has a number of its own; until Slurm has told of it nothing is known."""
    commands.write("squeue", prints=jobs_json(new_row(job_state="TIMEOUT")))
    assert ask(scheduler).job.state == "TIMEOUT"
    scheduler.wish(1, Wish(number="4712"))
    assert scheduler.told(1).job is None


def test_what_is_known_of_a_job_outlives_a_wish_for_the_same(commands, scheduler):
    """The first losses make the directory no longer empty, and change no job."""
    commands.write("squeue", prints=jobs_json(new_row()))
    ask(scheduler, Wish(option="4711", is_empty=True))
    scheduler.wish(1, Wish(option="4711"))
    assert scheduler.told(1).job.state == "RUNNING"


def test_an_answer_to_a_wish_of_before_is_dropped(commands, scheduler):
    """The command took its time, and the wish changed meanwhile."""
    commands.write("squeue", prints=jobs_json(new_row(job_state="TIMEOUT")))
    ask_slurm = scheduler._slurm.jobs

    class Slow:
        stopping = threading.Event()

        def jobs(self, numbers):
            scheduler.wish(1, Wish(number="4712"))
            return ask_slurm(numbers)

    scheduler._slurm = Slow()
    assert ask(scheduler).job is None


def test_nothing_is_asked_where_nothing_is_wanted(commands, scheduler):
    """No number and losses to read, or the user's `none`."""
    commands.write("squeue")
    ask(scheduler, Wish(directory="/data"))
    ask(scheduler, Wish(option="none", number="4711", is_empty=True))
    assert commands.calls == []


def test_options_cannot_be_smuggled_in_as_a_number(commands, scheduler):
    """What is no number is not asked for."""
    commands.write("squeue")
    ask(scheduler, Wish(option="--uid=0"))
    assert commands.calls == []


def test_the_thread_asks_once_a_minute(commands):
    """By the clock, and at once only for the first time."""
    commands.write("squeue", prints=jobs_json(new_row(user_name=ME)))
    clock = ManualClock(time.time())
    waits = Waits(clock, rounds=4)
    scheduler = SchedulerWatch(clock, Slurm(SystemClock(), {**os.environ, **commands.environ}))
    waits.stopping = scheduler._slurm.stopping
    scheduler._wake = waits
    scheduler.wish(1, WISH)
    scheduler.start()
    scheduler._thread.join(DEADLINE_S)
    assert len(commands.calls) == 4
    assert waits.waited == pytest.approx([ASK_EVERY_S] * 4)


class Waits(threading.Event):
    """An event of which each wait lets the time pass, and the last ends the thread."""

    def __init__(self, clock, rounds):
        """Let `rounds` waits pass."""
        super().__init__()
        self.clock, self.rounds = clock, rounds
        self.waited = []
        self.stopping = None

    def wait(self, timeout=None):
        """Note the time, and let it pass."""
        self.waited.append(timeout)
        self.clock.advance(timeout)
        if len(self.waited) == self.rounds:
            self.stopping.set()
        return False


def test_a_job_that_nobody_knows_is_asked_for_ever_more_rarely(commands, scheduler):
    """The number may be of another cluster; a new wish begins anew."""
    commands.write("squeue", prints=jobs_json())
    intervals = []
    for _ in range(6):
        ask(scheduler)
        intervals.append(scheduler._interval_s)
    assert intervals == [120.0, 240.0, 480.0, 900.0, 900.0, 900.0]
    scheduler.wish(1, Wish(number="4712"))
    assert scheduler._interval_s == ASK_EVERY_S


def test_without_slurm_no_thread_runs(tmp_path):
    """And nothing is told: most machines have none."""
    scheduler = SchedulerWatch(SystemClock(), Slurm(SystemClock(), {"PATH": str(tmp_path)}))
    scheduler.start()
    scheduler.wish(1, WISH)
    assert not scheduler._thread.is_alive()
    assert scheduler.told(1).job is None
    assert scheduler.failure == ""
    scheduler.stop()
