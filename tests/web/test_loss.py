"""`/api/loss`: the original's fields and meaning, ranges, and every bad parameter."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from loss_monitor.series.run import Run
from loss_monitor.types import Timestep
from loss_monitor.web import loss, models

NAN, INF = float("nan"), float("inf")
LOSSES = ([4.0, 3.0, NAN], [], [2.0, INF, 1.0, 0.5])


@pytest.fixture
def get(running: Any, build: Any) -> Any:
    """Asks a server that holds `LOSSES`; checks each answer against its model."""
    running.publish(build.run(*LOSSES))

    def ask(path: str, model: Any = None, status: int = 200) -> dict[str, Any]:
        answer = running.get(path)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/json"
        if model is not None:
            model.model_validate_json(answer.content, strict=True)
        found = json.loads(answer.content)
        assert isinstance(found, dict)
        return found

    return ask


def test_current_is_the_latest_timestep_with_batches(get: Any) -> None:
    """Figures over its finite losses; the last batch as it is."""
    assert get("/api/loss/current", models.CurrentAnswer) == {
        "timestamp": "1979-01-01 00:30:00",
        "mean_loss": pytest.approx(3.5 / 3),
        "std_loss": pytest.approx(np.std([2.0, 1.0, 0.5])),
        "min_loss": 0.5,
        "max_loss": 2.0,
        "num_batches": 4,
        "latest_loss": 0.5,
        "non_finite": 1,
        "complete": True,
    }


def test_a_last_batch_that_is_not_finite_is_null(running: Any, build: Any) -> None:
    """JSON has no NaN."""
    running.publish(build.run([1.0, NAN]))
    found = running.get("/api/loss/current").json()
    assert found["latest_loss"] is None
    assert found["num_batches"] == 2


def test_history_holds_the_newest_timesteps_and_batches(get: Any) -> None:
    """Oldest first; a timestep's figures are over all of its batches, whatever the limit."""
    found = get("/api/loss/history?limit=2", models.HistoryAnswer)
    assert found["timestamps"] == ["1979-01-01 00:15:00", "1979-01-01 00:30:00"]
    assert found["mean_losses"] == [None, pytest.approx(3.5 / 3)]
    assert found["std_losses"][1] == pytest.approx(np.std([2.0, 1.0, 0.5]))
    assert (found["min_losses"], found["max_losses"]) == ([None, 0.5], [None, 2.0])
    assert found["all_losses"] == [1.0, 0.5]
    assert found["all_timestamps"] == ["1979-01-01 00:30:00"] * 2
    assert found["batch_indices"] == [2, 3]
    whole = get("/api/loss/history", models.HistoryAnswer)
    assert whole["all_losses"] == [4.0, 3.0, None, 2.0, None, 1.0, 0.5]
    assert whole["batch_indices"] == [0, 1, 2, 0, 1, 2, 3]
    assert whole["all_timestamps"] == ["1979-01-01 00:00:00"] * 3 + ["1979-01-01 00:30:00"] * 4


def test_statistics_are_over_finite_losses(get: Any) -> None:
    """Counts include NaN and infinity, figures do not."""
    found = get("/api/loss/statistics", models.StatisticsAnswer)
    finite = [4.0, 3.0, 2.0, 1.0, 0.5]
    assert found["total_batches"] == 7
    assert found["total_timesteps"] == 3
    assert (found["nan_batches"], found["inf_batches"], found["finite_batches"]) == (1, 1, 5)
    assert found["overall_mean"] == pytest.approx(np.mean(finite))
    assert found["overall_std"] == pytest.approx(np.std(finite))
    assert found["percentile_95"] == pytest.approx(np.percentile(finite, 95))
    assert found["trend"] == "decreasing"
    assert (found["first_loss"], found["latest_loss"], found["improvement"]) == (4.0, 0.5, 3.5)
    last = get("/api/loss/statistics?last=1", models.StatisticsAnswer)
    assert last["total_batches"] == 4
    assert last["first_loss"] == 2.0


