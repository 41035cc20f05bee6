"""A real server beside scripted commands: what interface and sentence say of each job."""

from __future__ import annotations

import getpass
import os
import shutil
import time

import pytest

from slurm_commands import SCONTROL, jobs_json, new_row, old_row, sacct_row

ME = getpass.getuser()
LOSSES = "".join(
    f" 0:  Time step: {step}, model time: 1979-01-01 {step // 4:02d}:{step % 4 * 15:02d}:00.000\n"
    f" 0:  INFO(messe): [rank=0] step={step} loss={1 / step}\n"
    for step in range(1, 41)
)
UNKNOWN = "echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1"


@pytest.fixture
def log(tmp_path):
    """A job log of ours that was written last ten minutes ago."""
    path = tmp_path / "logs" / "LOG.exp.messe.run.4711.o"
    path.parent.mkdir()
    path.write_text(LOSSES)
    then = time.time() - 600
    os.utime(path, (then, then))
    return path


class Ask:
    """Servers beside the commands, each for one question."""

    def __init__(self, serve, commands):
        self.serve, self.commands = serve, commands
        self.started = []

    def __call__(self, place, holds, *options):
        """Serve a place; wait for what the status says, return all that is said."""
        served = self.serve(place, *options, environ=self.commands.environ)
        self.started.append(served)
        served.wait_for(lambda: holds(served.get("/api/status")), "the status tells it")
        return served.get("/api/status") | {
            "sentence": served.text("/api/summary.txt"),
            "activity": [row["message"] for row in served.get("/api/activity")["entries"]],
            "metrics": served.text("/metrics"),
        }


@pytest.fixture
def ask(serve, commands):
    """Asks servers that end with the test."""
    asks = Ask(serve, commands)
    yield asks
    for served in asks.started:
        served.process.terminate()


def mine(row=new_row, **facts):
    """A row of a job of ours that began ten minutes ago and has an hour."""
    began = int(time.time()) - 600
    times = {"start_time": began, "end_time": began + 3600, "time_limit": 60}
    return row(user_name=ME, **{**times, **facts})


def rows_of(served):
    """Return the rows of the activity log about the scheduler."""
    return [row for row in served.get("/api/activity")["entries"] if row["kind"] == "scheduler"]


def knows(status):
    """Whether Slurm's word has come."""
    return status["job"] is not None and status["job"]["state"] is not None


@pytest.mark.parametrize("row", [old_row, new_row], ids=["old form", "new form"])
def test_a_job_that_runs_in_silence_is_stalled_with_its_limit(commands, log, ask, row):
    """Slurm's RUNNING makes nothing run; time used and the end are told."""
    commands.write("squeue", prints=jobs_json(mine(row)))
    status = ask(log, knows)
    job = status["job"]
    assert (status["state"], status["outcome"]) == ("stale", None)
    assert (job["id"], job["state"], job["source"]) == ("4711", "RUNNING", "squeue")
    assert (job["node"], job["reason"], job["limit_s"]) == ("l[40123-40126]", None, 3600.0)
    assert 595 < job["used_s"] < 700
    assert "though Slurm has job 4711 as RUNNING" in status["sentence"]
    assert "Job 4711 on l[40123-40126] may run until " in status["sentence"]
    assert 'job_limit_seconds{source="source-1"' in status["metrics"]


STATES = (
    ({"job_state": "PENDING", "state_reason": "Priority"}, "pending", "Queued (Priority)"),
    ({"job_state": "SUSPENDED", "pre_sus_time": 60}, "suspended", "Suspended"),
    ({"job_state": ["RUNNING", "CONFIGURING"]}, "starting", "Nodes are starting"),
    ({"job_state": ["COMPLETED", "COMPLETING"]}, "finished", "Finished"),
    ({"job_state": "TIMEOUT"}, "failed", "Timed out"),
    ({"job_state": "OUT_OF_MEMORY"}, "failed", "Out of memory"),
    ({"job_state": "CANCELLED"}, "failed", "Cancelled"),
    ({"job_state": "NODE_FAIL"}, "failed", "Node failed"),
    ({"job_state": ["NODE_FAIL", "REQUEUED"]}, "pending", "Queued"),
)


