"""Directories and job logs that come, go and come again while a monitor serves them."""

from __future__ import annotations

import os
import time
from contextlib import closing
from pathlib import Path

from loss_monitor.writer import JobLogWriter


def timesteps(served) -> int:
    """Return how many timesteps the run has."""
    return served.get("/api/status")["total_timesteps"]


def test_a_directory_may_come_go_and_come_again(training_apart, label):
    """What was read stays on show until another run writes; the new one replaces it."""
    training = training_apart
    served, directory, act = training.served, training.directory, training.writer.act
    act("make_directory", directory)
    for number in (1, 2, 3):
        act("rewrite", directory / f"log_{label(number)}.txt", f"{number}.0\n")
    served.wait_for(lambda: timesteps(served) == 3)
    (first,) = served.get("/api/runs")["runs"]
    act("remove_tree", directory)
    served.wait_for(lambda: served.get("/api/runs")["runs"][0]["state"] == "stale")
    assert served.losses(label(3)) == [3.0]
    act("make_directory", directory)
    act("rewrite", directory / f"log_{label(1)}.txt", "9.0\n")
    served.wait_for_losses(label(1), [9.0])
    assert timesteps(served) == 1
    assert served.get("/api/status")["run"] != first["id"]
    act("remove_tree", directory)
    act("make_directory", directory)
    act("rewrite", directory / f"log_{label(2)}.txt", "8.0\n")
    served.wait_for(lambda: served.get("/api/loss/timesteps")["timesteps"] == [label(2)])
    messages = [entry["message"] for entry in served.get("/api/activity")["entries"]]
    assert sum("new run" in message for message in messages) == 2


def test_training_that_goes_back_is_another_attempt(training_apart, label):
    """Timesteps written again take their places; none is doubled."""
    training = training_apart
    served, directory, act = training.served, training.directory, training.writer.act
    act("make_directory", directory)
    for number in range(1, 6):
        act("rewrite", directory / f"log_{label(number)}.txt", f"{number}.0\n")
    served.wait_for(lambda: timesteps(served) == 5)
    for number in (3, 4):
        act("rewrite", directory / f"log_{label(number)}.txt", f"{number}.25\n")
        served.wait_for_losses(label(number), [number + 0.25])
    assert timesteps(served) == 5
    entries = served.get("/api/activity")["entries"]
    assert [entry["kind"] for entry in entries].count("restart") == 1


def test_a_job_log_is_followed_while_other_processes_append_to_it(serve, writer, tmp_path: Path):
    """Ranks are values, half a line waits, a job with a higher number joins the run."""
    path = tmp_path / "LOG.exp.a.run.7.o"
    line = " {rank}:  INFO(messe): [rank={rank}] step={step} loss={loss}\n"
    writer.act("open", path, "a")
    served = serve(tmp_path)
    writer.act("put", path, line.format(rank=0, step=1, loss=0.5))
    writer.act("put", path, line.format(rank=1, step=1, loss=0.25)[:-2])
    served.wait_for(lambda: served.get("/api/status")["total_batches"] == 1)
    writer.act("put", path, "5\n" + line.format(rank=0, step=2, loss="nan"))
    writer.act("close", path)
    served.wait_for(lambda: served.get("/api/status")["total_batches"] == 3)
    assert served.get("/api/loss/history")["all_losses"] == [0.5, 0.25, None]
    with_time = JobLogWriter(tmp_path / "LOG.exp.a.run.8.o", tasks=2)
    with_time.time_step(3, "1979-01-01 00:45:00")
    with_time.step(3, 7.0, rank=0, grad_norm=0.5)
    with_time.close()
    served.wait_for(lambda: timesteps(served) == 3)
    assert served.scalars("rank 0", "job/grad_norm") == [0.5]
    kinds = [entry["kind"] for entry in served.get("/api/activity")["entries"]]
    assert kinds.count("restart") == 1


