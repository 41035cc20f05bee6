"""Errors of the framework, rewritten to the one form that every error has.

Enters: exceptions that a request raised. Leaves: `{"error": text}` with the right status.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from loss_monitor.web.answers import (
    RequestError,
    error_answer,
    security_headers,
    shown,
    unknown_route,
)


def install_error_forms(app: FastAPI) -> None:
    """Rewrite every error of the framework to `{"error": ...}`."""
    app.add_exception_handler(RequestError, _on_request_error)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(Exception, _on_fault)


async def _on_request_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestError)
    return error_answer(error.status, error.message, error.headers, **error.more)


async def _on_validation_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return error_answer(400, "; ".join(parameter_fault(fault) for fault in error.errors()))


_FAULTS: dict[str, str] = {
    "bool_parsing": "must be true or false",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "must be a whole number of fewer digits",
    "int_from_float": "must be a whole number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "greater_than_equal": "must be at least {ge}",
    "greater_than": "must be above {gt}",
    "less_than": "must be below {lt}",
    "less_than_equal": "must be at most {le}",
    "literal_error": "must be {expected}",
    "missing": "is required",
}


def parameter_fault(fault: Mapping[str, Any]) -> str:
    """Return what is wrong with one parameter: its name, what is allowed, what came."""
    name = str(fault["loc"][-1])
    words = _FAULTS.get(fault["type"], "is refused: " + str(fault["msg"]))
    text = f"{name} {words.format(**fault.get('ctx', {}))}"
    if fault["type"] == "missing":
        return text
    return f"{text}, not {shown(fault.get('input'))}"


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 405:
        message = f"{request.method} is not possible here: all routes are read with GET"
        return error_answer(405, message, {"allow": "GET, HEAD"})
    if error.status_code == 404:
        return unknown_route(request)
    # Whatever else the framework refuses about a request is the request's fault.
    status = error.status_code if error.status_code in (401, 403, 413, 429, 503) else 400
    return error_answer(status, str(error.detail))


async def _on_fault(_request: Request, _error: Exception) -> Response:
    # uvicorn logs the traceback; the framework sends this outside of our own gate.
    answer = error_answer(500, "a fault of the monitor itself; its log has the details")
    answer.raw_headers.extend(security_headers())
    return answer