def test_what_slurm_says_of_silent_jobs_is_their_state(commands, log, ask):
    """In one word for scripts, in one for people; one call for all of them, no alarm."""
    logs, rows = [], []
    for number, (facts, _, _) in enumerate(STATES, 1):
        one = log.with_name(f"LOG.exp.e{number}.run.{number}.o")
        shutil.copy2(log, one)
        logs.append(str(one))
        rows.append(mine(job_id=number, **facts, end_time=int(time.time())))
    commands.write("squeue", prints=jobs_json(*rows))
    ask(logs[0], knows, *logs[1:])
    served = ask.started[-1]
    for number, (_, state, text) in enumerate(STATES, 1):
        run = f"source-{number}"
        served.wait_for(lambda run=run: knows(served.get("/api/status", run=run)), "it is known")
        status = served.get("/api/status", run=run)
        assert (status["state"], status["state_text"]) == (state, text)
        assert served.text("/api/summary.txt", run=run).startswith(f"{text}: ")
        alerts = served.get("/api/alerts", run=run)
        told = [alert["rule"] for alert in (*alerts["open"], *alerts["closed"])]
        assert "stalled" not in told
    assert len(commands.calls) == 1


def test_a_job_that_ended_long_ago_is_known_from_the_accounting(commands, log, ask):
    """Nobody else remembers it."""
    commands.write("squeue", does=UNKNOWN)
    commands.write("scontrol", does=UNKNOWN)
    ended = {"elapsed": 60, "start": 1, "end": int(time.time()), "limit": 60}
    commands.write("sacct", prints=jobs_json(sacct_row(state="TIMEOUT", user=ME, time=ended)))
    status = ask(log, knows)
    assert (status["state"], status["outcome"]) == ("failed", "timed_out")
    assert (status["job"]["source"], status["job"]["used_s"]) == ("sacct", 60.0)


def test_where_squeue_prints_no_json_scontrol_tells(commands, log, ask):
    """In its own text."""
    commands.write("squeue", does="echo 'no such option' >&2; exit 1")
    began = time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(time.time() - 600))
    text = SCONTROL.format(started=began).replace("UserId=ada(", f"UserId={ME}(")
    commands.write("scontrol", prints=text)
    status = ask(log, knows)
    assert (status["job"]["source"], status["job"]["limit_s"]) == ("scontrol", 28_800.0)


def test_bad_commands_change_nothing_and_are_told_once(commands, log, ask):
    """One hangs, one fails, one prints garbage: the files alone tell the state."""
    commands.write("squeue", does="sleep 600")
    commands.write("scontrol", does="echo 'Unable to contact slurm controller' >&2; exit 1")
    commands.write("sacct", prints="garbage")
    status = ask(log, lambda status: status["total_timesteps"] == 40)
    assert (status["state"], status["job"]["source"]) == ("stale", "log")
    served = ask.started[-1]
    served.wait_for(lambda: rows_of(served), "it is told")
    (row,) = rows_of(served)
    assert "squeue: no answer within 15 s" in row["message"]
    assert not row["incident"]
    assert len(commands.calls) == 3
    assert served.get("/api/status")["state"] == "stale"


def test_without_slurm_nothing_is_told(commands, log, ask):
    """Most machines have none: no new data is all there is to say."""
    status = ask(log, lambda status: status["total_timesteps"] == 40)
    assert (status["state"], status["state_text"]) == ("stale", "No new data")
    assert status["job"] | {"id": ""} == {
        **dict.fromkeys(status["job"]), "id": "", "source": "log",
    }  # fmt: skip
    assert not [row for row in status["activity"] if "Slurm" in row]
    assert status["sentence"].startswith("No new data since 20")


