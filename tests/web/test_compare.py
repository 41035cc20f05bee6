"""`/api/compare`: each training as it is by itself, on an axis of its own beginning."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from fastapi import Request

from loss_monitor.clock import SystemClock
from loss_monitor.history.archive import read_run, write_run
from loss_monitor.history.store import KeptRuns
from loss_monitor.series.run import Run
from loss_monitor.series.tags import TagStore
from loss_monitor.web import compare_models, models
from loss_monitor.web import kept as kept_module
from loss_monitor.web.compare import CompareRoutes
from loss_monitor.web.kept import OPEN_MAX, KeptSources
from loss_monitor.web.runs import Runs, Source
from loss_monitor.web.server import make_hub


@pytest.fixture
def get(start_server: Any, build: Any) -> Any:
    """Asks a server with two runs; the second has two of TensorBoard's runs with one tag."""
    running = start_server(sources=2)
    running.publish(build.run([4.0, 3.0], [2.0], run_id="a"))
    points = TagStore().put_points("train", "f", {"Loss": ([1, 2, 3], [3.0, 1.0, 2.0])}, 7.0)
    points = points.put_points("val", "f", {"Loss": ([5], [9.0]), "lr": ([5], [0.1])}, 7.0)
    running.publish(build.run([9.0], [8.0], [float("nan")], run_id="b"), source=2, tags=points)

    def ask(query: str, status: int = 200) -> Any:
        answer = running.get(f"/api/compare{query}")
        assert answer.status_code == status, answer.text
        model = compare_models.CompareAnswer if status == 200 else models.ErrorAnswer
        model.model_validate_json(answer.content, strict=True)
        return answer.json()

    return ask


def test_all_runs_are_compared_by_default(get: Any) -> None:
    """A series and a row for each, in the order of the sources."""
    found = get("")
    assert (found["x"], found["tag"]) == ("batch", None)
    assert [one["run"] for one in found["series"]] == ["a", "b"]
    assert [one["mean"] for one in found["series"]] == [[4.0, 3.0, 2.0], [9.0, 8.0, None]]
    first, second = found["table"]
    assert (first["first"], first["latest"], first["best"]) == (4.0, 2.0, 2.0)
    assert first["best_at"] == "1979-01-01 00:15:00"
    assert (second["values"], second["finite"], second["latest"]) == (3, 2, 8.0)
    assert second["percentile_50"] == 8.5
    assert (second["timesteps"], second["elapsed_s"], second["model_time_s"]) == (3, 2.0, 1800.0)


@pytest.mark.parametrize(
    ("x", "starts"),
    [
        ("step", [1, 2, 3]),
        ("timestep", [0, 1, 2]),
        ("model_time", [0, 900, 1800]),
        ("wall_time", [0, 1, 2]),
    ],
)
def test_each_axis_begins_where_the_run_begins(get: Any, x: str, starts: list[int]) -> None:
    """Also wall time, so that yesterday's run lies over today's."""
    (only,) = get(f"?runs=b&x={x}")["series"]
    assert only["x_start"] == starts


def test_runs_can_be_chosen_in_any_order(get: Any) -> None:
    """By id or by source; a range and smoothing are as for one run."""
    found = get("?runs=source-2,a&start=1&smoothing=0.5&points=1")
    assert [one["run"] for one in found["series"]] == ["b", "a"]
    assert [one["count"] for one in found["series"]] == [[2], [2]]
    assert found["series"][1]["smooth"] == [pytest.approx((2 + 3 / 2 + 4 / 4) / 1.75)]
    assert "unknown run 'x'" in get("?runs=a,x", 404)["error"]


def test_a_tag_is_compared_over_all_that_have_it(get: Any) -> None:
    """Training and validation of Keras, sub-runs of torch, over all runs."""
    found = get("?tag=Loss")
    assert (found["x"], found["tag"]) == ("step", "Loss")
    assert [(one["run"], one["tb_run"]) for one in found["series"]] == [
        ("b", "train"),
        ("b", "val"),
    ]
    assert found["series"][0]["x_start"] == [1, 2, 3]
    row = found["table"][0]
    assert (row["first"], row["best"], row["best_at"], row["latest"]) == (3.0, 1.0, "step 2", 2.0)
    assert (row["mean"], row["max"], row["values"]) == (2.0, 3.0, 3)
    assert row["std"] == pytest.approx(np.std([3.0, 1.0, 2.0]))
    assert [one["tb_run"] for one in get("?tag=Loss&tb_run=val&x=wall_time")["series"]] == ["val"]


def test_long_runs_are_compared_in_few_buckets(running: Any, build: Any) -> None:
    """Made of blocks, whose columns lie otherwise in memory."""
    steps = np.arange(50_000)
    store = TagStore().put_points("a", "f", {"Loss": (steps, steps / 7)}, 7.0)
    running.publish(build.run(*np.ones((50, 1000))), tags=store)
    for query in ("points=10", "points=10&tag=Loss&smoothing=0.9"):
        answer = running.get(f"/api/compare?{query}")
        compare_models.CompareAnswer.model_validate_json(answer.content, strict=True)
        (series,) = answer.json()["series"]
        assert (len(series["first"]), sum(series["count"])) == (10, 50_000)


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("?tag=nothing", 404, "unknown tag 'nothing'"),
        ("?tag=lr&tb_run=train", 404, "unknown tb_run 'train' with tag 'lr'"),
        ("?x=x", 400, "x must be"),
        ("?reach=nan", 400, "reach"),
        ("?tag=Loss&x=batch", 400, "x must be one of step, wall_time for a tag"),
        ("?start=2&stop=1", 400, "stop must be at least start"),
        ("?points=0", 400, "points must be at least 1"),
        ("?runs=" + ",".join(["a"] * 51), 400, "at most 50 trainings"),
    ],
)
def test_what_cannot_be_compared_is_told(get: Any, query: str, status: int, words: str) -> None:
    """With what can be."""
    assert words in get(query, status)["error"]


