"""Several sources in one process: each is asked for by a run's id or by its own name."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from loss_monitor.clock import ManualClock
from loss_monitor.series.run import Run
from loss_monitor.web import models
from loss_monitor.web.answers import RequestError
from loss_monitor.web.runs import Runs, Source
from loss_monitor.web.server import make_hub


@pytest.fixture
def touched() -> list[int]:
    """Numbers of the sources whose readers were told that somebody looks."""
    return []


@pytest.fixture
def runs(settings: Any, build: Any, touched: list[int]) -> Runs:
    """Two sources: the first has had two runs, the second one."""
    clock = ManualClock()
    sources = []
    for number in (1, 2):
        one = replace(settings, source_number=number)
        hub = make_hub(one, clock, touch=lambda number=number: touched.append(number))
        sources.append(Source(hub, one))
    first, second = (source.hub for source in sources)
    first.publish(build.snapshot(build.run([1.0], run_id="a1")))
    first.publish(build.snapshot(build.run([2.0], run_id="a2"), 2))
    second.publish(build.snapshot(build.run([3.0], run_id="b1")))
    return Runs(sources)


def first_loss(found: Any) -> float:
    return float(found.snapshot.run.values()[0])


def test_the_first_source_is_the_default(runs: Runs) -> None:
    """Scripts of the original system name no run."""
    assert first_loss(runs.find(None)) == 2.0


def test_a_run_is_found_by_its_id_and_by_its_source(runs: Runs) -> None:
    """And only the reader of that source is told that somebody looks."""
    assert first_loss(runs.find("b1")) == first_loss(runs.find("source-2")) == 3.0
    assert runs.find("a2").version != runs.find("b1").version


def test_only_the_reader_of_the_source_is_told(runs: Runs, touched: list[int]) -> None:
    """The others keep to their quiet pace."""
    runs.find("b1")
    runs.followed("b1")
    assert touched == [2, 2]
    assert len(runs.all()) == 2
    assert touched == [2, 2]


def test_a_run_that_was_replaced_is_404_with_what_took_its_place(runs: Runs) -> None:
    """A stream, however, goes on with the source."""
    with pytest.raises(RequestError, match="'a1' is over: a2 has taken its place") as error:
        runs.find("a1")
    assert error.value.status == 404
    assert runs.followed("a1").settings.source_number == 1
    with pytest.raises(RequestError, match="unknown run 'x'"):
        runs.followed("x")


def test_every_route_of_data_takes_a_run(start_server: Any, build: Any) -> None:
    """The second source answers with its own data, an unknown one with 404."""
    running = start_server(sources=2)
    running.publish(build.run([1.0], run_id="a"))
    running.publish(build.run([2.0], [3.0], run_id="b"), source=2)
    listed = running.get("/api/runs").json()
    models.RunsAnswer.model_validate(listed, strict=True)
    assert [(one["id"], one["timesteps"]) for one in listed["runs"]] == [("a", 1), ("b", 2)]
    assert running.get("/api/status?run=b").json()["total_timesteps"] == 2
    for path in (
        "status", "activity", "summary.txt", "loss/current", "loss/history", "loss/statistics",
        "loss/timesteps", "loss/range", "loss/online", "loss/distribution",
        "loss/by_timestep/1979-01-01T00-15-00", "tensorboard/available", "tensorboard/tags",
        "export",
    ):  # fmt: skip
        assert running.get(f"/api/{path}?run=b").status_code == 200, path
        answer = running.get(f"/api/{path}?run=nothing")
        assert answer.status_code == 404, path
        assert "unknown run 'nothing'" in answer.json()["error"], path
    for path in ("tensorboard/scalars", "tensorboard/histograms?tag=x", "stream"):
        join = "&" if "?" in path else "?"
        error = running.get(f"/api/{path}{join}run=nothing").json()["error"]
        assert "unknown run 'nothing'" in error, path


def test_an_etag_is_of_one_source(start_server: Any, build: Any) -> None:
    """The same counter of another source is another version."""
    running = start_server(sources=2)
    running.publish(build.run([1.0], run_id="a"))
    etag = running.get("/api/loss/current").headers["etag"]
    running.counter = 0
    running.publish(build.run([2.0], run_id="b"), source=2)
    assert running.get("/api/loss/current", if_none_match=etag).status_code == 304
    assert running.get("/api/loss/current?run=b", if_none_match=etag).status_code == 200


def test_a_stream_is_of_one_source(start_server: Any, build: Any, listen_to: Any) -> None:
    """And says which run it follows."""
    running = start_server(sources=2)
    running.publish(Run.empty("", ""))
    running.publish(build.run([2.0], run_id="b"), source=2)
    for asked in ("b", "source-2"):
        listener = listen_to(running, query=f"?run={asked}")
        assert listener.next("snapshot").data["run"]["id"] == "b"
