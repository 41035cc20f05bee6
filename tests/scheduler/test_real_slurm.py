"""The monitor beside a real Slurm of one node; opt-in, see CONTRIBUTING.md."""

from __future__ import annotations

import os

import pytest

from slurm_node import SlurmNode, missing

pytestmark = [
    pytest.mark.timeout(900),
    pytest.mark.skipif(
        not os.environ.get("LOSS_MONITOR_SLURM_TESTS"), reason="LOSS_MONITOR_SLURM_TESTS is not set"
    ),
    pytest.mark.skipif(bool(missing()), reason=missing()),
]

TRAINS = """
step=1
while [ $step -le {steps} ]; do
  echo " 0:  Time step: $step, model time: 1979-01-01 $(printf %02d $((step / 4))):00:00.000"
  echo " 0:  INFO(messe): [rank=0] step=$step loss=0.$step"
  step=$((step + 1)); sleep 0.5
done
{then}
"""


@pytest.fixture(scope="module")
def slurm(tmp_path_factory):
    """A Slurm of one node."""
    node = SlurmNode(tmp_path_factory.mktemp("slurm"))
    yield node
    node.end_all()


@pytest.fixture
def train(slurm, tmp_path):
    """Submits a training as a job; returns its number and the path of its log."""

    def submit(name, *options, steps=3, then=""):
        script = TRAINS.format(steps=steps, then=then)
        log = tmp_path / f"LOG.exp.{name}.run.%j.o"
        number = slurm.submit(script, "--output", str(log), *options)
        return number, tmp_path / f"LOG.exp.{name}.run.{number}.o"

    return submit


@pytest.fixture
def told(serve, slurm):
    """Serves places beside Slurm; returns the status once Slurm's word has come."""
    started = []

    def begin(place, *options, knows=lambda status: (status["job"] or {}).get("state")):
        served = serve(place, *options, environ={"SLURM_CONF": slurm.environ["SLURM_CONF"]})
        started.append(served)
        served.wait_for(lambda: knows(served.get("/api/status")), "Slurm's word has come")
        return served.get("/api/status")

    yield begin
    for served in started:
        served.process.terminate()


def test_a_job_that_trains_is_running_and_has_a_limit(slurm, train, told):
    """Node, limit, time used, its end, and the model time reached then."""
    number, log = train("alive", "--time=5", steps=600)
    # A pace is told once it was seen for half a minute.
    slurm.wait_for(lambda: "step=70 " in _text(log))
    status = told(log, knows=lambda status: (status["job"] or {}).get("model_time_at_limit"))
    job = status["job"]
    assert (status["state"], job["id"], job["state"], job["source"]) == (
        *("running", number, "RUNNING"),
        "squeue",
    )
    assert (job["limit_s"], job["user"]) == (300.0, "root")
    assert 0 < job["used_s"] < 120
    assert job["node"]
    assert job["ends"] > job["started"]
    slurm.run("scontrol", "suspend", number)
    slurm.wait_until(number, "SUSPENDED")
    assert told(log)["job"]["state"] == "SUSPENDED"
    slurm.run("scancel", number)


def test_ends_are_told_apart(slurm, train, told):
    """Finished, failed, cancelled and a node that failed, though no log says a word of it."""
    quiet = "exec >/dev/null 2>&1; "
    ends = {
        "COMPLETED": train("well", then="exit 0"),
        "FAILED": train("badly", then=f"{quiet} exit 3"),
        "CANCELLED": train("cancelled", then="exec sleep 600"),
    }
    slurm.wait_for(lambda: "step=3" in _text(ends["CANCELLED"][1]))
    slurm.run("scancel", ends["CANCELLED"][0])
    for state, (number, _) in ends.items():
        slurm.wait_until(number, state)
    outcomes = {state: told(log)["outcome"] for state, (_, log) in ends.items()}
    assert outcomes == {"COMPLETED": "finished", "FAILED": "failed", "CANCELLED": "cancelled"}


def test_a_job_out_of_time_has_timed_out(slurm, train, told):
    """Slurm counts in minutes."""
    number, log = train("long", "--time=1", then="exec sleep 600")
    slurm.wait_until(number, "TIMEOUT")
    status = told(log)
    assert (status["state"], status["state_text"]) == ("failed", "Timed out")
    assert status["job"]["used_s"] >= 60


def test_a_node_that_fails_ends_its_job(slurm, train, told):
    """The administrator takes it down; the job's own log may say nothing."""
    number, log = train("down", "--no-requeue", then="exec sleep 600")
    slurm.wait_for(lambda: "step=3" in _text(log))
    host = slurm.run("sinfo", "--noheader", "--format=%n").strip()
    slurm.run("scontrol", "update", f"nodename={host}", "state=down", "reason=test")
    slurm.wait_until(number, "NODE_FAIL")
    assert told(log)["state"] == "failed"
    slurm.run("scontrol", "update", f"nodename={host}", "state=resume")
    slurm.wait_for(lambda: slurm.run("sinfo", "--noheader", "--format=%t").strip() == "idle")


def test_a_job_that_waits_is_queued_with_its_reason(slurm, train, told, tmp_path):
    """Before its log exists its number is given by hand."""
    blocker = slurm.submit("sleep 600", "--exclusive", "--output=/dev/null")
    slurm.wait_until(blocker, "RUNNING")
    number, _ = train("later")
    slurm.wait_for(lambda: "Resources" in slurm.run("squeue", "--noheader", "--format=%r"))
    status = told(tmp_path / "data", "--job", number)
    assert (status["state"], status["state_text"]) == ("pending", "Queued (Resources)")
    slurm.run("scancel", blocker, number)


def test_a_job_is_found_by_where_it_works_and_named_where_nothing_is_read(slurm, told, tmp_path):
    """`--job auto`; and the command that follows its log."""
    (tmp_path / "data").mkdir()
    log = tmp_path / "slurm-%A_%a.out"
    number = slurm.submit("sleep 600", "--array=7", "--output", str(log), "--chdir", str(tmp_path))
    slurm.wait_for((tmp_path / f"slurm-{number}_7.out").exists)
    assert told(tmp_path / "data", "--job", "auto")["job"]["id"] == f"{number}_7"
    other = told(tmp_path / "data", knows=lambda status: status["other_job"])["other_job"]
    assert other["command"] == f"loss-monitor serve --job-log {tmp_path}/slurm-{number}_7.out"
    slurm.run("scancel", number)


def test_a_controller_that_is_down_changes_nothing(slurm, train, told):
    """The files alone tell the state; it is told once."""
    number, log = train("alone", steps=600)
    slurm.wait_for(lambda: "step=3" in _text(log))
    slurm.end("slurmctld")
    try:
        status = told(log, knows=lambda status: status["total_timesteps"] > 2)
        assert (status["state"], status["job"]["state"]) == ("running", None)
    finally:
        slurm.start("slurmctld", "-D")
        slurm.wait_until(number, "RUNNING")
        slurm.run("scancel", number)


def _text(path):
    return path.read_text() if path.exists() else ""
