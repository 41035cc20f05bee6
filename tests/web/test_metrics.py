"""`/metrics`: what Prometheus reads, by its own grammar."""

from __future__ import annotations

import re
from typing import Any

import pytest

from loss_monitor.series.run import Run
from loss_monitor.series.tags import TagStore
from loss_monitor.types import Alert, SourceState

SAMPLE = re.compile(
    r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\[\\"n])*",?)*)\})? (\S+)'
)


def samples_of(answer: Any) -> dict[str, dict[str, float]]:
    """Read a text as Prometheus does: values of each metric by the text of their labels."""
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    found: dict[str, dict[str, float]] = {}
    declared: list[str] = []
    for line in answer.text.splitlines():
        if line.startswith("# TYPE "):
            name, kind = line.split()[2:]
            assert name not in declared
            assert kind in ("gauge", "counter")
            declared.append(name)
        elif not line.startswith("# HELP "):
            match = SAMPLE.fullmatch(line)
            assert match is not None, line
            assert match[1] == declared[-1], line
            labels = match[2] or ""
            assert labels not in found.setdefault(match[1], {})
            found[match[1]][labels] = float(match[3])
    return found


def only(found: dict[str, dict[str, float]], name: str, label: str = "") -> float:
    (value,) = (value for key, value in found[f"loss_monitor_{name}"].items() if label in key)
    return value


def test_a_run_is_told_with_its_figures(running: Any, build: Any) -> None:
    """Losses, state, alerts, tags, cost."""
    store = TagStore().put_points("a", "f", {'gr"ad\nnorm\\': ([1, 2], [0.5, 0.25])}, 7.0)
    alert = Alert(1, "spike", "warning", "", 1e9, 1e9)
    closed = Alert(2, "spike", "warning", "", 1e9, 1e9, 1e9)
    run = build.run([3.0, float("nan")], [1.0, 2.0])
    running.publish(run, tags=store, alerts=(alert, closed))
    found = samples_of(running.get("/metrics"))
    assert only(found, "batches") == 4
    assert only(found, "nan_batches") == 1
    assert only(found, "latest_loss") == 2.0
    assert only(found, "latest_mean_loss") == 1.5
    assert only(found, "best_loss") == 1.0
    assert only(found, "loss_percentile", 'percentile="50"') == 2.0
    assert only(found, "state", 'state="running"') == 1
    assert only(found, "alerts_open", 'level="warning"') == 1
    assert only(found, "tag_latest", r'tag="gr\"ad\nnorm\\"') == 0.25
    assert only(found, "data_age_seconds") > 0
    assert found["process_resident_memory_bytes"][""] > 1e6
    assert 'source="source-1",run="run-1",label="experiment"' in next(
        iter(found["loss_monitor_up"])
    )


def test_what_is_not_known_is_not_told(running: Any, build: Any) -> None:
    """No zero stands for a loss that never was."""
    running.hub.publish(build.snapshot(Run.empty("", ""), source=SourceState("/data")))
    found = samples_of(running.get("/metrics"))
    assert only(found, "batches") == 0
    assert only(found, "up") == 0
    assert "loss_monitor_latest_loss" not in found


def test_each_source_has_lines_of_its_own(start_server: Any, build: Any) -> None:
    """Under one declaration of each metric."""
    running = start_server(sources=2)
    running.publish(build.run([1.0], run_id="a"))
    running.publish(build.run([2.0], run_id="b"), source=2)
    found = samples_of(running.get("/metrics"))
    assert only(found, "latest_loss", 'run="a"') == 1.0
    assert only(found, "latest_loss", 'run="b"') == 2.0


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_tag_that_is_not_finite_is_told_so(running: Any, build: Any, value: float) -> None:
    """Prometheus knows all three."""
    store = TagStore().put_points("a", "f", {"x": ([1], [value])}, 7.0)
    running.publish(build.run([1.0]), tags=store)
    text = running.get("/metrics").text
    written = {"nan": "NaN", "inf": "+Inf", "-inf": "-Inf"}[str(value)]
    assert re.search(rf'tag="x"\}} {re.escape(written)}$', text, re.MULTILINE)
