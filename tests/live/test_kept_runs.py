"""Runs that outlive their directory: real monitors, `rm -rf`, restarts, and the same answers."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from judged_runs import healthy
from loss_monitor.history.archive import read_run
from loss_monitor.history.archive import write_run as write_run_file
from waiting import DEADLINE_S, wait_for

COMPARED = (
    "/api/loss/statistics", "/api/loss/history?limit=500", "/api/loss/timesteps",
    "/api/loss/range?points=50", "/api/loss/distribution?scale=log", "/api/loss/online",
    "/api/loss/by_timestep/1979-01-01T02-00-00", "/api/tensorboard/tags", "/api/alerts",
)  # fmt: skip


class Server:
    """A monitor as a user runs it."""

    def __init__(self, folder: Path, file_bytes_max: int | None = None) -> None:
        """Start it and wait until all was read; no file of it may be larger than given."""
        self.port_file = folder / "port"
        self.port_file.unlink(missing_ok=True)
        kept = {name: value for name, value in os.environ.items() if "LOSS_MONITOR" not in name}
        words = [sys.executable, "-m", "loss_monitor", "serve", str(folder / "data")]
        with (folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [*words, "--port", "0", "--port-file", str(self.port_file)],
                env={**kept, "XDG_STATE_HOME": str(folder / "state")},
                stdout=log,
                stderr=log,
            )
        if file_bytes_max is not None:
            limits = (file_bytes_max, file_bytes_max)
            resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, limits)
        wait_for(self.port_file.exists)
        wait_for(self.has_read)

    def ask(self, path: str) -> Any:
        """Return an answer."""
        return json.loads(self.text(path))

    def text(self, path: str) -> str:
        """Return an answer as it comes."""
        port = int(self.port_file.read_text())
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://127.0.0.1:{port}{path}", timeout=DEADLINE_S) as answer:
            return str(answer.read().decode())

    def has_read(self) -> bool:
        """Whether the first reading is over."""
        try:
            return self.ask("/api/status")["loading"] is None
        except (urllib.error.URLError, ConnectionError):
            return False

    def runs(self) -> list[tuple[str, int]]:
        """Source and timesteps of all runs."""
        return [(row["source"], row["timesteps"]) for row in self.ask("/api/runs")["runs"]]

    def end(self, number: int = signal.SIGTERM) -> None:
        """End it."""
        self.process.send_signal(number)
        self.process.wait(DEADLINE_S)


def write_run(folder: Path, timesteps: int, seed: int) -> None:
    """Write a run as the plugin does, with one NaN."""
    folder.mkdir(parents=True)
    for index, values in enumerate(healthy(timesteps, 12, seed)):
        values[3 * (index == 7)] = float("nan") if index == 7 else values[0]
        name = f"log_1979-01-01 {index // 4:02}:{index % 4 * 15:02}:00.txt"
        (folder / name).write_text("".join(f"{value}\n" for value in values))


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], Server]]:
    """Starts monitors of one directory."""
    started: list[Server] = []

    def make(**options: int) -> Server:
        started.append(Server(tmp_path, **options))
        return started[-1]

    yield make
    for server in started:
        server.process.kill()
        server.process.wait()


def test_a_wiped_run_is_still_there_after_a_restart(
    tmp_path: Path, start: Callable[[], Server]
) -> None:
    """Every answer about it is the same to the bit as when it was live."""
    write_run(tmp_path / "data", 30, seed=1)
    server = start()
    run_id = server.ask("/api/runs")["runs"][0]["id"]
    live = {path: server.ask(path) for path in COMPARED}
    server.end()
    shutil.rmtree(tmp_path / "data")
    write_run(tmp_path / "data", 5, seed=2)
    server = start()
    assert server.runs() == [("source-1", 5), ("kept", 30)]
    assert server.ask("/api/loss/statistics")["total_timesteps"] == 5
    for path in COMPARED:
        joint = "&" if "?" in path else "?"
        assert server.ask(f"{path}{joint}run={run_id}") == live[path], path
    assert server.ask(f"/api/status?run={run_id}")["total_timesteps"] == 30
    report = server.text(f"/api/report.html?run={run_id}")
    assert "log_1979-01-01 02:00:00.txt" not in report  # Between the first and the last ones.
    assert "log_1979-01-01 07:15:00.txt" in report
    answer = server.ask(f"/api/compare?runs=source-1,{run_id}&points=20")
    assert answer


def test_a_run_that_is_replaced_under_the_monitor_is_kept_at_once(
    tmp_path: Path, start: Callable[[], Server]
) -> None:
    """A plugin that begins anew deletes the directory first; then the monitor is killed."""
    write_run(tmp_path / "data", 12, seed=1)
    server = start()
    shutil.rmtree(tmp_path / "data")
    write_run(tmp_path / "data", 4, seed=2)
    wait_for(lambda: server.runs() == [("source-1", 4), ("kept", 12)])
    server.end(signal.SIGKILL)
    assert start().runs() == [("source-1", 4), ("kept", 12)]


def test_a_run_that_goes_on_after_a_restart_is_listed_once(
    tmp_path: Path, start: Callable[[], Server]
) -> None:
    """What was kept of it is the same run, not another one."""
    write_run(tmp_path / "data", 12, seed=1)
    start().end()
    server = start()
    assert server.runs() == [("source-1", 12)]


def test_a_second_run_is_listed_once_after_a_restart(
    tmp_path: Path, start: Callable[[], Server]
) -> None:
    """The next monitor gives it the same name, though it sees no first one."""
    write_run(tmp_path / "data", 12, seed=1)
    server = start()
    shutil.rmtree(tmp_path / "data")
    write_run(tmp_path / "data", 4, seed=2)
    wait_for(lambda: server.runs() == [("source-1", 4), ("kept", 12)])
    run_id = server.ask("/api/runs")["runs"][0]["id"]
    server.end()
    server = start()
    assert server.runs() == [("source-1", 4), ("kept", 12)]
    assert server.ask("/api/runs")["runs"][0]["id"] == run_id


def test_a_run_that_another_monitor_named_otherwise_is_listed_once(
    tmp_path: Path, start: Callable[[], Server]
) -> None:
    """Kept as the second of two sources, or under the time of a file that was purged since."""
    write_run(tmp_path / "data", 12, seed=1)
    start().end()
    (kept,) = (tmp_path / "state").rglob("*.npz")
    snapshot = read_run(kept)
    other = replace(snapshot, run=replace(snapshot.run, id="20260101T000000Z-2.1"))
    write_run_file(kept.with_name("20260101T000000Z-2.1.npz"), other, 1.0)
    assert start().runs() == [("source-1", 12)]


def test_the_command_keeps_a_run_for_a_monitor_to_show(
    tmp_path: Path, start: Callable[[], Server]
) -> None:
    """`loss-monitor keep` before the directory is cleaned up."""
    write_run(tmp_path / "data", 9, seed=1)
    words = [sys.executable, "-m", "loss_monitor", "keep", str(tmp_path / "data")]
    environ = {**os.environ, "XDG_STATE_HOME": str(tmp_path / "state")}
    told = subprocess.run(words, env=environ, check=True, capture_output=True, text=True).stdout
    assert Path(told.partition(":")[0]).stat().st_size > 0
    shutil.rmtree(tmp_path / "data")
    assert start().runs()[-1] == ("kept", 9)


def test_a_place_that_takes_no_run_is_told_at_the_start(
    tmp_path: Path, start: Callable[[], Server]
) -> None:
    """In the activity log and in the log file, before any run could get lost."""
    write_run(tmp_path / "data", 5, seed=1)
    (tmp_path / "state" / "loss-monitor").mkdir(parents=True)
    (tmp_path / "state" / "loss-monitor" / "runs").write_text("a file in the way")
    server = start()

    def told() -> list[str]:
        entries = server.ask("/api/activity")["entries"]
        return [one["message"] for one in entries if "No run can be kept" in one["message"]]

    wait_for(lambda: bool(told()))
    assert "No run can be kept" in (tmp_path / "log").read_text()
    assert server.runs() == [("source-1", 5)]


def test_what_a_disk_does_not_take_is_told_in_the_log_and_costs_no_older_file(
    tmp_path: Path, start: Callable[..., Server]
) -> None:
    """Also when the monitor ends and nobody sees its page any more."""
    write_run(tmp_path / "data", 5, seed=1)
    start().end()
    (kept,) = (tmp_path / "state").rglob("*.npz")
    before = kept.read_bytes()
    for index, values in enumerate(healthy(40, 12, 1)):
        name = f"log_1979-01-02 {index // 4:02}:{index % 4 * 15:02}:00.txt"
        (tmp_path / "data" / name).write_text("".join(f"{value}\n" for value in values))
    start(file_bytes_max=len(before)).end()
    assert "The run cannot be kept in" in (tmp_path / "log").read_text()
    assert kept.read_bytes() == before
    assert [path.name for path in kept.parent.iterdir()] == [kept.name]
    server = start()
    assert server.runs() == [("source-1", 45)]
    server.end()
    assert read_run(kept).run.n_timesteps == 45


def test_a_job_log_that_goes_on_after_a_restart_is_listed_once(
    tmp_path: Path, start: Callable[..., Server]
) -> None:
    """Its lines have no time of their own: that of the log's last writing names no run."""
    (tmp_path / "data").mkdir()
    log = tmp_path / "data" / "LOG.exp.a.run.1.o"
    line = " 0:  INFO(messe): [rank=0] step={} loss=0.5\n"
    log.write_text("".join(map(line.format, range(10))))
    start().end()
    with log.open("a") as file:
        file.writelines(map(line.format, range(10, 20)))
    os.utime(log)
    server = start()
    assert [source for source, _ in server.runs()] == ["source-1"]
    server.end()
    assert len(list((tmp_path / "state").rglob("*.npz"))) == 1