def test_runs_are_compared_where_all_have_been_and_at_a_loss_that_all_have_reached(
    get: Any,
) -> None:
    """The model time of the shorter one; the worse of the best means."""
    found = get("")
    assert (found["equal_model_time_s"], found["reach"]) == (900.0, 8.0)
    first, second = found["table"]
    assert (first["at_equal_model_time"], second["at_equal_model_time"]) == (2.0, 8.0)
    assert (first["best_mean"], second["best_mean"]) == (2.0, 8.0)
    assert (first["reached"]["timesteps"], first["reached"]["steps"]) == (1, 2)
    assert second["reached"] == {
        "timesteps": 2, "steps": 2, "label": "1979-01-01 00:15:00", "mean": 8.0,
        "model_time_s": 900.0, "trained_s": 1.0,
    }  # fmt: skip
    assert (second["steps_per_s"], second["model_rate"]) == (1.0, 900.0)
    assert (second["nan"], second["inf"], second["attempts"]) == (1, 0, 1)


def test_a_run_that_is_ahead_is_compared_where_the_others_are(
    start_server: Any, build: Any
) -> None:
    """Not where it is itself; one without a loss holds back nobody."""
    running = start_server(sources=3)
    running.publish(build.run([4.0], [3.0], [2.0], [1.0], run_id="ahead"))
    running.publish(build.run([9.0], [8.0], run_id="behind"), source=2)
    running.publish(Run.empty("none", "none"), source=3)
    found = running.get("/api/compare").json()
    assert found["equal_model_time_s"] == 900.0
    assert [row["at_equal_model_time"] for row in found["table"]] == [3.0, 8.0, None]
    assert [row["best_mean"] for row in found["table"]] == [1.0, 8.0, None]
    assert found["reach"] == 8.0


def test_the_loss_to_reach_can_be_chosen(get: Any) -> None:
    """Who has not reached it says so."""
    found = get("?reach=2.5&runs=a,b")
    assert found["reach"] == 2.5
    first, second = found["table"]
    assert (first["reached"]["mean"], second["reached"]) == (2.0, None)


class TestKeptRuns:
    """More kept runs than are held open at a time."""

    NUMBER = OPEN_MAX + 3

    @pytest.fixture
    def kept(self, tmp_path: Path, build: Any) -> KeptRuns:
        """Kept runs `k0`, `k1` ..., of which the n-th has the losses n + 2 and n + 1."""
        place = KeptRuns(tmp_path / "runs")
        for n in range(self.NUMBER):
            run = build.run([n + 2.0], [n + 1.0], run_id=f"k{n}")
            write_run(place.path_of(run.id), build.snapshot(run), 1e9 + n)
        return place

    @pytest.fixture
    def ask(self, kept: KeptRuns, settings: Any, build: Any, monkeypatch: Any) -> Any:
        """Asks a comparison of one live run and all kept ones; counts what is read."""
        hub = make_hub(settings, SystemClock(), touch=lambda: None)
        hub.publish(build.snapshot(build.run([9.0], [7.0], [1.5], run_id="live")))
        make = partial(make_hub, clock=SystemClock(), touch=lambda: None)
        sources = KeptSources([(kept, settings)], make)
        runs = Runs([Source(hub, settings)], sources)
        routes = CompareRoutes(runs)
        self.read: list[str] = []
        monkeypatch.setattr(
            kept_module, "read_run", lambda path: (self.read.append(path.stem), read_run(path))[1]
        )
        loop = asyncio.new_event_loop()

        def send(held: str = "", **query: Any) -> Any:
            headers = [(b"if-none-match", held.encode())] if held else []
            request = Request({"type": "http", "method": "GET", "headers": headers})
            names = ",".join(["live", *(f"k{n}" for n in range(self.NUMBER))])
            given = {"points": 1000, "runs": names, **query}
            return loop.run_until_complete(routes.compare(request, **given))

        self.open = sources
        yield send
        loop.run_until_complete(loop.run_in_executor(None, runs.close))
        loop.close()

    def test_all_are_compared_and_few_stay_open(self, ask: Any) -> None:
        """Each with its own figures; they are read one after the other, each once."""
        found = orjson.loads(ask().body)
        assert [row["best"] for row in found["table"]] == [1.5, *range(1, self.NUMBER + 1)]
        assert [one["run"] for one in found["series"]][1:] == [f"k{n}" for n in range(self.NUMBER)]
        assert found["reach"] == self.NUMBER
        assert self.read == [f"k{n}" for n in range(self.NUMBER)]
        still_open = [n for n in range(self.NUMBER) if self.open.find(f"k{n}") is not None]
        assert len(still_open) == OPEN_MAX

    def test_a_kept_run_is_not_read_again_for_the_next_look(self, ask: Any) -> None:
        """What it told does not change, whatever becomes of the live ones."""
        ask()
        ask(reach=3.5)
        assert len(self.read) == self.NUMBER
        ask(x="timestep")
        assert len(self.read) > self.NUMBER

    def test_what_the_client_holds_is_not_worked_out_again(self, ask: Any) -> None:
        """Nothing is read to find that out, also by another server."""
        etag = ask().headers["etag"]
        self.read.clear()
        assert ask(held=etag, x="timestep").status_code == 304
        assert self.read == []
