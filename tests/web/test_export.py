"""`/api/export`: files of any length, by other programs' rules."""

from __future__ import annotations

import csv
import io
import socket
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from loss_monitor.series.tags import TagStore
from loss_monitor.types import Mark
from loss_monitor.web.download import disposition

NAN = float("nan")


def rows_of(answer: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def test_batches_are_the_default(running: Any, build: Any) -> None:
    """Every loss with its place; the file is named after the run."""
    running.publish(build.run([0.1, NAN], [2.0]))
    answer = running.get("/api/export")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert answer.headers["content-disposition"] == (
        'attachment; filename="experiment-batches.csv"'
    )
    rows = rows_of(answer)
    assert [row["loss"] for row in rows] == ["0.1", "nan", "2.0"]
    assert rows[2] == {
        "batch": "2",
        "timestep_index": "1",
        "timestep": "1979-01-01 00:15:00",
        "batch_in_timestep": "0",
        "loss": "2.0",
    }


@pytest.mark.parametrize(
    ("query", "losses"),
    [
        ("start=1&stop=3", [2.0, 3.0]),
        ("x=timestep&start=1", [3.0, 4.0]),
        ("x=model_time&start=900&stop=1800", [3.0]),
        ("x=wall_time&start=1000000002", [4.0]),
    ],
)
def test_a_range_can_be_on_any_axis(running: Any, build: Any, query: str, losses: Any) -> None:
    """So that a panel exports what it shows."""
    running.publish(build.run([1.0, 2.0], [3.0], [4.0]))
    found = running.get(f"/api/export?format=json&{query}").json()
    assert [row[-1] for row in found["data"]] == losses


def test_timesteps_of_a_range_of_batches(running: Any, build: Any) -> None:
    """Those that hold one of them."""
    running.publish(build.run([1.0, 2.0], [], [3.0], [4.0]))
    found = rows_of(running.get("/api/export?what=timesteps&x=batch&start=1&stop=3"))
    assert [row["mean"] for row in found] == ["1.5", "3.0"]
    assert found[0]["wall_time_s"] == "1000000000.0"
    assert found[0]["model_time_s"] == "0.0"


def test_scalars_of_one_tag_or_of_all(running: Any, build: Any) -> None:
    """A hostile tag is no formula; an unknown one is 404."""
    points = {"=cmd()": ([1], [0.5]), "Loss": ([1, 2], [0.25, 0.125])}
    store = TagStore().put_points("a", "f", points, 7.0)
    running.publish(build.run([1.0]), tags=store)
    assert [row["tag"] for row in rows_of(running.get("/api/export?what=scalars"))] == [
        "'=cmd()",
        "Loss",
        "Loss",
    ]
    one = rows_of(running.get("/api/export?what=scalars&tag=Loss&start=2"))
    assert one == [
        {"tb_run": "a", "tag": "Loss", "step": "2", "wall_time_s": "7.0", "value": "0.125"}
    ]
    assert running.get("/api/export?what=scalars&tag=x").status_code == 404
    assert running.get("/api/export?what=scalars&tb_run=x").status_code == 404


def test_scalars_of_one_tag_are_of_all_runs_that_have_it(running: Any, build: Any) -> None:
    """Unless one is named."""
    store = TagStore()
    for number, run in enumerate(("a", "b", "c")):
        tag = "Other" if run == "b" else "Loss"
        store = store.put_points(run, "f", {tag: ([1], [float(number)])}, 7.0)
    running.publish(build.run([1.0]), tags=store)
    found = rows_of(running.get("/api/export?what=scalars&tag=Loss"))
    assert [(row["tb_run"], row["value"]) for row in found] == [("a", "0.0"), ("c", "2.0")]
    one = rows_of(running.get("/api/export?what=scalars&tag=Loss&tb_run=a"))
    assert [row["tb_run"] for row in one] == ["a"]


def test_marks_and_facts_of_a_run_are_tables_too(running: Any, build: Any) -> None:
    """Notes with the rest of what happened; label and parameters."""
    run = build.run([1.0], [2.0])
    note = Mark("note", run.keys[1], 1_000_000_002.0, "=lr halved")
    running.publish(replace(run.with_marks([note]), params=(("lr", "3e-4"),)))
    (row,) = rows_of(running.get("/api/export?what=marks"))
    assert (row["kind"], row["timestep_index"], row["message"]) == ("note", "1", "'=lr halved")
    facts = dict(running.get("/api/export?what=run&format=json").json()["data"])
    assert (facts["label"], facts["directory"], facts["param.lr"]) == (
        "experiment", "/data", "3e-4",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("what=all", "what must be"),
        ("format=xls", "format must be 'csv' or 'json'"),
        ("x=step", "x must be one of batch, timestep, model_time, wall_time, relative for"),
        ("what=scalars&x=batch", "x must be one of step, wall_time, relative for scalars"),
        ("start=5&stop=1", "stop must be at least start"),
        ("what=marks&start=1", "start, stop and x are for losses and scalars, not for marks"),
        ("what=run&x=batch", "start, stop and x are for losses and scalars, not for run"),
    ],
)
def test_a_bad_parameter_is_400(running: Any, build: Any, query: str, words: str) -> None:
    """With what is allowed."""
    running.publish(build.run([1.0]))
    answer = running.get(f"/api/export?{query}")
    assert answer.status_code == 400
    assert words in answer.json()["error"]


def test_an_export_has_the_version_of_the_data(running: Any, build: Any) -> None:
    """And is not made again for who has it; HEAD makes nothing."""
    running.publish(build.run([1.0]))
    etag = running.get("/api/export").headers["etag"]
    assert running.get("/api/export", if_none_match=etag).status_code == 304
    head = running.client.head(running.url + "/api/export")
    assert (head.status_code, head.headers["etag"], head.content) == (200, etag, b"")
    assert "content-length" not in head.headers


def test_a_million_losses_come_whole_and_exact(running: Any, build: Any) -> None:
    """As they are made: in many pieces."""
    values = np.random.default_rng(1).random((100, 10_000))
    running.publish(build.run(*values))
    answer = running.get("/api/export")
    assert answer.headers["transfer-encoding"] == "chunked"
    lines = answer.text.splitlines()
    assert len(lines) == 1_000_001
    found = np.array([float(line.rpartition(",")[2]) for line in lines[1:]])
    assert np.array_equal(found, values.ravel())


def test_only_so_many_are_sent_at_a_time(start_server: Any, build: Any, wait_until: Any) -> None:
    """A client that does not read keeps one place; when it goes the place is free again."""
    running = start_server(bounds={"downloads_max": 1})
    running.publish(build.run(*np.ones((20, 100_000))))
    with socket.create_connection(("127.0.0.1", running.port)) as slow:
        slow.sendall(b"GET /api/export HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert slow.recv(12) == b"HTTP/1.1 200"
        answer = running.get("/api/export")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    wait_until(lambda: running.get("/api/export?stop=1").status_code == 200)


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("run-batches.csv", 'attachment; filename="run-batches.csv"'),
        ('../a"b\r\nX: y.csv', 'attachment; filename="a-b-X-y.csv"'),
        ("köln.csv", "attachment; filename=\"k-ln.csv\"; filename*=UTF-8''k%C3%B6ln.csv"),
    ],
)
def test_a_file_name_is_safe_in_a_header(name: str, header: str) -> None:
    """Whatever a directory is called."""
    assert disposition(name) == header
