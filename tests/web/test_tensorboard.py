"""`/api/tensorboard`: tags of event files, whole, in ranges, and reduced."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from histogram_points import histogram, packed
from loss_monitor.series.run import Run
from loss_monitor.series.tags import TagStore
from loss_monitor.series.texts import Text, TextStore
from loss_monitor.web import models, text_models


@dataclass
class Scalars:
    """Scalars in the order of a file."""

    tag: Any
    step: Any
    wall_time: Any
    value: Any
    doubles: frozenset[int] = frozenset()


def _scalars(steps: list[int], values: Any, wall: float = 10.0) -> Scalars:
    size = len(steps)
    return Scalars(
        np.zeros(size, dtype=np.uint32),
        np.array(steps, dtype=np.int64),
        np.full(size, wall),
        np.array(values, dtype=np.float64),
    )


@pytest.fixture
def store() -> TagStore:
    """Two runs; in the first a training was restarted at step 2."""
    loss = ["Loss/batch"]
    store = TagStore().put_scalars("a", "f1", loss, _scalars([1, 2, 3], [0.1, 0.2, 0.3]))
    store = store.put_scalars("a", "f2", loss, _scalars([2, 3], [0.25, float("nan")], 0.0))
    store = store.put_scalars("b/c", "f", ["Other"], _scalars([7], [1.0], 5.0))
    edges = [0.0, 0.5, 1.0]
    infinite = float("inf")
    found = [(0, histogram(n, 10.0 * n, edges, [1.0, n], infinite)) for n in range(3)]
    return store.put_histograms("a", "f1", ["Weights"], packed(found))


@pytest.fixture
def get(running: Any, build: Any, store: TagStore) -> Callable[..., Any]:
    """Asks a server that holds the store; checks each answer against its model."""
    running.publish(build.run([1.0]), tags=store)

    def ask(path: str, model: Any, status: int = 200) -> Any:
        answer = running.get(f"/api/tensorboard/{path}")
        assert answer.status_code == status, answer.text
        model.model_validate_json(answer.content, strict=True)
        return answer.json()

    return ask


def test_scalars_are_what_tensorboards_page_shows(get: Any) -> None:
    """A restart drops what it does again; the points are in file order."""
    found = get("scalars", models.ScalarsAnswer)
    assert found["tag"] == "Loss/batch"
    assert found["tb_run"] == "a"
    assert found["steps"] == [1, 2, 3]
    assert found["values"] == [float(np.float32(0.1)), 0.25, None]
    assert found["wall_times"] == [10.0, None, None]
    assert (found["count"], found["dropped"]) == (3, 2)


def test_every_point_as_written_can_be_had(get: Any) -> None:
    """`attempts=all` keeps what a restart repeats."""
    found = get("scalars?attempts=all", models.ScalarsAnswer)
    assert found["steps"] == [1, 2, 3, 2, 3]
    assert found["dropped"] == 0


def test_a_range_of_steps_is_half_open(get: Any) -> None:
    """From `start` to before `stop`."""
    assert get("scalars?start=2&stop=3", models.ScalarsAnswer)["steps"] == [2]
    assert get("scalars?start=-5&stop=" + "9" * 30, models.ScalarsAnswer)["count"] == 3


def test_points_reduce_in_the_shape_of_a_range(get: Any, running: Any, build: Any) -> None:
    """At most so many buckets, with true extremes."""
    rng = np.random.default_rng(2)
    values = rng.random(10_000).astype(np.float32).astype(np.float64)
    values[5000] = 7.0
    store = TagStore().put_scalars("a", "f", ["t"], _scalars(list(range(10_000)), values))
    running.publish(build.run([1.0]), tags=store)
    found = get("scalars?tag=t&points=10", models.ScalarsRangeAnswer)
    assert found["x_start"][:2] == [0, 1024]  # Edges lie on the nearest ends of blocks.
    assert found["x_stop"][-1] == 10_000
    assert (len(found["count"]), sum(found["count"])) == (10, 10_000)
    assert max(found["max"]) == 7.0
    assert found["first"][1] == values[1024]
    whole = get("scalars?tag=t", models.ScalarsAnswer)
    assert whole["values"] == values.tolist()
    nothing = get("scalars?tag=t&points=10&start=99999", models.ScalarsRangeAnswer)
    assert nothing["count"] == []


def test_points_reduce_on_wall_time_and_smoothed(get: Any) -> None:
    """Points without a wall time are on the axis of steps only; smoothing is over all."""
    found = get("scalars?points=9&x=relative", models.ScalarsRangeAnswer)
    assert (found["x_start"], found["step"]) == ([0.0], [1])
    found = get("scalars?points=9&start=2&smoothing=0.5", models.ScalarsRangeAnswer)
    first = float(np.float32(0.1))
    wanted = (0.25 + first / 2) / 1.5
    assert found["smooth"] == [pytest.approx(wanted), pytest.approx(wanted)]
    error = get("scalars?x=wall_time", models.ErrorAnswer, 400)["error"]
    assert "need points" in error


def test_an_unknown_tag_is_404_with_the_tags_there_are(get: Any) -> None:
    """The original answered 200; a script can tell the difference now."""
    found = get("scalars?tag=nothing", models.ErrorAnswer, 404)
    assert found["available_tags"] == ["Loss/batch", "Other"]
    found = get("scalars?tag=Other&tb_run=a", models.ErrorAnswer, 404)
    assert found["available_tags"] == ["Loss/batch"]
    assert get("scalars?tb_run=x", models.ErrorAnswer, 404)["error"]
    assert get("histograms?tag=Loss/batch", models.ErrorAnswer, 404)["available_tags"] == [
        "Weights"
    ]


@pytest.mark.parametrize(
    "query",
    [
        "points=0",
        "points=x",
        "start=x",
        "stop=x",
        "x=hour",
        "smoothing=1.5",
        "attempts=some",
        "start=nan",
        "stop=3&start=5",
    ],
)
def test_bad_parameters_are_400(get: Any, query: str) -> None:
    """Each names its parameter."""
    found = get(f"scalars?{query}", models.ErrorAnswer, 400)
    assert found["error"].startswith(query.partition("=")[0])


def test_runs_and_tags_are_listed(get: Any) -> None:
    """Everything that can be asked for."""
    found = get("available", models.AvailableAnswer)
    assert (found["available"], found["runs"]) == (True, ["a", "b/c"])
    assert found["runs_dir"].endswith("/data/runs")
    assert get("tags", models.TagsAnswer)["runs"] == [
        {"tb_run": "a", "scalars": ["Loss/batch"], "histograms": ["Weights"], "texts": []},
        {"tb_run": "b/c", "scalars": ["Other"], "histograms": [], "texts": []},
    ]


def test_histograms_come_one_for_each_step(get: Any) -> None:
    """Edges, counts and figures; what is not finite is null."""
    found = get("histograms?tag=Weights&last=2", models.HistogramsAnswer)
    assert found["steps"] == [1, 2]
    assert found["edges"] == [[0.0, 0.5, 1.0]] * 2
    assert found["counts"] == [[1.0, 1.0], [1.0, 2.0]]
    assert found["sum_squares"] == [None, None]
    assert get("histograms", models.ErrorAnswer, 400)["error"] == "tag is required"


def test_histograms_come_over_common_bins(get: Any) -> None:
    """At most so many steps, the newest among them, all values counted."""
    found = get("histograms?tag=Weights&bins=4&points=2", models.HistogramMapAnswer)
    assert found["steps"] == [0, 2]
    assert found["total"] == 3
    assert found["thinned"] is True
    assert found["edges"] == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert found["counts"] == [[0.5, 0.5, 0.0, 0.0], [0.5, 0.5, 1.0, 1.0]]
    assert found["quantile_shares"][2] == 0.5
    assert [quantiles[2] for quantiles in found["quantiles"]] == [0.25, 0.625]


def test_what_only_common_bins_take_is_refused_without_them(get: Any) -> None:
    """In words."""
    for query in ("points=5", "span=all"):
        answer = get(f"histograms?tag=Weights&{query}", models.ErrorAnswer, 400)
        assert "bins" in answer["error"]


def test_thinned_histograms_are_called_so(get: Any, running: Any, build: Any) -> None:
    """The newest steps are all there, older ones more rarely, back to the first."""
    assert get("histograms?tag=Weights", models.HistogramsAnswer)["thinned"] is False
    found = [(0, histogram(n, 1.0, [0.0, 1.0], [1.0])) for n in range(3000)]
    store = TagStore().put_histograms("a", "f", ["W"], packed(found))
    running.publish(build.run([1.0]), tags=store)
    answer = get("histograms?tag=W", models.HistogramsAnswer)
    assert answer["thinned"] is True
    assert answer["steps"][-512:] == list(range(2488, 3000))
    assert answer["steps"][0] == 0
    assert len(answer["steps"]) <= 1024
    assert get("histograms?tag=W&bins=4", models.HistogramMapAnswer)["thinned"] is True


def test_many_histograms_come_in_pieces(get: Any, running: Any, build: Any) -> None:
    """Columns of columns are cut by the numbers they hold."""
    edges = list(np.arange(41.0))
    found = [(0, histogram(n, 1.0, edges, [n + 1.0] * 40)) for n in range(500)]
    store = TagStore().put_histograms("a", "f", ["W"], packed(found))
    running.publish(build.run([1.0]), tags=store)
    found = get("histograms?tag=W", models.HistogramsAnswer)
    assert [counts[0] for counts in found["counts"]] == [n + 1.0 for n in range(500)]


def test_texts_are_told_as_they_are(get: Any, running: Any, build: Any) -> None:
    """With step and time; whoever shows them shows text."""
    notes = [Text(1, 0.0, "<script>"), Text(2, 7.0, "two", True)]
    texts = TextStore().put("a", "f", {"note": notes}, {"lr": 0.1, "on": True})
    running.publish(build.run([1.0]), tags=TagStore(texts=texts))
    found = get("text?tag=note", text_models.TextAnswer)
    assert found["texts"] == ["<script>", "two"]
    assert (found["steps"], found["wall_times"]) == ([1, 2], [None, 7.0])
    assert (found["is_cut"], found["thinned"]) == ([False, True], False)
    assert get("text?tag=note&last=1", text_models.TextAnswer)["steps"] == [2]
    assert get("text?tag=other", models.ErrorAnswer, 404)["available_tags"] == ["note"]
    hparams = get("hparams", text_models.HparamsAnswer)
    assert hparams == {"runs": [{"tb_run": "a", "hparams": {"lr": 0.1, "on": True}}]}
    (tags,) = get("tags", models.TagsAnswer)["runs"]
    assert tags["texts"] == ["note"]


def test_without_event_files_nothing_is_available(running: Any, build: Any) -> None:
    """And the default tag is unknown."""
    running.publish(Run.empty("", ""))
    assert running.get("/api/tensorboard/available").json()["available"] is False
    answer = running.get("/api/tensorboard/scalars")
    assert (answer.status_code, answer.json()["available_tags"]) == (404, [])


def test_event_files_can_be_switched_off(settings: Any, build: Any, direct: Any) -> None:
    """TENSORBOARD_ENABLED = False answers that they are not read; other tags stay."""
    tag = "summary/Grad Norm"
    store = TagStore().put_scalars("summary", "", [tag], _scalars([1], [0.5]))
    ask = direct(
        replace(settings, tensorboard_enabled=False), build.snapshot(build.run(), tags=store)
    )
    assert ask("/api/tensorboard/available").json()["available"] is False
    answer = ask("/api/tensorboard/scalars")
    assert answer.status_code == 404
    assert "TENSORBOARD_ENABLED" in answer.json()["error"]
    assert answer.json()["available_tags"] == [tag]
    assert ask(f"/api/tensorboard/scalars?tag={tag}").json()["values"] == [0.5]