def test_timesteps_are_in_model_time_order(get: Any) -> None:
    """All labels."""
    found = get("/api/loss/timesteps", models.TimestepsAnswer)
    assert found["timesteps"] == [
        "1979-01-01 00:00:00",
        "1979-01-01 00:15:00",
        "1979-01-01 00:30:00",
    ]


@pytest.mark.parametrize(
    "form",
    [
        "1979-01-01%2000:30:00",
        "1979-01-01+00:30:00",
        "1979-01-01T00-30-00.000",
        "1979-01-01_00-30-00",
        "1979-01-01T00-30-00",
        "1979-1-1T0:30:00",
    ],
)
def test_a_timestep_is_found_by_any_form_of_its_time(get: Any, form: str) -> None:
    """Forms of file names, URL-encoded."""
    if "+" in form:
        get(f"/api/loss/by_timestep/{form}", status=404)  # A plus is a plus in a path.
        return
    found = get(f"/api/loss/by_timestep/{form}", models.TimestepAnswer)
    assert found["timestamp"] == "1979-01-01 00:30:00"
    assert found["losses"] == [2.0, None, 1.0, 0.5]
    assert found["batch_indices"] == [0, 1, 2, 3]
    assert found["unit"] == "batch"
    assert found["mismatch"] == []
    assert "summary" not in found


def test_a_summary_is_told_and_compared(running: Any, build: Any) -> None:
    """Names as in the file; what disagrees with the losses is named."""
    summary = (("Number of Batches", 2), ("Mean Loss", 1.5), ("Max Loss", 9.0), ("note", "x"))
    step = build.timestep(0, [1.0, 2.0], summary=summary)
    running.publish(Run.empty("r", "r").put([step]))
    answer = running.get(f"/api/loss/by_timestep/{step.label}")
    models.TimestepAnswer.model_validate_json(answer.content, strict=True)
    assert answer.json()["summary"] == dict(summary)
    assert answer.json()["mismatch"] == ["Max Loss"]


def test_a_step_of_a_job_log_is_found_by_step_and_by_time(running: Any) -> None:
    """Of attempts that repeat a model time, the latest is meant."""
    undated: dict[str, Any] = {"label": "step 0"}
    dated: dict[str, Any] = {
        "label": "1979-01-01 03:45:00",
        "model_fields": (1979, 1, 1, 3, 45, 0, 0),
    }
    steps = [
        Timestep((n,), values=np.array([float(n)]), unit="rank", **(dated if n else undated))
        for n in range(3)
    ]
    running.publish(Run.empty("r", "r").put(steps))
    assert running.get("/api/loss/by_timestep/step%200").json()["losses"] == [0.0]
    assert running.get("/api/loss/by_timestep/step%201").json()["losses"] == [1.0]
    found = running.get("/api/loss/by_timestep/1979-01-01T03-45-00").json()
    assert (found["losses"], found["unit"]) == ([2.0], "rank")


def test_a_range_keeps_extremes_and_says_how_many(get: Any) -> None:
    """Half-open between positions; each bucket has the true minimum and maximum."""
    found = get("/api/loss/range?start=1&stop=7&points=2", models.RangeAnswer)
    assert found["x_start"] == [1, 4]
    assert found["x_stop"] == [4, 7]
    assert found["count"] == [3, 3]
    assert found["non_finite"] == [1, 1]
    assert (found["min"], found["max"]) == ([2.0, 0.5], [3.0, 1.0])
    assert (found["first"], found["last"]) == ([3.0, None], [2.0, 0.5])
    single = get("/api/loss/range?start=3&stop=4", models.RangeAnswer)
    assert single["min"] == single["max"] == single["mean"] == [2.0]
    by_time = get("/api/loss/range?x=model_time&start=900", models.RangeAnswer)
    assert by_time["x_start"][0] == 900
    assert sum(by_time["count"]) == 4
    assert get("/api/loss/range?start=99", models.RangeAnswer)["count"] == []


def test_a_range_in_wall_time_is_in_the_order_of_writing(get: Any) -> None:
    """Seconds since 1970-01-01 UTC; the timestep of each bucket is told."""
    found = get("/api/loss/range?x=wall_time&start=1000000001", models.RangeAnswer)
    assert found["x_start"] == [1_000_000_001, 1_000_000_002]
    assert (found["timestep"], found["count"]) == ([1, 2], [0, 4])


