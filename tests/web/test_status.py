"""Status, health, activity, runs, summary: the monitor as a whole."""

from __future__ import annotations

import getpass
import os
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from loss_monitor import __version__
from loss_monitor.series.run import Run
from loss_monitor.types import Attempt, Io, Loading, SourceState
from loss_monitor.web import models
from loss_monitor.web.status import printable
from loss_monitor.web.status_models import StatusAnswer


def test_status_tells_the_originals_fields_and_ours(settings: Any, build: Any, direct: Any) -> None:
    """Who answers, what is watched, how old it is, what it cost."""
    source = SourceState(
        "/data", exists=True, loading=Loading(1, 9, 10, 90), io=Io(1, 2, 3, 4), incidents=5
    )
    ask = direct(settings, build.snapshot(build.run([1.0], [2.0, float("nan")]), source=source))
    found = ask("/api/status").json()
    StatusAnswer.model_validate(found, strict=True)
    assert found["status"] == "running"
    assert found["monitoring_dir"] == str(settings.data_dir)
    assert found["last_update"].startswith("2001-09-09T")
    assert (found["total_timesteps"], found["total_batches"]) == (2, 3)
    assert f'"{found["version"]}"' == ask("/api/loss/current").headers["etag"]
    assert found["monitor_version"] == __version__
    assert found["user"] == getpass.getuser()
    assert found["host"] == socket.gethostname()
    assert found["run"] == "run-1"
    assert found["age_s"] == 10.0
    assert found["loading"] == {
        "files_done": 1, "files_total": 9, "bytes_done": 10, "bytes_total": 90,
    }  # fmt: skip
    assert found["io"] == {"looks": 1, "stats": 2, "opens": 3, "bytes_read": 4}
    assert found["incidents"] == 5


def test_status_without_data_knows_no_age(settings: Any, build: Any, direct: Any) -> None:
    """No update yet is null, not 1970."""
    empty = build.snapshot(Run.empty("", ""), changed_at=0.0, source=SourceState("/data"))
    found = direct(settings, empty)("/api/status").json()
    StatusAnswer.model_validate(found, strict=True)
    assert (found["last_update"], found["age_s"], found["run"]) == (None, None, None)


def test_a_directory_of_any_bytes_can_be_told(settings: Any, build: Any, direct: Any) -> None:
    """JSON holds Unicode; other bytes of a path are shown escaped."""
    place = Path(os.fsdecode(b"/data/\xff\n<script>"))
    assert printable(str(place)) == "/data/\\xff\n<script>"
    ask = direct(replace(settings, data_dir=place), build.snapshot(build.run([1.0])))
    assert ask("/api/status").json()["monitoring_dir"] == "/data/\\xff\n<script>"
    assert ask("/api/tensorboard/available").json()["runs_dir"].endswith("/runs")


def test_health_is_healthy(settings: Any, direct: Any) -> None:
    """Also before the first look."""
    found = direct(settings, None)("/api/health").json()
    models.HealthAnswer.model_validate(found, strict=True)
    assert found["status"] == "healthy"


def test_activity_comes_after_an_id(settings: Any, build: Any, direct: Any) -> None:
    """All rows, or only those that are new."""
    rows = tuple(build.entry(n) for n in range(1, 4))
    rows += (build.entry(4, level="warning", file="log_x.txt", line=3, row="a", incident=True),)
    ask = direct(settings, build.snapshot(build.run([1.0]), activity=rows))
    found = ask("/api/activity").json()
    models.ActivityAnswer.model_validate(found, strict=True)
    assert [entry["id"] for entry in found["entries"]] == [1, 2, 3, 4]
    after = ask("/api/activity?after=3").json()["entries"]
    assert [(e["id"], e["file"], e["line"], e["incident"]) for e in after] == [
        (4, "log_x.txt", 3, True)
    ]
    assert ask("/api/activity?after=99").json() == {"entries": []}
    assert ask("/api/activity?after=-1").status_code == 400


def test_runs_lists_the_current_one(settings: Any, build: Any, direct: Any) -> None:
    """With its beginning, size, latest and best loss."""
    run = build.run([3.0, 1.0], [2.0]).with_attempts([Attempt("7", 1e9, 1e9 + 60, "finished")])
    found = direct(settings, build.snapshot(run))("/api/runs").json()
    models.RunsAnswer.model_validate(found, strict=True)
    (only,) = found["runs"]
    assert (only["id"], only["label"], only["state"]) == ("run-1", "experiment", "running")
    assert (only["timesteps"], only["batches"]) == (2, 3)
    assert (only["latest"], only["best"]) == (2.0, 1.0)
    assert only["ended"] is not None
    assert only["source"] == "source-1"


def test_a_source_without_a_run_is_listed_by_its_own_name(
    settings: Any, build: Any, direct: Any
) -> None:
    """So that a page can wait for its first run."""
    ask = direct(settings, build.snapshot(Run.empty("", "")))
    found = ask("/api/runs").json()
    models.RunsAnswer.model_validate(found, strict=True)
    (only,) = found["runs"]
    assert (only["id"], only["batches"], only["latest"]) == ("source-1", 0, None)
    assert ask("/api/status?run=source-1").status_code == 200


def test_the_summary_is_plain_text(settings: Any, build: Any, direct: Any) -> None:
    """One line of sentences, and what a file name holds stays text."""
    source = SourceState("/data/<script>\n", exists=False)
    ask = direct(settings, build.snapshot(Run.empty("", ""), source=source))
    answer = ask("/api/summary.txt")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.text.startswith("Waiting for /data/<script>")


@pytest.mark.parametrize("path", ["/api/nothing", "/api/tensorboard/images"])
def test_routes_of_later_are_404(settings: Any, build: Any, direct: Any, path: str) -> None:
    """In JSON, with where to find all routes."""
    answer = direct(settings, build.snapshot(build.run([1.0])))(path)
    assert answer.status_code == 404
    assert "openapi.json" in answer.json()["error"]