def test_a_job_of_another_user_is_not_this_log_s(commands, log, ask):
    """It has only its number in common with the file, unless the user named it."""
    commands.write("squeue", prints=jobs_json(new_row(user_name="somebody-else")))
    status = ask(log, lambda status: commands.calls and status["total_timesteps"] == 40)
    assert status["job"]["state"] is None
    assert ask(log, knows, "--job", "4711")["job"]["user"] == "somebody-else"


def test_a_log_of_a_task_of_an_array_finds_its_task(commands, log, ask):
    """By the number of array and task in its name."""
    task = log.with_name("slurm-4711_7.out")
    log.rename(task)
    rows = [mine(job_id=4711 + n, array_job_id=4711, array_task_id=n) for n in (6, 7)]
    commands.write("squeue", prints=jobs_json(*rows))
    status = ask(task, knows)
    assert status["job"]["id"] == "4711_7"
    assert commands.calls == ["squeue --json --jobs 4711_7"]


def test_growth_gives_the_lie_to_an_end(commands, log, ask):
    """Files that are written long after the job's end are of another one."""
    then = int(time.time()) - 5000
    commands.write("squeue", prints=jobs_json(mine(job_state="FAILED", end_time=then)))
    os.utime(log)
    status = ask(log, lambda status: commands.calls and status["total_timesteps"] == 40)
    assert (status["state"], status["job"]["source"]) == ("running", "log")


def test_the_end_of_the_experiment_is_known_from_the_log(commands, log, ask):
    """With the time at which it is reached, at the pace since the job began."""
    head = " 0: Experiment stop date     : 1979-01-02T00:00:00.000\n"
    log.write_text(head + log.read_text())
    commands.write("squeue", prints=jobs_json(mine()))
    status = ask(log, lambda status: knows(status) and status["finishes"])
    assert (status["model_end"], status["state"]) == ("1979-01-02 00:00:00", "running")
    assert "the model is at its end, 1979-01-02, about " in status["sentence"]


def test_lines_without_losses_are_a_sign_of_life(commands, log, ask, tmp_path):
    """The model runs; losses come only every so many steps."""
    with log.open("a") as file:
        file.write(" 0:  INFO(messe): [rank=0] step=41 waiting horizon=9 (due=49)\n")
    status = ask(log, lambda status: status["total_timesteps"] == 40)
    assert status["state_text"] == "Waiting (due at step 49)"


def test_auto_finds_the_job_of_a_directory(commands, ask, tmp_path):
    """By where it works; nothing in the directory tells its number."""
    data = tmp_path / "exp" / "data"
    data.mkdir(parents=True)
    (data / "log_1979-01-01 00:15:00.txt").write_text("0.5\n")
    rows = [
        mine(job_id=1, current_working_directory="/work/deep/elsewhere", standard_output=""),
        mine(job_id=2, current_working_directory=str(tmp_path / "exp"), standard_output=""),
    ]
    commands.write("squeue", prints=jobs_json(*rows))
    status = ask(data, knows, "--job", "auto")
    assert (status["job"]["id"], status["state"]) == ("2", "running")


def test_an_empty_page_names_the_job_whose_log_could_be_followed(commands, ask, tmp_path):
    """With the command to type, which works as it stands."""
    (tmp_path / "data").mkdir()
    log = tmp_path / "LOG.exp.messe.run.4711.o"
    log.touch()
    commands.write("squeue", prints=jobs_json(mine(standard_output=str(log))))
    status = ask(tmp_path / "data", lambda status: status["other_job"] is not None)
    assert status["other_job"]["command"] == f"loss-monitor serve --job-log {log}"
    assert status["state"] == "empty"
    assert f"its log is followed by: loss-monitor serve --job-log {log}" in status["sentence"]


def test_the_user_can_forbid_to_ask(commands, log, ask):
    """`--job none`, or JOB = 'none'."""
    commands.write("squeue", prints=jobs_json(mine()))
    status = ask(log, lambda status: status["total_timesteps"] == 40, "--job", "none")
    assert status["job"] is None
    assert commands.calls == []