def test_smoothing_is_over_every_batch_before_a_buckets_end(get: Any) -> None:
    """As TensorBoard's, NaN passed over; over the means of timesteps on other axes."""
    found = get("/api/loss/range?start=3&points=2&smoothing=0.5", models.RangeAnswer)
    assert found["x_stop"] == [5, 7]
    # Each value has half the weight of the next one.
    assert found["smooth"] == [
        pytest.approx((2 + 3 / 2 + 4 / 4) / (1 + 1 / 2 + 1 / 4)),
        pytest.approx((0.5 + 1 / 2 + 2 / 4 + 3 / 8 + 4 / 16) / (2 - 1 / 16)),
    ]
    means = get("/api/loss/range?x=timestep&smoothing=0.5", models.RangeAnswer)
    assert means["smooth"] == [3.5, 3.5, pytest.approx((3.5 / 3 + 3.5 / 2) / 1.5)]
    assert "smooth" not in get("/api/loss/range", models.RangeAnswer)


def test_the_online_signals_are_told_for_each_timestep(get: Any) -> None:
    """Null where a batch is not finite or there is none; percentiles are of finite ones."""
    found = get("/api/loss/online", models.OnlineAnswer)
    assert found["labels"] == [f"1979-01-01 00:{minute}:00" for minute in ("00", "15", "30")]
    assert (found["timesteps"], found["batches"]) == ([1, 1, 1], [3, 0, 4])
    assert (found["first_batch"], found["last_batch"]) == ([4.0, None, 2.0], [None, None, 0.5])
    assert found["gain"] == found["gain_min"] == [None, None, 1.5]
    assert found["percentile_50"] == [3.5, None, 1.0]
    assert (found["min"], found["max"]) == ([3.0, None, 0.5], [4.0, None, 2.0])
    assert found["model_rate"] == [None, 900.0, 900.0]
    one = get("/api/loss/online?points=1&start=1", models.OnlineAnswer)
    assert (one["start"], one["timesteps"], one["non_finite"]) == ([1], [2], [1])


def test_a_distribution_sums_to_the_finite_losses(get: Any) -> None:
    """Linear by default, with the bins of the settings; `last` counts batches."""
    found = get("/api/loss/distribution", models.DistributionAnswer)
    assert (len(found["edges"]), sum(found["counts"]), found["non_finite"]) == (21, 5, 2)
    found = get("/api/loss/distribution?bins=3&scale=log&last=4", models.DistributionAnswer)
    assert (len(found["edges"]), sum(found["counts"]), found["non_finite"]) == (4, 3, 1)


def test_before_the_first_loss_the_originals_words_come(running: Any) -> None:
    """Status 200 with an error for single figures, empty arrays for history."""
    running.publish(Run.empty("", ""))
    for path in ("/api/loss/current", "/api/loss/statistics"):
        answer = running.get(path)
        assert (answer.status_code, answer.json()) == (200, {"error": "No data available"})
    history = running.get("/api/loss/history").json()
    models.HistoryAnswer.model_validate(history, strict=True)
    assert set(map(tuple, history.values())) == {()}
    assert "losses" in history
    assert running.get("/api/loss/timesteps").json() == {"timesteps": []}
    assert running.get("/api/loss/range").json()["count"] == []
    assert running.get("/api/loss/distribution").json()["counts"] == []
    assert running.get("/api/loss/online").json()["gain"] == []


