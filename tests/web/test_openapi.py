"""`/api/openapi.json`: every route and event is described, in our form of errors."""

from __future__ import annotations

import json
from typing import Any

import pytest

from loss_monitor.web.stream_models import EVENTS

PATHS = {
    "/api/status", "/api/health", "/api/loss/current", "/api/loss/history",
    "/api/loss/statistics", "/api/loss/timesteps", "/api/loss/by_timestep/{timestamp}",
    "/api/loss/range", "/api/loss/online", "/api/loss/distribution", "/api/loss/dropped",
    "/api/tensorboard/available",
    "/api/tensorboard/tags", "/api/tensorboard/scalars", "/api/tensorboard/histograms",
    "/api/compare", "/api/export", "/api/report.html", "/api/runs", "/api/activity",
    "/api/alerts", "/api/marks", "/api/log", "/api/summary.txt", "/api/stream", "/api/openapi.json",
    "/metrics", "/api/tensorboard/text", "/api/tensorboard/hparams",
}  # fmt: skip


@pytest.fixture
def document(settings: Any, direct: Any) -> dict[str, Any]:
    """The description as it is answered, before the first look."""
    answer = direct(settings, None)("/api/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    found = answer.json()
    assert isinstance(found, dict)
    return found


def test_every_route_is_described(document: dict[str, Any]) -> None:
    """And the page's own files are not."""
    assert set(document["paths"]) == PATHS
    for path, operations in document["paths"].items():
        assert set(operations) == {"get"}, path
        assert operations["get"]["description"], path


def test_errors_are_described_as_they_are(document: dict[str, Any]) -> None:
    """400 and never 422."""
    text = json.dumps(document)
    assert "422" not in text
    assert "ValidationError" not in text
    for operations in document["paths"].values():
        schema = operations["get"]["responses"]["400"]["content"]["application/json"]["schema"]
        assert schema == {"$ref": "#/components/schemas/ErrorAnswer"}


def test_events_are_described(document: dict[str, Any]) -> None:
    """Each event of the stream has a model."""
    answer = document["paths"]["/api/stream"]["get"]["responses"]["200"]
    references = answer["content"]["text/event-stream"]["schema"]["oneOf"]
    names = {reference["$ref"].rpartition("/")[2] for reference in references}
    assert names == {model.__name__ for model in EVENTS.values()}
    assert "schema" in document["components"]["schemas"]["SnapshotEvent"]["properties"]


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    """No dangling `$ref`."""
    schemas = document["components"]["schemas"]

    def check(part: Any) -> None:
        if isinstance(part, dict):
            reference = part.get("$ref")
            if isinstance(reference, str):
                assert reference.rpartition("/")[2] in schemas, reference
            for value in part.values():
                check(value)
        elif isinstance(part, list):
            for value in part:
                check(value)

    check(document)