def test_two_directories_are_two_runs_of_one_monitor(serve, writer, tmp_path, label):
    """Each is read on its own, and asked for by its id or by its source."""
    places = [tmp_path / name / "data" for name in ("first", "second")]
    for number, place in enumerate(places, 1):
        place.mkdir(parents=True)
        writer.act("rewrite", place / f"log_{label(1)}.txt", b"%d.0\n" % number)
    served = serve(places[0], str(places[1]))
    served.wait_for(lambda: [one["batches"] for one in listed(served)] == [1, 1], "both are read")
    assert [one["label"] for one in listed(served)] == ["first/data", "second/data"]
    ids = [one["id"] for one in listed(served)]
    assert len(set(ids)) == 2
    for run_id in (ids[1], "source-2"):
        assert served.get("/api/loss/current", run=run_id)["latest_loss"] == 2.0
    assert served.get("/api/loss/current")["latest_loss"] == 1.0
    # The second run gives way to another; its source goes on with that one.
    writer.act("remove_tree", places[1])
    served.wait_for(lambda: listed(served)[1]["state"] == "stale")
    writer.act("make_directory", places[1])
    writer.act("rewrite", places[1] / f"log_{label(2)}.txt", b"3.0\n")
    served.wait_for(
        lambda: served.get("/api/loss/current", run="source-2").get("latest_loss") == 3.0
    )
    # The old one is kept, and can still be asked for.
    served.wait_for(lambda: served.get("/api/loss/current", run=ids[1]).get("latest_loss") == 2.0)
    served.end()


def listed(served):
    """Return the runs that can be asked for, [] while it starts."""
    return served.get("/api/runs").get("runs", [])


def test_a_pattern_watches_each_experiment_and_later_jobs_join_theirs(serve, tmp_path: Path):
    """Compared without a word more: the job of one experiment is no job of the other."""

    def write(experiment: str, job: int, *losses: float) -> None:
        path = tmp_path / f"LOG.exp.{experiment}.run.{job}.o"
        with closing(JobLogWriter(path)) as log:
            for step, loss in enumerate(losses, 10 * job):
                log.step(step, loss)

    write("lr1", 1, 4.0, 3.0)
    write("lr2", 2, 8.0)
    write("other", 3, 1.0)
    served = serve(tmp_path / "LOG.exp.lr*")

    def rows() -> list[tuple[str, int, float]]:
        table = served.get("/api/compare", x="step").get("table", [])
        return [(row["label"], row["timesteps"], row["latest"]) for row in table]

    served.wait_for(lambda: rows() == [("lr1", 2, 3.0), ("lr2", 1, 8.0)])
    write("lr1", 5, 2.0)
    served.wait_for(lambda: rows() == [("lr1", 3, 2.0), ("lr2", 1, 8.0)])


def test_a_training_of_another_start_in_the_same_directory_takes_the_place(training_apart, label):
    """It is told by its folder of event files; the run before it is kept and can be asked for."""
    training = training_apart
    served, directory, act = training.served, training.directory, training.writer.act

    def begin(start: str, now_s: float) -> None:
        folder = directory / "runs" / f"experiment_{start}"
        act("make_directory", folder)
        act("rewrite", folder / f"events.out.tfevents.{int(now_s)}.node.1.0", b"")

    now_s = time.time()
    begin("1979-01-01 00:00:00", now_s - 1000)
    for number in (1, 2, 3):
        path = directory / f"log_{label(number)}.txt"
        act("rewrite", path, f"{number}.0\n")
        os.utime(path, (now_s - 900 + number, now_s - 900 + number))
    served.wait_for(lambda: timesteps(served) == 3)
    first = served.get("/api/status")["run"]
    begin("1980-01-01 00:00:00", now_s)
    act("rewrite", directory / "log_1980-01-01 01:00:00.txt", "9.0\n")
    served.wait_for(lambda: timesteps(served) == 1)
    assert served.get("/api/status")["run"] != first
    served.wait_for(lambda: served.get("/api/loss/current", run=first).get("latest_loss") == 3.0)
    messages = [entry["message"] for entry in served.get("/api/activity")["entries"]]
    assert sum("new run" in message for message in messages) == 1