BAD = [
    ("/api/loss/history?limit=0", "limit must be from 1 to 1000, not 0"),
    ("/api/loss/history?limit=1001", "limit must be from 1 to 1000"),
    ("/api/loss/history?limit=-5", "limit must be"),
    ("/api/loss/history?limit=abc", "limit must be a whole number, not 'abc'"),
    ("/api/loss/history?limit=", "limit must be a whole number"),
    ("/api/loss/history?limit=1.5", "limit must be a whole number"),
    ("/api/loss/history?limit=" + "9" * 5000, "limit must be"),
    ("/api/loss/history?limit=%FF%00", "limit must be"),
    ("/api/loss/statistics?last=0", "last must be at least 1"),
    ("/api/loss/statistics?last=x", "last must be a whole number"),
    ("/api/loss/range?start=nan", "start must be a finite number"),
    ("/api/loss/range?stop=inf", "stop must be a finite number"),
    ("/api/loss/range?start=x", "start must be a number"),
    ("/api/loss/range?start=5&stop=2", "stop must be at least start"),
    ("/api/loss/range?points=0", "points must be at least 1"),
    ("/api/loss/range?points=100001", "points must be at most 100000"),
    (
        "/api/loss/range?x=hour",
        "x must be 'batch', 'timestep', 'model_time', 'wall_time', 'relative' or",
    ),
    ("/api/loss/range?smoothing=1", "smoothing must be below 1.0, not '1'"),
    ("/api/loss/range?smoothing=-0.1", "smoothing must be at least 0"),
    ("/api/loss/range?smoothing=nan", "smoothing must be"),
    ("/api/loss/online?points=4001", "points must be at most 4000"),
    ("/api/loss/online?start=5&stop=2", "stop must be at least start"),
    ("/api/loss/distribution?bins=0", "bins must be at least 1"),
    ("/api/loss/distribution?bins=1001", "bins must be at most 1000"),
    ("/api/loss/distribution?scale=cubic", "scale must be 'linear' or 'log'"),
]


@pytest.mark.parametrize(("path", "words"), BAD, ids=[path[-40:] for path, _ in BAD])
def test_a_bad_parameter_is_400_and_named(get: Any, path: str, words: str) -> None:
    """Never 422, never a fault of the server."""
    error = get(path, models.ErrorAnswer, status=400)["error"]
    assert words in error
    assert len(error) < 300


@pytest.mark.parametrize(
    "path",
    [
        "/api/loss/by_timestep/1979-01-01%2000:45:00",
        "/api/loss/by_timestep/1979-02-31T00-00-00",
        "/api/loss/by_timestep/nothing",
        "/api/loss/by_timestep/step%207",
        "/api/loss/by_timestep/step%20" + "9" * 400,
        "/api/loss/by_timestep/%00%FF%3Cscript%3E",
        "/api/loss/by_timestep/a%2Fb",
        "/api/loss/by_timestep/",
        "/api/loss/nothing",
        "/api/loss/current?run=another",
    ],
)
def test_what_is_unknown_is_404(get: Any, path: str) -> None:
    """In JSON, like every error."""
    assert get(path, models.ErrorAnswer, status=404)["error"]


def test_the_current_run_can_be_named(get: Any) -> None:
    """`?run=` with its id is the same as without."""
    assert get("/api/loss/current?run=run-1") == get("/api/loss/current")


def test_numbers_are_the_doubles_that_they_are(running: Any, build: Any) -> None:
    """Not a digit is lost between a file's float32 and the answer."""
    values = np.random.default_rng(1).random(50).astype(np.float32).astype(np.float64)
    running.publish(build.run(values))
    found = running.get("/api/loss/history").json()
    assert found["all_losses"] == values.tolist()


def test_a_long_timestep_comes_in_pieces_and_whole(running: Any, build: Any) -> None:
    """More than 2,000 points are streamed; nothing is missing."""
    values = np.arange(50_000) / 7
    running.publish(build.run(values))
    answer = running.get("/api/loss/by_timestep/1979-01-01T00-00-00")
    assert answer.headers["transfer-encoding"] == "chunked"
    models.TimestepAnswer.model_validate_json(answer.content, strict=True)
    assert answer.json()["losses"] == values.tolist()
    assert answer.headers["etag"]


def test_labels_of_batches_skip_empty_timesteps(build: Any) -> None:
    """An empty log file begins where the next timestep does; it holds no batch."""
    run = build.run([1.0], [], [], [2.0], [])
    found = loss.history(run, 10)
    assert found["all_timestamps"] == ["1979-01-01 00:00:00", "1979-01-01 00:45:00"]
