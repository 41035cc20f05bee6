"""Labels, parameters and notes: real monitors, real commands, and everywhere they are told."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from served_monitor import Served, start_monitor
from waiting import DEADLINE_S, wait_for


def run_command(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run `loss-monitor` with the state of the monitor of `folder`."""
    kept = {name: value for name, value in os.environ.items() if "LOSS_MONITOR" not in name}
    environ = {**kept, "XDG_STATE_HOME": str(folder / "state"), "HOME": str(folder)}
    return subprocess.run(
        [sys.executable, "-m", "loss_monitor", *words],
        env=environ, check=True, capture_output=True, text=True, timeout=DEADLINE_S,
    )  # fmt: skip


@pytest.fixture
def served(tmp_path: Path) -> Any:
    """A monitor that was given a label and a parameter."""
    options = ("--label", "wide net", "--param", "lr=3e-4")
    made = start_monitor(tmp_path, options, os.geteuid())
    (tmp_path / "data" / "run.toml").write_text("label = 'x'\n[params]\nlr = 1\nseed = 2\n")
    wait_for((tmp_path / "port").exists, "it listens")
    yield made
    made.end()


def asked(served: Served, path: str) -> Any:
    """A JSON answer."""
    status, _, body = served.get(path)
    assert status == 200, body
    return json.loads(body)


def first_snapshot(served: Served) -> Any:
    """What the page is given first."""
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=DEADLINE_S)
    connection.request("GET", "/api/stream")
    answer = connection.getresponse()
    try:
        data = next(line for line in answer if line.startswith(b"data: "))
        return json.loads(data.removeprefix(b"data: "))
    finally:
        connection.close()


PARAMS = {"lr": "3e-4", "seed": "2"}


def test_label_parameters_and_notes_are_told_everywhere(served: Served) -> None:
    """In the list of runs, the status, the stream, the table of Compare, and the report."""

    def runs() -> list[tuple[str, dict[str, str]]]:
        rows = asked(served, "/api/runs")["runs"]
        return [(row["label"], row["params"]) for row in rows]

    wait_for(lambda: runs() == [("wide net", PARAMS)], "the file was read")
    status = asked(served, "/api/status")
    assert (status["label"], status["params"]) == ("wide net", PARAMS)
    (row,) = asked(served, "/api/compare")["table"]
    assert (row["label"], row["params"]) == ("wide net", PARAMS)

    folder = served.folder
    told = run_command(folder, "note", "lr halved", str(folder / "data" / "..") + "/data")
    assert told.stdout.startswith("Noted for ")

    def notes() -> list[str]:
        rows = asked(served, "/api/activity")["entries"]
        return [row["message"] for row in rows if row["kind"] == "note"]

    wait_for(lambda: notes() == ["Note: lr halved"], "the note is shown")
    assert 'content-disposition: attachment; filename="wide-net-batches.csv"' in str(
        [f"{name}: {value}" for name, value in served.get("/api/export")[1].items()]
    )
    report = served.get("/api/report.html")[2].decode()
    assert "lr = 3e-4, seed = 2" in report
    assert "lr halved" in report
    run = first_snapshot(served)["run"]
    assert (run["label"], run["params"]) == ("wide net", PARAMS)
    (mark,) = run["marks"]
    assert (mark["kind"], mark["index"], mark["message"]) == ("note", 0, "lr halved")


def test_commands_tell_them_too(tmp_path: Path) -> None:
    """`check`, `report` and `keep` read for themselves."""
    data = tmp_path / "data"
    data.mkdir()
    (data / "log_1979-01-01 00:15:00.txt").write_text("0.5\n0.25\n")
    (data / "run.toml").write_text("label = 'wide'\n[params]\nlr = 1\n")
    run_command(tmp_path, "note", "by hand", str(data), "--at", "1979-01-01 00:15:00")
    checked = run_command(tmp_path, "check", str(data), "--json", "--param", "seed=7")
    found = json.loads(checked.stdout)
    assert (found["run"], found["params"]) == ("wide", {"lr": "1", "seed": "7"})
    report = tmp_path / "run.html"
    run_command(tmp_path, "report", str(data), "-o", str(report), "--label", "other")
    assert "<h1>other</h1>" in report.read_text()
    assert "by hand" in report.read_text()
    run_command(tmp_path, "keep", str(data))
    from loss_monitor.history.archive import read_run

    (kept,) = (tmp_path / "state").rglob("*.npz")
    run = read_run(kept).run
    assert (run.label, run.params) == ("wide", (("lr", "1"),))
    assert [(mark.kind, mark.message, mark.key) for mark in run.marks] == [
        ("note", "by hand", (1979, 1, 1, 0, 15, 0, 0))
    ]


def test_a_monitor_in_the_background_has_them_too(tmp_path: Path) -> None:
    """`start` hands them on, `status` tells them, and a note needs no source then."""
    data = tmp_path / "data"
    data.mkdir()
    (data / "log_1979-01-01 00:15:00.txt").write_text("0.5\n0.25\n")
    given = ("--label=-wide net", "--param", "lr=3e-4")
    run_command(tmp_path, "start", "--data-dir", str(data), "--port", "0", *given)
    try:
        told = run_command(tmp_path, "note", "lr halved")
        assert told.stdout == f"Noted for {data}: lr halved\n"

        def status() -> str:
            return run_command(tmp_path, "status").stdout

        wait_for(lambda: "-wide net (lr=3e-4)" in status(), "the first reading is over")
    finally:
        run_command(tmp_path, "stop")
    notes = (tmp_path / "state" / "loss-monitor" / "notes.jsonl").read_text()
    assert json.loads(notes)["source"] == os.path.realpath(data)


def test_a_note_about_a_log_tells_its_newest_step(tmp_path: Path) -> None:
    """Of the newest job; nobody can know it later."""
    line = " 0:  INFO(messe): [rank=0] step={} loss=0.5\n"
    for job, first in ((9, 0), (10, 20)):
        log = tmp_path / f"LOG.exp.a.run.{job}.o"
        log.write_text("".join(line.format(step) for step in range(first, first + 20)))
    for place in ("LOG.exp.a.*", "LOG.exp.a.run.9.o", ""):
        run_command(tmp_path, "note", "here", str(tmp_path / place))
    run_command(tmp_path, "note", "there", str(tmp_path), "--at", "3")
    lines = (tmp_path / "state" / "loss-monitor" / "notes.jsonl").read_text().splitlines()
    notes = list(map(json.loads, lines))
    assert [note.get("newest_step") for note in notes] == [39, 39, 39, None]
    assert notes[3]["step"] == 3
