"""`/api/openapi.json`: the routes of the app in, their description out.

The framework describes what it would answer by itself; here its 422 and its form of errors
give way to ours, and the events of the stream are described beside the answers.
"""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from loss_monitor.web.models import ErrorAnswer
from loss_monitor.web.shapes import SHAPES
from loss_monitor.web.stream import MEDIA_TYPE, STREAM_PATH
from loss_monitor.web.stream_models import EVENTS

_REFERENCE = "#/components/schemas/"
_ERRORS = {
    "400": "A parameter is refused; the error names it and what is allowed",
    "401": "No access: neither the monitor's own user nor the token",
    "403": "The request names a host, or comes from a web page, that is not ours",
    "404": "Unknown timestep, tag or run",
    "413": "A body was sent, and no route takes one",
    "429": "Too many requests or wrong tokens; `Retry-After` says when to ask again",
    "431": "Address and headers are longer than is taken",
    "503": "Still starting, or too many of something; `Retry-After` says when to ask again",
}
_TEXT = {"type": "string"}
_TABLE = {
    "type": "object",
    "required": ["columns", "data"],
    "properties": {
        "columns": {"type": "array", "items": _TEXT},
        "data": {
            "type": "array",
            "items": {"type": "array", "items": {"type": ["number", "string", "null"]}},
        },
    },
}
_FILES: dict[str, tuple[str, dict[str, Any]]] = {
    "/api/export": (
        "A table to keep, in the format asked for",
        {"text/csv": _TEXT, "application/json": _TABLE},
    ),
    "/api/report.html": ("A document to keep", {"text/html": _TEXT}),
    "/metrics": ("Metrics in the format of Prometheus", {"text/plain": _TEXT}),
}
"""Answers to keep or for other programs: what they are, and the shape of each type."""
_OWN_SCHEMAS = ("HTTPValidationError", "ValidationError")


def describe(app: FastAPI) -> dict[str, Any]:
    """Return the description of all routes and events, OpenAPI 3.1."""
    document = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        routes=_with_shapes(app).routes,
    )
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for name in _OWN_SCHEMAS:
        schemas.pop(name, None)
    models: list[type[BaseModel]] = [ErrorAnswer, *EVENTS.values()]
    _, definitions = models_json_schema(
        [(model, "serialization") for model in models], ref_template=_REFERENCE + "{model}"
    )
    schemas.update(definitions["$defs"])
    for path, operations in document["paths"].items():
        for operation in operations.values():
            _describe_errors(operation["responses"])
            if path == STREAM_PATH:
                operation["responses"]["200"] = _events()
            elif path in _FILES:
                words, shapes = _FILES[path]
                content = {kind: {"schema": shape} for kind, shape in shapes.items()}
                operation["responses"]["200"] = {"description": words, "content": content}
            elif path.endswith(".txt"):
                # The framework describes every answer as JSON.
                content = operation["responses"]["200"]["content"]
                content["text/plain"] = content.pop("application/json")
    return document


def _with_shapes(app: FastAPI) -> FastAPI:
    """Return an application with the routes of `app` and the shapes of their answers."""
    described = FastAPI(openapi_url=None)
    for route in app.routes:
        if isinstance(route, APIRoute) and route.include_in_schema:
            described.add_api_route(
                route.path,
                route.endpoint,
                methods=["GET"],
                dependencies=route.dependencies,
                response_model=SHAPES[route.path],
                operation_id=route.operation_id,
                summary=route.summary,
            )
    return described


def _describe_errors(responses: dict[str, Any]) -> None:
    responses.pop("422", None)
    schema = {"$ref": _REFERENCE + ErrorAnswer.__name__}
    for status, words in _ERRORS.items():
        responses[status] = {
            "description": words,
            "content": {"application/json": {"schema": schema}},
        }


def _events() -> dict[str, Any]:
    names = ", ".join(EVENTS)
    schemas = [{"$ref": _REFERENCE + model.__name__} for model in EVENTS.values()]
    return {
        "description": f"Server-sent events {names}; `id` is the version, `data` is JSON",
        "content": {MEDIA_TYPE: {"schema": {"oneOf": schemas}}},
    }
